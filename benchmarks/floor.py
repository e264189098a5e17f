"""The floor: the matrix products of a training iteration or a decoding, and nothing else.

No table, no gate, no softmax, no gradient added up by character, no update: what is left is what any implementation
that computes every row of the batch has to multiply. Equal beginnings are not shared. Operands and results are
allocated once, so that not even memory is asked for; where the products of all time steps can be one product, they
are.

Shapes: N batch, T_enc and T_dec time steps, D embedding size, H hidden size, V vocabulary size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.sizes import Sizes

Array = NDArray[Any]
Product = tuple[Array, Array, Array]
"""Two operands, and where the product goes."""


class Products:
    """The products of one model at one size; values are random, which changes no multiplication's time."""

    def __init__(self, sizes: Sizes) -> None:
        rng = np.random.default_rng(0)

        def normal(*shape: int) -> Array:
            return rng.standard_normal(shape, dtype=np.float32)

        N, T_enc, T_dec, V, D, H = sizes
        self.decoder_steps = T_dec
        self.encoder = _LSTM(normal, N, T_enc, D, H)
        self.decoder = _LSTM(normal, N, T_dec, D, H)

        hs_enc, hs_dec, weights = normal(N, T_enc, H), normal(N, T_dec, H), normal(N, T_dec, T_enc)
        scores, context, dhs_enc = np.empty_like(weights), np.empty_like(hs_dec), np.empty_like(hs_enc)
        self.attention = [(hs_dec, hs_enc.transpose(0, 2, 1), scores), (weights, hs_enc, context)]
        self.attention_backward = [
            (hs_dec, hs_enc.transpose(0, 2, 1), scores),
            (weights.transpose(0, 2, 1), hs_dec, dhs_enc),
            (weights.transpose(0, 2, 1), hs_dec, dhs_enc),
            (weights, hs_enc, context),
        ]
        self.attention_step = [
            (hs_dec[:, :1], hs_enc.transpose(0, 2, 1), scores[:, :1].copy()),
            (weights[:, :1].copy(), hs_enc, context[:, :1].copy()),
        ]

        joined, W, dlogits = normal(N * T_dec, 2 * H), normal(2 * H, V), normal(N * T_dec, V)
        self.affine = [(joined, W, np.empty_like(dlogits))]
        self.affine_backward = [(joined.T, dlogits, np.empty_like(W)), (dlogits, W.T, np.empty_like(joined))]
        self.affine_step = [(joined[:N], W, np.empty((N, V), np.float32))]

    def train(self) -> None:
        """The products of forward and backward of one iteration."""
        multiply(self.encoder.forward, self.decoder.forward, self.attention, self.affine)
        multiply(self.affine_backward, self.attention_backward, self.decoder.backward, self.encoder.backward)

    def decode(self) -> None:
        """The products of reading a batch and writing T_dec characters, one after the other."""
        multiply(self.encoder.forward)
        for _ in range(self.decoder_steps):
            multiply(self.decoder.step, self.attention_step, self.affine_step)


def multiply(*groups: list[Product]) -> None:
    """Compute the products, one after the other."""
    for group in groups:
        for left, right, out in group:
            np.matmul(left, right, out=out)


class _LSTM:
    """x Wx of all steps, h Wh a step; back: dz Wh^T a step, then dWx, dWh and dx of all steps."""

    def __init__(self, normal: Callable[..., Array], N: int, T: int, D: int, H: int) -> None:
        x, h, dz = normal(T * N, D), normal(T * N, H), normal(T * N, 4 * H)
        Wx, Wh = normal(D, 4 * H), normal(H, 4 * H)
        z, dh = np.empty((N, 4 * H), np.float32), np.empty((N, H), np.float32)
        rows = [slice(t * N, (t + 1) * N) for t in range(T)]
        self.forward: list[Product] = [(x, Wx, np.empty_like(dz)), *((h[n], Wh, z) for n in rows)]
        self.backward: list[Product] = [
            *((dz[n], Wh.T, dh) for n in reversed(rows)),
            (x.T, dz, np.empty_like(Wx)),
            (h.T, dz, np.empty_like(Wh)),
            (dz, Wx.T, np.empty_like(x)),
        ]
        self.step: list[Product] = [(x[:N], Wx, z), (h[:N], Wh, z)]
