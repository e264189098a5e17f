"""Is attention the explanation? Decode a whole test set with the attention changed, and count what is still right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.analysis.metrics import evaluate_pipeline
from core.data.accuracy import Evaluation
from core.data.corpus import Corpus
from core.decoding.interventions import Argmax, Gold, Intervention, MaskPadding, Permute, Uniform
from core.decoding.pipeline import Pipeline

EXPERIMENTS: Mapping[str, tuple[Intervention, ...]] = {
    "none": (),
    "argmax": (Argmax(),),
    "padding-masked": (MaskPadding(),),
    "gold": (Gold(),),
    "uniform": (Uniform(),),
    "permuted": (Permute(seed=0),),
}
"""The rows of the table, by name, from the mildest change to the roughest."""

Progress = Callable[[int, int], None]
"""Told how many dates of how many are done; what it raises ends the run."""


def run_experiments(
    pipeline: Pipeline,
    corpus: Corpus,
    experiments: Mapping[str, Sequence[Intervention]] = EXPERIMENTS,
    progress: Progress | None = None,
) -> dict[str, Evaluation]:
    """The whole table: exact match for every experiment, in the order given.

    Args:
        progress: counts the dates of all experiments together.
    """
    total = len(corpus) * len(experiments)
    table: dict[str, Evaluation] = {}
    for name, interventions in experiments.items():
        before = len(corpus) * len(table)
        report = None if progress is None else lambda done, _, before=before: progress(before + done, total)
        table[name] = evaluate_pipeline(pipeline, corpus, interventions, report)
    return table
