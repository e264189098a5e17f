"""What is chosen on the Train page becomes options or a sentence, whatever is typed; options become settings again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dates import FAMILY_NAMES
from core.layers.scores import SCORES
from core.training.optimizers import OPTIMIZERS
from core.training.options import TrainingOptions
from core.training.plan import MODELS
from core.training.recipe import RECIPES, Recipe
from core.training.training_data import FileData, GeneratedData
from viz_app.pages.train.refusals import refusal
from viz_app.pages.train.settings import (
    PRESETS,
    Settings,
    changed,
    least_pairs,
    of_preset,
    options_of,
    recipe_of,
    settings_of,
)
from viz_app.pages.train.words import differences
from viz_app.text.i18n import LANGUAGES, translator

settings_ = st.builds(
    Settings,
    base=st.sampled_from([RECIPES[name] for name in PRESETS]),
    model=st.sampled_from(list(MODELS)),
    score=st.sampled_from(list(SCORES)),
    bidirectional=st.booleans(),
    hidden_size=st.integers(-2, 5000),
    wordvec_size=st.integers(-2, 5000),
    reversed_input=st.booleans(),
    optimizer=st.sampled_from(list(OPTIMIZERS)),
    learning_rate=st.floats() | st.floats(1e-6, 10),
    batch_size=st.integers(-1, 2**40),
    epochs=st.integers(-1, 2000),
    clipped=st.booleans(),
    max_grad=st.floats() | st.floats(1e-6, 100),
    seed=st.integers(-1, 2**33),
    pairs=st.integers(-1, 2**33),
    families=st.lists(st.sampled_from(FAMILY_NAMES), unique=True).map(tuple),
    data_seed=st.integers(-(2**33), 2**33),
    device=st.sampled_from(["auto", "cpu", "cuda"]),
)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_its_recipe(name: str) -> None:
    settings = of_preset(name)
    assert (recipe_of(settings), settings.preset, changed(settings)) == (RECIPES[name], name, {})
    assert options_of(settings) == TrainingOptions.preset(name)


def test_what_differs_from_the_preset_is_said_at_once() -> None:
    settings = replace(of_preset("dependable"), hidden_size=64, reversed_input=False, score="additive")
    assert changed(settings) == {
        "hidden_size": (64, 256),
        "reversed_input": (False, True),
        "score": ("additive", "dot"),
    }
    assert differences(settings, str) == (
        "Other than in the preset: Score of attention additive instead of dot; Hidden size 64 instead of 256; "
        "Reversed input no instead of yes."
    )
    assert differences(of_preset("book"), str) == "All settings as in the preset."


def test_what_has_no_effect_is_no_difference() -> None:
    peeky = replace(of_preset("book"), model="peeky", score="general")
    assert changed(peeky) == {} and recipe_of(peeky).score == "dot"
    unclipped = replace(of_preset("book"), clipped=False, max_grad=3.0)
    assert list(changed(unclipped)) == ["clipped"] and recipe_of(unclipped).max_grad is None
    assert changed(replace(of_preset("book"), kind="file", pairs=7)) == {"kind": ("file", "generated")}


def test_the_settings_of_a_run_are_found_again() -> None:
    recipe = replace(RECIPES["book"], hidden_size=32, max_grad=None, optimizer="sgd")
    data = GeneratedData(n=900, seed=5, families=("numeric", "month"))
    options = TrainingOptions("peeky", recipe, 7, data, "cpu")
    settings = settings_of(options)
    assert options_of(settings) == options
    assert settings.preset == "book"


def test_a_recipe_of_ones_own_is_kept_whole() -> None:
    recipe = Recipe(warmup=7, hold=0.3, hidden_size=10)
    settings = settings_of(TrainingOptions(recipe=recipe))
    assert (settings.preset, recipe_of(settings)) == (None, recipe)


def test_a_file_is_asked_for_again(tmp_path: Path) -> None:
    settings = settings_of(TrainingOptions(data=FileData(tmp_path / "x", "x", 3)))
    assert (settings.kind, settings.data_seed) == ("file", 3)


@given(settings_)
def test_whatever_is_chosen_becomes_options_or_a_sentence(settings: Settings) -> None:
    try:
        options = options_of(settings)
    except ValueError as error:
        for language in LANGUAGES:
            sentence = refusal(settings, error, translator(language))
            assert sentence and "{" not in sentence
        return
    again = options_of(settings_of(options))
    assert again == options
    assert differences(settings, str)


@given(st.integers(1, 10_000))
def test_the_least_number_of_dates_leaves_a_batch(batch: int) -> None:
    settings = replace(Settings(), batch_size=batch)
    assert 0.9 * least_pairs(settings) >= batch > 0.9 * (least_pairs(settings) - 2)


def test_refusals_say_what_to_do() -> None:
    odd = replace(Settings(), bidirectional=True, hidden_size=33)
    none = replace(Settings(), families=())
    sentences = []
    for settings in (odd, none):
        with pytest.raises(ValueError) as error:
            options_of(settings)
        sentences.append(refusal(settings, error.value, str))
    assert sentences[0].startswith("The hidden size is 33.") and "even" in sentences[0]
    assert sentences[1] == "Choose at least one way to write a date."
