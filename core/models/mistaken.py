"""Models and layers with one mistake each, built in on purpose; `core.training.mistakes` says what each is about.

A mistake is a small subclass, never a copy of the model: what is not mistaken is the code that everybody runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.backend.arrays import Array, FloatArray
from core.backend.numpy_backend import CPU, Backend
from core.data.corpus import MAX_LENGTH
from core.layers.attention import TimeAttention
from core.layers.basic import Softmax
from core.layers.initialiser import ParameterMaker
from core.layers.lstm import add_to_final_state
from core.layers.scores import Score
from core.models.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.models.seq2seq import Decoder


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

MISTAKEN_MODELS: Mapping[str, type[AttentionSeq2seq]] = {
    "affine-not-scaled": AttentionSeq2seq,
    "state-gradient-misplaced": StateGradientMisplaced,
    "wrong-first-state": WrongFirstState,
    "softmax-wrong-axis": SoftmaxWrongAxis,
    "weights-without-encoder": WeightsWithoutEncoder,
    "context-not-fed": ContextNotFed,
    "input-not-reversed": AttentionSeq2seq,
    "gradients-not-clipped": AttentionSeq2seq,
    "days-in-both-sets": AttentionSeq2seq,
}
"""The class of a model trained with a mistake; the right one where the mistake is in its recipe or its data."""


def mistaken_model(mistake: str) -> type[AttentionSeq2seq]:
    """The class of a model trained with this mistake.

    Raises:
        ValueError: no model is trained with such a mistake; says which there are.
    """
    if mistake not in MISTAKEN_MODELS:
        raise ValueError(f"mistake is {mistake[:40]!a}; expected one of {', '.join(MISTAKEN_MODELS)}")
    return MISTAKEN_MODELS[mistake]
