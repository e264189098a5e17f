"""The Bugs page: mistakes that people make with this model, one at a time beside the right code, and a quiz on them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from html import escape
from itertools import chain
from pathlib import Path
from typing import Final

import streamlit as st

from core.data.source_text import AnyText
from core.exhibits.gallery import RIGHT, Gallery, GalleryEntry, GalleryMap, GalleryRun
from core.runs.launch import ensure_workers
from core.runs.store import RunStoreError
from core.training.memory import TooLargeError
from core.training.mistakes import MISTAKES, TRAINABLE, Mistake
from core.training.options import TrainingOptions
from viz_app.components.drawing import drawing
from viz_app.figures.svg.curves import curve_svg
from viz_app.figures.svg.weights import fold_padding, weights_svg
from viz_app.pages import date_field, frame
from viz_app.pages.bugs import words as bug_words
from viz_app.pages.bugs.code_pair import marked
from viz_app.pages.bugs.gallery import accuracy_line, loss_line, map_of, shipped_gallery
from viz_app.pages.bugs.quiz import Question, draw_questions, score
from viz_app.session import models, runs, state
from viz_app.session.state import LARGEST_SEED, ViewState
from viz_app.text.change_words import as_label
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import say
from viz_app.text.tables import Table, number, percent, table

_FOLDER: Final = Path(__file__).parent
_STYLE: Final = "".join(
    f"<style>{path.read_text('utf-8')}</style>" for path in (_FOLDER.parent / "tables.css", _FOLDER / "bugs.css")
)
_PROGRESS: Final = "bugs_progress"
_FAILURE: Final = "bugs_failure"
_BUGS: Final = tuple(MISTAKES)
# The model is right about the first of these and wrong about the others.
_PICTURED: Final = ("september 27, 1994", "1994-09-27", "march 3, 2222", "january 5 2016")
# Nobody sees a smaller difference of two weights by their colours.
_LEAST_SEEN: Final = 0.05


def bugs_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    st.html(_STYLE)
    with st.container(key="bugs", gap="small"):
        _choose_part(requested, _)
        view, text = _ask_text(requested, _)
        gallery = shipped_gallery()
        # Before the drawing: the next text may cut that short, and what was read stays the last good one.
        state.record_shown(view)
        if view.quiz:
            _show_quiz(gallery, view, _)
        else:
            _show_gallery(gallery, view, text, _)


def _put(html: str, view: ViewState) -> None:
    """HTML that tells its language, by which lines are broken and words are read out."""
    st.html(f'<div lang="{view.lang}">{html}</div>')


def _choose_part(requested: ViewState, _: Translator) -> None:
    parts = {False: _("Gallery"), True: _("Quiz")}
    state.set_widget("bugs_part", bool(requested.quiz))
    with st.container(key="bugs_parts", horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            _("Gallery or quiz"),
            list(parts),
            key="bugs_part",
            format_func=parts.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=_change_part,
        )
        lead = _("Bugs that people published or asked about. All of them run, none of them says a word.")
        st.html(f'<p class="lead">{escape(lead)}</p>')


def _ask_text(requested: ViewState, _: Translator) -> tuple[ViewState, AnyText]:
    """The view that can be shown, and its text.

    A mistake of the picture alone is drawn for any date, so there one is asked for.
    """
    if requested.quiz or MISTAKES[requested.bug].picture is None:
        return date_field.read(requested, _)
    beside_the_field = date_field.choose_text(requested, _)
    state.set_widget("bugs_example", requested.text if requested.text in _PICTURED else None)
    st.pills(
        _("Examples"),
        _PICTURED,
        key="bugs_example",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.request(text=st.session_state.bugs_example),
    )
    with beside_the_field:
        return date_field.read(requested, _)


def _change_part() -> None:
    _request_quiz() if st.session_state.bugs_part else state.request(quiz=0)


# --- The gallery ------------------------------------------------------------------------------------------------------


def _show_gallery(gallery: Gallery | None, view: ViewState, text: AnyText, _: Translator) -> None:
    mistake = MISTAKES[view.bug]
    with st.container(key="bugs_body", horizontal=True, gap="medium"):
        with st.container(key="bugs_list"):
            _choose_bug(view, _)
        with st.container(key="bug_shown", gap="small"):
            _introduce(mistake, view, _)
            _offer_training(mistake, view, _)
            _show_code(mistake, view, _)
            _show_maps(gallery, mistake, view, text, _)
            _show_measured(gallery, mistake, view, _)
            _show_remedy(mistake, view, _)


def _choose_bug(view: ViewState, _: Translator) -> None:
    state.set_widget("bug", view.bug)
    st.radio(
        _("Bug"),
        _BUGS,
        key="bug",
        format_func=lambda bug: as_label(bug_words.name(bug, _)),
        label_visibility="collapsed",
        on_change=lambda: state.request(bug=st.session_state.bug),
    )


def _introduce(mistake: Mistake, view: ViewState, _: Translator) -> None:
    words = bug_words.words(mistake.name, _)
    with st.container(key="bug_head", horizontal=True, vertical_alignment="center", gap="small"):
        title = f'<h2>{escape(words.name)}</h2><span class="where">{escape(bug_words.place(mistake.where, _))}</span>'
        st.html(f'<div class="bug-title" lang="{view.lang}">{title}</div>')
        here = _BUGS.index(mistake.name)
        _turn(_("Previous"), "Left", -1, here)
        _turn(_("Next"), "Right", 1, here)
    _put(f'<p class="words">{escape(words.wrong)}</p><p class="words">{escape(words.unnoticed)}</p>', view)


def _turn(label: str, key: str, by: int, here: int) -> None:
    """A button, and an arrow key, to the bug before or after."""
    bug = _BUGS[(here + by) % len(_BUGS)]
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
        run = store.add(replace(TrainingOptions.preset("quick"), mistake=bug), bug)
        store.watch(run.number, text)
        ensure_workers(store)
    except (RunStoreError, TooLargeError, OSError) as error:
        st.session_state[_FAILURE] = error
        return
    st.session_state.setdefault(runs.KEYS, {})[run.number] = run.key
    state.request(run=run.number)
    frame.go_to("train")


def _pair(left: Callable[[], None], right: Callable[[], None], titles: tuple[str, str] | None, view: ViewState) -> None:
    """Two things beside each other; below each other on a phone."""
    for place, show, title in zip(st.columns(2, gap="medium"), (left, right), titles or ("", ""), strict=True):
        with place:
            if title:
                _put(f"<h3>{escape(title)}</h3>", view)
            show()


def _show_code(mistake: Mistake, view: ViewState, _: Translator) -> None:
    right, wrong = mistake.right_source, mistake.wrong_source
    if not wrong:
        return
    if not right:
        title = escape(_("The bug"))
        _put(f"<h3>{title}</h3>{_code(wrong, wrong)}", view)
        return
    titles = (_("The right code"), _("With the bug"))
    _pair(lambda: _put(_code(right, wrong), view), lambda: _put(_code(wrong, right), view), titles, view)


def _code(code: str, other: str) -> str:
    return f'<div class="code" tabindex="0">{marked(code, other)}</div>'


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
        if _look_alike(right, wrong):
            said = _("Both maps are the same here. Take a date that the model gets wrong, such as {date}.")
            say(said.format(date=_PICTURED[1]), "note", "bug_same")
    elif gallery is None or mistake.name not in gallery.entries:
        return
    else:
        date = _choose_date(gallery, view, _)
        right, wrong = gallery.entries[RIGHT].maps[date], gallery.entries[mistake.name].maps[date]
    titles = (_("Attention of the right code"), _("Attention with the bug"))
    _pair(
        lambda: _draw_map(right, titles[0], "bug_map_right", padding, view, _),
        lambda: _draw_map(wrong, titles[1], "bug_map_wrong", padding, view, _),
        titles,
        view,
    )


def _look_alike(a: GalleryMap, b: GalleryMap) -> bool:
    """Would nobody see a difference?"""
    cells = zip(chain.from_iterable(a.weights), chain.from_iterable(b.weights), strict=True)
    return a.output == b.output and all(abs(x - y) < _LEAST_SEEN for x, y in cells)


def _choose_date(gallery: Gallery, view: ViewState, _: Translator) -> str:
    date = view.text if view.text in gallery.dates else gallery.dates[0]
    state.set_widget("bugs_date", date)
    st.pills(
        _("Date"),
        gallery.dates,
        key="bugs_date",
        required=True,
        label_visibility="collapsed",
        on_change=lambda: state.request(text=st.session_state.bugs_date),
    )
    return date


def _draw_map(map_: GalleryMap, label: str, key: str, padding: bool, view: ViewState, _: Translator) -> None:
    drawing(f'<div class="drawn">{_map(map_, label, padding, view, _)}</div>', key)
    writes = _("writes {output}").format(output=map_.output)
    _put(f'<p class="words caution">{escape(writes)}</p>', view)


def _map(map_: GalleryMap, label: str, padding: bool, view: ViewState, _: Translator) -> str:
    """The map as SVG: the columns of the padding one by one, or summed up in one."""
    weights, source = fold_padding(map_.weights, map_.source if padding else map_.source.rstrip())
    in_order, with_dot = _("Input, in reading order"), _("Input, in reading order; · is the padding")
    title = with_dot if source.endswith("·") else in_order
    return weights_svg(weights, source, map_.output, label=label, title=title, scale=view.scale)


def _show_measured(gallery: Gallery | None, mistake: Mistake, view: ViewState, _: Translator) -> None:
    if mistake.picture is not None:
        same = _("The model is the right one, and so are its loss and its accuracy. Only the picture is wrong.")
        _put(f'<p class="words">{escape(same)}</p>', view)
        return
    if gallery is None or mistake.name not in gallery.entries:
        say(_("Nothing was measured of this bug."), "note", "bug_unmeasured")
        return
    right, wrong = gallery.entries[RIGHT], gallery.entries[mistake.name]
    _pair(
        lambda: drawing(_losses(right, wrong, _), "bug_losses"),
        lambda: drawing(_accuracies(right, wrong, _), "bug_accuracies"),
        None,
        view,
    )
    _put(table(*_measured(gallery, wrong, _)), view)


def _losses(right: GalleryEntry, wrong: GalleryEntry, _: Translator) -> str:
    lines = [
        loss_line(right, _("right code"), 0),
        loss_line(wrong, _("bug"), 1),
    ]
    label = _("Loss of the training, with the range over the seeds")
    return curve_svg(lines, label=label, x_title=_("iteration"), y_title=_("loss"), log_y=True, width=480, height=250)


def _accuracies(right: GalleryEntry, wrong: GalleryEntry, _: Translator) -> str:
    lines = [
        accuracy_line(right, _("right code"), 0),
        accuracy_line(wrong, _("bug"), 1),
    ]
    return curve_svg(
        lines,
        label=_("Exact match on the test set, with the range over the seeds"),
        x_title=_("epoch"),
        y_title=_("exact match"),
        y_range=(0, 1),
        y_format=lambda share: percent(share, _),
        width=480,
        height=250,
    )


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
    header = ["", *(_("Seed {seed}").format(seed=run.seed) for run in wrong.runs)]
    caption = _("Measured after training, on {count} held-out dates").format(count=f"{gallery.test_pairs:,}")
    return header, rows, caption


def _last_loss(run: GalleryRun) -> str:
    return number(run.intervals[-1].loss if run.intervals else None, 4)


def _show_remedy(mistake: Mistake, view: ViewState, _: Translator) -> None:
    words = bug_words.words(mistake.name, _)
    notice, test = escape(_("How would you notice?")), escape(_("Which test catches it?"))
    name = escape(mistake.test)
    _put(
        f'<h3>{notice}</h3><p class="words">{escape(words.notice)}</p>'
        f'<h3>{test}</h3><p class="words"><code>pytest tests/core/training/test_known_mistakes.py -k {name}</code></p>',
        view,
    )


# --- The quiz ---------------------------------------------------------------------------------------------------------


def _request_quiz() -> None:
    state.request(quiz=random.randint(1, LARGEST_SEED))


@dataclass(frozen=True)
class _Progress:
    """How far a visitor is in a quiz: `at` is the question on the screen, answered where `answers` reach to it."""

    seed: int
    answers: tuple[str, ...] = ()
    at: int = 0

    @property
    def answered(self) -> bool:
        return len(self.answers) > self.at


def _progress(view: ViewState) -> _Progress:
    progress = st.session_state.get(_PROGRESS)
    return progress if isinstance(progress, _Progress) and progress.seed == view.quiz else _Progress(view.quiz)


def _show_quiz(gallery: Gallery | None, view: ViewState, _: Translator) -> None:
    questions = draw_questions(gallery, view.quiz) if gallery else ()
    if gallery is None or not questions:
        say(_("Nothing was measured that could be asked about."), "note", "quiz_empty")
        return
    progress = _progress(view)
    if progress.at >= len(questions):
        _show_score(questions, progress, view, _)
    else:
        _ask(gallery, questions, progress, view, _)


def _ask(gallery: Gallery, questions: Sequence[Question], progress: _Progress, view: ViewState, _: Translator) -> None:
    question = questions[progress.at]
    title = _("Question {number} of {count}: which bug is it?").format(number=progress.at + 1, count=len(questions))
    so_far = _("{right} right so far").format(right=score(questions, progress.answers))
    _put(f'<h2 class="question">{escape(title)}</h2><p class="words">{escape(so_far)}</p>', view)
    entry = gallery.entries[question.answer]
    map_ = entry.maps[question.date]
    left, right = st.columns(2, gap="medium")
    with left:
        title = escape(_("Attention"))
        _put(f"<h3>{title}</h3>", view)
        label = _("Attention of the training in question")
        drawing(f'<div class="drawn">{_map(map_, label, False, view, _)}</div>', "quiz_map")
        read = _("Reads {text}, writes {output}").format(text=question.date, output=map_.output)
        _put(f'<p class="words caution">{escape(read)}</p>', view)
    with right:
        title = escape(_("Loss"))
        _put(f"<h3>{title}</h3>", view)
        drawing(_loss_in_question(gallery.entries[RIGHT], entry, _), "quiz_loss")
    if progress.answered:
        _put(_answered(question, progress.answers[progress.at], _), view)
        _explain(questions, progress, view, _)
        return
    with st.container(key="quiz_choices", gap="xsmall"):
        for index, choice in enumerate(question.choices):
            label = as_label(bug_words.name(choice, _))
            answer = partial(_answer, progress, choice)
            st.button(label, key=f"quiz_choice_{index}", shortcut=str(index + 1), on_click=answer, width="stretch")


def _loss_in_question(right: GalleryEntry, entry: GalleryEntry, _: Translator) -> str:
    lines = [
        loss_line(right, _("right code"), 0),
        loss_line(entry, _("this one"), 1),
    ]
    label = _("Loss of the training in question beside that of the right code, with the range over the seeds")
    return curve_svg(lines, label=label, x_title=_("iteration"), log_y=True, width=520, height=280)


def _answered(question: Question, chosen: str, _: Translator) -> str:
    """The choices after the answer: a sign at the right one, and at the wrong one that was chosen."""
    items = []
    for choice in question.choices:
        kind = "right" if choice == question.answer else "wrong" if choice == chosen else "left"
        sign = {"right": "✓", "wrong": "✗", "left": ""}[kind]
        items.append(f'<li class="{kind}"><span>{sign}</span>{escape(bug_words.name(choice, _))}</li>')
    return f'<ol class="answered">{"".join(items)}</ol>'


def _answer(progress: _Progress, choice: str) -> None:
    st.session_state[_PROGRESS] = replace(progress, answers=(*progress.answers, choice))


def _explain(questions: Sequence[Question], progress: _Progress, view: ViewState, _: Translator) -> None:
    question, chosen = questions[progress.at], progress.answers[progress.at]
    words = bug_words.words(question.answer, _)
    right = question.answer == chosen
    verdict = _("Right.") if right else _("No: “{name}”.").format(name=words.name)
    tone, sign = ("right", "✓") if right else ("wrong", "✗")
    _put(
        f'<div class="verdict {tone}" role="status"><p><strong><span aria-hidden="true">{sign}</span> '
        f"{escape(verdict)}</strong> {escape(words.telling)}</p></div>",
        view,
    )
    last = progress.at + 1 == len(questions)
    st.button(
        _("To the score") if last else _("Next question"),
        key="quiz_next",
        type="primary",
        shortcut="Right",
        on_click=_move_on,
        args=(progress,),
    )


def _move_on(progress: _Progress) -> None:
    st.session_state[_PROGRESS] = replace(progress, at=progress.at + 1)


def _show_score(questions: Sequence[Question], progress: _Progress, view: ViewState, _: Translator) -> None:
    reached = score(questions, progress.answers)
    title = _("{right} of {count} right").format(right=reached, count=len(questions))
    _put(f'<h2 class="question" role="status">{escape(title)}</h2>', view)
    rows = [
        [
            str(i + 1),
            bug_words.name(question.answer, _),
            bug_words.name(answer, _),
            "✓" if answer == question.answer else "✗",
        ]
        for i, (question, answer) in enumerate(zip(questions, progress.answers, strict=True))
    ]
    header = [_("Question"), _("It was"), _("You said"), _("Right")]
    _put(table(header, rows, _("Your answers")), view)
    same = _("Who opens the address of this page gets the same questions: quiz number {seed}.")
    _put(f'<p class="words">{escape(same.format(seed=view.quiz))}</p>', view)
    with st.container(key="quiz_end", horizontal=True, gap="small"):
        st.button(_("Other questions"), key="quiz_anew", type="primary", on_click=_request_quiz)
        st.button(_("The same again"), key="quiz_again", on_click=lambda: st.session_state.pop(_PROGRESS, None))
        st.button(_("To the gallery"), key="quiz_gallery", on_click=lambda: state.request(quiz=0))
