"""LSTM: one step, a sequence, and both directions; forward and backward next to each other.

The one place that knows the order of the gates: Wx, Wh and b hold f, g, i, o side by side in their 4H columns.

    f = sigmoid(x Wx_f + h Wh_f + b_f)      forget
    g = tanh   (x Wx_g + h Wh_g + b_g)      candidate
    i = sigmoid(x Wx_i + h Wh_i + b_i)      input
    o = sigmoid(x Wx_o + h Wh_o + b_o)      output
    c' = f * c + g * i;  h' = o * tanh(c')

Shapes: N batch, T time steps, D input size, H hidden size.
"""

from __future__ import annotations

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend, gate_blocks
from core.layers.basic import batch_major

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
        """Args: x: (N, D); h_prev, c_prev: (N, H). Returns: h, c, both (N, H)."""
        xp = self.backend.xp
        Wx, Wh, b = self.params
        z = gate_blocks(x @ Wx + h_prev @ Wh + b)
        c, tanh_c, h = (xp.empty_like(c_prev) for _ in range(3))
        self.backend.lstm_cell(z, c_prev, c, tanh_c, h)
        self.cache = (x, h_prev, c_prev, z, tanh_c)
        return h, c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        """Args: dh, dc: (N, H), the gradients of h and c. Returns: dx (N, D), dh_prev (N, H), dc_prev (N, H)."""
        xp = self.backend.xp
        Wx, Wh, _ = self.params
        dWx, dWh, db = self.grads
        x, h_prev, c_prev, gates, tanh_c = self.cache
        dz, dc = xp.empty((len(dh), len(self.grads[2])), dh.dtype), dc.copy()
        self.backend.lstm_cell_backward(gates, c_prev, tanh_c, dh, xp.zeros_like(dh), dc, dz, xp.empty_like(gates))
        xp.matmul(x.T, dz, out=dWx)
        xp.matmul(h_prev.T, dz, out=dWh)
        xp.sum(dz, axis=0, out=db)
        return dz @ Wx.T, dz @ Wh.T, dc


class TimeLSTM:
    """An LSTM over a sequence.

    The rows (h, x, 1) of all steps lie in one array, those of step 0 holding the initial state: a step is one product
    with the joined weights, and `backward` gets dWh, dWx and db from one product over time.

    Attributes:
        h, c: (N, H), the state after the last step (None before the first forward). With `stateful` the next
            `forward` starts from it, else from zeros.
        dh, dc: (N, H), after `backward` the gradients of the initial state.
    """

    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False, backend: Backend = CPU) -> None:
        """Args: Wx: (D, 4H); Wh: (H, 4H); b: (4H,); gates in the order f, g, i, o."""
        self.params = [Wx, Wh, b]
        # Below each other as the joined weights are, so that one product writes all three.
        D, H = len(Wx), len(Wh)
        self._gradient = backend.xp.zeros((H + D + 1, 4 * H), Wh.dtype)
        self.grads = [self._gradient[H : H + D], self._gradient[:H], self._gradient[H + D]]
        self.stateful = stateful
        self.backend = backend
        self.h: Array = None
        self.c: Array = None
        self.dh: Array = None
        self.dc: Array = None
        self.cache: tuple[Array, ...] = ()
        self._held: Array = None
        self._joined: Array = None
        self._multiplied: Array = None

    def set_state(self, h: Array, c: Array = None) -> None:
        """Start the next stateful `forward` from h (N, H) and c (N, H); a missing c means zeros."""
        self.h, self.c = h, c

    def reset_state(self) -> None:
        """Start the next `forward` from zeros."""
        self.h, self.c = None, None

    def forward(self, xs: Array) -> Array:
        """Read a sequence.

        Args:
            xs: (N, T, D) of the parameters' dtype.
        Returns:
            hs: (N, T, H), the hidden state after every step; a view of what `backward` needs, not to be written to.
        Raises:
            ValueError: xs does not fit Wx, or a state set before does not fit the batch; states both shapes.
        Cost:
            T products (N, H + D + 1) x (H + D + 1, 4H).
        """
        xp = self.backend.xp
        Wx, Wh, _ = self.params
        N, T, D = xs.shape
        H = Wh.shape[0]
        if Wx.shape[0] != D:
            raise ValueError(
                f"TimeLSTM.forward got xs of shape {xs.shape}; Wx {Wx.shape} expects (N, T, {Wx.shape[0]})"
            )
        weights = self.joined_weights() if self._held is None else self._held
        rows = xp.empty((T + 1, N, H + D + 1), Wh.dtype)
        rows[:T, :, H : H + D] = xs.transpose(1, 0, 2)
        rows[:T, :, H + D] = 1
        hs, cs = rows[:, :, :H], xp.empty((T + 1, N, H), Wh.dtype)
        self._write_initial_state(hs[0], cs[0])

        gates, tanh_cs = self.backend.empty_gates(T, N, H, Wh.dtype), xp.empty((T, N, H), Wh.dtype)
        known = self._take_over(weights, rows, cs, gates, tanh_cs)
        for t in range(known, T):
            self.backend.lstm_step(rows[t], weights, gates[t], cs[t], cs[t + 1], tanh_cs[t], hs[t + 1])

        self.h, self.c = hs[T], cs[T]
        self.cache = (rows, cs, gates, tanh_cs)
        self._multiplied = weights
        return batch_major(hs[1:])

    def backward(self, dhs: Array) -> Array:
        """Back through time.

        Args:
            dhs: (N, T, H), the gradient of every hidden state.
        Returns:
            dxs: (N, T, D). The initial state's gradients are left in `.dh` and `.dc`.
        Cost:
            T products (N, 4H) x (4H, H), and one product over time for each of dxs and all parameters.
        """
        xp = self.backend.xp
        rows, cs, gates, tanh_cs = self.cache
        T, N, H = tanh_cs.shape
        Wh_T = self.backend.transposed(self.params[1])
        dz = xp.empty((T, N, 4 * H), dhs.dtype)
        spare = xp.empty((4, N, H), dhs.dtype)
        dh, dc = xp.zeros((2, N, H), dhs.dtype)
        for t in reversed(range(T)):
            self.backend.lstm_cell_backward(gates[t], cs[t], tanh_cs[t], dhs[:, t], dh, dc, dz[t], spare)
            xp.matmul(dz[t], Wh_T, out=dh)
        self.dh, self.dc = dh, dc

        dz = dz.reshape(T * N, 4 * H)
        self.fill_gradients(rows[:T].reshape(T * N, -1), dz)
        return batch_major((dz @ self.params[0].T).reshape(T, N, -1))

    def _take_over(self, weights: Array, rows: Array, cs: Array, gates: Array, tanh_cs: Array) -> int:
        """Copy the steps in which a single sequence begins as the one before it did. Returns: how many.

        Dates are padded and read last character first, so a third of the steps of a date is those of the date before.
        Only where the weights are the same array, which they are for parameters that are read-only.
        """
        if self.stateful or rows.shape[1] != 1 or self._multiplied is not weights:
            return 0
        before, cs_before, gates_before, tanh_before = self.cache
        H = cs.shape[2]
        if before.shape != rows.shape:
            return 0
        differs = (rows[:-1, 0, H:] != before[:-1, 0, H:]).any(axis=1)
        known = int(differs.argmax()) if differs.any() else len(differs)
        rows[1 : known + 1, :, :H] = before[1 : known + 1, :, :H]
        cs[1 : known + 1], gates[:known], tanh_cs[:known] = (
            cs_before[1 : known + 1],
            gates_before[:known],
            tanh_before[:known],
        )
        return known

    def hold_weights(self) -> None:
        """Multiply with the parameters as they are now, until this is called again.

        For a sequence that is read step by step: the weights are then joined once, not at every step.
        """
        self._held = self.joined_weights()

    def joined_weights(self) -> Array:
        """The parameters as they are now, as `Backend.lstm_step` multiplies with them.

        Of parameters that are read-only, as those of a `Pipeline`, they are kept: joining them anew for every date
        would be a fifth of the time it takes.
        """
        if not self.backend.read_only(self.params):
            self._joined = None
            return self.backend.joined_weights(*self.params)
        if self._joined is None:
            self._joined = self.backend.joined_weights(*self.params)
        return self._joined

    def fill_gradients(self, rows: Array, dz: Array) -> None:
        """The gradients of the parameters from rows (h, x, 1) and dz (…, 4H) of any number of steps."""
        self.backend.xp.matmul(rows.T, dz, out=self._gradient)

    def inside(self) -> dict[str, Array]:
        """The numbers of the last `forward`: f, g, i, o, c and h of every step, c_prev and h_prev before it.

        Returns: (N, T, H) each; views of what `backward` needs, not to be written to. Empty before the first forward.
        """
        if not self.cache:
            return {}
        rows, cs, gates, _ = self.cache
        hs = rows[:, :, : cs.shape[2]]
        numbers = {gate: gates[:, k] for k, gate in enumerate(GATES)}
        numbers |= {"c": cs[1:], "h": hs[1:], "c_prev": cs[:-1], "h_prev": hs[:-1]}
        return {name: batch_major(array) for name, array in numbers.items()}

    def _write_initial_state(self, h: Array, c: Array) -> None:
        for name, state, target in (("h", self.h, h), ("c", self.c, c)):
            if not self.stateful or state is None:
                target[...] = 0
                continue
            if state.shape != target.shape:
                raise ValueError(
                    f"TimeLSTM.forward starts from a state {name} of shape {state.shape}, but this batch needs "
                    f"{target.shape}; call set_state or reset_state first"
                )
            target[...] = state


class TimeBiLSTM:
    """Two LSTMs, one reading forwards and one backwards; their hidden states side by side."""

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
        self.forward_lstm = TimeLSTM(Wx1, Wh1, b1, stateful, backend)
        self.backward_lstm = TimeLSTM(Wx2, Wh2, b2, stateful, backend)
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

    def inside(self) -> dict[str, Array]:
        """The numbers of the last `forward`, as in `TimeLSTM.inside`, both halves side by side: (N, T, 2H) each.

        What came before a step is, in the second half, what the backward LSTM held one character further on.
        """
        forward, backward = self.forward_lstm.inside(), self.backward_lstm.inside()
        concatenate = self.backend.xp.concatenate
        return {name: concatenate((forward[name], backward[name][:, ::-1]), axis=2) for name in forward}

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
