"""Attention, influence and saliency beside each other: how far they agree, and what they cost.

    python -m benchmarks.influence [MODEL]

prints the numbers of docs/influence.md. They change with every training.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import Work, take_turns
from core.analysis.influence import causal_map
from core.analysis.map_agreement import MapAgreement, compare_maps
from core.analysis.saliency import saliency
from core.data.dates import FAMILIES, make_pairs
from core.data.gold import gold_alignment
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained

LEAST = 0.01
"""A step that no replacement moves by this much is left out: the order of its numbers is that of rounding errors."""

PER_FAMILY = 15
PAIRS = ("attention, influence", "attention, saliency", "influence, saliency", "attention, times", "influence, times")


@dataclass(frozen=True)
class Comparison:
    """One date.

    Attributes:
        pairs: agreement of each of `PAIRS`, over the typed characters.
        distances: for every step with influence, how far to the right of attention's first character influence's is.
        on_gold: for every such step that has gold, whether the first character of attention, influence and saliency is.
    """

    pairs: tuple[MapAgreement, ...]
    distances: list[int]
    on_gold: list[tuple[bool, ...]]


def compare_date(pipeline: Pipeline, text: str) -> Comparison:
    """Compare the maps of one date."""
    weights = pipeline.trace(text).weights
    assert weights is not None, "choose a model with attention"
    influence, slopes = causal_map(pipeline, text).forced.moved, saliency(pipeline, text)
    n, times = len(text), np.abs(slopes.times_input)
    maps = (
        (weights, influence),
        (weights, slopes.norm),
        (influence, slopes.norm),
        (weights, times),
        (influence, times),
    )
    firsts = [map_.argmax(axis=1) for map_ in (weights, influence, slopes.norm)]
    has_influence = influence[:, :n].max(axis=1) >= LEAST
    return Comparison(
        pairs=tuple(compare_maps(a[:, :n], b[:, :n], LEAST) for a, b in maps),
        distances=(firsts[1] - firsts[0])[has_influence].tolist(),
        on_gold=_on_gold(firsts, has_influence, text),
    )


def _on_gold(firsts: Sequence[NDArray[Any]], has_influence: NDArray[Any], text: str) -> list[tuple[bool, ...]]:
    gold = gold_alignment(text)
    if gold is None:
        return []
    steps = np.flatnonzero(has_influence & gold.any(axis=1))
    return [tuple(bool(first[i] < len(text) and gold[i, first[i]]) for first in firsts) for i in steps]


def agreement_line(name: str, comparisons: Sequence[Comparison]) -> str:
    """A row of a table: the mean of each pair, and how often attention and influence have the same character first."""
    means = [[c.pairs[k].mean for c in comparisons] for k in range(len(PAIRS))]
    columns = [f"{statistics.fmean(m for m in column if m is not None):.2f}" for column in means]
    distances = [distance for c in comparisons for distance in c.distances]
    return f"| {name} | {' | '.join(columns)} | {distances.count(0)} of {len(distances)} |"


def main(arguments: Sequence[str]) -> None:
    """Print everything. Args: arguments: the name of a model with attention, or nothing."""
    pipeline = load_pretrained(arguments[0] if arguments else "date-attention", device="cpu")
    print(f"{pipeline.name}, parameters {pipeline.digest[:12]}\n\n| text | {' | '.join(PAIRS)} | same first |")
    for family in FAMILIES:
        print(agreement_line(f"`{family.example}`", [compare_date(pipeline, family.example)]))
    pairs = make_pairs(60_000, seed=7)
    texts = [p.question for f in FAMILIES for p in [p for p in pairs if p.family == f.name][:PER_FAMILY]]
    every = [compare_date(pipeline, text) for text in texts]
    print(agreement_line(f"{len(texts)} dates", every))

    distances, on_gold = [d for c in every for d in c.distances], [row for c in every for row in c.on_gold]
    gold = ", ".join(str(sum(column)) for column in zip(*on_gold, strict=True))
    print(f"\nfirst character on gold, of {len(on_gold)} steps: attention, influence, saliency {gold}")
    right, left = sum(d > 0 for d in distances), sum(d < 0 for d in distances)
    print(f"influence's first character is {right} times to the right of attention's, {left} times to the left\n")

    works = {f.example: _work(lambda text=f.example: causal_map(pipeline, text)) for f in FAMILIES}
    works["every replacement"] = _work(lambda: causal_map(pipeline, "september 27, 1994", "all"))
    works["saliency"] = _work(lambda: saliency(pipeline, "september 27, 1994"))
    for name, seconds in take_turns(works, rounds=7).items():
        print(f"{name:30} {1000 * min(seconds):6.0f} ms at best, {1000 * statistics.median(seconds):6.0f} ms typically")


def _work(run: Any) -> Work:
    return Work(run=run, warm_up=lambda: None)


if __name__ == "__main__":
    main(sys.argv[1:])
