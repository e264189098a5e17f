"""Decoding with the attention kept: many dates, one date, one date with a change, and the table of changes."""

from __future__ import annotations

from typing import Any

from benchmarks.sizes import DATE_MODEL
from benchmarks.timing import Samples, Work, take_turns
from core.analysis.experiments import run_experiments
from core.analysis.influence import causal_map
from core.backend.arrays import IdArray
from core.data.corpus import Corpus
from core.data.dates import make_pairs
from core.decoding.interventions import (
    Argmax,
    ForceCharacter,
    Gold,
    Intervention,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained

TEXT = "september 27, 1994"

CHANGES: dict[str, tuple[Intervention, ...]] = {
    "a forced character": (ForceCharacter(2, "8"),),
    "a replaced character": (ReplaceCharacter(0, "d"),),
    "temperature": (Temperature(0.5),),
    "argmax": (Argmax(),),
    "uniform": (Uniform(),),
    "permuted": (Permute(0),),
    "masked": (Mask((0, 1)),),
    "padding masked": (MaskPadding(),),
    "gold": (Gold(),),
    "weights set": (SetWeights(((3, 0.5), (4, 0.2))),),
    "all of the attention's": (
        Temperature(0.5),
        Permute(0),
        Mask((0, 1)),
        MaskPadding(),
        SetWeights(((3, 0.5), (4, 0.2))),
        Gold(),
    ),
}
"""Every change there is, at every step where it can be, and many at once."""

# Of 64, 128, 256, ... 5,000 at a time, PyTorch too is fastest with 128 to 256.
_PYTORCH_BATCH = 256
_PRODUCTS_BATCH = 256


def corpus(n: int) -> Corpus:
    """Dates that are decoded."""
    return Corpus.from_pairs(make_pairs(n, seed=1))


# ---- many dates -----------------------------------------------------------------------------------------------------


def core_many(n: int) -> Work:
    """`core`, as the command line and the Truth page decode a corpus."""
    pipeline = load_pretrained(device="cpu")
    questions = corpus(n).questions
    return _work_on(n, lambda some: pipeline.decode_with_attention(pipeline.encode(questions[:some])))


def layer_by_layer_many(n: int) -> Work:
    """The book's way: one date at a time."""
    from benchmarks.layer_by_layer import AttentionSeq2seq

    pipeline, source_ids = _pipeline_and_ids(n)
    model, xs = AttentionSeq2seq(pipeline.model.params), pipeline.as_read(source_ids)

    def decode(some: int) -> list[Any]:
        return [model.generate(x[None], pipeline.spec.start_id, pipeline.target_length) for x in xs[:some]]

    return _work_on(n, decode)


def pytorch_many(n: int) -> Work:
    """PyTorch, eager, in batches."""
    import torch

    from benchmarks.pytorch import AttentionSeq2seq

    pipeline, source_ids = _pipeline_and_ids(n)
    model = AttentionSeq2seq(pipeline.model.params)
    xs = torch.from_numpy(pipeline.as_read(source_ids).copy())

    def decode(some: int) -> list[Any]:
        batches = [xs[start : min(some, start + _PYTORCH_BATCH)] for start in range(0, some, _PYTORCH_BATCH)]
        return [model.generate(batch, pipeline.spec.start_id, pipeline.target_length) for batch in batches]

    return _work_on(n, decode)


def products_many(n: int) -> Work:
    """The matrix products alone, in batches, nothing shared."""
    from benchmarks.floor import Products

    model = Products(DATE_MODEL._replace(N=_PRODUCTS_BATCH))

    def decode(some: int) -> None:
        for _ in range(0, some, _PRODUCTS_BATCH):
            model.decode()

    return _work_on(n, decode)


def _work_on(n: int, decode: Any) -> Work:
    """Seconds a date."""
    return Work(run=lambda: decode(n), warm_up=lambda: decode(min(n, 2 * _PYTORCH_BATCH)), units=n)


def _pipeline_and_ids(n: int) -> tuple[Pipeline, IdArray]:
    pipeline = load_pretrained(device="cpu")
    return pipeline, pipeline.vocabulary.encode_all(corpus(n).questions, pipeline.source_length)


# ---- one date -------------------------------------------------------------------------------------------------------


def core_one(count: int) -> Work:
    """`Pipeline.trace`: from the typed text to everything that a picture needs."""
    pipeline = load_pretrained(device="cpu")
    texts = corpus(count).questions

    def trace(some: int) -> None:
        for text in texts[:some]:
            pipeline.trace(text)

    return Work(run=lambda: trace(count), warm_up=lambda: trace(5), units=count)


def layer_by_layer_one(count: int) -> Work:
    """The book's way, from ids to ids and weights."""
    work = layer_by_layer_many(count)
    return Work(run=work.run, warm_up=work.run, units=count)


def pytorch_one(count: int) -> Work:
    """PyTorch, a batch of one date, from ids to ids and weights."""
    import torch

    from benchmarks.pytorch import AttentionSeq2seq

    pipeline, source_ids = _pipeline_and_ids(count)
    model = AttentionSeq2seq(pipeline.model.params)
    xs = torch.from_numpy(pipeline.as_read(source_ids).copy())

    def decode(some: int) -> None:
        for x in xs[:some]:
            model.generate(x[None], pipeline.spec.start_id, pipeline.target_length)

    return Work(run=lambda: decode(count), warm_up=lambda: decode(5), units=count)


def products_one(count: int) -> Work:
    """The matrix products alone of one date."""
    from benchmarks.floor import Products

    model = Products(DATE_MODEL._replace(N=1))

    def decode(some: int) -> None:
        for _ in range(some):
            model.decode()

    return Work(run=lambda: decode(count), warm_up=lambda: decode(5), units=count)


# ---- changes --------------------------------------------------------------------------------------------------------


def changes(rounds: int) -> Samples:
    """Seconds of a trace of one date with each of the changes."""
    pipeline = load_pretrained(device="cpu")

    def work(change: tuple[Intervention, ...]) -> Work:
        def trace(times: int) -> None:
            for _ in range(times):
                pipeline.trace(TEXT, change)

        return Work(run=lambda: trace(10), warm_up=lambda: trace(2), units=10)

    return take_turns({name: work(change) for name, change in CHANGES.items()}, rounds)


def core_causal_map() -> Work:
    """What every character of one date moves, by replacing it, as the page shows it."""
    pipeline = load_pretrained(device="cpu")

    def measure() -> None:
        causal_map(pipeline, TEXT)

    return Work(run=measure, warm_up=measure)


def experiments(n: int) -> Work:
    """The table of changes over n dates, all its rows."""
    pipeline, dates = load_pretrained(device="cpu"), corpus(n)
    few = dates.take(range(min(n, 64)))
    return Work(run=lambda: run_experiments(pipeline, dates), warm_up=lambda: run_experiments(pipeline, few))
