"""A decoding as one HTML file that needs nothing else: to mail, to hand in, to show where there is no network.

Without JavaScript it is complete: the whole heatmap, every step in words, every weight as a number. With it the steps
can be walked through. The file forbids itself every request (Content-Security-Policy) and every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Final

from core.analysis.answers import verdict_on
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.trace import Candidate, DecodingStep, DecodingTrace, checked_step
from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.svg.attention import attention_svg
from viz_app.text.change_words import changed_line
from viz_app.text.characters import printable, visible
from viz_app.text.html import Markup, render
from viz_app.text.i18n import ENGLISH, Translator, translator
from viz_app.text.narration import narrate, percent
from viz_app.text.verdicts import (
    SIGNS,
    describe_verdict,
    verdict_line,
    verdict_tone,
    with_changes,
)

_STYLE: Final = Markup(Path(__file__).with_suffix(".css").read_text("utf-8"))
_SCRIPT: Final = Markup(Path(__file__).with_suffix(".js").read_text("utf-8"))


def standalone_page(
    trace: DecodingTrace,
    *,
    step: int | None = None,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    language: str = ENGLISH,
) -> str:
    """Make the page of a decoding: heatmap, step controls, every step in words, every weight as a number.

    Args:
        trace: any decoding; without attention the page says so and has no heatmap.
        step: the step the page opens at, 0 to T_dec - 1; None for the last.
        scale: "cividis" or "greys".
        padding: whether the heatmap shows the columns of trailing padding one by one instead of summed up in one. The
            table of numbers always holds all of them.
        language: of all words on the page, as in `viz_app.text.i18n.LANGUAGES`.
    Returns:
        an HTML document of some 90 kB that makes no request.
    Raises:
        ValueError: there is no such step, or no such scale for the heatmap.
        KeyError: there is no such language.
    """
    _ = translator(language)
    step = checked_step(trace, step)
    headings = [_("Step"), _("Output"), _("In words"), _("Most probable characters")]
    return render(
        "export/standalone.html.jinja",
        language=language,
        policy=_policy(),
        style=_STYLE,
        script=_SCRIPT,
        heading=printable(f"{trace.text} → {trace.output}"),
        about=_("Model {model}, parameters {digest}").format(model=printable(trace.model), digest=trace.digest[:12]),
        words=_words(trace, _),
        changed=printable(changed_line(trace, _)),
        interventions=json.dumps([intervention_to_dict(change) for change in trace.interventions]),
        verdict=_verdict(trace, language, _),
        map=_map(trace, scale, padding, _),
        step=step,
        buttons=_buttons(_),
        step_headings=headings,
        steps=[(step.character, _sentence(trace, step, _), _bars(step.candidates(), _)) for step in trace],
        source=trace.source,
        weights=[] if trace.weights is None else list(zip(trace.output, trace.weights.tolist(), strict=True)),
    )


def _verdict(trace: DecodingTrace, language: str, _: Translator) -> dict[str, object] | None:
    """The oracle's word on the answer, and why; None for a model that cannot write dates."""
    verdict = verdict_on(trace)
    if verdict is None:
        return None
    told, tone = describe_verdict(verdict, language, _), verdict_tone(verdict)
    return {
        "tone": tone,
        "sign": SIGNS[tone],
        "line": with_changes(verdict_line(verdict, _), trace, _),
        "why": _("Why?"),
        "reasons": [printable(reason) for reason in (told.sentence, told.certainty, *told.outside) if reason],
    }


def _policy() -> str:
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(_STYLE)}'; script-src '{_digest(_SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _words(trace: DecodingTrace, _: Translator) -> dict[str, str]:
    return {
        "no_attention": _(
            "This model has no attention: it reads the whole date into one vector before it writes, "
            "so there are no weights to show."
        ),
        "step_of": _("Step {step} of {steps}").replace("{steps}", str(len(trace))),
        "play": _("Play"),
        "pause": _("Pause"),
        "step": _("Step"),
        "hint": _("Point at a cell to read its numbers."),
        "table": _("The weights as a table"),
    }


def _buttons(_: Translator) -> list[tuple[str, str, str]]:
    """Where each goes, its sign and its name; the one that plays has words instead."""
    return [
        ("first", "⏮", _("First step")),
        ("back", "◀", _("One step back")),
        ("play", "", ""),
        ("forward", "▶", _("One step forward")),
        ("last", "⏭", _("Last step")),
    ]


def _map(trace: DecodingTrace, scale: str, padding: bool, _: Translator) -> str:
    return "" if trace.weights is None else attention_svg(trace, scale=scale, padding=padding, heading=False, _=_)


def _sentence(trace: DecodingTrace, step: DecodingStep, _: Translator) -> str:
    # A number and its sign stay on one line.
    return printable(narrate(trace, step.index, _)).replace(" %", "\N{NO-BREAK SPACE}%")


def _bars(candidates: list[Candidate], _: Translator) -> list[tuple[float, float, str, str]]:
    """Probability, height, sign and words of every bar."""
    name = _("{character}: probability {percent}")
    bars = []
    for character, probability in candidates:
        sign, share = visible(character), percent(probability, _)
        bars.append((probability, max(28 * probability, 1), sign, name.format(character=sign, percent=share)))
    return bars
