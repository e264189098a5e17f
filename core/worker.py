"""Trains the runs of a store, one after the other, and writes down how they go: `python -m core work`.

A worker looks up between iterations, twice a second at most: it writes what is new, hears whether the run is to be
paused or stopped, and now and then decodes a few dates, so that those who watch see what the model can do by now.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from core.backend import DeviceError
from core.checkpoint import CheckpointError
from core.corpus import Corpus
from core.dates import family_of
from core.model_card import write_card
from core.pretrained import Pipeline
from core.process_lock import ProcessLock, take_lock
from core.runs import (
    IntervalPoint,
    NoSuchRunError,
    Orders,
    Problem,
    Progress,
    Run,
    RunStore,
    RunStoreError,
    Sample,
    Snapshot,
    Status,
)
from core.source_text import SourceTextError
from core.trainer import TrainingDivergedError, TrainingReport
from core.training import STATE_FILE, EpochResult, TrainingRun, TrainingStoppedError

SAMPLES: Final = 10
WATCHED: Final = "september 27, 1994"

_SECONDS_BETWEEN_LOOKS = 0.5
# A snapshot waits until the training has gone on for this many times as long as the last one took.
_SHARE_OF_SNAPSHOTS = 30
_DECIMALS = 4

_log = logging.getLogger(__name__)


class Recorder:
    """Writes a training down in a store. Its methods are the callbacks of `TrainingRun.run`."""

    def __init__(self, store: RunStore, run: Run, training: TrainingRun) -> None:
        """Args: run: as claimed or begun. training: of the same options; resumed already where it goes on."""
        self._store = store
        self._run = run
        self._training = training
        self._iterations = len(training.plan.train) // training.plan.recipe.batch_size
        self._pending: list[IntervalPoint] = []
        self._orders = Orders("", run.watched)
        self._began = time.perf_counter()
        self._done_before = training.trainer.current_iteration
        self._looked = -np.inf
        self._next_snapshot = -np.inf
        self._shown = ""
        self._samples = sample_rows(training.plan.test)
        self.deleted = False
        self.interrupted = False
        store.rewind(run.number, self._done_before, training.results)

    def on_interval(self, report: TrainingReport) -> None:
        """Note a point of the curves."""
        self._pending.append(
            IntervalPoint(
                iteration=self._training.trainer.current_iteration,
                epoch=report.epoch,
                loss=report.loss,
                gradient_norm=_finite(report.gradient_norm),
                learning_rate=report.learning_rate,
                seconds=self._seconds,
            )
        )

    def on_iteration(self) -> None:
        """Look up, if it is time to.

        Raises:
            TrainingStoppedError: somebody asked for it.
        """
        if self.interrupted:
            raise TrainingStoppedError(keep=False)
        if time.perf_counter() - self._looked >= _SECONDS_BETWEEN_LOOKS:
            self.look()

    def on_epoch(self, result: EpochResult) -> None:
        """Write down a whole epoch."""
        self._orders = self._record(epochs=[result], snapshot=self._snapshot())

    def look(self) -> None:
        """Write down what is new and do what is asked.

        Raises:
            TrainingStoppedError: somebody asked for it.
        """
        due = time.perf_counter() >= self._next_snapshot or self._orders.watched != self._shown
        try:
            self._orders = self._record(snapshot=self._snapshot() if due else None)
        except NoSuchRunError:
            self.deleted = True
            raise TrainingStoppedError(keep=False) from None
        self._looked = time.perf_counter()
        if self._orders.request:
            raise TrainingStoppedError(keep=self._orders.request == "stop")

    @property
    def _seconds(self) -> float:
        return self._run.seconds + time.perf_counter() - self._began

    def _record(self, snapshot: Snapshot | None = None, epochs: list[EpochResult] | None = None) -> Orders:
        orders = self._store.record(self._run.number, self._progress(), self._pending, snapshot, epochs or [])
        self._pending = []
        return orders

    def _progress(self) -> Progress:
        total = self._training.plan.recipe.epochs * self._iterations
        done = self._training.trainer.current_iteration
        here = done - self._done_before
        left = (total - done) * (time.perf_counter() - self._began) / here if here else None
        epochs, iteration = divmod(done, self._iterations)
        if iteration == 0 and epochs:
            epochs, iteration = epochs - 1, self._iterations
        return Progress(epochs + 1, iteration, self._iterations, self._seconds, left)

    def _snapshot(self) -> Snapshot:
        began = time.perf_counter()
        training, self._shown = self._training, self._orders.watched
        pipeline = Pipeline("", training.model, training.plan.spec, digest="")
        corpus = training.plan.test.take(self._samples)
        guesses = pipeline.decode(corpus.questions)
        try:
            trace = pipeline.trace(self._shown or WATCHED)
        except SourceTextError:
            trace = pipeline.trace(corpus.questions[0])
        weights = None if trace.weights is None else _rows(trace.weights)
        snapshot = Snapshot(
            iteration=training.trainer.current_iteration,
            samples=tuple(Sample(*row) for row in zip(corpus.questions, corpus.answers, guesses, strict=True)),
            text=trace.text,
            source=trace.source,
            output=trace.output,
            weights=weights,
        )
        ended = time.perf_counter()
        self._next_snapshot = ended + _SHARE_OF_SNAPSHOTS * (ended - began)
        return snapshot


def sample_rows(corpus: Corpus) -> list[int]:
    """Rows of ten questions to watch, of as many families as there are, each family in turn; always the same."""
    waiting: dict[str | None, list[int]] = {}
    for row, question in enumerate(corpus.questions):
        rows = waiting.setdefault(family_of(question), [])
        if len(rows) < SAMPLES:
            rows.append(row)
    chosen = [row for turn in range(SAMPLES) for rows in waiting.values() for row in rows[turn : turn + 1]]
    return chosen[:SAMPLES]


def _rows(weights: np.ndarray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(float(weight), _DECIMALS) for weight in row) for row in weights)


def _finite(number: float | None) -> float | None:
    return None if number is None or not np.isfinite(number) else number


def work(store: RunStore, limit: int) -> None:
    """Train what waits until nothing does; returns at once where as many workers as allowed are at it."""
    locks = (take_lock(store.worker_lock_file(place)) for place in range(1, limit + 1))
    place = next((lock for lock in locks if lock is not None), None)
    if place is None:
        return
    while (claimed := store.claim()) is not None:
        train_claimed(store, *claimed)
    place.release()


def train_claimed(store: RunStore, run: Run, lock: ProcessLock) -> None:
    """Train a run to its end, or as far as it gets, and say in the store what became of it."""
    recorders: list[Recorder] = []

    def end(*_: object) -> None:
        for recorder in recorders:
            recorder.interrupted = True

    previous = signal.signal(signal.SIGTERM, end)
    try:
        status, problem, message = _outcome(lambda: _train(store, run, recorders))
        if not any(recorder.deleted for recorder in recorders):
            store.finish(run.number, status, problem, message)
    except NoSuchRunError:
        pass
    finally:
        lock.release()
        signal.signal(signal.SIGTERM, previous)
    if _is_gone(store, run.number):
        store.remove_files(run.number)


def _train(store: RunStore, run: Run, recorders: list[Recorder]) -> tuple[Status, Problem, str]:
    run.options.check_memory()
    plan = run.options.plan()
    training = TrainingRun(plan, run.folder, device=run.options.device, dtype=np.dtype(run.options.dtype).type)
    if training.can_resume:
        training.resume()
    recorder = Recorder(store, run, training)
    recorders.append(recorder)
    recorder.look()
    try:
        training.run(on_interval=recorder.on_interval, on_iteration=recorder.on_iteration, on_epoch=recorder.on_epoch)
    except TrainingStoppedError as stop:
        if recorder.interrupted:
            return "interrupted", "died", "the machine told the process that trained it to end; nothing is lost"
        return ("stopped" if stop.keep else "paused"), "", ""
    write_card(run.folder)
    (run.folder / STATE_FILE).unlink()
    return "finished", "", ""


def _outcome(train: Callable[[], tuple[Status, Problem, str]]) -> tuple[Status, Problem, str]:
    """What became of a training, in the words of the store."""
    try:
        return train()
    except TrainingStoppedError as stop:
        return ("stopped" if stop.keep else "paused"), "", ""
    except TrainingDivergedError as error:
        return "failed", "diverged", str(error)
    except MemoryError:
        return "failed", "memory", "it took more memory than there is; use a smaller hidden size or smaller batches"
    except (CheckpointError, DeviceError, ValueError) as error:
        return "failed", "input", str(error)
    except NoSuchRunError:
        raise
    except RunStoreError as error:
        return "interrupted", "disk-full" if error.disk_full else "error", str(error)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "interrupted", "disk-full", "the disk is full; make room and resume: what is stored is not lost"
        return "failed", "error", ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
    except Exception as error:
        _log.exception("a training ended with an error of the program")
        return "failed", "error", f"an error of the program: {error!r}"


def _is_gone(store: RunStore, number: int) -> bool:
    try:
        store.get(number)
    except NoSuchRunError:
        return True
    except RunStoreError:
        return False
    return False


def be_modest() -> None:
    """Give way to everything else on the machine, where the system knows how."""
    if hasattr(os, "nice"):
        os.nice(10)
