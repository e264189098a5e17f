"""The curves of a training: the recorded numbers at their iterations, over the whole run from its beginning."""

from __future__ import annotations

from core.runs.run import IntervalPoint
from core.training.trainer import EpochResult
from viz_app.figures.training import training_figure, training_points, training_svgs
from viz_app.text.i18n import translator

POINTS = [
    IntervalPoint(20, 1, 2.5, 0.75, 0.001, 1.0),
    IntervalPoint(40, 1, 1.25, None, 0.002, 2.0),
    IntervalPoint(60, 2, 0.05, 0.25, 0.002, 3.0),
]
EPOCHS = [EpochResult(1, 1.9, 0.125, 2.0), EpochResult(2, 0.05, 0.9375, 2.0)]


def test_every_number_stands_at_its_iteration() -> None:
    assert training_points(POINTS, EPOCHS, 40) == {
        "loss": [(20, 2.5), (40, 1.25), (60, 0.05)],
        "exact_match": [(40, 0.125), (80, 0.9375)],
        "gradient_norm": [(20, 0.75), (60, 0.25)],
    }


def test_the_curves_stand_in_the_frame_of_the_whole_run() -> None:
    loss, match, norm = training_svgs(POINTS, EPOCHS, 40, 5)
    for svg in (loss, match, norm):
        assert ">0</text>" in svg and ">200</text>" in svg
    assert "Loss (logarithmic)" in loss and "Iteration 40\nLoss: 1.25" in loss
    assert ">100 %</text>" in match and "Iteration 80\nExact match on dates held out: 93.75 %" in match
    assert "Iteration 60\nLength of the gradient: 0.25" in norm


def test_what_is_not_always_right_never_reads_100() -> None:
    _loss, match, _norm = training_svgs([], [EpochResult(1, 0.1, 0.99999, 1.0)], 40, 5)
    assert "Exact match on dates held out: 99.99 %" in match


def test_before_the_first_number_there_are_axes_only() -> None:
    for svg in training_svgs([], [], 0, 3, _=translator("ja")):
        assert svg.startswith("<svg") and 'class="curve"' not in svg


def test_the_plotly_figure_has_the_same_numbers() -> None:
    figure = training_figure(POINTS, EPOCHS, 40)
    drawn = [list(zip(trace.x, trace.y, strict=True)) for trace in figure.data]
    assert drawn == list(training_points(POINTS, EPOCHS, 40).values())
    assert (figure.layout.yaxis.type, figure.layout.yaxis2.range) == ("log", (-0.02, 1.02))
