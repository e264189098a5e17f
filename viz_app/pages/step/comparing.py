"""A changed decoding beside its original, and beside variants that were pinned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

import streamlit as st

from core.decoding.comparison import Comparison, compare
from core.decoding.trace import DecodingTrace
from viz_app.pages.blocks import choose_from
from viz_app.session import decoded, state
from viz_app.session.changes import active
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.characters import visible, with_minus
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator

_PINS: Final = "pinned_variants"
_NAMES: Final = ("A", "B")
# Half of the last digit that is shown of a probability.
_LEAST_MOVED: Final = 0.0005


@dataclass(frozen=True)
class Variant:
    """A decoding with a name, to stand in a row of the table."""

    name: str
    trace: DecodingTrace


def show(view: ViewState, decoded: Decoded, _: Translator) -> None:
    """The table of outputs, the pins, and the difference of the maps on demand."""
    pins = _pinned(_)
    if not decoded.changed and not pins:
        return
    variants = [Variant(_("Without changes"), decoded.original)]
    if decoded.changed:
        variants.append(Variant(_("With the changes"), decoded.trace))
    variants += pins.values()
    with st.container(key="comparison", gap="small"):
        if decoded.changed:
            sentence = parting_sentence(compare(decoded.original, decoded.trace), decoded, _)
            st.html(Markup('<p class="parting" role="status" dir="auto">{}</p>').format(sentence))
        st.html(output_table(variants, _))
        _offer_pins(view, decoded, list(pins), _)
    if sum(variant.trace.weights is not None for variant in variants) > 1:
        _offer_difference(variants, view, _)


def parting_sentence(comparison: Comparison, decoded: Decoded, _: Translator) -> str:
    """Where the two decodings part, in words."""
    step = comparison.parts_at
    if step is None:
        return _("With the changes the model writes the same.")
    sentence = _("The two part at step {step}: “{changed}” instead of “{original}”.")
    return sentence.format(
        step=step + 1,
        changed=visible(decoded.trace.output[step]),
        original=visible(decoded.original.output[step]),
    )


def output_table(variants: list[Variant], _: Translator) -> Markup:
    """An HTML table: a row a variant, a column a step; what differs from the first is marked, and its probability told.

    Of every variant but the first, the number is by how many percentage points the probability of the first's
    character moved.
    """
    first = variants[0].trace
    caption = _("Small: the probability of the first row’s character; below, by how many percentage points it moved.")
    return render(
        "pages/step/outputs.html.jinja",
        name=_("Outputs step by step"),
        caption=caption,
        step=_("Step"),
        count=len(first),
        differs=_("differs"),
        rows=[(variant.name, _cells(variant.trace, first, _)) for variant in variants],
    )


def _cells(trace: DecodingTrace, first: DecodingTrace, _: Translator) -> list[tuple[str, bool, bool, str]]:
    """Of every step its character, whether it differs and whether its probability moved, and that in words."""
    if trace is first:
        return [(step.character, False, False, percent_of(step.probability, _)) for step in trace]
    comparison = compare(first, trace)
    changes = zip(comparison.differs.tolist(), comparison.probability_change.tolist(), strict=True)
    return [
        (step.character, differs, abs(moved) >= _LEAST_MOVED, points(moved))
        for step, (differs, moved) in zip(trace, changes, strict=True)
    ]


def percent_of(share: float, _: Translator) -> str:
    """A probability in per cent, one digit after the point; never rounded to nothing or to certainty."""
    if 0 < share < _LEAST_MOVED:
        return _("<{number} %").format(number="0.1")
    if 0.9995 <= share < 1:
        return _(">{number} %").format(number="99.9")
    return _("{number} %").format(number=f"{100 * share:.1f}")


def points(change: float) -> str:
    """A change of probability in percentage points, with its sign; ±0 where it is less than the last digit."""
    if abs(change) < _LEAST_MOVED:
        return "±0"
    return with_minus(f"{100 * change:+.1f}")


# --- Pins -------------------------------------------------------------------------------------------------------------


def has_pins() -> bool:
    """Is a variant pinned?"""
    return bool(st.session_state.get(_PINS))


def _pinned(_: Translator) -> dict[str, Variant]:
    """The pinned variants by their letters."""
    return {
        letter: Variant(
            _("Pinned {letter}: {text}").format(letter=letter, text=view.text), decoded.decode(view, view.text).trace
        )
        for letter, view in sorted(st.session_state.get(_PINS, {}).items())
    }


def _offer_pins(view: ViewState, decoded: Decoded, letters: list[str], _: Translator) -> None:
    free = [letter for letter in _NAMES if letter not in letters]
    pins: dict[str, ViewState] = st.session_state.get(_PINS, {})
    known = [(pin.model, pin.text, active(pin.changes)) for pin in pins.values()]
    pinned_already = (view.model, view.text, active(view.changes)) in known
    with st.container(key="pins", horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Pin this variant"),
            key="pin",
            on_click=_pin,
            args=(view,),
            disabled=not free or not decoded.changed or pinned_already,
            help=_("Keeps it in the table while you try another one. Two can be pinned."),
        )
        for letter in letters:
            back, drop = _("Back to {letter}").format(letter=letter), _("Unpin {letter}").format(letter=letter)
            st.button(back, key=f"pin_show_{letter}", on_click=_return_to, args=(letter,))
            st.button(drop, key=f"pin_drop_{letter}", on_click=_unpin, args=(letter,))


def _pin(view: ViewState) -> None:
    pins = st.session_state.setdefault(_PINS, {})
    free = [letter for letter in _NAMES if letter not in pins]
    if free:
        pins[free[0]] = view


def _unpin(letter: str) -> None:
    st.session_state.get(_PINS, {}).pop(letter, None)


def _return_to(letter: str) -> None:
    pin: ViewState | None = st.session_state.get(_PINS, {}).get(letter)
    if pin is not None:
        requested = state.requested()
        st.session_state["what_if"] = True
        state.request(text=pin.text, model=pin.model, changes=pin.changes, step=requested.step)


# --- The difference of two maps ---------------------------------------------------------------------------------------


@st.fragment
def _offer_difference(variants: list[Variant], view: ViewState, _: Translator) -> None:
    """A plotly figure: neither the server nor the browser loads it before somebody opens this."""
    part = st.expander(_("Difference of the attention maps"), key="difference_open", on_change="rerun")
    if not part.open:
        return
    from viz_app.figures.difference import difference_figure

    seeing = [i for i, variant in enumerate(variants) if variant.trace.weights is not None]
    names = {i: variants[i].name for i in seeing}
    for key, default in (("difference_of", seeing[1]), ("difference_to", seeing[0])):
        if st.session_state.get(key) not in names:
            st.session_state[key] = default
    with part:
        with st.container(horizontal=True):
            choose = partial(choose_from, st.selectbox, options=seeing, format_func=names.__getitem__)
            of = choose(_("Map"), key="difference_of")
            to = choose(_("minus"), key="difference_to")
        figure = difference_figure(variants[to].trace, variants[of].trace, padding=view.padding, _=_)
        st.plotly_chart(figure, key="difference", alt=_("Difference of two attention maps"))
