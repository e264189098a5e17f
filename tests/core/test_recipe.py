"""Recipes: the learning rate of every iteration by hand, settings that no training can use, plain values for JSON."""

import dataclasses
import json
import math

import pytest

from core.initialiser import BOOK, DEPENDABLE
from core.recipe import DEFAULT_RECIPE, RECIPES, Recipe


def test_learning_rate_climbs_holds_and_falls():
    recipe = Recipe(learning_rate=0.4, warmup=4, hold=0.5, final=0.1)
    rates = [recipe.learning_rate_at(i, 20) for i in range(20)]
    climb = [0.1, 0.2, 0.3, 0.4]
    hold = [0.4] * 6
    fall = [0.4, 0.36, 0.32, 0.28, 0.24, 0.2, 0.16, 0.12, 0.08, 0.04]
    assert rates == pytest.approx(climb + hold + fall)
    assert recipe.learning_rate_at(10**6, 20) == pytest.approx(0.04), "the run is over, the rate is not"


def test_learning_rate_does_not_fall_below_its_final_share():
    recipe = Recipe(learning_rate=1.0, warmup=0, hold=0.0, final=0.3)
    assert [recipe.learning_rate_at(i, 5) for i in range(5)] == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.3])


def test_a_fall_that_begins_during_the_climb_goes_on_from_there():
    recipe = Recipe(learning_rate=1.0, warmup=10, hold=0.0, final=0.1)
    assert [recipe.learning_rate_at(i, 4) for i in range(4)] == pytest.approx([0.1, 0.15, 0.15, 0.1])


def test_the_books_rate_is_constant():
    book = RECIPES["book"]
    assert {book.learning_rate_at(i, 100) for i in (0, 1, 50, 99, 100, 1000)} == {0.001}


@pytest.mark.parametrize("name", RECIPES)
def test_every_learning_rate_of_a_preset_is_above_zero_and_a_python_float(name):
    recipe = RECIPES[name]
    for i in range(0, 1050, 7):
        rate = recipe.learning_rate_at(i, 1050)
        assert type(rate) is float and 0 < rate <= recipe.learning_rate


def test_presets():
    assert RECIPES[DEFAULT_RECIPE] == Recipe()
    assert Recipe().initialiser == DEPENDABLE and RECIPES["book"].initialiser == BOOK
    for recipe in RECIPES.values():
        sizes = (recipe.wordvec_size, recipe.hidden_size, recipe.batch_size, recipe.max_grad, recipe.reversed_input)
        assert sizes == (16, 256, 128, 5.0, True)


def test_a_recipe_is_plain_values_for_json():
    recipe = Recipe(learning_rate=0.003)
    values = json.loads(json.dumps(recipe.to_dict()))
    assert values["initialiser"] == {"embedding": 0.3, "forget_bias": 1.0, "orthogonal": True}
    assert values["learning_rate"] == 0.003 and values["hold"] == 0.5
    assert set(values) == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("wordvec_size", [0, -1]),
        ("hidden_size", [0, -256]),
        ("batch_size", [0, -128]),
        ("epochs", [0, -1]),
        ("learning_rate", [0, 0.0, -0.001, math.nan, math.inf, -math.inf]),
        ("max_grad", [0, -5.0, math.nan, math.inf]),
        ("hold", [-0.1, 1.1, math.nan]),
        ("final", [-0.1, 1.1, math.nan, math.inf]),
        ("warmup", [-1]),
    ],
)
def test_a_setting_that_no_training_can_use_is_named(name, values):
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name} is {value}; expected a "):
            Recipe(**{name: value})
        with pytest.raises(ValueError, match=f"^{name} is"):
            dataclasses.replace(RECIPES["book"], **{name: value})
