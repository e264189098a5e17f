"""What is measured, piece by piece, and how much of it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import machine, responsiveness, results, startup
from benchmarks.results import CORE, LAYER_BY_LAYER, PRODUCTS, PYTORCH, Report, Result, growth
from benchmarks.sizes import DATE_MODEL
from benchmarks.timing import Task, compare, measure_apart
from core.backend.devices import get_backend

_DATES = 5000


@dataclass(frozen=True)
class Plan:
    """How much is measured.

    Attributes:
        rounds: turns a contender takes in a set of processes.
        repeats: sets of fresh processes.
        iterations: of training in a turn.
        dates: decoded in a turn; `slow_dates` by the way that decodes one at a time, whose time is in proportion.
        traced: dates traced, one by one, in a turn.
        streamed, streamed_by_gpu: dates decoded to disk in a turn.
        growth: sizes that are varied, the others those of the date model.
        starts: of the app, and of imports; turns with and without a training beside.
        clicks: of a visitor in such a turn.
    """

    rounds: int = 9
    repeats: int = 2
    iterations: int = 4
    dates: int = _DATES
    slow_dates: int = 200
    traced: int = 50
    streamed: int = 20_000
    streamed_by_gpu: int = 1_000_000
    growth_rounds: int = 3
    growth: tuple[tuple[str, tuple[int, ...]], ...] = (
        ("T_enc", (10, 20, 40, 80, 160, 320)),
        ("H", (64, 128, 256, 512, 1024)),
        ("N", (1, 4, 16, 64, 256, 1024)),
    )
    starts: int = 5
    clicks: int = 20


QUICK = Plan(
    rounds=1,
    repeats=1,
    iterations=1,
    dates=64,
    slow_dates=4,
    traced=4,
    streamed=64,
    streamed_by_gpu=64,
    growth_rounds=1,
    growth=(("T_enc", (5, 10)), ("H", (16, 32)), ("N", (2, 4))),
    starts=1,
    clicks=2,
)


def measure(pieces: Sequence[str], threads: Sequence[int], *, quick: bool) -> Report:
    """Measure some pieces, at some numbers of threads."""
    plan = QUICK if quick else Plan()
    report = Report(machine.facts(), [], {}, quick)
    if machine.load() > machine.cores() / 2 and not quick:
        say(f"this machine is busy (load {machine.load():.1f}): wait until it is not, or do not trust the numbers")
    for piece in pieces:
        PIECES[piece](plan, threads, report)
    return report


def measure_gpu(*, quick: bool) -> Report:
    """A training iteration, and dates decoded to disk, on the GPU.

    Raises:
        DeviceError: there is none that CuPy can use; says why.
    """
    from benchmarks import gpu

    plan = QUICK if quick else Plan()
    # An error here is better than one of a process for every contender.
    get_backend("cuda")
    report = Report(machine.facts() | gpu.facts(), [], {}, quick)
    has_pytorch = gpu.has_pytorch()
    if not has_pytorch:
        say("there is no PyTorch that can use the GPU, so it is left out")
    names = [CORE, LAYER_BY_LAYER, *([PYTORCH] if has_pytorch else [])]
    settings: dict[str, object] = {"sizes": list(DATE_MODEL), "data": "dates", "iterations": 20}
    say(results.GPU_TRAINING)
    tasks = {name: _task(f"gpu:{_MAKERS[name]}", **settings) for name in names}
    report.results.append(Result(results.GPU_TRAINING, None, compare(tasks, plan.rounds, 1, plan.repeats)))
    piece = results.GPU_CORPUS.format(plan.streamed_by_gpu)
    say(piece)
    names.remove(LAYER_BY_LAYER)
    tasks = {name: _task(f"gpu:{_MAKERS[name]}_corpus", n=plan.streamed_by_gpu) for name in names}
    report.results.append(Result(piece, None, compare(tasks, plan.repeats, 1)))
    return report


# ---- pieces ---------------------------------------------------------------------------------------------------------


def measure_training(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """A training iteration beside all others, on dates and on sequences that do not begin alike."""
    for data, piece in (("dates", results.TRAINING), ("random", results.TRAINING_RANDOM)):
        tasks = _tasks("training:{}", sizes=list(DATE_MODEL), data=data, iterations=plan.iterations)
        for count in threads:
            say(f"{piece}, {_threads(count)}")
            repeats = plan.repeats if data == "dates" else 1
            report.results.append(Result(piece, count, compare(tasks, plan.rounds, count, repeats)))


def measure_parts(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """The parts of a training iteration, beside the book's way."""
    for count in threads:
        say(f"parts, {_threads(count)}")
        for name, samples in measure_apart(_task("parts:measure", rounds=plan.rounds), count).items():
            report.results.append(Result(results.PART.format(name), count, samples))


def measure_decoding(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """Many dates, one date, one date with a change, a causal map, the table of changes, and dates to disk."""
    many = _tasks("decoding:{}_many", n=plan.dates)
    many[LAYER_BY_LAYER] = _task("decoding:layer_by_layer_many", n=plan.slow_dates)
    one = _tasks("decoding:{}_one", count=plan.traced)
    for count in threads:
        say(f"decoding, {_threads(count)}")
        samples = compare(many, plan.rounds, count)
        samples = {name: [_DATES * seconds for seconds in values] for name, values in samples.items()}
        report.results.append(Result(results.MANY, count, samples))
        samples = compare(one, plan.rounds, count, plan.repeats)
        report.results.append(Result(results.ONE, count, samples))
        samples = measure_apart(_task("decoding:changes", rounds=plan.rounds), count)
        report.results.append(Result(results.CHANGES, count, samples))
        samples = compare({CORE: _task("decoding:core_causal_map")}, plan.rounds, count)
        report.results.append(Result(results.CAUSAL_MAP, count, samples))
        samples = compare({CORE: _task("decoding:experiments", n=plan.dates)}, 1, count)
        report.results.append(Result(results.EXPERIMENTS, count, samples))
        samples = compare({CORE: _task("gpu:core_corpus", n=plan.streamed, device="cpu")}, plan.repeats, count)
        report.results.append(Result(results.CORPUS.format(plan.streamed), count, samples))


def measure_book(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """What the book's unchanged training script spends its time on: iterations, and answers to questions."""
    iteration = {"sizes": list(DATE_MODEL), "iterations": plan.iterations}
    for piece, work, settings in (
        (results.BOOK_TRAINING, "iteration", iteration),
        (results.BOOK_ANSWER, "answer", {"count": plan.traced}),
    ):
        tasks = {name: _task(f"book:{_MAKERS[name]}_{work}", **settings) for name in (CORE, LAYER_BY_LAYER)}
        for count in threads:
            say(f"{piece}, {_threads(count)}")
            report.results.append(Result(piece, count, compare(tasks, plan.rounds, count, plan.repeats)))


def measure_growth(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """A training iteration at other sizes, on sequences that do not begin alike; at the first number of threads."""
    for count in threads[:1]:
        for name, values in plan.growth:
            points = []
            for value in values:
                say(f"{name} = {value}, {_threads(count)}")
                sizes = list(DATE_MODEL._replace(**{name: value}))
                tasks = _tasks("training:{}", sizes=sizes, data="random", iterations=1)
                del tasks[LAYER_BY_LAYER]
                samples = compare(tasks, plan.growth_rounds, count)
                points.append(Result(results.TRAINING_RANDOM, count, samples, sizes=(name, value)))
            report.results.extend([*points, growth(name, points)])


def measure_memory(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """The memory of a training iteration, by contender."""
    contenders = [name for name in (CORE, LAYER_BY_LAYER, PYTORCH) if name in _here()]
    for count in threads:
        say(f"memory, {_threads(count)}")
        grown: dict[str, list[float]] = {name: [] for name in contenders}
        whole: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(plan.repeats):
            for name in contenders:
                most = measure_apart(_task("memory:measure", contender=name, sizes=list(DATE_MODEL)), count)
                grown[name].append(most["growth"])
                whole[name].append(most["process"])
        report.results.append(Result(results.MEMORY, count, grown, "MB"))
        report.results.append(Result(results.MEMORY_PROCESS, count, whole, "MB"))
    asked_for = {
        name: [measure_apart(_task("memory:measure_asked_for", contender=name, sizes=list(DATE_MODEL)), 1)]
        for name in (CORE, LAYER_BY_LAYER)
    }
    report.results.append(Result(results.MEMORY_ASKED_FOR, None, asked_for, "MB"))


def measure_startup(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """Imports, and the app up to its first picture; the machine's own number of threads is left."""
    say("start-up")
    report.results.append(Result(results.IMPORT, None, startup.import_seconds(2 * plan.starts)))
    report.results.append(Result(results.APP, None, startup.app_seconds(plan.starts)))
    report.shares["importing core"] = startup.import_shares()
    report.shares["importing for the app's first run"] = startup.app_import_shares()


def measure_responsiveness(plan: Plan, threads: Sequence[int], report: Report) -> None:
    """A visitor's clicks on the Step page, idle and while a worker trains; the machine's own number of threads."""
    say("responsiveness")
    steps, dates = responsiveness.click_seconds(plan.starts, plan.clicks)
    report.results.extend([Result(results.STEP, None, steps), Result(results.ANOTHER_DATE, None, dates)])


PIECES: dict[str, Callable[[Plan, Sequence[int], Report], None]] = {
    "training": measure_training,
    "parts": measure_parts,
    "decoding": measure_decoding,
    "book": measure_book,
    "memory": measure_memory,
    "startup": measure_startup,
    "growth": measure_growth,
    "responsiveness": measure_responsiveness,
}


# ---- helpers --------------------------------------------------------------------------------------------------------

_MAKERS = {CORE: "core", LAYER_BY_LAYER: "layer_by_layer", PYTORCH: "pytorch", PRODUCTS: "products"}


def _here() -> list[str]:
    """The contenders that are installed."""
    has_pytorch = importlib.util.find_spec("torch") is not None
    return [name for name in _MAKERS if name != PYTORCH or has_pytorch]


def _tasks(pattern: str, **settings: object) -> dict[str, Task]:
    """The same task for every contender that is installed; `pattern` names the maker."""
    return {name: _task(pattern.format(_MAKERS[name]), **settings) for name in _here()}


def _task(maker: str, **settings: object) -> Task:
    return Task(f"benchmarks.{maker}", settings)


def _threads(count: int) -> str:
    return f"{count} thread{'s' * (count > 1)}"


def say(sentence: str) -> None:
    """Say on standard error what goes on."""
    print(f"benchmark: {sentence}", file=sys.stderr, flush=True)
