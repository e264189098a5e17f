"""The Truth page: is the answer right, does the model look where the answer stands, and does that matter?"""

from __future__ import annotations

import streamlit as st

from core.analysis.alignment import score_alignment
from core.analysis.answers import verdict_on
from core.backend.arrays import BoolArray
from core.data.gold import gold_padded
from core.decoding.trace import DecodingTrace
from viz_app.pages import date_field
from viz_app.pages.blocks import on_dark, show_html, show_part, use_styles, verdict_box
from viz_app.pages.change_bar import show_changes
from viz_app.pages.truth.held_out import show_held_out
from viz_app.pages.truth.maps import OUTLINED, legend, outlined, show_maps
from viz_app.pages.truth.words import measures, steps_of_date
from viz_app.session import state
from viz_app.session.decoded import decode
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say
from viz_app.text.tables import explained, table
from viz_app.text.verdicts import describe_verdict, verdict_tone, with_changes


def truth_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    use_styles("tables.css")
    st.session_state.setdefault(OUTLINED, True)
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_example(requested, _)
    date_field.choose_model(requested, _)
    with beside_the_field:
        view, source = date_field.read(requested, _)
    decoded = decode(view, source)
    trace, original = decoded.trace, decoded.original
    # Before the drawing: the next text may cut that short, and what was read stays the last good one.
    state.record_shown(view)
    by_itself = _("Influence, saliency and the held-out dates below are those of the model by itself.")
    show_changes(view, decoded, _, but=by_itself)
    with st.container(key="truth"):
        _show_verdict(trace, view, _)
        _show_date(trace, _gold_of(trace), view, _)
        show_maps(original, _gold_of(original), view, source, _)
        show_held_out(original, view, _)


def _gold_of(trace: DecodingTrace) -> BoolArray | None:
    return gold_padded(trace.text, len(trace.source), len(trace))


# --- Right or wrong ---------------------------------------------------------------------------------------------------


def _show_verdict(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    verdict = verdict_on(trace)
    if verdict is None:
        return
    text = describe_verdict(verdict, view.lang, _)
    reasons = Markup("").join(Markup("<li>{}</li>").format(reason) for reason in text.outside)
    outside = _("Outside what the model was trained on:")
    listed = Markup("<div>{}<ul>{}</ul></div>").format(outside, reasons) if reasons else ""
    title = with_changes(text.title, trace, _)
    show_html(verdict_box(verdict_tone(verdict), title, f"{text.sentence} {text.certainty}", listed), view.lang)


# --- One date ---------------------------------------------------------------------------------------------------------


def _show_date(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator) -> None:
    show_part(
        _("Does it look where the answer stands?"),
        _(
            "Of a date it is known which typed characters decide which written ones. These gold characters are "
            "outlined; nothing decides the hyphens."
        ),
        view.lang,
    )
    if trace.weights is None:
        say(
            _(
                "This model has no attention, so there is nothing to compare with gold. The verdict above, and "
                "influence and saliency below, need no attention."
            ),
            "note",
            "no_attention",
        )
        return
    if gold is None:
        say(
            _("No single day can be read in this text, so it is not known where the model should look."),
            "note",
            "no_gold",
        )
    scores = score_alignment(trace.weights, gold, len(trace.text))
    show_html(explained(measures(scores.total, _)), view.lang)
    map_, steps = st.columns([5, 6], gap="medium")
    with map_:
        _draw_gold(trace, gold, view, _)
    with steps:
        show_html(table(*steps_of_date(trace, gold, scores, _)), view.lang)


def _draw_gold(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator) -> None:
    from viz_app.figures.gold import gold_figure

    if gold is not None:
        st.toggle(_("Outline the gold characters"), key=OUTLINED)
    figure = gold_figure(trace, outlined(gold), scale=view.scale, padding=view.padding, dark=on_dark(), _=_)
    what = _("Attention weights: a row for every written character, a column for every typed one")
    st.plotly_chart(figure, key="truth_map", alt=what, config={"displayModeBar": False})
    show_html(legend(view.scale, _("Attention weight")), view.lang)
