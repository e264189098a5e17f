"""Changes of a decoding in words: what each of them does, in the visitor's language."""

from __future__ import annotations

import re
from typing import Final

from core.decoding.interventions import (
    Argmax,
    ForceCharacter,
    Gold,
    Intervention,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.trace import DecodingTrace
from viz_app.text.characters import visible
from viz_app.text.i18n import Translator

SAID_IN_PICTURES: Final = 6
"""Changes that a picture names; it counts the rest."""

_NAMED_AT_MOST: Final = 4


def describe(change: Intervention, text: str, _: Translator) -> str:
    """One change in a few words, as plain text.

    Args:
        change: any of them, also one that does not fit the text.
        text: what was typed, before any change.
        _: translates.
    """
    if isinstance(change, ForceCharacter):
        return _("Step {step}: write “{character}”").format(step=change.step + 1, character=visible(change.character))
    if isinstance(change, ReplaceCharacter):
        sentence = _("Typed character {place}: “{character}” instead")
        return sentence.format(place=_place(change.position, text), character=visible(change.character))
    where = _("every step") if change.step is None else _("step {step}").format(step=change.step + 1)
    return _("{what} ({where})").format(what=_attention(change, text, _), where=where)


def changes_of(trace: DecodingTrace, _: Translator) -> list[str]:
    """Everything that was changed in a decoding, in words as of `describe`, in the order in which it was done."""
    # Of a replaced character the trace does not say what stood there before.
    texts = ("" if isinstance(change, ReplaceCharacter) else trace.text for change in trace.interventions)
    return [describe(change, text, _) for change, text in zip(trace.interventions, texts, strict=True)]


def changed_line(trace: DecodingTrace, _: Translator, at_most: int | None = None) -> str:
    """A line for under a picture, as in "Changed: Even (every step)"; empty where nothing was changed.

    Args:
        at_most: how many changes are named before the rest is counted; None names all.
    """
    said = changes_of(trace, _)
    if not said:
        return ""
    if at_most is not None and len(said) > at_most:
        said = [*said[:at_most], _("{count} more changes").format(count=len(said) - at_most)]
    # Typed characters may be braces: they are put in last, and never formatted again.
    return _("Changed: {changes}").replace("{changes}", "; ".join(said))


def kind_title(kind: str, _: Translator) -> str:
    """What a change of the attention without settings is called."""
    return {
        Argmax.kind: _("All on the largest"),
        Uniform.kind: _("Even"),
        Permute.kind: _("Shuffled"),
        Gold.kind: _("Where it should look"),
        MaskPadding.kind: _("No padding"),
    }[kind]


def as_label(text: str) -> str:
    """Plain text as a label of Streamlit's shows it unchanged: those read Markdown."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", text)


def place_name(position: int, text: str) -> str:
    """A typed character and where it stands, as in "3 p"."""
    return _place(position, text)


def _attention(change: Intervention, text: str, _: Translator) -> str:
    if isinstance(change, Temperature):
        return _("Temperature {number}").format(number=f"{change.value:g}")
    if isinstance(change, Permute):
        return _("Shuffled with seed {number}").format(number=change.seed)
    if isinstance(change, Mask):
        return _("Hidden: {characters}").format(characters=_listed([_place(i, text) for i in change.positions], _))
    if isinstance(change, SetWeights):
        given = [f"{_place(position, text)} = {weight:g}" for position, weight in change.pairs]
        return _("Weights: {characters}").format(characters=_listed(given, _))
    return kind_title(change.kind, _)


def _place(position: int, text: str) -> str:
    return f"{position + 1} {visible(text[position])}" if position < len(text) else f"{position + 1}"


def _listed(names: list[str], _: Translator) -> str:
    more = len(names) - _NAMED_AT_MOST
    if more > 0:
        names = [*names[:_NAMED_AT_MOST], _("{count} more").format(count=more)]
    return _(", ").join(names)
