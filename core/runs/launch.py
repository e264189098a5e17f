"""Starts the processes that train what waits in a store."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
import time
from typing import Final

from core.backend.threads import THREAD_VARIABLES
from core.files.places import HOME_OF_CORE
from core.runs.limits import limits
from core.runs.process_lock import is_locked
from core.runs.store import RunStore
from core.runs.upkeep import tidy

FAILED_STARTS_TOLD: Final = 3
"""After so many workers in a row that ended before they could begin, a person is told."""

LOG_FILE: Final = "worker.log"
"""In the folder of the store: what workers say."""

_PAUSE_BETWEEN_STARTS: Final = 3.0
_LONGEST_PAUSE: Final = 60.0
_SECONDS_BETWEEN_TIDYING: Final = 60.0

_children: list[subprocess.Popen[bytes]] = []

_last_start = -math.inf
_last_tidying = -math.inf


def training_limit() -> int:
    """How many runs are trained at once: $ATTENTION_TRAINING_LIMIT, or 1."""
    text = os.environ.get("ATTENTION_TRAINING_LIMIT", "")
    return int(text) if re.fullmatch("[1-9][0-9]?", text) else 1


def ensure_workers(store: RunStore, limit: int | None = None) -> None:
    """Start what is needed for the queue to go on, and notice who died; cheap, to be called whenever runs are shown.

    A worker is a process of its own, `python -m core work`: it outlives this one, gives way to everything else on the
    machine, and ends when no run waits. Where workers end before they can begin, others are started ever more seldom,
    and `RunStore.failed_starts` counts them. Now and then the store is tidied, too.

    Args:
        limit: runs trained at once; `training_limit()` if None.
    Raises:
        RunStoreError: the store cannot be used.
        OSError: no process can be started.
    """
    global _last_start, _last_tidying
    limit = limit or training_limit()
    if time.monotonic() - _last_tidying >= _SECONDS_BETWEEN_TIDYING:
        _last_tidying = time.monotonic()
        tidy(store, limits())
    _bury(store)
    waiting = 0 if store.seconds_closed() else store.count("queued")
    alive = sum(is_locked(store.worker_lock_file(place)) for place in range(1, limit + 1))
    missing = min(waiting, limit - max(alive, len(_children)))
    if missing < 1:
        return
    pause = min(_LONGEST_PAUSE, _PAUSE_BETWEEN_STARTS * 2.0 ** max(0, store.failed_starts() - FAILED_STARTS_TOLD))
    if time.monotonic() - _last_start < pause:
        return
    _last_start = time.monotonic()
    _children.extend(_start_worker(store, limit) for _ in range(missing))


def _bury(store: RunStore) -> None:
    """Take leave of workers that have ended, and count those that could not do their work."""
    for child in [child for child in _children if child.poll() is not None]:
        _children.remove(child)
        if child.returncode:
            # One that has begun has set the count back, so that only those that end at once come to be many.
            store.note_start(good=False)


def _path() -> str:
    """Where a worker finds `core`, also where Python does not look into the current folder (PYTHONSAFEPATH)."""
    return os.pathsep.join(filter(None, [str(HOME_OF_CORE), os.environ.get("PYTHONPATH")]))


def _start_worker(store: RunStore, limit: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "core", "work", "--store", str(store.folder), "--limit", str(limit)]
    with open(store.folder / LOG_FILE, "ab") as log:
        return subprocess.Popen(
            command,
            cwd=HOME_OF_CORE,
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, "1") | {"PYTHONPATH": _path()},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
