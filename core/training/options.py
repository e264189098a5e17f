"""What a person chooses about a training run, as plain values that go through JSON, and what it will take.

Everything that decides the resulting parameters is here: the same options give the same parameters, whether a page, the
command line or a notebook asks for them (one machine, one number of threads).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from core.backend.devices import DEVICES
from core.data.corpus import split_by_day
from core.data.held_out import TEST_SHARE
from core.files.checked_json import expect, expect_one_of, expect_whole, is_number, named_values
from core.models.spec import MAX_SIZE, MODEL_CLASSES
from core.training.memory import (
    TooLargeError,
    disk_of_training,
    memory_available,
    memory_of_training,
    size_of_model,
)
from core.training.mistakes import TRAINABLE
from core.training.plan import MODELS, TrainingPlan
from core.training.recipe import DEFAULT_RECIPE, PRESET_PAIRS, RECIPES, Recipe
from core.training.training_data import MAX_PAIRS, MAX_SEED, Data, GeneratedData, data_from_dict

MAX_EPOCHS = 1000

DTYPES = ("float16", "float32")


@dataclass(frozen=True)
class TrainingOptions:
    """Everything that is chosen about a run.

    Attributes:
        model: a key of `core.training.plan.MODELS`.
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
    data: Data = field(default_factory=GeneratedData)
    device: str = "auto"
    dtype: str = "float32"
    mistake: str = ""

    def __post_init__(self) -> None:
        expect_one_of("model", self.model, MODELS)
        expect_one_of("device", self.device, DEVICES)
        expect_one_of("dtype", self.dtype, DTYPES)
        expect_whole("seed", self.seed, 0, MAX_SEED)
        expect("the recipe", self.recipe, isinstance(self.recipe, Recipe), "a Recipe")
        expect("data", self.data, isinstance(self.data, Data), "GeneratedData or FileData")
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
        values = {each.name: getattr(self, each.name) for each in fields(self)}
        return values | {"recipe": self.recipe.to_dict(), "data": self.data.to_dict()}

    @classmethod
    def from_dict(cls, values: object) -> TrainingOptions:
        """Read what `to_dict` wrote, or what claims to be it; what is missing has its default.

        Raises:
            ValueError: something is unknown, of another type or out of its bounds; says what.
        """
        given = named_values(values, "the options", {each.name for each in fields(cls)})
        if "recipe" in given:
            given["recipe"] = Recipe.from_dict(given["recipe"])
        if "data" in given:
            given["data"] = data_from_dict(given["data"])
        return cls(**given)

    def plan(self) -> TrainingPlan:
        """The data, made or read, and split.

        Raises:
            CorpusError: the file cannot be read or has bad lines; says which.
            ValueError: too little data to split, or to fill a batch.
        """
        split = TRAINABLE[self.mistake].split if self.mistake else split_by_day
        train, test = split(self.data.corpus(), TEST_SHARE, self.data.seed)
        return TrainingPlan(MODELS[self.model], self.recipe, self.seed, train, test, self.data, self.mistake)

    def memory_needed(self) -> int:
        """The most bytes that the training process will hold at once, estimated from the sizes alone.

        Raises:
            CorpusError: the data file cannot be read.
        """
        pairs, source_length, target_length = self.data.shape()
        return memory_of_training(MODELS[self.model], self.recipe, pairs, source_length, target_length)

    def model_size(self) -> int:
        """About the bytes of the parameters."""
        return size_of_model(MODELS[self.model], self.recipe)

    def disk_needed(self) -> int:
        """About the most bytes that the files of the run will take, without its data."""
        return disk_of_training(MODELS[self.model], self.recipe)

    def check_memory(self) -> None:
        """Refuse what would exhaust the memory, before anything starts.

        Raises:
            TooLargeError: says what is needed, what there is, and what to lower.
            CorpusError: the data file cannot be read.
        """
        needed, available = self.memory_needed(), memory_available()
        if available is not None and needed > available:
            raise TooLargeError(needed, available)
