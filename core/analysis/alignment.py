"""How well a model looks where it should: measures of attention against the gold alignment.

What each number means, and what it does not, is told in `docs/alignment.md`.

Shapes: N dates, T_enc source characters in reading order, T_dec output characters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.analysis.alignment_measures import AlignmentMeasures, AlignmentScores, CorpusAlignment, GroupAlignment
from core.backend.arrays import BoolArray, FloatArray
from core.backend.batches import in_batches
from core.data.accuracy import OTHER
from core.data.corpus import Corpus
from core.data.dates import FAMILIES, family_of
from core.data.gold import gold_padded
from core.data.source_text import SourceTexts
from core.decoding.pipeline import Pipeline

# Dates whose weights are in memory at once.
_PORTION = 1024

# A row of weights is a softmax in float32, perhaps renormalised; what is off by more is no row of weights.
_ROW_SUM_TOLERANCE = 1e-3


def score_alignment(weights: FloatArray, gold: BoolArray | None, text_length: int) -> AlignmentScores:
    """Measure the attention of one decoding.

    Args:
        weights: (T_dec, T_enc), columns in reading order, rows summing to 1, such as `trace.weights`.
        gold: (T_dec, T_enc) as from `gold_padded`; None measures what needs no gold.
        text_length: typed characters; the columns after them are padding.
    Raises:
        ValueError: shapes that do not fit, a `text_length` outside 0..T_enc, or rows that are no attention weights.
    """
    if np.ndim(weights) != 2 or (gold is not None and np.shape(gold) != np.shape(weights)):
        got = "none" if gold is None else np.shape(gold)
        raise ValueError(f"weights are {np.shape(weights)} and gold is {got}; expected (T_dec, T_enc) for both")
    if not 0 <= text_length <= weights.shape[1]:
        raise ValueError(f"text_length is {text_length}; expected 0 to T_enc = {weights.shape[1]}")
    golds = np.zeros((1, *weights.shape), np.bool_) if gold is None else gold[None]
    tally = _Tally.of(weights[None], golds, np.array([text_length]))
    return AlignmentScores(
        total=tally.measures(),
        steps=tally.measures_of_steps(),
        argmax=tuple(weights.argmax(axis=1).tolist()),
        received=tuple(weights.sum(axis=0, dtype=np.float64).tolist()),
    )


def score_corpus(
    pipeline: Pipeline, corpus: Corpus, progress: Callable[[int, int], None] | None = None
) -> CorpusAlignment:
    """Decode a corpus greedily and measure the attention of those very decodings.

    Args:
        pipeline: a model with attention.
        corpus: questions that fit the model. Those without gold count for entropy and padding alone.
        progress: called with the dates done and their number after every portion; what it raises ends the work.
    Raises:
        ValueError: the model has no attention, or a question is too long or has unknown characters; says which.
    Cost:
        5,000 dates in about 3 s for T_enc = 29, T_dec = 10, H = 256 on one CPU core; memory for 1,024 dates.
    """
    source = pipeline.encode(corpus.questions)
    names = [*(family.name for family in FAMILIES), OTHER]
    tallies = {name: _Tally.empty(pipeline.target_length) for name in names}

    def score(rows: slice) -> None:
        questions = corpus.questions[rows]
        outputs, weights = pipeline.decode_with_attention(SourceTexts(questions, source.ids[rows]))
        families = np.array([family_of(question) or OTHER for question in questions])
        correct = np.array([o == a for o, a in zip(outputs, corpus.answers[rows], strict=True)])
        gold, lengths = _golds(questions, weights.shape), np.array([len(question) for question in questions])
        for name in set(families.tolist()):
            chosen = families == name
            tally = _Tally.of(weights[chosen], gold[chosen], lengths[chosen], int(correct[chosen].sum()))
            tallies[name] += tally
        if progress is not None:
            progress(rows.stop, len(corpus))

    in_batches(len(corpus), _PORTION, score)
    return CorpusAlignment(
        model=pipeline.name,
        digest=pipeline.digest,
        corpus=corpus.digest,
        whole=sum(tallies.values(), _Tally.empty(pipeline.target_length)).group(),
        families={name: tally.group() for name, tally in tallies.items() if tally.n},
    )


def _golds(questions: Sequence[str], shape: tuple[int, ...]) -> BoolArray:
    """(N, T_dec, T_enc); without any for a question that has no gold alignment."""
    golds = np.zeros(shape, np.bool_)
    for row, question in enumerate(questions):
        gold = gold_padded(question, shape[2], shape[1])
        if gold is not None:
            golds[row] = gold
    return golds


# ---- counting -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Tally:
    """Sums over some dates, from which every measure follows; tallies of different dates add up.

    Attributes:
        n, with_gold, correct, coverage: summed over dates.
        sums: (T_dec,) each, summed over dates: `dates`; `gold` and `sure`, steps with some and with one gold
            character; `hits` and `mass`, the argmax and the weights on gold; `sure_hits` and `sure_mass`, the same
            for sure steps; `entropy`; `padding`.
    """

    n: int
    with_gold: int
    correct: int
    coverage: float
    sums: Mapping[str, NDArray[np.float64]]

    @classmethod
    def empty(cls, t_dec: int) -> _Tally:
        return cls.of(np.zeros((0, t_dec, 1)), np.zeros((0, t_dec, 1), np.bool_), np.zeros(0, np.int64))

    @classmethod
    def of(
        cls, weights: NDArray[np.floating[Any]], gold: BoolArray, text_lengths: NDArray[np.int64], correct: int = 0
    ) -> _Tally:
        """Args: weights, gold: (N, T_dec, T_enc); text_lengths: (N,)."""
        w = _checked(weights)
        of_step = gold.sum(axis=2)
        sure = of_step == 1
        hits = np.take_along_axis(gold, w.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
        mass = (w * gold).sum(axis=2)
        padding = np.arange(w.shape[2]) >= text_lengths[:, None]
        steps = {
            "dates": np.ones(of_step.shape),
            "gold": of_step > 0,
            "sure": sure,
            "hits": hits,
            "sure_hits": hits & sure,
            "mass": mass,
            "sure_mass": mass * sure,
            "entropy": -(w * np.log2(w, out=np.zeros_like(w), where=w > 0)).sum(axis=2),
            "padding": (w * padding[:, None, :]).sum(axis=2),
        }
        with_gold = gold.any(axis=(1, 2))
        return cls(
            n=len(w),
            with_gold=int(with_gold.sum()),
            correct=correct,
            coverage=float(_coverage(w[with_gold], gold[with_gold]).sum()),
            sums={name: values.sum(axis=0, dtype=np.float64) for name, values in steps.items()},
        )

    def __add__(self, other: _Tally) -> _Tally:
        return _Tally(
            n=self.n + other.n,
            with_gold=self.with_gold + other.with_gold,
            correct=self.correct + other.correct,
            coverage=self.coverage + other.coverage,
            sums={name: values + other.sums[name] for name, values in self.sums.items()},
        )

    def group(self) -> GroupAlignment:
        return GroupAlignment(self.n, self.with_gold, self.correct, self.measures(), self.measures_of_steps())

    def measures(self) -> AlignmentMeasures:
        total = {name: float(values.sum()) for name, values in self.sums.items()}
        return _measures(total, _ratio(self.coverage, self.with_gold))

    def measures_of_steps(self) -> tuple[AlignmentMeasures, ...]:
        t_dec = len(self.sums["dates"])
        return tuple(_measures({name: float(v[i]) for name, v in self.sums.items()}, None) for i in range(t_dec))


def _measures(sums: Mapping[str, float], coverage: float | None) -> AlignmentMeasures:
    links = sums["gold"] + sums["sure"]
    return AlignmentMeasures(
        alignment_error_rate=_ratio(links - sums["hits"] - sums["sure_hits"], links),
        soft_alignment_error_rate=_ratio(links - sums["mass"] - sums["sure_mass"], links),
        mass_on_gold=_ratio(sums["mass"], sums["gold"]),
        argmax_on_gold=_ratio(sums["hits"], sums["gold"]),
        coverage=coverage,
        entropy=_ratio(sums["entropy"], sums["dates"]),
        mass_on_padding=_ratio(sums["padding"], sums["dates"]),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _coverage(w: NDArray[np.float64], gold: BoolArray) -> NDArray[np.float64]:
    """(N,) coverage of dates that all have gold; see `AlignmentMeasures`."""
    evenly = gold / np.maximum(gold.sum(axis=2, keepdims=True), 1)
    due, got = evenly.sum(axis=1), w.sum(axis=1)
    wanted = due > 0
    covered = np.minimum(got, due) / np.where(wanted, due, 1.0)
    return np.asarray((covered * wanted).sum(axis=1) / wanted.sum(axis=1))


def _checked(weights: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The weights in float64, every row summing to 1 to the last bit or two; raises where they are no weights."""
    w = weights.astype(np.float64)
    sums = w.sum(axis=2, keepdims=True)
    # Neither comparison holds for NaN, nor the second for infinity.
    if not ((w >= 0).all() and (np.abs(sums - 1) <= _ROW_SUM_TOLERANCE).all()):
        raise ValueError("these are no attention weights; expected finite numbers from 0 up, each row summing to 1")
    return np.asarray(w / sums)
