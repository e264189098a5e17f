"""LSTM: one step, a sequence, and both directions, as the mathematics has them; forward and backward side by side.

The one place that knows the order of the gates: Wx, Wh and b hold f, g, i, o side by side in their 4H columns.

    f = sigmoid(x Wx_f + h_prev Wh_f + b_f)      forget: how much of the cell is kept
    g = tanh   (x Wx_g + h_prev Wh_g + b_g)      candidate: what could be added to it
    i = sigmoid(x Wx_i + h_prev Wh_i + b_i)      input: how much of the candidate is added
    o = sigmoid(x Wx_o + h_prev Wh_o + b_o)      output: how much of the cell is shown
    c_next = f * c_prev + g * i
    h_next = o * tanh(c_next)

A model runs `core.layers.fast_lstm`, which computes the same several times as fast.

Shapes: N batch, T time steps, D input size, H hidden size.
Source: Hochreiter and Schmidhuber 1997; Deep Learning from Scratch 2, section 6.3.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend

GATES = ("f", "g", "i", "o")


class LSTM:
    """One step of an LSTM."""

    def __init__(self, Wx: Array, Wh: Array, b: Array, backend: Backend = CPU) -> None:
        """Args: Wx: (D, 4H); Wh: (H, 4H); b: (4H,); gates in the order f, g, i, o."""
        self.params = [Wx, Wh, b]
        self.grads = [backend.xp.zeros_like(p) for p in self.params]
        self.backend = backend
        self.cache: tuple[Array, ...] = ()

    def forward(self, x: Array, h_prev: Array, c_prev: Array) -> tuple[Array, Array]:
        """Read x, and go from the state before it to the state after it.

        z = x Wx + h_prev Wh + b;  f = sigmoid(z_f);  g = tanh(z_g);  i = sigmoid(z_i);  o = sigmoid(z_o)
        c_next = f * c_prev + g * i;  h_next = o * tanh(c_next)

        A model runs `FastLSTM.forward`, where `Backend.lstm_cell` computes the same for all gates at once.

        Args:
            x: (N, D), of the parameters' dtype, as are the states.
            h_prev: (N, H), the hidden state before the step.
            c_prev: (N, H), the cell before the step.
        Returns:
            h_next, c_next: (N, H) each.
        Cost:
            two products, (N, D) x (D, 4H) and (N, H) x (H, 4H).
        """
        sigmoid, tanh, split = self.backend.sigmoid, self.backend.xp.tanh, self.backend.xp.split
        Wx, Wh, b = self.params
        z_f, z_g, z_i, z_o = split(x @ Wx + h_prev @ Wh + b, 4, axis=1)
        f, g, i, o = sigmoid(z_f), tanh(z_g), sigmoid(z_i), sigmoid(z_o)
        c_next = f * c_prev + g * i
        h_next = o * tanh(c_next)
        self.cache = (x, h_prev, c_prev, f, g, i, o, c_next)
        return h_next, c_next

    def backward(self, dh_next: Array, dc_next: Array) -> tuple[Array, Array, Array]:
        """From the gradients of the state after the step to those of all that went into it.

        dc = dc_next + dh_next * o * (1 - tanh(c_next)^2)
        df = dc * c_prev;  dg = dc * i;  di = dc * g;  do = dh_next * tanh(c_next)
        dz_f = df * f (1 - f);  dz_g = dg * (1 - g^2);  dz_i = di * i (1 - i);  dz_o = do * o (1 - o)
        dWx = x^T dz;  dWh = h_prev^T dz;  db = sum_n dz[n]
        dx = dz Wx^T;  dh_prev = dz Wh^T;  dc_prev = dc * f

        Args:
            dh_next, dc_next: (N, H) each, the gradients of h_next and c_next.
        Returns:
            dx: (N, D).
            dh_prev, dc_prev: (N, H) each. The gradients of the parameters are left in `grads`.
        Cost:
            four products, twice the work of `forward`.
        """
        tanh, concatenate = self.backend.xp.tanh, self.backend.xp.concatenate
        Wx, Wh, _ = self.params
        dWx, dWh, db = self.grads
        x, h_prev, c_prev, f, g, i, o, c_next = self.cache
        dc = dc_next + dh_next * o * (1 - tanh(c_next) ** 2)
        df, dg, di, do = dc * c_prev, dc * i, dc * g, dh_next * tanh(c_next)
        dz = concatenate((df * f * (1 - f), dg * (1 - g**2), di * i * (1 - i), do * o * (1 - o)), axis=1)
        dWx[...] = x.T @ dz
        dWh[...] = h_prev.T @ dz
        db[...] = dz.sum(axis=0)
        return dz @ Wx.T, dz @ Wh.T, dc * f


class TimeLSTM:
    """An LSTM over a sequence: an `LSTM` a step, each handing its state to the next.

    Attributes:
        h, c: (N, H), the state after the last step (None before the first forward). With `stateful` the next
            `forward` starts from it, else from zeros.
        dh, dc: (N, H), after `backward` the gradients of the initial state.
    """

    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False, backend: Backend = CPU) -> None:
        """Args: Wx: (D, 4H); Wh: (H, 4H); b: (4H,); gates in the order f, g, i, o."""
        self.params = [Wx, Wh, b]
        self.grads = [backend.xp.zeros_like(p) for p in self.params]
        self.stateful = stateful
        self.backend = backend
        self.steps: list[LSTM] = []
        self.h: Array = None
        self.c: Array = None
        self.dh: Array = None
        self.dc: Array = None

    def set_state(self, h: Array, c: Array = None) -> None:
        """Start the next stateful `forward` from h (N, H) and c (N, H); a missing c means zeros."""
        self.h, self.c = h, c

    def reset_state(self) -> None:
        """Start the next `forward` from zeros."""
        self.h, self.c = None, None

    def forward(self, xs: Array) -> Array:
        """Read a sequence, step by step.

        h[t], c[t] = lstm(xs[t], h[t - 1], c[t - 1])

        A model runs `FastLSTM.forward`, which computes the same in a product a step, in memory taken once.

        Args:
            xs: (N, T, D) of the parameters' dtype.
        Returns:
            hs: (N, T, H), the hidden state after every step.
        Raises:
            ValueError: xs does not fit Wx, or a state set before does not fit the batch; states both shapes.
        Cost:
            T steps of `LSTM`.
        """
        xp = self.backend.xp
        Wx, Wh, b = self.params
        (N, T), H = self._checked_size(xs), len(Wh)
        h, c = (xp.zeros((N, H), Wh.dtype) if state is None else state for state in self._first_state(N))
        hs = xp.empty((N, T, H), Wh.dtype)
        self.steps = [LSTM(Wx, Wh, b, self.backend) for _ in range(T)]
        for t, step in enumerate(self.steps):
            h, c = step.forward(xs[:, t], h, c)
            hs[:, t] = h
        self.h, self.c = h, c
        return hs

    def backward(self, dhs: Array) -> Array:
        """Back through time: a state has a gradient from where it was read, and one from the step after it.

        dxs[t], dh[t - 1], dc[t - 1] = lstm.backward(dhs[t] + dh[t], dc[t]);  the gradients of the parameters add up

        Args:
            dhs: (N, T, H), the gradient of every hidden state.
        Returns:
            dxs: (N, T, D). The gradients of the parameters are left in `grads`, the initial state's in `dh` and `dc`.
        Cost:
            T steps of `LSTM`, backwards.
        """
        xp = self.backend.xp
        N, T, H = dhs.shape
        dxs = xp.empty((N, T, len(self.params[0])), dhs.dtype)
        dh, dc = xp.zeros((N, H), dhs.dtype), xp.zeros((N, H), dhs.dtype)
        for grad in self.grads:
            grad[...] = 0
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.steps[t].backward(dhs[:, t] + dh, dc)
            for grad, of_step in zip(self.grads, self.steps[t].grads, strict=True):
                grad += of_step
        self.dh, self.dc = dh, dc
        return dxs

    def _checked_size(self, xs: Array) -> tuple[int, int]:
        """N and T of what `forward` was given."""
        N, T, D = xs.shape
        Wx = self.params[0]
        if len(Wx) != D:
            name = type(self).__name__
            raise ValueError(f"{name}.forward got xs of shape {xs.shape}; Wx {Wx.shape} expects (N, T, {len(Wx)})")
        return N, T

    def _first_state(self, N: int) -> tuple[Array | None, Array | None]:
        """h and c that `forward` starts from, None for zeros."""
        if not self.stateful:
            return None, None
        expected = (N, len(self.params[1]))
        for name, state in (("h", self.h), ("c", self.c)):
            if state is not None and state.shape != expected:
                raise ValueError(
                    f"{type(self).__name__}.forward starts from a state {name} of shape {state.shape}, but this batch "
                    f"needs {expected}; call set_state or reset_state first"
                )
        return self.h, self.c


class TimeBiLSTM:
    """Two LSTMs, one reading forwards and one backwards; their hidden states side by side."""

    lstm_class: ClassVar[type[TimeLSTM]] = TimeLSTM

    def __init__(
        self,
        Wx1: Array,
        Wh1: Array,
        b1: Array,
        Wx2: Array,
        Wh2: Array,
        b2: Array,
        stateful: bool = False,
        backend: Backend = CPU,
    ) -> None:
        """Args: the parameters of the forward LSTM, then of the backward one, as for `TimeLSTM`."""
        self.forward_lstm = self.lstm_class(Wx1, Wh1, b1, stateful, backend)
        self.backward_lstm = self.lstm_class(Wx2, Wh2, b2, stateful, backend)
        self.backend = backend
        self.params = self.forward_lstm.params + self.backward_lstm.params
        self.grads = self.forward_lstm.grads + self.backward_lstm.grads

    def forward(self, xs: Array) -> Array:
        """Args: xs: (N, T, D). Returns: (N, T, 2H); [..., :H] has read up to t, [..., H:] from the end down to t."""
        hs_forward = self.forward_lstm.forward(xs)
        hs_backward = self.backward_lstm.forward(xs[:, ::-1])[:, ::-1]
        return self.backend.xp.concatenate((hs_forward, hs_backward), axis=2)

    def backward(self, dhs: Array) -> Array:
        """Args: dhs: (N, T, 2H). Returns: dxs (N, T, D)."""
        H = dhs.shape[2] // 2
        dxs_forward = self.forward_lstm.backward(dhs[:, :, :H])
        dxs_backward = self.backward_lstm.backward(dhs[:, ::-1, H:])[:, ::-1]
        return dxs_forward + dxs_backward

    def reset_state(self) -> None:
        """Start the next `forward` of both directions from zeros."""
        self.forward_lstm.reset_state()
        self.backward_lstm.reset_state()


def final_state(hs: Array, bidirectional: bool) -> Array:
    """The state that has read everything: hs (N, T, H) -> (N, H), the state at the last position.

    Of a bidirectional encoder the forward half at the last position, beside the backward half at the first.
    """
    if not bidirectional:
        return hs[:, -1]
    half, state = hs.shape[2] // 2, hs[:, -1].copy()
    state[:, half:] = hs[:, 0, half:]
    return state


def add_to_final_state(dhs: Array, dstate: Array, bidirectional: bool) -> None:
    """Add the gradient of `final_state`, (N, H), to that of all states, (N, T, H), in place."""
    if not bidirectional:
        dhs[:, -1] += dstate
        return
    half = dhs.shape[2] // 2
    dhs[:, -1, :half] += dstate[:, :half]
    dhs[:, 0, half:] += dstate[:, half:]


def lstm_parameters(
    input_size: int, hidden_size: int, rng: np.random.Generator, *, forget_bias: float, orthogonal: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random float64 Wx (D, 4H), Wh (H, 4H) and b (4H,).

    Args:
        forget_bias: start of the forget gate's bias. The book's 0 lets a cell forget half of what it holds at every
            step; 1 keeps what was read 29 characters ago within reach from the start (Jozefowicz et al. 2015).
        orthogonal: every gate's (H, H) block of Wh is a random rotation, which keeps lengths over many steps; else
            normal with standard deviation 1/sqrt(H), as in the book.
    """
    Wx = rng.standard_normal((input_size, 4 * hidden_size)) / input_size**0.5
    Wh = rng.standard_normal((hidden_size, 4 * hidden_size)) / hidden_size**0.5
    if orthogonal:
        Wh = np.hstack([_rotation(block) for block in np.hsplit(Wh, 4)])
    b = np.zeros(4 * hidden_size)
    b[:hidden_size] = forget_bias
    return Wx, Wh, b


def _rotation(normal: np.ndarray) -> np.ndarray:
    """The random orthogonal matrix in a square matrix of normal numbers (QR, signs fixed so that it is uniform)."""
    q, r = np.linalg.qr(normal)
    return np.asarray(q * np.sign(np.diag(r)))
