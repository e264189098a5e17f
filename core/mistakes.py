"""Mistakes that people make with the attention model, built in on purpose, one at a time, beside the right code.

A mistake is a small subclass or an option, never a copy of the model: what is not mistaken is the code that everybody
runs. `tests/core/test_known_mistakes.py` holds for each the check that catches it.

    >>> mistake = MISTAKES["context-not-fed"]
    >>> mistake.where, mistake.model_class.__name__
    ('forward', 'ContextNotFed')

Shapes: N batch, T_enc encoder steps, T_dec decoder steps, H hidden size.
"""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from core.attention import TimeAttention
from core.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.backend import CPU, Array, Backend
from core.corpus import MAX_LENGTH
from core.initialiser import ParameterMaker
from core.layers import Softmax
from core.lstm import add_to_final_state
from core.optimizers import clip_grads
from core.recipe import Recipe
from core.scores import DotScore, FloatArray, Score
from core.seq2seq import Decoder

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
        right, wrong: the functions to show beside each other; None where there is nothing to show.
    """

    name: str
    where: Where
    model_class: type[AttentionSeq2seq] | None = None
    change: Callable[[Recipe], Recipe] | None = None
    right: Callable[..., Any] | None = None
    wrong: Callable[..., Any] | None = None

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

    W has a column for each of `core.corpus.MAX_LENGTH` positions. Luong et al. 2015 (eq. 8) try it on purpose and call
    it location-based; as a mistake it is what is left when the encoder states are forgotten.
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
        ),
        Mistake(
            "state-gradient-misplaced",
            "backward",
            StateGradientMisplaced,
            right=AttentionDecoder.backward,
            wrong=StateGradientMisplacedDecoder.backward,
        ),
        Mistake(
            "wrong-first-state",
            "forward",
            WrongFirstState,
            right=AttentionDecoder.start,
            wrong=WrongFirstStateDecoder.start,
        ),
        Mistake(
            "softmax-wrong-axis",
            "forward",
            SoftmaxWrongAxis,
            right=Softmax.forward,
            wrong=SoftmaxOverOne.forward,
        ),
        Mistake(
            "weights-without-encoder",
            "forward",
            WeightsWithoutEncoder,
            right=DotScore.forward,
            wrong=PositionScore.forward,
        ),
        Mistake(
            "context-not-fed",
            "forward",
            ContextNotFed,
            right=AttentionDecoder.run,
            wrong=ContextNotFedDecoder.run,
        ),
        Mistake("input-not-reversed", "training", change=_input_not_reversed, wrong=_input_not_reversed),
        Mistake(
            "gradients-not-clipped",
            "training",
            change=_gradients_not_clipped,
            right=clip_grads,
            wrong=_gradients_not_clipped,
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
