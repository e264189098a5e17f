"""Measuring in turns: every contender in a process of its own, A B C A B C ..., and a value for each turn.

Contenders share nothing but the machine: no library spins a thread while another's turn is on, no heap or cache policy
of one is inherited by the other, and BLAS reads its number of threads before NumPy loads. What disturbs the machine
for a second disturbs neighbouring turns alike, so ratios are taken within a round and their median is reported.
Collection of garbage is left as it is in normal runs.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from core.backend.threads import THREAD_VARIABLES

ROOT = Path(__file__).resolve().parents[1]

Samples = dict[str, list[float]]
"""Contender -> a value a round."""


class BenchmarkError(RuntimeError):
    """A measurement failed; the message says which, and the process's own words are on standard error."""


@dataclass(frozen=True)
class Work:
    """Something that can be done again and again.

    Attributes:
        run: does it `units` times; this is what is timed.
        warm_up: done before every timed run: caches, allocators and clocks have rested during the others' turns.
        units: by how many the time of `run` is divided.
    """

    run: Callable[[], object]
    warm_up: Callable[[], object]
    units: int = 1


@dataclass(frozen=True)
class Task:
    """Work that a process of its own makes and does: `maker`, as "module:function", is called with `settings`."""

    maker: str
    settings: Mapping[str, Any] = field(default_factory=dict)


def seconds_per_unit(work: Work) -> float:
    """Do the work once, warmed up."""
    work.warm_up()
    began = time.perf_counter()
    work.run()
    return (time.perf_counter() - began) / work.units


def take_turns(works: Mapping[str, Work], rounds: int) -> Samples:
    """Measure several works of one process in turns. Returns: seconds a unit."""
    samples: Samples = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            samples[name].append(seconds_per_unit(work))
    return samples


def compare(tasks: Mapping[str, Task], rounds: int, threads: int, repeats: int = 1) -> Samples:
    """Measure several tasks in turns, each in a process of its own.

    Args:
        tasks: by contender.
        rounds: turns of each contender in a set of processes.
        threads: of BLAS and OpenMP.
        repeats: sets of fresh processes: where a process's memory happens to lie can cost some percent.
    Returns:
        seconds a unit, `rounds * repeats` for each contender, in the order they were measured.
    """
    samples: Samples = {name: [] for name in tasks}
    for _ in range(repeats):
        with ExitStack() as stack:
            processes = {name: stack.enter_context(_start("work", task, threads)) for name, task in tasks.items()}
            for name, process in processes.items():
                _answer(process, name)  # ready: nobody prepares while another is measured
            for _ in range(rounds):
                for name, process in processes.items():
                    samples[name].append(_ask(process, name))
    return samples


def measure_apart(task: Task, threads: int) -> Any:
    """Call a task's function in a fresh process. Returns: what it returned, through JSON."""
    with _start("call", task, threads) as process:
        _answer(process, task.maker)
        return _ask(process, task.maker)


def _start(kind: str, task: Task, threads: int) -> subprocess.Popen[str]:
    order = json.dumps([kind, task.maker, dict(task.settings)])
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(threads))
    # Standard error is shared: a process that fails says why where the person looks.
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.timing", order],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _ask(process: subprocess.Popen[str], name: str) -> Any:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write("go\n")
        process.stdin.flush()
    return _answer(process, name)


def _answer(process: subprocess.Popen[str], name: str) -> Any:
    assert process.stdout is not None
    answer = process.stdout.readline()
    if not answer:
        raise BenchmarkError(f"the process that measures {name} ended without an answer; see above for the reason")
    return json.loads(answer)


# ---- in the process of its own --------------------------------------------------------------------------------------


def serve(order: str, requests: IO[str], answers: IO[str]) -> None:
    """Make the work and do it once, say so, then answer every line of `requests` with a measurement."""
    kind, maker, settings = json.loads(order)
    module, _, function = maker.partition(":")
    make = getattr(importlib.import_module(module), function)
    measure: Callable[[], Any] = partial(make, **settings)
    if kind == "work":
        measure = partial(seconds_per_unit, make(**settings))
        measure()
    print(json.dumps("ready"), file=answers, flush=True)
    for _ in requests:
        print(json.dumps(measure()), file=answers, flush=True)


def main(arguments: Sequence[str]) -> None:
    """The process's own command line: one JSON list of kind, maker and settings."""
    with suppress(KeyboardInterrupt):  # the person stopped the whole run, which says so itself
        serve(arguments[0], sys.stdin, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
