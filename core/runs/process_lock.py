"""A lock that a process holds while it lives: the operating system drops it when the process ends, however it ends.

So who holds it is alive, without a clock to misjudge or a process number that somebody else may have by now. The lock
is that of an open file, by **filelock**, which knows how every system calls it; the file stays empty.
"""

from __future__ import annotations

import os
from pathlib import Path

from filelock import lock_descriptor


class ProcessLock:
    """A lock on a file. Held until `release`, or until the process ends."""

    def __init__(self, descriptor: int) -> None:
        """Args: descriptor: of the open file, locked."""
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let others have it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def take_lock(file: Path) -> ProcessLock | None:
    """Take the lock of a file at once; None where another holds it. The file and its folder are made.

    Raises:
        OSError: the file cannot be made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    return _take(os.open(file, os.O_RDWR | os.O_CREAT, 0o666))


def is_locked(file: Path) -> bool:
    """Does a living process hold the lock of this file?

    Cost:
        a few microseconds: it is asked for every run that is shown, every second.
    """
    try:
        lock = _take(os.open(file, os.O_RDWR))
    except FileNotFoundError:
        return False
    if lock is None:
        return True
    lock.release()
    return False


def _take(descriptor: int) -> ProcessLock | None:
    try:
        taken = lock_descriptor(descriptor, blocking=False)
    except BaseException:
        os.close(descriptor)
        raise
    if taken:
        return ProcessLock(descriptor)
    os.close(descriptor)
    return None
