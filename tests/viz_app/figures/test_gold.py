"""Gold outlines and small maps: at the right cells, with the right numbers."""

import numpy as np
import pytest

from core.data.gold import gold_padded
from tests.traces import make_trace
from viz_app.figures.attention import attention_figure
from viz_app.figures.gold import gold_figure, gold_shapes, map_figure

DETAILS = [[f"{i} {j}" for j in range(19)] for i in range(10)]


def cells_inside(shapes):
    """The cells whose middle lies in one of the rectangles."""
    inside = np.zeros((10, 29), bool)
    for shape in shapes:
        for i in range(10):
            for j in range(29):
                inside[i, j] |= shape["x0"] < j < shape["x1"] and shape["y0"] < i < shape["y1"]
    return inside


@pytest.mark.parametrize("text", ["september 27, 1994", "2/10/93", "TUESDAY, SEPTEMBER 25, 1984"])
def test_the_outlines_surround_the_gold_cells_and_no_others(text):
    gold = gold_padded(text, 29)
    shapes = gold_shapes(gold)
    np.testing.assert_array_equal(cells_inside(shapes), gold)
    # A dark line and a light one around each of the eight digits' stretches.
    assert len(shapes) == 16


def test_neighbours_share_an_outline_and_others_do_not():
    gold = np.zeros((1, 6), bool)
    gold[0, [0, 1, 3]] = True
    assert {(round(s["x0"] + 0.46), round(s["x1"] - 0.46)) for s in gold_shapes(gold)} == {(0, 1), (3, 3)}


def test_nothing_to_outline():
    assert gold_shapes(None) == []
    assert gold_shapes(np.zeros((10, 29), bool)) == []


def test_the_map_is_the_attention_map_without_its_steps():
    trace = make_trace()
    figure = gold_figure(trace, gold_padded(trace.text, 29))
    whole = attention_figure(trace)
    for ours, theirs in zip(figure.data[:2], whole.data[:2], strict=True):
        np.testing.assert_array_equal(ours.z, theirs.z)
    assert figure.data[3].customdata == whole.data[3].customdata
    assert figure.layout.sliders == figure.layout.updatemenus == figure.frames == ()
    assert figure.data[2].visible is False


def test_a_small_map_shows_every_number_those_of_the_padding_in_narrow_columns():
    trace = make_trace()
    shares = np.asarray(trace.weights, float)
    figure = map_figure(trace, shares, DETAILS, scale="greys")
    np.testing.assert_array_equal(figure.data[0].z, shares)
    widths = np.diff(figure.data[0].x)
    assert len(widths) == 29 and (widths[:18] == 1).all() and max(widths[18:]) < 0.2
    assert "".join(figure.layout.xaxis.ticktext) == "september␣27,␣1994+11"
    assert "".join(figure.layout.yaxis.ticktext) == "1994-09-27"
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    assert (figure.data[0].zmin, figure.data[0].zmax) == (0, 1)
    assert figure.data[0].hovertext[2][14] == "9 ← <b>1</b><br>2 14"
    assert set(figure.data[0].hovertext[2][18:]) == {"9 ← <b>padding spaces: 11</b><br>2 18"}
    assert figure.data[0].text is None


def test_a_minus_stands_where_a_number_is_negative_and_large_enough_to_be_seen():
    trace = make_trace()
    signed = np.zeros((10, 29))
    signed[0, [2, 3, 4]] = -5, 4.9, -0.1
    signed[1, 20:22] = -3, 2
    signed[1, 0] = -1
    figure = map_figure(trace, np.abs(signed) / 10, DETAILS, signed=signed)
    assert [(i, j) for i, row in enumerate(figure.data[0].text) for j, sign in enumerate(row) if sign] == [
        (0, 2),
        (1, 0),
    ], "in a narrow column there is no room for a sign"


def test_a_small_map_of_a_text_without_padding_and_with_empty_rows():
    trace = make_trace("TUESDAY, SEPTEMBER 25, 1984 ,")
    shares = np.asarray(trace.weights, float)
    shares[4] = np.nan
    figure = map_figure(trace, shares, [["x"] * 29] * 10)
    np.testing.assert_array_equal(figure.data[0].z, shares)
    assert len(figure.layout.xaxis.ticktext) == 29
