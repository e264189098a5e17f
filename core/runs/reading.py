"""What can be read of a store of runs, by any number of processes at once, without waiting for those that write."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from core.files.places import runs_folder
from core.runs import queue
from core.runs.database import PATIENCE_SECONDS, Database, RunStoreError
from core.runs.events import Event, seconds_closed, switched
from core.runs.process_lock import is_locked
from core.runs.rows import COLUMNS, UnreadableRun, UnreadableRunError, read_epochs, read_points, read_run, read_snapshot
from core.runs.run import IntervalPoint, Run, Snapshot, Status
from core.training.trainer import EpochResult

DATABASE_FILE: Final = "runs.sqlite3"
_DIED: Final = "the process that trained it ended without a word; nothing before its last stored state is lost"
_LOG: Final = logging.getLogger(__name__)


class NoSuchRunError(RunStoreError):
    """There is no run of this number, or no longer."""


class RunReader:
    """The runs of a folder, to be read. Safe to share between threads.

    Raises:
        RunStoreError: by every method, where the database is damaged, foreign or locked for long.
        NoSuchRunError: by every method with a number that no run has.
        UnreadableRunError: by every method that returns one run, where its row cannot be read.
    """

    def __init__(self, folder: Path | None = None, patience: float = PATIENCE_SECONDS) -> None:
        """Args: folder: made where it is missing; `runs_folder()` if None. patience: seconds to wait for others."""
        self.folder = (folder or runs_folder()).resolve()
        self.file = self.folder / DATABASE_FILE
        self.database = Database(self.file, patience)
        with self.database.transaction():
            pass

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        self.database.close()

    def list(self, status: Status | None = None, most: int = -1) -> Sequence[Run]:
        """The runs that can be read, the newest first. Args: status: of all of them. most: so many; -1 for all."""
        return [run for run in self.page(status=status, most=most) if isinstance(run, Run)]

    def page(self, *, status: Status | None = None, most: int = -1, skip: int = 0) -> Sequence[Run | UnreadableRun]:
        """Some of the runs, the newest first.

        Args:
            status: of all of them; None for any.
            most: how many; -1 for all.
            skip: how many newer ones are left out.
        Cost:
            reads `most` rows, and walks over the numbers of those that are skipped.
        """
        wanted, values = ("", ()) if status is None else (" AND status = ?", (status,))
        query = (
            f"SELECT {COLUMNS} FROM runs WHERE number IN (SELECT number FROM runs WHERE deleted = 0{wanted}"
            " ORDER BY number DESC LIMIT ? OFFSET ?) ORDER BY number DESC"
        )
        found: list[Run | UnreadableRun] = []
        for row in self._read(query, (*values, most, skip)):
            try:
                found.append(self._living(read_run(row, self.folder)))
            except UnreadableRunError as error:
                found.append(UnreadableRun(error.number, str(error)))
        return found

    def count(self, *statuses: Status) -> int:
        """How many runs there are; of these statuses, where some are named."""
        wanted = f" AND status IN ({', '.join('?' * len(statuses))})" if statuses else ""
        return int(self._read(f"SELECT count(*) FROM runs WHERE deleted = 0{wanted}", statuses)[0][0])

    def get(self, number: int) -> Run:
        """One run."""
        with self.database.transaction() as connection:
            row = self._row(connection, number)
        return self._living(read_run(row, self.folder))

    def intervals(self, number: int, after: int = 0) -> Sequence[IntervalPoint]:
        """The points of the curves that come after an iteration."""
        return read_points(
            self._read(
                "SELECT iteration, epoch, loss, gradient_norm, learning_rate, seconds FROM intervals"
                " WHERE run = ? AND iteration > ? ORDER BY iteration",
                (number, after),
            )
        )

    def epochs(self, number: int) -> Sequence[EpochResult]:
        """What every whole epoch reached."""
        query = "SELECT epoch, loss, exact_match, seconds FROM epochs WHERE run = ? ORDER BY epoch"
        return read_epochs(self._read(query, (number,)))

    def snapshot(self, number: int) -> Snapshot | None:
        """What the model did last; None before it did anything."""
        rows = self._read("SELECT snapshot FROM runs WHERE deleted = 0 AND number = ?", (number,))
        if not rows:
            raise self._no_such_run(number)
        return read_snapshot(number, rows[0]["snapshot"])

    def place_in_queue(self, number: int) -> int:
        """How many runs are trained before this one is, itself included: 1 is next; 0 for a run that does not wait."""
        with self.database.transaction() as connection:
            return queue.place_of(connection, number)

    def seconds_closed(self) -> float:
        """For how long training is ended; 0 where it is not."""
        with self.database.transaction() as connection:
            return seconds_closed(connection)

    def events(self, most: int = 100) -> Sequence[Event]:
        """What visitors did last, the latest first."""
        query = "SELECT moment, visitor, what, run, name FROM events ORDER BY number DESC LIMIT ?"
        return [Event(*row) for row in self._read(query, (most,))]

    def failed_starts(self) -> int:
        """How many workers in a row have ended before they could begin."""
        with self.database.transaction() as connection:
            return int(switched(connection, "failed_starts"))

    def is_trained(self, number: int) -> bool:
        """Does a living process train this run?"""
        return is_locked(self.lock_file(number))

    def worker_lock_file(self, place: int) -> Path:
        """What the worker in a place, from 1, holds the lock of."""
        return self.folder / "locks" / f"worker-{place}.lock"

    def _living(self, run: Run) -> Run:
        """The run; where it is said to be running but nobody holds its lock, it is interrupted from now on."""
        if run.status != "running" or is_locked(self.lock_file(run.number)):
            return run
        try:
            with self.database.transaction(write=True) as connection:
                query = f"SELECT {COLUMNS} FROM runs WHERE number = ?"
                row = connection.execute(query, (run.number,)).fetchone()
                # Again, now that nobody else can begin or end it: it may just have.
                if row is None or row["status"] != "running" or is_locked(self.lock_file(run.number)):
                    return run if row is None else read_run(row, self.folder)
                connection.execute(
                    "UPDATE runs SET status = 'interrupted', request = '', problem = 'died', message = ?, changed = ?"
                    " WHERE number = ?",
                    (_DIED, time.time(), run.number),
                )
        except RunStoreError as error:
            if not (error.disk_full or error.busy):
                raise
            _LOG.warning("%s; that run %d is interrupted is not written down yet", error, run.number)
        return replace(run, status="interrupted", request="", problem="died", message=_DIED)

    def _row(self, connection: sqlite3.Connection, number: int) -> sqlite3.Row:
        query = f"SELECT {COLUMNS} FROM runs WHERE number = ? AND deleted = 0"
        row = connection.execute(query, (number,)).fetchone()
        if row is None:
            raise self._no_such_run(number)
        assert isinstance(row, sqlite3.Row)
        return row

    def _no_such_run(self, number: int) -> NoSuchRunError:
        return NoSuchRunError(f"there is no run {number} in {self.folder}")

    def _read(self, query: str, values: tuple[Any, ...]) -> Sequence[sqlite3.Row]:
        with self.database.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def lock_file(self, number: int) -> Path:
        """What who trains a run holds the lock of."""
        return self.folder / "locks" / f"run-{number}.lock"
