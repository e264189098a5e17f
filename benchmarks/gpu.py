"""The same contenders on a GPU: `core` through CuPy, the book's way through CuPy, and PyTorch with cuDNN.

    python -m benchmarks --device cuda --output FILE

Nothing here has a bare-products contender: on a GPU it is launches that cost, not multiplications.
"""

from __future__ import annotations

import importlib
import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import layer_by_layer as book
from benchmarks import training
from benchmarks.decoding import corpus
from benchmarks.sizes import MAX_GRAD, Sizes, first_parameters
from benchmarks.timing import Work
from core.backend.arrays import IdArray
from core.backend.devices import get_backend
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.decoding.to_disk import ATTENTION_FILE, RowFile, decode_corpus

# So many different dates, again and again: making a million would take longer than decoding them.
_DISTINCT_DATES = 50_000
_PYTORCH_BATCH = 4096


def facts() -> dict[str, str]:
    """Which GPU, and the versions that compute on it."""
    cupy = importlib.import_module("cupy")
    runtime = cupy.cuda.runtime
    found = {
        "GPU": get_backend("cuda").describe(),
        "CUDA driver": _version(runtime.driverGetVersion()),
        "CUDA runtime": _version(runtime.runtimeGetVersion()),
    }
    if has_pytorch():
        torch = importlib.import_module("torch")
        found["PyTorch's CUDA"] = str(torch.version.cuda)
        found["cuDNN"] = str(torch.backends.cudnn.version())
    return found


def has_pytorch() -> bool:
    """Is a PyTorch here that can use the GPU?"""
    try:
        return bool(importlib.import_module("torch").cuda.is_available())
    except ModuleNotFoundError:
        return False


def _version(number: int) -> str:
    """13020 -> "13.2"."""
    return f"{number // 1000}.{number % 1000 // 10}"


# ---- training -------------------------------------------------------------------------------------------------------


def core(sizes: list[int], data: training.Data, iterations: int) -> Work:
    """`core.Trainer` on the GPU."""
    backend = get_backend("cuda")
    train = training.core_training(Sizes(*sizes), backend)
    return _work(train, backend.synchronize, Sizes(*sizes), data, iterations)


def layer_by_layer(sizes: list[int], data: training.Data, iterations: int) -> Work:
    """The book's way, its arrays CuPy's."""
    backend = get_backend("cuda")
    train = book_training(Sizes(*sizes), backend.xp)
    return _work(train, backend.synchronize, Sizes(*sizes), data, iterations)


def book_training(sizes: Sizes, xp: Any) -> training.Train:
    """The book's way, in this process with another array library than NumPy."""
    vars(book)["np"] = xp
    model = book.AttentionSeq2seq([xp.asarray(p) for p in first_parameters(sizes)])
    optimizer = book.Adam(model.params)

    def train(x: IdArray, t: IdArray) -> None:
        xs, ts = xp.asarray(x), xp.asarray(t)
        for start in range(0, len(x), sizes.N):
            rows = slice(start, start + sizes.N)
            model.forward(xs[rows], ts[rows])
            model.backward()
            book.clip_grads(model.grads, MAX_GRAD)
            optimizer.update(model.params, model.grads)

    return train


def pytorch(sizes: list[int], data: training.Data, iterations: int) -> Work:
    """PyTorch, eager, with cuDNN's LSTM."""
    torch = importlib.import_module("torch")
    train = training.pytorch_training(Sizes(*sizes), "cuda")
    return _work(train, torch.cuda.synchronize, Sizes(*sizes), data, iterations)


def _work(
    train: training.Train, wait: Callable[[], object], sizes: Sizes, data: training.Data, iterations: int
) -> Work:
    """What is launched is not done: a measurement ends when the device has nothing left to do."""
    work = training.work(train, sizes, data, iterations)

    def run() -> None:
        work.run()
        wait()

    def warm_up() -> None:
        work.warm_up()
        wait()

    return Work(run, warm_up, work.units)


# ---- decoding to disk -----------------------------------------------------------------------------------------------


def core_corpus(n: int, device: str = "cuda") -> Work:
    """`core.decoding.to_disk`, answers and attention written to disk."""
    pipeline = load_pretrained(device=device)

    def decode(some: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            decode_corpus(pipeline, _texts(some), Path(folder))

    return Work(run=lambda: decode(n), warm_up=lambda: decode(min(n, _PYTORCH_BATCH)), units=1)


def pytorch_corpus(n: int, device: str = "cuda") -> Work:
    """PyTorch, in batches, the attention written to disk and the answers brought to the host."""
    torch = importlib.import_module("torch")
    pytorch_ = importlib.import_module("benchmarks.pytorch")
    pipeline = load_pretrained(device="cpu")
    model = pytorch_.AttentionSeq2seq(pipeline.model.params).to(device)

    def decode(some: int) -> None:
        shape = (pipeline.target_length, pipeline.source_length)
        with (
            tempfile.TemporaryDirectory() as folder,
            RowFile(Path(folder) / ATTENTION_FILE, shape, np.dtype(np.float32)) as file,
        ):
            for ids in _batches(pipeline, some):
                xs = torch.from_numpy(pipeline.as_read(ids).copy()).to(device)
                written, weights = model.generate(xs, pipeline.spec.start_id, pipeline.target_length)
                pipeline.vocabulary.decode_all(written.cpu().numpy())
                file.append(weights.flip(2).cpu().numpy())
                file.rows += len(ids)

    return Work(run=lambda: decode(n), warm_up=lambda: decode(min(n, _PYTORCH_BATCH)), units=1)


def _texts(n: int) -> Iterator[str]:
    return itertools.islice(itertools.cycle(corpus(min(n, _DISTINCT_DATES)).questions), n)


def _batches(pipeline: Pipeline, n: int) -> Iterator[IdArray]:
    texts = _texts(n)
    while batch := [pipeline.read(text).padded for text in itertools.islice(texts, _PYTORCH_BATCH)]:
        yield pipeline.vocabulary.encode_all(batch, pipeline.source_length)
