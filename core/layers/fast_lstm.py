"""The LSTM that a model runs: what `core.layers.lstm` computes, in a fraction of the time.

What makes it fast: the rows (h, x, 1) of all steps lie in one array, so that a step is one product with the joined
weights and one call for all gates (`Backend.lstm_step`), and one product over time gives all gradients of the
parameters; memory is taken once a sequence, not once a step; weights that are read-only are joined once; and of a
sequence that begins as the one before it did, those steps are copied. docs/performance.md has what each is worth.
`core.layers.prefixes` does the last for the texts of a batch.

Shapes: N batch, T time steps, D input size, H hidden size.
"""

from __future__ import annotations

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend
from core.layers.basic import batch_major
from core.layers.lstm import GATES, TimeBiLSTM, TimeLSTM


class FastLSTM(TimeLSTM):
    """`TimeLSTM`, computed faster; the same results but for rounding."""

    def __init__(self, Wx: Array, Wh: Array, b: Array, stateful: bool = False, backend: Backend = CPU) -> None:
        """Args: as for `TimeLSTM`."""
        super().__init__(Wx, Wh, b, stateful, backend)
        # Below each other as the joined weights are, so that one product writes all three.
        D, H = len(Wx), len(Wh)
        self._gradient = backend.xp.zeros((H + D + 1, 4 * H), Wh.dtype)
        self.grads = [self._gradient[H : H + D], self._gradient[:H], self._gradient[H + D]]
        self.cache: tuple[Array, ...] = ()
        self._held: Array = None
        self._joined: Array = None
        self._multiplied: Array = None

    def forward(self, xs: Array) -> Array:
        """Read a sequence, as `TimeLSTM.forward`.

        Args:
            xs: (N, T, D) of the parameters' dtype.
        Returns:
            hs: (N, T, H), the hidden state after every step; a view of what `backward` needs, not to be written to.
        Raises:
            ValueError: as `TimeLSTM.forward`.
        Cost:
            T products (N, H + D + 1) x (H + D + 1, 4H).
        """
        xp = self.backend.xp
        N, T = self._checked_size(xs)
        Wh = self.params[1]
        D, H = xs.shape[2], len(Wh)
        weights = self.joined_weights() if self._held is None else self._held
        rows = xp.empty((T + 1, N, H + D + 1), Wh.dtype)
        rows[:T, :, H : H + D] = xs.transpose(1, 0, 2)
        rows[:T, :, H + D] = 1
        hs, cs = rows[:, :, :H], xp.empty((T + 1, N, H), Wh.dtype)
        h, c = self._first_state(N)
        hs[0] = 0 if h is None else h
        cs[0] = 0 if c is None else c

        gates, tanh_cs = self.backend.empty_gates(T, N, H, Wh.dtype), xp.empty((T, N, H), Wh.dtype)
        known = self._take_over(weights, rows, cs, gates, tanh_cs)
        for t in range(known, T):
            self.backend.lstm_step(rows[t], weights, gates[t], cs[t], cs[t + 1], tanh_cs[t], hs[t + 1])

        self.h, self.c = hs[T], cs[T]
        self.cache = (rows, cs, gates, tanh_cs)
        self._multiplied = weights
        return batch_major(hs[1:])

    def backward(self, dhs: Array) -> Array:
        """Back through time, as `TimeLSTM.backward`.

        Args:
            dhs: (N, T, H), the gradient of every hidden state.
        Returns:
            dxs: (N, T, D); the other gradients are left where `TimeLSTM.backward` leaves them.
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


class FastBiLSTM(TimeBiLSTM):
    """`TimeBiLSTM` of two `FastLSTM`."""

    lstm_class = FastLSTM
    forward_lstm: FastLSTM
    backward_lstm: FastLSTM

    def inside(self) -> dict[str, Array]:
        """The numbers of the last `forward`, as in `FastLSTM.inside`, both halves side by side: (N, T, 2H) each.

        What came before a step is, in the second half, what the backward LSTM held one character further on.
        """
        forward, backward = self.forward_lstm.inside(), self.backward_lstm.inside()
        concatenate = self.backend.xp.concatenate
        return {name: concatenate((forward[name], backward[name][:, ::-1]), axis=2) for name in forward}
