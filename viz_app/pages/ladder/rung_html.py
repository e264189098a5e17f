"""One rung of the ladder in words and HTML: what is new in it, its diagram, what it writes, where it looks."""

from __future__ import annotations

from core.analysis.answers import Answer, answer_of, verdict_on
from core.data.oracle import Verdict
from viz_app.figures.svg.network import network_svg
from viz_app.figures.svg.weights import weights_svg
from viz_app.pages.ladder.rungs import Rung
from viz_app.session import models
from viz_app.text.characters import name_character
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator
from viz_app.text.tables import percent
from viz_app.text.verdicts import SIGNS, describe_verdict, verdict_line, verdict_tone


def ladder_html(shown: list[Rung], scale: str, language: str, _: Translator) -> Markup:
    """All rungs side by side, or one below the other where there is no room."""
    return render(
        "pages/ladder/ladder.html.jinja",
        language=language,
        rungs=[_rung(rung, scale, language, _) for rung in shown],
        output_name=_("Written, with the probability of each character"),
    )


def _rung(rung: Rung, scale: str, language: str, _: Translator) -> dict[str, object]:
    """Six parts, which stand in line with those of the other rungs."""
    title = models.title(rung.name, _)
    answer = answer_of(rung.trace)
    verdict = verdict_on(rung.trace)
    tone = "open" if verdict is None else verdict_tone(verdict)
    line = _("Not judged") if verdict is None else verdict_line(verdict, _)
    return {
        "title": title if rung.number is None else f"{rung.number}. {title}",
        "new": what_is_new(rung, _),
        "diagram": _diagram(rung, _),
        "tone": tone,
        "verdict": f"{SIGNS[tone]} {line}",
        "why": _("Why?"),
        "reasons": [] if verdict is None else _reasons(verdict, language, _),
        "whole": _("probability of the whole answer {percent}").format(percent=percent(answer.probability, _, 1)),
        "characters": _characters(rung, answer, _),
        "map": _map(rung, scale, _),
        "why_no_map": _why_no_map(rung, _),
        "accuracy": models.accuracy(rung.name, _),
    }


def _reasons(verdict: Verdict, language: str, _: Translator) -> list[str]:
    told = describe_verdict(verdict, language, _)
    return [told.sentence, told.certainty, *told.outside]


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


def _diagram(rung: Rung, _: Translator) -> Markup:
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


def _characters(rung: Rung, answer: Answer, _: Translator) -> list[dict[str, object]]:
    """Every character with its probability, those that are wrong marked."""
    characters = []
    for i, step in enumerate(rung.trace):
        wrong = answer.right is not None and not answer.right[i]
        told = _("{character}: wrong, probability {percent}") if wrong else _("{character}: probability {percent}")
        told = told.replace("{percent}", percent(step.probability, _))
        characters.append(
            {
                "sign": step.character,
                "wrong": wrong,
                "told": told.replace("{character}", name_character(step.character, _)),
                "probability": f"{step.probability:.3f}",
                "percent": int(100 * step.probability + 1e-6),
            }
        )
    return characters


def _map(rung: Rung, scale: str, _: Translator) -> str:
    trace = rung.trace
    if trace.weights is None:
        return ""
    return weights_svg(
        trace.weights.tolist(),
        trace.text,
        trace.output,
        label=_("Attention weights: a row for every written character, a column for every typed one"),
        title=_("Where it looks"),
        scale=scale,
    )


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
