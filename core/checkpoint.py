"""Parameters on disk: safetensors with everything needed to use them, and the book's pickles.

A safetensors file cannot run code, loads in a millisecond and carries a dictionary of strings; a `ModelSpec` is that
dictionary with types.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
from numpy.typing import NDArray
from safetensors.numpy import save as to_safetensors

from core.attention_seq2seq import AttentionSeq2seq
from core.book_pickle import BookPickleError, read_book_pickle
from core.lstm import GATES
from core.peeky_seq2seq import PeekySeq2seq
from core.seq2seq import Seq2seq
from core.vocabulary import Vocabulary

MODEL_CLASSES: dict[str, type[Seq2seq]] = {c.__name__: c for c in (Seq2seq, PeekySeq2seq, AttentionSeq2seq)}

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
    """

    model_class: str
    wordvec_size: int
    hidden_size: int
    vocabulary: Vocabulary
    reversed_input: bool
    start_character: str
    source_length: int
    target_length: int

    def build(self, **options: Any) -> Seq2seq:
        """The model, with random parameters. Args: options: as for `Seq2seq` (rng, initialiser, dtype, backend)."""
        model_class = MODEL_CLASSES[self.model_class]
        return model_class(len(self.vocabulary), self.wordvec_size, self.hidden_size, **options)

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
        }

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> ModelSpec:
        """Read what `to_metadata` wrote.

        Raises:
            ValueError: something is missing or does not fit; says what.
        """
        missing = [key for key in _REQUIRED_METADATA if key not in metadata]
        if missing:
            raise ValueError(f"its metadata lacks {', '.join(missing)}")
        if metadata["model_class"] not in MODEL_CLASSES:
            raise ValueError(
                f"its model class is {metadata['model_class']!r}; expected one of {', '.join(MODEL_CLASSES)}"
            )
        if metadata["gate_order"] != ",".join(GATES):
            raise ValueError(f"its gates are in the order {metadata['gate_order']}; expected {','.join(GATES)}")
        spec = cls(
            model_class=metadata["model_class"],
            wordvec_size=_size(metadata, "wordvec_size"),
            hidden_size=_size(metadata, "hidden_size"),
            vocabulary=Vocabulary(json.loads(metadata["vocabulary"])),
            reversed_input=metadata["reversed_input"] == "true",
            start_character=metadata["start_character"],
            source_length=_size(metadata, "source_length"),
            target_length=_size(metadata, "target_length"),
        )
        if _size(metadata, "vocab_size") != len(spec.vocabulary):
            raise ValueError(f"its vocab_size is {metadata['vocab_size']}, its vocabulary has {len(spec.vocabulary)}")
        if spec.start_character not in spec.vocabulary.characters:
            raise ValueError(f"its start character {spec.start_character!r} is not in its vocabulary")
        return spec


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

# Far above any model of this project; keeps a forged file from asking for the machine's memory.
_MAX_SIZE = 4096


def _size(metadata: Mapping[str, str], key: str) -> int:
    text = metadata[key]
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= _MAX_SIZE):
        raise ValueError(f"its {key} is {text[:40]!r}; expected a whole number from 1 to {_MAX_SIZE}")
    return int(text)


def named_parameters(model: Seq2seq) -> Parameters:
    """The model's parameters on the host, by name, contiguous."""
    pairs = zip(model.parameter_names, model.params, strict=True)
    return {name: np.ascontiguousarray(model.backend.to_numpy(param)) for name, param in pairs}


def parameter_digest(parameters: Mapping[str, NDArray[Any]]) -> str:
    """SHA-256, in hexadecimal, over names, dtypes, shapes and values."""
    digest = hashlib.sha256()
    for name, array in sorted(parameters.items()):
        digest.update(f"{name} {array.dtype} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def save_parameters(
    file: str | Path, model: Seq2seq, metadata: Mapping[str, str] | None = None, dtype: type = np.float32
) -> None:
    """Write a model's parameters as safetensors; a file that was there is replaced in one step.

    Args:
        file: where to.
        model: its parameters are stored by name.
        metadata: strings to store beside them, usually `ModelSpec.to_metadata()` and the training's.
        dtype: float32, or float16 for half the size.
    """
    # safetensors writes the wrong numbers for arrays that are not contiguous.
    parameters: Parameters = {k: np.ascontiguousarray(v.astype(dtype)) for k, v in named_parameters(model).items()}
    write_atomically(Path(file), to_safetensors(parameters, dict(metadata or {}) | {"dtype": np.dtype(dtype).name}))


def write_atomically(file: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old one or the new one, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


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
    except OSError as error:
        raise CheckpointError(f"{file}: cannot be read: {error.strerror}") from error
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
        param[...] = model.backend.asarray(parameters[name].astype(param.dtype))


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
        elif not np.isfinite(found).all():
            problems.append(f"{name} holds values that are not finite")
    return problems
