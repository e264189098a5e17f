"""What if …? The panel beside the stage: changes of a decoding, made, switched, undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
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
from viz_app.session.changes import Change, Changes, added, index_of, switched, without
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label, describe, kind_title, place_name
from viz_app.text.characters import visible
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.narration import percent

_TEMPERATURES: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_SWITCHES: Final[dict[str, type[AttentionChange]]] = {
    change.kind: change for change in (Argmax, Uniform, Permute, Gold, MaskPadding)
}
_REMEMBERED: Final = 50

_WEIGHT_KEYS: Final = ("change_weight", "change_weight_dragged")
_PAST: Final = "changes_before"
_REFUSED: Final = "change_refused"
_EVERY: Final = "every"
_THIS: Final = "this"


# --- The panel --------------------------------------------------------------------------------------------------------


def is_open() -> bool:
    """Whether the panel is shown: from the start where a link brings changes."""
    return bool(st.session_state.setdefault("what_if", bool(state.requested().changes)))


def offer(_: Translator) -> None:
    """The switch that opens the panel."""
    is_open()
    st.toggle(_("What if …?"), key="what_if", help=_("Change where the model looks or what it writes, and compare"))


def panel(view: ViewState, decoded: Decoded, _: Translator) -> None:
    """The list of changes, and everything that can be changed."""
    with st.container(key="panel", gap="small"):
        _list_changes(view, decoded, _)
        attention, written, typed = st.tabs([_("Attention"), _("Output"), _("Input")])
        with attention:
            _change_attention(view, decoded, _)
        with written:
            _change_output(view, decoded, _)
        with typed:
            _change_input(view, decoded, _)


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
        _make(without(current, index))
    else:
        _add(change)


def follow(forced: Iterable[ForceCharacter]) -> None:
    """Write these characters, and nothing else by force."""
    changes = tuple(
        change for change in state.requested().changes if not isinstance(change.intervention, ForceCharacter)
    )
    for change in forced:
        changes = added(changes, change)
    _make(changes)
    st.session_state["what_if"] = True


def _list_changes(view: ViewState, decoded: Decoded, _: Translator) -> None:
    if refused := st.session_state.pop(_REFUSED, None):
        say(_(refused), "error", "change_refused")
    if not view.changes:
        st.caption(_("Nothing is changed yet. Choose below, or click one of the most probable characters."))
    with st.container(key="change_list"):
        for index, change in enumerate(view.changes):
            _show_change(index, change, index in decoded.unfit, view.text, _)
    with st.container(key="change_tools", horizontal=True, gap="xsmall"):
        st.button(_("Undo"), key="change_undo", on_click=_undo, disabled=not st.session_state.get(_PAST))
        st.button(_("Reset"), key="change_reset", on_click=_make, args=((),), disabled=not view.changes)


def _show_change(index: int, change: Change, unfit: bool, text: str, _: Translator) -> None:
    said = describe(change.intervention, text, _)
    if unfit:
        said = _("{change} – does not fit here and is left out").format(change=said)
    remove = as_label(_("Remove: {change}").format(change=said))
    with st.container(key=f"change_{index}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        state.set_widget(f"change_on_{index}", change.on)
        st.checkbox(as_label(said), key=f"change_on_{index}", on_change=_switch, args=(index,))
        st.button("✕", key=f"change_off_{index}", type="tertiary", help=remove, on_click=_remove, args=(index,))


def _change_attention(view: ViewState, decoded: Decoded, _: Translator) -> None:
    blind = decoded.original.weights is None
    if blind:
        say(_("This model has no attention, so there is none to change."), "note", "no_attention")
    step = _choose_scope(view, blind, _)
    _choose_temperature(view, step, blind, _)
    _choose_switches(view, step, blind, _)
    _choose_mask(view, step, blind, _)
    _choose_weight(view, decoded, step, blind, _)


def _choose_scope(view: ViewState, blind: bool, _: Translator) -> int | None:
    """The step that is changed, from 0; None for every step."""
    names = {_EVERY: _("Every step"), _THIS: _("Only step {step}").format(step=view.step)}
    st.session_state.setdefault("change_scope", _EVERY)
    scope = st.segmented_control(
        _("Where"),
        list(names),
        key="change_scope",
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        disabled=blind,
    )
    return view.step - 1 if scope == _THIS else None


def _choose_temperature(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    current = _made(view.changes, Temperature(1.0, step=step))
    value = current.value if isinstance(current, Temperature) else 1.0
    state.set_widget("change_temperature", value)
    st.select_slider(
        _("Temperature"),
        sorted({*_TEMPERATURES, value}),
        key="change_temperature",
        format_func=lambda number: f"{number:g}",
        help=_("Divides the scores: below 1 the attention gets sharper, above 1 flatter."),
        on_change=_set_temperature,
        args=(step,),
        disabled=blind,
    )


def _choose_switches(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    on = [kind for kind, change in _SWITCHES.items() if _made(view.changes, change(step=step)) is not None]
    state.set_widget("change_switches", on)
    st.pills(
        _("Attention weights"),
        list(_SWITCHES),
        key="change_switches",
        selection_mode="multi",
        format_func=partial(kind_title, _=_),
        on_change=_set_switches,
        args=(step, on),
        disabled=blind,
    )
    shuffled = _made(view.changes, Permute(step=step))
    if isinstance(shuffled, Permute):
        state.set_widget("change_seed", shuffled.seed)
        st.number_input(_("Seed"), 0, 2**31 - 1, key="change_seed", on_change=_set_seed, args=(step,), disabled=blind)


def _choose_mask(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    text = view.text
    current = _made(view.changes, Mask((0,), step=step))
    hidden = [i for i in current.positions if i < len(text)] if isinstance(current, Mask) else []
    state.set_widget("change_mask", hidden)
    st.multiselect(
        _("Hide characters"),
        range(len(text)),
        key="change_mask",
        format_func=partial(place_name, text=text),
        placeholder=_("none"),
        help=_("A hidden character gets no attention; the others share what it had."),
        on_change=_set_mask,
        args=(step,),
        disabled=blind,
    )


def _choose_weight(view: ViewState, decoded: Decoded, step: int | None, blind: bool, _: Translator) -> None:
    """One character's weight, to type and to drag: at first what it is at the current step."""
    text = view.text
    _valid("change_weight_of", range(len(text)))
    with st.container(key="change_weights", horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        position = st.selectbox(
            _("Weight of"),
            range(len(text)),
            key="change_weight_of",
            format_func=partial(place_name, text=text),
            help=_("The other characters share the rest, so that all weights still add up to 1."),
            disabled=blind,
        )
        weights = decoded.trace.weights
        now = 0.0 if weights is None else round(float(weights[view.step - 1, position]), 3)
        for key in _WEIGHT_KEYS:
            state.set_widget(key, now)
        typed, dragged = (partial(_set_weight, key, step) for key in _WEIGHT_KEYS)
        st.number_input(
            _("Weight"),
            0.0,
            1.0,
            step=0.05,
            format="%.3f",
            key=_WEIGHT_KEYS[0],
            label_visibility="hidden",
            on_change=typed,
            disabled=blind,
        )
    st.slider(
        _("Weight"),
        0.0,
        1.0,
        step=0.001,
        format="%.3f",
        key=_WEIGHT_KEYS[1],
        label_visibility="collapsed",
        on_change=dragged,
        disabled=blind,
    )


def _change_output(view: ViewState, decoded: Decoded, _: Translator) -> None:
    step = view.step - 1
    row = decoded.trace[step]
    ranked = row.candidates(len(row.vocabulary))
    shares = {candidate.character: percent(candidate.probability, _) for candidate in ranked}
    current = _made(view.changes, ForceCharacter(step, " "))
    forced = current.character if isinstance(current, ForceCharacter) and current.character in shares else None
    key = "change_force"
    state.set_widget(key, forced)
    st.selectbox(
        _("At step {step} write").format(step=view.step),
        list(shares),
        key=key,
        format_func=lambda character: f"{visible(character)}   {shares[character]}",
        placeholder=_("what is most probable"),
        help=_("Also by a click on one of the most probable characters beside the map."),
        on_change=_set_force,
        args=(step,),
    )
    st.caption(_("The steps after it are decoded from there."))


def _change_input(view: ViewState, decoded: Decoded, _: Translator) -> None:
    text = view.text
    _valid("change_position", range(len(text)))
    with (
        st.form("input", border=False),
        st.container(key="change_input", horizontal=True, vertical_alignment="bottom", gap="xsmall"),
    ):
        name = partial(place_name, text=text)
        st.selectbox(_("Instead of"), range(len(text)), key="change_position", format_func=name)
        st.selectbox(_("type"), list(decoded.original.vocabulary), key="change_character", format_func=visible)
        st.form_submit_button(_("Change"), on_click=_set_input)
    st.caption(_("The original stays beside it."))


# --- What the controls do ---------------------------------------------------------------------------------------------


def _set_temperature(step: int | None) -> None:
    value = st.session_state.change_temperature
    change = Temperature(float(value), step=step)
    _drop(change) if value == 1 else _add(change)


def _set_switches(step: int | None, before: list[str]) -> None:
    now = st.session_state.change_switches
    changes = state.requested().changes
    for kind in before:
        index = index_of(changes, _SWITCHES[kind](step=step))
        if kind not in now and index is not None:
            changes = without(changes, index)
    _try(lambda: _with_all(changes, [_SWITCHES[kind](step=step) for kind in now if kind not in before]))


def _set_seed(step: int | None) -> None:
    _try(lambda: added(state.requested().changes, Permute(int(st.session_state.change_seed), step=step)))


def _set_mask(step: int | None) -> None:
    positions = tuple(sorted(st.session_state.change_mask))
    _add(Mask(positions, step=step)) if positions else _drop(Mask((0,), step=step))


def _set_weight(key: str, step: int | None) -> None:
    current = _made(state.requested().changes, SetWeights({0: 0.0}, step=step))
    weights = dict(current.pairs) if isinstance(current, SetWeights) else {}
    weights[int(st.session_state.change_weight_of)] = float(st.session_state[key])
    try:
        change = SetWeights(weights, step=step)
    except InterventionError:
        st.session_state[_REFUSED] = _sum_too_large(str)
        return
    _add(change)


def _set_force(step: int) -> None:
    character = st.session_state.change_force
    _drop(ForceCharacter(step, " ")) if character is None else _add(ForceCharacter(step, character))


def _set_input() -> None:
    _add(ReplaceCharacter(int(st.session_state.change_position), str(st.session_state.change_character)))


def _switch(index: int) -> None:
    _make(switched(state.requested().changes, index))


def _remove(index: int) -> None:
    _make(without(state.requested().changes, index))


def _add(change: Intervention) -> None:
    _try(lambda: added(state.requested().changes, change))


def _drop(like: Intervention) -> None:
    changes = state.requested().changes
    index = index_of(changes, like)
    if index is not None:
        _make(without(changes, index))


def _try(change: Callable[[], Changes]) -> None:
    try:
        _make(change())
    except InterventionError:
        st.session_state[_REFUSED] = _too_many(str)


def _make(changes: Changes) -> None:
    """Ask for other changes, and remember those before for `_undo`."""
    past = st.session_state.setdefault(_PAST, [])
    before = state.requested()
    past.append((before.text, before.changes))
    del past[:-_REMEMBERED]
    state.request(changes=changes)


def _undo() -> None:
    past = st.session_state.get(_PAST, [])
    if past:
        text, changes = past.pop()
        state.request(changes=changes) if text == state.requested().text else state.request(text=text, changes=changes)


def _with_all(changes: Changes, more: Iterable[Intervention]) -> Changes:
    for change in more:
        changes = added(changes, change)
    return changes


def _made(changes: Changes, like: Intervention) -> Intervention | None:
    """The change of this kind at this place, where there is one and it is on."""
    index = index_of(changes, like)
    return changes[index].intervention if index is not None and changes[index].on else None


def _valid(key: str, options: range) -> None:
    """Let go of a choice that the text does not have any more."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]


def _sum_too_large(_: Translator) -> str:
    return _("The weights that are set may add up to 1 at most. Lower another one first.")


def _too_many(_: Translator) -> str:
    return _("These are more changes than a link can carry. Remove one first.")
