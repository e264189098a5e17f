"""How a training went as pictures: loss, exact match and gradient norm over the iterations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from core.files.wording import percentage
from core.runs.run import IntervalPoint
from core.training.trainer import EpochResult
from viz_app.figures.look import TRANSPARENT
from viz_app.figures.svg.curves import COLOURS, Line, Point, curve_svg
from viz_app.text.i18n import Translator, untranslated

if TYPE_CHECKING:
    import plotly.graph_objects as go

_NAMES: Final = ("loss", "exact_match", "gradient_norm")


def training_points(
    intervals: Sequence[IntervalPoint], epochs: Sequence[EpochResult], iterations: int
) -> dict[str, list[Point]]:
    """What is drawn: (iterations done, value) by the names "loss", "exact_match" and "gradient_norm".

    Args:
        iterations: of an epoch, at whose end its exact match stands.
    """
    return {
        "loss": [(point.iteration, point.loss) for point in intervals],
        "exact_match": [(result.epoch * iterations, result.exact_match) for result in epochs],
        "gradient_norm": [
            (point.iteration, point.gradient_norm) for point in intervals if point.gradient_norm is not None
        ],
    }


def training_svgs(
    intervals: Sequence[IntervalPoint],
    epochs: Sequence[EpochResult],
    iterations: int,
    n_epochs: int,
    *,
    _: Translator = untranslated,
    width: int = 400,
) -> list[str]:
    """The three curves as light SVGs, over the whole run from its beginning on, so that they grow in their frames.

    Args:
        intervals, epochs: what there is so far.
        iterations, n_epochs: of an epoch, and epochs in all; 0 iterations where they are not known yet.
    """
    last = max(iterations * n_epochs, 1)
    return curves_svgs(training_points(intervals, epochs, iterations), last, _=_, width=width)


def curves_svgs(
    points: Mapping[str, Sequence[Point]], last: int, *, _: Translator = untranslated, width: int = 400
) -> list[str]:
    """The curves of a training that there are points of, as light SVGs.

    Args:
        points: (iterations done, value) by some of the names "loss", "exact_match" and "gradient_norm".
        last: iteration at which the curves end.
    """
    titles = training_titles(_)

    def share(value: float) -> str:
        # As everywhere: what is not always right never reads 100.
        return _("{number} %").format(number=f"{float(percentage(value)):g}")

    logarithmic = _("{title} (logarithmic)").format(title=titles["loss"])
    looks: dict[str, dict[str, Any]] = {
        "loss": {"y_title": logarithmic, "log_y": True},
        "exact_match": {"y_title": titles["exact_match"], "y_range": (0, 1), "y_format": share},
        "gradient_norm": {"y_title": titles["gradient_norm"]},
    }
    colours = {"loss": 0, "exact_match": 2, "gradient_norm": 1}
    return [
        curve_svg(
            [Line(titles[name], list(points[name]), colours[name])],
            label=titles[name],
            x_title=_("Iteration"),
            x_range=(0.0, float(last)),
            width=width,
            **look,
        )
        for name, look in looks.items()
        if name in points
    ]


def training_titles(_: Translator) -> dict[str, str]:
    """What the curves show."""
    return {
        "loss": _("Loss"),
        "exact_match": _("Exact match on dates held out"),
        "gradient_norm": _("Length of the gradient"),
    }


def training_figure(
    intervals: Sequence[IntervalPoint],
    epochs: Sequence[EpochResult],
    iterations: int,
    *,
    _: Translator = untranslated,
) -> go.Figure:
    """The same three curves as a plotly figure, below each other: zoom, hover, a picture to keep."""
    from plotly.subplots import make_subplots

    points, titles = training_points(intervals, epochs, iterations), training_titles(_)
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    for row, (name, colour) in enumerate(zip(_NAMES, (0, 2, 1), strict=True), start=1):
        x, y = [point[0] for point in points[name]], [point[1] for point in points[name]]
        figure.add_scatter(
            x=x,
            y=y,
            name=titles[name],
            mode="lines+markers" if name == "exact_match" else "lines",
            line={"color": COLOURS[colour][0], "width": 2},
            row=row,
            col=1,
        )
        figure.update_yaxes(title_text=titles[name], row=row, col=1)
    figure.update_yaxes(type="log", row=1, col=1)
    figure.update_yaxes(range=[-0.02, 1.02], tickformat=".0%", row=2, col=1)
    figure.update_xaxes(title_text=_("Iteration"), row=3, col=1)
    figure.update_layout(
        height=640,
        showlegend=False,
        margin={"l": 70, "r": 10, "t": 10, "b": 50},
        **TRANSPARENT,
    )
    return figure
