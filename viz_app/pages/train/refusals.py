"""Why settings or a file of dates are refused on the Train page, and what to do about it."""

from __future__ import annotations

import re

from core.data.corpus import CorpusError, LineProblem
from core.runs.limits import LimitError
from core.training.memory import TooLargeError, say_bytes
from viz_app.pages.train.settings import Settings, least_pairs
from viz_app.session import runs
from viz_app.text.i18n import Translator, counted


def refusal(settings: Settings, error: ValueError, _: Translator) -> str:
    """Why settings cannot be used, and what to do about it."""
    if isinstance(error, TooLargeError):
        return _(
            "This training needs about {needed} of memory, and there are {available}. Use a smaller hidden size, "
            "smaller batches or less data."
        ).format(needed=say_bytes(error.needed), available=say_bytes(error.available))
    if isinstance(error, LimitError):
        return runs.trouble_sentence(error, _)
    if settings.kind == "generated" and not settings.families:
        return _("Choose at least one way to write a date.")
    if settings.bidirectional and settings.hidden_size % 2:
        return _(
            "The hidden size is {size}. For an encoder that reads in both directions it must be even: each direction "
            "gets half of it."
        ).format(size=settings.hidden_size)
    # Numbers beyond their bounds do not come from the page's own fields: core's sentence says which.
    return _("These settings cannot be used: {reason}").replace("{reason}", str(error))


def too_few(settings: Settings, _: Translator) -> str:
    """Why there are too few dates."""
    return _(
        "There are too few dates: some are held out to test the model, and the others must fill a batch of {batch}. "
        "Use at least {least}, or smaller batches."
    ).format(batch=f"{settings.batch_size:,}", least=f"{least_pairs(settings):,}")


def file_refusal(error: CorpusError, _: Translator) -> list[str]:
    """Why an uploaded file is refused: what is wrong with it as a whole, then its bad lines."""
    if error.other_task:
        return [_("The file holds questions and answers of another task. Only dates, YYYY-MM-DD, are learned here.")]
    if not error.lines:
        return [_("The file cannot be used: it is empty, too large, or no text.")]
    head = counted(
        error.total,
        _("1 line of the file is bad, so nothing was read. Correct it and upload the file again."),
        _("{count} lines of the file are bad, so nothing was read. Correct them and upload the file again."),
    )
    told = [_line(problem, _) for problem in error.lines]
    more = error.total - len(error.lines)
    rest = [counted(more, _("and 1 more line"), _("and {count} more lines"))] if more else []
    return [head, *told, *rest]


def _line(problem: LineProblem, _: Translator) -> str:
    said = _("Line {number}: {problem}").replace("{number}", str(problem.line))
    return said.replace("{problem}", _line_problem(problem.problem, _))


def _line_problem(english: str, _: Translator) -> str:
    """The sentence of `core.data.corpus` about a line, in the reader's language."""
    for pattern, sentence in _line_sentences(_):
        if found := re.fullmatch(pattern, english, re.DOTALL):
            for name, value in found.groupdict().items():
                sentence = sentence.replace(f"{{{name}}}", value)
            return sentence
    return english


def _line_sentences(_: Translator) -> tuple[tuple[str, str], ...]:
    return (
        (r"not UTF-8 at byte (?P<byte>\d+).*", _("it is not UTF-8 at byte {byte}; save the file as UTF-8")),
        (r"blank.*", _("it is blank; delete it")),
        (r"no '_' between.*", _("there is no “_” between question and answer")),
        (r"no question before.*", _("there is no question before the “_”")),
        (
            r"character (?P<position>\d+) is (?P<character>.*); it is not in the vocabulary",
            _("character {position} is {character}, which the model does not know"),
        ),
        (
            r"the answer is (?P<answer>.*); expected a day that exists.*",
            _("the answer is {answer}; it must be a day that exists, written YYYY-MM-DD"),
        ),
        (r"more than one '_'", _("there is more than one “_”")),
        (r"a carriage return.*", _("there is a carriage return inside the line")),
        (r"question or answer is longer than (?P<most>\d+).*", _("it is longer than {most} characters")),
        (
            r"the padded question has (?P<length>\d+) characters?; the lines before have (?P<before>\d+)",
            _("the length of the question with its padding is {length}, of those before {before}"),
        ),
        (
            r"the answer has (?P<length>\d+) characters?; the lines before have (?P<before>\d+)",
            _("the length of the answer is {length}, of those before {before}"),
        ),
    )
