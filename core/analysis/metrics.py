"""How often a model is right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.data.accuracy import Evaluation, evaluate_answers
from core.data.corpus import Corpus
from core.decoding.interventions import Intervention
from core.decoding.pipeline import Pipeline


def evaluate_pipeline(
    pipeline: Pipeline,
    corpus: Corpus,
    interventions: Sequence[Intervention] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Decode a corpus greedily and count what is right.

    Args:
        interventions: the same changes at every question; none by default.
        progress: told how many questions of how many are done; what it raises ends the run.
    Raises:
        InterventionError: a change cannot be made with this model.
        ValueError: a question is too long for the model, or has a character that it never learned; says which.
    """
    outputs = pipeline.decode(pipeline.encode(corpus.questions), interventions, progress)
    return evaluate_answers(corpus.questions, outputs, corpus.answers)
