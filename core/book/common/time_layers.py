"""The book's `common.time_layers`: this project's layers over time, on the device of `common.config`."""

from __future__ import annotations

from typing import Any

from core.backend.arrays import Array
from core.book.common.functions import sigmoid, softmax
from core.book.common.layers import Affine, Embedding, MatMul, Sigmoid, Softmax, SoftmaxWithLoss
from core.book.session import backend
from core.layers import basic, fast_lstm, lstm

__all__ = [  # noqa: F822 (np by __getattr__)
    "LSTM",
    "Affine",
    "Embedding",
    "MatMul",
    "Sigmoid",
    "Softmax",
    "SoftmaxWithLoss",
    "TimeAffine",
    "TimeBiLSTM",
    "TimeEmbedding",
    "TimeLSTM",
    "TimeSoftmaxWithLoss",
    "np",
    "sigmoid",
    "softmax",
]


def __getattr__(name: str) -> Any:
    """`np`: the book's `from common.time_layers import *` brings it along."""
    if name == "np":
        return backend().xp
    raise AttributeError(f"module 'common.time_layers' has no attribute {name!r}")


class LSTM(lstm.LSTM):
    """One step of an LSTM."""

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        """Args: Wx: (D, 4H); Wh: (H, 4H); b: (4H,); gates in the order f, g, i, o."""
        super().__init__(Wx, Wh, b, backend())


class TimeLSTM(fast_lstm.FastLSTM):
    """An LSTM over a sequence."""

    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False) -> None:
        """Args: as for `LSTM`; stateful: the next `forward` goes on from the last state."""
        super().__init__(Wx, Wh, b, stateful, backend())


class TimeBiLSTM(fast_lstm.FastBiLSTM):
    """Two LSTMs, one reading forwards and one backwards; their hidden states side by side."""

    def __init__(
        self, Wx1: Array, Wh1: Array, b1: Array, Wx2: Array, Wh2: Array, b2: Array, stateful: bool = False
    ) -> None:
        """Args: the parameters of the forward LSTM, then of the backward one."""
        super().__init__(Wx1, Wh1, b1, Wx2, Wh2, b2, stateful, backend())


class TimeEmbedding(basic.TimeEmbedding):
    """A row of W for every id of (N, T)."""

    def __init__(self, W: Array) -> None:
        """Args: W: (V, D)."""
        super().__init__(W, backend())

    def forward(self, xs: Array) -> Array:
        """Args: xs: (N, T) ids, on the host or the device. Returns: (N, T, D)."""
        return super().forward(self.backend.asarray(xs))


class TimeAffine(basic.TimeAffine):
    """y = x W + b at every time step."""

    def __init__(self, W: Array, b: Array) -> None:
        """Args: W: (I, O); b: (O,)."""
        super().__init__(W, b, backend())


class TimeSoftmaxWithLoss(basic.TimeSoftmaxWithLoss):
    """Softmax and cross entropy, averaged over every target that is not `ignore_label`, -1."""

    def __init__(self) -> None:
        super().__init__(backend=backend())

    def forward(self, xs: Array, ts: Array) -> Array:
        """Args: xs: (N, T, V) scores; ts: ids (N, T) or one-hot (N, T, V), on the host or the device."""
        return super().forward(xs, self.backend.asarray(ts))
