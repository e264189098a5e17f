"""Parameters on disk: safetensors with everything needed to use them, and the book's pickles.

A safetensors file cannot run code, loads in a millisecond and carries a dictionary of strings; a `ModelSpec` is that
dictionary with types.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as to_safetensors

from core.data.corpus import MAX_LENGTH
from core.data.vocabulary import Vocabulary
from core.layers.lstm import GATES
from core.layers.scores import SCORES
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.book_pickle import BookPickleError, read_book_pickle
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Seq2seq
from core.training.mistakes import MISTAKES, trainable

MODEL_CLASSES: dict[str, type[Seq2seq]] = {c.__name__: c for c in (Seq2seq, PeekySeq2seq, AttentionSeq2seq)}

MAX_SIZE = 4096
"""The largest D, H, T_enc or T_dec, far above any model of this project."""

PADDING = " "

Parameters = dict[str, NDArray[np.floating[Any]]]


class CheckpointError(ValueError):
    """A parameter file cannot be used; the message names the file, what was found, what was expected."""


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
        mistake: built in on purpose, a key of `core.training.mistakes.MISTAKES`; "" for none.
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
            size = getattr(self, name)
            if not 1 <= size <= MAX_SIZE:
                raise ValueError(f"{name} is {size}; expected a whole number from 1 to {MAX_SIZE}")
        for role, character in (("padding", PADDING), ("start character", self.start_character)):
            if character not in self.vocabulary:
                raise ValueError(f"the {role} {character[:40]!a} is not in the vocabulary")
        self._check_variants()

    def _check_variants(self) -> None:
        if self.score not in SCORES:
            raise ValueError(f"score is {self.score[:40]!a}; expected one of {', '.join(SCORES)}")
        if self.mistake:
            trainable(self.mistake)
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
            model_class = MISTAKES[self.mistake].model_class or model_class
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
            raise ValueError(f"vocab_size is {stated}, but the vocabulary has {found} characters")
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
            raise ValueError(f"it holds {found} numbers; a model of V = {V}, D = {D}, H = {H} has more")


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


def named_parameters(model: Seq2seq) -> Parameters:
    """The model's parameters on the host, by name, contiguous: of others safetensors writes the wrong numbers."""
    pairs = zip(model.parameter_names, model.params, strict=True)
    return {name: np.ascontiguousarray(model.backend.to_numpy(param)) for name, param in pairs}


def parameter_digest(parameters: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256, in hexadecimal, over names, dtypes, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(parameters.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def cast(array: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """A copy in another dtype; what is too large for it becomes infinite, without a warning."""
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def save_parameters(
    file: str | Path, model: Seq2seq, metadata: Mapping[str, str] | None = None, dtype: type = np.float32
) -> None:
    """Write a model's parameters as safetensors; a file that was there is replaced in one step.

    Args:
        file: where to.
        model: its parameters are stored by name.
        metadata: strings to store beside them, usually `ModelSpec.to_metadata()` and the training's.
        dtype: float32, or float16 for half the size.
    Raises:
        CheckpointError: a value is not finite in this dtype; names the parameters. The file is as it was.
        OSError: the file cannot be written; the file is as it was.
    """
    parameters = {name: cast(array, dtype) for name, array in named_parameters(model).items()}
    not_finite = [name for name, array in parameters.items() if not np.isfinite(array).all()]
    if not_finite:
        stored = np.dtype(dtype).name
        raise CheckpointError(f"{file}: not written: {', '.join(not_finite)} are not finite numbers in {stored}")
    write_atomically(Path(file), to_safetensors(parameters, dict(metadata or {}) | {"dtype": np.dtype(dtype).name}))


def write_atomically(file: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old one or the new one, never half of it; folders are made.

    Raises:
        OSError: it cannot be written; names the file, which is as it was.
    """
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file)) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def read_safetensors(file: str | Path) -> tuple[Parameters, dict[str, str]]:
    """The arrays and the metadata of a safetensors file.

    Raises:
        CheckpointError: not a readable safetensors file; says why.
    """
    try:
        with safetensors.safe_open(str(file), framework="numpy") as opened:
            arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 (not a mapping)
            return arrays, dict(opened.metadata() or {})
    except FileNotFoundError as error:
        raise CheckpointError(f"{file}: there is no such file") from error
    except (OSError, ValueError, TypeError, safetensors.SafetensorError) as error:
        raise CheckpointError(f"{file}: not a readable safetensors file ({error})") from error


def load_parameters(file: str | Path, model: Seq2seq) -> dict[str, str]:
    """Load a safetensors file, or a pickle of the book, into a model of the same sizes.

    Returns:
        the file's metadata; empty for a pickle.
    Raises:
        CheckpointError: names, shapes or dtypes differ; names each difference.
    """
    metadata: dict[str, str] = {}
    if is_safetensors(file):
        parameters, metadata = read_safetensors(file)
    else:
        parameters = _read_book_parameters(file, model)
    assign_parameters(model, parameters, str(file))
    return metadata


def is_safetensors(file: str | Path) -> bool:
    """Does the file begin as a safetensors file does: the header's length, then a JSON object?"""
    try:
        with open(file, "rb") as stream:
            start = stream.read(9)
    except FileNotFoundError as error:
        raise CheckpointError(f"{file}: there is no such file") from error
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CheckpointError(f"{file}: cannot be read ({error})") from error
    return len(start) == 9 and start[8:] == b"{" and struct.unpack("<Q", start[:8])[0] < 100_000_000


def _read_book_parameters(file: str | Path, model: Seq2seq) -> Parameters:
    try:
        arrays = read_book_pickle(file)
    except BookPickleError as error:
        raise CheckpointError(
            f"{file}: neither a safetensors file nor a parameter file of the book: {error}"
        ) from error
    if len(arrays) != len(model.parameter_names):
        raise CheckpointError(f"{file}: has {len(arrays)} arrays; expected {len(model.parameter_names)}")
    return dict(zip(model.parameter_names, arrays, strict=True))


def assign_parameters(model: Seq2seq, parameters: Mapping[str, NDArray[Any]], origin: str) -> None:
    """Copy named arrays into a model, in the model's dtype.

    Raises:
        CheckpointError: names, shapes or dtypes differ, or a value is not finite; names each. Nothing is copied then.
    """
    problems = _differences(model, parameters)
    if problems:
        raise CheckpointError(f"{origin}: does not fit {type(model).__name__}: {'; '.join(problems)}")
    for name, param in zip(model.parameter_names, model.params, strict=True):
        param[...] = model.backend.asarray(cast(parameters[name], param.dtype))


def _differences(model: Seq2seq, parameters: Mapping[str, NDArray[Any]]) -> list[str]:
    expected = dict(zip(model.parameter_names, model.params, strict=True))
    problems = [f"{name} is missing" for name in expected if name not in parameters]
    problems += [f"{name} is not expected" for name in parameters if name not in expected]
    for name in (n for n in expected if n in parameters):
        found = parameters[name]
        if found.shape != expected[name].shape:
            problems.append(f"{name} has shape {found.shape}, expected {expected[name].shape}")
        elif found.dtype.kind != "f":
            problems.append(f"{name} has dtype {found.dtype}, expected float16, float32 or float64")
        elif not np.isfinite(cast(found, expected[name].dtype)).all():
            problems.append(f"{name} holds values that are not finite in {expected[name].dtype}")
    return problems
