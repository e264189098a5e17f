"""From typed text to an answer and a trace: a model, its vocabulary and its lengths, with one lock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np

from core.backend.batches import in_batches
from core.data.accuracy import Evaluation
from core.data.corpus import ANSWER_LENGTH
from core.data.gold import gold_padded
from core.data.source_text import SourceText, read_source
from core.data.vocabulary import Vocabulary
from core.decoding.applied_interventions import ActiveInterventions, replace_characters
from core.decoding.greedy import greedy_decode, greedy_decode_with_attention, trace_greedy
from core.decoding.interventions import Gold, Intervention, SourceBatch
from core.decoding.trace import DecodingTrace
from core.layers.prefixes import distinct_texts
from core.models.seq2seq import Seq2seq
from core.models.spec import ModelSpec

# All gates of a batch are kept for a moment: 256 dates take 30 MB, and larger batches are no faster on a CPU. On a GPU
# a step costs the same for more rows.
_BATCH_SIZES = {"cpu": 256, "cuda": 4096}


class Pipeline:
    """A model with its vocabulary: text in, text or trace out. Safe to share between threads.

    Attributes:
        name: what the model is called.
        model, spec: the model and what it is.
        digest: SHA-256 of the parameters; part of every cache key.
        metadata: what the file says of the training: recipe, seed, accuracy, versions, licence.
    """

    def __init__(
        self, name: str, model: Seq2seq, spec: ModelSpec, digest: str, metadata: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.model = model
        self.spec = spec
        self.digest = digest
        self.metadata = dict(metadata or {})
        self._lock = threading.Lock()

    @property
    def vocabulary(self) -> Vocabulary:
        """The V characters that the model knows."""
        return self.spec.vocabulary

    @property
    def source_length(self) -> int:
        """T_enc: the most characters that a text may have."""
        return self.spec.source_length

    @property
    def target_length(self) -> int:
        """T_dec: the number of characters written."""
        return self.spec.target_length

    @cached_property
    def accuracy(self) -> Evaluation | None:
        """How often the model is right on dates that it had never seen, as its file says; None where it does not.

        Raises:
            ValueError: what the file says is something else.
        """
        said = self.metadata.get("accuracy")
        return None if said is None else Evaluation.from_dict(json.loads(said))

    @contextmanager
    def exclusive(self) -> Iterator[Seq2seq]:
        """The model, for this thread alone: its layers keep the numbers of their last forward."""
        with self._lock:
            yield self.model

    def as_read(self, source_ids: np.ndarray) -> np.ndarray:
        """(N, T_enc) ids of padded texts -> the same in the order in which the model reads them."""
        return source_ids[:, ::-1] if self.spec.reversed_input else source_ids

    def read(self, text: str) -> SourceText:
        """The text as the model will read it.

        Raises:
            SourceTextError: empty, too long or with unknown characters; says which.
        """
        return read_source(text, self.vocabulary, self.source_length)

    def decode(self, texts: Sequence[str]) -> list[str]:
        """Decode many texts greedily, in batches.

        Raises:
            SourceTextError: for the first text that cannot be read.
            TypeError: a single string instead of a list of them.
        """
        if isinstance(texts, str):
            raise TypeError(f"decode got the string {texts!r}; expected a list of texts, such as [{texts!r}]")
        padded = [self.read(text).padded for text in texts]
        return self.decode_ids(self.vocabulary.encode_all(padded, self.source_length))

    def decode_ids(
        self,
        source_ids: np.ndarray,
        interventions: Sequence[Intervention] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> list[str]:
        """Decode texts that are already ids, equal ones once, in batches of those that begin alike.

        Args:
            source_ids: (N, T_enc) in reading order.
            interventions: changes to make at every row; a `ReplaceCharacter` must have been made in the ids.
            progress: told after every batch how many of N are done; what it raises ends the decoding.
        """
        rows, places = distinct_texts(self.as_read(source_ids))
        outputs: list[str] = []

        def decode(batch: slice) -> None:
            outputs.extend(self._decode_batch(source_ids[rows[batch]], interventions))
            if progress:
                progress(int((places < batch.stop).sum()), len(source_ids))

        self._in_batches(len(rows), decode)
        return [outputs[place] for place in places.tolist()]

    def need_attention(self) -> None:
        """Raises: ValueError: the model has no attention; says what to use."""
        if not self.model.has_attention:
            raise ValueError(f"the model {self.name!r} has no attention; use one that has, as 'date-attention'")

    def decode_ids_with_attention(self, source_ids: np.ndarray) -> tuple[list[str], np.ndarray]:
        """Decode texts that are already ids, and keep where every step looked; batches as for `decode_ids`.

        Args:
            source_ids: (N, T_enc) in reading order.
        Returns:
            N outputs, and weights (N, T_dec, T_enc) of the parameters' dtype, columns in reading order.
        Raises:
            ValueError: the model has no attention.
        """
        self.need_attention()
        rows, places = distinct_texts(self.as_read(source_ids))
        outputs: list[str] = []
        weights = np.empty((len(rows), self.target_length, self.source_length), self.model.params[0].dtype)

        def decode(batch: slice) -> None:
            written, weights[batch] = self._attend_batch(source_ids[rows[batch]])
            outputs.extend(written)

        self._in_batches(len(rows), decode)
        return [outputs[place] for place in places.tolist()], weights[places]

    def _in_batches(self, count: int, work: Callable[[slice], None]) -> None:
        in_batches(count, _BATCH_SIZES[self.model.backend.device], work)

    def _attend_batch(self, source_ids: np.ndarray) -> tuple[list[str], np.ndarray]:
        with self.exclusive() as model:
            backend = model.backend
            xs = backend.asarray(self.as_read(source_ids))
            ids, weights = greedy_decode_with_attention(model, xs, self.spec.start_id, self.target_length)
            written = self.vocabulary.decode_all(backend.to_numpy(ids))
            reading = slice(None, None, -1 if self.spec.reversed_input else 1)
            return written, backend.to_numpy(weights)[:, :, reading]

    def _decode_batch(self, source_ids: np.ndarray, interventions: Sequence[Intervention]) -> list[str]:
        texts = [self.vocabulary.decode(row).rstrip(" ") for row in source_ids] if interventions else []
        with self.exclusive() as model:
            xs = model.backend.asarray(self.as_read(source_ids))
            active = self._active(interventions, texts)
            ids = greedy_decode(model, xs, self.spec.start_id, self.target_length, active)
            return self.vocabulary.decode_all(model.backend.to_numpy(ids))

    def trace(self, text: str, interventions: Sequence[Intervention] = ()) -> DecodingTrace:
        """Decode one text greedily and keep every number of every step.

        Args:
            text: anything a person can type.
            interventions: changes to make, see `core.decoding.interventions`; positions are those of the text as read.
        Raises:
            SourceTextError: empty, too long or with unknown characters; says which.
            InterventionError: a change cannot be made; says why.
        """
        text = replace_characters(self.read(text).text, interventions, self.vocabulary)
        with self.exclusive() as model:
            return trace_greedy(
                model,
                self.vocabulary.encode(text.ljust(self.source_length)),
                text=text,
                vocabulary=self.vocabulary,
                start_id=self.spec.start_id,
                steps=self.target_length,
                reversed_input=self.spec.reversed_input,
                name=self.name,
                digest=self.digest,
                interventions=self._active(interventions, [text]),
            )

    def _active(self, interventions: Sequence[Intervention], texts: Sequence[str]) -> ActiveInterventions | None:
        """The changes, bound to a batch of texts without padding; None where there is nothing to change."""
        if not interventions:
            return None
        backend = self.model.backend
        lengths = np.array([len(text) for text in texts])
        wants_gold = any(isinstance(change, Gold) for change in interventions)
        source = SourceBatch(
            padding=backend.asarray(np.arange(self.source_length) >= lengths[:, None]),
            gold=backend.asarray(self._gold(texts)) if wants_gold else None,
            backend=backend,
        )
        return ActiveInterventions(
            interventions,
            source,
            self.model.decoder,
            self.vocabulary,
            steps=self.target_length,
            reversed_input=self.spec.reversed_input,
        )

    def _gold(self, texts: Sequence[str]) -> np.ndarray:
        """(T_dec, N, T_enc) bool, all false for a text whose answer is unknown."""
        gold = np.zeros((self.target_length, len(texts), self.source_length), dtype=np.bool_)
        if self.target_length < ANSWER_LENGTH:
            return gold  # a model that does not write dates
        for n, text in enumerate(texts):
            known = gold_padded(text, self.source_length, self.target_length)
            if known is not None:
                gold[:, n] = known
        return gold
