"""The data of a training: drawn or read, as plain values that go through JSON into stores and model files.

What a model was trained on is stored in its file twice: in words for people ("data"), and as values for programs
("data_values"). The first model files have only the words.
"""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeAlias

from core.data.corpus import (
    ANSWER_LENGTH,
    MAX_BYTES,
    MAX_LENGTH,
    QUESTION_LENGTH,
    START,
    Corpus,
    CorpusError,
    read_corpus,
)
from core.data.dates import FAMILY_NAMES, choose_families, make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED
from core.files.checked_json import expect, expect_one_of, expect_whole, named_values
from core.files.text_lines import utf8_lines
from core.files.wording import writable
from core.training.recipe import DEFAULT_RECIPE, PRESET_PAIRS

# A line of a date corpus has 41 bytes; more pairs than this would make a file that is too large to be read.
MAX_PAIRS = MAX_BYTES // 41
MAX_SEED = 2**32


@dataclass(frozen=True)
class GeneratedData:
    """Dates that are drawn: `make_pairs(n, seed, families)`, split by day with the same seed.

    Attributes:
        families: names, in the order of `core.data.dates.FAMILIES`, whatever the order given.
    Raises:
        ValueError: a number out of its bounds, an unknown family or none; says which.
    """

    n: int = DATA_PAIRS
    seed: int = DATA_SEED
    families: tuple[str, ...] = FAMILY_NAMES

    def __post_init__(self) -> None:
        expect_whole("n", self.n, 1, MAX_PAIRS)
        expect_whole("the seed of the data", self.seed, -MAX_SEED, MAX_SEED)
        expect("families", self.families, isinstance(self.families, list | tuple), "a list of names")
        object.__setattr__(self, "families", tuple(family.name for family in choose_families(self.families)))

    def corpus(self) -> Corpus:
        """The dates, drawn."""
        return Corpus.from_pairs(make_pairs(self.n, self.seed, self.families))

    def shape(self) -> tuple[int, int, int]:
        """Number of pairs, T_enc and T_dec, told without drawing them."""
        return self.n, QUESTION_LENGTH, ANSWER_LENGTH

    def in_words(self, by: str) -> str:
        """For the model card. Args: by: what it is split by, "day" or "pair"."""
        chosen = "" if self.families == FAMILY_NAMES else f", families={'+'.join(self.families)}"
        return f"make_pairs({self.n}, seed={self.seed}{chosen}), split by {by} with the same seed"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": "generated", "n": self.n, "seed": self.seed, "families": list(self.families)}


@dataclass(frozen=True)
class FileData:
    """Dates from a file in the corpus format, split by day.

    Attributes:
        file: where it lies.
        name: what it is called, for the model card; an upload lies under another name.
        seed: decides which days are held out.
    Raises:
        ValueError: a value of another type, or a number out of its bounds; says which.
    """

    file: Path
    name: str = ""
    seed: int = DATA_SEED

    def __post_init__(self) -> None:
        expect("file", self.file, isinstance(self.file, Path | str), "a path")
        object.__setattr__(self, "file", Path(self.file))
        expect("the name of the file", self.name, isinstance(self.name, str), "a text")
        object.__setattr__(self, "name", writable(self.name or self.file.name))
        expect_whole("the seed of the data", self.seed, -MAX_SEED, MAX_SEED)

    def corpus(self) -> Corpus:
        """The dates, read.

        Raises:
            CorpusError: the file cannot be read or has bad lines; says which.
        """
        return read_corpus(self.file)

    def shape(self) -> tuple[int, int, int]:
        """Number of pairs, T_enc and T_dec, told from the size of the file and its first line, which sets the widths.

        Raises:
            CorpusError: the file cannot be read.
        """
        try:
            size = min(self.file.stat().st_size, MAX_BYTES)
            with self.file.open("rb") as file:
                line = file.readline(8 * MAX_LENGTH)
        except (OSError, ValueError) as error:  # ValueError: a path that no file can have
            raise CorpusError(self.file, f"cannot be read ({error}); give a text file with one pair a line") from error
        question, _, _ = next(utf8_lines(io.BytesIO(line)), b"").partition(START.encode())
        return size // max(len(line), 1), min(len(question), MAX_LENGTH), ANSWER_LENGTH

    def in_words(self, by: str) -> str:
        """For the model card. Args: by: what it is split by, "day" or "pair"."""
        return f"the file {self.name}, split by {by} with seed {self.seed}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"kind": "file", "file": str(self.file), "name": self.name, "seed": self.seed}


Data: TypeAlias = GeneratedData | FileData


def data_from_dict(values: object) -> Data:
    """Read what `to_dict` wrote, or what claims to be it; what is missing has its default.

    Raises:
        ValueError: something is unknown, of another type or out of its bounds; says what.
    """
    kinds: dict[str, type[GeneratedData] | type[FileData]] = {"generated": GeneratedData, "file": FileData}
    kind: Any = values.get("kind") if isinstance(values, Mapping) else None
    expect_one_of("the kind of the data", kind, kinds)
    given = named_values(values, "the data", {"kind", *(each.name for each in fields(kinds[kind]))})
    del given["kind"]
    if kind == "file" and "file" not in given:
        raise ValueError("the data lack the file; expected its path")
    return kinds[kind](**given)


# ---- in a model file ------------------------------------------------------------------------------------------------


def to_metadata(data: Data, by: str) -> dict[str, str]:
    """What a model file says of its data. Args: by: what they were split by, "day" or "pair"."""
    values = data.to_dict()
    if isinstance(data, FileData):
        values["file"] = data.name  # where it lay is nobody else's business
    return {"data": data.in_words(by), "data_values": json.dumps(values)}


def from_metadata(metadata: Mapping[str, str]) -> Data | None:
    """The data of a model file; None where they were made in another way, from Python.

    Raises:
        ValueError: the file says something that is no data.
    """
    if "data_values" in metadata:
        return data_from_dict(json.loads(metadata["data_values"]))
    return _from_words(metadata["data"])


def _from_words(words: str) -> Data | None:
    """Of the first model files, which have nothing but the words."""
    generated = re.fullmatch(r"make_pairs\((\d+), seed=(-?\d+)(?:, families=([a-z+-]+))?\), .*", words)
    if generated:
        families = tuple(generated[3].split("+")) if generated[3] else FAMILY_NAMES
        return GeneratedData(int(generated[1]), int(generated[2]), families)
    file = re.fullmatch(r"the file (.*), split by (?:day|pair) with seed (-?\d+)", words)
    return FileData(Path(file[1]), file[1], int(file[2])) if file else None


def command_options(data: Data, preset: str = DEFAULT_RECIPE) -> list[str]:
    """The options of `python -m core train` that give these data, those at the preset's defaults left out."""
    options = {"--data-seed": str(data.seed)}
    if isinstance(data, FileData):
        options = {"--data": shlex.quote(data.name)} | options
    else:
        options = {"--n": str(data.n)} | options | {"--families": " ".join(data.families)}
    defaults = {"--n": str(PRESET_PAIRS[preset]), "--data-seed": str(DATA_SEED), "--families": " ".join(FAMILY_NAMES)}
    return [f"{name} {value}" for name, value in options.items() if value != defaults.get(name)]
