"""Recipes: the learning rate of every iteration by hand, settings that no training can use, plain values for JSON."""

import dataclasses
import json
import math
from typing import Any

import pytest

from core.layers.initialiser import BOOK, DEPENDABLE, Initialiser
from core.training.recipe import DEFAULT_RECIPE, RECIPES, Recipe


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
    for name in ("dependable", "book"):
        recipe = RECIPES[name]
        sizes = (recipe.wordvec_size, recipe.hidden_size, recipe.batch_size, recipe.max_grad, recipe.reversed_input)
        assert sizes == (16, 256, 128, 5.0, True)


def test_a_recipe_is_plain_values_for_json():
    recipe = Recipe(learning_rate=0.003)
    values = json.loads(json.dumps(recipe.to_dict()))
    assert values["initialiser"] == {
        "embedding": 0.3,
        "forget_bias": 1.0,
        "orthogonal": True,
        "scaled_affine": True,
    }
    assert values["learning_rate"] == 0.003 and values["hold"] == 0.5
    assert set(values) == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("wordvec_size", [0, -1]),
        ("hidden_size", [0, -256, 1.5, "8", True, None]),
        ("batch_size", [0, -128]),
        ("epochs", [0, -1]),
        ("learning_rate", [0, 0.0, -0.001, math.nan, math.inf, -math.inf]),
        ("max_grad", [0, -5.0, math.nan, math.inf, "none", True]),
        ("hold", [-0.1, 1.1, math.nan]),
        ("final", [-0.1, 1.1, math.nan, math.inf]),
        ("warmup", [-1, 0.5]),
        ("reversed_input", [1, "true", None]),
        ("bidirectional", [0, "false"]),
    ],
)
def test_a_setting_that_no_training_can_use_is_named(name, values):
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name} is {value!a}; expected (a |True or False)"):
            Recipe(**{name: value})
        with pytest.raises(ValueError, match=f"^{name} is"):
            dataclasses.replace(RECIPES["book"], **{name: value})


@pytest.mark.parametrize(
    ("name", "known"), [("optimizer", "adam, adagrad, momentum, sgd"), ("score", "dot, scaled-dot, general, additive")]
)
def test_a_name_that_is_not_known_is_refused_with_those_that_are(name, known):
    values: list[Any] = ["", "Adam", "x" * 5000, None, ["adam"]]
    for value in values:
        with pytest.raises(ValueError, match=rf"^{name} is .*; expected one of {known}$") as caught:
            Recipe(**{name: value})
        assert len(str(caught.value)) < 120


def test_a_bidirectional_encoder_needs_an_even_size():
    assert Recipe(hidden_size=6, bidirectional=True).bidirectional
    with pytest.raises(ValueError, match="hidden_size is 7; expected an even number"):
        Recipe(hidden_size=7, bidirectional=True)


def test_gradients_need_not_be_clipped():
    assert Recipe(max_grad=None).to_dict()["max_grad"] is None


@pytest.mark.parametrize(
    "recipe",
    [
        *RECIPES.values(),
        Recipe(optimizer="sgd", score="additive", bidirectional=True, max_grad=None),
        Recipe(initialiser=Initialiser(0.1, 0.5, False, scaled_affine=False)),
    ],
)
def test_a_recipe_comes_back_whole_from_json(recipe):
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_a_recipe_of_the_first_models_is_read():
    """Those that ship do not tell what there was no choice of yet."""
    values: dict[str, Any] = Recipe().to_dict()
    for name in ("optimizer", "score", "bidirectional"):
        del values[name]
    del values["initialiser"]["scaled_affine"]
    assert Recipe.from_dict(values) == Recipe()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": ...}, "the recipe lacks epochs"),
        ({"hold": ..., "final": ...}, "the recipe lacks final, hold"),
        ({"Epochs": 3}, "the recipe has 'Epochs', which is no setting"),
        ({"batch_size": "64"}, "batch_size is '64'; expected a whole number"),
        ({"optimizer": 3}, "optimizer is 3; expected one of adam"),
        ({"initialiser": None}, "initialiser is None; expected values for embedding, forget_bias, orthogonal"),
        ({"initialiser": {"embedding": 1.0}}, "initialiser is .*; expected values for"),
        (
            {"initialiser": {"embedding": 0, "forget_bias": 1, "orthogonal": True}},
            "embedding is 0; expected a number above 0",
        ),
        (
            {"initialiser": {"embedding": 1, "forget_bias": math.inf, "orthogonal": True}},
            "forget_bias is inf; expected a number",
        ),
        (
            {"initialiser": {"embedding": 1, "forget_bias": 0, "orthogonal": "no"}},
            "orthogonal is 'no'; expected True or False",
        ),
    ],
)
def test_values_that_are_no_recipe_are_refused(changes, words):
    values = {key: value for key, value in (Recipe().to_dict() | changes).items() if value is not ...}
    with pytest.raises(ValueError, match=f"^{words}"):
        Recipe.from_dict(values)


@pytest.mark.parametrize("values", [None, [], "recipe", 3])
def test_what_is_not_even_a_mapping_is_refused(values):
    with pytest.raises(ValueError, match=r"^the recipe is .*; expected its settings by name"):
        Recipe.from_dict(values)
