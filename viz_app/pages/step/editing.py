"""What the controls of the What if panel do: callbacks that change a decoding.

A quick second click comes while the page still shows what was there before the first. So a callback asks for the step
when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import streamlit as st

from core.decoding.interventions import (
    Argmax,
    AttentionChange,
    ForceCharacter,
    Gold,
    Intervention,
    InterventionError,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from viz_app.session import state
from viz_app.session.change_history import apply
from viz_app.session.changes import Changes, added, index_of, without
from viz_app.text.i18n import Translator

SWITCHES: Final[dict[str, type[AttentionChange]]] = {
    change.kind: change for change in (Argmax, Uniform, Permute, Gold, MaskPadding)
}
"""Kinds of attention that are on or off."""

SCOPE_KEY: Final = "change_scope"
EVERY_STEP: Final = "every"
THIS_STEP: Final = "this"
"""What the control with the key `SCOPE_KEY` offers."""

WEIGHT_KEYS: Final = ("change_weight", "change_weight_dragged")
"""Keys of the field and of the slider for one character's weight."""

_REFUSED: Final = "change_refused"


def chosen_step() -> int | None:
    """The step whose attention is changed, from 0; None for every step."""
    return state.requested().step - 1 if st.session_state.get(SCOPE_KEY) == THIS_STEP else None


def force(step: int, character: str) -> None:
    """Write this character at a step, counted from 0; the character that is forced there already is let go.

    What is no step or no character, from a browser that was tampered with, does nothing.
    """
    try:
        change = ForceCharacter(step, character)
    except InterventionError:
        return
    state.record_step(state.requested(), step)
    current = state.requested().changes
    index = index_of(current, change)
    if index is not None and current[index].intervention == change and current[index].on:
        apply(without(current, index))
    else:
        _add(change)


def follow(forced: Iterable[ForceCharacter]) -> None:
    """Write these characters, and nothing else by force."""
    changes = tuple(
        change for change in state.requested().changes if not isinstance(change.intervention, ForceCharacter)
    )
    for change in forced:
        changes = added(changes, change)
    apply(changes)
    st.session_state["what_if"] = True


def set_temperature() -> None:
    """Take over the temperature; 1 is no change."""
    value = st.session_state.change_temperature
    change = Temperature(float(value), step=chosen_step())
    _remove_like(change) if value == 1 else _add(change)


def set_switches(before: list[str]) -> None:
    """Take over which kinds of attention are on, beside what was shown to be on before."""
    now, step = st.session_state.change_switches, chosen_step()
    changes = state.requested().changes
    for kind in before:
        index = index_of(changes, SWITCHES[kind](step=step))
        if kind not in now and index is not None:
            changes = without(changes, index)
    _apply_or_refuse(lambda: _with_all(changes, [SWITCHES[kind](step=step) for kind in now if kind not in before]))


def set_seed() -> None:
    """Take over the seed of the shuffling."""
    change = Permute(int(st.session_state.change_seed), step=chosen_step())
    _apply_or_refuse(lambda: added(state.requested().changes, change))


def set_mask() -> None:
    """Take over which characters are hidden."""
    positions, step = tuple(sorted(st.session_state.change_mask)), chosen_step()
    _add(Mask(positions, step=step)) if positions else _remove_like(Mask((0,), step=step))


def set_weight(key: str) -> None:
    """Take over the weight of a character from the field or the slider with this key."""
    step = chosen_step()
    current = active_change(state.requested().changes, SetWeights({0: 0.0}, step=step))
    weights = dict(current.pairs) if isinstance(current, SetWeights) else {}
    place = st.session_state.change_weight_of
    if not isinstance(place, int):
        return  # the label of a place in the text before, see `what_if`
    weights[place] = float(st.session_state[key])
    try:
        change = SetWeights(weights, step=step)
    except InterventionError:
        st.session_state[_REFUSED] = _sum_too_large(str)
        return
    _add(change)


def weigh(step: object, position: object, weight: object) -> None:
    """Give a source character a weight at one step, both counted from 0; with None only choose it in the panel.

    What is no step, position or weight, from a browser that was tampered with, does nothing.
    """
    if not isinstance(step, int) or not isinstance(position, int):
        return
    try:
        change = SetWeights({position: 0.0 if weight is None else weight}, step=step)  # type: ignore[dict-item]
    except InterventionError:
        return
    state.record_step(state.requested(), step)
    st.session_state["change_weight_of"] = position
    if weight is not None:
        _add(change)


def set_force(step: int) -> None:
    """Take over what a step is made to write."""
    character = st.session_state.change_force
    _remove_like(ForceCharacter(step, " ")) if character is None else _add(ForceCharacter(step, character))


def set_input() -> None:
    """Take over another typed character."""
    place = st.session_state.change_position
    if isinstance(place, int):  # and not the label of a place in the text before, see `what_if`
        _add(ReplaceCharacter(place, str(st.session_state.change_character)))


def _add(change: Intervention) -> None:
    _apply_or_refuse(lambda: added(state.requested().changes, change))


def _remove_like(like: Intervention) -> None:
    changes = state.requested().changes
    index = index_of(changes, like)
    if index is not None:
        apply(without(changes, index))


def _apply_or_refuse(change: Callable[[], Changes]) -> None:
    try:
        apply(change())
    except InterventionError:
        st.session_state[_REFUSED] = _too_many(str)


def _with_all(changes: Changes, more: Iterable[Intervention]) -> Changes:
    for change in more:
        changes = added(changes, change)
    return changes


def active_change(changes: Changes, like: Intervention) -> Intervention | None:
    """The change of this kind at this place, where there is one and it is on."""
    index = index_of(changes, like)
    return changes[index].intervention if index is not None and changes[index].on else None


def _sum_too_large(_: Translator) -> str:
    return _("The weights that are set may add up to 1 at most. Lower another one first.")


def _too_many(_: Translator) -> str:
    return _("These are more changes than a link can carry. Remove one first.")


def pop_refusal() -> str:
    """The English sentence why the last change was refused, once; empty where it was not."""
    sentence: str = st.session_state.pop(_REFUSED, "")
    return sentence
