"""The film: one date decoded at every moment of a training, scrubbed through in the browser.

Python hands all frames over once (`film_payload`); the component's own HTML, CSS and JavaScript, in `film/`, draws them
and moves over them without a trip to the server. It writes `frame` into the page's address itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from core.analysis.answers import Answer, answer_of, verdict_on
from core.decoding.trace import DecodingTrace
from core.exhibits.film import Film, Frame
from viz_app.components.files import component_files
from viz_app.figures.colours import DEFAULT_SCALE, SCALES, packed_scale
from viz_app.text.i18n import Translator, counted
from viz_app.text.tables import number, percent
from viz_app.text.verdicts import verdict_line

_mount = st.components.v2.component(
    "attention_film",
    **component_files("film", styles=("theme",), plays=True)._asdict(),
)


def film(payload: Mapping[str, Any], key: str) -> None:
    """Show a film, made ready by `film_payload`, on the page. Another date leaves the frame where the person put it."""
    _mount(data=dict(payload), key=key)


def film_payload(
    film: Film,
    traces: Sequence[DecodingTrace],
    *,
    scale: str = DEFAULT_SCALE,
    language: str = "en",
    _: Translator = str,
) -> dict[str, Any]:
    """Turn the decodings of a date by all frames into what the browser needs: JSON values only, every weight exactly.

    Args:
        film: the frames and what was measured of them.
        traces: the same text, decoded by every frame, in order.
        scale: a name in `SCALES`.
        language: BCP 47 tag of the words.
        _: translates them.
    Raises:
        ValueError: not one trace for each frame; states what was got and expected.
    """
    if len(traces) != len(film.frames):
        raise ValueError(f"got {len(traces)} traces for {len(film.frames)} frames; pass one trace for each frame")
    shown = traces[-1]
    return {
        "id": f"{film.digest}:{shown.text}",
        "source": list(shown.source),
        "textLength": len(shown.text),
        "frames": [_frame(film, frame, trace, _) for frame, trace in zip(film.frames, traces, strict=True)],
        "losses": [list(point) for point in film.losses],
        "colours": packed_scale(SCALES[scale]),
        "strings": film_strings(_),
        "language": language,
    }


def _frame(film: Film, frame: Frame, trace: DecodingTrace, _: Translator) -> dict[str, Any]:
    answer = answer_of(trace)
    assert trace.weights is not None
    return {
        "iteration": frame.iteration,
        "name": f"{frame.iteration:,}",
        "loss": frame.loss,
        "output": list(trace.output),
        "expected": None if answer.expected is None else list(answer.expected),
        "right": None if answer.right is None else list(answer.right),
        "whole": answer.whole,
        "probabilities": [step.probability for step in trace],
        "weights": trace.weights.tolist(),
        "probability": answer.probability,
        "errorRate": answer.error_rate,
        "sentence": _sentence(film, frame, trace, answer, _),
        "measures": _measures(film, frame, answer, _),
    }


def _sentence(film: Film, frame: Frame, trace: DecodingTrace, answer: Answer, _: Translator) -> str:
    """The frame in words, which is also what a screen reader gets."""
    if frame.iteration == 0:
        when = _("Untrained")
    else:
        when = _("After {iterations} iterations, or {epochs} epochs").format(
            iterations=f"{frame.iteration:,}", epochs=number(film.epochs(frame))
        )
    verdict = verdict_on(trace)
    if answer.right is None:
        said = _("it writes {output}") if verdict is None else _("it writes {output} ({verdict})")
        line = "" if verdict is None else verdict_line(verdict, _)
        what = said.replace("{verdict}", line).replace("{output}", trace.output)
    elif answer.whole:
        what = _("it writes {output}, which is right").format(output=trace.output)
    else:
        what = _("it writes {output}; {right} of {count} characters are right").format(
            output=trace.output, right=sum(answer.right), count=len(answer.right)
        )
    return _("{when}: {what}.").format(when=when, what=what)


def _measures(film: Film, frame: Frame, answer: Answer, _: Translator) -> list[list[str]]:
    """Name, value and what it is of, for each number of a frame."""
    held_out = counted(film.test_pairs, _("on 1 held-out date"), _("on {count} held-out dates"))
    return [
        [_("Training loss"), number(frame.loss, 4), _("mean of the last iterations")],
        [_("Right answers"), percent(frame.exact_match, _, 1), held_out],
        [_("Probability of the whole answer"), percent(answer.probability, _, 1), _("this date")],
        [_("Alignment error rate"), number(answer.error_rate), _("this date")],
        [_("Alignment error rate"), number(frame.alignment_error_rate), held_out],
    ]


def film_strings(_: Callable[[str], str]) -> dict[str, str]:
    """Every text the film shows or speaks, translated by `_`; `{names}` are filled in by the browser."""
    return {
        "controls": _("Moments of the training"),
        "first": _("First frame: untrained"),
        "back": _("One frame back"),
        "play": _("Play"),
        "pause": _("Pause"),
        "forward": _("One frame forward"),
        "last": _("Last frame: trained"),
        "slider": _("Frame"),
        "frame_of": _("Frame {frame} of {frames}"),
        "speed": _("Speed"),
        "map": _("Attention weights: a row for every written character, a column for every typed one"),
        "legend": _("Attention weight"),
        "cell": _("writes {output}, looks at {input}: weight {weight}"),
        "fold": _("padding spaces: {count}"),
        "output": _("Written, with the probability of each character"),
        "expected": _("Right answer"),
        "wrong": _("{character}: wrong, probability {percent}"),
        "probability": _("{character}: probability {percent}"),
        "percent": _("{number} %"),
        "strip": _("All frames: iterations trained, attention, what is written"),
        "frame": _("{iterations} iterations: {output}"),
        "frame_right": _("{iterations} iterations: {output}, right"),
        "frame_wrong": _("{iterations} iterations: {output}, wrong"),
        "loss": _("Training loss, logarithmic"),
        "date": _("This date"),
        "whole": _("Probability of the whole answer"),
        "error_rate": _("Alignment error rate"),
        "stretched": _("A column for every frame: the time between two of them is not always the same."),
        "space": _("space"),
        "comma": _("comma"),
        "hyphen": _("hyphen"),
        "slash": _("slash"),
    }
