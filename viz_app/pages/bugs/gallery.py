"""The gallery of bugs as the page draws it: read once, its curves over the seeds, its maps."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from core.decoding.trace import DecodingTrace
from core.exhibits.gallery import (
    GALLERY_FILE,
    GALLERY_FOLDER,
    Gallery,
    GalleryEntry,
    GalleryError,
    GalleryMap,
    read_gallery,
)
from viz_app.figures.svg.curves import Line, Point

# Nobody sees a smaller difference of two weights by their colours.
_LEAST_SEEN: Final = 0.05

_LOG: Final = logging.getLogger(__name__)

Band = tuple[float, float, float]
"""x, and the lowest and highest y over the seeds."""


@lru_cache(maxsize=1)
def shipped_gallery() -> Gallery | None:
    """The gallery that ships with the app; None where it does not, or where it is damaged, which the log tells."""
    if not (GALLERY_FOLDER / GALLERY_FILE).is_file():
        return None
    try:
        return read_gallery(GALLERY_FOLDER)
    except GalleryError:
        _LOG.exception("the gallery of bugs cannot be shown")
        return None


def map_of(trace: DecodingTrace) -> GalleryMap:
    """The map of a decoding, as those of the gallery are.

    Raises:
        ValueError: the model has no attention.
    """
    if trace.weights is None:
        raise ValueError(f"got a decoding by {trace.model!r}, which has no attention; expected one with a map")
    return GalleryMap(trace.source, trace.output, tuple(map(tuple, trace.weights.tolist())))


def look_alike(a: GalleryMap, b: GalleryMap) -> bool:
    """Would nobody see a difference?"""
    cells = zip(chain.from_iterable(a.weights), chain.from_iterable(b.weights), strict=True)
    return a.output == b.output and all(abs(x - y) < _LEAST_SEEN for x, y in cells)


def first_that_differs(maps: Iterable[tuple[str, GalleryMap, GalleryMap]]) -> str | None:
    """The first date whose two maps a person can tell apart; None where there is none."""
    return next((date for date, right, wrong in maps if not look_alike(right, wrong)), None)


def loss_line(entry: GalleryEntry, name: str, colour: int) -> Line:
    """The mean loss over the seeds, with their range."""
    curves = [run.intervals for run in entry.runs]
    return Line(name, means(curves), colour, ranges(curves))


def accuracy_line(entry: GalleryEntry, name: str, colour: int) -> Line:
    """The mean exact match over the seeds after every epoch, with their range."""
    curves = [[(epoch.epoch, epoch.exact_match) for epoch in run.epochs] for run in entry.runs]
    return Line(name, means(curves), colour, ranges(curves))


def means(curves: Iterable[Sequence[Point]]) -> list[Point]:
    """The mean of the curves that have a y over an x."""
    return [(x, math.fsum(ys) / len(ys)) for x, ys in _by_x(curves).items()]


def ranges(curves: Iterable[Sequence[Point]]) -> list[Band]:
    """The lowest and highest y over every x."""
    return [(x, min(ys), max(ys)) for x, ys in _by_x(curves).items()]


def _by_x(curves: Iterable[Sequence[Point]]) -> dict[float, list[float]]:
    found: dict[float, list[float]] = {}
    for x, y in sorted(point for curve in curves for point in curve):
        found.setdefault(x, []).append(y)
    return found
