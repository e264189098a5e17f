"""The light map of attention weights: every weight in its cell, in its colour, and nothing read as markup."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from viz_app.figures.colours import INK, SCALES
from viz_app.figures.svg.weights import weights_svg

WEIGHTS = [[0.0, 0.25, 0.75, 0.0], [1.0, 0.0, 0.0, 0.0]]


def draw(weights: list[list[float]], source: str = "2/1", output: str = "19", **how: str) -> ElementTree.Element:
    return ElementTree.fromstring(weights_svg(weights, source, output, label="map", title="input", **how))


def test_every_weight_has_its_cell_and_its_colour() -> None:
    cells = list(draw([row[:3] for row in WEIGHTS], scale="cividis").iter("rect"))
    told = [cell[0].text for cell in cells]
    assert told == ["1 ← 2: 0.000", "1 ← /: 0.250", "1 ← 1: 0.750", "9 ← 2: 1.000", "9 ← /: 0.000", "9 ← 1: 0.000"]
    shades = [SCALES["cividis"].light.index(str(cell.get("fill"))) for cell in cells]
    assert shades == [0, 64, 191, 255, 0, 0]
    lefts, tops = ([float(cell.get(side, 0)) for cell in cells] for side in ("x", "y"))
    assert lefts[:3] == lefts[3:] == sorted(set(lefts)) and tops[:3] == [tops[0]] * 3 and tops[3] > tops[0]


def test_weights_of_the_padding_stand_in_narrow_columns_and_are_not_summed_up() -> None:
    root = draw([[0.0, 0.25, 0.5, 0.25]], source="2", output="1", scale="greys")
    cells = list(root.iter("rect"))
    assert [cell[0].text for cell in cells] == ["1 ← 2: 0.000", "1 ← ·: 0.250", "1 ← ·: 0.500", "1 ← ·: 0.250"]
    assert [cell.get("fill") for cell in cells] == [SCALES["greys"].light[i] for i in (0, 64, 128, 64)]
    lefts, widths = ([float(cell.get(name, 0)) for cell in cells] for name in ("x", "width"))
    assert all(left + width <= right + 0.02 for left, width, right in zip(lefts, widths, lefts[1:], strict=False))
    assert max(widths[1:]) < widths[0] and lefts[-1] + widths[-1] <= float(root.get("width", 0))
    assert [text.text for text in root.iter("text")] == ["input", "2", "+3", "1"]


def test_cells_follow_the_page_from_light_to_dark() -> None:
    (cell,) = draw([[1.0]], source="2", output="1").iter("rect")
    light, dark = INK.light[255], INK.dark[255]
    assert cell.attrib["style"] == f"fill:light-dark({light},{dark})" and cell.get("fill") == light
    (cell,) = draw([[1.0]], source="2", output="1", scale="greys").iter("rect")
    assert "style" not in cell.attrib


def test_characters_stand_at_their_rows_and_columns() -> None:
    root = draw([[0.5] * 3, [0.5] * 3], source="2 <")
    texts = [text.text for text in root.iter("text")]
    assert texts == ["input", "2", "␣", "<", "1", "9"]
    assert (root.get("role"), root.get("aria-label")) == ("img", "map")


def test_a_weight_outside_its_range_has_the_colour_of_the_end() -> None:
    cells = list(draw([[-0.5, 1.5, 0.5]], output="1", scale="greys").iter("rect"))
    assert [cell.get("fill") for cell in cells] == [SCALES["greys"].light[i] for i in (0, 255, 128)]


@pytest.mark.parametrize("weights", [[], [[1.0, 0.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])
def test_weights_that_do_not_fit_are_refused(weights: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="expected 2 rows of at least 3"):
        draw(weights)
    with pytest.raises(ValueError, match="no colour scale 'red'"):
        draw(WEIGHTS, scale="red")
