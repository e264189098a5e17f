"""What if …? The panel beside the stage: the changes of a decoding, and everything that can be changed."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from core.decoding.interventions import (
    ForceCharacter,
    Mask,
    Permute,
    Temperature,
)
from viz_app.pages.blocks import choose_from, choose_one
from viz_app.pages.step import editing
from viz_app.session import change_history, state
from viz_app.session.changes import Change
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label, describe, kind_title, place_name
from viz_app.text.characters import visible
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.narration import percent

_TEMPERATURES: Final = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


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


def _list_changes(view: ViewState, decoded: Decoded, _: Translator) -> None:
    if refused := editing.pop_refusal():
        say(_(refused), "error", "change_refused")
    if not view.changes:
        st.caption(_("Nothing is changed yet. Choose below, or click one of the most probable characters."))
    with st.container(key="change_list"):
        for index, change in enumerate(view.changes):
            _show_change(index, change, index in decoded.unfit, view.text, _)
    with st.container(key="change_tools", horizontal=True, gap="xsmall"):
        st.button(_("Undo"), key="change_undo", on_click=change_history.undo, disabled=not change_history.can_undo())
        st.button(_("Reset"), key="change_reset", on_click=change_history.apply, args=((),), disabled=not view.changes)
        # On a phone, where the panel lies above the page and its switch.
        st.button(_("Close"), key="panel_close", on_click=_close)


def _close() -> None:
    st.session_state["what_if"] = False


def _show_change(index: int, change: Change, unfit: bool, text: str, _: Translator) -> None:
    said = describe(change.intervention, text, _)
    if unfit:
        said = _("{change} – does not fit here and is left out").format(change=said)
    remove = as_label(_("Remove: {change}").format(change=said))
    meant = (change.intervention,)
    with st.container(key=f"change_{index}", horizontal=True, vertical_alignment="center", gap="xxsmall"):
        state.set_widget(f"change_on_{index}", change.on)
        st.checkbox(as_label(said), key=f"change_on_{index}", on_change=change_history.switch, args=meant)
        st.button(
            "✕", key=f"change_off_{index}", type="tertiary", help=remove, on_click=change_history.remove, args=meant
        )


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
    names = {editing.EVERY_STEP: _("Every step"), editing.THIS_STEP: _("Only step {step}").format(step=view.step)}
    st.session_state.setdefault(editing.SCOPE_KEY, editing.EVERY_STEP)
    scope = choose_one(_("Where"), names, editing.SCOPE_KEY, disabled=blind)
    return view.step - 1 if scope == editing.THIS_STEP else None


def _choose_temperature(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    current = editing.active_change(view.changes, Temperature(1.0, step=step))
    value = current.value if isinstance(current, Temperature) else 1.0
    state.set_widget("change_temperature", value)
    st.select_slider(
        _("Temperature"),
        sorted({*_TEMPERATURES, value}),
        key="change_temperature",
        format_func=lambda number: f"{number:g}",
        help=_("Divides the scores: below 1 the attention gets sharper, above 1 flatter."),
        on_change=editing.set_temperature,
        disabled=blind,
    )


def _choose_switches(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    on = [
        kind
        for kind, change in editing.SWITCHES.items()
        if editing.active_change(view.changes, change(step=step)) is not None
    ]
    state.set_widget("change_switches", on)
    st.pills(
        _("Attention weights"),
        list(editing.SWITCHES),
        key="change_switches",
        selection_mode="multi",
        format_func=partial(kind_title, _=_),
        on_change=editing.set_switches,
        args=(on,),
        disabled=blind,
    )
    shuffled = editing.active_change(view.changes, Permute(step=step))
    if isinstance(shuffled, Permute):
        state.set_widget("change_seed", shuffled.seed)
        st.number_input(_("Seed"), 0, 2**31 - 1, key="change_seed", on_change=editing.set_seed, disabled=blind)


def _choose_mask(view: ViewState, step: int | None, blind: bool, _: Translator) -> None:
    text = view.text
    current = editing.active_change(view.changes, Mask((0,), step=step))
    hidden = [i for i in current.positions if i < len(text)] if isinstance(current, Mask) else []
    state.set_widget("change_mask", hidden)
    choose_from(
        st.multiselect,
        _("Hide characters"),
        range(len(text)),
        key="change_mask",
        format_func=partial(place_name, text=text),
        placeholder=_("none"),
        help=_("A hidden character gets no attention; the others share what it had."),
        on_change=editing.set_mask,
        disabled=blind,
    )


def _choose_weight(view: ViewState, decoded: Decoded, step: int | None, blind: bool, _: Translator) -> None:
    """One character's weight, to type and to drag: at first what it is at the current step."""
    text = view.text
    _keep_valid("change_weight_of", text)
    with st.container(key="change_weights", horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        position = st.selectbox(
            _("Weight of"),
            range(len(text)),
            key="change_weight_of",
            format_func=partial(place_name, text=text),
            help=_(
                "The other characters share the rest, so that all weights still add up to 1. Also on the map: drag a "
                "cell of the current row up or down, or type a number on it."
            ),
            disabled=blind,
        )
        weights = decoded.trace.weights
        now = 0.0 if weights is None else round(float(weights[view.step - 1, position]), 3)
        for key in editing.WEIGHT_KEYS:
            state.set_widget(key, now)
        typed, dragged = (partial(editing.set_weight, key) for key in editing.WEIGHT_KEYS)
        st.number_input(
            _("Weight"),
            0.0,
            1.0,
            step=0.05,
            format="%.3f",
            key=editing.WEIGHT_KEYS[0],
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
        key=editing.WEIGHT_KEYS[1],
        label_visibility="collapsed",
        on_change=dragged,
        disabled=blind,
    )


def _change_output(view: ViewState, decoded: Decoded, _: Translator) -> None:
    step = view.step - 1
    row = decoded.trace[step]
    ranked = row.candidates(len(row.vocabulary))
    shares = {candidate.character: percent(candidate.probability, _) for candidate in ranked}
    current = editing.active_change(view.changes, ForceCharacter(step, " "))
    forced = current.character if isinstance(current, ForceCharacter) and current.character in shares else None
    key = "change_force"
    state.set_widget(key, forced)
    choose_from(
        st.selectbox,
        _("At step {step} write").format(step=view.step),
        list(shares),
        key=key,
        format_func=lambda character: f"{visible(character)}   {shares[character]}",
        placeholder=_("what is most probable"),
        help=_("Also by a click on one of the most probable characters beside the map."),
        on_change=partial(editing.set_force, step),
    )
    st.caption(_("The steps after it are decoded from there."))


def _change_input(view: ViewState, decoded: Decoded, _: Translator) -> None:
    text = view.text
    _keep_valid("change_position", text)
    with (
        st.form("input", border=False),
        st.container(key="change_input", horizontal=True, vertical_alignment="bottom", gap="xsmall"),
    ):
        name = partial(place_name, text=text)
        st.selectbox(_("Instead of"), range(len(text)), key="change_position", format_func=name)
        st.selectbox(_("type"), list(decoded.original.vocabulary), key="change_character", format_func=visible)
        st.form_submit_button(_("Change"), on_click=editing.set_input)
    st.caption(_("The original stays beside it."))


def _keep_valid(key: str, text: str) -> None:
    """Let go of a place that the text does not have any more, and put the choice anew for another text.

    The browser says by its label what is chosen, and hears of another label only with a value that is put.
    """
    session = st.session_state
    place = session.get(key)
    if place not in range(len(text)) or session.get(f"{key}_text") != text:
        session[key] = place if place in range(len(text)) else 0
    session[f"{key}_text"] = text
