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
from html import escape
from itertools import pairwise
from typing import Final
from zlib import crc32

Point = tuple[float, float]
Range = tuple[float, float]

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

# Beyond these a number is no measurement, and rounding it to ticks would overflow.
_GREATEST: Final = 1e100
_LEAST: Final = 1e-100

# More points than pixels are seen by nobody, and sent to everybody.
_POINTS_AT_MOST: Final = 240
_STRIPS_AT_MOST: Final = 48
_NICE_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
_LOG_STEPS: Final = (1.0, 2.0, 5.0)


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
) -> str:
    """Draw curves over a common x axis.

    Two or more curves have their names at their right ends, pushed apart where they would meet; of a single one the
    title of the y axis says what it is. Pointing anywhere tells the numbers of every curve there. Words are 12 pixels
    high at the width asked for; in a narrower place the picture shrinks, in a wider one it does not grow.

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
    drawn = [_Curve(line, log_y, len(lines) > 1) for line in lines]
    written = y_format or number
    y_axis = _Axis(_y_range(drawn, y_range, log_y), (height - _BOTTOM, _TOP), log_y, _TICK_HEIGHT, False, y_format)
    left = 10 + max(map(_width, y_axis.numbers))
    right = width - _RIGHT - _names_width(drawn)
    x_axis = _Axis(_x_range(drawn, x_range, marker_x), (left, right), False, _TICK_WIDTH, _counts(drawn))
    name = f"curves-{crc32(repr((label, [line.name for line in lines])).encode()):x}"
    parts = [
        f'<svg class="curves" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-labelledby="{name} {name}-more" font-size="12" style="max-width:100%;height:auto">',
        f'<desc id="{name}">{escape(label)}</desc>',
        f'<desc id="{name}-more">{escape(_told(drawn, written))}</desc>',
        *_frame(x_axis, y_axis, x_title, y_title),
        *(_band(curve, x_axis, y_axis) for curve in drawn),
        *(_curve(curve, x_axis, y_axis) for curve in drawn),
        *_marker(drawn, marker_x, x_axis, y_axis),
        *_names(drawn, x_axis, y_axis),
        *_strips(drawn, x_axis, y_axis, x_title, written),
        "</svg>",
    ]
    return "".join(parts)


def number(value: float) -> str:
    """A number with three digits that count, and no more zeros than it needs: 0.002, 1.7, 12,400, 1e-05."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if 1000 <= abs(rounded) < 1e7 else f"{rounded:g}"


class _Curve:
    """The points of a line that can be drawn."""

    def __init__(self, line: Line, log_y: bool, one_of_several: bool) -> None:
        self.line = line
        self.name = line.name
        light, dark = COLOURS[line.colour % len(COLOURS)]
        self.paint = f"light-dark({light},{dark})"
        self.dashes = _DASHES[line.colour % len(_DASHES)] if one_of_several else ""
        least = _LEAST if log_y else -_GREATEST
        self.runs = list(_runs(line.points, least))
        self.points = [point for run in self.runs for point in run]
        self.band = [
            (x, low, high) for x, low, high in line.band or () if least < low <= high < _GREATEST and abs(x) < _GREATEST
        ]

    def at(self, x: float) -> float | None:
        """The y over an x: between its neighbours in a line; None outside the points."""
        i = bisect_left(self.points, (x, -math.inf))
        if i == len(self.points) or (i == 0 and self.points[0][0] != x):
            return None
        right_x, right_y = self.points[i]
        if right_x == x:
            return right_y
        left_x, left_y = self.points[i - 1]
        return left_y + (right_y - left_y) * (x - left_x) / (right_x - left_x)


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


# --- Axes -------------------------------------------------------------------------------------------------------------


class _Axis:
    """From numbers to pixels, and where the ticks are."""

    def __init__(
        self,
        ends: Range,
        pixels: Range,
        log: bool,
        tick_pixels: float,
        whole: bool,
        written: Callable[[float], str] | None = None,
    ) -> None:
        self.first, self.last = pixels
        self._scale: Callable[[float], float] = math.log10 if log else float
        self._low, self._high = self._scale(ends[0]), self._scale(ends[1])
        at_most = 1 + max(1, int(abs(self.last - self.first) / tick_pixels))
        self.ticks = _log_ticks(*ends, at_most) if log else _ticks(*ends, at_most, whole)
        self.numbers = [written(tick) for tick in self.ticks] if written else _numbers(self.ticks, log)

    def __call__(self, value: float) -> float:
        """The pixel of a number; of one beyond the axis that of its end."""
        share = (self._scale(value) - self._low) / (self._high - self._low)
        return self.first + (self.last - self.first) * min(max(share, 0.0), 1.0)


def _ticks(low: float, high: float, at_most: int, whole: bool = False) -> list[float]:
    """At most so many round numbers from low to high, evenly apart; only whole ones where asked for."""
    rough = (high - low) / at_most
    power = 10.0 ** math.floor(math.log10(rough))
    steps = [power * nice for nice in _NICE_STEPS]
    for step in [step for step in steps if step % 1 == 0] or [1.0] if whole else steps:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first + 1 <= at_most:
            break
    return [k * step for k in range(first, last + 1)] if last > first or whole else [low, high]


def _log_ticks(low: float, high: float, at_most: int) -> list[float]:
    """Powers of ten, all or every second and so on; where they are few, twice and five times them too."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for every, steps in ((1, _LOG_STEPS), *((every, (1.0,)) for every in range(1, len(decades) + 1))):
        values = (step * 10.0**decade for decade in decades if decade % every == 0 for step in steps)
        ticks = [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]
        if len(ticks) <= at_most:
            break
    return ticks if len(ticks) > 1 else [low, high]


def _numbers(ticks: Sequence[float], log: bool) -> list[str]:
    """The ticks as people write them, those of one linear axis with equally many digits after the point."""
    enough = [d for d in range(5) if all(abs(tick - round(tick, d)) < 1e-9 * abs(ticks[-1]) for tick in ticks)]
    long = abs(ticks[-1]) >= 1e7
    return (
        [number(tick) for tick in ticks] if log or long or not enough else [f"{tick:,.{enough[0]}f}" for tick in ticks]
    )


def _counts(curves: Sequence[_Curve]) -> bool:
    """Are all x whole numbers, as those of iterations and epochs are? There is no epoch 2.5."""
    return all(float(x).is_integer() for curve in curves for x, _y in curve.points)


def _x_range(curves: Sequence[_Curve], asked: Range | None, marker: float | None) -> Range:
    if asked is not None:
        return _checked("x_range", asked, log=False)
    values = [x for curve in curves for x, _y in curve.points] + [x for curve in curves for x, _l, _h in curve.band]
    return _widened(values + ([] if marker is None else [marker]))


def _y_range(curves: Sequence[_Curve], asked: Range | None, log: bool) -> Range:
    if asked is not None:
        return _checked("y_range", asked, log)
    values = [y for curve in curves for _x, y in curve.points]
    values += [y for curve in curves for _x, *ends in curve.band for y in ends]
    if log:
        return _log_range(min(values, default=0.1), max(values, default=1.0))
    low, high = _widened(values)
    if 0 <= low < high / 2:
        low = 0.0
    step = _ticks(low, high, 4)
    size = step[1] - step[0]
    return math.floor(low / size + 1e-9) * size, math.ceil(high / size - 1e-9) * size


def _widened(values: Sequence[float]) -> Range:
    """From the least to the greatest; where they are one, or nearly, with some room."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    size = max(abs(low), abs(high))
    if high - low > 1e-9 * size > _LEAST:
        return low, high
    room = size / 2 if size > _LEAST else 1.0
    return low - room, high + room


def _log_range(low: float, high: float) -> Range:
    """The nearest 1, 2 or 5 times a power of ten below and above."""
    below, above = 10.0 ** math.floor(math.log10(low)), 10.0 ** math.floor(math.log10(high))
    start = max(step * below for step in _LOG_STEPS if step * below <= low * (1 + 1e-9))
    end = min(step * above for step in (*_LOG_STEPS, 10.0) if step * above >= high * (1 - 1e-9))
    return (start, end) if start < end else (start / 2, end * 2)


def _checked(name: str, ends: Range, log: bool) -> Range:
    low, high = ends
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{name} is {ends}; expected two finite numbers, the smaller first")
    if log and low <= 0:
        raise ValueError(f"{name} is {ends}; a logarithmic axis expected numbers above 0")
    return ends


# --- Parts of the picture ---------------------------------------------------------------------------------------------


def _frame(x: _Axis, y: _Axis, x_title: str, y_title: str) -> Iterator[str]:
    """Lines across at the ticks, numbers, and the titles: of y above its numbers, where it is read without turning."""
    faint = 'stroke="currentColor" stroke-width="1"'
    for tick, written in zip(y.ticks, y.numbers, strict=True):
        yield f'<path d="M{x.first:.1f} {y(tick):.1f}H{x.last:.1f}" {faint} opacity="0.15"/>'
        yield _text(x.first - 6, y(tick) + 4, written, "end", "tick y")
    yield f'<path d="M{x.first:.1f} {y.first:.1f}H{x.last:.1f}" {faint} opacity="0.5"/>'
    for tick, written in zip(x.ticks, x.numbers, strict=True):
        yield f'<path d="M{x(tick):.1f} {y.first:.1f}v4" {faint} opacity="0.5"/>'
        yield _text(x(tick), y.first + 17, written, "middle", "tick x")
    yield _text(0, 13, y_title, "start", "title y", weight=600)
    yield _text(x.last, y.first + 34, x_title, "end", "title x")


def _band(curve: _Curve, x: _Axis, y: _Axis) -> str:
    if len(curve.band) < 2:
        return ""
    there = [f"{x(at):.1f} {y(high):.1f}" for at, _low, high in curve.band]
    back = [f"{x(at):.1f} {y(low):.1f}" for at, low, _high in reversed(curve.band)]
    return f'<path class="band" d="M{"L".join(there + back)}Z" style="fill:{curve.paint}" opacity="0.2"/>'


def _curve(curve: _Curve, x: _Axis, y: _Axis) -> str:
    """A line through the points; a dot for a point that stands alone."""
    if not curve.runs:
        return ""
    way = "".join("M" + "L".join(f"{x(at):.1f} {y(to):.1f}" for at, to in _thinned(run)) for run in curve.runs)
    alone = "".join(_dot(x(run[0][0]), y(run[0][1]), curve) for run in curve.runs if len(run) == 1)
    dashes = f' stroke-dasharray="{curve.dashes}"' if curve.dashes else ""
    return (
        f'<path class="curve" d="{way}" fill="none" style="stroke:{curve.paint}" stroke-width="2" '
        f'stroke-linejoin="round"{dashes}/>{alone}'
    )


def _dot(x: float, y: float, curve: _Curve) -> str:
    return f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5" style="fill:{curve.paint}"/>'


def _marker(curves: Sequence[_Curve], at: float | None, x: _Axis, y: _Axis) -> Iterator[str]:
    if at is None:
        return
    yield (
        f'<path class="marker" d="M{x(at):.1f} {y.last:.1f}V{y.first:.1f}" stroke="currentColor" stroke-width="1.5" '
        'stroke-dasharray="3 3" opacity="0.7"/>'
    )
    for curve in curves:
        value = curve.at(at)
        if value is not None:
            yield _dot(x(at), y(value), curve)


def _named(curves: Sequence[_Curve]) -> list[_Curve]:
    """The curves that need a name beside them."""
    return [curve for curve in curves if curve.points and curve.name] if len(curves) > 1 else []


def _names_width(curves: Sequence[_Curve]) -> float:
    return max((8 + _width(curve.name) for curve in _named(curves)), default=0)


def _names(curves: Sequence[_Curve], x: _Axis, y: _Axis) -> Iterator[str]:
    """The names at the right ends, as near to them as they can stand without touching each other."""
    named = sorted(_named(curves), key=lambda curve: y(curve.points[-1][1]))
    heights: list[float] = []
    for curve in named:
        wanted = y(curve.points[-1][1]) + 4
        heights.append(max(wanted, heights[-1] + _LABEL_HEIGHT) if heights else wanted)
    lowest = y.first
    for i in reversed(range(len(heights))):
        heights[i] = min(heights[i], lowest)
        lowest = heights[i] - _LABEL_HEIGHT
    for curve, height in zip(named, heights, strict=True):
        end = x(curve.points[-1][0])
        # A curve that ends early has its name at the edge all the same: inside it would lie on other curves.
        yield _text(max(end, x.last) + 8, height, curve.name, "start", "name", paint=curve.paint, weight=600)


def _strips(
    curves: Sequence[_Curve], x: _Axis, y: _Axis, x_title: str, written: Callable[[float], str]
) -> Iterator[str]:
    """Upright strips that nobody sees; pointing at one tells the numbers there."""
    places = sorted({at for curve in curves for at, _y in curve.points})
    if len(places) > _STRIPS_AT_MOST:
        places = [places[i * (len(places) - 1) // (_STRIPS_AT_MOST - 1)] for i in range(_STRIPS_AT_MOST)]
    middles = [(x(a) + x(b)) / 2 for a, b in pairwise(places)]
    edges = [x.first, *middles, x.last]
    for i, place in enumerate(places):
        told = [f"{x_title} {number(place)}".strip()]
        for curve in curves:
            value = curve.at(place)
            if value is not None:
                told.append(f"{curve.name}: {written(value)}" if curve.name else written(value))
        yield (
            f'<rect class="strip" x="{edges[i]:.1f}" y="{y.last:.1f}" width="{edges[i + 1] - edges[i]:.1f}" '
            f'height="{y.first - y.last:.1f}" fill="none" pointer-events="all">'
            f"<title>{escape(chr(10).join(told))}</title></rect>"
        )


def _told(curves: Sequence[_Curve], written: Callable[[float], str]) -> str:
    """Where every curve begins and ends, in words that need no translation."""
    return "; ".join(
        f"{curve.name}: {written(curve.points[0][1])} → {written(curve.points[-1][1])}"
        for curve in curves
        if curve.points
    )


def _text(
    x: float, y: float, text: str, anchor: str, kind: str, *, paint: str = "currentColor", weight: int = 0
) -> str:
    if not text:
        return ""
    heavy = f' font-weight="{weight}"' if weight else ""
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="fill:{paint}"{heavy}>'
        f"{escape(text)}</text>"
    )


def _width(text: str) -> float:
    """About how wide a text of 12 pixels height is: wide characters of Japanese and Korean count twice, nearly."""
    return sum(12.0 if unicodedata.east_asian_width(c) in "WF" else _CHARACTER for c in text)
