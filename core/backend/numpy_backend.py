"""Which array library computes, where the arrays live, and the few operations worth fusing.

A model holds one `Backend` and its layers use that one: there is no global switch, so a model on a GPU and one on
the CPU can live side by side. Everything is written once against `backend.xp` (NumPy or CuPy, which share their
interface); the methods below are the ones that a device may replace by a single kernel.

CuPy is imported only when a GPU is asked for, so `core` works, and starts fast, where it is not installed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.backend.arrays import Array


class Backend:
    """An array library, its device, and the operations a device may fuse.

    Attributes:
        xp: the array library, `numpy` or `cupy`.
        device: "cpu" or "cuda".
    """

    def __init__(self, xp: Any = np, device: str = "cpu") -> None:
        self.xp = xp
        self.device = device

    def __repr__(self) -> str:
        return f"Backend({self.xp.__name__}, device={self.device!r})"

    def describe(self) -> str:
        """Where it computes, in words."""
        return f"the CPU (NumPy {np.__version__})"

    def synchronize(self) -> None:
        """Wait until the device has done all it was told; for measuring."""

    def asarray(self, array: Any, dtype: Any = None) -> Array:
        """Put an array (or a list) on this backend's device, without a copy where it is already there."""
        return self.xp.asarray(array, dtype=dtype)

    def make_read_only(self, arrays: Sequence[Array]) -> None:
        """Let nobody write to these arrays any more, where the library can keep it from happening."""
        for array in arrays:
            array.flags.writeable = False

    def read_only(self, arrays: Sequence[Array]) -> bool:
        """Are these arrays, all of them, made so that nobody writes to them?"""
        return not any(array.flags.writeable for array in arrays)

    def to_numpy(self, array: Array) -> np.ndarray[Any, Any]:
        """Bring an array to the host as a NumPy array; waits for the device."""
        return np.asarray(array.get() if hasattr(array, "get") else array)

    def transposed(self, matrix: Array) -> Array:
        """The transpose of a matrix as an array of its own, for products that use it many times.

        Copied in strips of eight rows: whole columns of a wide matrix lie a multiple of 4 KB apart and push each other
        out of the cache (0.17 instead of 0.75 ms for (256, 1024)).
        """
        out = self.xp.empty(matrix.shape[::-1], matrix.dtype)
        for start in range(0, len(matrix), 8):
            out[:, start : start + 8] = matrix[start : start + 8].T
        return out

    def empty_gates(self, T: int, N: int, H: int, dtype: Any) -> Array:
        """(T, 4, N, H), to be written: the gates of T steps. Where they lie in memory is the device's choice."""
        return self.xp.empty((T, 4, N, H), dtype)

    def joined_weights(self, Wx: Array, Wh: Array, b: Array) -> Array:
        """What `lstm_step` multiplies rows (h, x, 1) with: Wh, Wx and b below each other, (4, H + D + 1, H).

        A block for each gate, f, i and o negated as `lstm_cell` wants them. Negating is exact in floating point: of the
        weights or of the products it gives the same bits. In blocks, what is done with a gate runs over contiguous
        memory, which NumPy does in half the time (0.09 instead of 0.15 ms for the cell of N = 128, H = 256), and the
        product is faster too: 0.68 instead of 0.77 ms for 128 rows, 0.02 instead of 0.12 ms for 4.

        One product a step then gives the whole pre-activation. With D = 16 beside H = 256 it takes 7 % longer than that
        of h alone, which is less than looking a projection of x up and adding it. Joining them takes 0.05 ms.
        """
        side_by_side = self.xp.concatenate((Wh, Wx, b[None]))
        blocks = side_by_side.reshape(len(side_by_side), 4, -1).transpose(1, 0, 2).copy()
        blocks[0] *= -1
        blocks[2:] *= -1
        return blocks

    def lstm_step(
        self, rows: Array, weights: Array, gates: Array, c_prev: Array, c: Array, tanh_c: Array, h: Array
    ) -> None:
        """One LSTM step: the product, then `lstm_cell`.

        Args:
            rows: (N, H + D + 1), h before the step, x and 1 side by side.
            weights: from `joined_weights`.
            gates: (4, N, H) of `empty_gates`, written, as are c, tanh_c and h (N, H).
            c_prev: (N, H) cell state before the step.
        """
        self.xp.matmul(rows, weights, out=gates)
        self.lstm_cell(gates, c_prev, c, tanh_c, h)

    def lstm_cell(self, z: Array, c_prev: Array, c: Array, tanh_c: Array, h: Array) -> None:
        """One LSTM step after the matrix products, in place: what `LSTM.forward` does with z, in no new memory.

        f = sigmoid(z_f);  g = tanh(z_g);  i = sigmoid(z_i);  o = sigmoid(z_o)
        c = f * c_prev + g * i;  h = o * tanh(c)

        sigmoid(z) = 1 / (1 + exp(-z)), and z_f, z_i and z_o arrive negated. (With one tanh for all four gates, from
        sigmoid(z) = (1 + tanh(z / 2)) / 2, a step takes a third longer: NumPy's exp is twice as fast.)

        Args:
            z: (4, N, H), float32 or float64: -z_f, z_g, -z_i, -z_o; becomes the gates f, g, i, o.
            c_prev: (N, H), the cell before the step.
            c, tanh_c, h: (N, H), written.
        Cost:
            three exponentials and two hyperbolic tangents a unit.
        """
        xp = self.xp
        f, g, i, o = z
        xp.tanh(g, out=g)
        # exp of more than 88 is infinite in float32, and 1 / infinity is the 0 that is meant.
        with np.errstate(over="ignore"):
            for sigmoids in (f, z[2:]):
                xp.exp(sigmoids, out=sigmoids)
                sigmoids += 1
                xp.reciprocal(sigmoids, out=sigmoids)
        xp.multiply(g, i, out=tanh_c)
        xp.multiply(f, c_prev, out=c)
        c += tanh_c
        xp.tanh(c, out=tanh_c)
        xp.multiply(o, tanh_c, out=h)

    def lstm_cell_backward(
        self, gates: Array, c_prev: Array, tanh_c: Array, dout: Array, dh: Array, dc: Array, dz: Array, spare: Array
    ) -> None:
        """Gradient of `lstm_cell`, in place.

        dh += dout;  dc += dh * o * (1 - tanh(c)^2), then
        df = dc * c_prev * f (1 - f);  dg = dc * i * (1 - g^2);  di = dc * g * i (1 - i);  do = dh * tanh(c) * o (1 - o)

        Args:
            gates: (4, N, H) f, g, i, o of the step.
            c_prev, tanh_c: (N, H) of the step.
            dout: (N, H) gradient of h where it was read.
            dh: (N, H) gradient of h from the step after; becomes the sum of both, or scratch.
            dc: (N, H) gradient of c from the step after; becomes the gradient of `c_prev`.
            dz: (N, 4H), written: the gradient of the pre-activations (not negated), side by side.
            spare: (4, N, H) scratch.
        """
        xp = self.xp
        f, g, i, o = gates
        df, dg, di, do = spare
        dh += dout
        xp.subtract(1.0, gates, out=spare)
        spare *= gates  # s (1 - s), right for the three sigmoids

        xp.multiply(dh, tanh_c, out=dg)
        do *= dg
        dg *= tanh_c
        xp.subtract(dh, dg, out=dg)
        dg *= o
        dc += dg

        xp.multiply(g, g, out=dg)
        xp.subtract(1.0, dg, out=dg)
        dg *= i
        df *= c_prev
        di *= g
        spare[:3] *= dc
        dz.reshape(len(dz), 4, -1)[...] = spare.transpose(1, 0, 2)
        dc *= f

    def one_hot(self, ids: Array, count: int, dtype: Any) -> Array:
        """(R,) ids -> (count, R): 1 where the row is that of the id, else 0."""
        one_hot: Array = (ids == self.xp.arange(count)[:, None]).astype(dtype)
        return one_hot

    def sigmoid(self, x: Array) -> Array:
        """1 / (1 + exp(-x)). Same shape and dtype."""
        # Beyond the largest exponential stands infinity, and 1 / infinity is the 0 that is meant.
        with np.errstate(over="ignore"):
            return 1 / (1 + self.xp.exp(-x))

    def softmax(self, scores: Array) -> Array:
        """y[..., j] = exp(s[..., j]) / sum_k exp(s[..., k]); taken of s - max(s), so that no score overflows.

        Args:
            scores: (..., V), float32 or float64.
        Returns:
            y: the same shape and dtype; over the last axis its numbers add up to 1.
        Cost:
            an exponential for every score.
        """
        weights = scores - scores.max(axis=-1, keepdims=True)
        self.xp.exp(weights, out=weights)
        weights /= weights.sum(axis=-1, keepdims=True)
        return weights

    def softmax_backward(self, y: Array, dout: Array) -> Array:
        """The gradient of what `softmax` turned into y: y * (dout - sum(y * dout)) over the last axis."""
        dx: Array = y * dout
        dx -= y * dx.sum(axis=-1, keepdims=True)
        return dx

    def softmax_loss(self, logits: Array, targets: Array, ignore_label: int) -> tuple[Array, Array, Array]:
        """Softmax and mean cross entropy of rows.

        Args:
            logits: (R, V).
            targets: (R,) ids, or `ignore_label`.
        Returns:
            loss: the mean over the targets that are not ignored, 0 if all are; a scalar on the device.
            probabilities: (R, V).
            count: the targets that are not ignored, at least 1; a scalar of the logits' dtype on the device.
        """
        xp = self.xp
        kept = targets != ignore_label
        count = xp.maximum(kept.astype(logits.dtype).sum(), 1)
        shifted = logits - logits.max(axis=1, keepdims=True)
        chosen = shifted[xp.arange(len(targets)), xp.where(kept, targets, 0)]
        xp.exp(shifted, out=shifted)
        sums = shifted.sum(axis=1)
        loss = ((xp.log(sums) - chosen) * kept).sum() / count
        shifted /= sums[:, None]
        return loss, shifted, count

    def softmax_loss_backward(
        self, probabilities: Array, targets: Array, ignore_label: int, count: Array, dout: float
    ) -> Array:
        """(R, V), the gradient of the logits of `softmax_loss`: (probabilities - one_hot(targets)) * dout / count."""
        xp = self.xp
        kept = targets != ignore_label
        dx = probabilities.copy()
        dx[xp.arange(len(targets)), xp.where(kept, targets, 0)] -= 1.0
        dx *= (kept * (dout / count))[:, None]
        return dx

    def length(self, grads: Sequence[Array]) -> Array:
        """The common length of all gradients, a scalar on the device."""
        return length(grads)

    def clip_rate(self, norm: Array, max_norm: float) -> Array:
        """What a gradient of this length is multiplied with to be no longer than `max_norm`; on the device."""
        return (max_norm / (norm + 1e-6)).clip(max=1.0)

    def adam(
        self,
        param: Array,
        grad: Array,
        m: Array,
        v: Array,
        rate: float,
        beta1: float,
        beta2: float,
        clip: Array | None = None,
    ) -> None:
        """One Adam update of one parameter, in place; `rate` has the bias correction folded in.

        The gradient is first multiplied with `clip`, a scalar on the device, if there is one.

        One spare array serves every step. (Walking the arrays in pieces of a cache's size was measured and gained
        nothing: 1.5 ms either way for the 591,259 parameters of the date model.)
        """
        xp = self.xp
        if clip is not None:
            grad *= clip
        step = grad - m
        step *= 1 - beta1
        m += step
        xp.multiply(grad, grad, out=step)
        step -= v
        step *= 1 - beta2
        v += step
        xp.sqrt(v, out=step)
        step += 1e-7
        xp.divide(m, step, out=step)
        step *= rate
        param -= step


def length(grads: Sequence[Array]) -> Array:
    """The common length of arrays, a scalar of their dtype."""
    squares = (grad.reshape(-1) @ grad.reshape(-1) for grad in grads[1:])
    return sum(squares, grads[0].reshape(-1) @ grads[0].reshape(-1)) ** 0.5


CPU = Backend()
"""NumPy on the CPU, the default everywhere."""
