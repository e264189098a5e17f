"""The quick recipe from several seeds, as a person meets it: the whole command, from the key to the prompt.

    python -m benchmarks.quick

Every training is a process of its own with one BLAS thread, as the app starts it. Wall time counts everything: Python's
start, making the data, training, measuring, writing. The processor's time is less disturbed by what else the machine
does.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.timing import ROOT
from core.backend.threads import THREAD_VARIABLES
from core.files.wording import percentage

GOAL_SHARE, GOAL_SECONDS = 0.99, 20.0


class Trained(NamedTuple):
    """A whole command: exact match after every epoch, seconds of the clock and of the processor, load before it."""

    seed: int
    exact_match: tuple[float, ...]
    wall: float
    processor: float
    load: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Train from every seed, print the table; the exit status is 1 where the goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quick", description="The quick recipe, timed whole.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], metavar="S")
    options = parser.parse_args(arguments)
    rows = [train(seed) for seed in options.seeds]
    print(table(rows))
    return int(any(max(row.exact_match) < GOAL_SHARE or row.wall > GOAL_SECONDS for row in rows))


def train(seed: int) -> Trained:
    """One command, timed."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "core", "train", "--preset", "quick", "--seed", str(seed), "--device", "cpu"]
        command += ["--output", f"{folder}/model", "--store", f"{folder}/runs"]
        before, began = _children(), time.perf_counter()
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        wall, processor = time.perf_counter() - began, _children() - before
        log = json.loads(Path(folder, "model", "log.json").read_text(encoding="utf-8"))
    return Trained(seed, tuple(epoch["exact_match"] for epoch in log), wall, processor, load)


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def table(rows: Sequence[Trained]) -> str:
    """The rows as Markdown; exact match is rounded down."""
    epochs = range(1, 1 + max(len(row.exact_match) for row in rows))
    header = ["seed", *(f"after epoch {epoch}" for epoch in epochs), "clock", "processor", "load before"]
    lines = [header, ["---"] * len(header)]
    for row in rows:
        shares = [f"{percentage(share)} %" for share in row.exact_match]
        lines.append([str(row.seed), *shares, f"{row.wall:.1f} s", f"{row.processor:.1f} s", f"{row.load:.1f}"])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
