"""Curves as SVG: the points where the numbers are, round ticks, names that never meet, and no text read as markup."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from viz_app.figures.svg.axes import number
from viz_app.figures.svg.curves import COLOURS, Line, curve_svg

LOSS = [(20.0, 4.0), (40.0, 2.0), (60.0, 1.0), (80.0, 0.0)]
finite = st.floats(-1e12, 1e12)


def parse(svg: str) -> ElementTree.Element:
    """The picture as a tree; fails where it is not well-formed."""
    return ElementTree.fromstring(svg)


def all_of(svg: str, kind: str) -> list[ElementTree.Element]:
    """The elements of a class."""
    return [element for element in parse(svg).iter() if element.get("class") == kind]


def words(svg: str, kind: str) -> list[str]:
    """The texts of a class."""
    return ["".join(element.itertext()) for element in all_of(svg, kind)]


def ways(svg: str, kind: str = "curve") -> list[list[tuple[float, float]]]:
    """The pixels of every stretch of every line of a class."""
    stretches = [way for element in all_of(svg, kind) for way in element.get("d", "").strip("MZ").split("M")]
    return [[(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", way)] for way in stretches]


def test_points_lie_where_the_axes_say() -> None:
    svg = curve_svg([Line("loss", LOSS)], label="Loss", x_range=(0, 80), y_range=(0, 4))
    ticks = {text.text: float(text.get("y", 0)) - 4 for text in all_of(svg, "tick y")}
    places = {text.text: float(text.get("x", 0)) for text in all_of(svg, "tick x")}
    assert (list(ticks), list(places)) == (["0", "1", "2", "3", "4"], ["0", "20", "40", "60", "80"])
    [curve] = ways(svg)
    expected = [(places[f"{x:g}"], ticks[f"{y:g}"]) for x, y in LOSS]
    assert [pytest.approx(point, abs=0.11) for point in expected] == curve


def test_a_logarithmic_axis_has_equal_steps_for_equal_ratios() -> None:
    points = [(1.0, 100.0), (2.0, 10.0), (3.0, 1.0), (4.0, 0.1)]
    svg = curve_svg([Line("loss", points)], label="Loss", log_y=True)
    assert words(svg, "tick y") == ["0.1", "1", "10", "100"]
    heights = [y for _, y in ways(svg)[0]]
    steps = [b - a for a, b in pairwise(heights)]
    assert steps == [pytest.approx(steps[0], abs=0.11)] * 3


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0, 12, ["0.0", "2.5", "5.0", "7.5", "10.0"]),
        (0, 12_000, ["0", "2,500", "5,000", "7,500", "10,000"]),
        (3, 3.05, ["3.00", "3.02", "3.04"]),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, expected: list[str]) -> None:
    assert words(curve_svg([], label="", y_range=(low, high)), "tick y") == expected


@pytest.mark.parametrize(
    ("epochs", "expected"), [([1, 10], ["2", "4", "6", "8", "10"]), ([1, 2], ["1", "2"]), ([3], ["2", "3", "4"])]
)
def test_epochs_are_counted_in_whole_numbers(epochs: list[int], expected: list[str]) -> None:
    assert words(curve_svg([Line("", [(epoch, 1.0) for epoch in epochs])], label=""), "tick x") == expected


def test_what_is_no_count_may_have_parts() -> None:
    svg = curve_svg([Line("", [(1.5, 1.0), (2.5, 1.0)])], label="")
    assert words(svg, "tick x") == ["1.6", "1.8", "2.0", "2.2", "2.4"]


def test_an_axis_that_nearly_reaches_zero_starts_there_and_another_does_not() -> None:
    near = curve_svg([Line("", [(1, 1.2), (2, 3.1)])], label="")
    far = curve_svg([Line("", [(1, 3.0), (2, 3.1)])], label="")
    assert [float(words(svg, "tick y")[0]) for svg in (near, far)] == [0, 3]


def test_what_has_no_number_is_a_gap() -> None:
    points = [(1, 1.0), (2, 2.0), (3, math.nan), (4, math.inf), (5, 5.0), (6, 6.0), (7, math.nan), (8, 8.0)]
    svg = curve_svg([Line("norm", points)], label="")
    assert [len(way) for way in ways(svg)] == [2, 2, 1]
    # A point alone would not be seen as a line.
    assert len(all_of(svg, "dot")) == 1
    assert len(ways(curve_svg([Line("norm", [(1, 1), (2, 0), (3, 1)])], label="", log_y=True))) == 2


def test_a_band_goes_along_its_highs_and_back_along_its_lows() -> None:
    line = Line("a", [(0, 5), (10, 5)], 0, [(0, 4, 6), (10, 2, 8)])
    svg = curve_svg([line], label="", x_range=(0, 10), y_range=(0, 10))
    [[a, b, c, d]] = ways(svg, "band")
    [[start, end]] = ways(svg)
    assert (a[0], b[0], c[0], d[0]) == (start[0], end[0], end[0], start[0])
    assert b[1] < a[1] < start[1] < d[1] < c[1]


def test_a_marker_has_a_dot_on_every_curve_between_its_points() -> None:
    lines = [Line("a", [(0, 0), (10, 10)]), Line("b", [(0, 10), (10, 10)], 1), Line("c", [(0, 3), (2, 3)], 2)]
    svg = curve_svg(lines, label="", x_range=(0, 10), y_range=(0, 10), marker_x=3)
    ticks = {text.text: float(text.get("y", 0)) - 4 for text in all_of(svg, "tick y")}
    dots = [float(dot.get("cy", 0)) for dot in all_of(svg, "dot")]
    assert dots == [
        pytest.approx(0.7 * ticks["0.0"] + 0.3 * ticks["10.0"], abs=0.11),
        pytest.approx(ticks["10.0"], abs=0.11),
    ]
    assert len(all_of(svg, "marker")) == 1


def test_several_curves_are_named_in_their_own_colours_and_one_is_not() -> None:
    lines = [Line("Attention", LOSS, 0), Line("Peeky", LOSS, 1)]
    svg = curve_svg(lines, label="")
    assert words(svg, "name") == ["Attention", "Peeky"]
    for name, curve, colour in zip(all_of(svg, "name"), all_of(svg, "curve"), COLOURS, strict=False):
        paint = f"light-dark({colour[0]},{colour[1]})"
        assert paint in name.get("style", "") and paint in curve.get("style", "")
    assert {curve.get("stroke-dasharray") for curve in all_of(svg, "curve")} == {None, "7 3"}
    alone = curve_svg(lines[1:], label="")
    assert words(alone, "name") == [] and all_of(alone, "curve")[0].get("stroke-dasharray") is None


@given(st.lists(finite, min_size=2, max_size=8))
def test_names_never_meet_and_stay_in_the_picture(ends: list[float]) -> None:
    lines = [Line(f"model {i}", [(0, 0), (1, end)], i) for i, end in enumerate(ends)]
    svg = curve_svg(lines, label="", height=220)
    heights = sorted(float(name.get("y", 0)) for name in all_of(svg, "name"))
    assert len(heights) == len(ends)
    assert all(b - a >= 14.9 for a, b in pairwise(heights))
    assert heights[0] >= 12 and heights[-1] <= 220


@pytest.mark.parametrize("name", ["W" * 58, "x" * 80, "とても長い日本語の名前の学習" * 5, "many words " * 7, "x"])
def test_a_name_of_any_length_leaves_the_curves_their_room(name: str) -> None:
    svg = curve_svg([Line(name, LOSS), Line("b", LOSS)], label="", y_format=lambda y: f"{100 * y:.0f} %", width=480)
    [way, _other] = ways(svg)
    # On a phone 480 pixels are shown as 358.
    assert (way[-1][0] - way[0][0]) * 358 / 480 >= 200
    [shown] = [text for text in all_of(svg, "name") if text.text != "b"]
    written = str(shown.text)
    assert written == name if len(name) < 10 else written.endswith("…") and len(written) < 24
    assert shown.findtext("title", written) == name


def test_pointing_tells_the_numbers_of_every_curve_there() -> None:
    lines = [Line("a", [(0, 0.5), (10, 1.0)]), Line("b", [(10, 0.25)], 1)]
    svg = curve_svg(lines, label="", x_title="epoch", y_format=lambda y: f"{100 * y:.0f} %")
    assert words(svg, "strip") == ["epoch 0\na: 50 %", "epoch 10\na: 100 %\nb: 25 %"]
    edges = [(float(s.get("x", 0)), float(s.get("width", 0))) for s in all_of(svg, "strip")]
    assert edges[1][0] == pytest.approx(edges[0][0] + edges[0][1], abs=0.11)


def test_it_is_told_to_those_who_hear_the_page() -> None:
    svg = curve_svg([Line("a", LOSS), Line("b", [])], label="Loss of <the> training")
    root = parse(svg)
    told = {element.get("id"): element.text for element in root.iter("desc")}
    heard = " ".join(str(told[name]) for name in root.get("aria-labelledby", "").split())
    assert (root.get("role"), heard) == ("img", "Loss of <the> training a: 4 → 0")


def test_texts_are_never_markup() -> None:
    bad = "<script>&\"'"
    svg = curve_svg(
        [Line(bad, LOSS), Line("b", LOSS)], label=bad, x_title=bad, y_title=bad, y_format=lambda y: f"{bad}{y}"
    )
    assert "<script" not in svg
    assert words(svg, "title y") == [bad] and words(svg, "name")[0].endswith(bad)


def test_a_long_training_is_no_longer_to_send_and_keeps_its_peaks() -> None:
    points = [(float(i), 1.0) for i in range(20_000)]
    points[12_345] = (12_345.0, 9.0)
    points[23] = (23.0, 0.5)
    svg = curve_svg([Line("loss", points)], label="", y_range=(0, 10))
    [way] = ways(svg)
    assert len(svg) < 20_000 and len(way) <= 241
    heights = [y for _, y in way]
    straight = sorted(heights)[len(heights) // 2]
    ticks = {text.text: float(text.get("y", 0)) - 4 for text in all_of(svg, "tick y")}
    per_unit = (ticks["0.0"] - ticks["10.0"]) / 10
    assert min(heights) == pytest.approx(straight - 8 * per_unit, abs=0.2)
    assert max(heights) == pytest.approx(straight + 0.5 * per_unit, abs=0.2)


@pytest.mark.parametrize("ends", [(1, 1), (2, 1), (0, math.inf), (math.nan, 1)])
def test_a_range_without_length_is_refused(ends: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"x_range is .*; expected two finite numbers, the smaller first"):
        curve_svg([], label="", x_range=ends)
    with pytest.raises(ValueError, match=r"y_range is .*; expected two finite numbers, the smaller first"):
        curve_svg([], label="", y_range=ends)
    with pytest.raises(ValueError, match="expected numbers above 0"):
        curve_svg([], label="", y_range=(0, 1), log_y=True)


@given(st.lists(st.tuples(finite, st.floats() | finite), max_size=30).map(sorted), st.booleans(), st.none() | finite)
@example([(-1.0, 1.0), (8e-121, 1e-38)], True, 0.0)
def test_whatever_the_numbers_it_is_a_picture(points: list[tuple[float, float]], log: bool, at: float | None) -> None:
    svg = curve_svg([Line("a", points), Line("b", [(0, 1)], 7)], label="", log_y=log, marker_x=at)
    for way in ways(svg):
        assert all(0 <= x <= 420 and 29.9 <= y <= 180.1 for x, y in way)
    assert re.search(r'="[^"]*(nan|inf)', svg) is None
    assert 2 <= len(words(svg, "tick y")) <= 5 and 1 <= len(words(svg, "tick x")) <= 6


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.002, "0.002"), (1.7049, "1.7"), (12_400, "12,400"), (1e-5, "1e-05"), (999.96, "1,000"), (-3, "-3")],
)
def test_numbers_are_written_short(value: float, text: str) -> None:
    assert number(value) == text
