"""Measuring a model over all held-out dates while the app goes on: one run at a time, seen by every visitor.

A run has a process of its own, beside those of the pool, so that neither a click nor a short question waits for it.
What it finds is kept by the digest of the parameters, for everybody, until the server stops.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.analysis.truth import Truth, measure_truth, shipped_truth
from core.data.held_out import held_out_dates
from core.decoding.pipeline import Pipeline
from viz_app.session import models
from viz_app.session.model_file import ModelFile
from viz_app.session.pool import WorkerProcess, process_limit
from viz_app.session.pool_work import measure_held_out

_LOG: Final = logging.getLogger(__name__)
# A result holds some 30 kB.
_RESULTS_AT_MOST: Final = 16
_SECONDS_AT_MOST: Final = 600.0


@dataclass(frozen=True)
class Measured:
    """What a run found, and the seconds that it took."""

    truth: Truth
    seconds: float


class _StoppedError(Exception):
    """Somebody has stopped the run."""


class MeasurementRun:
    """One run, under way or over.

    Attributes:
        model: the name of the model.
        done, total: decodings; `total` is 0 before the dates are made.
        over: it has ended, be it with a result, stopped, or failed.
        failed: it ended with an exception, which is in the server's log.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.done = 0
        self.total = 0
        self.over = False
        self.failed = False
        self._stop = threading.Event()

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1."""
        return self.done / self.total if self.total else 0.0

    def stop(self) -> None:
        """Let it end after the batch that it is at."""
        self._stop.set()

    def report(self, done: int, total: int) -> None:
        """Note how far it is; raises once it has been stopped."""
        self.done, self.total = done, total
        if self._stop.is_set():
            raise _StoppedError


class Measurements:
    """Where runs are asked for and their results are found. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: MeasurementRun | None = None
        self._thread: threading.Thread | None = None
        self._results: OrderedDict[str, Measured] = OrderedDict()

    @property
    def running(self) -> MeasurementRun | None:
        """The run that is under way."""
        return None if self._last is None or self._last.over else self._last

    def failed(self, model: str) -> bool:
        """Whether the last run was of this model, and failed."""
        return self._last is not None and self._last.model == model and self._last.failed

    def result(self, digest: str) -> Measured | None:
        """What was found for parameters of this digest."""
        return self._results.get(digest)

    def start(self, model: str) -> MeasurementRun | None:
        """Begin to measure a model; None where another run is under way."""
        with self._lock:
            if self.running is not None:
                return None
            self._last = run = MeasurementRun(model)
            self._thread = threading.Thread(target=self._measure, args=(run,), name=f"measuring {model}", daemon=True)
            self._thread.start()
        return run

    def wait(self) -> None:
        """Return when no run is under way."""
        if self._thread is not None:
            self._thread.join()

    def _measure(self, run: MeasurementRun) -> None:
        began = time.monotonic()
        try:
            if process_limit() == 0:
                pipeline = models.load(run.model)
                truth, digest = measure_truth(pipeline, held_out_dates(), run.report), pipeline.digest
            else:
                file = models.file_of(models.pipeline(run.model))
                truth, digest = _measured_elsewhere(file, run), file.digest
            self._keep(digest, Measured(truth, time.monotonic() - began))
        except _StoppedError:
            pass
        except Exception:
            run.failed = True
            _LOG.exception("measuring %r failed", run.model)
        finally:
            run.over = True

    def _keep(self, digest: str, measured: Measured) -> None:
        self._results[digest] = measured
        self._results.move_to_end(digest)
        while len(self._results) > _RESULTS_AT_MOST:
            self._results.popitem(last=False)


def _measured_elsewhere(file: ModelFile, run: MeasurementRun) -> Truth:
    process = WorkerProcess()
    try:
        truth: Truth = process.call(measure_held_out, (file,), _SECONDS_AT_MOST, run.report)[0]
        return truth
    finally:
        process.end()


@st.cache_resource(show_spinner=False)
def measurements() -> Measurements:
    """Those of this server."""
    return Measurements()


@st.cache_resource(max_entries=_RESULTS_AT_MOST, show_spinner=False)
def shipped(digest: str, _pipeline: Pipeline) -> Truth | None:
    """What was measured of a model before it was shipped; None where nothing was, or its file is damaged."""
    try:
        return shipped_truth(_pipeline)
    except (OSError, ValueError):
        _LOG.exception("what was measured of %r cannot be read", _pipeline.name)
        return None
