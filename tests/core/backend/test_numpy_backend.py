"""Which device computes, and that the code written once runs on a device that is not NumPy's."""

import importlib.machinery
import logging
import subprocess
import sys
import types
from typing import Any

import numpy as np
import pytest

from core.backend.devices import DeviceError, get_backend, has_cupy
from core.backend.numpy_backend import CPU, Backend
from core.data.vocabulary import Vocabulary
from core.decoding.greedy import greedy_decode, trace_greedy
from core.layers.attention import TimeAttention
from core.layers.basic import TimeAffine, TimeEmbedding, TimeSoftmaxWithLoss
from core.layers.fast_lstm import FastBiLSTM, FastLSTM
from core.layers.lstm import TimeBiLSTM
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Seq2seq
from core.training.optimizers import SGD, Adam, clip_grads
from core.training.trainer import Trainer, TrainingReport
from tests.fake_device import FakeArray, FakeDevice, FakeDeviceBackend, HostArrayOnDevice

V, D, H = 7, 3, 5
N, T_ENC, T_DEC = 4, 6, 3

kinds = pytest.mark.parametrize("kind", [Seq2seq, PeekySeq2seq, AttentionSeq2seq])


# ----------------------------------------------------------------------------------------------- choosing a device


class FakeCudaError(RuntimeError):
    """CuPy has error types of its own, so nothing may rely on a built-in one."""


def cupy_that(get_device_count):
    """A module that looks like an installed CuPy."""
    module = types.ModuleType("cupy")
    module.__spec__ = importlib.machinery.ModuleSpec("cupy", None)
    runtime = types.SimpleNamespace(getDeviceCount=get_device_count)
    module.cuda = types.SimpleNamespace(runtime=runtime)  # type: ignore[attr-defined]
    module.ElementwiseKernel = lambda *source: source  # type: ignore[attr-defined]
    module.arange = np.arange  # type: ignore[attr-defined]
    return module


def no_driver():
    raise FakeCudaError("cudaErrorInsufficientDriver: CUDA driver version is insufficient\nsecond line")


@pytest.fixture
def without_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)


@pytest.fixture(params=[no_driver, lambda: 0], ids=["no driver", "no device"])
def cupy_without_gpu(request, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", cupy_that(request.param))


@pytest.fixture
def cupy_with_gpu(monkeypatch):
    module = cupy_that(lambda: 1)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    """What the environment says of the device, which for other tests is the CPU."""
    monkeypatch.delenv("ATTENTION_DEVICE", raising=False)


def test_the_environment_says_what_auto_is(cupy_with_gpu, monkeypatch):
    monkeypatch.setenv("ATTENTION_DEVICE", "cpu")
    assert get_backend() is CPU
    assert get_backend("cuda").device == "cuda"
    monkeypatch.setenv("ATTENTION_DEVICE", "cuda")
    assert get_backend("cpu") is CPU
    for device in ("cuda", "auto", ""):
        monkeypatch.setenv("ATTENTION_DEVICE", device)
        assert get_backend().device == "cuda"
    monkeypatch.setenv("ATTENTION_DEVICE", "gpu")
    with pytest.raises(DeviceError, match="ATTENTION_DEVICE is 'gpu'; set it to one of 'auto', 'cpu', 'cuda'"):
        get_backend()


def test_the_environment_asks_for_a_gpu_that_is_not_there(without_cupy, monkeypatch):
    monkeypatch.setenv("ATTENTION_DEVICE", "cuda")
    with pytest.raises(DeviceError, match=r"requirements-gpu\.txt"):
        get_backend()


def test_cpu_is_numpy_and_never_looks_for_cupy(cupy_without_gpu):
    backend = get_backend("cpu")
    assert backend is CPU
    assert backend.xp is np
    assert backend.device == "cpu"


def test_without_cupy_auto_is_the_cpu(without_cupy):
    assert get_backend("auto") is CPU
    assert get_backend() is CPU
    assert not has_cupy()


def test_without_cupy_cuda_is_an_error_that_says_what_to_install(without_cupy):
    with pytest.raises(DeviceError, match=r"CuPy, which is not installed.*requirements-gpu\.txt.*device='cpu'"):
        get_backend("cuda")


def test_cupy_without_gpu_says_so_and_uses_the_cpu(cupy_without_gpu, caplog):
    assert has_cupy()
    with caplog.at_level(logging.WARNING):
        assert get_backend("auto") is CPU
    (record,) = caplog.records
    assert "CuPy is installed" in record.message
    assert "cannot use a GPU" in record.message
    assert "CPU" in record.message


def test_cupy_without_gpu_refuses_cuda_with_cupys_own_reason(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", cupy_that(no_driver))
    with pytest.raises(DeviceError, match=r"GPU.*cudaErrorInsufficientDriver[^\n]*nvidia-smi.*device='cpu'") as caught:
        get_backend("cuda")
    assert "second line" not in str(caught.value)
    monkeypatch.setitem(sys.modules, "cupy", cupy_that(lambda: 0))
    with pytest.raises(DeviceError, match="no CUDA device"):
        get_backend("cuda")


def test_a_gpu_without_the_compiler_of_its_kernels_is_told_with_the_remedy(monkeypatch, caplog):
    def no_compiler(count):
        raise FakeCudaError("CuPy failed to load libnvrtc.so.13: cannot open shared object file\nhint")

    module = cupy_that(lambda: 1)
    module.arange = no_compiler
    monkeypatch.setitem(sys.modules, "cupy", module)
    with caplog.at_level(logging.WARNING):
        assert get_backend("auto") is CPU
    assert "libnvrtc" in caplog.records[0].message
    with pytest.raises(DeviceError, match=r"libnvrtc[^\n]*requirements-gpu\.txt.*device='cpu'"):
        get_backend("cuda")


def test_a_gpu_that_computes_wrongly_is_not_used(monkeypatch):
    module = cupy_that(lambda: 1)
    module.arange = np.zeros
    monkeypatch.setitem(sys.modules, "cupy", module)
    assert get_backend("auto") is CPU


def test_cupy_whose_import_fails_is_no_reason_to_stop(monkeypatch, tmp_path, caplog):
    (tmp_path / "cupy.py").write_text("raise ImportError('libcuda.so.1: cannot open shared object file')\n")
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    assert has_cupy()
    assert get_backend("auto") is CPU
    with pytest.raises(DeviceError, match=r"libcuda\.so\.1"):
        get_backend("cuda")


@pytest.mark.parametrize("device", ["auto", "cuda"])
def test_cupy_with_gpu_is_used(cupy_with_gpu, device, caplog):
    backend = get_backend(device)
    assert backend.xp is cupy_with_gpu
    assert backend.device == "cuda"
    assert has_cupy()
    assert not caplog.records


@pytest.mark.parametrize("device", ["gpu", "CUDA", "cuda:0", "", " cpu", None])
def test_an_unknown_device_is_an_error_that_names_the_known_ones(device):
    with pytest.raises(ValueError, match=r"device is .*'auto', 'cpu', 'cuda'") as caught:
        get_backend(device)
    assert repr(device) in str(caught.value)


def test_core_imports_and_computes_where_cupy_is_not_installed():
    program = """
import importlib, pkgutil, sys
sys.modules["cupy"] = None
import core
for module in pkgutil.iter_modules(core.__path__):
    if module.name != "__main__":
        importlib.import_module(f"core.{module.name}")
unwanted = {"streamlit", "plotly", "pandas", "viz_app"} & set(sys.modules)
assert not unwanted, unwanted
import numpy as np
from core.models.attention_seq2seq import AttentionSeq2seq
print(len(AttentionSeq2seq(5, 3, 4).generate(np.zeros((1, 6), int), 0, 7)))
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "7\n"), run.stderr


def test_joined_weights_are_a_block_a_gate_with_the_sigmoids_negated():
    rng = np.random.default_rng(5)
    Wx, Wh, b = (rng.standard_normal(shape) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,)))
    kept = [array.copy() for array in (Wx, Wh, b)]
    blocks = CPU.joined_weights(Wx, Wh, b)
    for k, sign in enumerate((-1, 1, -1, -1)):
        columns = slice(k * H, (k + 1) * H)
        np.testing.assert_array_equal(blocks[k], sign * np.concatenate([Wh, Wx, b[None]])[:, columns])
    for array, before in zip((Wx, Wh, b), kept, strict=True):
        np.testing.assert_array_equal(array, before)
    assert blocks.flags.c_contiguous


def test_a_device_in_words():
    assert CPU.describe() == f"the CPU (NumPy {np.__version__})"


def test_asarray_and_to_numpy_on_the_cpu_do_not_copy():
    array = np.arange(3.0, dtype=np.float32)
    assert CPU.asarray(array) is array
    assert CPU.to_numpy(array) is array
    assert CPU.asarray([1, 2], dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 3), (8, 5), (21, 4)])
def test_a_transpose_is_an_array_of_its_own(shape):
    matrix = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    out = CPU.transposed(matrix)
    np.testing.assert_array_equal(out, matrix.T)
    assert out.flags.c_contiguous and out.dtype == np.float32 and not np.shares_memory(out, matrix)


# ----------------------------------------------------------------------- the fake device is as strict as it claims


@pytest.fixture
def device():
    return FakeDevice()


@pytest.mark.parametrize(
    "operation",
    [
        lambda xp, a, host: a + host,
        lambda xp, a, host: host + a,
        lambda xp, a, host: a @ host,
        lambda xp, a, host: host @ a,
        lambda xp, a, host: a == host,
        lambda xp, a, host: xp.multiply(a, host),
        lambda xp, a, host: xp.multiply(a, a, out=host),
        lambda xp, a, host: xp.concatenate([a, host]),
        lambda xp, a, host: a[np.array([0, 1])],
        lambda xp, a, host: a.__setitem__(0, host[:1]),
        lambda xp, a, host: a.__iadd__(host),
        lambda xp, a, host: host.__iadd__(a),
        lambda xp, a, host: host.__setitem__(slice(None), a),
        lambda xp, a, host: np.tanh(a),
        lambda xp, a, host: np.concatenate([a, a]),
        lambda xp, a, host: np.zeros_like(a),
        lambda xp, a, host: np.asarray(a),
        lambda xp, a, host: np.array([a, a]),
        lambda xp, a, host: a + FakeDevice().xp.ones(3),
    ],
)
def test_fake_device_refuses_to_mix(device, operation):
    host = np.ones(3)
    with pytest.raises(TypeError):
        operation(device.xp, device.xp.asarray(host), host)
    assert not device.syncs


def test_fake_device_computes_as_numpy_does(device):
    xp = device.xp
    a = xp.asarray(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    view = a[:, 1:]
    view *= 2
    np.testing.assert_array_equal(a.get(), [[0, 2, 4], [3, 8, 10]])
    out = xp.empty((2, 2), np.float32)
    assert np.isnan(out.host).all()
    assert xp.matmul(a, a.T, out=out) is out
    np.testing.assert_array_equal(out.get(), [[20, 56], [56, 173]])
    assert (2.0 * a).dtype == np.float32
    assert (np.float64(2) * a).dtype == np.float64
    assert isinstance(a.sum(), FakeArray) and a.sum().shape == ()
    assert device.uploads == 1


def test_fake_device_counts_new_memory(device):
    a = device.xp.asarray(np.ones((2, 3), np.float32))
    device.reset()
    b = a * 2
    b += a
    device.xp.add(a, b, out=b)
    b[0] = a[1].reshape(3, 1).T[0]
    b.sum(), a.copy()
    assert device.allocations == {"mul": 1, "sum": 1, "copy": 1}
    assert device.calls.total() == 9
    assert device.launches == {"mul": 1, "iadd": 1, "add": 1, "setitem": 1, "sum": 1, "copy": 1}


def test_fake_device_counts_the_copies_of_a_product(device):
    """As CuPy's matmul makes them: stacks must be contiguous, and a stack times a matrix needs pointers."""
    a, b, stack = (device.xp.asarray(np.ones(shape)) for shape in ((4, 3), (3, 4), (2, 3, 4)))
    device.reset()
    a @ b, b.T @ a.T, a.T @ b.T
    assert device.launches == {"matmul": 3, "copy before matmul": 0}
    a[:, 1:] @ b[1:], stack @ stack.transpose(0, 2, 1), stack @ a
    assert device.launches == {"matmul": 6, "copy before matmul": 1 + 1 + 3}


def test_fake_device_counts_what_makes_the_host_wait(device):
    a = device.xp.asarray(np.ones(1))
    zero = a.sum() - 1
    a[a > 0], bool(zero), float(zero), int(zero), zero.item(), a.get(), [0][device.xp.asarray(0)]
    assert device.syncs == ["boolean mask", "bool", "float", "int", "item", "get", "index"]


def test_host_array_message_says_what_to_do(device):
    with pytest.raises(HostArrayOnDevice, match=r"shape \(3,\).*backend\.asarray"):
        device.xp.ones(3) + np.ones(3)


# ------------------------------------------------------------------------------------- whole models on the fake device


def batch(backend):
    rng = np.random.default_rng(60)
    return backend.asarray(rng.integers(0, V, (N, T_ENC))), backend.asarray(rng.integers(0, V, (N, T_DEC + 1)))


def make(kind, backend):
    return kind(V, D, H, rng=np.random.default_rng(61), backend=backend)


def adam(backend):
    return Adam(lr=0.05, backend=backend)


def sgd(backend):
    return SGD(lr=0.5)


def iterate(model, optimizer, xs, ts):
    loss = model.forward(xs, ts)
    model.backward()
    norm = clip_grads(model.grads, 0.5)
    optimizer.update(model.params, model.grads)
    return loss, norm


@kinds
@pytest.mark.parametrize("make_optimizer", [adam, sgd])
def test_training_on_the_device_gives_the_same_numbers_without_waiting(kind, make_optimizer):
    fake = FakeDeviceBackend()
    host_model, device_model = make(kind, CPU), make(kind, fake)
    host_optimizer, device_optimizer = make_optimizer(CPU), make_optimizer(fake)
    host_batch, device_batch = batch(CPU), batch(fake)
    for _ in range(3):
        fake.fake.reset()
        on_device = iterate(device_model, device_optimizer, *device_batch)
        assert fake.fake.syncs == [] and fake.fake.uploads == 0
        on_host = iterate(host_model, host_optimizer, *host_batch)
        for here, there in zip(on_host, on_device, strict=True):
            assert isinstance(there, FakeArray) and there.shape == ()
            assert float(here) == float(there)
        for here, there in zip(
            host_model.params + host_model.grads, device_model.params + device_model.grads, strict=True
        ):
            assert isinstance(there, FakeArray) and there.dtype == np.float32
            np.testing.assert_array_equal(here, fake.to_numpy(there))


@kinds
def test_decoding_on_the_device_gives_the_same_numbers(kind):
    fake = FakeDeviceBackend()
    host_model, device_model = make(kind, CPU), make(kind, fake)
    host_xs, device_xs = batch(CPU)[0], batch(fake)[0]

    fake.fake.reset()
    decoded = greedy_decode(device_model, device_xs, 1, T_DEC)
    assert fake.fake.syncs == [], "a batch is decoded without waiting between the steps"
    np.testing.assert_array_equal(fake.to_numpy(decoded), greedy_decode(host_model, host_xs, 1, T_DEC))

    fake.fake.reset()
    assert device_model.generate(device_xs[:1], 1, T_DEC) == host_model.generate(host_xs[:1], 1, T_DEC)
    assert fake.fake.syncs == ["int"] * T_DEC


@kinds
def test_a_trace_made_on_the_device_lies_on_the_host_with_the_same_numbers(kind):
    fake = FakeDeviceBackend()
    vocabulary = Vocabulary("abcdefg")
    arguments: Any = dict(vocabulary=vocabulary, start_id=1, steps=T_DEC, reversed_input=True, name="m", digest="0")
    ids = batch(CPU)[0][0]
    here = trace_greedy(make(kind, CPU), ids, text="abc", **arguments)
    there = trace_greedy(make(kind, fake), ids, text="abc", **arguments)
    for name in ("input_ids", "output_ids", "hs_enc", "hs_dec", "cs_dec", "logits", "probabilities"):
        assert type(getattr(there, name)) is np.ndarray
        np.testing.assert_array_equal(getattr(there, name), getattr(here, name))
    for name in ("scores", "weights", "context"):
        if kind is AttentionSeq2seq:
            np.testing.assert_array_equal(getattr(there, name), getattr(here, name))
        else:
            assert getattr(there, name) is None
    assert len(fake.fake.syncs) <= 12, "one transfer for each array, not one for each step"


def test_trainer_waits_for_the_device_only_to_report():
    fake = FakeDeviceBackend()
    model = make(AttentionSeq2seq, fake)
    xs, ts = (np.repeat(array, 6, axis=0) for array in batch(CPU))
    reports: list[TrainingReport] = []
    trainer = Trainer(model, adam(fake), rng=np.random.default_rng(0))
    fake.fake.reset()
    trainer.fit(xs, ts, max_epoch=2, batch_size=4, max_grad=0.5, eval_interval=3, on_interval=reports.append)
    assert len(reports) == 4
    assert fake.fake.syncs == ["float", "float"] * 4, "the loss and the gradient's norm, once a report"
    assert fake.fake.uploads == 4, "the data once, the order once an epoch"

    host = make(AttentionSeq2seq, CPU)
    expected = Trainer(host, adam(CPU), rng=np.random.default_rng(0))
    expected.fit(xs, ts, max_epoch=2, batch_size=4, max_grad=0.5, eval_interval=3)
    # The host adds up the gradients of equal beginnings in another order.
    assert trainer.loss_list == pytest.approx(expected.loss_list, rel=1e-5)


@pytest.mark.parametrize("lstm", [TimeBiLSTM, FastBiLSTM])
def test_both_directions_on_the_device(lstm):
    fake, rng = FakeDeviceBackend(), np.random.default_rng(0)
    shapes = {"Wx": (D, 4 * H), "Wh": (H, 4 * H), "b": (4 * H,)}
    params: dict[str, Any] = {
        f"{name}{k}": rng.standard_normal(shape).astype(np.float32) for k in (1, 2) for name, shape in shapes.items()
    }
    xs, dhs = (rng.standard_normal((N, T_ENC, size)).astype(np.float32) for size in (D, 2 * H))
    here = lstm(**params)
    there = lstm(**{name: fake.asarray(p) for name, p in params.items()}, backend=fake)
    np.testing.assert_array_equal(here.forward(xs), fake.to_numpy(there.forward(fake.asarray(xs))))
    np.testing.assert_array_equal(here.backward(dhs), fake.to_numpy(there.backward(fake.asarray(dhs))))


# ------------------------------------------------------------------------------ what is launched, counted on the device


def counts_of(run):
    """What a layer does on the device in forward and backward: calls and allocations of both, by name."""
    fake = FakeDeviceBackend()
    layer, inputs, dout = run(fake)
    fake.fake.reset()
    layer.forward(*inputs)
    forward = fake.fake.calls, fake.fake.allocations
    fake.fake.reset()
    layer.backward(dout)
    return *forward, fake.fake.calls, fake.fake.allocations


def ones(backend, *shape):
    return backend.xp.ones(shape, np.float32)


@pytest.mark.parametrize(
    "layer_at",
    [
        pytest.param(
            lambda T: lambda b: (TimeAttention(b), (ones(b, N, T_ENC, H), ones(b, N, T, H)), ones(b, N, T, H)),
            id="TimeAttention",
        ),
        pytest.param(
            lambda T: lambda b: (TimeAffine(ones(b, D, V), ones(b, V), b), (ones(b, N, T, D),), ones(b, N, T, V)),
            id="TimeAffine",
        ),
        pytest.param(
            lambda T: lambda b: (TimeEmbedding(ones(b, V, D), b), (b.xp.zeros((N, T), int),), ones(b, N, T, D)),
            id="TimeEmbedding",
        ),
        pytest.param(
            lambda T: lambda b: (TimeSoftmaxWithLoss(backend=b), (ones(b, N, T, V), b.xp.zeros((N, T), int)), 1.0),
            id="TimeSoftmaxWithLoss",
        ),
    ],
)
def test_a_layer_over_time_does_not_loop_over_time(layer_at):
    assert counts_of(layer_at(2)) == counts_of(layer_at(11))


def lstm_at(T):
    def lstm(b):
        layer = FastLSTM(ones(b, D, 4 * H), ones(b, H, 4 * H), ones(b, 4 * H), backend=b)
        return layer, (ones(b, N, T, D),), ones(b, N, T, H)

    return lstm


@pytest.mark.parametrize("T", [3, 9])
def test_lstm_products_and_tanh_calls(T):
    forward, _, backward, _ = counts_of(lstm_at(T))
    assert forward["matmul"] == T, "one a step, for input, state and bias"
    assert forward["tanh"] == 2 * T, "one call for the four gates, one for the cell"
    assert backward["matmul"] == T + 2, "one a step, and one over time for each of dxs and all parameters"


def test_lstm_takes_no_memory_inside_the_loop_over_time():
    _, forward, _, backward = counts_of(lstm_at(3))
    _, forward_of_more, _, backward_of_more = counts_of(lstm_at(9))
    assert forward and forward_of_more == forward
    assert backward and backward_of_more == backward


def test_backend_says_what_it_is():
    assert repr(CPU) == "Backend(numpy, device='cpu')"
    assert isinstance(FakeDeviceBackend(), Backend)
    assert repr(FakeDeviceBackend()) == "Backend(fake_cupy, device='cuda')"
