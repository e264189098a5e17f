"""The Truth page: is the answer right, does the model look where the answer stands, and does that matter?"""

from __future__ import annotations

from functools import partial
from html import escape
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st

from core.analysis.alignment import score_alignment
from core.analysis.influence import compare_maps
from core.analysis.truth import Truth
from core.backend.arrays import BoolArray
from core.data.gold import gold_padded
from core.data.oracle import Judgement, judge
from core.data.source_text import AnyText
from core.decoding.trace import DecodingTrace
from viz_app.figures.colours import SCALES
from viz_app.pages import date_field
from viz_app.pages.truth import measuring
from viz_app.pages.truth import words as truth_words
from viz_app.pages.truth.compared_maps import LEAST_INFLUENCE, ComparedMap, compared_maps, computed
from viz_app.pages.truth.measuring import Measurements
from viz_app.session import models, state
from viz_app.session.state import ViewState
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say
from viz_app.text.tables import explained, percent, table
from viz_app.text.verdicts import VerdictText, describe_verdict

_STYLE: Final = f"<style>{(Path(__file__).parents[1] / 'tables.css').read_text('utf-8')}</style>"
_POLL_SECONDS: Final = 0.7

_OUTLINED: Final = "truth_outlined"
_COMPARED: Final = "truth_compared"
_SALIENCY: Final = "truth_saliency"
_LENGTH, _TIMES_INPUT = "length", "times_input"
_MY_RUN: Final = "truth_my_run"


def truth_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    st.html(_STYLE)
    st.session_state.setdefault(_OUTLINED, True)
    beside_the_field = date_field.choose_text(requested, _)
    date_field.choose_example(requested, _)
    date_field.choose_model(requested, _)
    with beside_the_field:
        view, source = date_field.read(requested, _)
    trace = models.trace(view.model, source)
    gold = gold_padded(trace.text, len(trace.source), len(trace))
    # Before the drawing: the next text may cut that short, and what was read stays the last good one.
    state.record_shown(view)
    with st.container(key="truth"):
        _show_verdict(trace, view, _)
        _show_date(trace, gold, view, _)
        _show_maps(trace, gold, view, source, _)
        _show_test_set(trace, view, _)


def _heading(text: str, lead: str, view: ViewState) -> None:
    _put(f'<h2>{escape(text)}</h2><p class="words">{escape(lead)}</p>', view)


def _put(html: str, view: ViewState) -> None:
    """HTML that tells its language, by which lines are broken and words are read out."""
    st.html(f'<div lang="{view.lang}">{html}</div>')


# --- Right or wrong ---------------------------------------------------------------------------------------------------


def _show_verdict(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    chosen = trace.probabilities[np.arange(len(trace)), trace.output_ids]
    verdict = judge(trace.text, trace.output, chosen)
    told = describe_verdict(verdict, view.lang, _)
    tone = {Judgement.RIGHT: "right", Judgement.UNREADABLE: "open"}.get(verdict.judgement, "wrong")
    _put(_verdict_box(told, tone, _("Outside what the model was trained on:")), view)


def _verdict_box(told: VerdictText, tone: str, outside: str) -> str:
    sign = {"right": "✓", "wrong": "✗", "open": "?"}[tone]
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in told.outside)
    listed = f"<div>{escape(outside)}<ul>{reasons}</ul></div>" if reasons else ""
    return (
        f'<div class="verdict {tone}" role="status"><p><strong><span aria-hidden="true">{sign}</span> '
        f"{escape(told.title)}</strong> {escape(told.sentence)} {escape(told.certainty)}</p>{listed}</div>"
    )


# --- One date ---------------------------------------------------------------------------------------------------------


def _show_date(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator) -> None:
    _heading(
        _("Does it look where the answer stands?"),
        _(
            "Of a date it is known which typed characters decide which written ones. These gold characters are "
            "outlined; nothing decides the hyphens."
        ),
        view,
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
    _put(explained(truth_words.measures(scores.total, _)), view)
    map_, steps = st.columns([5, 6], gap="medium")
    with map_:
        _draw_gold(trace, gold, view, _)
    with steps:
        _put(table(*truth_words.steps_of_date(trace, gold, scores, _)), view)


def _draw_gold(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator) -> None:
    from viz_app.figures.gold import gold_figure

    if gold is not None:
        st.toggle(_("Outline the gold characters"), key=_OUTLINED)
    figure = gold_figure(trace, _outlined(gold), scale=view.scale, padding=view.padding, _=_)
    what = _("Attention weights: a row for every written character, a column for every typed one")
    st.plotly_chart(figure, key="truth_map", alt=what, config={"displayModeBar": False})
    _put(_legend(view.scale, _("Attention weight")), view)


def _outlined(gold: BoolArray | None) -> BoolArray | None:
    """What to outline: nothing where the visitor does not want it."""
    return gold if st.session_state[_OUTLINED] else None


# --- Attention, influence, saliency -----------------------------------------------------------------------------------


@st.fragment
def _show_maps(trace: DecodingTrace, gold: BoolArray | None, view: ViewState, text: AnyText, _: Translator) -> None:
    _heading(
        _("Does the answer depend on what it looks at?"),
        _(
            "A large weight is no proof that the answer hangs on a character. Two other maps of the same decoding, "
            "which owe nothing to the weights, can be put beside it."
        ),
        view,
    )
    this = (trace.digest, trace.text)
    if st.session_state.get(_COMPARED) != this:
        st.button(
            _("Compute influence and saliency"),
            key="truth_compare",
            on_click=lambda: st.session_state.update({_COMPARED: this}),
        )
        return
    with st.spinner(_("Replacing every typed character by others …"), show_time=False):
        influence, slopes = computed(trace.digest, trace.text, text, models.pipeline(view.model))
    times_input = _choose_saliency(_) == _TIMES_INPUT
    maps = compared_maps(trace, influence, slopes, _, times_input=times_input)
    for number, (place, map_) in enumerate(zip(st.columns(len(maps), gap="small"), maps, strict=True)):
        with place:
            _draw_map(number, map_, trace, gold, view, _)
    _put(_legend(view.scale, _("Share of the row; every row sums to 1")), view)
    n = len(trace.text)
    agreements = [
        compare_maps(a.values[:, :n], b.values[:, :n], least=LEAST_INFLUENCE) for a, b in combinations(maps, 2)
    ]
    _put(table(*truth_words.agreement(trace, agreements, _, times_input=times_input)), view)
    _put(f'<p class="words">{escape(truth_words.about_agreement(_))}</p>', view)


def _choose_saliency(_: Translator) -> str:
    names = {_LENGTH: _("Length of the gradient"), _TIMES_INPUT: _("Gradient times input")}
    st.session_state.setdefault(_SALIENCY, _LENGTH)
    with st.container(key="truth_saliencies", horizontal=True, vertical_alignment="center"):
        st.text(_("Saliency:"), width="content")
        chosen = st.segmented_control(
            _("Saliency:"),
            list(names),
            key=_SALIENCY,
            format_func=names.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
    return str(chosen)


def _draw_map(
    number: int, map_: ComparedMap, trace: DecodingTrace, gold: BoolArray | None, view: ViewState, _: Translator
) -> None:
    from viz_app.figures.gold import map_figure

    _put(f'<h3>{escape(map_.name)}</h3><p class="words question">{escape(map_.question)}</p>', view)
    figure = map_figure(trace, map_.shares, map_.details, _outlined(gold), signed=map_.signed, scale=view.scale, _=_)
    st.plotly_chart(figure, key=f"truth_compared_{number}", alt=map_.question, config={"displayModeBar": False})
    _put(f'<p class="words caution">{escape(map_.caution)}</p>', view)


def _legend(scale: str, words: str) -> str:
    colours = ",".join(SCALES[scale][::17])
    scale_ = f'0 <span style="background:linear-gradient(90deg,{colours})"></span> 1'
    return f'<p class="legend">{scale_} <em>{escape(words)}</em></p>'


# --- The test set -----------------------------------------------------------------------------------------------------


@st.fragment
def _show_test_set(trace: DecodingTrace, view: ViewState, _: Translator) -> None:
    _heading(
        _("Is attention the explanation?"),
        _(
            "Every date that the model has never seen, decoded again with the attention changed at every step. Where "
            "the answers stay right, they did not hang on what was changed."
        ),
        view,
    )
    pipeline = models.pipeline(view.model)
    if trace.weights is None:
        say(_("This model has no attention that could be changed."), "note", "nothing_to_change")
        st.text(models.accuracy(view.model, _))
        return
    measurements = measuring.measurements()
    measured = measurements.result(pipeline.digest)
    truth = measured.truth if measured else measuring.shipped(pipeline.digest, pipeline)
    _offer_run(measurements, view, truth is not None, _)
    if truth is None:
        return
    source = (
        _("Measured on this server, in {seconds} s.").format(seconds=round(measured.seconds))
        if measured
        else _("Measured before this model was shipped.")
    )
    _put(f'<p class="words">{escape(source)}</p>', view)
    _show_truth(truth, view, _)


def _offer_run(measurements: Measurements, view: ViewState, known: bool, _: Translator) -> None:
    if measurements.running is not None:
        _follow(view, _)
        return
    if measurements.failed(view.model):
        say(_("The measuring has failed. It has been noted; it can be tried again."), "error", "measuring_failed")
    label = _("Measure it again") if known else _("Measure all held-out dates")
    with st.container(key="truth_offer", horizontal=True, vertical_alignment="center"):
        st.button(label, key="truth_run", on_click=partial(_start, view.model))
        st.text(_("Some 5,000 dates, decoded seven times: about 20 seconds."), width="content")


def _start(model: str) -> None:
    run = measuring.measurements().start(model)
    if run is not None:
        st.session_state[_MY_RUN] = run


@st.fragment(run_every=_POLL_SECONDS)
def _follow(view: ViewState, _: Translator) -> None:
    """The run that is under way, whoever has started it; only who did can stop it."""
    run = measuring.measurements().running
    if run is None:
        st.rerun()
        return
    words = _("Decoding the held-out dates: {share}").format(share=percent(run.share, _))
    if run.model != view.model:
        words = _("Another model is being measured: {share}. This one can be measured after it.")
        words = words.format(share=percent(run.share, _))
    with st.container(key="truth_progress", horizontal=True, vertical_alignment="center"):
        st.progress(run.share, words)
        started_here = st.session_state.get(_MY_RUN) is run
        if started_here:
            st.button(_("Stop"), key="truth_stop", on_click=run.stop)


def _show_truth(truth: Truth, view: ViewState, _: Translator) -> None:
    _put(table(*truth_words.experiments(truth, _), prose=True), view)
    _put(f'<p class="words">{escape(truth_words.about_experiments(_))}</p>', view)
    where = escape(_("Where it looks, over all these dates"))
    _put(f"<h3>{where}</h3>", view)
    _put(explained(truth_words.measures(truth.alignment.whole.total, _)), view)
    steps, families = st.columns([2, 3], gap="medium")
    with steps:
        _put(table(*truth_words.steps_of_all(truth.alignment.whole, _)), view)
    with families:
        _put(table(*truth_words.families(truth, _)), view)
    _put(f'<p class="words">{escape(truth_words.about_alignment(_))}</p>', view)
