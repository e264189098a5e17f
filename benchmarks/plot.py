"""The growth of a training iteration as an SVG: one panel a size, both axes logarithmic."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.results import CORE, PRODUCTS, PYTORCH, Report, Result

# Told apart without colour too: by marker and by dash.
_STYLES = {CORE: ("#00429d", ""), PYTORCH: ("#c2571a", "6 3"), PRODUCTS: ("#6b6b6b", "2 3")}

_WIDTH, _HEIGHT = 300, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 44, 40


def growth_svg(report: Report) -> str | None:
    """The picture of the smallest number of threads; None where growth was not measured."""
    points = [result for result in report.results if result.sizes is not None]
    if not points:
        return None
    threads = min(result.threads or 1 for result in points)
    points = [result for result in points if result.threads == threads]
    names = list(dict.fromkeys(result.sizes[0] for result in points if result.sizes))
    times = [result.median(contender) * 1e3 for result in points for contender in result.samples]
    low, high = 10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times)))
    panels = [
        f'<g transform="translate({k * _WIDTH} 0)">'
        + _panel(name, [result for result in points if result.sizes and result.sizes[0] == name], low, high)
        + "</g>"
        for k, name in enumerate(names)
    ]
    words = "thread" if threads == 1 else "threads"
    title = f"Time of a training iteration in ms, {threads} {words}; sequences without equal beginnings"
    width = _WIDTH * len(names)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_HEIGHT}" role="img" aria-label="{title}" '
        'font-family="sans-serif" font-size="11" fill="#222">'
        f'<rect width="{width}" height="{_HEIGHT}" fill="#fff"/><text x="8" y="16">{title}</text>'
        + _legend()
        + "".join(panels)
        + "</svg>\n"
    )


def _panel(name: str, points: Sequence[Result], low: float, high: float) -> str:
    sizes = [result.sizes[1] for result in points if result.sizes]

    def x(size: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * _share(size, sizes[0], sizes[-1])

    def y(time: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * _share(time, low, high)

    parts = []
    decades = [10.0**k for k in range(round(math.log10(low)), round(math.log10(high)) + 1)]
    for time in decades:
        parts.append(f'<path d="M{_LEFT} {y(time):.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(time) + 4:.1f}" text-anchor="end">{time:g}</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{size}</text>')
    parts.append(f'<text x="{(_LEFT + _WIDTH) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{name}</text>')
    for contender in (c for c in _STYLES if c in points[0].samples):
        places = [(x(size), y(r.median(contender) * 1e3)) for size, r in zip(sizes, points, strict=True)]
        parts.append(_line(contender, places))
    return "".join(parts)


def _line(contender: str, places: Sequence[tuple[float, float]]) -> str:
    colour, dashes = _STYLES[contender]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in places)
    return f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"/>{dots}'


def _legend() -> str:
    parts = []
    for k, (contender, (colour, dashes)) in enumerate(_STYLES.items()):
        x = _LEFT + 110 * k
        parts.append(f'<path d="M{x} 30h24" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dashes}"/>')
        parts.append(f'<text x="{x + 30}" y="34">{contender}</text>')
    return "".join(parts)


def _share(value: float, low: float, high: float) -> float:
    """Where a value lies between two others on a logarithmic scale, 0 to 1."""
    return math.log(value / low) / math.log(high / low) if high > low else 0.5
