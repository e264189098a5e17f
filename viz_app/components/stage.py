"""The stage: one decoding, stepped through in the browser without a trip to the server.

Python hands the whole trace over once (`stage_payload`); the component's own HTML, CSS and JavaScript, in `stage/`,
draws it and moves over it. The stage writes `step`, `scale` and `padding` into the page's address itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import orjson
import streamlit as st

from core.backend.arrays import FloatArray
from core.decoding.interventions import ForceCharacter
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.trace import DecodingTrace
from viz_app.components.files import component_files
from viz_app.figures.colours import DEFAULT_SCALE, SCALES, packed_scale
from viz_app.text.change_words import SAID_IN_PICTURES, changed_line
from viz_app.text.characters import file_name_of
from viz_app.text.i18n import translator
from viz_app.text.narration import narrate

PACKED_AT_MOST: Final = 300
"""Decodings kept as JSON, about 15 kB each."""

_mount = st.components.v2.component(
    "attention_stage",
    **component_files("stage", styles=("theme",), plays=True)._asdict(),
)


def stage(
    payload: Mapping[str, Any],
    key: str,
    *,
    on_force: Callable[[Any, Any], None] | None = None,
    on_show: Callable[[Mapping[str, Any]], None] | None = None,
    on_ask: Callable[[Any], None] | None = None,
    on_weigh: Callable[[Any, Any, Any], None] | None = None,
) -> None:
    """Show a trace, made ready by `stage_payload`, on the page.

    A rerun with the same `payload["view"]` leaves the step where the person put it; another moves to
    `payload["step"]`.

    Args:
        payload: what `stage_payload` returned.
        key: names the component on the page; the same key keeps the component mounted over reruns.
        on_force: called with a step, counted from 0, and a character when a person clicks one of the most probable
            characters, before the page runs again. Both come from the browser and are not checked.
        on_show: called with the model, the text, and the step, counted from 0, on which the stage has come to rest,
            where the page follows it or something else on the page was pressed; `count` says for the how manieth time.
            They come from the browser and are not checked.
        on_ask: called with a text that the browser could not have decoded by itself.
        on_weigh: called with a step and a source position, both counted from 0, and the weight that was given to it on
            the map; None where the position was only chosen. They come from the browser and are not checked.
    """

    def told(name: str) -> dict[str, Any]:
        said = st.session_state[key].get(name)
        return dict(said) if isinstance(said, Mapping) else {}

    def forced() -> None:
        if on_force:
            on_force(told("force").get("step"), told("force").get("character"))

    def moved() -> None:
        if on_show:
            on_show(told("moved"))

    def asked() -> None:
        if on_ask:
            on_ask(told("asked").get("text"))

    def weighed() -> None:
        if on_weigh:
            said = told("weighed")
            on_weigh(said.get("step"), said.get("position"), said.get("weight"))

    _mount(
        data=dict(payload),
        key=key,
        on_force_change=forced,
        on_moved_change=moved,
        on_asked_change=asked,
        on_weighed_change=weighed,
    )


@dataclass(frozen=True)
class Asking:
    """What the stage needs to have another text decoded without Python.

    Attributes:
        address: of the HTTP interface's `/api/trace`.
        changes, changes_of_any_text: of the decoding, as in a link; all, and those that do not name characters.
        first_text: the text that an address means which names none.
        said: what is to be said of the text, see `viz_app.components.field`.
        files: what the decoding can be taken along as: format, label and address of each.
        heard: how many times Python has been told what is shown.
    """

    address: str = ""
    changes: str = ""
    changes_of_any_text: str = ""
    first_text: str = ""
    said: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[Mapping[str, str]] = ()
    heard: int = 0


def stage_payload(
    trace: DecodingTrace,
    *,
    sentences: Sequence[str],
    original: DecodingTrace | None = None,
    changed: str = "",
    follow: bool = False,
    step: int | None = None,
    scale: str = DEFAULT_SCALE,
    padding: bool = False,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
    link: Mapping[str, str] | None = None,
    asking: Asking = Asking(),
) -> dict[str, Any]:
    """Turn a trace into what the browser needs: JSON values only, every weight and score exactly.

    A float32 becomes the float64 of the same value, which JSON and JavaScript carry without loss.

    Args:
        trace: the decoding to show.
        sentences: T_dec sentences, each telling its step in words.
        original: the decoding without changes, whose output is shown beside that of `trace`; None if it is the same.
        changed: what was changed in `trace`, as `changed_line` says it, for the saved pictures.
        follow: whether the page runs again when another step is reached.
        step: the step to start from, 0-based; None is the last. A step outside the trace is moved to its nearest end,
            since it may come from an address somebody edited.
        scale: a name in `SCALES`.
        padding: whether the columns of the trailing padding are shown one by one instead of summed up.
        strings: the component's texts as `stage_strings` gives them; None is English.
        language: BCP 47 tag of `sentences` and `strings`; it decides the font of Chinese characters.
        link: query parameters that a copied link carries besides the stage's own, e.g. text, model and language.
        asking: what the stage needs to have another text decoded without Python.
    Returns:
        the payload of `stage`.
    Raises:
        ValueError: not one sentence for each step, or an unknown scale; states what was got and expected.
    """
    words = {
        "colours": _packed_scales(),
        "strings": dict(stage_strings(str) if strings is None else strings),
        "language": language,
    }
    view = _view_payload(trace, original, follow, step, scale, padding, link, asking)
    return trace_payload(trace, sentences=sentences, original=original, changed=changed) | words | view


def packed_stage_payload(
    trace: DecodingTrace,
    *,
    original: DecodingTrace | None,
    editable: bool,
    follow: bool,
    step: int,
    scale: str,
    padding: bool,
    language: str,
    link: Mapping[str, str],
    asking: Asking,
) -> dict[str, Any]:
    """`stage_payload` with the sentences and words of a language, ready for many visitors.

    What a decoding and a language alone decide is written as JSON once, for all who look at it: to be walked through
    and written anew it took a fifth of what a page costs.

    Args: as for `stage_payload`. trace, original: shared ones, that do not change. editable: whether weights can be
        changed on the map.
    """
    packed = [_packed_decoding(trace, original, language), _packed_words(language)]
    view = _view_payload(trace, original, follow, step, scale, padding, link, asking)
    return view | {"packed": packed, "editable": editable}


@lru_cache(maxsize=PACKED_AT_MOST)
def _packed_decoding(trace: DecodingTrace, original: DecodingTrace | None, language: str) -> str:
    _ = translator(language)
    sentences = [narrate(trace, step, _) for step in range(len(trace))]
    changed = changed_line(trace, _, SAID_IN_PICTURES)
    return written(trace_payload(trace, sentences=sentences, original=original, changed=changed, arrays=True)).decode()


@cache
def _packed_words(language: str) -> str:
    words = {"colours": _packed_scales(), "strings": stage_strings(translator(language)), "language": language}
    return written(words).decode()


def _packed_scales() -> dict[str, dict[str, str]]:
    return {name: packed_scale(scale) for name, scale in SCALES.items()}


def written(payload: Mapping[str, Any]) -> bytes:
    """A payload as JSON; NumPy arrays become lists, of a float32 with the digits that it needs and no more.

    A tenth of the time that `json` takes, and a third of the text less. On every way to the browser, so that whoever
    looks at a decoding gets the same numbers.
    """
    return orjson.dumps(payload, option=orjson.OPT_SERIALIZE_NUMPY)


def _view_payload(
    trace: DecodingTrace,
    original: DecodingTrace | None,
    follow: bool,
    step: int | None,
    scale: str,
    padding: bool,
    link: Mapping[str, str] | None,
    asking: Asking,
) -> dict[str, Any]:
    """What a visitor decides: how the decoding is looked at."""
    if scale not in SCALES:
        raise ValueError(f"got scale {scale!r}; expected one of {', '.join(SCALES)}")
    last = len(trace) - 1
    return {
        "follow": follow,
        "step": last if step is None else min(max(step, 0), last),
        "scale": scale,
        "padding": padding,
        "link": dict(link or {}),
        "question": {"model": trace.model, "text": (original or trace).text, "changes": asking.changes},
        "changesOfAnyText": asking.changes_of_any_text,
        "firstText": asking.first_text,
        "api": asking.address,
        "files": [dict(file) for file in asking.files],
        "said": {"typed": trace.text, "problem": "", "kept": "", "notes": [], "verdict": None, "offered": []}
        | dict(asking.said),
        "heard": asking.heard,
    }


def trace_payload(
    trace: DecodingTrace,
    *,
    sentences: Sequence[str],
    original: DecodingTrace | None = None,
    changed: str = "",
    arrays: bool = False,
) -> dict[str, Any]:
    """The part of `stage_payload` that a decoding alone decides.

    Args:
        trace, sentences, original, changed: as for `stage_payload`.
        arrays: leave weights and scores as NumPy arrays, for `written`.
    Raises:
        ValueError: not one sentence for each step, or arrays with numbers that JSON cannot say; states what was got.
    """
    if arrays and not (np.isfinite(trace.logits).all() and (trace.scores is None or np.isfinite(trace.scores).all())):
        raise ValueError(f"the decoding of {trace.text!a} by {trace.model} has numbers that are not finite")
    if len(sentences) != len(trace):
        raise ValueError(f"got {len(sentences)} sentences for {len(trace)} steps; pass one sentence for each step")
    interventions = [intervention_to_dict(intervention) for intervention in trace.interventions]
    return {
        "id": f"{trace.digest}:{trace.text}:{json.dumps(interventions)}",
        "view": f"{trace.digest}:{(original or trace).text}",
        "original": None if original is None else original.output,
        "changed": changed,
        "interventions": interventions,
        "forced": [i.step for i in trace.interventions if isinstance(i, ForceCharacter)],
        "source": list(trace.source),
        "textLength": len(trace.text),
        "steps": _steps(trace, sentences, arrays),
        "fileName": file_name_of(trace.text, changed=bool(interventions)),
    }


def _steps(trace: DecodingTrace, sentences: Sequence[str], arrays: bool) -> list[dict[str, Any]]:
    def row(numbers: FloatArray | None) -> Any:
        return numbers if numbers is None or arrays else numbers.tolist()

    return [
        {
            "character": step.character,
            "inputCharacter": step.input_character,
            "probability": step.probability,
            "weights": row(step.weights),
            "scores": row(step.scores),
            "candidates": [candidate._asdict() for candidate in step.candidates()],
            "sentence": sentence,
        }
        for step, sentence in zip(trace, sentences, strict=True)
    ]


def stage_strings(_: Callable[[str], str]) -> dict[str, str]:
    """Every text the stage shows or speaks, translated by `_`; `{names}` are filled in by the browser."""
    return {
        # Stepping
        "controls": _("Steps"),
        "first": _("First step"),
        "back": _("One step back"),
        "play": _("Play"),
        "pause": _("Pause"),
        "forward": _("One step forward"),
        "last": _("Last step"),
        "slider": _("Step"),
        "step_of": _("Step {step} of {steps}"),
        "speed": _("Speed"),
        # The picture
        "typed": _("Typed date, shaded by the attention at this step"),
        "typed_plain": _("Typed date"),
        "output": _("Written so far; the line is the probability"),
        "candidates": _("Most probable characters at this step"),
        "force": _("{character}: probability {percent}. Write it at this step"),
        "let_go": _("{character}: probability {percent}. Written by force; let it go"),
        "original": _("Without changes"),
        "original_differs": _("{character}, differs"),
        "legend": _("Attention weight"),
        "others": _("+ {percent} elsewhere"),
        "opening_padding": _(
            "To write the {character} it looks behind the date, where there is nothing to read. That is normal: "
            "it is the same in every date."
        ),
        "map": _("Attention weights: a row for every written character, a column for every typed one"),
        "no_attention": _(
            "This model has no attention: it reads the whole date into one vector before it writes, "
            "so there are no weights to show."
        ),
        "row": _("Step {step}: {character}"),
        "not_written": _("not written yet"),
        "weight": _("Weight"),
        "score": _("Score"),
        "cell": _("writes {output}, looks at {input}: weight {weight}, score {score}"),
        "fold": _("padding spaces: {count}"),
        "fold_cell": _("writes {output}, looks at the padding spaces ({count}): weight together {weight}"),
        "probability": _("{character}: probability {percent}"),
        "percent": _("{number} %"),
        "percent_under": _("<{number} %"),
        "percent_over": _(">{number} %"),
        # Characters that need a name to be heard
        "space": _("space"),
        "comma": _("comma"),
        "hyphen": _("hyphen"),
        "slash": _("slash"),
        "start": _("start"),
        "padding_space": _("padding space"),
        # Choices
        "scale": _("Colour scale"),
        "scale_ink": _("Ink"),
        "scale_cividis": _("Colour"),
        "scale_greys": _("Book's greys"),
        "padding": _("Show padding"),
        # Taking it along
        "save_png": _("Save the picture as PNG"),
        "save_svg": _("Save the picture as SVG"),
        "copy_link": _("Copy link"),
        "link_copied": _("Link copied."),
        "link_manually": _("Copy this link:"),
        "link_field": _("Link to this view"),
        "enlarge": _("Fill the screen"),
        "shrink": _("Leave full screen"),
        "download": _("Download:"),
        "numbers": _("The weights as a table"),
    }
