"""A decoding step told in words: the sentence under the heatmap, which is also what a screen reader gets.

    To write '0' the model puts 63 % of its attention on 'se' of 'september'; the probability of '0' is 97 %.

Every sentence is one template for each kind of step, with noun phrases put into named places, so that a translation
can order them as its language does.

Which places a sentence names:
1.  A source character is *looked at* if its weight is at least `NOTICED` and at least a quarter of the largest weight
    on the typed text. Neighbours that are looked at and stand in one word are one place, with the sum of their
    weights. A word is a run of letters or a run of digits; any other character is a place of its own.
2.  The trailing padding is one place if its characters together hold `NOTICED`; but not where each of them holds less,
    and all together no more than they would if every character were looked at alike.
3.  Places are ordered by weight, in reading order where equal. The sentence names the first if it holds `MOST`; the
    first two if the second holds `ALSO` and both together `MOST`; else it says that the attention is spread and
    names the first only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from core.backend.arrays import FloatArray
from core.decoding.trace import DecodingStep, DecodingTrace, checked_step
from viz_app.text.characters import name_character, quoted
from viz_app.text.i18n import Translator

NOTICED = 0.05
ALSO = 0.15
MOST = 0.5
MORE_THAN_EVEN = 1.25
CLOSE_RUNNER_UP = 0.1

_WORD = re.compile(r"[^\W\d_]+|\d+")


class Place(NamedTuple):
    """A stretch of the source, [start, stop), and the share of a step's attention on it, 0 to 1."""

    start: int
    stop: int
    share: float


def narrate(trace: DecodingTrace, step: int, _: Translator) -> str:
    """Tell one step in one sentence: where the model looked, what it wrote, how sure it was.

    Args:
        trace: any decoding; without attention the sentence says so.
        step: 0 to T_dec - 1.
        _: translates the templates; gettext, or `untranslated`.
    Returns:
        plain text; the typed characters in it are not escaped for HTML or Markdown.
    Raises:
        ValueError: there is no such step.
    """
    current = trace[checked_step(trace, step)]
    return _("{attention}; {certainty}.").format(
        attention=_tell_attention(trace, current, _), certainty=_tell_certainty(current, _)
    )


def places(trace: DecodingTrace, weights: FloatArray) -> list[Place]:
    """The places that hold the attention of one step, largest share first; the rule is at the top of this module.

    Args:
        trace: tells the source's text and length.
        weights: (T_enc,) float32, one row of `trace.weights`.
    """
    n = len(trace.text)
    noticed = max(NOTICED, float(weights[:n].max(initial=0)) / 4)
    found = [Place(a, b, _sum(weights[a:b])) for a, b in _stretches(trace.text, (weights[:n] >= noticed).tolist())]
    padding = Place(n, len(trace.source), _sum(weights[n:]))
    is_even = padding.share <= MORE_THAN_EVEN * (len(trace.source) - n) / len(trace.source)
    if padding.share >= NOTICED and not (is_even and float(weights[n:].max()) < NOTICED):
        found.append(padding)
    return sorted(found, key=lambda place: -place.share)


def _stretches(text: str, noticed: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """[start, stop) of the neighbours that are noticed and in one word, in reading order."""
    for start, stop in _units(text):
        position = start
        while position < stop:
            end = position
            while end < stop and noticed[end]:
                end += 1
            if end > position:
                yield position, end
            position = end + 1


@lru_cache(maxsize=100)  # every step of a decoding asks for those of the same text
def _units(text: str) -> tuple[tuple[int, int], ...]:
    """[start, stop) of every word, and of every other character by itself, in reading order."""
    units: list[tuple[int, int]] = []
    end = 0
    for word in _WORD.finditer(text):
        units += ((i, i + 1) for i in range(end, word.start()))
        units.append(word.span())
        end = word.end()
    units += ((i, i + 1) for i in range(end, len(text)))
    return tuple(units)


def _tell_attention(trace: DecodingTrace, step: DecodingStep, _: Translator) -> str:
    written = name_character(step.character, _)
    if step.weights is None:
        return _("The model has no attention: it writes {written} from its memory of the whole text").format(
            written=written
        )
    found = places(trace, step.weights)
    if not found:
        return _(
            "To write {written} the model spreads its attention so evenly that no character gets more than {share}"
        ).format(written=written, share=percent(float(step.weights.max()), _))

    first, second = found[0], found[1] if len(found) > 1 else Place(0, 0, 0.0)
    said = {
        "written": written,
        "share": percent(first.share, _),
        "place": _name_place(trace, first, _),
    }
    if second.share >= ALSO and first.share + second.share >= MOST:
        return _(
            "To write {written} the model puts {share} of its attention on {place} and {other_share} on {other_place}"
        ).format(**said, other_share=percent(second.share, _), other_place=_name_place(trace, second, _))
    if first.share >= MOST:
        return _("To write {written} the model puts {share} of its attention on {place}").format(**said)
    return _(
        "To write {written} the model spreads its attention widely, with the largest part, {share}, on {place}"
    ).format(**said)


def _tell_certainty(step: DecodingStep, _: Translator) -> str:
    written, probability = name_character(step.character, _), percent(step.probability, _)
    other = next((candidate for candidate in step.candidates(2) if candidate.character != step.character), None)
    if other is None or other.probability < CLOSE_RUNNER_UP:
        return _("the probability of {written} is {probability}").format(written=written, probability=probability)
    return _("the probability of {written} is {probability}, that of {other} {other_probability}").format(
        written=written,
        probability=probability,
        other=name_character(other.character, _),
        other_probability=percent(other.probability, _),
    )


def _name_place(trace: DecodingTrace, place: Place, _: Translator) -> str:
    text = trace.text
    if place.start >= len(text):
        return _("the padding after the text")
    word = next((w for w in _WORD.finditer(text) if w.start() <= place.start < w.end()), None)
    if word is None:
        return _name_sign(text, place.start, _)
    if word.span() == (place.start, place.stop):
        return _name_word(text, word, _)
    fragment, inside = text[place.start : place.stop], place.start - word.start()
    return _("{fragment} of {word}").format(
        fragment=_count(fragment, _occurrences(fragment, word.group()), inside, _), word=_name_word(text, word, _)
    )


def _name_sign(text: str, position: int, _: Translator) -> str:
    """A character that is in no word, told by the word beside it."""
    sign = name_character(text[position], _)
    before = next((w for w in _WORD.finditer(text) if w.end() == position), None)
    if before is not None:
        return _("{sign} after {word}").format(sign=sign, word=_name_word(text, before, _))
    after = _WORD.match(text, position + 1)
    if after is not None:
        return _("{sign} before {word}").format(sign=sign, word=_name_word(text, after, _))
    return _("{sign} at position {position}").format(sign=sign, position=position + 1)


def _name_word(text: str, word: re.Match[str], _: Translator) -> str:
    equal = [w.start() for w in _WORD.finditer(text) if w.group() == word.group()]
    return _count(word.group(), equal, word.start(), _)


def _count(part: str, starts: list[int], start: int, _: Translator) -> str:
    """'part', or which one it is where the same stands in several places."""
    if len(starts) == 1:
        return quoted(part, _)
    ordinals = [_("the first {part}"), _("the second {part}"), _("the third {part}")]
    number = starts.index(start)
    template = ordinals[number] if number < len(ordinals) else _("{part} number {number}")
    return template.format(part=quoted(part, _), number=number + 1)


def _occurrences(part: str, word: str) -> list[int]:
    return [i for i in range(len(word)) if word.startswith(part, i)]


def percent(share: float, _: Translator) -> str:
    """A share of 0 to 1 in whole percent; what would round to nothing or to everything is not called so."""
    if 0 < share < 0.005:
        return _("less than {number} %").format(number=1)
    if 0.995 <= share < 0.999999:
        return _("more than {number} %").format(number=99)
    return _("{number} %").format(number=round(100 * share))


def _sum(weights: FloatArray) -> float:
    return float(weights.sum(dtype=float))
