"""The oracle's verdict on an answer, in sentences."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from babel.dates import get_day_names

from core.data.oracle import Judgement, Outside, Verdict
from core.decoding.trace import DecodingTrace
from viz_app.text.i18n import Translator
from viz_app.text.tables import percent

SIGNS: Final = {"right": "✓", "wrong": "✗", "open": "?"}
"""A sign for every tone of `verdict_tone`."""


class VerdictText(NamedTuple):
    """A verdict in words.

    Attributes:
        title: the judgement in a few words.
        sentence: what was written, and what would be right.
        certainty: how sure the model was.
        outside: a sentence for everything that sets the text apart from the training data.
    """

    title: str
    sentence: str
    certainty: str
    outside: tuple[str, ...]


def verdict_line(verdict: Verdict, _: Translator) -> str:
    """A verdict in the few words that stand beside an answer: right or wrong, and what would be right."""
    said = {
        Judgement.RIGHT: _("Right"),
        Judgement.WRONG: _("Wrong: {days} is right"),
        Judgement.NOT_A_DAY: _("Not a real day"),
        Judgement.UNREADABLE: _("No date that can be read"),
    }[verdict.judgement].format(days=_days(verdict, _))
    if not verdict.outside:
        return said
    return _("{verdict}; outside what the model was trained on").format(verdict=said)


def with_changes(said: str, trace: DecodingTrace, _: Translator) -> str:
    """What is said of a decoding, and that it was changed where it was: a model by itself might do otherwise."""
    return _("With the changes: {said}").replace("{said}", said) if trace.interventions else said


def verdict_tone(verdict: Verdict) -> str:
    """How a verdict is drawn: "right", "wrong" or, where it cannot be judged, "open"."""
    return {Judgement.RIGHT: "right", Judgement.UNREADABLE: "open"}.get(verdict.judgement, "wrong")


def describe_verdict(verdict: Verdict, language: str, _: Translator) -> VerdictText:
    """Say what the oracle thinks of an answer.

    Args:
        verdict: of `core.data.oracle.judge`, with probabilities or without.
        language: of the weekdays' names.
    Returns:
        plain text, with what was typed and written in it.
    """
    return VerdictText(
        title=_title(verdict, _),
        sentence=_sentence(verdict, _),
        certainty=_certainty(verdict, _),
        outside=tuple(_outside(reason, verdict, language, _) for reason in verdict.outside),
    )


def _title(verdict: Verdict, _: Translator) -> str:
    if verdict.confident_and_wrong:
        no_day = verdict.judgement is Judgement.NOT_A_DAY
        return _("Not a real day, and confident all the same") if no_day else _("Confident and wrong")
    return {
        Judgement.RIGHT: _("Right"),
        Judgement.WRONG: _("Wrong"),
        Judgement.NOT_A_DAY: _("Not a real day"),
        Judgement.UNREADABLE: _("Not judged"),
    }[verdict.judgement]


def _sentence(verdict: Verdict, _: Translator) -> str:
    days = _days(verdict, _)
    sentence = {
        Judgement.RIGHT: _("“{text}” can mean {days}, and the model wrote {output}."),
        Judgement.WRONG: _("“{text}” means {days}, but the model wrote {output}."),
        Judgement.NOT_A_DAY: _("There is no day “{text}”, so no answer is right; the model wrote {output}."),
        Judgement.UNREADABLE: _("No day can be read in “{text}”, so the answer {output} is neither right nor wrong."),
    }[verdict.judgement]
    if verdict.judgement is Judgement.RIGHT and len(verdict.days) == 1:
        sentence = _("“{text}” means {days}, and that is what the model wrote.")
    return sentence.format(text=verdict.text, days=days, output=verdict.output)


def _days(verdict: Verdict, _: Translator) -> str:
    return _(" or ").join(day.isoformat() for day in verdict.days)


def _certainty(verdict: Verdict, _: Translator) -> str:
    if verdict.confidence is None or verdict.probability is None:
        return ""
    sentence = _("Its least certain character had a probability of {least}, the whole answer one of {whole}.")
    return sentence.format(least=percent(verdict.confidence, _, 1), whole=percent(verdict.probability, _, 1))


def _outside(reason: Outside, verdict: Verdict, language: str, _: Translator) -> str:
    if reason is Outside.WEEKDAY:
        sentence = _("The weekday does not fit: {day} was a {weekday}.")
        day = verdict.days[0]
        return sentence.format(day=day.isoformat(), weekday=_weekday(day, language))
    return {
        Outside.FORMAT: _("It is written in none of the seven ways that the model was trained on."),
        Outside.YEAR: _("Its year is not one of 1970 to 2017, the years of the training dates."),
        Outside.NOT_A_DAY: _("There was no day in the training that does not exist."),
    }[reason]


def _weekday(day: date, language: str) -> str:
    name: str = get_day_names("wide", locale=language)[day.weekday()]
    return name
