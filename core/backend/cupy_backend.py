"""The GPU: what CuPy does in one kernel where NumPy's functions would be many, and each a launch.

A training iteration is bound by the number of launches, not by arithmetic. So an LSTM step is two of them, a product by
cuBLAS and one kernel for all gates; loss, its gradient and an update are one each; and nothing waits for the device:
the loss and the clip rate stay on it.

Every kernel is the body of an `ElementwiseKernel`: plain C with a type T. The tests compile it for the CPU too and
compare its numbers with those of `Backend`. Inputs and outputs are references, and may be the same array: a body reads
all it needs before it writes.

Shapes: N batch, T time steps, D input size, H hidden size, V vocabulary size, R rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from core.backend.arrays import Array
from core.backend.numpy_backend import Backend


class Kernel(NamedTuple):
    """What `cupy.ElementwiseKernel` is made from."""

    name: str
    inputs: str
    outputs: str
    body: str


LSTM_CELL = Kernel(
    "lstm_cell",
    "T zf, T zg, T zi, T zo, T c_prev",
    "T f, T g, T gi, T o, T c, T tanh_c, T h",
    """
    const T forget = T(1) / (T(1) + exp(zf)), candidate = tanh(zg);
    const T input = T(1) / (T(1) + exp(zi)), output = T(1) / (T(1) + exp(zo));
    const T cell = forget * c_prev + candidate * input, squashed = tanh(cell);
    f = forget;
    g = candidate;
    gi = input;
    o = output;
    c = cell;
    tanh_c = squashed;
    h = output * squashed;
    """,
)

LSTM_CELL_BACKWARD = Kernel(
    "lstm_cell_backward",
    "T f, T g, T gi, T o, T c_prev, T tanh_c, T dout, T dh",
    "T dc, T df, T dg, T di, T dq",
    """
    const T of_h = dh + dout;
    const T of_c = dc + of_h * o * (T(1) - tanh_c * tanh_c);
    df = of_c * c_prev * f * (T(1) - f);
    dg = of_c * gi * (T(1) - g * g);
    di = of_c * g * gi * (T(1) - gi);
    dq = of_h * tanh_c * o * (T(1) - o);
    dc = of_c * f;
    """,
)

ONE_HOT = Kernel("one_hot", "raw I ids, int64 R", "T y", "y = ids[i % R] == i / R ? T(1) : T(0);")

# A thread takes a whole row: rows are short (29 source characters, 59 of the vocabulary), and launches are what counts.
_SOFTMAX_OF_A_ROW = """
    const long long first = (long long)i * V;
    T largest = x[first], sum = T(0);
    for (long long j = 1; j < V; ++j) largest = x[first + j] > largest ? x[first + j] : largest;
    for (long long j = 0; j < V; ++j) {
        const T e = exp(x[first + j] - largest);
        y[first + j] = e;
        sum += e;
    }
    for (long long j = 0; j < V; ++j) y[first + j] /= sum;
"""

SOFTMAX = Kernel("softmax_rows", "raw T x, int64 V", "raw T y", _SOFTMAX_OF_A_ROW)

SOFTMAX_BACKWARD = Kernel(
    "softmax_rows_backward",
    "raw T y, raw T dout, int64 V",
    "raw T dx",
    """
    const long long first = (long long)i * V;
    T inner = T(0);
    for (long long j = 0; j < V; ++j) inner += y[first + j] * dout[first + j];
    for (long long j = 0; j < V; ++j) dx[first + j] = y[first + j] * (dout[first + j] - inner);
    """,
)

SOFTMAX_LOSS = Kernel(
    "softmax_loss",
    "raw T x, raw I targets, int64 V, int64 ignored",
    "raw T y, raw T losses, raw T kept",
    _SOFTMAX_OF_A_ROW
    + """
    const long long target = targets[i];
    losses[i] = target == ignored ? T(0) : log(sum) - (x[first + target] - largest);
    kept[i] = target == ignored ? T(0) : T(1);
    """,
)

SOFTMAX_LOSS_BACKWARD = Kernel(
    "softmax_loss_backward",
    "T y, raw I targets, int64 V, int64 ignored, T count, T dout",
    "T dx",
    """
    const long long target = targets[i / V];
    dx = target == ignored ? T(0) : (y - (i % V == target ? T(1) : T(0))) * (dout / count);
    """,
)

CLIP_RATE = Kernel(
    "clip_rate",
    "T norm, T longest",
    "T rate",
    """
    const T r = longest / (norm + T(1e-6));
    rate = r < T(1) ? r : (r == r ? T(1) : r);
    """,
)

ADAM = Kernel(
    "adam",
    "T grad, T clip, T rate, T share1, T share2",
    "T param, T m, T v",
    """
    const T d = grad * clip;
    m += share1 * (d - m);
    v += share2 * (d * d - v);
    param -= rate * m / (sqrt(v) + T(1e-7));
    """,
)

KERNELS = (
    LSTM_CELL,
    LSTM_CELL_BACKWARD,
    ONE_HOT,
    SOFTMAX,
    SOFTMAX_BACKWARD,
    SOFTMAX_LOSS,
    SOFTMAX_LOSS_BACKWARD,
    CLIP_RATE,
    ADAM,
)


class CupyBackend(Backend):
    """`Backend` with the fused operations as kernels; everything else is CuPy's own."""

    def __init__(self, xp: Any) -> None:
        """Args: xp: the module `cupy`. Kernels are compiled at their first call."""
        super().__init__(xp, device="cuda")
        self._kernels = {k.name: xp.ElementwiseKernel(k.inputs, k.outputs, k.body, f"core_{k.name}") for k in KERNELS}

    def describe(self) -> str:
        """See `Backend.describe`."""
        runtime = self.xp.cuda.runtime
        name = runtime.getDeviceProperties(runtime.getDevice())["name"].decode()
        return f"{name} (CuPy {self.xp.__version__})"

    def synchronize(self) -> None:
        """See `Backend.synchronize`."""
        self.xp.cuda.get_current_stream().synchronize()

    def make_read_only(self, arrays: Sequence[Array]) -> None:
        """CuPy has no read-only arrays: nothing is done, and `read_only` never says so."""

    def read_only(self, arrays: Sequence[Array]) -> bool:
        """See `Backend.read_only`."""
        return False

    def transposed(self, matrix: Array) -> Array:
        """A view: cuBLAS multiplies with a transpose as fast as with the matrix."""
        return matrix.T

    def empty_gates(self, T: int, N: int, H: int, dtype: Any) -> Array:
        """(T, 4, N, H) over memory in the order (T, N, 4, H), where one product writes all four gates of a step.

        The product of a batch with four blocks would be a batched one, for which CuPy first has to write pointers.
        """
        return self.xp.empty((T, N, 4, H), dtype).transpose(0, 2, 1, 3)

    def joined_weights(self, Wx: Array, Wh: Array, b: Array) -> Array:
        """(H + D + 1, 4H): Wh, Wx and b below each other, the columns of f, i and o negated."""
        weights = self.xp.concatenate((Wh, Wx, b[None]))
        H = len(Wh)
        weights[:, :H] *= -1
        weights[:, 2 * H :] *= -1
        return weights

    def lstm_step(
        self, rows: Array, weights: Array, gates: Array, c_prev: Array, c: Array, tanh_c: Array, h: Array
    ) -> None:
        """Two launches: the product, and `lstm_cell` on its result."""
        self.xp.matmul(rows, weights, out=gates.transpose(1, 0, 2).reshape(len(rows), -1))
        self.lstm_cell(gates, c_prev, c, tanh_c, h)

    def lstm_cell(self, z: Array, c_prev: Array, c: Array, tanh_c: Array, h: Array) -> None:
        """See `Backend.lstm_cell`."""
        gates = [z[k] for k in range(4)]
        self._kernels["lstm_cell"](*gates, c_prev, *gates, c, tanh_c, h)

    def lstm_cell_backward(
        self, gates: Array, c_prev: Array, tanh_c: Array, dout: Array, dh: Array, dc: Array, dz: Array, spare: Array
    ) -> None:
        """See `Backend.lstm_cell_backward`; needs no scratch, and leaves `dh` as it is."""
        H = dh.shape[1]
        columns = [dz[:, k * H : (k + 1) * H] for k in range(4)]
        of_gates = [gates[k] for k in range(4)]
        self._kernels["lstm_cell_backward"](*of_gates, c_prev, tanh_c, dout, dh, dc, *columns)

    def one_hot(self, ids: Array, count: int, dtype: Any) -> Array:
        """See `Backend.one_hot`."""
        y = self.xp.empty((count, len(ids)), dtype)
        self._kernels["one_hot"](ids, len(ids), y)
        return y

    def softmax(self, scores: Array) -> Array:
        """See `Backend.softmax`."""
        V = scores.shape[-1]
        weights = self.xp.empty(scores.shape, scores.dtype)
        self._kernels["softmax_rows"](scores, V, weights, size=scores.size // V)
        return weights

    def softmax_backward(self, y: Array, dout: Array) -> Array:
        """See `Backend.softmax_backward`."""
        V = y.shape[-1]
        dx = self.xp.empty(y.shape, y.dtype)
        self._kernels["softmax_rows_backward"](y, dout, V, dx, size=y.size // V)
        return dx

    def softmax_loss(self, logits: Array, targets: Array, ignore_label: int) -> tuple[Array, Array, Array]:
        """See `Backend.softmax_loss`."""
        xp = self.xp
        R, V = logits.shape
        probabilities, of_rows = xp.empty((R, V), logits.dtype), xp.empty((2, R), logits.dtype)
        losses, kept = of_rows[0], of_rows[1]
        self._kernels["softmax_loss"](logits, targets, V, ignore_label, probabilities, losses, kept, size=R)
        sums = of_rows.sum(axis=1)
        count = xp.maximum(sums[1], 1)
        return sums[0] / count, probabilities, count

    def softmax_loss_backward(
        self, probabilities: Array, targets: Array, ignore_label: int, count: Array, dout: float
    ) -> Array:
        """See `Backend.softmax_loss_backward`."""
        dx = self.xp.empty(probabilities.shape, probabilities.dtype)
        V = probabilities.shape[1]
        self._kernels["softmax_loss_backward"](probabilities, targets, V, ignore_label, count, dout, dx)
        return dx

    def length(self, grads: Sequence[Array]) -> Array:
        """See `Backend.length`."""
        squares = [grad.reshape(-1) @ grad.reshape(-1) for grad in grads]
        return self.xp.sqrt(self.xp.stack(squares).sum())

    def clip_rate(self, norm: Array, max_norm: float) -> Array:
        """See `Backend.clip_rate`."""
        rate = self.xp.empty((), norm.dtype)
        self._kernels["clip_rate"](norm, max_norm, rate)
        return rate

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
        """See `Backend.adam`; clipping is part of the kernel, and leaves `grad` as it is."""
        self._kernels["adam"](grad, 1.0 if clip is None else clip, rate, 1 - beta1, 1 - beta2, param, m, v)
