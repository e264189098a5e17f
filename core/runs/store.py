"""Training runs kept in a small database: who waits, who trains, how it went, and what is asked of them.

A store is a folder:

    runs.sqlite3      the runs, their curves, and what a person asks of them
    reserve           nothing, to be deleted when the disk is full, so that this can still be written down
    keys.json         the secrets of the server (`core.runs.keys`)
    <number>/         the files of a run (`core.training.training_run`), and its data if they came from a file
    locks/            one file a run, locked while a process trains it, and one for every worker

Pages and commands read and ask; a worker (`core.runs.worker`) trains, in a process of its own, and answers within about
a second. All of them may be different processes. None of them has to live on: a worker that is gone, for whatever
reason, is told from its lock, and its run is then "interrupted" and can be resumed.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from core.files.wording import writable
from core.runs import queue
from core.runs.database import RunStoreError as RunStoreError
from core.runs.events import CLOSED_SECONDS, note, seconds_closed, switch, switched
from core.runs.limits import NO_LIMITS, LimitError, Limits
from core.runs.process_lock import ProcessLock, is_locked, take_lock
from core.runs.reading import DATABASE_FILE as DATABASE_FILE
from core.runs.reading import NoSuchRunError as NoSuchRunError
from core.runs.reading import RunReader
from core.runs.rows import UnreadableRunError, data_file, read_run
from core.runs.run import IntervalPoint, Orders, Problem, Progress, Run, Snapshot, Status, checked_name
from core.training.options import TrainingOptions
from core.training.trainer import EpochResult
from core.training.training_data import FileData

SECONDS_TO_UNDO: Final = 60.0
"""So long a discarded run can be had back."""


class RunStore(RunReader):
    """The runs of a folder. Safe to share between threads; any number of processes may use the same folder.

    Methods that change a run take the number of the visitor who does (`by`), for the log that the teacher reads;
    whether they may is for the caller to ask (`core.runs.run.may_control`).

    Raises:
        As `RunReader`; also RunStoreError where the database cannot be written.
    """

    # ---- what a person asks

    def add(self, options: TrainingOptions, name: str = "", owner: str = "", limits: Limits = NO_LIMITS) -> Run:
        """Have a run wait for its turn; a data file is copied to the run's own files.

        Args:
            owner: the number of the visitor who asks.
            limits: what this visitor is allowed.
        Raises:
            ValueError: the name is too long or cannot be shown.
            TooLargeError: it would take more memory than there is; says what to lower.
            LimitError: it is more than is allowed, or training has been ended.
            CorpusError: the data file cannot be read.
            OSError: the data file cannot be copied.
        """
        name = checked_name(name)
        options.check_memory()
        if limits.model is not None and options.model_size() > limits.model * 2**20:
            raise LimitError("model", limits.model)
        if limits.disk is not None and options.disk_needed() > limits.disk * 2**20:
            raise LimitError("disk", limits.disk)
        with self.database.transaction(write=True) as connection:
            if seconds_closed(connection):
                raise LimitError("closed")
            queue.check_room(connection, owner, limits)
            number = self._insert(connection, options, name, owner=owner)
            note(connection, owner, "queued", number, name)
        return self.get(number)

    def begin(self, options: TrainingOptions, name: str = "", folder: Path | None = None) -> tuple[Run, ProcessLock]:
        """Add a run that this process trains at once, or go on with the one of a folder that has one.

        Args:
            folder: where its files go, outside of the store; None for the run's own folder.
        Returns:
            the run, and the lock to release after `finish`.
        Raises:
            RunStoreError: another process trains the run of this folder.
            Others as `add`, but LimitError.
        """
        name = checked_name(name)
        self.database.keep_reserve()
        with self.database.transaction(write=True) as connection:
            number = None if folder is None else self._run_in(connection, folder.resolve())
            if number is None:
                outside = writable(str(folder.resolve())) if folder else ""
                number = self._insert(connection, options, name, outside)
            lock = take_lock(self.lock_file(number))
            if lock is None:
                raise RunStoreError(f"run {number} is being trained by another process; pause or stop it first")
            connection.execute(
                "UPDATE runs SET status = 'running', request = '', problem = '', message = '', options = ?,"
                " name = coalesce(nullif(?, ''), name), changed = ? WHERE number = ?",
                (json.dumps(options.to_dict()), name, time.time(), number),
            )
        return self.get(number), lock

    def ask(
        self, number: int, what: Literal["pause", "resume", "stop"], by: str = "", limits: Limits = NO_LIMITS
    ) -> Run:
        """Ask something of a run; what makes no sense in its state changes nothing.

        A running run answers within about a second and is then "paused" or "stopped"; nothing is lost, and the place
        is free for the next in the queue. A resumed one goes to the end of the queue.

        Raises:
            LimitError: it may not be resumed.
        """
        self._although_full(lambda: self._ask(number, what, by, limits))
        return self.get(number)

    def rename(self, number: int, name: str, by: str = "") -> None:
        """Call a run something else.

        Raises:
            ValueError: the name is too long or cannot be shown.
        """
        name = checked_name(name)

        def write() -> None:
            with self.database.transaction(write=True) as connection:
                self._row(connection, number)
                connection.execute("UPDATE runs SET name = ? WHERE number = ?", (name, number))
                note(connection, by, "renamed", number, name)

        self._although_full(write)

    def watch(self, number: int, text: str) -> None:
        """Draw the attention map of another date; one that the model cannot read gives the usual one."""
        storable = text[:1000].encode(errors="replace").decode()
        self._write("UPDATE runs SET watched = ? WHERE number = ?", (storable, number))

    def discard(self, number: int, by: str = "") -> None:
        """Delete a run so that it can be had back for about a minute (`restore`); who trains it notices and stops.

        On a disk that is full to the last byte it is deleted for good.
        """

        def write() -> None:
            with self.database.transaction(write=True) as connection:
                name = self._row(connection, number)["name"]
                connection.execute("UPDATE runs SET deleted = ? WHERE number = ?", (time.time(), number))
                note(connection, by, "deleted", number, name)

        try:
            self._although_full(write)
        except RunStoreError as error:
            if not error.disk_full:
                raise
            self.delete(number, by)

    def restore(self, number: int, by: str = "") -> None:
        """Have a discarded run back; one that was being trained is then paused."""
        with self.database.transaction(write=True) as connection:
            row = connection.execute("SELECT name FROM runs WHERE number = ? AND deleted > 0", (number,)).fetchone()
            if row is None:
                raise self._no_such_run(number)
            connection.execute("UPDATE runs SET deleted = 0 WHERE number = ?", (number,))
            note(connection, by, "restored", number, row["name"])

    def delete(self, number: int, by: str = "") -> None:
        """Forget a run, and delete its files where they are in the store; who trains it notices and stops."""

        def write() -> None:
            with self.database.transaction(write=True) as connection:
                name = self._row(connection, number)["name"]
                connection.execute("DELETE FROM runs WHERE number = ?", (number,))
                note(connection, by, "deleted", number, name)

        try:
            self._although_full(write)
        except RunStoreError as error:
            if not error.disk_full or self.is_trained(number):
                raise
            self.remove_files(number)  # which makes room
            write()
        self._clear_away(number)

    def delete_discarded(self, number: int) -> None:
        """Delete for good what was discarded, or is too old."""
        self._although_full(lambda: self._write("DELETE FROM runs WHERE number = ?", (number,)))
        self._clear_away(number)

    # ---- what the teacher asks

    def close_training(self, by: str = "") -> None:
        """End training for an hour: what is trained is paused, what waits goes on waiting, nothing is added."""
        with self.database.transaction(write=True) as connection:
            switch(connection, "closed_until", time.time() + CLOSED_SECONDS)
            connection.execute("UPDATE runs SET request = 'pause' WHERE status = 'running' AND deleted = 0")
            note(connection, by, "closed")

    def open_training(self, by: str = "") -> None:
        """Let training go on."""
        with self.database.transaction(write=True) as connection:
            switch(connection, "closed_until", 0)
            note(connection, by, "opened")

    # ---- what a worker writes

    def claim(self, limits: Limits = NO_LIMITS) -> tuple[Run, ProcessLock] | None:
        """The next of the queue, "running" from now on in this process; None where none waits, or none may begin.

        Returns:
            the run, and the lock to release after `finish`.
        """
        self.database.keep_reserve()
        with self.database.transaction(write=True) as connection:
            if seconds_closed(connection):
                return None
            trained = self._owners_of_trained(connection)
            for number, owner in list(queue.in_order(connection)):
                if limits.training_each is not None and trained.count(owner) >= limits.training_each:
                    continue
                try:
                    run = read_run(self._row(connection, number), self.folder)
                except UnreadableRunError as error:
                    # Nobody behind it shall wait for it.
                    connection.execute(
                        "UPDATE runs SET status = 'failed', problem = 'input', message = ? WHERE number = ?",
                        (writable(str(error)), number),
                    )
                    continue
                lock = take_lock(self.lock_file(number))
                if lock is None:
                    continue
                connection.execute(
                    "UPDATE runs SET status = 'running', request = '', changed = ? WHERE number = ?",
                    (time.time(), number),
                )
                queue.note_served(connection, owner)
                return replace(run, status="running", request=""), lock
        return None

    def note_start(self, good: bool) -> None:
        """Write down that a worker has begun its work, or has ended before it could."""
        if good and not self.failed_starts():
            return
        with self.database.transaction(write=True) as connection:
            failed = 0 if good else switched(connection, "failed_starts") + 1
            switch(connection, "failed_starts", failed)

    def record(
        self,
        number: int,
        progress: Progress,
        intervals: Sequence[IntervalPoint] = (),
        snapshot: Snapshot | None = None,
        epochs: Sequence[EpochResult] = (),
    ) -> Orders:
        """Write down how a run goes, in one transaction, and hear what is asked of it."""
        with self.database.transaction(write=True) as connection:
            row = self._row(connection, number)
            values: dict[str, Any] = asdict(progress)
            if snapshot is not None:
                values["snapshot"] = snapshot.to_json()
            if epochs:
                values["exact_match"] = max(result.exact_match for result in epochs)
                if row["exact_match"] is not None:
                    values["exact_match"] = max(values["exact_match"], row["exact_match"])
            settings = ", ".join(f"{name} = :{name}" for name in values)
            connection.execute(f"UPDATE runs SET {settings} WHERE number = :number", values | {"number": number})
            connection.executemany(
                "INSERT OR REPLACE INTO intervals (run, iteration, epoch, loss, gradient_norm, learning_rate, seconds)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(number, *point) for point in intervals],
            )
            connection.executemany(
                "INSERT OR REPLACE INTO epochs (run, epoch, loss, exact_match, seconds) VALUES (?, ?, ?, ?, ?)",
                [(number, result.epoch, result.loss, result.exact_match, result.seconds) for result in epochs],
            )
            return Orders(row["request"], row["watched"])

    def rewind(self, number: int, iteration: int, epochs: Sequence[EpochResult]) -> None:
        """Forget what was recorded after a state that is gone on from: iterations done, and whole epochs."""
        with self.database.transaction(write=True) as connection:
            connection.execute("DELETE FROM intervals WHERE run = ? AND iteration > ?", (number, iteration))
            connection.execute("DELETE FROM epochs WHERE run = ?", (number,))
            best = max((result.exact_match for result in epochs), default=None)
            connection.execute("UPDATE runs SET exact_match = ? WHERE number = ?", (best, number))
            connection.executemany(
                "INSERT INTO epochs (run, epoch, loss, exact_match, seconds) VALUES (?, ?, ?, ?, ?)",
                [(number, result.epoch, result.loss, result.exact_match, result.seconds) for result in epochs],
            )

    def finish(self, number: int, status: Status, problem: Problem = "", message: str = "") -> None:
        """Say what became of a run that this process trained; to be called before the lock is released.

        Raises:
            NoSuchRunError: it was deleted; one that is only discarded is told, for it may be had back.
        """
        assert status in get_args(Status) and problem in get_args(Problem)
        statement = "UPDATE runs SET status = ?, request = '', problem = ?, message = ?, changed = ? WHERE number = ?"
        values = (status, problem, writable(message), time.time(), number)
        self._although_full(lambda: self._write(statement, values))

    def remove_files(self, number: int) -> None:
        """Delete a run's files; those that a person wanted in another folder stay."""
        shutil.rmtree(self.folder / str(number), ignore_errors=True)
        with suppress(OSError):
            self.lock_file(number).unlink()

    # ---- the database

    def _clear_away(self, number: int) -> None:
        if not is_locked(self.lock_file(number)):
            self.remove_files(number)
            self.database.keep_reserve()

    def _ask(self, number: int, what: str, by: str, limits: Limits) -> None:
        with self.database.transaction(write=True) as connection:
            run = read_run(self._row(connection, number), self.folder)
            if run.status == "running" and is_locked(self.lock_file(number)):
                connection.execute(
                    "UPDATE runs SET request = ? WHERE number = ?", ("" if what == "resume" else what, number)
                )
            elif what == "resume" and (run.can_resume or run.status == "running"):
                if limits.minutes is not None and run.seconds >= 60 * limits.minutes:
                    raise LimitError("minutes", limits.minutes)
                if seconds_closed(connection):
                    raise LimitError("closed")
                queue.check_room(connection, run.owner, limits)
                connection.execute(
                    "UPDATE runs SET status = 'queued', request = '', problem = '', message = '', changed = ?,"
                    " place = (SELECT max(place) + 1 FROM runs) WHERE number = ?",
                    (time.time(), number),
                )
            elif run.status in {"pause": {"queued"}, "stop": {"queued", "paused", "interrupted"}}.get(what, ()):
                status = "paused" if what == "pause" else "stopped"
                connection.execute(
                    "UPDATE runs SET status = ?, changed = ? WHERE number = ?", (status, time.time(), number)
                )
            else:
                return
            note(connection, by, what, number, run.name)

    def _although_full(self, write: Callable[[], None]) -> None:
        """Write something that must be possible on a full disk: room was kept for it."""
        try:
            write()
        except RunStoreError as error:
            if not error.disk_full:
                raise
            self.database.free_reserve()
            write()

    def _owners_of_trained(self, connection: sqlite3.Connection) -> Sequence[str]:
        rows = connection.execute("SELECT number, owner FROM runs WHERE deleted = 0 AND status = 'running'").fetchall()
        return [row["owner"] for row in rows if is_locked(self.lock_file(row["number"]))]

    def _run_in(self, connection: sqlite3.Connection, folder: Path) -> int | None:
        """The number of the run whose files are in a folder."""
        query = "SELECT number, folder FROM runs WHERE deleted = 0 ORDER BY number DESC"
        for number, outside in connection.execute(query):
            if folder == (Path(outside) if outside else self.folder / str(number)):
                return int(number)
        return None

    def _insert(
        self, connection: sqlite3.Connection, options: TrainingOptions, name: str, folder: str = "", owner: str = ""
    ) -> int:
        """A new run at the end of the queue, its data file among its files. Returns: its number."""
        now = time.time()
        cursor = connection.execute(
            "INSERT INTO runs (owner, name, options, folder, created, changed, status, place)"
            " VALUES (?, ?, ?, ?, ?, ?, 'queued', (SELECT coalesce(max(place), 0) + 1 FROM runs))",
            (owner, name, json.dumps(options.to_dict()), folder, now, now),
        )
        number = int(cursor.lastrowid or 0)
        if isinstance(options.data, FileData):
            copy = data_file(self.folder, number)
            try:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(options.data.file, copy)
            except OSError:
                self.remove_files(number)
                raise
        return number

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self.database.transaction(write=True) as connection:
            if not connection.execute(statement, values).rowcount:
                raise self._no_such_run(values[-1])
