"""The rungs of the ladder: models next to each other, each with what is new in it, in words and HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

import streamlit as st

from core.analysis.answers import Answer, answer_of
from core.data.dates import FAMILIES
from core.data.source_text import AnyText, SourceTextError
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.exhibits.seeds import Spread, read_spread
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError
from viz_app.figures.colours import SCALES, ink_on
from viz_app.figures.svg.curves import Line, curve_svg
from viz_app.figures.svg.network import network_svg
from viz_app.figures.svg.weights import fold_padding, weights_svg
from viz_app.session import models, runs
from viz_app.text.characters import name_character, visible
from viz_app.text.i18n import Translator
from viz_app.text.tables import percent, table

SHIPPED: Final = ("date-seq2seq", "date-peeky", "date-attention")
"""From the simplest to the last; each but the first adds to the one before."""


@dataclass(frozen=True)
class Rung:
    """One model, and what it does with the date.

    Attributes:
        name: as in `models.names()`.
        number: 1, 2, 3 of the models that ship; None of a visitor's own.
        pipeline, trace: the model, and its decoding of the date.
    """

    name: str
    number: int | None
    pipeline: Pipeline
    trace: DecodingTrace


def rungs(own: list[str], text: AnyText) -> list[Rung]:
    """The models that ship, in the order in which they grow, then those of the visitor's own that can read the text.

    Raises:
        SourceTextError: the text cannot be read by the models that ship.
    """
    shipped = [Rung(name, i, models.pipeline(name), models.trace(name, text)) for i, name in enumerate(SHIPPED, 1)]
    return shipped + [rung for name in own if (rung := _own_rung(name, text)) is not None]


def _own_rung(name: str, text: AnyText) -> Rung | None:
    """A visitor's own model; None where its file is gone or damaged, or it was trained on shorter texts."""
    try:
        return Rung(name, None, models.pipeline(name), models.trace(name, text))
    except (CheckpointError, SourceTextError):
        return None


# --- One rung ---------------------------------------------------------------------------------------------------------


def ladder_html(shown: list[Rung], scale: str, language: str, _: Translator) -> str:
    """All rungs side by side, or one below the other where there is no room."""
    sections = "".join(_rung(rung, scale, _) for rung in shown)
    return f'<div class="ladder" lang="{language}">{sections}</div>'


def _rung(rung: Rung, scale: str, _: Translator) -> str:
    """Six parts, which stand in line with those of the other rungs."""
    title = models.title(rung.name, _)
    heading = title if rung.number is None else f"{rung.number}. {title}"
    answer = answer_of(rung.trace)
    return (
        f'<section class="rung" aria-label="{escape(heading)}"><h2>{escape(heading)}</h2>'
        f'<p class="new">{escape(what_is_new(rung, _))}</p>'
        f"<div>{_diagram(rung, _)}</div>"
        f'<div><p class="verdict-line">{_verdict(answer, _)}</p>{_output(rung.trace, answer, scale, _)}</div>'
        f"<div>{_map(rung, scale, _)}</div>"
        f'<p class="accuracy">{escape(models.accuracy(rung.name, _))}</p></section>'
    )


def what_is_new(rung: Rung, _: Translator) -> str:
    """What sets a model apart from the rung below; of a visitor's own model, what it is."""
    spec = rung.pipeline.spec
    words = {
        "Seq2seq": _("The encoder hands one vector h to the first step of the decoder. Nothing else crosses over."),
        "PeekySeq2seq": _("New: every step, and every affine layer, gets to see the same vector h."),
        "AttentionSeq2seq": _(
            "New: every step weighs the states of all typed characters, hs_enc, and takes their weighted sum along."
        ),
    }[spec.model_class]
    parts = [words]
    if spec.score != "dot":
        parts.append(_("Its scores are of the kind “{score}”.").format(score=spec.score))
    if spec.bidirectional:
        parts.append(_("Its encoder reads from both ends."))
    if spec.mistake:
        parts.append(_("A mistake is built in on purpose."))
    return " ".join(parts)


def _diagram(rung: Rung, _: Translator) -> str:
    spec = rung.pipeline.spec
    label = {
        "Seq2seq": _("Diagram: the encoder's last state goes to the decoder's first cell, and nowhere else"),
        "PeekySeq2seq": _("Diagram: the encoder's last state goes to every cell and every affine layer of the decoder"),
        "AttentionSeq2seq": _("Diagram: the states of all encoder cells go through attention to every affine layer"),
    }[spec.model_class]
    return network_svg(
        spec.model_class,
        rung.trace.text,
        rung.trace.output,
        label=label,
        reversed_input=spec.reversed_input,
        bidirectional=spec.bidirectional,
        _=_,
    )


def _verdict(answer: Answer, _: Translator) -> str:
    sign, words = {
        None: ("?", _("Not judged")),
        True: ("✓", _("Right")),
        False: ("✗", _("Wrong")),
    }[answer.whole]
    whole = _("probability of the whole answer {percent}").format(percent=percent(answer.probability, _, 1))
    tone = {None: "open", True: "right", False: "wrong"}[answer.whole]
    return f'<strong class="{tone}">{sign} {escape(words)}</strong> {escape(whole)}'


def _output(trace: DecodingTrace, answer: Answer, scale: str, _: Translator) -> str:
    """Every character with its probability, those that are wrong marked."""
    items = "".join(
        _character(step.character, step.probability, answer.right is not None and not answer.right[i], scale, _)
        for i, step in enumerate(trace)
    )
    name = escape(_("Written, with the probability of each character"))
    return f'<ol class="steps" aria-label="{name}">{items}</ol>'


def _character(character: str, probability: float, wrong: bool, scale: str, _: Translator) -> str:
    share = percent(probability, _)
    template = _("{character}: wrong, probability {percent}") if wrong else _("{character}: probability {percent}")
    told = escape(template.replace("{percent}", share).replace("{character}", name_character(character, _)))
    colour = SCALES[scale][round(255 * probability)]
    return (
        f'<li class="{"wrong" if wrong else "fine"}" title="{told}" aria-label="{told}">'
        f'<b style="background:{colour};color:{ink_on(colour)}">{escape(visible(character))}</b>'
        f'<small aria-hidden="true">{"✗" if wrong else ""} {int(100 * probability + 1e-6)}</small></li>'
    )


def _map(rung: Rung, scale: str, _: Translator) -> str:
    trace = rung.trace
    if trace.weights is None:
        return f'<p class="no-map">{escape(_why_no_map(rung, _))}</p>'
    drawn = weights_svg(
        *fold_padding(trace.weights.tolist(), trace.text),
        trace.output,
        label=_("Attention weights: a row for every written character, a column for every typed one"),
        title=_("Where it looks; · is the padding"),
        scale=scale,
    )
    return f'<div class="map">{drawn}</div>'


def _why_no_map(rung: Rung, _: Translator) -> str:
    if rung.pipeline.spec.model_class == "PeekySeq2seq":
        return _(
            "No heatmap: it sees the same vector at every step, and no step chooses among the typed characters. "
            "There are no weights that could be drawn."
        )
    return _(
        "No heatmap: when it writes, the typed characters are gone. All that is left of them is one vector, so there "
        "is nothing that a step could look at."
    )


# --- All rungs together -----------------------------------------------------------------------------------------------


def family_table(shown: list[Rung], _: Translator) -> str:
    """Exact match on the held-out dates, a row for every way to write a date, from the models' own files."""
    families: dict[str, str | None] = {family.example: family.name for family in FAMILIES} | {_("All"): None}
    rows = [
        [written_like, *(percent(models.share_right(rung.name, family), _, 1) for rung in shown)]
        for written_like, family in families.items()
    ]
    header = [_("Written like"), *(models.title(rung.name, _) for rung in shown)]
    return table(header, rows, _("Right answers on the held-out dates, by the way they are written"))


def accuracy_curves(shown: list[Rung], _: Translator) -> str:
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
        _("{model}: {count} seeds").format(model=models.title(rung.name, _), count=len(spread.seeds))
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
