"""How a training gets into the store: its curves, what it can do by now, and what became of it.

A recorder looks up between iterations, twice a second at most: it writes what is new, hears whether the run is to be
paused or stopped, and now and then decodes a few dates, so that those who watch see what the model can do.
"""

from __future__ import annotations

import errno
import logging
import math
import time
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple

import numpy as np

from core.backend.devices import DeviceError
from core.data.corpus import Corpus
from core.data.dates import family_of
from core.data.source_text import SourceTextError
from core.decoding.pipeline import Pipeline
from core.models.parameters import CheckpointError
from core.runs.limits import NO_LIMITS, LimitError, Limits
from core.runs.process_lock import ProcessLock
from core.runs.run import IntervalPoint, Orders, Problem, Progress, Run, Sample, Snapshot, Status
from core.runs.store import NoSuchRunError, RunStore, RunStoreError
from core.runs.upkeep import size_of
from core.training.options import TrainingOptions
from core.training.trainer import EpochResult, TrainingDivergedError, TrainingReport
from core.training.training_run import TrainingRun, TrainingStoppedError

SAMPLES: Final = 10
WATCHED: Final = "september 27, 1994"

_SECONDS_BETWEEN_LOOKS = 0.5
# A snapshot waits until the training has gone on for this many times as long as the last one took.
_TRAINING_PER_SNAPSHOT = 30
_DECIMALS = 4

_log = logging.getLogger(__name__)


class ProcessEndedError(TrainingStoppedError):
    """The system told the training process to end; raised between two iterations, so that nothing is lost."""

    def __init__(self) -> None:
        super().__init__(keep=False)


class TooMuchError(TrainingStoppedError):
    """The training has taken as much as the server allows; what it reached is kept. Args: error: which limit."""

    def __init__(self, error: LimitError) -> None:
        super().__init__(keep=True)
        self.error = error


class Outcome(NamedTuple):
    """What became of a training, in the words of the store."""

    status: Status
    problem: Problem = ""
    message: str = ""


def outcome_of(error: BaseException | None) -> Outcome:
    """What became of a training that ended with this error; None for one that came to its end."""
    match error:
        case None:
            return Outcome("finished")
        case ProcessEndedError():
            return Outcome("interrupted", "died", "the process that trained it was told to end; nothing is lost")
        case TooMuchError(error=LimitError(limit=("minutes" | "disk") as limit)):
            return Outcome("stopped", limit, str(error.error))
        case TrainingStoppedError(keep=keep):
            return Outcome("stopped" if keep else "paused")
        case KeyboardInterrupt():
            return Outcome("stopped")
        case TrainingDivergedError():
            return Outcome("failed", "diverged", str(error))
        case MemoryError():
            return Outcome("failed", "memory", "it took more memory than there is; use smaller sizes or batches")
        case RunStoreError(disk_full=full):
            return Outcome("interrupted", "disk-full" if full else "error", str(error))
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Outcome("interrupted", "disk-full", "the disk is full; make room and resume: what is stored stays")
        case OSError():
            return Outcome("failed", "error", ": ".join(str(e) for e in (error.filename, error.strerror) if e))
        case CheckpointError() | DeviceError() | ValueError():
            return Outcome("failed", "input", str(error))
    return Outcome("failed", "error", f"an error of the program, {error!r}")


class Recorder:
    """Writes a training down in a store. Its methods are the callbacks of `TrainingRun.run`."""

    def __init__(self, store: RunStore, run: Run, training: TrainingRun, limits: Limits = NO_LIMITS) -> None:
        """Args: run: as claimed or begun. training: of the same options; resumed already where it goes on."""
        self._limits = limits
        self._store = store
        self._run = run
        self._training = training
        self._iterations = len(training.plan.train) // training.plan.recipe.batch_size
        self._intervals: list[IntervalPoint] = []
        self._epochs: list[EpochResult] = []
        self._complained = False
        self._orders = Orders("", run.watched)
        self._began = time.perf_counter()
        self._done_before = training.trainer.current_iteration
        self._looked = -math.inf
        self._next_snapshot = -math.inf
        self._shown = ""
        self._samples = sample_rows(training.plan.test)
        self.told_to_end = False
        self._too_much: LimitError | None = None
        store.rewind(run.number, self._done_before, training.results)

    def on_interval(self, report: TrainingReport) -> None:
        """Note a point of the curves."""
        self._intervals.append(
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
            TrainingStoppedError: somebody asked for it, or the training has taken as much as is allowed.
        """
        if self.told_to_end:
            raise ProcessEndedError
        if self._too_much is not None:
            raise TooMuchError(self._too_much)
        if time.perf_counter() - self._looked >= _SECONDS_BETWEEN_LOOKS:
            self.look()

    def on_epoch(self, result: EpochResult) -> None:
        """Write down a whole epoch."""
        self._record(self._snapshot(), result)
        if self._limits.disk is not None and size_of(self._training.folder) > self._limits.disk * 2**20:
            self._too_much = LimitError("disk", self._limits.disk)  # the last epoch ends all the same

    def look(self) -> None:
        """Write down what is new and do what is asked.

        Raises:
            TrainingStoppedError: somebody asked for it.
        """
        due = time.perf_counter() >= self._next_snapshot or self._orders.watched != self._shown
        self._record(self._snapshot() if due else None)
        self._looked = time.perf_counter()
        if self._orders.request:
            raise TrainingStoppedError(keep=self._orders.request == "stop")
        if self._limits.minutes is not None and self._seconds >= 60 * self._limits.minutes:
            self._too_much = LimitError("minutes", self._limits.minutes)

    @property
    def _seconds(self) -> float:
        return self._run.seconds + time.perf_counter() - self._began

    def _record(self, snapshot: Snapshot | None, epoch: EpochResult | None = None) -> None:
        self._epochs += [] if epoch is None else [epoch]
        try:
            self._orders = self._store.record(
                self._run.number, self._progress(), self._intervals, snapshot, self._epochs
            )
        except NoSuchRunError:
            raise TrainingStoppedError(keep=False) from None  # it was deleted
        except RunStoreError as error:
            # The training does not hang on the list: what is new is written when that works again.
            if not self._complained:
                _log.warning("%s; the training goes on, and is written down when that works again", error)
            self._complained = True
            return
        self._intervals, self._epochs, self._complained = [], [], False

    def _progress(self) -> Progress:
        total = self._training.plan.recipe.epochs * self._iterations
        done = self._training.trainer.current_iteration
        here = done - self._done_before
        left = (total - done) * (time.perf_counter() - self._began) / here if here else None
        epochs, iteration = divmod(done, self._iterations)
        if iteration == 0 and epochs:
            epochs, iteration = epochs - 1, self._iterations
        return Progress(epochs + 1, iteration, self._iterations, self._seconds, left)

    def _snapshot(self) -> Snapshot | None:
        """What the model can do by now; None where its numbers are beyond all bounds, which ends it soon."""
        began = time.perf_counter()
        training, self._shown = self._training, self._orders.watched
        pipeline = Pipeline("", training.model, training.plan.spec, digest="")
        corpus = training.plan.test.take(self._samples)
        guesses = pipeline.decode(corpus.questions)
        try:
            trace = pipeline.trace(self._shown or WATCHED)
        except SourceTextError:
            trace = pipeline.trace(corpus.questions[0])
        if trace.weights is not None and not np.isfinite(trace.weights).all():
            return None
        snapshot = Snapshot(
            iteration=training.trainer.current_iteration,
            samples=tuple(Sample(*row) for row in zip(corpus.questions, corpus.answers, guesses, strict=True)),
            text=trace.text,
            source=trace.source,
            output=trace.output,
            weights=None if trace.weights is None else _rows(trace.weights),
        )
        ended = time.perf_counter()
        self._next_snapshot = ended + _TRAINING_PER_SNAPSHOT * (ended - began)
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


class Recording:
    """A run that this process trains, from its claim to its end: a context whose end the store is told, whatever it is.

    Attributes:
        run: as the store knows it at the beginning.
        recorder: of its training, once `record` was called.
    """

    def __init__(self, store: RunStore, run: Run, lock: ProcessLock) -> None:
        """Args: run, lock: as claimed or begun."""
        self.run = run
        self.recorder: Recorder | None = None
        self._store = store
        self._lock = lock

    @classmethod
    def begin(cls, store: RunStore, options: TrainingOptions, name: str, folder: Path | None) -> Recording:
        """Of a run that this process begins; see `RunStore.begin`."""
        return cls(store, *store.begin(options, name, folder))

    def record(self, training: TrainingRun, limits: Limits = NO_LIMITS) -> Recorder:
        """Begin to write down a training. Args: limits: what it may take."""
        self.recorder = Recorder(self._store, self.run, training, limits)
        return self.recorder

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        number = self.run.number
        try:
            self._store.finish(number, *outcome_of(error))
            deleted = False
        except NoSuchRunError:
            deleted = True
        except RunStoreError as problem:
            deleted = False
            _log.warning("%s; what became of run %d is not written down", problem, number)
        self._lock.release()
        if deleted:
            self._store.remove_files(number)
