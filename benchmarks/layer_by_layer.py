"""The yardstick: chapters 7 and 8 written layer by layer, in NumPy, as one writes them when learning them.

An object for every time step, whose parameters are shared and whose gradients are added up; a loop over time for
embedding, LSTM and attention; attention by broadcast products and sums; a sigmoid for each gate; `np.add.at` for the
embeddings; Adam one parameter after another; one date decoded at a time. Nothing is slowed on purpose: everything is
float32, products that the chapters do in one go (affine, loss) are done in one go.

Shapes: N batch, T time steps (T_enc, T_dec), D embedding size, H hidden size, V vocabulary size.
Source: Deep Learning from Scratch 2, chapters 7 and 8; written from the equations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    result: Array = 1 / (1 + np.exp(-x))
    return result


def softmax(x: Array) -> Array:
    """exp(x) / sum(exp(x)) over the last axis of (N, V)."""
    exponentials = np.exp(x - x.max(axis=1, keepdims=True))
    result: Array = exponentials / exponentials.sum(axis=1, keepdims=True)
    return result


# ---- embedding ------------------------------------------------------------------------------------------------------


class Embedding:
    """A row of W (V, D) for every id."""

    def __init__(self, W: Array) -> None:
        self.params = [W]
        self.grads = [np.zeros_like(W)]

    def forward(self, ids: Array) -> Array:
        """(N,) ids -> (N, D)."""
        self.ids = ids
        rows: Array = self.params[0][ids]
        return rows

    def backward(self, dout: Array) -> None:
        """(N, D), added up in `grads[0]` by id."""
        self.grads[0][...] = 0
        np.add.at(self.grads[0], self.ids, dout)


class TimeEmbedding:
    """An `Embedding` for every time step."""

    def __init__(self, W: Array) -> None:
        self.params = [W]
        self.grads = [np.zeros_like(W)]

    def forward(self, xs: Array) -> Array:
        """(N, T) ids -> (N, T, D)."""
        W = self.params[0]
        N, T = xs.shape
        out = np.empty((N, T, W.shape[1]), W.dtype)
        self.layers = [Embedding(W) for _ in range(T)]
        for t, layer in enumerate(self.layers):
            out[:, t] = layer.forward(xs[:, t])
        return out

    def backward(self, dout: Array) -> None:
        """(N, T, D); ids have no gradient."""
        total = np.zeros_like(self.params[0])
        for t, layer in enumerate(self.layers):
            layer.backward(dout[:, t])
            total += layer.grads[0]
        self.grads[0][...] = total


# ---- LSTM -----------------------------------------------------------------------------------------------------------


class LSTM:
    """One time step; columns of Wx (D, 4H), Wh (H, 4H) and b (4H,) in the order f, g, i, o."""

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x: Array, h_prev: Array, c_prev: Array) -> tuple[Array, Array]:
        """c = f c_prev + g i;  h = o tanh(c)."""
        Wx, Wh, b = self.params
        H = len(Wh)
        z = x @ Wx + h_prev @ Wh + b
        f = sigmoid(z[:, :H])
        g = np.tanh(z[:, H : 2 * H])
        i = sigmoid(z[:, 2 * H : 3 * H])
        o = sigmoid(z[:, 3 * H :])
        c = f * c_prev + g * i
        h = o * np.tanh(c)
        self.cache = (x, h_prev, c_prev, f, g, i, o, c)
        return h, c

    def backward(self, dh: Array, dc: Array) -> tuple[Array, Array, Array]:
        """Gradients of x, h_prev and c_prev from those of h and c."""
        Wx, Wh, _ = self.params
        x, h_prev, c_prev, f, g, i, o, c = self.cache
        tanh_c = np.tanh(c)
        dc = dc + dh * o * (1 - tanh_c**2)
        dz_f = dc * c_prev * f * (1 - f)
        dz_g = dc * i * (1 - g**2)
        dz_i = dc * g * i * (1 - i)
        dz_o = dh * tanh_c * o * (1 - o)
        dz = np.hstack((dz_f, dz_g, dz_i, dz_o))
        self.grads[0][...] = x.T @ dz
        self.grads[1][...] = h_prev.T @ dz
        self.grads[2][...] = dz.sum(axis=0)
        return dz @ Wx.T, dz @ Wh.T, dc * f


class TimeLSTM:
    """An `LSTM` for every time step."""

    def __init__(self, Wx: Array, Wh: Array, b: Array) -> None:
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(p) for p in self.params]
        self.h: Array | None = None
        self.c: Array | None = None

    def forward(self, xs: Array) -> Array:
        """(N, T, D) -> (N, T, H), from the state `h`, `c`; zeros where there is none."""
        N, T, _ = xs.shape
        H = len(self.params[1])
        hs = np.empty((N, T, H), xs.dtype)
        h = np.zeros((N, H), xs.dtype) if self.h is None else self.h
        c = np.zeros((N, H), xs.dtype) if self.c is None else self.c
        self.layers = [LSTM(*self.params) for _ in range(T)]
        for t, layer in enumerate(self.layers):
            h, c = layer.forward(xs[:, t], h, c)
            hs[:, t] = h
        self.h, self.c = h, c
        return hs

    def backward(self, dhs: Array) -> Array:
        """(N, T, H) -> (N, T, D); the gradient of the first state is left in `dh`."""
        N, T, H = dhs.shape
        dxs = np.empty((N, T, len(self.params[0])), dhs.dtype)
        dh, dc = np.zeros((N, H), dhs.dtype), np.zeros((N, H), dhs.dtype)
        totals = [np.zeros_like(p) for p in self.params]
        for t in reversed(range(T)):
            dxs[:, t], dh, dc = self.layers[t].backward(dhs[:, t] + dh, dc)
            for total, grad in zip(totals, self.layers[t].grads, strict=True):
                total += grad
        for grad, total in zip(self.grads, totals, strict=True):
            grad[...] = total
        self.dh = dh
        return dxs


# ---- attention ------------------------------------------------------------------------------------------------------


class AttentionWeight:
    """a[n, j] = softmax_j(hs[n, j] . h[n])."""

    def forward(self, hs: Array, h: Array) -> Array:
        """hs (N, T, H), h (N, H) -> a (N, T)."""
        a = softmax((hs * h[:, None, :]).sum(axis=2))
        self.cache = (hs, h, a)
        return a

    def backward(self, da: Array) -> tuple[Array, Array]:
        """Gradients of hs and h."""
        hs, h, a = self.cache
        ds = a * (da - (a * da).sum(axis=1, keepdims=True))
        dproducts = ds[:, :, None]
        return dproducts * h[:, None, :], (dproducts * hs).sum(axis=1)


class WeightSum:
    """c[n] = sum_j a[n, j] hs[n, j]."""

    def forward(self, hs: Array, a: Array) -> Array:
        """hs (N, T, H), a (N, T) -> c (N, H)."""
        self.cache = (hs, a)
        c: Array = (hs * a[:, :, None]).sum(axis=1)
        return c

    def backward(self, dc: Array) -> tuple[Array, Array]:
        """Gradients of hs and a."""
        hs, a = self.cache
        dproducts = dc[:, None, :]
        return dproducts * a[:, :, None], (dproducts * hs).sum(axis=2)


class Attention:
    """Weights, and the sum they weigh."""

    def __init__(self) -> None:
        self.attention_weight = AttentionWeight()
        self.weight_sum = WeightSum()

    def forward(self, hs: Array, h: Array) -> Array:
        """hs (N, T, H), h (N, H) -> c (N, H)."""
        self.a = self.attention_weight.forward(hs, h)
        return self.weight_sum.forward(hs, self.a)

    def backward(self, dc: Array) -> tuple[Array, Array]:
        """Gradients of hs and h."""
        dhs_sum, da = self.weight_sum.backward(dc)
        dhs_weight, dh = self.attention_weight.backward(da)
        return dhs_sum + dhs_weight, dh


class TimeAttention:
    """An `Attention` for every decoding step."""

    def forward(self, hs_enc: Array, hs_dec: Array) -> Array:
        """hs_enc (N, T_enc, H), hs_dec (N, T_dec, H) -> (N, T_dec, H); the weights are kept."""
        out = np.empty_like(hs_dec)
        self.layers = [Attention() for _ in range(hs_dec.shape[1])]
        self.attention_weights = []
        for t, layer in enumerate(self.layers):
            out[:, t] = layer.forward(hs_enc, hs_dec[:, t])
            self.attention_weights.append(layer.a)
        return out

    def backward(self, dout: Array) -> tuple[Array, Array]:
        """Gradients of hs_enc and hs_dec."""
        dhs_enc: Array | float = 0.0
        dhs_dec = np.empty_like(dout)
        for t, layer in enumerate(self.layers):
            dhs, dhs_dec[:, t] = layer.backward(dout[:, t])
            dhs_enc = dhs_enc + dhs
        return np.asarray(dhs_enc), dhs_dec


# ---- affine, loss ---------------------------------------------------------------------------------------------------


class TimeAffine:
    """x W + b, all time steps in one product."""

    def __init__(self, W: Array, b: Array) -> None:
        self.params = [W, b]
        self.grads = [np.zeros_like(W), np.zeros_like(b)]

    def forward(self, x: Array) -> Array:
        """(N, T, I) -> (N, T, O)."""
        N, T, _ = x.shape
        W, b = self.params
        self.rows = x.reshape(N * T, -1)
        return (self.rows @ W + b).reshape(N, T, -1)

    def backward(self, dout: Array) -> Array:
        """(N, T, O) -> (N, T, I)."""
        N, T, _ = dout.shape
        rows = dout.reshape(N * T, -1)
        self.grads[0][...] = self.rows.T @ rows
        self.grads[1][...] = rows.sum(axis=0)
        return (rows @ self.params[0].T).reshape(N, T, -1)


class TimeSoftmaxWithLoss:
    """The mean cross entropy over N and T."""

    def forward(self, xs: Array, ts: Array) -> float:
        """xs (N, T, V), ts (N, T) ids -> loss."""
        N, T, V = xs.shape
        ts = ts.reshape(N * T)
        ys = softmax(xs.reshape(N * T, V))
        self.cache = (ys, ts, xs.shape)
        return float(-np.log(ys[np.arange(N * T), ts]).sum() / (N * T))

    def backward(self) -> Array:
        """(N, T, V), the gradient of xs."""
        ys, ts, shape = self.cache
        ys[np.arange(len(ts)), ts] -= 1
        ys /= len(ts)
        return ys.reshape(shape)


# ---- the model ------------------------------------------------------------------------------------------------------


class AttentionSeq2seq:
    """The model of chapter 8.

    Attributes:
        params, grads: encoder embedding W, LSTM Wx, Wh, b; decoder embedding W, LSTM Wx, Wh, b; affine W, b.
    """

    def __init__(self, params: Sequence[Array]) -> None:
        """Args: params: the ten arrays, which are then the model's own."""
        self.enc_embed = TimeEmbedding(params[0])
        self.enc_lstm = TimeLSTM(*params[1:4])
        self.dec_embed = TimeEmbedding(params[4])
        self.dec_lstm = TimeLSTM(*params[5:8])
        self.attention = TimeAttention()
        self.affine = TimeAffine(*params[8:10])
        self.loss = TimeSoftmaxWithLoss()
        layers = (self.enc_embed, self.enc_lstm, self.dec_embed, self.dec_lstm, self.affine)
        self.params = [param for layer in layers for param in layer.params]
        self.grads = [grad for layer in layers for grad in layer.grads]

    def encode(self, xs: Array) -> Array:
        """(N, T_enc) ids -> hs_enc (N, T_enc, H); the decoder then starts from the last of them."""
        self.enc_lstm.h, self.enc_lstm.c = None, None
        hs_enc = self.enc_lstm.forward(self.enc_embed.forward(xs))
        self.dec_lstm.h, self.dec_lstm.c = hs_enc[:, -1], None
        return hs_enc

    def decode(self, ids: Array, hs_enc: Array) -> Array:
        """(N, T_dec) ids -> logits (N, T_dec, V), from where the decoder stands."""
        hs_dec = self.dec_lstm.forward(self.dec_embed.forward(ids))
        context = self.attention.forward(hs_enc, hs_dec)
        return self.affine.forward(np.concatenate((context, hs_dec), axis=2))

    def forward(self, xs: Array, ts: Array) -> float:
        """xs (N, T_enc), ts (N, T_dec + 1) ids -> loss."""
        logits = self.decode(ts[:, :-1], self.encode(xs))
        return self.loss.forward(logits, ts[:, 1:])

    def backward(self) -> None:
        """Fill `grads`."""
        dout = self.affine.backward(self.loss.backward())
        H = dout.shape[2] // 2
        dhs_enc, dhs_dec = self.attention.backward(dout[:, :, :H])
        self.dec_embed.backward(self.dec_lstm.backward(dhs_dec + dout[:, :, H:]))
        dhs_enc[:, -1] += self.dec_lstm.dh
        self.enc_embed.backward(self.enc_lstm.backward(dhs_enc))

    def generate(self, xs: Array, start_id: int, steps: int) -> tuple[list[int], Array]:
        """Decode one date greedily: xs (1, T_enc) -> T_dec ids, weights (T_dec, T_enc)."""
        hs_enc = self.encode(xs)
        ids, weights = [start_id], []
        for _ in range(steps):
            logits = self.decode(np.array(ids[-1:])[None], hs_enc)
            ids.append(int(logits.argmax()))
            weights.append(self.attention.attention_weights[0][0])
        return ids[1:], np.array(weights)


# ---- training -------------------------------------------------------------------------------------------------------


def clip_grads(grads: Sequence[Array], max_norm: float) -> None:
    """Scale all gradients together to a length of at most `max_norm`."""
    norm = float(sum((grad**2).sum() for grad in grads)) ** 0.5
    rate = max_norm / (norm + 1e-6)
    if rate < 1:
        for grad in grads:
            grad *= rate


class Adam:
    """m += (1 - beta1)(g - m);  v += (1 - beta2)(g^2 - v);  param -= lr_t m / (sqrt(v) + 1e-7)."""

    def __init__(self, params: Sequence[Array], lr: float = 0.001, beta1: float = 0.9, beta2: float = 0.999) -> None:
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.iter = 0
        self.m = [np.zeros_like(param) for param in params]
        self.v = [np.zeros_like(param) for param in params]

    def update(self, params: Sequence[Array], grads: Sequence[Array]) -> None:
        """Change the parameters in place."""
        self.iter += 1
        rate = self.lr * (1 - self.beta2**self.iter) ** 0.5 / (1 - self.beta1**self.iter)
        for param, grad, m, v in zip(params, grads, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (grad**2 - v)
            param -= rate * m / (np.sqrt(v) + 1e-7)
