"""The book's `ch08/attention_layer.py`.

Shapes: N batch, T_enc encoder steps, T_dec decoder steps, H hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend
from core.book.common.layers import Softmax as Softmax
from core.book.session import backend
from core.layers import attention
from core.layers.scores import Score


class WeightSum(attention.WeightSum):
    """The weighted sum of the encoder states."""

    def __init__(self) -> None:
        super().__init__(backend())


class AttentionWeight(attention.AttentionWeight):
    """How well each encoder state fits the decoder state."""

    def __init__(self) -> None:
        super().__init__(backend())


class Attention(attention.Attention):
    """`AttentionWeight`, then `WeightSum`."""

    def __init__(self) -> None:
        super().__init__(backend())


class AttentionWeights(list[Array]):
    """The weights (N, T_enc) of every decoding step, in a list as in the book; as one array for `np.array`."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """(T_dec, N, T_enc) on the host: NumPy itself takes nothing from a GPU."""
        return np.array([CPU.to_numpy(weights) for weights in self], dtype)


class TimeAttention(attention.TimeAttention):
    """`Attention` for all decoder states at once.

    Attributes:
        attention_weights: a list of T_dec arrays (N, T_enc); None before the first forward.
    """

    def __init__(self, backend_: Backend | None = None, score: Score | None = None) -> None:
        """Without arguments, as in the book."""
        super().__init__(backend_ or backend(), score)
        self._states: tuple[Array, Array] | None = None

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """Args: hs_enc: (N, T_enc, H); hs_dec: (N, T_dec, H). Returns: contexts (N, T_dec, H)."""
        out = super().forward(hs_enc, hs_dec)
        self.attention_weights = AttentionWeights(self.attention_weights)
        self._states = (hs_enc, hs_dec)
        return out

    @property
    def layers(self) -> list[Attention]:
        """The `Attention` of every step of the last forward, run when asked for: nothing else needs them."""
        layers = []
        if self._states is not None:
            hs_enc, hs_dec = self._states
            for t in range(hs_dec.shape[1]):
                layers.append(Attention())
                layers[-1].forward(hs_enc, hs_dec[:, t])
        return layers
