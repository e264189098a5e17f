"""From typed text to an answer and a trace: a model, its vocabulary and its lengths, with one lock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.backend.batches import in_batches
from core.data.accuracy import Evaluation
from core.data.corpus import ANSWER_LENGTH, QUESTION_LENGTH
from core.data.source_text import AnyText, SourceText, SourceTexts, read_source
from core.data.vocabulary import DATE_VOCABULARY, Vocabulary
from core.decoding.applied_interventions import ActiveInterventions, replace_characters
from core.decoding.greedy import greedy_decode, greedy_decode_with_attention, trace_greedy
from core.decoding.interventions import Intervention
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

    @property
    def reads_dates(self) -> bool:
        """Can it read every text of the date data, and write a day?"""
        fits = self.source_length >= QUESTION_LENGTH and self.target_length == ANSWER_LENGTH
        return fits and set(self.vocabulary).issuperset(DATE_VOCABULARY)

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

    def read(self, text: AnyText) -> SourceText:
        """The text as the model will read it; one that was read for such a model is handed on as it is.

        Raises:
            SourceTextError: empty, too long or with unknown characters; says which.
        """
        if isinstance(text, str):
            return read_source(text, self.vocabulary, self.source_length)
        if (text.length, text.vocabulary) == (self.source_length, self.vocabulary):
            return text
        return read_source(text.text, self.vocabulary, self.source_length)

    def encode(self, texts: Sequence[str]) -> SourceTexts:
        """Texts just as they are, such as those of a corpus, as ids for this model.

        Raises:
            ValueError: a text is too long or has a character that the model never learned; says which text.
        """
        return SourceTexts.encode(texts, self.vocabulary, self.source_length)

    def decode(
        self,
        texts: Sequence[AnyText] | SourceTexts,
        interventions: Sequence[Intervention] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> list[str]:
        """Decode many texts greedily, equal ones once, in batches of those that begin alike.

        Args:
            texts: N texts as people type them, or read, or encoded.
            interventions: changes to make at every text, see `core.decoding.interventions`.
            progress: told after every batch how many of N are done; what it raises ends the decoding.
        Returns:
            N outputs.
        Raises:
            SourceTextError: for the first text that cannot be read.
            InterventionError: a change cannot be made; says why.
            TypeError: a single string instead of a list of them.
        """
        source = replace_characters(self._read_all(texts), interventions, self.vocabulary)
        outputs: list[str] = []

        def decode(batch: SourceTexts) -> None:
            with self.exclusive() as model:
                active = self._active(interventions, batch)
                xs = model.backend.asarray(self.as_read(batch.ids))
                ids = greedy_decode(model, xs, self.spec.start_id, self.target_length, active)
                outputs.extend(self.vocabulary.decode_all(model.backend.to_numpy(ids)))

        places = self._each_once(source, decode, progress)
        return [outputs[place] for place in places.tolist()]

    def decode_with_attention(self, texts: Sequence[AnyText] | SourceTexts) -> tuple[list[str], FloatArray]:
        """Decode many texts as `decode` does, and keep where every step looked.

        Returns:
            N outputs, and weights (N, T_dec, T_enc) of the parameters' dtype, columns in reading order.
        Raises:
            ValueError: the model has no attention.
            SourceTextError, TypeError: as `decode`.
        """
        self.need_attention()
        source = self._read_all(texts)
        outputs: list[str] = []
        weights = np.empty((len(source), self.target_length, self.source_length), self.model.params[0].dtype)

        def decode(batch: SourceTexts) -> None:
            with self.exclusive() as model:
                backend, done = model.backend, len(outputs)
                xs = backend.asarray(self.as_read(batch.ids))
                ids, looked = greedy_decode_with_attention(model, xs, self.spec.start_id, self.target_length)
                written = self.vocabulary.decode_all(backend.to_numpy(ids))
                reading = slice(None, None, -1 if self.spec.reversed_input else 1)
                weights[done : done + len(batch)] = backend.to_numpy(looked)[:, :, reading]
                outputs.extend(written)

        places = self._each_once(source, decode)
        return [outputs[place] for place in places.tolist()], weights[places]

    def trace(self, text: AnyText, interventions: Sequence[Intervention] = ()) -> DecodingTrace:
        """Decode one text greedily and keep every number of every step.

        Args:
            text: anything a person can type, or read.
            interventions: changes to make, see `core.decoding.interventions`; positions are those of the text as read.
        Raises:
            SourceTextError: empty, too long or with unknown characters; says which.
            InterventionError: a change cannot be made; says why.
        """
        read = self.read(text)
        source = replace_characters(SourceTexts([read.text], read.ids[None]), interventions, self.vocabulary)
        with self.exclusive() as model:
            return trace_greedy(
                model,
                source.ids[0],
                text=source.texts[0],
                vocabulary=self.vocabulary,
                start_id=self.spec.start_id,
                steps=self.target_length,
                reversed_input=self.spec.reversed_input,
                name=self.name,
                digest=self.digest,
                interventions=self._active(interventions, source),
            )

    def need_attention(self) -> None:
        """Raises: ValueError: the model has no attention; says what to use."""
        if not self.model.has_attention:
            raise ValueError(f"the model {self.name!r} has no attention; use one that has, as 'date-attention'")

    def _read_all(self, texts: Sequence[AnyText] | SourceTexts) -> SourceTexts:
        if isinstance(texts, SourceTexts):
            return texts
        if isinstance(texts, str):
            raise TypeError(f"decode got the string {texts!r}; expected a list of texts, such as [{texts!r}]")
        return self.encode([self.read(text).text for text in texts])

    def _each_once(
        self,
        source: SourceTexts,
        decode: Callable[[SourceTexts], None],
        progress: Callable[[int, int], None] | None = None,
    ) -> NDArray[np.intp]:
        """Call `decode` with batches that hold every distinct text once; say for every text which of those it is."""
        rows, places = distinct_texts(self.as_read(source.ids))

        def decode_rows(batch: slice) -> None:
            decode(source.take(rows[batch]))
            if progress:
                progress(int((places < batch.stop).sum()), len(source))

        in_batches(len(rows), _BATCH_SIZES[self.model.backend.device], decode_rows)
        return places

    def _active(self, interventions: Sequence[Intervention], source: SourceTexts) -> ActiveInterventions | None:
        """The changes, bound to a batch; None where there is nothing to change."""
        return ActiveInterventions(interventions, source, self.model, self.spec) if interventions else None
