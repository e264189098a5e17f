"""What a model is, apart from its parameters: class, sizes, vocabulary and variants, and how a file says so."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from core.data.corpus import MAX_LENGTH
from core.data.vocabulary import Vocabulary
from core.files.checked_json import expect_whole
from core.files.wording import counted
from core.layers.lstm import GATES
from core.layers.scores import SCORES
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.mistaken import mistaken_model
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Seq2seq

MODEL_CLASSES: dict[str, type[Seq2seq]] = {c.__name__: c for c in (Seq2seq, PeekySeq2seq, AttentionSeq2seq)}

MAX_SIZE = 4096
"""The largest D, H, T_enc or T_dec, far above any model of this project."""

PADDING = " "


@dataclass(frozen=True)
class ModelSpec:
    """What a model is, apart from its parameters.

    Attributes:
        model_class: name of the class, a key of `MODEL_CLASSES`.
        wordvec_size, hidden_size: D and H.
        vocabulary: its size is V.
        reversed_input: the model reads the last character first.
        start_character: what the decoder is fed at the first step.
        source_length: T_enc, to which a text is padded with spaces.
        target_length: T_dec.
        score: of the attention, a key of `core.layers.scores.SCORES`; "dot" without attention.
        bidirectional: the encoder reads from both ends.
        mistake: built in on purpose, a key of `core.models.mistaken.MISTAKEN_MODELS`; "" for none.
    Raises:
        ValueError: an unknown class, score or mistake, one that does not fit the class, a size that is not from 1 to
            `MAX_SIZE`, an odd H for a bidirectional encoder, or a vocabulary without the padding or the start
            character; says which.
    """

    model_class: str
    wordvec_size: int
    hidden_size: int
    vocabulary: Vocabulary
    reversed_input: bool
    start_character: str
    source_length: int
    target_length: int
    score: str = "dot"
    bidirectional: bool = False
    mistake: str = ""

    def __post_init__(self) -> None:
        if self.model_class not in MODEL_CLASSES:
            known = ", ".join(MODEL_CLASSES)
            raise ValueError(f"the model class is {self.model_class[:40]!a}; expected one of {known}")
        for name in ("wordvec_size", "hidden_size", "source_length", "target_length"):
            expect_whole(name, getattr(self, name), 1, MAX_SIZE)
        for role, character in (("padding", PADDING), ("start character", self.start_character)):
            if character not in self.vocabulary:
                raise ValueError(f"the {role} {character[:40]!a} is not in the vocabulary")
        self._check_variants()

    def _check_variants(self) -> None:
        if self.score not in SCORES:
            raise ValueError(f"score is {self.score[:40]!a}; expected one of {', '.join(SCORES)}")
        if self.mistake:
            mistaken_model(self.mistake)
        if not MODEL_CLASSES[self.model_class].has_attention and (self.score != "dot" or self.mistake):
            variant = f"the mistake {self.mistake}" if self.mistake else f"the score {self.score}"
            raise ValueError(f"{self.model_class} has no attention, which {variant} needs; expected AttentionSeq2seq")
        if self.mistake and self.source_length > MAX_LENGTH:
            raise ValueError(f"source_length is {self.source_length}; a mistake is shown with at most {MAX_LENGTH}")
        if self.bidirectional and self.hidden_size % 2:
            raise ValueError(f"hidden_size is {self.hidden_size}; expected an even number for a bidirectional encoder")

    def build(self, **options: Any) -> Seq2seq:
        """The model, with random parameters. Args: options: as for `Seq2seq` (rng, initialiser, dtype, backend)."""
        model_class: type[Seq2seq] = MODEL_CLASSES[self.model_class]
        if self.mistake:
            model_class = mistaken_model(self.mistake)
        return model_class(
            len(self.vocabulary),
            self.wordvec_size,
            self.hidden_size,
            score=self.score,
            bidirectional=self.bidirectional,
            **options,
        )

    @property
    def start_id(self) -> int:
        """Id of the start character."""
        return self.vocabulary.id_of(self.start_character)

    def to_metadata(self) -> dict[str, str]:
        """The strings that a safetensors file carries."""
        return {
            "model_class": self.model_class,
            "vocab_size": str(len(self.vocabulary)),
            "wordvec_size": str(self.wordvec_size),
            "hidden_size": str(self.hidden_size),
            "gate_order": ",".join(GATES),
            "vocabulary": json.dumps("".join(self.vocabulary.characters)),
            "reversed_input": json.dumps(self.reversed_input),
            "start_character": self.start_character,
            "source_length": str(self.source_length),
            "target_length": str(self.target_length),
            "score": self.score,
            "bidirectional": json.dumps(self.bidirectional),
            "mistake": self.mistake,
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelSpec:
        """Read what `to_metadata` wrote.

        Raises:
            ValueError: something is missing or does not fit; says what.
        """
        missing = [key for key in _REQUIRED_METADATA if key not in metadata]
        if missing:
            raise ValueError(f"the metadata lacks {', '.join(missing)}")
        if metadata["gate_order"] != ",".join(GATES):
            got = ascii(metadata["gate_order"][:40])
            raise ValueError(f"the gates are in the order {got}; expected {','.join(GATES)}")
        spec = cls(
            model_class=metadata["model_class"],
            wordvec_size=_read_number(metadata, "wordvec_size"),
            hidden_size=_read_number(metadata, "hidden_size"),
            vocabulary=_read_vocabulary(metadata["vocabulary"]),
            reversed_input=_read_truth(metadata, "reversed_input"),
            start_character=metadata["start_character"],
            source_length=_read_number(metadata, "source_length"),
            target_length=_read_number(metadata, "target_length"),
            score=metadata.get("score", "dot"),
            bidirectional="bidirectional" in metadata and _read_truth(metadata, "bidirectional"),
            mistake=metadata.get("mistake", ""),
        )
        if _read_number(metadata, "vocab_size") != len(spec.vocabulary):
            stated, found = metadata["vocab_size"], len(spec.vocabulary)
            raise ValueError(f"vocab_size is {stated}, but the vocabulary has {counted(found, 'character')}")
        return spec

    def check_sizes(self, parameters: Mapping[str, NDArray[Any]]) -> None:
        """Refuse parameters that are too few for these sizes, before a model of these sizes takes the memory.

        Raises:
            ValueError: says how many there are.
        """
        V, D, H = len(self.vocabulary), self.wordvec_size, self.hidden_size
        found = sum(array.size for array in parameters.values())
        # Both embeddings, all recurrent weights and one half of the affine weight: every model has more than that.
        recurrent = (6 if self.bidirectional else 8) * H * H
        if found < 2 * V * D + recurrent + H * V:
            raise ValueError(f"it holds {counted(found, 'number')}; a model of V = {V}, D = {D}, H = {H} has more")


_REQUIRED_METADATA = (
    "model_class",
    "vocab_size",
    "wordvec_size",
    "hidden_size",
    "gate_order",
    "vocabulary",
    "reversed_input",
    "start_character",
    "source_length",
    "target_length",
)


def _read_number(metadata: Mapping[str, str], key: str) -> int:
    text = metadata[key]
    if re.fullmatch("0|[1-9][0-9]{0,8}", text) is None:
        raise ValueError(f"{key} is {text[:40]!a}; expected a whole number")
    return int(text)


def _read_truth(metadata: Mapping[str, str], key: str) -> bool:
    if metadata[key] not in ("true", "false"):
        raise ValueError(f"{key} is {metadata[key][:40]!a}; expected true or false")
    return metadata[key] == "true"


def _read_vocabulary(text: str) -> Vocabulary:
    try:
        characters = json.loads(text)
    except (ValueError, RecursionError):
        characters = None
    # Half of a surrogate pair is no character, and could not be printed.
    if not isinstance(characters, str) or any("\ud800" <= character <= "\udfff" for character in characters):
        raise ValueError(f"vocabulary is {text[:40]!a}; expected its characters in id order, as a JSON string")
    return Vocabulary(characters)
