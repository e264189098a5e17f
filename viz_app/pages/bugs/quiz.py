"""The quiz: a heatmap and a loss curve, which bug is it? Questions drawn by a seed from what was measured.

A question is fair where its picture tells the answer from every other choice. Two entries can be told apart

* by their maps of the date, where on the mean row of a digit at least `LEAST_MOVED` of the attention would have to be
  moved to make one of the other, or where one has rows that do not sum to 1 and the other has not;
* by their losses, where over at least `LEAST_TIME` of the training the worst seed of one is still better, by a factor
  of at least `LEAST_FACTOR`, than the best seed of the other.

A bug that cannot be told from the right code is never asked about; one that cannot be told from the answer is never a
choice beside it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.data.oracle import Judgement, judge
from core.exhibits.gallery import RIGHT, Gallery, GalleryEntry, GalleryMap, GalleryRun
from viz_app.pages.bugs.gallery import Band, ranges

_TOLD_BY_MONTHS_IN_WORDS: Final = frozenset({"input-not-reversed"})
"""What gives them away is where the letters of a month are read."""

QUESTIONS: Final = 8
CHOICES: Final = 4

# The same code from two seeds differs by 0.24 to 0.49 on the gallery's dates; what is to be seen has to be more.
LEAST_MOVED: Final = 0.55
LEAST_FACTOR: Final = 1.25
LEAST_TIME: Final = 0.25


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        answer: the entry whose picture is shown; `RIGHT` where nothing is wrong.
        date: the text that the map is of.
        choices: entries, the answer among them, in the order in which they are offered.
    """

    answer: str
    date: str
    choices: tuple[str, ...]


def draw_questions(gallery: Gallery, seed: int, count: int = QUESTIONS) -> tuple[Question, ...]:
    """The quiz of a seed: always the same for the same gallery.

    Every entry that can be asked about fairly is asked about once before any comes again, on another date then, and the
    right code at least once. `RIGHT` is always among the choices.

    Returns:
        at most `count` questions; none where nothing can be told from anything.
    """
    rng = random.Random(seed)
    rounds: list[Question] = []
    dates = _askable(gallery)
    asked = list(dates)
    while asked and len(rounds) < count:
        rng.shuffle(asked)
        if len(asked) > count and RIGHT not in asked[:count] and RIGHT in asked:
            asked.remove(RIGHT)
            asked.insert(rng.randrange(count), RIGHT)
        for answer in asked:
            question = _draw(gallery, answer, dates[answer], rng)
            dates[answer].remove(question.date)
            rounds.append(question)
        asked = [answer for answer in asked if dates[answer]]
    return tuple(rounds[:count])


def can_be_told_apart(gallery: Gallery, a: str, b: str, date: str) -> bool:
    """Do the pictures of two entries differ enough, on this date? The rule stands at the top of this file."""
    first, second = gallery.entries[a], gallery.entries[b]
    if date not in first.maps or date not in second.maps:
        return False
    return maps_differ(first.maps[date], second.maps[date]) or losses_differ(first, second)


def maps_differ(a: GalleryMap, b: GalleryMap) -> bool:
    """Would a person see that these are two maps?

    Where a hyphen looks is up to the model, since nothing typed decides it: other seeds have it look elsewhere.
    """
    first, second = np.array(a.weights), np.array(b.weights)
    if first.shape != second.shape or _is_normalised(first) != _is_normalised(second):
        return True
    digits = [i for i, character in enumerate(a.output) if character != "-"]
    return float(np.abs(first - second)[digits].sum(axis=1).mean()) / 2 >= LEAST_MOVED


def losses_differ(a: GalleryEntry, b: GalleryEntry) -> bool:
    """Is one loss clearly below the other for long enough, whatever the seed?"""
    others = {x: (low, high) for x, low, high in _loss_range(b.runs)}
    both = [(band, others[band[0]]) for band in _loss_range(a.runs) if band[0] in others]
    apart = [_above(band, other) for band, other in both]
    least = LEAST_TIME * len(both)
    return bool(both) and (apart.count(1) >= least or apart.count(-1) >= least)


# Every entry is compared with every other, for every question.
@lru_cache(maxsize=64)
def _loss_range(runs: tuple[GalleryRun, ...]) -> list[Band]:
    return ranges([run.intervals for run in runs])


def others(gallery: Gallery, answer: str, date: str) -> list[str]:
    """The entries that can stand beside the answer as choices."""
    return [name for name in gallery.entries if name != answer and can_be_told_apart(gallery, answer, name, date)]


def _askable(gallery: Gallery) -> dict[str, list[str]]:
    """Whatever can be asked about, and on which dates."""
    return {name: dates for name in gallery.entries if (dates := _dates(gallery, name))}


def _dates(gallery: Gallery, answer: str) -> list[str]:
    """The dates on which this can be asked: enough choices, the right code among them.

    Dates that the right code gets wrong are left out: there its own map is another one from every seed.
    """
    possible = []
    for date in gallery.dates:
        shown = gallery.entries[RIGHT].maps.get(date)
        if shown is None or judge(date, shown.output).judgement is not Judgement.RIGHT:
            continue
        if answer in _TOLD_BY_MONTHS_IN_WORDS and not any(map(str.isalpha, date)):
            continue
        beside = others(gallery, answer, date)
        if len(beside) >= CHOICES - 1 and (answer == RIGHT or RIGHT in beside):
            possible.append(date)
    return possible


def _draw(gallery: Gallery, answer: str, dates: Sequence[str], rng: random.Random) -> Question:
    date = rng.choice(dates)
    beside = [name for name in others(gallery, answer, date) if name != RIGHT]
    fixed = [answer] if answer == RIGHT else [answer, RIGHT]
    choices = [*fixed, *rng.sample(beside, CHOICES - len(fixed))]
    rng.shuffle(choices)
    return Question(answer, date, tuple(choices))


def _is_normalised(weights: NDArray[np.float64]) -> bool:
    return bool(np.abs(weights.sum(axis=1) - 1).max() < 0.1)


def _above(band: Band, other: tuple[float, float]) -> int:
    """1 where the band lies clearly above the other range, -1 below, 0 where they meet."""
    _x, low, high = band
    other_low, other_high = other
    return 1 if low >= LEAST_FACTOR * other_high else -1 if other_low >= LEAST_FACTOR * high else 0


def score(questions: Sequence[Question], answers: Sequence[str]) -> int:
    """How many of the answers given so far are right."""
    return sum(question.answer == answer for question, answer in zip(questions, answers, strict=False))
