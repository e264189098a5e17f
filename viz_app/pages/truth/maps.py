"""Attention, influence and saliency of one date beside each other: does the answer depend on what is looked at?"""

from __future__ import annotations

from itertools import combinations
from typing import Final

import streamlit as st

from core.analysis.map_agreement import compare_maps
from core.backend.arrays import BoolArray
from core.data.source_text import AnyText
from core.decoding.trace import DecodingTrace
from viz_app.figures.colours import SCALES
from viz_app.pages.blocks import choose_one, on_dark, paragraph, show_html, show_part, subtitle
from viz_app.pages.truth.compared_maps import LEAST_INFLUENCE, ComparedMap, compared_maps, computed
from viz_app.pages.truth.words import about_agreement, agreement
from viz_app.session import models
from viz_app.session.heavy import trouble_sentence
from viz_app.session.pool import PoolError
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.tables import table

OUTLINED: Final = "truth_outlined"
"""Key of the switch that outlines the gold characters in every map."""

_COMPARED: Final = "truth_compared"
_SALIENCY: Final = "truth_saliency"
_LENGTH, _TIMES_INPUT = "length", "times_input"


@st.fragment
def show_maps(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, text: AnyText, _: Translator) -> None:
    """Ask for the maps, then show them beside each other, and how far they agree."""
    show_part(
        _("Does the answer depend on what it looks at?"),
        _(
            "A large weight is no proof that the answer hangs on a character. Two other maps of the same decoding, "
            "which owe nothing to the weights, can be put beside it."
        ),
        view.lang,
    )
    this = (trace.digest, trace.text)
    if st.session_state.get(_COMPARED) != this:
        st.button(
            _("Compute influence and saliency"),
            key="truth_compare",
            on_click=lambda: st.session_state.update({_COMPARED: this}),
        )
        return
    model = models.pipeline(view.model)
    try:
        with st.spinner(_("Replacing every typed character by others …"), show_time=False):
            influence, slopes = computed(model.read(text), model)
    except PoolError as error:
        say(trouble_sentence(error, _), "error", "truth_not_computed")
        return
    times_input = _choose_saliency(_) == _TIMES_INPUT
    maps = compared_maps(trace, influence, slopes, _, times_input=times_input)
    for number, (place, map_) in enumerate(zip(st.columns(len(maps), gap="small"), maps, strict=True)):
        with place:
            _draw_map(number, map_, trace, gold, view, _)
    show_html(legend(view.scale, _("Share of the row; every row sums to 1")), view.lang)
    n = len(trace.text)
    agreements = [
        compare_maps(a.values[:, :n], b.values[:, :n], least=LEAST_INFLUENCE) for a, b in combinations(maps, 2)
    ]
    show_html(table(*agreement(trace, agreements, _, times_input=times_input)), view.lang)
    show_html(paragraph(about_agreement(_)), view.lang)


def _choose_saliency(_: Translator) -> str:
    names = {_LENGTH: _("Length of the gradient"), _TIMES_INPUT: _("Gradient times input")}
    st.session_state.setdefault(_SALIENCY, _LENGTH)
    with st.container(key="truth_saliencies", horizontal=True, vertical_alignment="center"):
        st.text(_("Saliency:"), width="content")
        chosen = choose_one(_("Saliency:"), names, _SALIENCY)
    return str(chosen)


def _draw_map(
    number: int, map_: ComparedMap, trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator
) -> None:
    from viz_app.figures.gold import map_figure

    show_html(subtitle(map_.name) + paragraph(map_.question, "question"), view.lang)
    figure = map_figure(
        trace,
        map_.shares,
        map_.details,
        outlined(gold),
        signed=map_.signed,
        scale=view.scale,
        dark=on_dark(),
        _=_,
    )
    st.plotly_chart(figure, key=f"truth_compared_{number}", alt=map_.question, config={"displayModeBar": False})
    show_html(paragraph(map_.caution, "caution"), view.lang)


def legend(scale: str, words: str) -> Markup:
    """The colours of a map from 0 to 1, and what they are of."""
    colours = ",".join(SCALES[scale].css(i / 15) for i in range(16))
    bar = Markup('0 <span style="background:linear-gradient(90deg,{})"></span> 1').format(colours)
    return Markup('<p class="legend">{} <em>{}</em></p>').format(bar, words)


def outlined(gold: BoolArray | None) -> BoolArray | None:
    """What to outline: nothing where the visitor does not want it."""
    return gold if st.session_state[OUTLINED] else None
