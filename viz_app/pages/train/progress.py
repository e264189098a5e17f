"""A training run as it goes, on the Train page: how far it is, its curves, what it writes, where it looks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import streamlit as st

from core.data.dates import FAMILIES
from core.data.source_text import SourceTextError, read_source
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pretrained import available_models
from core.runs.rows import UnreadableRunError
from core.runs.run import Progress, Run, Snapshot
from core.runs.store import RunStore
from viz_app.components.pictures import pictures
from viz_app.figures.svg.weights import weights_svg
from viz_app.figures.training import training_svgs
from viz_app.pages.blocks import show_html
from viz_app.pages.train.words import accuracy_words, progress_words
from viz_app.session import models, runs, state
from viz_app.session.state import ViewState
from viz_app.text.characters import printable
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator, counted, translator
from viz_app.text.messages import say, show_failures
from viz_app.text.tables import column_name, percent, table

SECONDS_BETWEEN_LOOKS: Final = 1.0
_PICTURES_KEPT: Final = 32


def show_progress(run: Run, view: ViewState, _: Translator) -> None:
    """What moves while a run is trained; only while something does: a finished run costs the server nothing."""
    seen = (run.status, run.request)
    every = SECONDS_BETWEEN_LOOKS if runs.is_moving(run) else None
    st.fragment(_follow, run_every=every)(run.number, seen, view, _)


def _follow(number: int, seen: tuple[str, str], view: ViewState, _: Translator) -> None:
    """Drawn anew about every second."""
    with show_failures(_), runs.show_store_failures(_, "train_live"):
        try:
            _draw_followed(number, seen, view, _)
        except models.GoneModelError:
            # Deleted while it was drawn, by somebody else or in another tab: the page says so.
            runs.refresh()
            st.rerun()


def _draw_followed(number: int, seen: tuple[str, str], view: ViewState, _: Translator) -> None:
    store = runs.store()
    runs.keep_training()
    run = store.get(number)
    if (run.status, run.request) != seen:
        # Its buttons, its title and the list are another now.
        runs.refresh()
        st.rerun()
    st.html(progress_html(run, store.place_in_queue(number), _))
    # The map beside the curves: on a laptop's screen both are seen at once.
    curves, learnt = st.columns([8, 5], gap="medium")
    with curves:
        _draw_curves(store, run, view)
        if runs.has_model(run):
            _compare(run, view, _)
    with learnt:
        _draw_snapshot(store, run, view, _)


def progress_html(run: Run, place: int, _: Translator) -> Markup:
    """A bar, and where the run stands in words."""
    best = _("Right on {share} of the dates held out").format(share=accuracy_words(run, _))
    return render(
        "pages/train/progress.html.jinja",
        label=_("How much of the training is done"),
        done=f"{run.done:.4f}",
        share=percent(run.done, _),
        words=progress_words(run, place, _),
        best="" if run.exact_match is None else best,
    )


def _draw_curves(store: RunStore, run: Run, view: ViewState) -> None:
    # From the first second on: the frames are there before the first point, and while a run waits for its turn.
    if run.iterations or runs.is_moving(run):
        pictures(
            _curves(store.folder, run.number, run.progress, run.epochs, view.lang), "train_curves", language=view.lang
        )


@st.cache_resource(max_entries=_PICTURES_KEPT, show_spinner=False)
def _curves(folder: Path, number: int, progress: Progress, epochs: int, language: str) -> list[str]:
    """The curves of a run that has come so far, drawn once for all who watch it."""
    store = runs.store()
    points = store.intervals(number)
    return training_svgs(points, store.epochs(number), progress.iterations, epochs, _=translator(language))


def _draw_snapshot(store: RunStore, run: Run, view: ViewState, _: Translator) -> None:
    try:
        snapshot = store.snapshot(run.number)
    except UnreadableRunError:
        say(_("What this run wrote last cannot be read."), "note", "train_no_snapshot")
        return
    if snapshot is None:
        return
    _draw_map(run, snapshot, view, _)
    show_html(samples_html(snapshot, _), view.lang)


def samples_html(snapshot: Snapshot, _: Translator) -> Markup:
    """A few dates held out, what the model writes for them, and what is right."""
    return render(
        "pages/train/samples.html.jinja",
        caption=counted(
            snapshot.iteration, _("Dates held out, after 1 iteration"), _("Dates held out, after {count} iterations")
        ),
        header=[_("Verdict"), _("Question"), _("Guess"), _("Target")],
        samples=snapshot.samples,
        right=_("right"),
        wrong=_("wrong"),
    )


def _draw_map(run: Run, snapshot: Snapshot, view: ViewState, _: Translator) -> None:
    """The attention on the watched date: of the last snapshot, or of the finished model."""
    text, output, weights = snapshot.text, snapshot.output, snapshot.weights
    if runs.has_model(run):
        trace = models.trace(models.name_of_run(run.number), with_readable_text(view).text)
        text, output, weights = trace.text, trace.output, None if trace.weights is None else trace.weights.tolist()
    st.html(Markup('<p class="train-decoded">{}</p>').format(printable(f"{text} → {output}")))
    if weights is None:
        say(_("This model has no attention to draw."), "note", "train_no_attention")
        return
    label = _("Attention weights: a row for every written character, a column for every typed one")
    title = _("Input, in reading order")
    svg = weights_svg(weights, text, output, label=label, title=title, scale=view.scale)
    pictures([svg], key="train_map", language=view.lang)


def with_readable_text(view: ViewState) -> ViewState:
    """The view with its text as the model reads it, or with the last one that could be read."""
    try:
        return replace(view, text=read_source(view.text, DATE_VOCABULARY).text)
    except SourceTextError:
        return replace(view, text=state.last_good_text())


# --- A run that is over -----------------------------------------------------------------------------------------------


def _compare(run: Run, view: ViewState, _: Translator) -> None:
    """The run beside the models that ship: exact match, by the way the date was written."""
    names = [models.name_of_run(run.number), *available_models()]
    pipelines = {name: models.pipeline(name) for name in names}
    families: dict[str, str | None] = {_("all"): None} | {family.example: family.name for family in FAMILIES}
    rows = [
        [written_like, *(percent(models.share_right(name, family), _, 2) for name in names)]
        for written_like, family in families.items()
    ]
    header = [_("Dates like"), *(column_name(models.title(name, _)) for name in names)]
    caption = _("How often the whole date is right, on dates held out, beside the models that ship")
    digests = {pipeline.metadata.get("test_digest") for pipeline in pipelines.values()}
    note = "" if len(digests) == 1 else _("The models were not all measured on the same dates.")
    show_html(table(header, rows, caption) + Markup('<p class="train-note">{}</p>').format(note), view.lang)


@st.fragment
def offer_figure(number: int, _: Translator) -> None:
    """The curves as a plotly figure. It is large: neither server nor browser loads it before somebody opens this."""
    label = _("The same curves as a plotly figure: zoom, hover")
    figure = st.expander(label, key="train_figure_open", on_change="rerun")
    if not figure.open:
        return
    from viz_app.figures.training import training_figure

    with show_failures(_), runs.show_store_failures(_, "train_figure_trouble"), figure:
        store = runs.store()
        run = store.get(number)
        drawn = training_figure(store.intervals(number), store.epochs(number), run.iterations, _=_)
        st.plotly_chart(drawn, key="train_figure", alt=label)
