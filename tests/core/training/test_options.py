"""Options of a run as plain values: whatever comes in gives options or a sentence, and nothing is lost on the way."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.corpus import Corpus, CorpusError, write_corpus
from core.data.dates import FAMILY_NAMES, make_pairs
from core.training.mistakes import TRAINABLE
from core.training.options import TrainingOptions
from core.training.recipe import RECIPES, Recipe
from core.training.training_data import MAX_PAIRS, FileData, GeneratedData, from_metadata

SMALL = TrainingOptions(data=GeneratedData(400, 3, ("numeric", "month")))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def plain(options):
    """The options as they come out of JSON."""
    return json.loads(json.dumps(options.to_dict()))


@pytest.mark.parametrize(
    "options",
    [
        TrainingOptions(),
        SMALL,
        TrainingOptions(model="peeky", recipe=RECIPES["book"], seed=7, device="cpu", dtype="float16"),
        TrainingOptions(data=FileData(Path("somewhere/data.txt"), "my dates.txt", -3)),
    ],
)
def test_json_and_back(options):
    assert TrainingOptions.from_dict(plain(options)) == options


@given(JSON)
def test_any_json_gives_options_or_a_sentence(values):
    try:
        TrainingOptions.from_dict(values)
    except ValueError as error:
        assert str(error)


PLACES: list[tuple[str, ...]] = [("model",), ("seed",), ("device",), ("dtype",), ("mistake",), ("data",), ("recipe",)]
PLACES += [("recipe", name) for name in Recipe().to_dict()]
PLACES += [("recipe", "initialiser", name) for name in ("embedding", "forget_bias", "orthogonal", "scaled_affine")]
PLACES += [("data", name) for name in ("kind", "n", "seed", "families")]


@given(st.sampled_from(PLACES), JSON)
def test_any_value_in_any_place_gives_options_that_can_be_kept_or_a_sentence(place, value):
    values = plain(SMALL)
    inner = values
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    try:
        options = TrainingOptions.from_dict(values)
    except ValueError as error:
        assert str(error)
    else:
        assert TrainingOptions.from_dict(plain(options)) == options


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "transformer"}, "model is 'transformer'; expected one of attention, peeky, seq2seq"),
        ({"seed": -1}, "seed is -1; expected a whole number from 0"),
        ({"seed": True}, "seed is True"),
        ({"data": {"kind": "generated", "n": 0}}, "n is 0; expected a whole number from 1"),
        ({"data": {"kind": "generated", "n": MAX_PAIRS + 1}}, f"to {MAX_PAIRS}"),
        ({"data": {"kind": "generated", "families": ["roman"]}}, "got 'roman' as a family of dates; expected some of"),
        ({"data": {"kind": "generated", "families": []}}, "got none as a family"),
        ({"data": {"kind": "cloud"}}, "the kind of the data is 'cloud'; expected one of generated, file"),
        ({"data": {"kind": "file"}}, "the data lack the file"),
        ({"speed": 3}, "the options have no 'speed'"),
        ({"seed": 10**5000}, "seed is a int that cannot be shown"),
    ],
)
def test_what_no_training_can_use_is_named(change, words):
    with pytest.raises(ValueError) as caught:
        TrainingOptions.from_dict(change)
    assert words in str(caught.value)


def test_every_preset_draws_as_many_dates_as_it_is_meant_for():
    assert TrainingOptions.preset("dependable") == TrainingOptions()
    for name, pairs in (("book", 50_000), ("quick", 20_000)):
        options = TrainingOptions.preset(name)
        assert options.recipe == RECIPES[name] and options.data == GeneratedData(pairs)


def test_what_is_missing_has_its_default():
    assert TrainingOptions.from_dict({}) == TrainingOptions()


def test_families_are_in_one_order_whatever_the_order_given():
    data = GeneratedData(families=("numeric", "month", "numeric"))
    assert data.families == ("month", "numeric") and data == GeneratedData(families=("month", "numeric"))
    assert GeneratedData().families == FAMILY_NAMES


# ------------------------------------------------------------------------------------------------------ the plan


def test_the_plan_of_generated_data():
    plan = SMALL.plan()
    drawn = Corpus.from_pairs(make_pairs(400, 3, ("month", "numeric")))
    assert sorted([*plan.train, *plan.test]) == sorted(drawn)
    assert not {answer for _, answer in plan.train} & {answer for _, answer in plan.test}
    assert (
        plan.to_metadata()["data"] == "make_pairs(400, seed=3, families=month+numeric), split by day with the same seed"
    )
    assert (plan.model_class, plan.seed, plan.recipe) == ("AttentionSeq2seq", 0, SMALL.recipe)


def test_the_plan_of_a_file_is_that_of_its_dates_under_its_own_name(tmp_path):
    write_corpus(tmp_path / "data.txt", make_pairs(400, 3, ("month", "numeric")))
    plan = replace(SMALL, data=FileData(tmp_path / "data.txt", "dates of my class.txt", 3)).plan()
    drawn = SMALL.plan()
    assert (plan.train, plan.test) == (drawn.train, drawn.test)
    assert plan.to_metadata()["data"] == "the file dates of my class.txt, split by day with seed 3"


def test_a_bad_file_is_refused_with_its_line(tmp_path):
    (tmp_path / "data.txt").write_text("2/10/93_1993-02-10\n2/11/93_1993-02-31\n")
    with pytest.raises(CorpusError, match="line 2: the answer is '1993-02-31'"):
        replace(SMALL, data=FileData(tmp_path / "data.txt")).plan()


@pytest.mark.parametrize("model", ["seq2seq", "peeky"])
def test_what_needs_attention_is_refused_for_a_model_without(model):
    with pytest.raises(ValueError, match=f"score is 'general' for the model {model}, which has no attention; expected"):
        TrainingOptions(model=model, recipe=Recipe(score="general"))
    with pytest.raises(
        ValueError, match=f"mistake is 'input-not-reversed' for the model {model}, which has no attention"
    ):
        TrainingOptions(model=model, mistake="input-not-reversed")
    assert TrainingOptions(model=model, recipe=Recipe(bidirectional=True)).recipe.bidirectional


@pytest.mark.parametrize("name", TRAINABLE)
def test_the_plan_of_a_mistake_has_it_in_it(name):
    plan = TrainingOptions(data=GeneratedData(400, 3), mistake=name).plan()
    days = set(plan.train.answers) & set(plan.test.answers)
    assert plan.mistake == plan.spec.mistake == name
    assert bool(days) == ("split by pair" in plan.to_metadata()["data"]) == (name == "days-in-both-sets")
    assert from_metadata(plan.to_metadata()) == plan.data == GeneratedData(400, 3)
    assert plan.recipe == TRAINABLE[name].recipe(Recipe())
