"""The list of changes: switching, replacing, and its way through a URL."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.interventions import MAX_INTERVENTIONS, Argmax, ForceCharacter, InterventionError, Mask, Temperature, Uniform
from viz_app.changes import Change, active, added, from_query, switched, to_query, without

TWO = (Change(Uniform()), Change(ForceCharacter(2, "8"), on=False))


def test_only_what_is_switched_on_is_active():
    assert active(TWO) == [Uniform()]
    assert active(switched(TWO, 1)) == [Uniform(), ForceCharacter(2, "8")]
    assert switched(switched(TWO, 0), 0) == TWO
    assert without(TWO, 0) == TWO[1:]


def test_a_change_at_the_same_place_replaces_the_one_before_and_is_on():
    assert added(TWO, ForceCharacter(2, "7")) == (TWO[0], Change(ForceCharacter(2, "7")))
    assert added(TWO, ForceCharacter(3, "7")) == (*TWO, Change(ForceCharacter(3, "7")))
    assert added(TWO, Uniform(step=1)) == (*TWO, Change(Uniform(step=1)))
    assert added((Change(Temperature(2.0)),), Temperature(0.5)) == (Change(Temperature(0.5)),)


def test_too_many_changes_are_refused():
    full = tuple(Change(Argmax(step=step)) for step in range(MAX_INTERVENTIONS))
    with pytest.raises(InterventionError, match="64 changes already"):
        added(full, Uniform())


def test_the_url_carries_changes_and_switches():
    assert to_query(()) == ""
    assert to_query(TWO) == '[{"kind":"uniform"},{"kind":"force","step":2,"character":"8","off":true}]'
    assert from_query(to_query(TWO)) == (TWO, [])
    assert from_query("") == ((), [])


def test_what_can_be_read_of_a_tampered_list_is_kept():
    changes, problems = from_query('[{"kind":"uniform"},{"kind":"explode"},{"kind":"mask","positions":[1]}]')
    assert changes == (Change(Uniform()), Change(Mask((1,))))
    assert len(problems) == 1
    assert problems[0].startswith("change 2: a change is of kind 'explode'")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", "not JSON"),
        ("[" * 2000, "not JSON"),
        ("{}", "is dict"),
        ("x" * 100_000, "100000 characters"),
        (json.dumps([{"kind": "uniform"}] * 65), "65 changes"),
        ('[{"kind":"uniform","off":"yes"}]', "neither true nor false"),
        ("[1]", "change 1"),
    ],
)
def test_a_broken_list_is_a_sentence(text, problem):
    changes, problems = from_query(text)
    assert changes == ()
    assert problem in problems[0]


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_changes_or_sentences(text):
    changes, problems = from_query(text)
    assert from_query(to_query(changes)) == (changes, [])
    assert len(problems) <= 5
