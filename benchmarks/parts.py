"""The parts of a training iteration, forward and backward, beside the book's way: which trick pays, and how much.

The same dates go into every part. "nothing shared" is `core` without its sharing of equal beginnings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import layer_by_layer
from benchmarks.results import CORE, LAYER_BY_LAYER, NOTHING_SHARED
from benchmarks.sizes import DATE_MODEL, MAX_GRAD, Sizes, dates, first_parameters
from benchmarks.timing import Samples, Work, take_turns
from core.layers.attention import TimeAttention
from core.layers.basic import TimeAffine, TimeSoftmaxWithLoss, batch_major
from core.layers.fast_lstm import FastLSTM
from core.models.attention_seq2seq import AttentionEncoder
from core.training.optimizers import Adam, clip_grads

_REPEATS = 5

Steps = Callable[[], object]


def measure(rounds: int) -> dict[str, Samples]:
    """Seconds of every part, in turns, by contender."""
    samples = {}
    for name, steps in parts(DATE_MODEL).items():
        samples[name] = take_turns({contender: _work(step) for contender, step in steps.items()}, rounds)
    return samples


def parts(sizes: Sizes) -> dict[str, dict[str, Steps]]:
    """What each contender does in each part."""
    make = _Arrays(sizes)
    return {
        "encoder": _encoder(sizes),
        "decoder's LSTM": _lstm(make, sizes),
        "attention": _attention(make, sizes),
        "affine layer and loss": _affine_and_loss(make, sizes),
        "clipping and Adam": _update(sizes),
    }


class _Arrays:
    """Random arrays that lie in memory as the contender's own would: by sample, or by time."""

    def __init__(self, sizes: Sizes) -> None:
        self.N = sizes.N
        self.rng = np.random.default_rng(0)

    def by_sample(self, T: int, size: int) -> Any:
        """(N, T, size)."""
        return self.rng.standard_normal((self.N, T, size), dtype=np.float32)

    def by_time(self, T: int, size: int) -> Any:
        """(N, T, size), a view of (T, N, size)."""
        return batch_major(self.rng.standard_normal((T, self.N, size), dtype=np.float32))


def _work(step: Steps) -> Work:
    def run() -> None:
        for _ in range(_REPEATS):
            step()

    return Work(run=run, warm_up=step, units=_REPEATS)


def _encoder(sizes: Sizes) -> dict[str, Steps]:
    x, _ = dates(sizes.N, seed=0)
    parameters = first_parameters(sizes)[:4]
    dhs_enc = np.random.default_rng(0).standard_normal((sizes.N, sizes.T_enc, sizes.H), dtype=np.float32)
    ours = AttentionEncoder(sizes.V, sizes.D, sizes.H)
    for param, value in zip(ours.params, parameters, strict=True):
        param[...] = value
    embed, lstm = layer_by_layer.TimeEmbedding(parameters[0]), layer_by_layer.TimeLSTM(*parameters[1:])

    def read(by_prefix: bool) -> None:
        ours.forward(x, by_prefix=by_prefix)
        ours.backward(dhs_enc)

    def read_plainly() -> None:
        lstm.h, lstm.c = None, None
        lstm.forward(embed.forward(x))
        embed.backward(lstm.backward(dhs_enc))

    return {CORE: lambda: read(True), NOTHING_SHARED: lambda: read(False), LAYER_BY_LAYER: read_plainly}


def _lstm(make: _Arrays, sizes: Sizes) -> dict[str, Steps]:
    Wx, Wh, b = first_parameters(sizes)[5:8]
    ours, plain = FastLSTM(Wx, Wh, b), layer_by_layer.TimeLSTM(Wx, Wh, b)
    return {
        CORE: _back_and_forth(ours, make.by_time(sizes.T_dec, sizes.D), make.by_time(sizes.T_dec, sizes.H)),
        LAYER_BY_LAYER: _back_and_forth(
            plain, make.by_sample(sizes.T_dec, sizes.D), make.by_sample(sizes.T_dec, sizes.H)
        ),
    }


def _attention(make: _Arrays, sizes: Sizes) -> dict[str, Steps]:
    def attend(attention: Any, array: Callable[[int, int], Any]) -> Steps:
        hs_enc, hs_dec, dout = (array(T, sizes.H) for T in (sizes.T_enc, sizes.T_dec, sizes.T_dec))

        def step() -> None:
            attention.forward(hs_enc, hs_dec)
            attention.backward(dout)

        return step

    return {
        CORE: attend(TimeAttention(), make.by_time),
        LAYER_BY_LAYER: attend(layer_by_layer.TimeAttention(), make.by_sample),
    }


def _affine_and_loss(make: _Arrays, sizes: Sizes) -> dict[str, Steps]:
    W, b = first_parameters(sizes)[8:]
    ts = dates(sizes.N, seed=0)[1][:, 1:]

    def lose(affine: Any, loss: Any, x: Any) -> Steps:
        def step() -> None:
            loss.forward(affine.forward(x), ts)
            affine.backward(loss.backward())

        return step

    return {
        CORE: lose(TimeAffine(W, b), TimeSoftmaxWithLoss(), make.by_time(sizes.T_dec, 2 * sizes.H)),
        LAYER_BY_LAYER: lose(
            layer_by_layer.TimeAffine(W, b),
            layer_by_layer.TimeSoftmaxWithLoss(),
            make.by_sample(sizes.T_dec, 2 * sizes.H),
        ),
    }


def _update(sizes: Sizes) -> dict[str, Steps]:
    params, grads = first_parameters(sizes), first_parameters(sizes, seed=1)
    ours, plain = Adam(), layer_by_layer.Adam(params)

    def update(clip: Callable[..., object], optimizer: Any) -> Steps:
        def step() -> None:
            clip(grads, MAX_GRAD)
            optimizer.update(params, grads)

        return step

    return {CORE: update(clip_grads, ours), LAYER_BY_LAYER: update(layer_by_layer.clip_grads, plain)}


def _back_and_forth(layer: Any, x: Any, dout: Any) -> Steps:
    def step() -> None:
        layer.forward(x)
        layer.backward(dout)

    return step
