"""What the Bugs page says of its bugs is what the gallery that ships has measured."""

from __future__ import annotations

import math
from statistics import mean

import pytest

from core.exhibits.gallery import RIGHT, Gallery, GalleryEntry
from core.training.mistakes import MISTAKES
from viz_app.pages.bugs.gallery import shipped_gallery
from viz_app.pages.bugs.quiz import QUESTIONS, draw_questions
from viz_app.pages.bugs.words import bug_name
from viz_app.text.i18n import LANGUAGES, translator

UNSEEN = {"state-gradient-misplaced", "wrong-first-state", "gradients-not-clipped", "days-in-both-sets"}
"""Of these the page says that neither the loss nor the map tells them."""


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    gallery = shipped_gallery()
    assert gallery is not None and gallery.missing == ()
    return gallery


def last_losses(entry: GalleryEntry) -> list[float]:
    return [run.intervals[-1].loss for run in entry.runs]


def accuracy(entry: GalleryEntry) -> float:
    return mean(run.exact_match for run in entry.runs)


def test_what_cannot_be_seen_is_never_asked_about(gallery: Gallery) -> None:
    asked = {question.answer for seed in range(1, 100) for question in draw_questions(gallery, seed)}
    assert asked == {RIGHT, *MISTAKES} - UNSEEN - {"teacher-forced-map"}
    assert len(draw_questions(gallery, 1)) == QUESTIONS


def test_without_its_scale_the_quick_demo_learns_faster(gallery: Gallery) -> None:
    right, bug = gallery.entries[RIGHT], gallery.entries["affine-not-scaled"]
    assert max(last_losses(bug)) < min(last_losses(right))
    assert math.isclose(1 / math.sqrt(2 * gallery.recipe.hidden_size), 0.07, abs_tol=0.005)


@pytest.mark.parametrize("bug", ["state-gradient-misplaced", "wrong-first-state", "input-not-reversed"])
def test_some_cost_no_accuracy(gallery: Gallery, bug: str) -> None:
    assert abs(accuracy(gallery.entries[bug]) - accuracy(gallery.entries[RIGHT])) < 0.002


def test_the_input_not_reversed_costs_a_little_loss(gallery: Gallery) -> None:
    right, bug = gallery.entries[RIGHT], gallery.entries["input-not-reversed"]
    assert max(last_losses(right)) < min(last_losses(bug)) < 0.01


@pytest.mark.parametrize("bug", ["softmax-wrong-axis", "weights-without-encoder"])
def test_with_some_most_dates_come_out_right_and_fewer_than_without(gallery: Gallery, bug: str) -> None:
    assert 0.8 < accuracy(gallery.entries[bug]) < accuracy(gallery.entries[RIGHT]) - 0.02


def test_with_the_wrong_axis_a_row_gives_29(gallery: Gallery) -> None:
    rows = [row for map_ in gallery.entries["softmax-wrong-axis"].maps.values() for row in map_.weights]
    assert {sum(row) for row in rows} == {29}


def test_without_the_context_hardly_any_date_comes_out_right(gallery: Gallery) -> None:
    bug = gallery.entries["context-not-fed"]
    assert accuracy(bug) < 0.01
    assert all(3 < run.intervals[0].loss < 5 and 0.8 < run.intervals[-1].loss < 1.2 for run in bug.runs)


def test_no_gradient_was_ever_longer_than_allowed(gallery: Gallery) -> None:
    assert gallery.entries["gradients-not-clipped"] == gallery.entries[RIGHT]


def test_little_of_the_accuracy_is_memory(gallery: Gallery) -> None:
    for run in gallery.entries["days-in-both-sets"].runs:
        assert run.exact_match_unseen is not None and run.exact_match - run.exact_match_unseen < 0.05


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_bugs_have_one_name(language: str) -> None:
    names = [bug_name(bug, translator(language)) for bug in (RIGHT, *MISTAKES)]
    assert len(set(names)) == len(names) == 12
