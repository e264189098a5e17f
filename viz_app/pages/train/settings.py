"""What a visitor chooses for a training run: plain values, valid or not yet, and the options that they make.

`TrainingOptions` are refused where no training can use them. While somebody is choosing, settings may not fit together
for a moment (an odd hidden size for an encoder of two directions), so that they are kept as they were chosen, and
`options_of` says whether they can be used.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Literal

import streamlit as st

from core.data.dates import FAMILY_NAMES
from core.data.held_out import DATA_SEED, TEST_SHARE
from core.training.options import TrainingOptions
from core.training.plan import MODELS
from core.training.recipe import PRESET_PAIRS, RECIPES, Recipe
from core.training.training_data import FileData, GeneratedData

PRESETS: Final = tuple(name for name in ("quick", "dependable", "book") if name in RECIPES)
"""Keys of `core.training.recipe.RECIPES` in the order of the page; the first is what a new visitor gets."""

DataKind = Literal["generated", "file"]
DATA_KINDS: Final[tuple[DataKind, ...]] = ("generated", "file")

_SETTINGS: Final = "train_settings"
# What is chosen one by one; the rest of a recipe comes with the preset.
_CHOSEN: Final = (
    "score",
    "bidirectional",
    "hidden_size",
    "wordvec_size",
    "reversed_input",
    "optimizer",
    "learning_rate",
    "batch_size",
    "epochs",
)
_UNDERNEATH: Final = ("initialiser", "warmup", "hold", "final")


@dataclass(frozen=True)
class Settings:
    """Everything on the form.

    Attributes:
        base: where the settings come from that are not on the form: the start, and the course of the learning rate.
        model: a key of `core.training.training_run.MODELS`.
        score to epochs: as in `Recipe`.
        clipped, max_grad: whether gradients are clipped, and to what length.
        seed: of the first parameters and the order of the data.
        kind: whether dates are drawn or come from a file.
        pairs, families, data_seed: as in `GeneratedData`; the seed also decides which days are held out.
        device: a name of `core.backend.devices.DEVICES`.
    """

    base: Recipe = RECIPES[PRESETS[0]]
    model: str = next(iter(MODELS))
    score: str = base.score
    bidirectional: bool = base.bidirectional
    hidden_size: int = base.hidden_size
    wordvec_size: int = base.wordvec_size
    reversed_input: bool = base.reversed_input
    optimizer: str = base.optimizer
    learning_rate: float = base.learning_rate
    batch_size: int = base.batch_size
    epochs: int = base.epochs
    clipped: bool = base.max_grad is not None
    max_grad: float = base.max_grad or 5.0
    seed: int = 0
    kind: DataKind = "generated"
    pairs: int = PRESET_PAIRS[PRESETS[0]]
    families: tuple[str, ...] = FAMILY_NAMES
    data_seed: int = DATA_SEED
    device: str = "auto"

    @property
    def preset(self) -> str | None:
        """The preset that `base` is that of; None for that of a run with another."""
        return next((name for name in PRESETS if _alike(RECIPES[name], self.base)), None)


def _alike(one: Recipe, other: Recipe) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _UNDERNEATH)


def of_preset(name: str) -> Settings:
    """The settings of a preset, and as many dates as it is meant for."""
    return of_recipe(RECIPES[name], pairs=PRESET_PAIRS[name])


def of_recipe(recipe: Recipe, **others: Any) -> Settings:
    """The settings of a recipe, the others at their defaults or as given."""
    chosen = {name: getattr(recipe, name) for name in _CHOSEN}
    settings = Settings(base=recipe, clipped=recipe.max_grad is not None, **chosen, **others)
    return settings if recipe.max_grad is None else replace(settings, max_grad=recipe.max_grad)


def settings_of(options: TrainingOptions) -> Settings:
    """The settings that made these options; the preset that differs least from them is the base.

    A file is not among them: it is no longer where it was.
    """
    data = options.data
    others: dict[str, Any] = {"model": options.model, "seed": options.seed, "device": options.device}
    others["data_seed"] = data.seed
    if isinstance(data, GeneratedData):
        others |= {"pairs": data.n, "families": data.families}
    else:
        others["kind"] = "file"
    settings = of_recipe(options.recipe, **others)
    alike = [RECIPES[name] for name in PRESETS if _alike(RECIPES[name], options.recipe)]
    candidates = [replace(settings, base=recipe) for recipe in alike]
    return min(candidates, key=lambda each: len(changed(each)), default=settings)


def recipe_of(settings: Settings) -> Recipe:
    """The recipe of some settings; a model without attention has no choice of a score.

    Raises:
        ValueError: a number that no training can use; says which.
    """
    chosen = {name: getattr(settings, name) for name in _CHOSEN}
    if settings.model != "attention":
        chosen["score"] = Recipe.score
    return replace(settings.base, max_grad=settings.max_grad if settings.clipped else None, **chosen)


def options_of(settings: Settings, file: FileData | None = None) -> TrainingOptions:
    """The options of some settings.

    Args:
        file: the data where they come from a file.
    Raises:
        ValueError: something that no training can use; says what was got and what is expected.
    """
    data = file if file is not None else GeneratedData(settings.pairs, settings.data_seed, settings.families)
    return TrainingOptions(
        model=settings.model, recipe=recipe_of(settings), seed=settings.seed, data=data, device=settings.device
    )


def changed(settings: Settings) -> dict[str, tuple[Any, Any]]:
    """What differs from the preset: by name what is chosen, and what the preset has."""
    preset = of_preset(settings.preset) if settings.preset else of_recipe(settings.base)
    pairs = {field.name: (getattr(settings, field.name), getattr(preset, field.name)) for field in fields(Settings)}
    differing = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    unasked = {"base", "model"}
    if settings.model != "attention":
        unasked.add("score")
    if not settings.clipped:
        unasked.add("max_grad")
    if settings.kind == "file":
        unasked |= {"pairs", "families"}
    return {name: pair for name, pair in differing.items() if name not in unasked}


def least_pairs(settings: Settings) -> int:
    """About how many dates a batch and the test set need."""
    return int(settings.batch_size / (1 - TEST_SHARE)) + 1


# --- The session ------------------------------------------------------------------------------------------------------


def current_settings() -> Settings:
    """What this visitor has chosen so far."""
    settings: Settings = st.session_state.setdefault(_SETTINGS, of_preset(PRESETS[0]))
    return settings


def change_settings(**wishes: Any) -> None:
    """Choose something else, from a widget's callback."""
    st.session_state[_SETTINGS] = replace(current_settings(), **wishes)


def choose_preset(name: str) -> None:
    """Take all settings of a preset but the model, from a widget's callback."""
    st.session_state[_SETTINGS] = replace(of_preset(name), model=current_settings().model)


def take_settings(options: TrainingOptions) -> None:
    """Take the settings of a run, from a widget's callback."""
    st.session_state[_SETTINGS] = settings_of(options)
