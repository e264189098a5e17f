"""The list of changes: switching, replacing, and its way through a URL."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    Argmax,
    ForceCharacter,
    Gold,
    InterventionError,
    Mask,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from viz_app.session.changes import (
    Change,
    Changes,
    active,
    added,
    for_any_text,
    from_query,
    switched,
    to_query,
    without,
)

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
    replaced = (Change(ReplaceCharacter(0, "8")),)
    assert added(replaced, ReplaceCharacter(0, "7")) == (Change(ReplaceCharacter(0, "7")),)
    assert added(replaced, ReplaceCharacter(1, "7")) == (*replaced, Change(ReplaceCharacter(1, "7")))
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
    assert problems[0].number == 2
    assert problems[0].why.startswith("a change is of kind 'explode'")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[", (None, "not JSON")),
        ("[" * 2000, (None, "not JSON")),
        ("{}", (None, "is dict")),
        ("x" * 100_000, (None, "100000 characters")),
        (json.dumps([{"kind": "uniform"}] * 65), (None, "65 changes")),
        ('[{"kind":"uniform","off":"yes"}]', (1, "neither true nor false")),
        ("[1]", (1, "is int")),
    ],
)
def test_a_broken_list_is_told(text, problem):
    changes, problems = from_query(text)
    assert changes == ()
    assert problems[0].number == problem[0]
    assert problem[1] in problems[0].why


def test_more_than_a_link_can_carry_is_refused():
    full: Changes = ()
    with pytest.raises(InterventionError, match="a link of 2500 characters"):
        for step in range(10):
            full = added(full, SetWeights({position: 0.0125 for position in range(29)}, step=step))
    assert from_query(to_query(full)) == (full, [])


def test_another_text_keeps_what_names_none_of_its_characters():
    anywhere = (Change(Temperature(0.5)), Change(Uniform(step=3), on=False), Change(Gold()))
    here = (Change(Mask((1,))), Change(ForceCharacter(1, "8")), Change(ReplaceCharacter(0, "9")))
    assert for_any_text(here + anywhere) == anywhere


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_text_is_changes_or_sentences(text):
    changes, problems = from_query(text)
    assert from_query(to_query(changes)) == (changes, [])
    assert len(problems) <= 5
