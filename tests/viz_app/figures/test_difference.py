"""The difference of two maps, by value."""

from __future__ import annotations

import numpy as np
import pytest

from tests.traces import make_trace
from viz_app.figures.difference import difference_figure


def test_every_cell_is_changed_minus_original():
    original, changed = make_trace("2/10/93", "1993-02-10", seed=1), make_trace("2/10/93", "1993-02-11", seed=2)
    figure = difference_figure(original, changed, padding=True)
    assert original.weights is not None and changed.weights is not None
    np.testing.assert_array_equal(figure.data[0].z, changed.weights - original.weights)


def test_padding_stands_in_narrow_columns():
    original, changed = make_trace("2/10/93", "1993-02-10", seed=1), make_trace("2/10/93", "1993-02-11", seed=2)
    figure = difference_figure(original, changed)
    assert original.weights is not None and changed.weights is not None
    np.testing.assert_array_equal(figure.data[0].z, changed.weights - original.weights)
    widths = np.diff(figure.data[0].x)
    assert (widths[:7] == 1).all() and len(widths) == 29 and max(widths[7:]) < 0.1
    assert figure.layout.xaxis.ticktext[-1] == "+22"
    assert set(np.diff(difference_figure(original, changed, padding=True).data[0].x)) == {1}


def test_the_scale_is_symmetric_about_no_change():
    original, changed = make_trace("2/10/93", "1993-02-10", seed=1), make_trace("2/10/93", "1993-02-11", seed=2)
    heatmap = difference_figure(original, changed).data[0]
    assert heatmap.zmax == -heatmap.zmin == pytest.approx(np.abs(heatmap.z).max())
    assert heatmap.colorscale[5] == (0.5, "#f7f7f7")
    same = difference_figure(original, original).data[0]
    assert (same.zmin, same.zmax) == (-0.01, 0.01)


def test_what_differs_is_named_twice_and_a_line_stands_where_the_two_part():
    original, changed = make_trace("2/10/93", "1993-02-10", seed=1), make_trace("7/10/93", "1993-07-10", seed=2)
    layout = difference_figure(original, changed).layout
    assert layout.xaxis.ticktext == ("2→7", "/", "1", "0", "/", "9", "3", "+22")
    assert layout.yaxis.ticktext[6] == "2→7"
    assert [(line.y0, line.y1) for line in layout.shapes] == [(5.5 + 0.0, 5.5)]
    assert difference_figure(original, original).layout.shapes == ()


def test_two_maps_of_one_size_are_needed():
    with pytest.raises(ValueError, match="Two attention maps"):
        difference_figure(make_trace("2/10/93", "1993-02-10"), make_trace("2/10/93", "1993-02-10", attention=False))
