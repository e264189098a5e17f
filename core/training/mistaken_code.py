"""The mistakes that are not in the code of a model: in the recipe, in the data, in the picture.

`core.models.mistaken` has those of the models, `core.training.mistakes` the list of all.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from core.backend.arrays import FloatArray
from core.data.corpus import Corpus
from core.data.oracle import judge
from core.data.source_text import AnyText
from core.decoding.interventions import ForceCharacter
from core.decoding.trace import DecodingTrace
from core.training.recipe import Recipe

if TYPE_CHECKING:
    from core.decoding.pipeline import Pipeline

# ---- the recipe ------------------------------------------------------------------------------------------------------


def affine_not_scaled(recipe: Recipe) -> Recipe:
    """The affine weight starts with standard deviation 1 instead of 1/sqrt(2H)."""
    return replace(recipe, initialiser=replace(recipe.initialiser, scaled_affine=False))


def input_not_reversed(recipe: Recipe) -> Recipe:
    """The first character is read first."""
    return replace(recipe, reversed_input=False)


def gradients_not_clipped(recipe: Recipe) -> Recipe:
    """A gradient may be as long as it likes."""
    return replace(recipe, max_grad=None)


# ---- data -----------------------------------------------------------------------------------------------------------


def split_by_pair(corpus: Corpus, test_share: float, seed: int) -> tuple[Corpus, Corpus]:
    """Split by drawing pairs, so that a day of the test set may be in the training set, written otherwise or not.

    Args, returns: as for `split_by_day`, whose place this takes.
    """
    draw = random.Random(seed).random
    held_out = [draw() < test_share for _ in range(len(corpus))]
    train = corpus.take(row for row, held in enumerate(held_out) if not held)
    return train, corpus.take(row for row, held in enumerate(held_out) if held)


def never_seen(test: Corpus, train: Corpus) -> Corpus:
    """The pairs of `test` whose day is not in `train` in any format."""
    days = set(train.answers)
    return test.take(row for row, day in enumerate(test.answers) if day not in days)


# ---- picture --------------------------------------------------------------------------------------------------------


def labels_reversed(pipeline: Pipeline, text: AnyText) -> DecodingTrace:
    """A decoding whose columns stand in the order in which the model read them, under the labels of the typed text.

    Of a model that reads the last character first every weight stands under the wrong character; else none does.

    Raises:
        SourceTextError: the text cannot be read.
        ValueError: the model has no attention to draw.
    """
    trace = pipeline.trace(text)
    weights, scores = (pipeline.as_read(array) for array in _map_of(trace))
    return replace(trace, weights=weights, scores=scores)


def teacher_forced_map(pipeline: Pipeline, text: AnyText) -> DecodingTrace:
    """A pass in which the decoder was fed the right answer, as in training, shown as if it had decoded.

    The rows are those of the right answer, whatever the model writes by itself. Where it writes something else, both
    its answer and its map are hidden.

    Raises:
        SourceTextError: the text cannot be read.
        ValueError: the model has no attention to draw, or the right answer is not known.
    """
    source = pipeline.read(text)
    trace = pipeline.trace(source)
    _map_of(trace)
    expected = judge(trace.text, trace.output).expected
    answer = "" if expected is None else expected.isoformat()
    if len(answer) != len(trace):
        raise ValueError(f"the right answer to {trace.text!r} is not known, so no decoder can be fed with it")
    forced = [ForceCharacter(step, character) for step, character in enumerate(answer)]
    return replace(pipeline.trace(source, forced), interventions=())


def _map_of(trace: DecodingTrace) -> tuple[FloatArray, FloatArray]:
    if trace.weights is None or trace.scores is None:
        raise ValueError(f"the model {trace.model!r} has no attention to draw; choose one that has")
    return trace.weights, trace.scores
