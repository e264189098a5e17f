"""The gallery on the Bugs page: one bug, what it does, its code and what was measured, beside the right code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import streamlit as st

from core.data.oracle import judge
from core.data.source_text import AnyText
from core.exhibits.gallery import RIGHT, Gallery, GalleryEntry, GalleryMap, GalleryRun
from core.runs.launch import ensure_workers
from core.runs.limits import LimitError, limits
from core.runs.store import RunStoreError
from core.training.memory import TooLargeError
from core.training.mistakes import MISTAKES, TRAINABLE, Mistake
from core.training.options import TrainingOptions
from core.training.slips import SLIPS
from viz_app.components.drawing import drawing
from viz_app.pages import frame
from viz_app.pages.blocks import choose_from, offer_texts, paragraph, show_html, subtitle
from viz_app.pages.bugs.code_view import show_code
from viz_app.pages.bugs.gallery import first_that_differs, look_alike, map_of
from viz_app.pages.bugs.pictures import accuracies_svg, draw_map, losses_svg
from viz_app.pages.bugs.slip_view import show_slip
from viz_app.pages.bugs.slip_words import slip_words
from viz_app.pages.bugs.words import bug_name, bug_words, place_words
from viz_app.session import models, runs, state, visitor
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator, counted
from viz_app.text.messages import say
from viz_app.text.tables import Table, number, percent, table
from viz_app.text.verdicts import SIGNS, verdict_line, verdict_tone

# The model is right about the first of these and wrong about the others.
PICTURED: Final = ("september 27, 1994", "1994-09-27", "march 3, 2222", "january 5 2016")
"""Dates to draw the bugs of the picture alone for."""

EXAMPLES_KEY: Final = "bugs_example"
_FAILURE: Final = "bugs_failure"
BUGS: Final = (
    "context-not-fed",
    "softmax-wrong-axis",
    "weights-without-encoder",
    "labels-reversed",
    "teacher-forced-map",
    "days-in-both-sets",
    "input-not-reversed",
    "state-gradient-misplaced",
    "wrong-first-state",
    "affine-not-scaled",
    "gradients-not-clipped",
    *SLIPS,
)
"""The one first that ruins most, down to the one that was never noticed; last those that at least say something."""


def show_gallery(gallery: Gallery | None, view: ViewState, text: AnyText, _: Translator) -> None:
    """The list of bugs, and everything about the chosen one."""
    with st.container(key="bugs_body", horizontal=True, gap="medium"):
        with st.container(key="bugs_list"):
            _choose_bug(view, _)
        with st.container(key="bug_shown", gap="small"):
            _show_title(view, _)
            if view.bug in SLIPS:
                show_slip(SLIPS[view.bug], view, _)
                return
            mistake = MISTAKES[view.bug]
            words = bug_words(mistake.name, _)
            show_html(paragraph(words.wrong) + paragraph(words.unnoticed), view.lang)
            _offer_training(mistake, view, _)
            show_code(mistake, view, _)
            _show_maps(gallery, mistake, view, text, _)
            _show_measured(gallery, mistake, view, _)
            _show_remedy(mistake, view, _)


def _choose_bug(view: ViewState, _: Translator) -> None:
    state.set_widget("bug", view.bug)
    choose_from(
        st.radio,
        _("Bug"),
        BUGS,
        key="bug",
        format_func=lambda bug: as_label(_name(bug, _)),
        label_visibility="collapsed",
        on_change=lambda: state.request(bug=st.session_state.bug),
    )


def _name(bug: str, _: Translator) -> str:
    return slip_words(bug, _).name if bug in SLIPS else bug_name(bug, _)


def _show_title(view: ViewState, _: Translator) -> None:
    where = _("says something") if view.bug in SLIPS else place_words(MISTAKES[view.bug].where, _)
    with st.container(key="bug_head", horizontal=True, vertical_alignment="center", gap="small"):
        title = Markup('<div class="bug-title" lang="{}"><h2>{}</h2><span class="where">{}</span></div>')
        st.html(title.format(view.lang, _name(view.bug, _), where))
        here = BUGS.index(view.bug)
        _turn(_("Previous"), "Left", -1, here)
        _turn(_("Next"), "Right", 1, here)


def _turn(label: str, key: str, by: int, here: int) -> None:
    """A button, and an arrow key, to the bug before or after."""
    bug = BUGS[(here + by) % len(BUGS)]
    st.button(label, key=f"bug_{key.lower()}", shortcut=key, on_click=partial(state.request, bug=bug))


def _offer_training(mistake: Mistake, view: ViewState, _: Translator) -> None:
    if mistake.name not in TRAINABLE:
        return
    if error := st.session_state.pop(_FAILURE, None):
        full = _("There is not enough memory here to train.")
        said = full if isinstance(error, TooLargeError) else runs.trouble_sentence(error, _)
        say(said, "error", "bug_train_failure")
    with st.container(key="bug_offer", horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            _("Train it live"), key="bug_train", type="primary", on_click=partial(_train, mistake.name, view.text)
        )
        st.text(_("The quick demo with this bug in it; its loss and its map on the Train page."), width="content")


def _train(bug: str, text: str) -> None:
    """Put the quick demo with this bug into the queue, and go to where it is shown."""
    try:
        store = runs.store()
        options = replace(TrainingOptions.preset("quick"), mistake=bug)
        run = store.add(options, bug, visitor.number(), limits())
        store.watch(run.number, text)
        ensure_workers(store)
    except (RunStoreError, TooLargeError, LimitError, OSError) as error:
        st.session_state[_FAILURE] = error
        return
    state.request(run=run.number)
    frame.go_to("train")


def _pair(left: Callable[[], None], right: Callable[[], None], titles: tuple[str, str] | None, view: ViewState) -> None:
    """Two things beside each other; below each other on a phone."""
    for place, show, title in zip(st.columns(2, gap="medium"), (left, right), titles or ("", ""), strict=True):
        with place:
            if title:
                show_html(subtitle(title), view.lang)
            show()


def _show_maps(gallery: Gallery | None, mistake: Mistake, view: ViewState, text: AnyText, _: Translator) -> None:
    padding = mistake.picture is not None
    if mistake.picture is not None:
        pipeline = models.pipeline(state.FIRST_MODEL)
        right = map_of(models.trace(state.FIRST_MODEL, text))
        try:
            wrong = map_of(mistake.picture(pipeline, text))
        except ValueError:
            say(_("It is not known what is right for this text, so no decoder can be fed it."), "note", "bug_unknown")
            return
        if look_alike(right, wrong):
            said = _("Both maps are the same here. Take a date that the model gets wrong, such as {date}.")
            say(said.format(date=PICTURED[1]), "note", "bug_same")
    elif gallery is None or mistake.name not in gallery.entries:
        return
    else:
        date = _choose_date(gallery, mistake, view, _)
        right, wrong = gallery.entries[RIGHT].maps[date], gallery.entries[mistake.name].maps[date]
        if look_alike(right, wrong):
            say(_("Both maps are the same on this date."), "note", "bug_same")
    titles = (_("Attention of the right code"), _("Attention with the bug"))
    _pair(
        lambda: _show_map(right, titles[0], "bug_map_right", padding, view, _),
        lambda: _show_map(wrong, titles[1], "bug_map_wrong", padding, view, _),
        titles,
        view,
    )


def pictured_text(mistake: Mistake, text: str) -> str:
    """The text to draw a bug of the picture alone for: where nobody has chosen one, the first that shows the bug."""
    is_chosen = text in (st.session_state.get(EXAMPLES_KEY), st.query_params.get("text"))
    if mistake.picture is None or text != state.FIRST_TEXT or is_chosen:
        return text
    pipeline, picture = models.pipeline(state.FIRST_MODEL), mistake.picture
    pairs = (
        (date, map_of(models.trace(state.FIRST_MODEL, date)), map_of(picture(pipeline, date))) for date in PICTURED
    )
    return first_that_differs(pairs) or text


def _choose_date(gallery: Gallery, mistake: Mistake, view: ViewState, _: Translator) -> str:
    right, wrong = gallery.entries[RIGHT].maps, gallery.entries[mistake.name].maps
    first = first_that_differs((date, right[date], wrong[date]) for date in gallery.dates) or gallery.dates[0]
    date = view.text if view.text in gallery.dates else first
    offer_texts(_("Date"), gallery.dates, "bugs_date", date)
    return date


def _show_map(map_: GalleryMap, label: str, key: str, padding: bool, view: ViewState, _: Translator) -> None:
    draw_map(map_, label, key, view, _, padding=padding)
    writes = _("writes {output}").format(output=map_.output)
    show_html(paragraph(f"{writes} – {told_verdict(map_, _)}", "caution"), view.lang)


def told_verdict(map_: GalleryMap, _: Translator) -> str:
    """Whether what was written for a map's date is right, in words behind a sign."""
    verdict = judge(map_.source.rstrip(" "), map_.output)
    return f"{SIGNS[verdict_tone(verdict)]} {verdict_line(verdict, _)}"


def _show_measured(gallery: Gallery | None, mistake: Mistake, view: ViewState, _: Translator) -> None:
    if mistake.picture is not None:
        same = _("The model is the right one, and so are its loss and its accuracy. Only the picture is wrong.")
        show_html(paragraph(same), view.lang)
        return
    if gallery is None or mistake.name not in gallery.entries:
        say(_("Nothing was measured of this bug."), "note", "bug_unmeasured")
        return
    right, wrong = gallery.entries[RIGHT], gallery.entries[mistake.name]
    _pair(
        lambda: drawing(losses_svg(right, wrong, _), "bug_losses"),
        lambda: drawing(accuracies_svg(right, wrong, _), "bug_accuracies"),
        None,
        view,
    )
    show_html(table(*_measured(gallery, wrong, _)), view.lang)


def _measured(gallery: Gallery, wrong: GalleryEntry, _: Translator) -> Table:
    right = gallery.entries[RIGHT]
    rows = [
        [_("Exact match, right code"), *(percent(run.exact_match, _, 1) for run in right.runs)],
        [_("Exact match with the bug"), *(percent(run.exact_match, _, 1) for run in wrong.runs)],
    ]
    if any(run.exact_match_unseen is not None for run in wrong.runs):
        unseen = (percent(run.exact_match_unseen, _, 1) for run in wrong.runs)
        rows.append([_("The same on days that it has never seen"), *unseen])
    rows.append([_("Last loss, right code"), *(_last_loss(run) for run in right.runs)])
    rows.append([_("Last loss with the bug"), *(_last_loss(run) for run in wrong.runs)])
    header = [_("Measured"), *(_("Seed {seed}").format(seed=run.seed) for run in wrong.runs)]
    caption = counted(
        gallery.test_pairs,
        _("Measured after training, on 1 held-out date"),
        _("Measured after training, on {count} held-out dates"),
    )
    return header, rows, caption


def _last_loss(run: GalleryRun) -> str:
    return number(run.intervals[-1].loss if run.intervals else None, 4)


def _show_remedy(mistake: Mistake, view: ViewState, _: Translator) -> None:
    words = bug_words(mistake.name, _)
    command = f"pytest tests/core/training/test_known_mistakes.py -k {mistake.test}"
    show_html(
        subtitle(_("How would you notice?"))
        + paragraph(words.notice)
        + subtitle(_("Which test catches it?"))
        + paragraph(Markup("<code>{}</code>").format(command)),
        view.lang,
    )
