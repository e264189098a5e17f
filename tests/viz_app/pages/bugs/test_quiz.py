"""The quiz: the same for the same seed, always with its answer among the choices, and never unfair."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.exhibits.gallery import RIGHT, Gallery, GalleryEntry, GalleryMap, GalleryRun, LossPoint
from core.training.mistakes import MISTAKES
from core.training.recipe import RECIPES
from viz_app.pages.bugs.quiz import (
    CHOICES,
    QUESTIONS,
    can_be_told_apart,
    draw_questions,
    losses_differ,
    maps_differ,
    others,
    score,
)

T_DEC, T_ENC = 10, 29
DATES = ("2/10/93", "JUN 17, 2013", "june 7, 1850")
OUTPUTS = {"2/10/93": "1993-02-10", "JUN 17, 2013": "2013-06-17", "june 7, 1850": "1980-06-07"}


def map_of(column: int, share: float = 1.0, date: str = DATES[0]) -> GalleryMap:
    """A map with `share` of every row of a digit on one column and the rest on the last; of a hyphen all on it."""
    weights = np.zeros((T_DEC, T_ENC))
    weights[:, -1] = 1 - share
    weights[:, column] += share
    weights[[4, 7]] = np.eye(T_ENC)[column]
    return GalleryMap(date.ljust(T_ENC), OUTPUTS[date], tuple(map(tuple, weights.tolist())))


def entry(column: int, *losses: float) -> GalleryEntry:
    """An entry whose three seeds have losses up to 2 % apart."""
    runs = tuple(
        GalleryRun(seed, tuple(LossPoint(i, loss * (1 + seed / 100)) for i, loss in enumerate(losses)), (), 1.0, None)
        for seed in range(3)
    )
    return GalleryEntry(runs, {date: map_of(column, date=date) for date in DATES})


def gallery(*entries: GalleryEntry) -> Gallery:
    """The entries under the names of mistakes, beside a right code whose map is on column 0."""
    named = {RIGHT: entry(0, 4, 2, 1, 0.5), **dict(zip(MISTAKES, entries, strict=False))}
    return Gallery(RECIPES["quick"], "made up", 100, DATES, (0, 1, 2), named)


@st.composite
def galleries(draw: st.DrawFn) -> Gallery:
    """Some entries alike in map, in loss, or in both."""
    kinds = st.tuples(st.integers(0, 5), st.sampled_from([1.0, 1.1, 2.0]))
    drawn = draw(st.lists(kinds, min_size=3, max_size=11))
    return gallery(*(entry(c, *(s * x for x in (4, 2, 1, 0.5))) for c, s in drawn))


seeds = st.integers(1, 9999)


# --- The rule ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "differ"), [(0.54, False), (0.56, True), (1.0, True), (0.0, False)])
def test_maps_differ_where_enough_attention_would_have_to_be_moved(share: float, differ: bool) -> None:
    assert maps_differ(map_of(28), map_of(3, share)) is differ
    assert maps_differ(map_of(3, share), map_of(28)) is differ


def test_rows_that_do_not_sum_to_1_are_seen() -> None:
    ones = replace(map_of(0), weights=((1.0,) * T_ENC,) * T_DEC)
    assert maps_differ(ones, map_of(0)) and not maps_differ(ones, ones)


@pytest.mark.parametrize(
    ("losses", "differ"),
    [
        ((4, 2, 1, 0.5), False),
        ((4.8, 2.4, 1.2, 0.6), False),
        ((5.2, 2.6, 1.3, 0.65), True),
        ((3.1, 1.55, 0.78, 0.39), True),
        ((4, 2, 1, 0.9), True),
        ((9, 0.5, 1, 0.5), True),
    ],
)
def test_losses_differ_where_one_is_below_the_other_for_a_quarter_of_the_time(
    losses: tuple[float, ...], differ: bool
) -> None:
    assert losses_differ(entry(0, 4, 2, 1, 0.5), entry(0, *losses)) is differ
    assert losses_differ(entry(0, *losses), entry(0, 4, 2, 1, 0.5)) is differ


def test_a_moment_is_too_short_to_be_seen() -> None:
    steady = [1.0] * 10
    assert not losses_differ(entry(0, *steady), entry(0, 9.0, 9.0, *steady[2:]))
    assert losses_differ(entry(0, *steady), entry(0, 9.0, 9.0, 9.0, *steady[3:]))
    # Above for a while and below for a while is not the same curve either way for long enough.
    assert not losses_differ(entry(0, *steady), entry(0, 9.0, 9.0, 0.1, 0.1, *steady[4:]))


def test_losses_of_trainings_that_have_no_iteration_in_common_tell_nothing() -> None:
    elsewhere = GalleryEntry((GalleryRun(0, (LossPoint(100, 9.0),), (), 1.0, None),), {})
    assert not losses_differ(entry(0, 1.0), elsewhere)


# --- Questions --------------------------------------------------------------------------------------------------------


@given(galleries(), seeds)
def test_every_question_is_fair(gallery: Gallery, seed: int) -> None:
    for question in draw_questions(gallery, seed):
        assert len(set(question.choices)) == len(question.choices) == CHOICES
        assert question.answer in question.choices and RIGHT in question.choices
        assert question.date in DATES[:2], "the right code is wrong about the third"
        for choice in set(question.choices) - {question.answer}:
            assert can_be_told_apart(gallery, question.answer, choice, question.date)


@given(galleries(), seeds)
def test_a_seed_gives_always_the_same(gallery: Gallery, seed: int) -> None:
    assert draw_questions(gallery, seed) == draw_questions(gallery, seed)


@given(galleries(), seeds)
def test_whatever_can_be_asked_is_asked_before_anything_comes_again(gallery: Gallery, seed: int) -> None:
    questions = draw_questions(gallery, seed)
    possible = [
        (name, date)
        for name in gallery.entries
        for date in DATES[:2]
        if len(beside := others(gallery, name, date)) >= CHOICES - 1
        and (name == RIGHT or RIGHT in beside)
        and (name != "input-not-reversed" or any(map(str.isalpha, date)))
    ]
    askable = {name for name, _date in possible}
    asked = {(question.answer, question.date) for question in questions}
    assert asked <= set(possible) and len(asked) == len(questions) == min(QUESTIONS, len(possible))
    first = [question.answer for question in questions[: len(askable)]]
    assert len(set(first)) == len(first)
    assert (RIGHT in first) == (RIGHT in askable)


def test_what_looks_like_the_right_code_is_never_asked_about_nor_offered_beside_it() -> None:
    twin, *_ = MISTAKES
    unfair = gallery(*(entry(column, 4, 2, 1, 0.5) for column in range(7)))
    for seed in range(1, 200):
        for question in draw_questions(unfair, seed):
            assert question.answer != twin
            assert question.answer != RIGHT or twin not in question.choices


def test_seeds_differ_and_the_answer_stands_at_every_place() -> None:
    varied = gallery(*(entry(column, 4, 2, 1, 0.5) for column in range(1, 12)))
    quizzes = [draw_questions(varied, seed) for seed in range(1, 60)]
    assert len(set(quizzes)) > 55
    places = [question.choices.index(question.answer) for quiz in quizzes for question in quiz]
    assert min(places.count(place) for place in range(CHOICES)) > len(places) / 8


def test_with_too_few_that_differ_there_is_no_quiz() -> None:
    assert draw_questions(gallery(entry(1, 1.0), entry(2, 1.0)), 1) == ()


@given(galleries(), seeds, st.data())
def test_the_score_counts_the_right_answers(gallery: Gallery, seed: int, data: st.DataObject) -> None:
    questions = draw_questions(gallery, seed)
    answers = [data.draw(st.sampled_from(question.choices)) for question in questions]
    right = [answer for question, answer in zip(questions, answers, strict=True) if answer == question.answer]
    assert score(questions, answers) == len(right)
    assert score(questions, [question.answer for question in questions]) == len(questions)
    assert score(questions, ()) == 0
