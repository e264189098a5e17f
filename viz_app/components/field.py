"""The field: where a date is typed or chosen, with what there is to be said of it beside it.

The field asks whoever shows the text. On the Step page that is the stage, which has the text decoded by the HTTP
interface; Python runs again only where there is no stage, or where it cannot answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

import streamlit as st

from core.analysis.answers import verdict_on
from core.data.source_text import SourceText
from core.decoding.trace import DecodingTrace
from viz_app.components.files import component_files
from viz_app.text.i18n import translator
from viz_app.text.messages import change_sentence
from viz_app.text.verdicts import describe_verdict, verdict_line, verdict_tone, with_changes

_SAID_AT_MOST: Final = 500

_mount = st.components.v2.component("date_field", **component_files("field", styles=("theme", "controls"))._asdict())


def field(
    payload: Mapping[str, Any], key: str, *, on_ask: Callable[[Any], None], on_random: Callable[[], None]
) -> None:
    """Show the field.

    Args:
        payload: what `field_payload` returned.
        key: names the component on the page.
        on_ask: called with a text where nobody in the browser answers. It comes from there and is not checked.
        on_random: called where a random date cannot be had from the server by the browser itself.
    """

    def asked() -> None:
        told = st.session_state[key].get("asked")
        on_ask(told.get("text") if isinstance(told, Mapping) else None)

    _mount(data=dict(payload), key=key, on_asked_change=asked, on_random_change=on_random)


def field_payload(
    said: Mapping[str, Any], *, examples: Sequence[str], random: str, language: str, lead: str
) -> dict[str, Any]:
    """What the browser needs for the field.

    Args:
        said: what there is to be said of the text: `typed` in the field; why it cannot be read (`problem`) and which
            text is `kept` then; and `said_of` it.
        examples: texts to choose from.
        random: the address that answers with a date.
        language: BCP 47 tag of the words.
        lead: a sentence on what the page is about, in that language.
    """
    return {"said": dict(said), "packed": [_packed(tuple(examples), random, language, lead)]}


@cache
def _packed(examples: tuple[str, ...], random: str, language: str, lead: str) -> str:
    _ = translator(language)
    strings = {
        "date": _("Date"),
        "decode": _("Decode"),
        "examples": _("Examples"),
        "random": _("Random date"),
        "why": _("Why?"),
        "offer": _("Decode {text}?"),
        "invitation": _("Your birthday?"),
        "kept": _("The picture still shows “{text}”."),
        "lead": lead,
    }
    return json.dumps({"examples": examples, "random": random, "language": language, "strings": strings})


@lru_cache(maxsize=_SAID_AT_MOST)
def said_of(trace: DecodingTrace, source: SourceText, language: str) -> dict[str, Any]:
    """What there is to be said of a text that was read, and of its answer: notes on the text, and the verdict."""
    _ = translator(language)
    return {
        "notes": [change_sentence(change, _) for change in source.changes],
        "verdict": told_verdict(trace, language),
    }


def told_verdict(trace: DecodingTrace, language: str) -> dict[str, Any] | None:
    """The oracle's verdict in words; None for a model that cannot write dates."""
    if (verdict := verdict_on(trace)) is None:
        return None
    _ = translator(language)
    told = describe_verdict(verdict, language, _)
    return {
        "judgement": verdict.judgement.name.lower().replace("_", "-"),
        "tone": verdict_tone(verdict),
        "line": with_changes(verdict_line(verdict, _), trace, _),
        "title": told.title,
        "sentence": told.sentence,
        "certainty": told.certainty,
        "outside": list(told.outside),
    }
