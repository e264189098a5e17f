"""What a visitor feels of a training: from a click on the Step page to the picture, idle and while a worker trains.

The worker is the one that the Train page starts, with its one BLAS thread and its low priority. It is held still and
let go in turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.results import BESIDE_TRAINING, IDLE
from benchmarks.timing import ROOT, BenchmarkError, Samples
from core.data.dates import FAMILIES
from core.runs.store import RunStore
from core.training.options import TrainingOptions
from core.training.recipe import RECIPES

_PATIENCE_SECONDS = 60
_SETTLE_SECONDS = 0.5

# Two frames after the click the browser has painted what the first of them drew.
_STEP = """button => new Promise(done => {
    const began = performance.now();
    button.click();
    requestAnimationFrame(() => requestAnimationFrame(() => done((performance.now() - began) / 1000)));
})"""

# The stage is behind a shadow root, which the page's own search does not enter.
_ANOTHER_DATE = """option => new Promise(done => {
    const within = root => [...root.querySelectorAll("*")].flatMap(
        element => element.shadowRoot ? [...element.shadowRoot.querySelectorAll(".output")] : []);
    const shown = () => within(document).map(element => element.textContent).join("");
    const before = shown(), began = performance.now();
    const look = () => shown() === before
        ? requestAnimationFrame(look) : requestAnimationFrame(() => done((performance.now() - began) / 1000));
    option.click();
    look();
})"""


def click_seconds(rounds: int, clicks: int) -> tuple[Samples, Samples]:
    """Seconds from a click to the picture, of a step and of another date, idle and while a worker trains.

    Args:
        rounds: turns of each.
        clicks: in a turn, of each kind.
    Returns:
        of the steps, and of the dates: seconds of every click.
    Raises:
        BenchmarkError: without a browser, or the worker does not train.
    """
    # Only here: everything else is measured without Playwright.
    from playwright.sync_api import sync_playwright

    from tests.e2e import browser

    executable = browser.find_chromium()
    if executable is None:
        raise BenchmarkError(f"responsiveness needs a browser: {browser.HOW_TO_GET}")
    steps: Samples = {BESIDE_TRAINING: [], IDLE: []}
    dates: Samples = {BESIDE_TRAINING: [], IDLE: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {"ATTENTION_RUNS": f"{folder}/runs"}),
        browser.running_app(Path(folder) / "server.log") as app,
        sync_playwright() as playwright,
        _worker(Path(folder) / "runs") as worker,
    ):
        page = browser.launch(playwright, executable).new_page(viewport={"width": 1366, "height": 768})
        page.goto(app.url)
        page.locator(".cell").first.wait_for(state="visible", timeout=_PATIENCE_SECONDS * 1000)
        for turn in range(-1, rounds):  # the first turn warms up
            for name in (IDLE, BESIDE_TRAINING):
                worker.send_signal(signal.SIGSTOP if name == IDLE else signal.SIGCONT)
                time.sleep(_SETTLE_SECONDS)
                if worker.poll() is not None:
                    raise BenchmarkError("the training was over before the measurement was")
                measured = [(_step(page), _another_date(page, i)) for i in range(clicks)]
                if turn >= 0:
                    steps[name].extend(step for step, _ in measured)
                    dates[name].extend(date for _, date in measured)
    return steps, dates


def _step(page: Any) -> float:
    forward = page.locator("[data-action=forward]")
    if forward.is_disabled():
        page.locator("[data-action=first]").click()
    return float(forward.evaluate(_STEP))


def _another_date(page: Any, i: int) -> float:
    """Click an example that is not shown: the server decodes it, or finds it decoded, and sends the picture."""
    option = page.get_by_role("radio", name=FAMILIES[i % len(FAMILIES)].example, exact=True)
    if option.get_attribute("aria-checked") == "true":
        option = page.get_by_role("radio", name=FAMILIES[(i + 1) % len(FAMILIES)].example, exact=True)
    return float(option.evaluate(_ANOTHER_DATE))


@contextmanager
def _worker(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that trains the dependable recipe, for much longer than it is measured."""
    store = RunStore(folder)
    store.add(TrainingOptions(recipe=RECIPES["dependable"], device="cpu"))
    command = [sys.executable, "-m", "core", "work", "--store", str(folder)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            deadline = time.monotonic() + _PATIENCE_SECONDS
            while store.get(1).iteration == 0:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BenchmarkError("the worker does not train")
                time.sleep(0.1)
            yield process
        finally:
            process.kill()
