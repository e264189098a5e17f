"""The GPU's kernels compute what `Backend` computes, in few launches and without waiting.

They run compiled for the CPU, and on a GPU where there is one.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from core.backend.cupy_backend import KERNELS, CupyBackend
from core.backend.numpy_backend import CPU
from core.decoding.greedy import greedy_decode
from core.layers.basic import TimeSoftmaxWithLoss
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Seq2seq
from core.training.optimizers import OPTIMIZERS, Adam
from core.training.trainer import Trainer
from tests.devices import GPUS, assert_same
from tests.fake_device import FakeCupyBackend
from tests.fake_kernels import device_source, parameters, run_kernel

N, H, V, D = 3, 4, 7, 2
T_ENC, T_DEC = 6, 3

dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(params=GPUS)
def gpu(request):
    return GPUS[request.param]()


@pytest.fixture
def counted():
    """A device that counts its launches."""
    return FakeCupyBackend()


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# ------------------------------------------------------------------------------------------ one operation after another


@dtypes
def test_a_step_and_its_gradient(gpu, rng, dtype):
    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    rows, Wx, Wh, b = normal(N, H + D + 1), normal(D, 4 * H), normal(H, 4 * H), normal(4 * H)
    c_prev, dout, dh, dc = (normal(N, H) for _ in range(4))

    def run(backend):
        xp, put = backend.xp, backend.asarray
        gates = backend.empty_gates(2, N, H, dtype)[1]
        c, tanh_c, h = (xp.empty((N, H), dtype) for _ in range(3))
        weights = backend.joined_weights(put(Wx), put(Wh), put(b))
        backend.lstm_step(put(rows), weights, gates, put(c_prev), c, tanh_c, h)
        dz, spare, dc_prev = xp.empty((N, 4 * H), dtype), xp.empty((4, N, H), dtype), put(dc.copy())
        backend.lstm_cell_backward(gates, put(c_prev), tanh_c, put(dout), put(dh.copy()), dc_prev, dz, spare)
        return gates, c, tanh_c, h, dc_prev, dz

    for there, here in zip(run(gpu), run(CPU), strict=True):
        assert_same(gpu, there, here, dtype)


@dtypes
@pytest.mark.parametrize("shape", [(1, 1), (5, 29), (2, 3, 4)])
def test_softmax_and_its_gradient(gpu, rng, dtype, shape):
    scores = (40 * rng.standard_normal(shape)).astype(dtype)
    dout = rng.standard_normal(shape).astype(dtype)
    y = CPU.softmax(scores)
    assert_same(gpu, gpu.softmax(gpu.asarray(scores)), y, dtype)
    assert_same(gpu, gpu.softmax_backward(gpu.asarray(y), gpu.asarray(dout)), CPU.softmax_backward(y, dout), dtype)


def test_softmax_of_an_array_that_is_not_contiguous(gpu, rng):
    scores = rng.standard_normal((4, 3, 5))
    turned = gpu.asarray(scores).transpose(2, 1, 0)
    assert_same(gpu, gpu.softmax(turned), CPU.softmax(scores.transpose(2, 1, 0)))


@dtypes
@pytest.mark.parametrize("targets", [[[1, 6], [0, 3]], [[1, -1], [-1, 3]], [[-1, -1], [-1, -1]]])
def test_loss_and_its_gradient(gpu, rng, dtype, targets):
    logits = (30 * rng.standard_normal((2, 2, V))).astype(dtype)
    here, there = TimeSoftmaxWithLoss(), TimeSoftmaxWithLoss(backend=gpu)
    loss = here.forward(logits, np.array(targets))
    assert_same(gpu, there.forward(gpu.asarray(logits), gpu.asarray(targets)), loss, dtype)
    assert_same(gpu, there.backward(0.5), here.backward(0.5), dtype)


def test_one_hot(gpu):
    ids = np.array([2, 0, 2])
    assert_same(gpu, gpu.one_hot(gpu.asarray(ids), 3, np.float64), [[0, 1, 0], [0, 0, 0], [1, 0, 1]])


@pytest.mark.parametrize("length", [0.0, 3.0, 6.0, np.inf, np.nan])
def test_clip_rate(gpu, length):
    norm = np.float64(length)
    assert_same(gpu, gpu.clip_rate(gpu.asarray(norm), 3.0), CPU.clip_rate(norm, 3.0))


@dtypes
def test_updates_with_and_without_clipping(gpu, rng, dtype):
    params = [rng.standard_normal(shape).astype(dtype) for shape in ((3, 2), (4,))]
    grads = [rng.standard_normal(p.shape).astype(dtype) for p in params]
    here, there = Adam(lr=0.1), Adam(lr=0.1, backend=gpu)
    on_gpu = [gpu.asarray(p) for p in params]
    for max_norm in (None, 0.5, 50.0):
        norm_there = there.update(on_gpu, [gpu.asarray(g) for g in grads], max_norm)
        norm_here = here.update(params, [g.copy() for g in grads], max_norm)
        assert (norm_there is None) == (max_norm is None)
        if max_norm is not None:
            assert_same(gpu, norm_there, norm_here, dtype)
        for a, b in zip(
            on_gpu + there.slots["m"] + there.slots["v"], params + here.slots["m"] + here.slots["v"], strict=True
        ):
            assert_same(gpu, a, b, dtype)


# ------------------------------------------------------------------------------------------------------- whole models


def batch(n=N, t_enc=T_ENC, t_dec=T_DEC):
    rng = np.random.default_rng(60)
    return rng.integers(0, V, (n, t_enc)), rng.integers(0, V, (n, t_dec + 1))


KINDS: dict[str, Any] = {
    "seq2seq": (Seq2seq, {}),
    "peeky": (PeekySeq2seq, {}),
    "attention": (AttentionSeq2seq, {}),
    "additive": (AttentionSeq2seq, {"score": "additive"}),
    "both ways": (AttentionSeq2seq, {"bidirectional": True}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_gives_the_same_numbers(gpu, kind, optimizer):
    model_class, options = KINDS[kind]
    models = [
        model_class(V, D, H, rng=np.random.default_rng(1), dtype=np.float64, backend=backend, **options)
        for backend in (CPU, gpu)
    ]
    optimizers = [OPTIMIZERS[optimizer](lr=0.05, backend=backend) for backend in (CPU, gpu)]
    data = batch()
    for _ in range(3):
        losses = []
        for model, one in zip(models, optimizers, strict=True):
            losses.append(model.forward(*(model.backend.asarray(part) for part in data)))
            model.backward()
            one.update(model.params, model.grads, 0.05)
        assert_same(gpu, losses[1], losses[0])
    for here, there in zip(models[0].params, models[1].params, strict=True):
        assert_same(gpu, there, here)
    written = [greedy_decode(model, model.backend.asarray(data[0]), 1, T_DEC) for model in models]
    np.testing.assert_array_equal(gpu.to_numpy(written[1]), written[0])


# --------------------------------------------------------------------------------------------- launches, and waiting


def launches_of_an_iteration(backend: Any) -> int:
    """At the lengths of the date model: launches are counted, so the other sizes may be small."""
    model = AttentionSeq2seq(V, D, H, rng=np.random.default_rng(1), backend=backend)
    trainer = Trainer(model, Adam(backend=backend), rng=np.random.default_rng(0))
    counts = []
    for iterations in (2, 1, 2):
        x, t = batch(iterations * N, 29, 10)
        backend.fake.reset()
        trainer.fit(backend.asarray(x), backend.asarray(t), max_epoch=1, batch_size=N, max_grad=5.0, eval_interval=100)
        counts.append(backend.fake.launches.total())
        assert backend.fake.syncs == ["float"], "the loss, once at the end"
        assert backend.fake.uploads == 3, "x, t and the order of an epoch"
    return counts[2] - counts[1]


def test_an_iteration_is_few_launches(counted):
    assert launches_of_an_iteration(counted) <= 250


def test_a_step_of_the_lstm_is_two_launches(counted):
    model = AttentionSeq2seq(V, D, H, rng=np.random.default_rng(1), backend=counted)
    counts = []
    for t_enc in (5, 15):
        x, t = (counted.asarray(part) for part in batch(N, t_enc))
        counted.fake.reset()
        model.forward(x, t)
        model.backward()
        counts.append(counted.fake.launches.total())
    assert counts[1] - counts[0] == 10 * (2 + 2), "forward and backward"


def test_it_is_a_gpu(gpu):
    assert isinstance(gpu, CupyBackend)
    assert gpu.device == "cuda"


# ------------------------------------------------------------------------------------------------------- the kernels


def test_a_kernel_reads_strides_shares_memory_and_broadcasts():
    array, column = np.arange(6.0).reshape(2, 3), np.array([[10.0], [20.0]])
    out = np.zeros((3, 2))
    run_kernel("test_sum", "T a, T b, T s", "T y", "y = a + b * s;", [array, column, 2.0, out.T], None)
    np.testing.assert_array_equal(out.T, array + 2 * column)
    run_kernel("test_double", "T a", "T y", "y = a + a;", [array, array], None)
    np.testing.assert_array_equal(array, 2 * np.arange(6.0).reshape(2, 3))
    run_kernel("test_raw", "raw T x, int64 V", "raw T y", "y[i * V] = x[i];", [out.T, 2, array], 2)
    np.testing.assert_array_equal(array.ravel()[[0, 2]], out.T.ravel()[:2])


def test_every_parameter_can_be_a_cupy_parameter():
    for kernel in KERNELS:
        names = [p.name for p in parameters(kernel.inputs) + parameters(kernel.outputs)]
        assert len(set(names)) == len(names)
        assert not {"i", "n"} & set(names), "CuPy keeps these for itself"


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no CUDA compiler; g++ has compiled the kernels above")
@pytest.mark.parametrize("real", ["float32", "float64"])
def test_the_cuda_compiler_takes_the_kernels(tmp_path, real):
    sources = [device_source(k.name, k.inputs, k.outputs, k.body, {"T": real, "I": "int64"}) for k in KERNELS]
    file = tmp_path / "kernels.cu"
    file.write_text("\n".join(sources))
    run = subprocess.run(
        ["nvcc", "--ptx", "-o", tmp_path / "out.ptx", file], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
