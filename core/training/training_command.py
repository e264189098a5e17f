"""The command that trains a model again, told from what its file says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from core.models.spec import ModelSpec
from core.training.mistakes import trainable
from core.training.plan import MODELS
from core.training.recipe import DEFAULT_RECIPE, RECIPES, Recipe
from core.training.training_data import command_options, from_metadata


def training_command(spec: ModelSpec, metadata: Mapping[str, str], verb: str = "train") -> str | None:
    """Every option that is not at its default; None where no options lead there.

    Args:
        spec, metadata: of the model.
        verb: the command, "train" or "film".
    Raises:
        KeyError, TypeError, ValueError: the file does not tell how the model was trained.
    """
    recipe = _recipe_options(Recipe.from_dict(json.loads(metadata["recipe"])), spec.mistake)
    data = from_metadata(metadata)
    if recipe is None or data is None:
        return None
    names = {model_class: name for name, model_class in MODELS.items()}
    options = [
        f"--model {names[spec.model_class]}",
        *recipe.options,
        *command_options(data, recipe.preset),
        f"--seed {metadata['seed']}",
        *([f"--dtype {metadata.get('dtype', 'float32')}"] if verb == "train" else []),
        "--output my-model" if verb == "train" else "--output my-film",
    ]
    return " ".join([f"python -m core {verb}", *options])


class _RecipeOptions(NamedTuple):
    """The preset that a recipe starts from, and the options that lead there, the preset's name among them."""

    preset: str
    options: list[str]


def _recipe_options(recipe: Recipe, mistake: str) -> _RecipeOptions | None:
    chosen = recipe.to_dict()
    for name, preset in RECIPES.items():
        # What the mistake changes needs no option of its own.
        start = (trainable(mistake).recipe(preset) if mistake else preset).to_dict()
        changed = {key for key, value in start.items() if chosen[key] != value}
        options = [_recipe_option(key, chosen[key]) for key in start if key in changed | {"epochs"}]
        if all(options):
            named = [] if name == DEFAULT_RECIPE else [f"--preset {name}"]
            built_in = [f"--mistake {mistake}"] if mistake else []
            return _RecipeOptions(name, [*named, *filter(None, options), *built_in])
    return None


def _recipe_option(key: str, value: object) -> str | None:
    """The option of `python -m core train` that gives a setting; None where there is none."""
    if key in ("epochs", "batch_size", "learning_rate", "hidden_size", "wordvec_size", "optimizer", "score"):
        return f"--{key.replace('_', '-')} {value}"
    if key == "max_grad":
        return f"--max-grad {'none' if value is None else value}"
    if key == "bidirectional" and value:
        return "--bidirectional"
    return "--not-reversed" if key == "reversed_input" and not value else None
