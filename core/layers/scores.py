"""How well a decoder state fits an encoder state: the score functions of attention, before the softmax.

    dot         s . h                         Luong et al. 2015, section 3.1; Deep Learning from Scratch 2, section 8.1
    scaled-dot  s . h / sqrt(H)               Vaswani et al. 2017, eq. 1
    general     s W . h                       Luong et al. 2015, section 3.1
    additive    v . tanh(s W_dec + h W_enc)   Bahdanau et al. 2015, section A.1.2; Luong's "concat"

with s = hs_dec[n, i] and h = hs_enc[n, j]. Luong's concat, v . tanh([s; h] W), is the additive one with W_dec above
W_enc in W. As everywhere in this project s is the decoder's state after the step's character was read (Luong); Bahdanau
takes the state before.

Shapes: N batch, T_enc encoder steps, T_dec decoder steps, H hidden size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from core.backend.arrays import Array, FloatArray
from core.backend.numpy_backend import CPU, Backend
from core.layers.initialiser import ParameterMaker


class Score:
    """A score function without parameters, and the frame of those that have some.

    Attributes:
        params, grads: in the order of `parameter_names`.
    """

    parameter_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *params: Array, backend: Backend = CPU) -> None:
        """Args: params: in the order of `parameter_names`."""
        self.params: list[Array] = list(params)
        self.grads: list[Array] = [backend.xp.zeros_like(p) for p in params]
        self.backend = backend
        self.cache: tuple[Array, ...] = ()

    @staticmethod
    def shapes(hidden_size: int) -> tuple[tuple[int, ...], ...]:
        """The shapes of the parameters."""
        return ()

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """How well every decoder state fits every encoder state.

        Args:
            hs_enc: (N, T_enc, H), float32 or float64, encoder hidden states in the order they were read.
            hs_dec: (N, T_dec, H) of the same dtype, decoder hidden states.
        Returns:
            scores: (N, T_dec, T_enc), before the softmax.
        """
        raise NotImplementedError

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """Args: dscores: (N, T_dec, T_enc). Returns: dhs_enc (N, T_enc, H), dhs_dec (N, T_dec, H). Fills `grads`."""
        raise NotImplementedError

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """What a score is the sum of, unit by unit, to be looked at.

        Args: hs_enc: (T_enc, H), in the order read; h: (H,), a decoder state; params: the parameters. NumPy arrays.
        Returns: (T_enc, H); summed over H, the scores.
        """
        raise NotImplementedError


class DotScore(Score):
    """scores[n, i, j] = hs_dec[n, i] . hs_enc[n, j]."""

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """scores[n, i, j] = hs_dec[n, i] . hs_enc[n, j]; arguments as in `Score.forward`.

        Cost: a (T_dec, H) x (H, T_enc) product a sample.
        """
        self.cache = (hs_enc, hs_dec)
        return hs_dec @ hs_enc.transpose(0, 2, 1)

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """dhs_enc = dscores^T hs_dec;  dhs_dec = dscores hs_enc."""
        hs_enc, hs_dec = self.cache
        return dscores.transpose(0, 2, 1) @ hs_dec, dscores @ hs_enc

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """hs_enc[j, k] h[k], see `Score.terms`."""
        return hs_enc * h


class ScaledDotScore(DotScore):
    """scores[n, i, j] = hs_dec[n, i] . hs_enc[n, j] / sqrt(H): their spread does not grow with H."""

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """scores[n, i, j] = hs_dec[n, i] . hs_enc[n, j] / sqrt(H); arguments as in `Score.forward`.

        Cost: as `DotScore`.
        """
        scores = super().forward(hs_enc, hs_dec)
        scores *= hs_enc.shape[2] ** -0.5
        return scores

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """As in `DotScore.backward`, of dscores / sqrt(H)."""
        return super().backward(dscores * self.cache[0].shape[2] ** -0.5)

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """hs_enc[j, k] h[k] / sqrt(H), see `Score.terms`."""
        result: FloatArray = hs_enc * h / np.sqrt(len(h))
        return result


class GeneralScore(Score):
    """scores[n, i, j] = hs_dec[n, i] W . hs_enc[n, j]: the two states need not speak the same language."""

    parameter_names = ("W",)

    @staticmethod
    def shapes(hidden_size: int) -> tuple[tuple[int, ...], ...]:
        """W (H, H)."""
        return ((hidden_size, hidden_size),)

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """scores[n, i, j] = hs_dec[n, i] W . hs_enc[n, j]; arguments as in `Score.forward`.

        Cost: as `DotScore`, and a (N T_dec, H) x (H, H) product.
        """
        projected = hs_dec @ self.params[0]
        self.cache = (hs_enc, hs_dec, projected)
        return projected @ hs_enc.transpose(0, 2, 1)

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """With dp = dscores hs_enc: dW = hs_dec^T dp;  dhs_dec = dp W^T;  dhs_enc = dscores^T (hs_dec W)."""
        hs_enc, hs_dec, projected = self.cache
        dprojected = dscores @ hs_enc
        _fill_weight_gradient(hs_dec, dprojected, self.grads[0], self.backend)
        return dscores.transpose(0, 2, 1) @ projected, dprojected @ self.params[0].T

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """hs_enc[j, k] (h W)[k], see `Score.terms`."""
        (W,) = params
        result: FloatArray = hs_enc * (h @ W)
        return result


class AdditiveScore(Score):
    """scores[n, i, j] = v . tanh(hs_dec[n, i] W_dec + hs_enc[n, j] W_enc): a layer of H units looks at every pair."""

    parameter_names = ("W_dec", "W_enc", "v")

    @staticmethod
    def shapes(hidden_size: int) -> tuple[tuple[int, ...], ...]:
        """W_dec (H, H), W_enc (H, H), v (H,)."""
        return (hidden_size, hidden_size), (hidden_size, hidden_size), (hidden_size,)

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """scores[n, i, j] = v . tanh(hs_dec[n, i] W_dec + hs_enc[n, j] W_enc); arguments as in `Score.forward`.

        Cost: N T_dec T_enc H hyperbolic tangents, far more than the other scores need.
        """
        W_dec, W_enc, v = self.params
        units = (hs_dec @ W_dec)[:, :, None] + (hs_enc @ W_enc)[:, None]
        self.backend.xp.tanh(units, out=units)
        self.cache = (hs_enc, hs_dec, units)
        return units @ v

    def backward(self, dscores: Array) -> tuple[Array, Array]:
        """With u the units and dz[n, i, j] = dscores[n, i, j] v (1 - u[n, i, j]^2), the gradient before the tanh:

        dv = sum dscores u;  dhs_dec = (sum_j dz) W_dec^T;  dhs_enc = (sum_i dz) W_enc^T
        """
        xp = self.backend.xp
        hs_enc, hs_dec, units = self.cache
        W_dec, W_enc, v = self.params
        dW_dec, dW_enc, dv = self.grads
        xp.matmul(dscores.reshape(-1), units.reshape(-1, len(v)), out=dv)
        dz = units * units
        xp.subtract(1.0, dz, out=dz)
        dz *= v
        dz *= dscores[:, :, :, None]
        dsum_dec, dsum_enc = dz.sum(axis=2), dz.sum(axis=1)
        _fill_weight_gradient(hs_dec, dsum_dec, dW_dec, self.backend)
        _fill_weight_gradient(hs_enc, dsum_enc, dW_enc, self.backend)
        return dsum_enc @ W_enc.T, dsum_dec @ W_dec.T

    @staticmethod
    def terms(hs_enc: FloatArray, h: FloatArray, *params: FloatArray) -> FloatArray:
        """v[k] tanh(h W_dec + hs_enc[j] W_enc)[k], see `Score.terms`."""
        W_dec, W_enc, v = params
        result: FloatArray = v * np.tanh(h @ W_dec + hs_enc @ W_enc)
        return result


def _fill_weight_gradient(xs: Array, dys: Array, out: Array, backend: Backend) -> None:
    """out = sum over samples and steps of x^T dy, for y = x W."""
    H = out.shape[0]
    backend.xp.matmul(xs.reshape(-1, H).T, dys.reshape(-1, H), out=out)


SCORES: Mapping[str, type[Score]] = {
    "dot": DotScore,
    "scaled-dot": ScaledDotScore,
    "general": GeneralScore,
    "additive": AdditiveScore,
}
"""By the names that a recipe gives them."""


def make_score(name: str, hidden_size: int, maker: ParameterMaker) -> Score:
    """A score function with random parameters, normal with standard deviation 1/sqrt(H). Args: name: in `SCORES`."""
    kind = SCORES[name]
    return kind(*(maker.weight(*shape) for shape in kind.shapes(hidden_size)), backend=maker.backend)
