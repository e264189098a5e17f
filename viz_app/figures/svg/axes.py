"""The axes of a picture of curves: their ends, their ticks, and how a number is written at them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

Range = tuple[float, float]

LEAST: Final = 1e-100
"""Below this, and beyond its inverse, a number is no measurement, and rounding it to ticks would fail."""

_NICE_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
_LOG_STEPS: Final = (1.0, 2.0, 5.0)


def number(value: float) -> str:
    """A number with three digits that count, and no more zeros than it needs: 0.002, 1.7, 12,400, 1e-05."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if 1000 <= abs(rounded) < 1e7 else f"{rounded:g}"


class Axis:
    """From numbers to pixels, and where the ticks are.

    Attributes:
        first, last: the pixels of its ends.
        marks: pixel and number, as it is written, of every tick.
    """

    def __init__(
        self,
        ends: Range,
        pixels: Range,
        tick_pixels: float,
        *,
        log: bool = False,
        whole: bool = False,
        written: Callable[[float], str] | None = None,
    ) -> None:
        self.first, self.last = pixels
        self._scale: Callable[[float], float] = math.log10 if log else float
        self._low, self._high = self._scale(ends[0]), self._scale(ends[1])
        at_most = 1 + max(1, int(abs(self.last - self.first) / tick_pixels))
        ticks = _log_ticks(*ends, at_most) if log else _ticks(*ends, at_most, whole)
        numbers = [written(tick) for tick in ticks] if written else _numbers(ticks, log)
        self.marks = [(self(tick), number) for tick, number in zip(ticks, numbers, strict=True)]

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


def ends_of_x(values: Sequence[float], asked: Range | None) -> Range:
    """The ends of the axis: what was asked for, or from the least to the greatest value.

    Raises:
        ValueError: what was asked for is not finite or empty.
    """
    return _widened(values) if asked is None else _checked("x_range", asked, log=False)


def ends_of_y(values: Sequence[float], asked: Range | None, log: bool) -> Range:
    """The ends of the axis: what was asked for, or round numbers around the values, from 0 where they come near it.

    Raises:
        ValueError: what was asked for is not finite or empty, or reaches 0 on a logarithmic axis.
    """
    if asked is not None:
        return _checked("y_range", asked, log)
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
    if high - low > 1e-9 * size > LEAST:
        return low, high
    room = size / 2 if size > LEAST else 1.0
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
