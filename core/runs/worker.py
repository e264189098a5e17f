"""Trains the runs of a store, one after the other, until none waits: `python -m core work`."""

from __future__ import annotations

import logging
import os
import signal

import numpy as np

from core.exhibits.model_card import write_card
from core.runs.limits import Limits, limits
from core.runs.process_lock import take_lock
from core.runs.recording import Recording, outcome_of
from core.runs.store import RunStore, RunStoreError
from core.runs.upkeep import shrink, tidy
from core.training.training_run import STATE_FILE, TrainingRun, TrainingStoppedError

_log = logging.getLogger(__name__)


def work(store: RunStore, limit: int) -> None:
    """Train what waits until nothing does; returns at once where as many workers as allowed are at it.

    Told to end (SIGTERM), it stores where the run stands and ends. For the main thread of a process of its own.
    """
    locks = (take_lock(store.worker_lock_file(place)) for place in range(1, limit + 1))
    place = next((lock for lock in locks if lock is not None), None)
    if place is None:
        return
    store.note_start(good=True)
    allowed = limits()
    told_to_end = False
    while not told_to_end and (claimed := store.claim(allowed)) is not None:
        told_to_end = train_claimed(store, Recording(store, *claimed))
        _make_room(store, allowed)
    place.release()


def _make_room(store: RunStore, allowed: Limits) -> None:
    """After every run, in this process, since it looks at all files and this one gives way to all others."""
    try:
        tidy(store, allowed)
        shrink(store, allowed)
    except RunStoreError as error:
        _log.warning("%s; what is old is deleted when that works again", error)


def train_claimed(store: RunStore, recording: Recording) -> bool:
    """Train a run to its end, or as far as it gets; the store is told what became of it.

    Returns:
        whether this process was told to end.
    """
    told_to_end = False

    def end(*_: object) -> None:
        nonlocal told_to_end
        told_to_end = True
        if recording.recorder is not None:
            recording.recorder.told_to_end = True

    previous = signal.signal(signal.SIGTERM, end)
    try:
        with recording:
            _train(recording)
    except TrainingStoppedError:
        pass
    except Exception as error:
        # Where it is a mistake of the program, with all that helps to find it.
        _log.warning("run %d: %s", recording.run.number, error, exc_info=outcome_of(error).problem == "error")
    finally:
        signal.signal(signal.SIGTERM, previous)
    return told_to_end


def _train(recording: Recording) -> None:
    run = recording.run
    run.options.check_memory()
    dtype = np.dtype(run.options.dtype).type
    training = TrainingRun(run.options.plan(), run.folder, device=run.options.device, dtype=dtype)
    if training.can_resume:
        training.resume()
    recorder = recording.record(training, limits())
    recorder.look()
    try:
        training.run(on_interval=recorder.on_interval, on_iteration=recorder.on_iteration, on_epoch=recorder.on_epoch)
    except TrainingStoppedError as stop:
        if stop.keep:
            write_card(run.folder)
        raise
    write_card(run.folder)
    (run.folder / STATE_FILE).unlink(missing_ok=True)


def be_modest() -> None:
    """Give way to everything else on the machine, where the system knows how."""
    if hasattr(os, "nice"):
        os.nice(10)
