"""All rungs of the ladder together: how often each is right, by the way a date is written and over its training."""

from __future__ import annotations

import streamlit as st

from core.data.dates import FAMILIES
from core.exhibits.seeds import Spread, read_spread
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError
from viz_app.figures.svg.curves import Line, curve_svg
from viz_app.pages.ladder.rungs import Rung
from viz_app.session import models, runs
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator, counted
from viz_app.text.tables import column_name, percent, table


def family_table(shown: list[Rung], _: Translator) -> Markup:
    """Exact match on the held-out dates, a row for every way to write a date, from the models' own files."""
    families: dict[str, str | None] = {family.example: family.name for family in FAMILIES} | {_("All"): None}
    rows = [
        [written_like, *(percent(models.share_right(rung.name, family), _, 1) for rung in shown)]
        for written_like, family in families.items()
    ]
    header = [_("Written like"), *(column_name(models.title(rung.name, _)) for rung in shown)]
    return table(header, rows, _("Right answers on the held-out dates, by the way they are written"))


def accuracy_curves(shown: list[Rung], _: Translator) -> Markup:
    """Exact match over the epochs as SVG: of the models themselves, and around them what other seeds reached."""
    lines = [accuracy_line(rung, i, _) for i, rung in enumerate(shown)]
    return curve_svg(
        lines,
        label=_("Right answers on the held-out dates after every epoch, a curve for every model"),
        x_title=_("epoch"),
        y_title=_("right answers"),
        y_range=(0.0, 1.0),
        y_format=lambda share: percent(share, _),
        width=480,
        height=260,
    )


def accuracy_line(rung: Rung, colour: int, _: Translator) -> Line:
    """Exact match of a model after every epoch; of one that ships with the band of all its seeds."""
    title = models.title(rung.name, _)
    run = models.run_of(rung.name)
    if run is not None:
        points = [(float(epoch.epoch), epoch.exact_match) for epoch in runs.store().epochs(run.number)]
        return Line(title, points, colour)
    spread = _spread(rung.name)
    if spread is None:
        return Line(title, [], colour)
    own = spread.seeds.get(int(rung.pipeline.metadata.get("seed", "0")), ())
    band = [(float(point.epoch), point.lowest, point.highest) for point in spread.band()]
    return Line(title, [(float(i), share) for i, share in enumerate(own, start=1)], colour, band)


def seeds_sentence(shown: list[Rung], _: Translator) -> str:
    """From how many seeds each band is, and that the curve is of the model that ships."""
    counts = [
        counted(len(spread.seeds), _("{model}: 1 seed"), _("{model}: {count} seeds")).format(
            model=models.title(rung.name, _)
        )
        for rung in shown
        if rung.number is not None and (spread := _spread(rung.name)) is not None
    ]
    sentence = _(
        "The line is the model that ships; the band reaches from the worst to the best seed of the same recipe "
        "({counts})."
    )
    return sentence.replace("{counts}", _(", ").join(counts))


@st.cache_resource(show_spinner=False)
def _spread(name: str) -> Spread | None:
    """The accuracies of several seeds that ship with a model; None where there are none that can be read."""
    try:
        return read_spread(PRETRAINED_FOLDER / name)
    except CheckpointError:
        return None
