"""The GPU's pieces compute the same as those of the CPU, on a GPU that is not there; and say so where there is none."""

from __future__ import annotations

import importlib
import json
import tempfile
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import decoding, gpu, layer_by_layer, pieces, training
from benchmarks.results import GPU_CORPUS, GPU_TRAINING, Report
from benchmarks.sizes import Sizes, dates
from core.backend.devices import DeviceError
from core.backend.numpy_backend import CPU
from core.decoding.pretrained import load_pretrained
from core.decoding.to_disk import ATTENTION_FILE
from core.training.optimizers import Adam
from tests.fake_device import FakeCupyBackend, FakeDevice

SMALL = Sizes(N=4, H=8)


def trained(train, monkeypatch, optimizer):
    """The parameters after two batches."""
    kept = []
    update = optimizer.update
    monkeypatch.setattr(
        optimizer, "update", lambda self, params, *rest: (kept.append(params), update(self, params, *rest))[1]
    )
    train(*dates(2 * SMALL.N, seed=0))
    return kept[-1]


def test_core_trains_the_same_on_a_gpu(monkeypatch):
    backend = FakeCupyBackend()
    here = trained(training.core_training(SMALL, CPU), monkeypatch, Adam)
    there = trained(training.core_training(SMALL, backend), monkeypatch, Adam)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(backend.to_numpy(b), a, rtol=1e-3, atol=1e-5)


def test_the_books_way_trains_the_same_on_a_gpu(monkeypatch):
    device = FakeDevice()
    monkeypatch.setattr(layer_by_layer, "np", np)  # and back again after the test
    here = trained(training.layer_by_layer_training(SMALL), monkeypatch, layer_by_layer.Adam)
    there = trained(gpu.book_training(SMALL, device.xp), monkeypatch, layer_by_layer.Adam)
    for a, b in zip(here, there, strict=True):
        np.testing.assert_allclose(b.get(), a, rtol=1e-4, atol=1e-6)


def test_the_books_way_is_many_launches(monkeypatch):
    device = FakeDevice()
    monkeypatch.setattr(layer_by_layer, "np", np)
    train = gpu.book_training(SMALL, device.xp)
    x, t = dates(2 * SMALL.N, seed=0)
    train(x[: SMALL.N], t[: SMALL.N])
    device.reset()
    train(x[SMALL.N :], t[SMALL.N :])
    assert device.launches.total() > 2500


@pytest.mark.parametrize("maker", [gpu.core_corpus, gpu.pytorch_corpus])
def test_dates_are_decoded_to_disk(maker, monkeypatch, tmp_path):
    if maker is gpu.pytorch_corpus:
        pytest.importorskip("torch")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", lambda: SimpleFolder(tmp_path))
    maker(5, device="cpu").run()
    weights = np.load(tmp_path / ATTENTION_FILE)
    pipeline = load_pretrained(device="cpu")
    expected = np.array([pipeline.trace(text).weights for text in decoding.corpus(5).questions], np.float32)
    np.testing.assert_allclose(weights, expected, rtol=1e-3, atol=1e-6)


class SimpleFolder:
    """A folder that stays."""

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        return str(self.folder)

    def __exit__(self, *_):
        return None


def test_a_gpu_run_has_its_own_pieces_and_facts(monkeypatch, tmp_path, capsys):
    asked = {}

    def compare(tasks, *_):
        asked.update({task.maker: task.settings for task in tasks.values()})
        return {name: [0.1 if name == "core" else 0.2] for name in tasks}

    monkeypatch.setattr(pieces, "compare", compare)
    monkeypatch.setattr(pieces, "get_backend", lambda device: CPU)
    monkeypatch.setattr(gpu, "facts", lambda: {"GPU": "one that is not there"})
    monkeypatch.setattr(gpu, "has_pytorch", lambda: True)
    file = tmp_path / "gpu.json"
    assert command.main(["--device", "cuda", "--output", str(file)]) == 0
    report = Report.from_dict(json.loads(file.read_text()))
    assert [result.piece for result in report.results] == [GPU_TRAINING, GPU_CORPUS.format(1_000_000)]
    assert report.machine["GPU"] == "one that is not there" and "date" in report.machine
    assert set(asked) == {
        *(f"benchmarks.gpu:{name}" for name in ("core", "layer_by_layer", "pytorch", "core_corpus", "pytorch_corpus"))
    }
    assert all(hasattr(gpu, maker.partition(":")[2]) for maker in asked)
    assert [(v.goal.against, v.value, v.reached) for v in report.verdicts()] == [
        ("PyTorch", 0.5, True),
        ("layer by layer", 0.5, False),
    ]
    assert "1,000,000 dates decoded to disk by the GPU" in capsys.readouterr().out


def test_without_a_gpu_the_command_says_what_is_missing(monkeypatch, capsys):
    def refuse(device):
        raise DeviceError(f"no {device} here")

    monkeypatch.setattr(pieces, "get_backend", refuse)
    assert command.main(["--device", "cuda"]) == 1
    assert capsys.readouterr().err == "benchmark: no cuda here\n"


def test_versions_are_read_as_cuda_counts_them(monkeypatch):
    runtime = SimpleNamespace(driverGetVersion=lambda: 13020, runtimeGetVersion=lambda: 12090)
    cupy = SimpleNamespace(cuda=SimpleNamespace(runtime=runtime))
    monkeypatch.setattr(importlib, "import_module", lambda name: cupy)
    monkeypatch.setattr(gpu, "has_pytorch", lambda: False)
    monkeypatch.setattr(gpu, "get_backend", lambda device: CPU)
    assert gpu.facts() == {"GPU": CPU.describe(), "CUDA driver": "13.2", "CUDA runtime": "12.9"}
