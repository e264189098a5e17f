"""Curves over a training as an SVG text: light enough to be sent anew every second while a model learns.

The words and lines take the colour of the page's own text, and the curves a pair of colours for light and dark, so that
one text serves both.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zlib import crc32

from viz_app.figures.svg.axes import LEAST, Axis, Range, ends_of_x, ends_of_y, number
from viz_app.text.html import Markup, render

Point = tuple[float, float]

COLOURS: Final[tuple[tuple[str, str], ...]] = (
    ("#1f5fa8", "#79b0ec"),
    ("#b8420a", "#f5a05c"),
    ("#0f7048", "#56c790"),
    ("#8b3fa0", "#cf9bee"),
    ("#7a6000", "#e0c252"),
    ("#0b6b7d", "#5fcbdd"),
)
"""A colour on light and its like on dark ground; told apart with red-green colour blindness by lightness and dashes."""

_DASHES: Final = ("", "7 3", "2 3", "9 3 2 3", "4 2", "1 2")

# Lengths in pixels.
_TOP: Final = 30
_BOTTOM: Final = 40
_RIGHT: Final = 14
_LABEL_HEIGHT: Final = 15
_TICK_HEIGHT: Final = 34
_TICK_WIDTH: Final = 80
_CHARACTER: Final = 6.8

# Of the width: names take no more than what is left, so that on a phone, too, 200 pixels of a picture are the curves'.
_LEAST_PLOT: Final = 0.56

_GREATEST: Final = 1 / LEAST

# More points than pixels are seen by nobody, and sent to everybody.
_POINTS_AT_MOST: Final = 240
_STRIPS_AT_MOST: Final = 48


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: what stands beside it; plain text.
        points: (x, y), x ascending. A y that is not finite (or beyond 1e100) is a gap; on a logarithmic axis also one
            that is not above 0.
        colour: index of `COLOURS`, and of its dashes; counted round.
        band: (x, low, high), x ascending: a range around the curve, such as that over seeds.
    """

    name: str
    points: Sequence[Point]
    colour: int = 0
    band: Sequence[tuple[float, float, float]] | None = None


def curve_svg(
    lines: Sequence[Line],
    *,
    label: str,
    x_title: str = "",
    y_title: str = "",
    x_range: Range | None = None,
    y_range: Range | None = None,
    log_y: bool = False,
    y_format: Callable[[float], str] | None = None,
    marker_x: float | None = None,
    width: int = 420,
    height: int = 220,
) -> Markup:
    """Draw curves over a common x axis.

    Two or more curves have their names at their right ends, pushed apart where they would meet, and cut where they
    would take the room of the curves; of a single one the title of the y axis says what it is. Pointing anywhere tells
    the numbers of every curve there. Words are 12 pixels high at the width asked for; in a narrower place the picture
    shrinks, in a wider one it does not grow.

    Args:
        lines: the curves; without any, or without points, the axes alone are drawn.
        label: what the picture shows, for those who hear the page.
        x_title, y_title: of the axes.
        x_range, y_range: the ends of the axes; None for what the points need, y from 0 where they come near it.
        log_y: a logarithmic y axis.
        y_format: writes a y on the axis and where it is pointed at; None for plain numbers.
        marker_x: where an upright line stands, with a dot on every curve.
        width, height: in pixels.
    Returns:
        an SVG element of 2 to 30 kB; it runs nothing and contacts nobody.
    Raises:
        ValueError: a range is not finite or empty, or reaches 0 on a logarithmic axis; says which.
    Example:
        >>> svg = curve_svg([Line("loss", [(20, 2.1), (40, 1.7)])], label="Loss of the training", y_title="loss")
    """
    curves = [_Curve(line, log_y, len(lines) > 1) for line in lines]
    written = y_format or number
    ys = [y for curve in curves for y in curve.ys]
    xs = [x for curve in curves for x in curve.xs] + ([] if marker_x is None else [marker_x])
    whole = all(float(x).is_integer() for curve in curves for x, _y in curve.points)
    y = Axis(ends_of_y(ys, y_range, log_y), (height - _BOTTOM, _TOP), _TICK_HEIGHT, log=log_y, written=y_format)
    left = 10 + max(_width(words) for _pixel, words in y.marks)
    room = width - _RIGHT - 8 - left - _LEAST_PLOT * width
    for curve in _named(curves):
        curve.label = _cut(curve.name, room)
    right = width - _RIGHT - max((8 + _width(curve.label) for curve in _named(curves)), default=0)
    x = Axis(ends_of_x(xs, x_range), (left, right), _TICK_WIDTH, whole=whole)
    return render(
        "figures/svg/curves.svg.jinja",
        name=f"curves-{crc32(repr((label, [line.name for line in lines])).encode()):x}",
        width=width,
        height=height,
        label=label,
        summary=_summary(curves, written),
        x=x,
        y=y,
        x_title=x_title,
        y_title=y_title,
        bands=[(curve.paint, _band_way(curve, x, y)) for curve in curves if len(curve.band) > 1],
        ways=[(curve.paint, curve.dashes, _way(curve, x, y)) for curve in curves if curve.runs],
        marker=None if marker_x is None else x(marker_x),
        dots=_dots(curves, marker_x, x, y),
        names=_names(curves, x, y),
        strips=_strips(curves, x, y, x_title, written),
    )


class _Curve:
    """The points of a line that can be drawn."""

    def __init__(self, line: Line, log_y: bool, one_of_several: bool) -> None:
        self.line = line
        self.name = self.label = line.name
        light, dark = COLOURS[line.colour % len(COLOURS)]
        self.paint = f"light-dark({light},{dark})"
        self.dashes = _DASHES[line.colour % len(_DASHES)] if one_of_several else ""
        least = LEAST if log_y else -_GREATEST
        self.runs = list(_runs(line.points, least))
        self.points = [point for run in self.runs for point in run]
        self.band = [
            (x, low, high) for x, low, high in line.band or () if least < low <= high < _GREATEST and abs(x) < _GREATEST
        ]

    @property
    def xs(self) -> list[float]:
        """Every x, those of the band too."""
        return [x for x, _y in self.points] + [x for x, _low, _high in self.band]

    @property
    def ys(self) -> list[float]:
        """Every y, those of the band too."""
        return [y for _x, y in self.points] + [y for _x, *ends in self.band for y in ends]

    def at(self, x: float) -> float | None:
        """The y over an x: between its neighbours in a line; None outside the points."""
        i = bisect_left(self.points, (x, -math.inf))
        if i == len(self.points) or (i == 0 and self.points[0][0] != x):
            return None
        right_x, right_y = self.points[i]
        if right_x == x:
            return right_y
        left_x, left_y = self.points[i - 1]
        share = (x - left_x) / (right_x - left_x)
        # Never beyond either of them, as their difference, once rounded, would let it: a logarithm has no 0.
        return left_y * (1 - share) + right_y * share


def _runs(points: Iterable[Point], least: float) -> Iterator[list[Point]]:
    """The points between gaps."""
    run: list[Point] = []
    for x, y in points:
        if abs(x) < _GREATEST and least < y < _GREATEST:
            run.append((x, y))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _thinned(run: list[Point]) -> list[Point]:
    """At most `_POINTS_AT_MOST` of the points: of every stretch its lowest and highest, so that no peak is lost."""
    if len(run) <= _POINTS_AT_MOST:
        return run
    kept = [run[0]]
    stretches = _POINTS_AT_MOST // 2 - 1
    for i in range(stretches):
        stretch = run[i * len(run) // stretches : (i + 1) * len(run) // stretches]
        kept += sorted({min(stretch, key=lambda point: point[1]), max(stretch, key=lambda point: point[1])})
    return [*kept, run[-1]]


# --- Parts of the picture ---------------------------------------------------------------------------------------------


def _band_way(curve: _Curve, x: Axis, y: Axis) -> str:
    """Along the highs and back along the lows."""
    there = [f"{x(at):.1f} {y(high):.1f}" for at, _low, high in curve.band]
    back = [f"{x(at):.1f} {y(low):.1f}" for at, low, _high in reversed(curve.band)]
    return f"M{'L'.join(there + back)}Z"


def _way(curve: _Curve, x: Axis, y: Axis) -> str:
    return "".join("M" + "L".join(f"{x(at):.1f} {y(to):.1f}" for at, to in _thinned(run)) for run in curve.runs)


def _dots(curves: Sequence[_Curve], marker_x: float | None, x: Axis, y: Axis) -> list[tuple[str, float, float]]:
    """Paint and place of the points that stand alone, and of those on the marker."""
    points = [(curve, run[0]) for curve in curves for run in curve.runs if len(run) == 1]
    if marker_x is not None:
        points += [(curve, (marker_x, at)) for curve in curves if (at := curve.at(marker_x)) is not None]
    return [(curve.paint, x(at), y(to)) for curve, (at, to) in points]


def _named(curves: Sequence[_Curve]) -> list[_Curve]:
    """The curves that need a name beside them."""
    return [curve for curve in curves if curve.points and curve.name] if len(curves) > 1 else []


def _names(curves: Sequence[_Curve], x: Axis, y: Axis) -> list[tuple[_Curve, float, float]]:
    """The curves whose names stand at the right ends, as near to them as they can without touching each other."""
    named = sorted(_named(curves), key=lambda curve: y(curve.points[-1][1]))
    heights: list[float] = []
    for curve in named:
        wanted = y(curve.points[-1][1]) + 4
        heights.append(max(wanted, heights[-1] + _LABEL_HEIGHT) if heights else wanted)
    lowest = y.first
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], lowest)
        lowest = heights[i] - _LABEL_HEIGHT
    # A curve that ends early has its name at the edge all the same: inside it would lie on other curves.
    rights = [max(x(curve.points[-1][0]), x.last) + 8 for curve in named]
    return list(zip(named, rights, heights, strict=True))


def _strips(
    curves: Sequence[_Curve], x: Axis, y: Axis, x_title: str, written: Callable[[float], str]
) -> list[tuple[float, float, str]]:
    """Left edge, width and words of the strips that nobody sees; pointing at one tells the numbers there."""
    places = sorted({at for curve in curves for at, _y in curve.points})
    if len(places) > _STRIPS_AT_MOST:
        places = [places[i * (len(places) - 1) // (_STRIPS_AT_MOST - 1)] for i in range(_STRIPS_AT_MOST)]
    middles = [(x(a) + x(b)) / 2 for a, b in pairwise(places)]
    edges = pairwise([x.first, *middles, x.last])
    return [
        (left, right - left, _numbers_at(place, curves, x_title, written))
        for place, (left, right) in zip(places, edges, strict=False)
    ]


def _numbers_at(place: float, curves: Sequence[_Curve], x_title: str, written: Callable[[float], str]) -> str:
    values = [(curve.name, written(value)) for curve in curves if (value := curve.at(place)) is not None]
    lines = [f"{name}: {value}" if name else value for name, value in values]
    return "\n".join([f"{x_title} {number(place)}".strip(), *lines])


def _summary(curves: Sequence[_Curve], written: Callable[[float], str]) -> str:
    """Where every curve begins and ends, in words that need no translation."""
    return "; ".join(
        f"{curve.name}: {written(curve.points[0][1])} → {written(curve.points[-1][1])}"
        for curve in curves
        if curve.points
    )


def _width(text: str) -> float:
    """About how wide a text of 12 pixels height is: wide characters of Japanese and Korean count twice, nearly."""
    return sum(map(_width_of, text))


def _width_of(character: str) -> float:
    # Capitals are wider than the mean of a sentence, and a name may be made of nothing else.
    return 12.0 if unicodedata.east_asian_width(character) in "WF" or character in "WMmw@%" else _CHARACTER


def _cut(name: str, room: float) -> str:
    """As much of a name as fits into so many pixels, and a sign that there is more."""
    kept = name
    while kept and _width(kept) > room:
        kept, name = kept[:-1], f"{kept[:-2].rstrip()}…"
    return name
