"""Training runs kept in a small database: who waits, who trains, how it went, and what is asked of them.

A store is a folder:

    runs.sqlite3      the runs, their curves, and what a person asks of them
    reserve           nothing, to be deleted when the disk is full, so that this can still be written down
    <number>/         the files of a run (`core.training.training_run`), and its data if they came from a file
    locks/            one file a run, locked while a process trains it, and one for every worker

Pages and commands read and ask; a worker (`core.runs.worker`) trains, in a process of its own, and answers within about
a second. All of them may be different processes. None of them has to live on: a worker that is gone, for whatever
reason, is told from its lock, and its run is then "interrupted" and can be resumed.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from core.files.atomic_write import write_atomically
from core.files.places import runs_folder
from core.files.wording import writable
from core.runs.database import Database
from core.runs.database import RunStoreError as RunStoreError
from core.runs.process_lock import ProcessLock, is_locked, take_lock
from core.runs.run import IntervalPoint, Orders, Problem, Progress, Run, Snapshot, Status, checked_name
from core.training.options import TrainingOptions
from core.training.trainer import EpochResult
from core.training.training_data import FileData

DATABASE_FILE: Final = "runs.sqlite3"
_RESERVE_FILE: Final = "reserve"
_RESERVE_BYTES: Final = 2**18


_DIED = "the process that trained it ended without a word; nothing before its last stored state is lost"


class NoSuchRunError(RunStoreError):
    """There is no run of this number, or no longer."""


class RunStore:
    """The runs of a folder. Safe to share between threads; any number of processes may use the same folder.

    Raises:
        RunStoreError: by every method, where the database is damaged, foreign, locked for long or cannot be written.
        NoSuchRunError: by every method with a number that no run has.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Args: folder: made where it is missing; `runs_folder()` if None."""
        self.folder = (folder or runs_folder()).resolve()
        self.file = self.folder / DATABASE_FILE
        self._database = Database(self.file)
        with self._database.transaction():
            pass

    # ---- what pages and commands read

    def list(self) -> Sequence[Run]:
        """Every run, the newest first."""
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT * FROM runs ORDER BY number DESC").fetchall()
        return [self._living(self._run(row)) for row in rows]

    def get(self, number: int) -> Run:
        """One run."""
        with self._database.transaction() as connection:
            row = self._row(connection, number)
        return self._living(self._run(row))

    def intervals(self, number: int, after: int = 0) -> Sequence[IntervalPoint]:
        """The points of the curves that come after an iteration."""
        return [
            IntervalPoint(*row)
            for row in self._read(
                "SELECT iteration, epoch, loss, gradient_norm, learning_rate, seconds FROM intervals"
                " WHERE run = ? AND iteration > ? ORDER BY iteration",
                (number, after),
            )
        ]

    def epochs(self, number: int) -> Sequence[EpochResult]:
        """What every whole epoch reached."""
        query = "SELECT epoch, loss, exact_match, seconds FROM epochs WHERE run = ? ORDER BY epoch"
        return [EpochResult(*row) for row in self._read(query, (number,))]

    def snapshot(self, number: int) -> Snapshot | None:
        """What the model did last; None before it did anything."""
        with self._database.transaction() as connection:
            content = self._row(connection, number)["snapshot"]
        return Snapshot.from_json(content) if content else None

    def place_in_queue(self, number: int) -> int:
        """How many runs are trained before this one is, itself included: 1 is next; 0 for a run that does not wait."""
        query = (
            "SELECT count(*) FROM runs AS mine JOIN runs AS other ON other.place <= mine.place"
            " WHERE mine.number = ? AND mine.status = 'queued' AND other.status = 'queued'"
        )
        return int(self._read(query, (number,))[0][0])

    # ---- what a person asks

    def add(self, options: TrainingOptions, name: str = "") -> Run:
        """Put a run at the end of the queue; a data file is copied to the run's own files.

        Raises:
            ValueError: the name is too long or cannot be shown.
            TooLargeError: it would take more memory than there is; says what to lower.
            CorpusError: the data file cannot be read.
            OSError: the data file cannot be copied.
        """
        name = checked_name(name)
        options.check_memory()
        with self._database.transaction(write=True) as connection:
            number = self._insert(connection, options, name, folder="")
        return self.get(number)

    def begin(self, options: TrainingOptions, name: str = "", folder: Path | None = None) -> tuple[Run, ProcessLock]:
        """Add a run that this process trains at once, or go on with the one of a folder that has one.

        Args:
            folder: where its files go, outside of the store; None for the run's own folder.
        Returns:
            the run, and the lock to release after `finish`.
        Raises:
            RunStoreError: another process trains the run of this folder.
            Others as `add`.
        """
        name = checked_name(name)
        self._keep_reserve()
        with self._database.transaction(write=True) as connection:
            number = None if folder is None else self._run_in(connection, folder.resolve())
            if number is None:
                outside = writable(str(folder.resolve())) if folder else ""
                number = self._insert(connection, options, name, outside)
            lock = take_lock(self._lock_file(number))
            if lock is None:
                raise RunStoreError(f"run {number} is being trained by another process; pause or stop it first")
            connection.execute(
                "UPDATE runs SET status = 'running', request = '', problem = '', message = '', options = ?,"
                " name = coalesce(nullif(?, ''), name) WHERE number = ?",
                (json.dumps(options.to_dict()), name, number),
            )
        return self.get(number), lock

    def ask(self, number: int, what: Literal["pause", "resume", "stop"]) -> Run:
        """Ask something of a run; what makes no sense in its state changes nothing.

        A running run answers within about a second and is then "paused" or "stopped"; nothing is lost, and the place
        is free for the next in the queue. A resumed one goes to the end of the queue.
        """
        with self._database.transaction(write=True) as connection:
            run = self._run(self._row(connection, number))
            if run.status == "running" and is_locked(self._lock_file(number)):
                connection.execute(
                    "UPDATE runs SET request = ? WHERE number = ?", ("" if what == "resume" else what, number)
                )
            elif what == "resume" and (run.can_resume or run.status == "running"):
                connection.execute(
                    "UPDATE runs SET status = 'queued', request = '', problem = '', message = '',"
                    " place = (SELECT max(place) + 1 FROM runs) WHERE number = ?",
                    (number,),
                )
            elif run.status in {"pause": {"queued"}, "stop": {"queued", "paused", "interrupted"}}.get(what, ()):
                status = "paused" if what == "pause" else "stopped"
                connection.execute("UPDATE runs SET status = ? WHERE number = ?", (status, number))
        return self.get(number)

    def rename(self, number: int, name: str) -> None:
        """Call a run something else.

        Raises:
            ValueError: the name is too long or cannot be shown.
        """
        self._write("UPDATE runs SET name = ? WHERE number = ?", (checked_name(name), number))

    def watch(self, number: int, text: str) -> None:
        """Draw the attention map of another date; one that the model cannot read gives the usual one."""
        storable = text[:1000].encode(errors="replace").decode()
        self._write("UPDATE runs SET watched = ? WHERE number = ?", (storable, number))

    def delete(self, number: int) -> None:
        """Forget a run, and delete its files where they are in the store; who trains it notices and stops."""
        with self._database.transaction(write=True) as connection:
            self._row(connection, number)
            connection.execute("DELETE FROM runs WHERE number = ?", (number,))
        if not is_locked(self._lock_file(number)):
            self.remove_files(number)

    # ---- what a worker writes

    def claim(self) -> tuple[Run, ProcessLock] | None:
        """The next of the queue, "running" from now on in this process; None where none waits.

        Returns:
            the run, and the lock to release after `finish`.
        """
        self._keep_reserve()
        with self._database.transaction(write=True) as connection:
            row = connection.execute("SELECT * FROM runs WHERE status = 'queued' ORDER BY place LIMIT 1").fetchone()
            if row is None:
                return None
            lock = take_lock(self._lock_file(row["number"]))
            if lock is None:
                return None
            connection.execute("UPDATE runs SET status = 'running', request = '' WHERE number = ?", (row["number"],))
            return replace(self._run(row), status="running", request=""), lock

    def record(
        self,
        number: int,
        progress: Progress,
        intervals: Sequence[IntervalPoint] = (),
        snapshot: Snapshot | None = None,
        epochs: Sequence[EpochResult] = (),
    ) -> Orders:
        """Write down how a run goes, in one transaction, and hear what is asked of it."""
        with self._database.transaction(write=True) as connection:
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
        with self._database.transaction(write=True) as connection:
            connection.execute("DELETE FROM intervals WHERE run = ? AND iteration > ?", (number, iteration))
            connection.execute("DELETE FROM epochs WHERE run = ?", (number,))
            best = max((result.exact_match for result in epochs), default=None)
            connection.execute("UPDATE runs SET exact_match = ? WHERE number = ?", (best, number))
            connection.executemany(
                "INSERT INTO epochs (run, epoch, loss, exact_match, seconds) VALUES (?, ?, ?, ?, ?)",
                [(number, result.epoch, result.loss, result.exact_match, result.seconds) for result in epochs],
            )

    def finish(self, number: int, status: Status, problem: Problem = "", message: str = "") -> None:
        """Say what became of a run that this process trained; to be called before the lock is released."""
        assert status in get_args(Status) and problem in get_args(Problem)
        statement = "UPDATE runs SET status = ?, request = '', problem = ?, message = ? WHERE number = ?"
        values = (status, problem, message, number)
        try:
            self._write(statement, values)
        except RunStoreError as error:
            if not error.disk_full:
                raise
            # Room that was kept for this sentence.
            (self.folder / _RESERVE_FILE).unlink(missing_ok=True)
            self._write(statement, values)

    def remove_files(self, number: int) -> None:
        """Delete a run's files; those that a person wanted in another folder stay."""
        shutil.rmtree(self.folder / str(number), ignore_errors=True)
        with suppress(OSError):
            self._lock_file(number).unlink()

    def worker_lock_file(self, place: int) -> Path:
        """What the worker in a place, from 1, holds the lock of."""
        return self.folder / "locks" / f"worker-{place}.lock"

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        self._database.close()

    # ---- the database

    def _keep_reserve(self) -> None:
        file = self.folder / _RESERVE_FILE
        with suppress(OSError):
            if not file.exists():
                write_atomically(file, bytes(_RESERVE_BYTES))

    def _run_in(self, connection: sqlite3.Connection, folder: Path) -> int | None:
        """The number of the run whose files are in a folder."""
        for number, outside in connection.execute("SELECT number, folder FROM runs ORDER BY number DESC"):
            if folder == (Path(outside) if outside else self.folder / str(number)):
                return int(number)
        return None

    def _insert(self, connection: sqlite3.Connection, options: TrainingOptions, name: str, folder: str) -> int:
        """A new run at the end of the queue, its data file among its files. Returns: its number."""
        cursor = connection.execute(
            "INSERT INTO runs (key, name, options, folder, created, status, place)"
            " VALUES (?, ?, ?, ?, ?, 'queued', (SELECT coalesce(max(place), 0) + 1 FROM runs))",
            (secrets.token_urlsafe(12), name, json.dumps(options.to_dict()), folder, time.time()),
        )
        number = int(cursor.lastrowid or 0)
        if isinstance(options.data, FileData):
            copy = self._data_file(number)
            try:
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(options.data.file, copy)
            except OSError:
                self.remove_files(number)
                raise
        return number

    def _run(self, row: sqlite3.Row) -> Run:
        number = row["number"]
        try:
            options = TrainingOptions.from_dict(json.loads(row["options"]))
            created = datetime.fromtimestamp(row["created"], UTC)
        except (ValueError, TypeError, OverflowError, OSError) as error:
            raise RunStoreError(
                f"{self.file}: the settings of run {number} cannot be read ({error}); "
                f"delete it with `python -m core runs --delete {number}`"
            ) from error
        if isinstance(options.data, FileData):
            # The folder of the store may have been moved.
            options = replace(options, data=replace(options.data, file=self._data_file(number)))
        return Run(
            number=number,
            key=row["key"],
            name=row["name"],
            options=options,
            folder=Path(row["folder"]) if row["folder"] else self.folder / str(number),
            created=created,
            status=row["status"],
            request=row["request"],
            watched=row["watched"],
            progress=Progress(row["epoch"], row["iteration"], row["iterations"], row["seconds"], row["seconds_left"]),
            exact_match=row["exact_match"],
            problem=row["problem"],
            message=row["message"],
        )

    def _living(self, run: Run) -> Run:
        """The run; where it is said to be running but nobody holds its lock, it is interrupted from now on."""
        if run.status != "running" or is_locked(self._lock_file(run.number)):
            return run
        with self._database.transaction(write=True) as connection:
            row = connection.execute("SELECT * FROM runs WHERE number = ?", (run.number,)).fetchone()
            # Again, now that nobody else can begin or end it: it may just have.
            if row is None or row["status"] != "running" or is_locked(self._lock_file(run.number)):
                return run if row is None else self._run(row)
            connection.execute(
                "UPDATE runs SET status = 'interrupted', request = '', problem = 'died', message = ? WHERE number = ?",
                (_DIED, run.number),
            )
            row = self._row(connection, run.number)
        return self._run(row)

    def _row(self, connection: sqlite3.Connection, number: int) -> sqlite3.Row:
        row = connection.execute("SELECT * FROM runs WHERE number = ?", (number,)).fetchone()
        if row is None:
            raise NoSuchRunError(f"there is no run {number} in {self.folder}")
        assert isinstance(row, sqlite3.Row)
        return row

    def _read(self, query: str, values: tuple[Any, ...]) -> Sequence[sqlite3.Row]:
        with self._database.transaction() as connection:
            return connection.execute(query, values).fetchall()

    def _write(self, statement: str, values: tuple[Any, ...]) -> None:
        with self._database.transaction(write=True) as connection:
            if not connection.execute(statement, values).rowcount:
                raise NoSuchRunError(f"there is no run {values[-1]} in {self.folder}")

    def _lock_file(self, number: int) -> Path:
        return self.folder / "locks" / f"run-{number}.lock"

    def _data_file(self, number: int) -> Path:
        return self.folder / str(number) / "data.txt"
