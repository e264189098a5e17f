"""The quiz on the Bugs page: a map and a loss, which bug is it?"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import streamlit as st

from core.exhibits.gallery import RIGHT, Gallery
from core.training.mistakes import MISTAKES
from viz_app.components.drawing import drawing
from viz_app.pages.blocks import paragraph, show_html, subtitle, verdict_box
from viz_app.pages.bugs.code_view import show_code
from viz_app.pages.bugs.gallery_view import told_verdict
from viz_app.pages.bugs.pictures import draw_map, loss_in_question_svg
from viz_app.pages.bugs.quiz import Question, draw_questions, score
from viz_app.pages.bugs.words import bug_name, bug_words
from viz_app.session import state
from viz_app.session.state import LARGEST_SEED, ViewState
from viz_app.text.change_words import as_label
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.messages import say
from viz_app.text.tables import table

_PROGRESS: Final = "bugs_progress"


def request_quiz() -> None:
    """Ask for other questions, from a widget's callback."""
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


def show_quiz(gallery: Gallery | None, view: ViewState, _: Translator) -> None:
    """The question that the visitor is at, or the score."""
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
    show_html(Markup('<h2 class="question">{}</h2>').format(title) + paragraph(so_far), view.lang)
    entry = gallery.entries[question.answer]
    map_ = entry.maps[question.date]
    left, right = st.columns(2, gap="medium")
    with left:
        show_html(subtitle(_("Attention")), view.lang)
        label = _("Attention of the training in question")
        draw_map(map_, label, "quiz_map", view, _)
        read = _("Reads {text}, writes {output}").format(text=question.date, output=map_.output)
        show_html(paragraph(f"{read} – {told_verdict(map_, _)}", "caution"), view.lang)
    with right:
        show_html(subtitle(_("Loss")), view.lang)
        drawing(loss_in_question_svg(gallery.entries[RIGHT], entry, _), "quiz_loss")
    if progress.answered:
        show_html(_answered(question, progress.answers[progress.at], _), view.lang)
        _explain(questions, progress, view, _)
        return
    with st.container(key="quiz_choices", gap="xsmall"):
        for index, choice in enumerate(question.choices):
            label = as_label(bug_name(choice, _))
            answer = partial(_answer, progress, choice)
            st.button(label, key=f"quiz_choice_{index}", shortcut=str(index + 1), on_click=answer, width="stretch")


def _answered(question: Question, chosen: str, _: Translator) -> Markup:
    """The choices after the answer: a sign at the right one, and at the wrong one that was chosen."""
    item, items = Markup('<li class="{}"><span>{}</span>{}</li>'), Markup("")
    for choice in question.choices:
        kind = "right" if choice == question.answer else "wrong" if choice == chosen else "left"
        sign = {"right": "✓", "wrong": "✗", "left": ""}[kind]
        items += item.format(kind, sign, bug_name(choice, _))
    return Markup('<ol class="answered">{}</ol>').format(items)


def _answer(progress: _Progress, choice: str) -> None:
    st.session_state[_PROGRESS] = replace(progress, answers=(*progress.answers, choice))


def _explain(questions: Sequence[Question], progress: _Progress, view: ViewState, _: Translator) -> None:
    question, chosen = questions[progress.at], progress.answers[progress.at]
    words = bug_words(question.answer, _)
    right = question.answer == chosen
    verdict = _("Right.") if right else _("No: “{name}”.").format(name=words.name)
    show_html(verdict_box("right" if right else "wrong", verdict, words.telling), view.lang)
    if question.answer != RIGHT:
        show_code(MISTAKES[question.answer], view, _)
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
    show_html(Markup('<h2 class="question" role="status">{}</h2>').format(title), view.lang)
    rows = [
        [
            str(i + 1),
            bug_name(question.answer, _),
            bug_name(answer, _),
            "✓" if answer == question.answer else "✗",
        ]
        for i, (question, answer) in enumerate(zip(questions, progress.answers, strict=True))
    ]
    header = [_("Question"), _("It was"), _("You said"), _("Right")]
    show_html(table(header, rows, _("Your answers")), view.lang)
    same = _("Who opens the address of this page gets the same questions: quiz number {seed}.")
    show_html(paragraph(same.format(seed=view.quiz)), view.lang)
    with st.container(key="quiz_end", horizontal=True, gap="small"):
        st.button(_("Other questions"), key="quiz_anew", type="primary", on_click=request_quiz)
        st.button(_("The same again"), key="quiz_again", on_click=lambda: st.session_state.pop(_PROGRESS, None))
        st.button(_("To the gallery"), key="quiz_gallery", on_click=lambda: state.request(quiz=0))
