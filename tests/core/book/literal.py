"""The judge: the equations of chapters 7 and 8 written out plainly in NumPy, under the names that the scripts import.

Nothing here calls `core`, so that an error there cannot hide here. Every step of time is a loop, every array is float32
as soon as it is drawn, and everything random comes from `np.random` in the order that the book describes.
"""

from __future__ import annotations

import pickle
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

rn = np.random.randn


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    """Over the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


# ---- layers ---------------------------------------------------------------------------------------------------------


class Layer:
    """params, grads: two lists in the same order."""

    def __init__(self, *params):
        self.params = list(params)
        self.grads = [np.zeros_like(p) for p in params]

    def _set(self, *grads):
        for kept, grad in zip(self.grads, grads, strict=True):
            kept[...] = grad


class Softmax(Layer):
    """y = softmax(x);  dx = y (dout - sum(y dout))."""

    def forward(self, x):
        self.y = softmax(x)
        return self.y

    def backward(self, dout):
        y = self.y
        return y * (dout - (y * dout).sum(axis=-1, keepdims=True))


class TimeEmbedding(Layer):
    """out[n, t] = W[xs[n, t]]."""

    def forward(self, xs):
        self.xs = xs
        return self.params[0][xs]

    def backward(self, dout):
        dW = np.zeros_like(self.params[0])
        np.add.at(dW, self.xs, dout)
        self._set(dW)


class TimeAffine(Layer):
    """out[n, t] = x[n, t] W + b."""

    def forward(self, x):
        self.x = x
        W, b = self.params
        return x @ W + b

    def backward(self, dout):
        W, _ = self.params
        x, dy = self.x.reshape(-1, W.shape[0]), dout.reshape(-1, W.shape[1])
        self._set(x.T @ dy, dy.sum(axis=0))
        return dout @ W.T


class TimeSoftmaxWithLoss(Layer):
    """The mean of -log softmax(xs)[target] over all n and t."""

    def forward(self, xs, ts):
        self.y, self.ts = softmax(xs), ts
        N, T, _ = xs.shape
        total = 0.0
        for n in range(N):
            for t in range(T):
                total -= np.log(self.y[n, t, ts[n, t]])
        return total / (N * T)

    def backward(self, dout=1):
        N, T, V = self.y.shape
        return (self.y - np.eye(V, dtype="f")[self.ts]) * np.float32(dout / (N * T))


class LSTM(Layer):
    """One step; the columns of Wx, Wh and b hold the gates f, g, i, o."""

    def forward(self, x, h, c):
        Wx, Wh, b = self.params
        f, g, i, o = np.split(x @ Wx + h @ Wh + b, 4, axis=1)
        f, g, i, o = sigmoid(f), np.tanh(g), sigmoid(i), sigmoid(o)
        c_next = f * c + g * i
        self.step = x, h, c, f, g, i, o, c_next
        return o * np.tanh(c_next), c_next

    def backward(self, dh, dc):
        Wx, Wh, _ = self.params
        x, h, c, f, g, i, o, c_next = self.step
        tanh_c = np.tanh(c_next)
        dc = dc + dh * o * (1 - tanh_c**2)
        parts = dc * c * f * (1 - f), dc * i * (1 - g**2), dc * g * i * (1 - i), dh * tanh_c * o * (1 - o)
        dz = np.concatenate(parts, axis=1)
        self._set(x.T @ dz, h.T @ dz, dz.sum(axis=0))
        return dz @ Wx.T, dz @ Wh.T, dc * f


class TimeLSTM(Layer):
    """`LSTM` step by step; what every step adds to the gradients is summed."""

    def __init__(self, *params, stateful=False):
        super().__init__(*params)
        self.stateful = stateful
        self.h = self.c = self.dh = None

    def set_state(self, h, c=None):
        self.h, self.c = h, c

    def reset_state(self):
        self.h = self.c = None

    def forward(self, xs):
        N, T, _ = xs.shape
        zeros = np.zeros((N, len(self.params[1])), "f")
        h = self.h if self.stateful and self.h is not None else zeros
        c = self.c if self.stateful and self.c is not None else zeros
        self.steps = [LSTM(*self.params) for _ in range(T)]
        hs = []
        for t, step in enumerate(self.steps):
            h, c = step.forward(xs[:, t], h, c)
            hs.append(h)
        self.h, self.c = h, c
        return np.stack(hs, axis=1)

    def backward(self, dhs):
        dh = dc = np.zeros_like(dhs[:, 0])
        totals = [np.zeros_like(p) for p in self.params]
        dxs: list[Any] = []
        for t, step in reversed(list(enumerate(self.steps))):
            dx, dh, dc = step.backward(dhs[:, t] + dh, dc)
            dxs.insert(0, dx)
            for total, grad in zip(totals, step.grads, strict=True):
                total += grad
        self._set(*totals)
        self.dh = dh
        return np.stack(dxs, axis=1)


class WeightSum(Layer):
    """c = sum_j a_j hs_j."""

    def forward(self, hs, a):
        self.hs, self.a = hs, a
        return (hs * a[:, :, None]).sum(axis=1)

    def backward(self, dc):
        return self.a[:, :, None] * dc[:, None, :], (self.hs * dc[:, None, :]).sum(axis=2)


class AttentionWeight(Layer):
    """a = softmax_j(hs_j . h)."""

    def __init__(self):
        super().__init__()
        self.softmax = Softmax()

    def forward(self, hs, h):
        self.hs, self.h = hs, h
        return self.softmax.forward((hs * h[:, None, :]).sum(axis=2))

    def backward(self, da):
        ds = self.softmax.backward(da)[:, :, None]
        return ds * self.h[:, None, :], (ds * self.hs).sum(axis=1)


class Attention(Layer):
    """`AttentionWeight`, then `WeightSum`."""

    def __init__(self):
        super().__init__()
        self.attention_weight_layer, self.weight_sum_layer = AttentionWeight(), WeightSum()
        self.attention_weight = None

    def forward(self, hs, h):
        self.attention_weight = self.attention_weight_layer.forward(hs, h)
        return self.weight_sum_layer.forward(hs, self.attention_weight)

    def backward(self, dout):
        dhs, da = self.weight_sum_layer.backward(dout)
        dhs_of_weights, dh = self.attention_weight_layer.backward(da)
        return dhs + dhs_of_weights, dh


class TimeAttention(Layer):
    """`Attention` for every decoder state."""

    def __init__(self):
        super().__init__()
        self.layers: list[Attention] = []
        self.attention_weights: list[Any] = []

    def forward(self, hs_enc, hs_dec):
        self.layers = [Attention() for _ in range(hs_dec.shape[1])]
        out = [layer.forward(hs_enc, hs_dec[:, t]) for t, layer in enumerate(self.layers)]
        self.attention_weights = [layer.attention_weight for layer in self.layers]
        return np.stack(out, axis=1)

    def backward(self, dout):
        pairs = [layer.backward(dout[:, t]) for t, layer in enumerate(self.layers)]
        return sum(dhs for dhs, _ in pairs), np.stack([dh for _, dh in pairs], axis=1)


# ---- models ---------------------------------------------------------------------------------------------------------


class BaseModel:
    """Parameters in a pickle of float16 arrays, by Python's own unpickler."""

    params: list[Any]
    grads: list[Any]

    def save_params(self, file_name=None):
        with open(file_name or f"{type(self).__name__}.pkl", "wb") as file:
            pickle.dump([p.astype(np.float16) for p in self.params], file)

    def load_params(self, file_name=None):
        with open(file_name or f"{type(self).__name__}.pkl", "rb") as file:
            arrays = pickle.load(file)
        for param, array in zip(self.params, arrays, strict=True):
            param[...] = array.astype("f")


def lstm_weights(D, H):
    """Drawn in this order: Wx, Wh."""
    Wx = (rn(D, 4 * H) / np.sqrt(D)).astype("f")
    Wh = (rn(H, 4 * H) / np.sqrt(H)).astype("f")
    return Wx, Wh, np.zeros(4 * H, "f")


def collect(*layers):
    return [p for layer in layers for p in layer.params], [g for layer in layers for g in layer.grads]


class Encoder:
    """Reads; hands on the last hidden state."""

    def __init__(self, V, D, H):
        self.embed = TimeEmbedding((rn(V, D) / 100).astype("f"))
        self.lstm = TimeLSTM(*lstm_weights(D, H))
        self.params, self.grads = collect(self.embed, self.lstm)

    def forward(self, xs):
        self.hs = self.lstm.forward(self.embed.forward(xs))
        return self.hs[:, -1]

    def backward(self, dh):
        dhs = np.zeros_like(self.hs)
        dhs[:, -1] = dh
        self.embed.backward(self.lstm.backward(dhs))


class Decoder:
    """Writes; `beside` is what every step sees beside its own input: nothing, or with Peeky the encoder's state."""

    wide = False

    def __init__(self, V, D, H):
        more = H if self.wide else 0
        self.embed = TimeEmbedding((rn(V, D) / 100).astype("f"))
        self.lstm = TimeLSTM(*lstm_weights(more + D, H), stateful=True)
        W = (rn(more + H, V) / np.sqrt(more + H)).astype("f")
        self.affine = TimeAffine(W, np.zeros(V, "f"))
        self.params, self.grads = collect(self.embed, self.lstm, self.affine)

    def forward(self, xs, h):
        self.lstm.set_state(h)
        return self._run(xs, h)

    def _run(self, xs, h):
        return self.affine.forward(self.lstm.forward(self.embed.forward(xs)))

    def backward(self, dscore):
        self.embed.backward(self.lstm.backward(self.affine.backward(dscore)))
        return self.lstm.dh

    def generate(self, encoded, start_id, sample_size):
        self.lstm.set_state(encoded if encoded.ndim == 2 else encoded[:, -1])
        written, last = [], start_id
        for _ in range(sample_size):
            last = int(np.argmax(self._run(np.array([[last]]), encoded)[0, 0]))
            written.append(last)
        return written


class PeekyDecoder(Decoder):
    """Every step's LSTM and affine layer see (h, ...)."""

    wide = True

    def _run(self, xs, h):
        every = np.stack([h] * xs.shape[1], axis=1)
        hs = self.lstm.forward(np.concatenate((every, self.embed.forward(xs)), axis=2))
        return self.affine.forward(np.concatenate((every, hs), axis=2))

    def backward(self, dscore):
        H = len(self.lstm.params[1])
        dout = self.affine.backward(dscore)
        dxs = self.lstm.backward(dout[:, :, H:])
        self.embed.backward(dxs[:, :, H:])
        return self.lstm.dh + (dout[:, :, :H] + dxs[:, :, :H]).sum(axis=1)


class Seq2seq(BaseModel):
    """Encoder, decoder, loss."""

    parts: tuple[Any, Any] = (Encoder, Decoder)

    def __init__(self, V, D, H):
        self.encoder, self.decoder = (part(V, D, H) for part in self.parts)
        self.softmax = TimeSoftmaxWithLoss()
        self.params, self.grads = collect(self.encoder, self.decoder)

    def forward(self, xs, ts):
        return self.softmax.forward(self.decoder.forward(ts[:, :-1], self.encoder.forward(xs)), ts[:, 1:])

    def backward(self, dout=1):
        self.encoder.backward(self.decoder.backward(self.softmax.backward(dout)))

    def generate(self, xs, start_id, sample_size):
        return self.decoder.generate(self.encoder.forward(xs), start_id, sample_size)


class PeekySeq2seq(Seq2seq):
    parts = (Encoder, PeekyDecoder)


class AttentionEncoder(Encoder):
    """Hands on every state."""

    def forward(self, xs):
        super().forward(xs)
        return self.hs

    def backward(self, dhs):
        self.embed.backward(self.lstm.backward(dhs))


class AttentionDecoder(Decoder):
    """Scores concat(context, hs_dec)."""

    wide = True

    def __init__(self, V, D, H):
        self.embed = TimeEmbedding((rn(V, D) / 100).astype("f"))
        self.lstm = TimeLSTM(*lstm_weights(D, H), stateful=True)
        self.affine = TimeAffine((rn(2 * H, V) / np.sqrt(2 * H)).astype("f"), np.zeros(V, "f"))
        self.attention = TimeAttention()
        self.params, self.grads = collect(self.embed, self.lstm, self.affine, self.attention)

    def forward(self, xs, hs_enc):
        self.lstm.set_state(hs_enc[:, -1])
        return self._run(xs, hs_enc)

    def _run(self, xs, hs_enc):
        hs_dec = self.lstm.forward(self.embed.forward(xs))
        context = self.attention.forward(hs_enc, hs_dec)
        return self.affine.forward(np.concatenate((context, hs_dec), axis=2))

    def backward(self, dscore):
        H = len(self.lstm.params[1])
        dout = self.affine.backward(dscore)
        dhs_enc, dhs_dec = self.attention.backward(dout[:, :, :H])
        self.embed.backward(self.lstm.backward(dhs_dec + dout[:, :, H:]))
        dhs_enc[:, -1] += self.lstm.dh
        return dhs_enc


class AttentionSeq2seq(Seq2seq):
    parts = (AttentionEncoder, AttentionDecoder)


# ---- training -------------------------------------------------------------------------------------------------------


class Adam:
    """m, v: running means of g and g^2."""

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.iter = 0
        self.m: list[Any] = []
        self.v: list[Any] = []

    def update(self, params, grads):
        if not self.m:
            self.m, self.v = ([np.zeros_like(p) for p in params] for _ in range(2))
        self.iter += 1
        rate = self.lr * np.sqrt(1 - self.beta2**self.iter) / (1 - self.beta1**self.iter)
        for param, grad, m, v in zip(params, grads, self.m, self.v, strict=True):
            m += (1 - self.beta1) * (grad - m)
            v += (1 - self.beta2) * (grad**2 - v)
            param -= rate * m / (np.sqrt(v) + 1e-7)


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def update(self, params, grads):
        for param, grad in zip(params, grads, strict=True):
            param -= self.lr * grad


def clip_grads(grads, max_norm):
    rate = max_norm / (np.sqrt(sum((grad**2).sum() for grad in grads)) + 1e-6)
    if rate < 1:
        for grad in grads:
            grad *= rate


class Trainer:
    """Every epoch shuffles what the one before had shuffled; a line after the first iteration and every 20th."""

    def __init__(self, model, optimizer):
        self.model, self.optimizer = model, optimizer
        self.loss_list: list[float] = []
        self.current_epoch = 0
        self.eval_interval = None

    def fit(self, x, t, max_epoch=10, batch_size=32, max_grad=None, eval_interval=20):
        self.eval_interval = eval_interval
        total, count, began = 0.0, 0, time.time()
        for _ in range(max_epoch):
            order = np.random.permutation(np.arange(len(x)))
            x, t = x[order], t[order]
            iterations = len(x) // batch_size
            for i in range(iterations):
                rows = slice(i * batch_size, (i + 1) * batch_size)
                total += self.model.forward(x[rows], t[rows])
                count += 1
                self.model.backward()
                if max_grad is not None:
                    clip_grads(self.model.grads, max_grad)
                self.optimizer.update(self.model.params, self.model.grads)
                if eval_interval is not None and i % eval_interval == 0:
                    seconds, loss = int(time.time() - began), total / count
                    where = f"| epoch {self.current_epoch + 1} |  iter {i + 1} / {iterations}"
                    print(f"{where} | time {seconds}[s] | loss {loss:.2f}")
                    self.loss_list.append(float(loss))
                    total, count = 0.0, 0
            self.current_epoch += 1

    def plot(self, ylim=None):
        import matplotlib.pyplot as plt

        plt.plot(self.loss_list)
        plt.show()


def eval_seq2seq(model, question, correct, id_to_char, verbose=False, is_reverse=False):
    ids = correct.flatten()
    guess = model.generate(question, ids[0], len(ids) - 1)
    question, correct, guess = (
        "".join(id_to_char[int(i)] for i in row) for row in (question.flatten(), ids[1:], guess)
    )
    if verbose:
        print("Q", question[::-1] if is_reverse else question)
        print("T", correct)
        print(("\033[92m☑\033[0m " if guess == correct else "\033[91m☒\033[0m ") + guess)
        print("---")
    return 1 if guess == correct else 0


# ---- data -----------------------------------------------------------------------------------------------------------


class Sequence:
    """dataset.sequence: ids in the order of first occurrence, question before answer, line by line."""

    def __init__(self, *folders):
        self.folders = folders
        self.char_to_id: dict[str, int] = {}
        self.id_to_char: dict[int, str] = {}

    def load_data(self, file_name="addition.txt", seed=1984):
        path = next(folder / file_name for folder in self.folders if (folder / file_name).is_file())
        pairs = []
        for line in path.read_text("utf-8").splitlines():
            at = line.index("_")
            pairs.append((line[:at], line[at:]))
        for character in "".join(question + answer for question, answer in pairs):
            if character not in self.char_to_id:
                self.id_to_char[len(self.char_to_id)] = character
                self.char_to_id[character] = len(self.char_to_id)
        x, t = (np.array([[self.char_to_id[c] for c in text] for text in texts]) for texts in zip(*pairs, strict=True))
        order = np.arange(len(x))
        if seed is not None:
            np.random.seed(seed)
        np.random.shuffle(order)
        x, t = x[order], t[order]
        split = len(x) - len(x) // 10
        return (x[:split], t[:split]), (x[split:], t[split:])

    def get_vocab(self):
        return self.char_to_id, self.id_to_char


def install(*folders: Path) -> None:
    """Let the scripts import what is above. Args: folders: where corpora are."""
    time_layers = dict(
        np=np, sigmoid=sigmoid, Softmax=Softmax, LSTM=LSTM, TimeLSTM=TimeLSTM, TimeEmbedding=TimeEmbedding,
        TimeAffine=TimeAffine, TimeSoftmaxWithLoss=TimeSoftmaxWithLoss,
    )  # fmt: skip
    sequence = Sequence(*folders)
    contents: dict[str, dict[str, Any]] = {
        "common.np": {"np": np, "GPU": False},
        "common.config": {"GPU": False},
        "common.functions": {"sigmoid": sigmoid, "softmax": softmax},
        "common.layers": {"np": np, "Softmax": Softmax},
        "common.time_layers": time_layers,
        "common.base_model": {"BaseModel": BaseModel},
        "common.optimizer": {"Adam": Adam, "SGD": SGD},
        "common.trainer": {"Trainer": Trainer},
        "common.util": {"eval_seq2seq": eval_seq2seq, "clip_grads": clip_grads},
        "dataset.sequence": {"load_data": sequence.load_data, "get_vocab": sequence.get_vocab},
        "ch07.seq2seq": {"Encoder": Encoder, "Decoder": Decoder, "Seq2seq": Seq2seq},
        "ch07.peeky_seq2seq": {"PeekySeq2seq": PeekySeq2seq},
        "ch08.attention_layer": {
            "WeightSum": WeightSum, "AttentionWeight": AttentionWeight, "Attention": Attention,
            "TimeAttention": TimeAttention,
        },
        "ch08.attention_seq2seq": {"AttentionSeq2seq": AttentionSeq2seq},
    }  # fmt: skip
    for full_name, names in contents.items():
        folder, _, file = full_name.partition(".")
        module = ModuleType(full_name)
        vars(module).update(names)
        package = sys.modules.get(folder)
        if package is None or not hasattr(package, "is_literal"):
            package = ModuleType(folder)
            package.__path__ = []
            vars(package)["is_literal"] = True
        setattr(package, file, module)
        sys.modules |= {folder: package, full_name: module}
        if folder.startswith("ch"):
            sys.modules[file] = module


NAMES = ("common", "dataset", "ch07", "ch08", "seq2seq", "peeky_seq2seq", "attention_layer", "attention_seq2seq")
"""The first parts of the names that scripts import."""


def forget() -> None:
    """Take every module of these names out of `sys.modules`."""
    for name in [name for name in sys.modules if name.partition(".")[0] in NAMES]:
        del sys.modules[name]
