"""The database of a store of runs: its tables, its transactions, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PATIENCE_SECONDS: Final = 20.0

_SCHEMA_VERSION: Final = 1
_APPLICATION_ID: Final = 0x52756E73  # "Runs", by which SQLite lets a program know its own files
_SCHEMA: Final = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    options TEXT NOT NULL,
    folder TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    place INTEGER NOT NULL,
    request TEXT NOT NULL DEFAULT '',
    watched TEXT NOT NULL DEFAULT '',
    epoch INTEGER NOT NULL DEFAULT 0,
    iteration INTEGER NOT NULL DEFAULT 0,
    iterations INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    seconds_left REAL,
    exact_match REAL,
    problem TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL DEFAULT ''
);
CREATE TABLE intervals (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    iteration INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    gradient_norm REAL,
    learning_rate REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, iteration)
) WITHOUT ROWID;
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    exact_match REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID;
"""


class RunStoreError(Exception):
    """The store, or a run in it, cannot be used; the message says why and what to do.

    Attributes:
        disk_full: no room was left to write.
    """

    def __init__(self, message: str, *, disk_full: bool = False) -> None:
        super().__init__(message)
        self.disk_full = disk_full


class Database:
    """The file of a store: opened when it is first used, made where it is missing. Threads may share it.

    Raises:
        RunStoreError: by every method but `close`, where the file is damaged, foreign, locked for long or cannot be
            written.
    """

    def __init__(self, file: Path) -> None:
        """Args: file: where it is, or will be; its folder is made, too."""
        self.file = file
        self._guard = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def transaction(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """All of what is done within, or nothing of it. Args: write: nobody else may write meanwhile."""
        with self._guard:
            try:
                connection = self._opened()
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                try:
                    yield connection
                    connection.execute("COMMIT")
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except (sqlite3.Error, UnicodeDecodeError) as error:
                raise _explained(error, self.file) from error

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _opened(self) -> sqlite3.Connection:
        """The connection; a new one where the file is no longer the one that was opened."""
        if self._connection is not None and self._identity == _identity(self.file):
            return self._connection
        self.close()
        folder = self.file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunStoreError(f"{folder}: {error.strerror}; set ATTENTION_RUNS to another folder") from error
        connection = sqlite3.connect(
            self.file, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            _prepare(connection, self.file)
        except BaseException:
            connection.close()
            raise
        self._connection, self._identity = connection, _identity(self.file)
        return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Check that the file is ours, and give a new one its tables."""
    if _is_new(connection, file):
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        if _is_new(connection, file):
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _is_new(connection: sqlite3.Connection, file: Path) -> bool:
    application, version, tables = (
        connection.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if not tables and not application:
        return True
    if application != _APPLICATION_ID:
        raise RunStoreError(
            f"{file}: is the database of another program; move it, or set ATTENTION_RUNS to another folder"
        )
    if version != _SCHEMA_VERSION:
        raise RunStoreError(
            f"{file}: has version {version} of the tables, and this program knows {_SCHEMA_VERSION}; "
            "use the program that wrote it, or set ATTENTION_RUNS to another folder"
        )
    return False


def _explained(error: sqlite3.Error | UnicodeDecodeError, file: Path) -> RunStoreError:
    """What went wrong, by the code that SQLite gives it; its words may change."""
    # Python itself refuses bytes that are no text where SQLite expects some, without a code: damage, too.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    match code & 0xFF:  # without what further tells one kind from another
        case sqlite3.SQLITE_FULL:
            return RunStoreError(f"{file}: the disk is full; make room and try again", disk_full=True)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return RunStoreError(f"{file}: another program has kept it locked for long; try again")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return RunStoreError(f"{file}: cannot be written ({error}); set ATTENTION_RUNS to another folder")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            remedy = "move it away to begin anew, or set ATTENTION_RUNS to another folder"
            return RunStoreError(f"{file}: is damaged ({error}); {remedy}")
    return RunStoreError(f"{file}: cannot be used ({error}); try again, or set ATTENTION_RUNS to another folder")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
