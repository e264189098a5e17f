"""Attention: a weighted sum, its weights, both joined, and all decoding steps at once.

    scores[n, j] = hs[n, j] . h[n];  a = softmax_j(scores);  c[n] = sum_j a[n, j] hs[n, j]

The layers for one decoder state score by the dot product; `TimeAttention` takes any of `core.layers.scores`.

Shapes: N batch, T (or T_enc) encoder steps, T_dec decoder steps, H hidden size.
Source: Luong et al. 2015, section 3.1; Deep Learning from Scratch 2, section 8.1.
"""

from __future__ import annotations

from collections.abc import Callable

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend
from core.layers.basic import Softmax
from core.layers.scores import DotScore, Score


class WeightSum:
    """The weighted sum of the encoder states: c[n] = sum_j a[n, j] hs[n, j]."""

    def __init__(self, backend: Backend = CPU) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.backend = backend
        self.cache: tuple[Array, ...] = ()

    def forward(self, hs: Array, a: Array) -> Array:
        """c[n] = sum_j a[n, j] hs[n, j]: every encoder state counts by its weight.

        A model runs `TimeAttention.forward`, which does this for all decoder states at once.

        Args:
            hs: (N, T, H), encoder hidden states in the order they were read.
            a: (N, T) of the same dtype, their weights.
        Returns:
            c: (N, H), the context.
        Cost:
            a (1, T) x (T, H) product a sample.
        Source:
            Deep Learning from Scratch 2, section 8.1.3.
        """
        self.cache = (hs, a)
        return (a[:, None, :] @ hs)[:, 0]

    def backward(self, dc: Array) -> tuple[Array, Array]:
        """dhs[n, j] = a[n, j] dc[n];  da[n, j] = dc[n] . hs[n, j].

        Args:
            dc: (N, H), the gradient of the context.
        Returns:
            dhs: (N, T, H).
            da: (N, T).
        """
        hs, a = self.cache
        dhs = a[:, :, None] * dc[:, None, :]
        da = (hs @ dc[:, :, None])[:, :, 0]
        return dhs, da


class AttentionWeight:
    """How well each encoder state fits the decoder state: a = softmax_j(hs[n, j] . h[n])."""

    def __init__(self, backend: Backend = CPU) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.backend = backend
        self.softmax = Softmax(backend)
        self.cache: tuple[Array, ...] = ()

    def forward(self, hs: Array, h: Array) -> Array:
        """a[n] = softmax_j(hs[n, j] . h[n]): a state that points the way h does gets a large weight.

        A model runs `TimeAttention.forward`, which does this for all decoder states at once.

        Args:
            hs: (N, T, H), encoder hidden states in the order they were read.
            h: (N, H) of the same dtype, a decoder hidden state.
        Returns:
            a: (N, T), the weights; a sample's add up to 1.
        Cost:
            a (T, H) x (H, 1) product a sample.
        Source:
            Luong et al. 2015, section 3.1 (dot); Deep Learning from Scratch 2, section 8.1.4.
        """
        self.cache = (hs, h)
        scores = (hs @ h[:, :, None])[:, :, 0]
        return self.softmax.forward(scores)

    def backward(self, da: Array) -> tuple[Array, Array]:
        """With ds the gradient of the scores: dhs[n, j] = ds[n, j] h[n];  dh[n] = sum_j ds[n, j] hs[n, j].

        Args:
            da: (N, T), the gradient of the weights.
        Returns:
            dhs: (N, T, H).
            dh: (N, H).
        """
        hs, h = self.cache
        ds = self.softmax.backward(da)
        dhs = ds[:, :, None] * h[:, None, :]
        dh = (ds[:, None, :] @ hs)[:, 0]
        return dhs, dh


class Attention:
    """`AttentionWeight`, then `WeightSum`: one decoder state looks at every encoder state.

    Attributes:
        attention_weight: (N, T), the weights of the last forward; None before it.
    """

    def __init__(self, backend: Backend = CPU) -> None:
        self.params: list[Array] = []
        self.grads: list[Array] = []
        self.attention_weight_layer = AttentionWeight(backend)
        self.weight_sum_layer = WeightSum(backend)
        self.attention_weight: Array = None

    def forward(self, hs: Array, h: Array) -> Array:
        """a[n] = softmax_j(hs[n, j] . h[n]);  c[n] = sum_j a[n, j] hs[n, j].

        Args:
            hs: (N, T, H), encoder hidden states in the order they were read.
            h: (N, H) of the same dtype, a decoder hidden state.
        Returns:
            c: (N, H), the context.
        """
        self.attention_weight = self.attention_weight_layer.forward(hs, h)
        return self.weight_sum_layer.forward(hs, self.attention_weight)

    def backward(self, dout: Array) -> tuple[Array, Array]:
        """hs was read twice, for the weights and for the sum: its gradient is the sum of both.

        Args:
            dout: (N, H), the gradient of the context.
        Returns:
            dhs: (N, T, H).
            dh: (N, H).
        """
        dhs_sum, da = self.weight_sum_layer.backward(dout)
        dhs_weight, dh = self.attention_weight_layer.backward(da)
        return dhs_sum + dhs_weight, dh


class TimeAttention:
    """`Attention` for all decoder states at once, as batched matrix products.

    Attributes:
        score: how well two states fit, and the layer's parameters.
        scores: (T_dec, N, T_enc), before the softmax; None before the first forward.
        attention_weights: (T_dec, N, T_enc): entry i holds the weights (N, T_enc) of decoding step i.
        edit: scores (N, T_dec, T_enc) -> weights of the same shape, instead of the softmax, where a person intervenes
            (`core.decoding.interventions`); None otherwise. `backward` refuses it.
    """

    def __init__(self, backend: Backend = CPU, score: Score | None = None) -> None:
        """Args: score: of `core.layers.scores`; the dot product if None."""
        self.score = score or DotScore(backend=backend)
        self.params = self.score.params
        self.grads = self.score.grads
        self.backend = backend
        self.softmax = Softmax(backend)
        self.edit: Callable[[Array], Array] | None = None
        self.scores: Array = None
        self.attention_weights: Array = None
        self.cache: tuple[Array, ...] = ()

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """Attend to every encoder state from every decoder state.

        weights[n, i, j] = softmax_j(score(hs_dec[n, i], hs_enc[n, j]));  context = weights @ hs_enc

        Args:
            hs_enc: (N, T_enc, H), float32 or float64, encoder hidden states in the order they were read.
            hs_dec: (N, T_dec, H) of the same dtype, decoder hidden states.
        Returns:
            (N, T_dec, H) context vectors.
        Raises:
            ValueError: N or H of the two differ; states both shapes.
        Cost:
            two (T_dec, H) x (H, T_enc) products a sample; more where the score has parameters.
        Source:
            Luong et al. 2015, section 3.1; Deep Learning from Scratch 2, section 8.1.
        """
        if hs_enc.shape[0] != hs_dec.shape[0] or hs_enc.shape[2] != hs_dec.shape[2]:
            raise ValueError(
                f"TimeAttention.forward got hs_enc {hs_enc.shape} and hs_dec {hs_dec.shape}; "
                "expected (N, T_enc, H) and (N, T_dec, H) with the same N and H"
            )
        scores = self.score.forward(hs_enc, hs_dec)
        weights = self.softmax.forward(scores) if self.edit is None else self.edit(scores)
        self.scores = scores.transpose(1, 0, 2)
        self.attention_weights = weights.transpose(1, 0, 2)
        self.cache = (hs_enc, weights)
        return weights @ hs_enc

    def backward(self, dout: Array) -> tuple[Array, Array]:
        """dweights = dout hs_enc^T;  dhs_enc = weights^T dout, and what comes back through the scores.

        Args:
            dout: (N, T_dec, H), the gradient of the context vectors. Fills the score's gradients.
        Returns:
            dhs_enc: (N, T_enc, H).
            dhs_dec: (N, T_dec, H).
        Raises:
            RuntimeError: the weights of the last forward were edited.
        """
        if self.edit is not None:
            raise RuntimeError(
                "TimeAttention.backward got weights that were edited; it knows only those of the softmax"
            )
        hs_enc, weights = self.cache
        dscores = self.softmax.backward(dout @ hs_enc.transpose(0, 2, 1))
        dhs_enc = weights.transpose(0, 2, 1) @ dout
        dhs_enc_of_scores, dhs_dec = self.score.backward(dscores)
        dhs_enc += dhs_enc_of_scores
        return dhs_enc, dhs_dec
