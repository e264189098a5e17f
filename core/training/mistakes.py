"""Mistakes that people make with the attention model, built in on purpose, one at a time, beside the right code.

A mistake is a small subclass or an option, never a copy of the model: what is not mistaken is the code that everybody
runs. `tests/core/training/test_known_mistakes.py` holds for each the check that catches it.

    >>> mistake = MISTAKES["context-not-fed"]
    >>> mistake.where, mistake.model_class.__name__
    ('forward', 'ContextNotFed')

Shapes: N batch, T_enc encoder steps, T_dec decoder steps, H hidden size.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from core.data.corpus import Corpus, split_by_day
from core.data.source_text import AnyText
from core.decoding.greedy import trace_greedy
from core.decoding.trace import DecodingTrace
from core.layers.basic import Softmax
from core.layers.initialiser import ParameterMaker
from core.layers.scores import DotScore
from core.models.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.models.mistaken import (
    MISTAKEN_MODELS,
    ContextNotFedDecoder,
    PositionScore,
    SoftmaxOverOne,
    StateGradientMisplacedDecoder,
    WrongFirstStateDecoder,
    mistaken_model,
)
from core.training.mistaken_code import (
    affine_not_scaled,
    gradients_not_clipped,
    input_not_reversed,
    labels_reversed,
    split_by_pair,
    teacher_forced_map,
)
from core.training.optimizers import clip_grads
from core.training.recipe import Recipe

if TYPE_CHECKING:
    from core.decoding.pipeline import Pipeline

Split = Callable[[Corpus, float, int], tuple[Corpus, Corpus]]

Where = Literal["start", "backward", "forward", "training", "data", "picture"]
"""Where a mistake sits: the first parameters, a gradient, a forward pass, the loop, the data, or only the picture."""


@dataclass(frozen=True)
class Mistake:
    """One mistake, and how to build it in.

    Attributes:
        name: its key in `MISTAKES`.
        where: where it sits.
        change: turns a recipe into the mistaken one; None where the recipe is right.
        split: divides a corpus into training and test set; by day where that is right.
        picture: a decoding whose numbers or labels lie, while the model is right; None where the picture is right.
        right, wrong: the functions to show beside each other; None where there is nothing to show.
        source: where people published it or asked about it, in words.
        caught_by: the function of `tests/core/training/test_known_mistakes.py` that fails on it alone.
        test: the test there that shows how.
    """

    name: str
    where: Where
    change: Callable[[Recipe], Recipe] | None = None
    split: Split = split_by_day
    picture: Callable[[Pipeline, AnyText], DecodingTrace] | None = None
    right: Callable[..., Any] | None = None
    wrong: Callable[..., Any] | None = None
    source: str = ""
    caught_by: str = ""
    test: str = ""

    @property
    def model_class(self) -> type[AttentionSeq2seq]:
        """The class of a model with the mistake; the right one where the mistake is not in its code."""
        return MISTAKEN_MODELS.get(self.name, AttentionSeq2seq)

    def recipe(self, recipe: Recipe) -> Recipe:
        """The recipe with the mistake in it; the same one where it is elsewhere."""
        return self.change(recipe) if self.change else recipe

    @property
    def right_source(self) -> str:
        """The code that is right, as it is running; "" where there is none to show."""
        return _source(self.right)

    @property
    def wrong_source(self) -> str:
        """The code with the mistake, as it is running; "" where there is none to show."""
        return _source(self.wrong)


def _source(function: Callable[..., Any] | None) -> str:
    return textwrap.dedent(inspect.getsource(function)) if function else ""


MISTAKES: Mapping[str, Mistake] = {
    mistake.name: mistake
    for mistake in (
        Mistake(
            "affine-not-scaled",
            "start",
            change=affine_not_scaled,
            right=ParameterMaker.affine,
            wrong=affine_not_scaled,
            source="Glorot and Bengio 2010, who say why first weights are scaled by the number of inputs",
            caught_by="check_affine_start",
            test="test_affine_weight_without_its_scale",
        ),
        Mistake(
            "state-gradient-misplaced",
            "backward",
            right=AttentionDecoder.backward,
            wrong=StateGradientMisplacedDecoder.backward,
            source="published re-implementations of the book's decoder, with the line `ddec_hs[:, -1] += dh`",
            caught_by="check_encoder_gradients",
            test="test_gradient_of_the_decoders_first_state_in_the_wrong_place",
        ),
        Mistake(
            "wrong-first-state",
            "forward",
            right=AttentionDecoder.start,
            wrong=WrongFirstStateDecoder.start,
            source="https://github.com/yunjey/pytorch-tutorial/issues/151: is it out[:, -1] or out[-1]?",
            caught_by="check_an_answer_does_not_depend_on_its_neighbours",
            test="test_decoder_started_from_another_state_than_the_last",
        ),
        Mistake(
            "softmax-wrong-axis",
            "forward",
            right=Softmax.forward,
            wrong=SoftmaxOverOne.forward,
            source="https://github.com/PetrochukM/PyTorch-NLP/issues/2 and "
            "https://github.com/localminimum/R-net/issues/8: the weights are always 1",
            caught_by="check_weights_sum_to_one_over_the_source",
            test="test_softmax_over_the_wrong_axis",
        ),
        Mistake(
            "weights-without-encoder",
            "forward",
            right=DotScore.forward,
            wrong=PositionScore.forward,
            source="https://github.com/pytorch/tutorials/issues/1098 and "
            "https://github.com/spro/practical-pytorch/issues/84: the encoder's outputs are not asked",
            caught_by="check_weights_follow_the_encoder_states",
            test="test_weights_that_ignore_the_encoder_states",
        ),
        Mistake(
            "context-not-fed",
            "forward",
            right=AttentionDecoder.run,
            wrong=ContextNotFedDecoder.run,
            source="https://github.com/bentrevett/pytorch-seq2seq/issues/158: is the decoder's output not enough?",
            caught_by="check_the_context_changes_the_answer",
            test="test_the_context_not_fed_to_the_affine_layer",
        ),
        Mistake(
            "input-not-reversed",
            "training",
            change=input_not_reversed,
            wrong=input_not_reversed,
            source="Sutskever et al. 2014, section 3.3, who found that reversing helps",
            caught_by="check_the_last_character_is_read_first",
            test="test_a_recipe_says_in_which_order_the_input_is_read",
        ),
        Mistake(
            "gradients-not-clipped",
            "training",
            change=gradients_not_clipped,
            right=clip_grads,
            wrong=gradients_not_clipped,
            source="Pascanu et al. 2013, section 3.2; https://github.com/asappresearch/sru/issues/2: the loss is nan",
            caught_by="check_long_gradients_are_shortened",
            test="test_gradients_not_clipped",
        ),
        Mistake(
            "days-in-both-sets",
            "data",
            split=split_by_pair,
            right=split_by_day,
            wrong=split_by_pair,
            source="https://github.com/yogeshhk/MidcurveNN/issues/34: variants of one thing in both sets",
            caught_by="check_no_day_is_in_both_sets",
            test="test_days_in_both_sets",
        ),
        Mistake(
            "labels-reversed",
            "picture",
            picture=labels_reversed,
            right=trace_greedy,
            wrong=labels_reversed,
            source="https://github.com/bojieli/ai-agent-book/issues/346: labels of other tokens than those attended to",
            caught_by="check_columns_stand_in_reading_order",
            test="test_columns_left_reversed",
        ),
        Mistake(
            "teacher-forced-map",
            "picture",
            picture=teacher_forced_map,
            right=trace_greedy,
            wrong=teacher_forced_map,
            source="https://github.com/alex-berard/seq2seq/issues/16: the heatmap is that of the reference",
            caught_by="check_map_is_that_of_the_decoding",
            test="test_teacher_forced_map_is_not_the_decoding",
        ),
    )
}
"""By name."""

TRAINABLE: Mapping[str, Mistake] = {name: mistake for name, mistake in MISTAKES.items() if mistake.where != "picture"}
"""Those that a model can be trained with."""


def trainable(name: str) -> Mistake:
    """The mistake of this name, one that a model can be trained with.

    Raises:
        ValueError: there is none; says which there are.
    """
    mistaken_model(name)
    return TRAINABLE[name]
