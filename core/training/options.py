"""What a person chooses about a training run, as plain values that go through JSON, and what it will take.

Everything that decides the resulting parameters is here: the same options give the same parameters, whether a page, the
command line or a notebook asks for them (one machine, one number of threads).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from core.backend.devices import DEVICES
from core.data.corpus import (
    ANSWER_LENGTH,
    MAX_BYTES,
    MAX_LENGTH,
    QUESTION_LENGTH,
    START,
    Corpus,
    CorpusError,
    read_corpus,
    split_by_day,
)
from core.data.dates import FAMILY_NAMES, choose_families, make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED, TEST_SHARE
from core.files.checked_json import expect, expect_one_of, expect_whole, is_number, shortened
from core.models.spec import MAX_SIZE, MODEL_CLASSES
from core.training.memory import TooLargeError, memory_available, memory_of_training
from core.training.mistakes import TRAINABLE
from core.training.recipe import DEFAULT_RECIPE, PRESET_PAIRS, RECIPES, Recipe
from core.training.training_run import MODELS, TrainingPlan, describe_data_file, describe_generated_data

# A line of a date corpus has 41 bytes; more pairs than this would make a file that is too large to be read.
MAX_PAIRS = MAX_BYTES // 41
MAX_EPOCHS = 1000
MAX_SEED = 2**32

DTYPES = ("float16", "float32")


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
        object.__setattr__(self, "name", self.name or self.file.name)
        expect_whole("the seed of the data", self.seed, -MAX_SEED, MAX_SEED)


@dataclass(frozen=True)
class TrainingOptions:
    """Everything that is chosen about a run.

    Attributes:
        model: a key of `core.training.training_run.MODELS`.
        recipe: the settings of model and training.
        seed: of the first parameters and the order of the data.
        data: what it is trained and tested on.
        device: a name of `core.backend.devices.DEVICES`.
        dtype: of the stored parameters, "float32" or "float16".
        mistake: a key of `core.training.mistakes.TRAINABLE`, or "" for the right code.
    Raises:
        ValueError: a value that no training can use; says which, what was got and what is expected.
    """

    model: str = "attention"
    recipe: Recipe = RECIPES[DEFAULT_RECIPE]
    seed: int = 0
    data: GeneratedData | FileData = field(default_factory=GeneratedData)
    device: str = "auto"
    dtype: str = "float32"
    mistake: str = ""

    def __post_init__(self) -> None:
        expect_one_of("model", self.model, MODELS)
        expect_one_of("device", self.device, DEVICES)
        expect_one_of("dtype", self.dtype, DTYPES)
        expect_whole("seed", self.seed, 0, MAX_SEED)
        expect("the recipe", self.recipe, isinstance(self.recipe, Recipe), "a Recipe")
        expect("data", self.data, isinstance(self.data, GeneratedData | FileData), "GeneratedData or FileData")
        for name in ("wordvec_size", "hidden_size"):
            expect_whole(name, getattr(self.recipe, name), 1, MAX_SIZE)
        expect_whole("epochs", self.recipe.epochs, 1, MAX_EPOCHS)
        expect_whole("batch_size", self.recipe.batch_size, 1, MAX_PAIRS)
        expect_whole("warmup", self.recipe.warmup, 0, 10**9)
        rate = self.recipe.learning_rate
        expect("learning_rate", rate, is_number(rate, 0, 10**6), "a number up to 1000000")
        expect_one_of("mistake", self.mistake, ("", *TRAINABLE))
        if not MODEL_CLASSES[MODELS[self.model]].has_attention:
            without = f"for the model {self.model}, which has no attention"
            if self.recipe.score != "dot":
                raise ValueError(f"score is {self.recipe.score!r} {without}; expected 'dot'")
            if self.mistake:
                raise ValueError(f"mistake is {self.mistake!r} {without}; expected none")

    @classmethod
    def preset(cls, name: str) -> TrainingOptions:
        """What a preset of `core.training.recipe.RECIPES` is meant for: its recipe, and as many dates as it draws."""
        return cls(recipe=RECIPES[name], data=GeneratedData(PRESET_PAIRS[name]))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        data = asdict(self.data) | {"kind": "generated" if isinstance(self.data, GeneratedData) else "file"}
        if isinstance(self.data, FileData):
            data["file"] = str(self.data.file)
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"recipe": self.recipe.to_dict(), "data": data}

    @classmethod
    def from_dict(cls, values: object) -> TrainingOptions:
        """Read what `to_dict` wrote, or what claims to be it; what is missing has its default.

        Raises:
            ValueError: something is unknown, of another type or out of its bounds; says what.
        """
        given = _named_values(values, "the options", {each.name for each in fields(cls)})
        if "recipe" in given:
            given["recipe"] = Recipe.from_dict(given["recipe"])
        if "data" in given:
            given["data"] = _read_data(given["data"])
        return cls(**given)

    def plan(self) -> TrainingPlan:
        """The data, made or read, and split.

        Raises:
            CorpusError: the file cannot be read or has bad lines; says which.
            ValueError: too little data to split, or to fill a batch.
        """
        split = TRAINABLE[self.mistake].split if self.mistake else split_by_day
        by = "day" if split is split_by_day else "pair"
        if isinstance(self.data, GeneratedData):
            corpus = Corpus.from_pairs(make_pairs(self.data.n, self.data.seed, self.data.families))
            description = describe_generated_data(self.data.n, self.data.seed, self.data.families, by)
        else:
            corpus = read_corpus(self.data.file)
            description = describe_data_file(Path(self.data.name), self.data.seed, by)
        train, test = split(corpus, TEST_SHARE, self.data.seed)
        return TrainingPlan(MODELS[self.model], self.recipe, self.seed, train, test, description, self.mistake)

    def memory_needed(self) -> int:
        """The most bytes that the training process will hold at once, estimated from the sizes alone.

        Raises:
            CorpusError: the data file cannot be read.
        """
        pairs, source_length, target_length = self._shape_of_data()
        return memory_of_training(MODELS[self.model], self.recipe, pairs, source_length, target_length)

    def check_memory(self) -> None:
        """Refuse what would exhaust the memory, before anything starts.

        Raises:
            TooLargeError: says what is needed, what there is, and what to lower.
            CorpusError: the data file cannot be read.
        """
        needed, available = self.memory_needed(), memory_available()
        if available is not None and needed > available:
            raise TooLargeError(needed, available)

    def _shape_of_data(self) -> tuple[int, int, int]:
        """Number of pairs, T_enc and T_dec; of a file by its size and its first line, which sets the widths."""
        if isinstance(self.data, GeneratedData):
            return self.data.n, QUESTION_LENGTH, ANSWER_LENGTH
        path = self.data.file
        try:
            size = min(path.stat().st_size, MAX_BYTES)
            with path.open("rb") as file:
                line = file.readline(8 * MAX_LENGTH)
        except (OSError, ValueError) as error:  # ValueError: a path that no file can have
            raise CorpusError(path, f"cannot be read ({error}); give a text file with one pair a line") from error
        question, _, _ = line.partition(START.encode())
        return size // max(len(line), 1), min(len(question), MAX_LENGTH), ANSWER_LENGTH


def _read_data(values: object) -> GeneratedData | FileData:
    kinds: dict[str, type[GeneratedData] | type[FileData]] = {"generated": GeneratedData, "file": FileData}
    kind: Any = values.get("kind") if isinstance(values, Mapping) else None
    expect_one_of("the kind of the data", kind, kinds)
    given = _named_values(values, "the data", {"kind", *(each.name for each in fields(kinds[kind]))})
    del given["kind"]
    if kind == "file" and "file" not in given:
        raise ValueError("the data lack the file; expected its path")
    return kinds[kind](**given)


def _named_values(values: object, what: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(values, Mapping):
        raise ValueError(f"{what} are {shortened(values)}; expected values by name")
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValueError(f"{what} have no {shortened(unknown[0])}; expected some of {', '.join(sorted(known))}")
    return dict(values)
