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
import random
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from core.backend.numpy_backend import CPU, Array, Backend
from core.data.corpus import MAX_LENGTH, Corpus, split_by_day
from core.data.oracle import judge
from core.decoding.greedy import DecodingTrace, trace_greedy
from core.decoding.interventions import ForceCharacter
from core.layers.attention import TimeAttention
from core.layers.basic import Softmax
from core.layers.initialiser import ParameterMaker
from core.layers.lstm import add_to_final_state
from core.layers.scores import DotScore, FloatArray, Score
from core.models.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.models.seq2seq import Decoder
from core.training.optimizers import clip_grads
from core.training.recipe import Recipe

if TYPE_CHECKING:
    from core.decoding.pretrained import Pipeline

Split = Callable[[Corpus, float, int], tuple[Corpus, Corpus]]

Where = Literal["start", "backward", "forward", "training", "data", "picture"]
"""Where a mistake sits: the first parameters, a gradient, a forward pass, the loop, the data, or only the picture."""


@dataclass(frozen=True)
class Mistake:
    """One mistake, and how to build it in.

    Attributes:
        name: its key in `MISTAKES`.
        where: where it sits.
        model_class: the attention model with the mistake in its code; None where its code is right.
        change: turns a recipe into the mistaken one; None where the recipe is right.
        split: divides a corpus into training and test set; by day where that is right.
        picture: a decoding whose numbers or labels lie, while the model is right; None where the picture is right.
        right, wrong: the functions to show beside each other; None where there is nothing to show.
        source: where people published it or asked about it, in words.
        caught_by: the function of `tests/core/training/test_known_mistakes.py` that fails on it alone.
    """

    name: str
    where: Where
    model_class: type[AttentionSeq2seq] | None = None
    change: Callable[[Recipe], Recipe] | None = None
    split: Split = split_by_day
    picture: Callable[[Pipeline, str], DecodingTrace] | None = None
    right: Callable[..., Any] | None = None
    wrong: Callable[..., Any] | None = None
    source: str = ""
    caught_by: str = ""

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


# ---- the start ------------------------------------------------------------------------------------------------------


def _affine_not_scaled(recipe: Recipe) -> Recipe:
    """The affine weight starts with standard deviation 1 instead of 1/sqrt(2H)."""
    return replace(recipe, initialiser=replace(recipe.initialiser, scaled_affine=False))


# ---- backward -------------------------------------------------------------------------------------------------------


class StateGradientMisplacedDecoder(AttentionDecoder):
    """The gradient of the first state is added to the decoder's states, from which nothing is computed any more."""

    def backward(self, dlogits: Array) -> Array:
        """As in `AttentionDecoder.backward`, but for the line before the last."""
        dout = self.affine.backward(dlogits)
        H = dout.shape[2] // 2
        dhs_enc, dhs_dec = self.attention.backward(dout[:, :, :H])
        dhs_dec += dout[:, :, H:]
        self.embed.backward(self.lstm.backward(dhs_dec))
        dhs_dec[:, -1] += self.lstm.dh
        return dhs_enc


class StateGradientMisplaced(AttentionSeq2seq):
    """The encoder learns nothing from what its last state did as the decoder's first."""

    decoder_class = StateGradientMisplacedDecoder


# ---- forward --------------------------------------------------------------------------------------------------------


class WrongFirstStateDecoder(AttentionDecoder):
    """Every sample starts from the last state of the batch's last sample.

    Meant is hs_enc[:, -1], the last state of every sample (N, H). The often seen hs_enc[:-1], all samples but the last
    with all their states, does not run: its shape (N - 1, T_enc, H) is no state's. What runs, without a word, is
    hs_enc[-1, -1]: NumPy spreads one state (H,) over the batch. A text alone is decoded rightly.
    """

    def start(self, encoded: Array) -> None:
        """As in `AttentionDecoder.start`, from another state."""
        first = self.backend.xp.broadcast_to(encoded[-1, -1], encoded[:, -1].shape)
        Decoder.start(self, first)
        self.hs_enc = encoded


class WrongFirstState(AttentionSeq2seq):
    """The first state of a sample is that of another one."""

    decoder_class = WrongFirstStateDecoder


class SoftmaxOverOne(Softmax):
    """A softmax over an axis of length 1: exp(x) / exp(x) = 1 for every score, and a gradient of 0."""

    def forward(self, x: Array) -> Array:
        """Args: x: (..., T_enc). Returns: ones of the same shape."""
        return super().forward(x[..., None])[..., 0]

    def backward(self, dout: Array) -> Array:
        """As in `Softmax.backward`: zeros."""
        return super().backward(dout[..., None])[..., 0]


class SoftmaxWrongAxisAttention(TimeAttention):
    """Attention whose softmax runs over an axis of length 1."""

    def __init__(self, backend: Backend = CPU, score: Score | None = None) -> None:
        super().__init__(backend, score)
        self.softmax = SoftmaxOverOne(backend)


class SoftmaxWrongAxisDecoder(AttentionDecoder):
    """The context is the plain sum of all encoder states, the same at every step."""

    attention_class = SoftmaxWrongAxisAttention


class SoftmaxWrongAxis(AttentionSeq2seq):
    """Every weight is 1."""

    decoder_class = SoftmaxWrongAxisDecoder


class PositionScore(Score):
    """scores[n, i, j] = hs_dec[n, i] . W[:, j]: a score for a position, whatever stands there.

    W has a column for each of `core.data.corpus.MAX_LENGTH` positions. Luong et al. 2015 (eq. 8) try it on purpose and
    call it location-based; as a mistake it is what is left when the encoder states are forgotten.
    """

    parameter_names = ("W",)

    @staticmethod
    def shapes(hidden_size: int) -> tuple[tuple[int, ...], ...]:
        """W (H, MAX_LENGTH)."""
        return ((hidden_size, MAX_LENGTH),)

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """As in `Score.forward`.

        Raises:
            ValueError: more positions than W has columns.
        """
        T_enc = hs_enc.shape[1]
        if T_enc > MAX_LENGTH:
            raise ValueError(f"got {T_enc} encoder states; W has a column for each of {MAX_LENGTH} positions")
        self.cache = (hs_enc, hs_dec)
        return hs_dec @ self.params[0][:, :T_enc]

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """dW = hs_dec^T dscores;  dhs_dec = dscores W^T;  dhs_enc = 0."""
        hs_enc, hs_dec = self.cache
        T_enc, W, dW = hs_enc.shape[1], self.params[0], self.grads[0]
        dW[...] = 0
        dW[:, :T_enc] = hs_dec.reshape(-1, len(W)).T @ dscores.reshape(-1, T_enc)
        return self.backend.xp.zeros_like(hs_enc), dscores @ W[:, :T_enc].T

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """h[k] W[k, j], see `Score.terms`."""
        (W,) = params
        return W[:, : len(hs_enc)].T * h


class WeightsWithoutEncoderDecoder(AttentionDecoder):
    """Looks where its own state says, without comparing it with what stands there."""

    def _make_score(self, score: str, hidden_size: int, maker: ParameterMaker) -> Score:
        return PositionScore(*(maker.weight(*s) for s in PositionScore.shapes(hidden_size)), backend=maker.backend)


class WeightsWithoutEncoder(AttentionSeq2seq):
    """The weights are computed from the decoder's state alone."""

    decoder_class = WeightsWithoutEncoderDecoder


class ContextNotFedDecoder(AttentionDecoder):
    """Attends, and throws the context away: the affine layer gets the decoder's state alone."""

    @staticmethod
    def _affine_input_size(hidden_size: int) -> int:
        return hidden_size

    def run(self, xs: Array) -> Array:
        """As in `AttentionDecoder.run`, but logits = affine(hs_dec)."""
        hs_dec = self.lstm.forward(self.embed.forward(xs))
        self.context = self.attention.forward(self.hs_enc, hs_dec)
        return self.affine.forward(hs_dec)

    def backward(self, dlogits: Array) -> Array:
        """Args: dlogits: (N, T_dec, V). Returns: dhs_enc (N, T_enc, H); only the first state has a gradient."""
        self.embed.backward(self.lstm.backward(self.affine.backward(dlogits)))
        dhs_enc = self.backend.xp.zeros_like(self.hs_enc)
        add_to_final_state(dhs_enc, self.lstm.dh, self.bidirectional)
        return dhs_enc


class ContextNotFed(AttentionSeq2seq):
    """An attention that is computed, and drawn, and used for nothing."""

    decoder_class = ContextNotFedDecoder


# ---- training -------------------------------------------------------------------------------------------------------


def _input_not_reversed(recipe: Recipe) -> Recipe:
    """The first character is read first."""
    return replace(recipe, reversed_input=False)


def _gradients_not_clipped(recipe: Recipe) -> Recipe:
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


def labels_reversed(pipeline: Pipeline, text: str) -> DecodingTrace:
    """A decoding whose columns stand in the order in which the model read them, under the labels of the typed text.

    Of a model that reads the last character first every weight stands under the wrong character; else none does.

    Raises:
        SourceTextError: the text cannot be read.
        ValueError: the model has no attention to draw.
    """
    trace = pipeline.trace(text)
    weights, scores = (pipeline.as_read(array) for array in _map_of(trace))
    return replace(trace, weights=weights, scores=scores)


def teacher_forced_map(pipeline: Pipeline, text: str) -> DecodingTrace:
    """A pass in which the decoder was fed the right answer, as in training, shown as if it had decoded.

    The rows are those of the right answer, whatever the model writes by itself. Where it writes something else, both
    its answer and its map are hidden.

    Raises:
        SourceTextError: the text cannot be read.
        ValueError: the model has no attention to draw, or the right answer is not known.
    """
    trace = pipeline.trace(text)
    _map_of(trace)
    expected = judge(trace.text, trace.output).expected
    answer = "" if expected is None else expected.isoformat()
    if len(answer) != len(trace):
        raise ValueError(f"the right answer to {trace.text!r} is not known, so no decoder can be fed with it")
    forced = [ForceCharacter(step, character) for step, character in enumerate(answer)]
    return replace(pipeline.trace(text, forced), interventions=())


def _map_of(trace: DecodingTrace) -> tuple[FloatArray, FloatArray]:
    if trace.weights is None or trace.scores is None:
        raise ValueError(f"the model {trace.model!r} has no attention to draw; choose one that has")
    return trace.weights, trace.scores


# ---- all of them ----------------------------------------------------------------------------------------------------

MISTAKES: Mapping[str, Mistake] = {
    mistake.name: mistake
    for mistake in (
        Mistake(
            "affine-not-scaled",
            "start",
            change=_affine_not_scaled,
            right=ParameterMaker.affine,
            wrong=_affine_not_scaled,
            source="Glorot and Bengio 2010, who say why first weights are scaled by the number of inputs",
            caught_by="check_affine_start",
        ),
        Mistake(
            "state-gradient-misplaced",
            "backward",
            StateGradientMisplaced,
            right=AttentionDecoder.backward,
            wrong=StateGradientMisplacedDecoder.backward,
            source="published re-implementations of the book's decoder, with the line `ddec_hs[:, -1] += dh`",
            caught_by="check_encoder_gradients",
        ),
        Mistake(
            "wrong-first-state",
            "forward",
            WrongFirstState,
            right=AttentionDecoder.start,
            wrong=WrongFirstStateDecoder.start,
            source="https://github.com/yunjey/pytorch-tutorial/issues/151: is it out[:, -1] or out[-1]?",
            caught_by="check_an_answer_does_not_depend_on_its_neighbours",
        ),
        Mistake(
            "softmax-wrong-axis",
            "forward",
            SoftmaxWrongAxis,
            right=Softmax.forward,
            wrong=SoftmaxOverOne.forward,
            source="https://github.com/PetrochukM/PyTorch-NLP/issues/2 and "
            "https://github.com/localminimum/R-net/issues/8: the weights are always 1",
            caught_by="check_weights_sum_to_one_over_the_source",
        ),
        Mistake(
            "weights-without-encoder",
            "forward",
            WeightsWithoutEncoder,
            right=DotScore.forward,
            wrong=PositionScore.forward,
            source="https://github.com/pytorch/tutorials/issues/1098 and "
            "https://github.com/spro/practical-pytorch/issues/84: the encoder's outputs are not asked",
            caught_by="check_weights_follow_the_encoder_states",
        ),
        Mistake(
            "context-not-fed",
            "forward",
            ContextNotFed,
            right=AttentionDecoder.run,
            wrong=ContextNotFedDecoder.run,
            source="https://github.com/bentrevett/pytorch-seq2seq/issues/158: is the decoder's output not enough?",
            caught_by="check_the_context_changes_the_answer",
        ),
        Mistake(
            "input-not-reversed",
            "training",
            change=_input_not_reversed,
            wrong=_input_not_reversed,
            source="Sutskever et al. 2014, section 3.3, who found that reversing helps",
            caught_by="check_the_last_character_is_read_first",
        ),
        Mistake(
            "gradients-not-clipped",
            "training",
            change=_gradients_not_clipped,
            right=clip_grads,
            wrong=_gradients_not_clipped,
            source="Pascanu et al. 2013, section 3.2; https://github.com/asappresearch/sru/issues/2: the loss is nan",
            caught_by="check_long_gradients_are_shortened",
        ),
        Mistake(
            "days-in-both-sets",
            "data",
            split=split_by_pair,
            right=split_by_day,
            wrong=split_by_pair,
            source="https://github.com/yogeshhk/MidcurveNN/issues/34: variants of one thing in both sets",
            caught_by="check_no_day_is_in_both_sets",
        ),
        Mistake(
            "labels-reversed",
            "picture",
            picture=labels_reversed,
            right=trace_greedy,
            wrong=labels_reversed,
            source="https://github.com/bojieli/ai-agent-book/issues/346: labels of other tokens than those attended to",
            caught_by="check_columns_stand_in_reading_order",
        ),
        Mistake(
            "teacher-forced-map",
            "picture",
            picture=teacher_forced_map,
            right=trace_greedy,
            wrong=teacher_forced_map,
            source="https://github.com/alex-berard/seq2seq/issues/16: the heatmap is that of the reference",
            caught_by="check_map_is_that_of_the_decoding",
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
    if name not in TRAINABLE:
        raise ValueError(f"mistake is {name[:40]!a}; expected one of {', '.join(TRAINABLE)}")
    return TRAINABLE[name]


MISTAKEN_PARTS: tuple[type, ...] = (
    StateGradientMisplacedDecoder,
    WrongFirstStateDecoder,
    SoftmaxWrongAxisDecoder,
    SoftmaxOverOne,
    WeightsWithoutEncoderDecoder,
    PositionScore,
    ContextNotFedDecoder,
)
"""The decoders and layers that have a mistake."""
