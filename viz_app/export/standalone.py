"""A decoding as one HTML file that needs nothing else: to mail, to hand in, to show where there is no network.

Without JavaScript it is complete: the whole heatmap, every step in words, every weight as a number. With it the steps
can be walked through. The file forbids itself every request (Content-Security-Policy) and every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Final

from core.decoding.trace import Candidate, DecodingStep, DecodingTrace, checked_step
from viz_app.figures.colours import DEFAULT_SCALE
from viz_app.figures.svg.attention import attention_svg
from viz_app.text.characters import printable, visible
from viz_app.text.i18n import ENGLISH, Translator, translator
from viz_app.text.narration import narrate, percent

_STYLE: Final = Path(__file__).with_suffix(".css").read_text("utf-8")
_SCRIPT: Final = Path(__file__).with_suffix(".js").read_text("utf-8")


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
    heading = escape(printable(f"{trace.text} → {trace.output}"))
    about = _("Model {model}, parameters {digest}").format(model=printable(trace.model), digest=trace.digest[:12])
    parts = [
        "<!doctype html>",
        f'<html lang="{escape(language)}">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_policy()}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{heading}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{heading}</h1>",
        f'<p class="about">{escape(about)}</p>',
        *_map(trace, step, scale, padding, _),
        *_steps(trace, _),
        *_numbers(trace, _),
        "</main>",
        "" if trace.weights is None else f"<script>{_SCRIPT}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _policy() -> str:
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(_STYLE)}'; script-src '{_digest(_SCRIPT)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()


def _map(trace: DecodingTrace, step: int, scale: str, padding: bool, _: Translator) -> list[str]:
    if trace.weights is None:
        missing = _(
            "This model has no attention: it reads the whole date into one vector before it writes, "
            "so there are no weights to show."
        )
        return [f"<p>{escape(missing)}</p>"]
    svg = attention_svg(trace, scale=scale, padding=padding, heading=False, _=_)
    panel = _panel(trace, step, _)
    return ['<div class="stage">', f'<figure class="map">{svg}</figure>', *panel, "</div>"]


def _panel(trace: DecodingTrace, step: int, _: Translator) -> list[str]:
    """The step controls and the current step in words, for the script to show."""
    label = escape(_("Step {step} of {steps}").replace("{steps}", str(len(trace))))
    play, pause, slider = escape(_("Play")), escape(_("Pause")), escape(_("Step"))
    hint = escape(_("Point at a cell to read its numbers."))
    return [
        f'<div class="panel" data-label="{label}" hidden>',
        '<div class="controls">',
        _button("first", "⏮", _("First step")),
        _button("back", "◀", _("One step back")),
        f'<button type="button" data-go="play" data-play="{play}" data-pause="{pause}">{play}</button>',
        _button("forward", "▶", _("One step forward")),
        _button("last", "⏭", _("Last step")),
        f'<input type="range" min="1" max="{len(trace)}" value="{step + 1}" aria-label="{slider}">',
        "<output></output>",
        "</div>",
        '<p class="sentence" aria-live="polite"></p>',
        f'<p class="readout">{hint}</p>',
        "</div>",
    ]


def _button(way: str, sign: str, name: str) -> str:
    # U+FE0E asks for a plain sign where a system would draw a coloured picture.
    label = escape(name)
    return f'<button type="button" data-go="{way}" aria-label="{label}" title="{label}">{sign}\ufe0e</button>'


def _steps(trace: DecodingTrace, _: Translator) -> list[str]:
    headings = [_("Step"), _("Output"), _("In words"), _("Most probable characters")]
    return [
        '<div class="scroll"><table class="steps">',
        "<thead><tr>" + "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings) + "</tr></thead>",
        "<tbody>",
        *(_step(trace, step, _) for step in trace),
        "</tbody></table></div>",
    ]


def _step(trace: DecodingTrace, step: DecodingStep, _: Translator) -> str:
    # A number and its sign stay on one line.
    sentence = printable(narrate(trace, step.index, _)).replace(" %", "\N{NO-BREAK SPACE}%")
    return (
        f'<tr data-step="{step.index + 1}"><td>{step.index + 1}</td>'
        f'<td class="sign">{escape(visible(step.character))}</td><td class="words">{escape(sentence)}</td>'
        f"<td>{_bars(step.candidates(), _)}</td></tr>"
    )


def _bars(candidates: list[Candidate], _: Translator) -> str:
    bars = []
    for i, candidate in enumerate(candidates):
        sign, height = visible(candidate.character), max(28 * candidate.probability, 1)
        name = _("{character}: probability {percent}").format(character=sign, percent=percent(candidate.probability, _))
        bars.append(
            f'<g data-probability="{candidate.probability!r}"><title>{escape(name)}</title>'
            f'<rect class="bar" x="{4 + 26 * i}" y="{30 - height:.2f}" width="18" height="{height:.2f}"/>'
            f'<text class="ink" x="{13 + 26 * i}" y="45" font-size="13" text-anchor="middle">{escape(sign)}</text></g>'
        )
    return f'<svg width="{26 * len(candidates)}" height="50" role="img">{"".join(bars)}</svg>'


def _numbers(trace: DecodingTrace, _: Translator) -> list[str]:
    if trace.weights is None:
        return []
    summary = escape(_("The weights as a table"))
    columns = "".join(f'<th scope="col">{escape(visible(character))}</th>' for character in trace.source)
    rows = []
    for character, weights in zip(trace.output, trace.weights.tolist(), strict=True):
        cells = "".join(f'<td><data value="{weight!r}">{weight:.4f}</data></td>' for weight in weights)
        rows.append(f'<tr><th scope="row">{escape(visible(character))}</th>{cells}</tr>')
    return [
        f"<details><summary>{summary}</summary>",
        '<div class="scroll"><table class="numbers">',
        f"<thead><tr><td></td>{columns}</tr></thead>",
        "<tbody>",
        *rows,
        "</tbody></table></div></details>",
    ]
