"""A lock that a process holds while it lives: the operating system drops it when the process ends, however it ends.

So who holds it is alive, without a clock to misjudge or a process number that somebody else may have by now. The lock
is that of an SQLite file, which works the same on every system; the file stays empty.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path


class ProcessLock:
    """A lock on a file. Held until `release`, or until the process ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def release(self) -> None:
        """Let others have it."""
        self._connection.close()


def take_lock(file: Path) -> ProcessLock | None:
    """Take the lock of a file at once; None where another holds it. The file and its folder are made.

    Raises:
        OSError: the file cannot be made.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    connection = sqlite3.connect(file, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        connection.close()
        return None
    return ProcessLock(connection)


def is_locked(file: Path) -> bool:
    """Does a living process hold the lock of this file?"""
    if not file.exists():
        return False
    lock = take_lock(file)
    if lock is not None:
        lock.release()
    return lock is None
