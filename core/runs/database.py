"""The database of a store of runs: its connections and transactions, and what is said when it cannot be used."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from core.files.atomic_write import write_atomically
from core.runs.schema import VERSIONS

PATIENCE_SECONDS: Final = 20.0
"""So long a worker or a command waits for others that write."""

_APPLICATION_ID: Final = 0x52756E73  # "Runs", by which SQLite lets a program know its own files
_RESERVE_FILE: Final = "reserve"
_RESERVE_BYTES: Final = 2**18
# SQLite calls a full disk by several names, where it cannot make the file that readers share. With less room than this
# the disk is what is wrong.
_ROOM_NEEDED: Final = 2**16
# Where a damaged file is quoted in SQLite's own words, Python may not even be able to read these.
_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)


class RunStoreError(Exception):
    """The store, or a run in it, cannot be used; the message says why and what to do.

    Attributes:
        disk_full: no room was left to write.
        busy: others write; a moment later it may work.
    """

    def __init__(self, message: str, *, disk_full: bool = False, busy: bool = False) -> None:
        super().__init__(message)
        self.disk_full = disk_full
        self.busy = busy


class Database:
    """The file of a store: opened when it is first used, made where it is missing. Threads may share it.

    Reading has a connection of its own, so that nobody who reads waits for somebody who waits to write.

    Raises:
        RunStoreError: by every method but `close`, where the file is damaged, foreign, locked for long or cannot be
            written.
    """

    def __init__(self, file: Path, patience: float = PATIENCE_SECONDS) -> None:
        """Args: file: where it is, or will be; its folder is made, too. patience: seconds to wait for others."""
        self.file = file
        self.patience = patience
        self._reserve = file.with_name(_RESERVE_FILE)
        self._reader, self._writer = _Connection(), _Connection()
        # However a database is left, its connections are closed: Python warns of those that are not.
        for connection in (self._reader, self._writer):
            weakref.finalize(self, connection.close)

    @contextmanager
    def transaction(self, write: bool = False) -> Iterator[sqlite3.Connection]:
        """All of what is done within, or nothing of it. Args: write: nobody else may write meanwhile."""
        own = self._writer if write else self._reader
        if not own.guard.acquire(timeout=self.patience):
            raise _busy(self.file)
        try:
            connection = self._opened(own)
            connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except _ERRORS as error:
            raise _explained(error, self.file) from error
        finally:
            own.guard.release()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        for own in (self._reader, self._writer):
            with own.guard:
                own.close()

    def keep_reserve(self) -> None:
        """Keep some room on the disk, where there is any, for what must be written when it is full."""
        with suppress(OSError):
            if not self._reserve.exists():
                write_atomically(self._reserve, bytes(_RESERVE_BYTES))

    def free_reserve(self) -> None:
        """Give that room up."""
        with suppress(OSError):
            self._reserve.unlink()

    def _opened(self, own: _Connection) -> sqlite3.Connection:
        """The connection; a new one where the file is no longer the one that was opened."""
        if own.connection is not None and own.identity == _identity(self.file):
            return own.connection
        own.close()
        folder = self.file.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunStoreError(f"{folder}: {error.strerror}; set ATTENTION_RUNS to another folder") from error
        try:
            connection = self._connect()
        except _ERRORS as error:
            if not _explained(error, self.file).disk_full:
                raise
            # Even to read, SQLite makes files beside its own.
            self.free_reserve()
            connection = self._connect()
        own.connection, own.identity = connection, _identity(self.file)
        return connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.file, timeout=self.patience, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        # A text that is none is one row's trouble (`core.runs.rows`), not that of all that are read with it.
        connection.text_factory = lambda content: content.decode("utf-8", "surrogateescape")
        try:
            _prepare(connection, self.file)
        except BaseException:
            connection.close()
            raise
        return connection


class _Connection:
    """A connection, of which file it is, and who may use it at the moment."""

    def __init__(self) -> None:
        self.guard = threading.RLock()
        self.connection: sqlite3.Connection | None = None
        self.identity: tuple[int, int] | None = None

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    """Check that the file is ours, give a new one its tables, and an older one what it lacks."""
    if (version := _version(connection, file)) < len(VERSIONS):
        if not version:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        # Again: another process may have done it meanwhile.
        for statements in VERSIONS[_version(connection, file) :]:
            for statement in statements.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(VERSIONS)}")
        connection.execute("COMMIT")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _version(connection: sqlite3.Connection, file: Path) -> int:
    """Of the tables; 0 for a file without any."""
    application, version, tables = (
        connection.execute(query).fetchone()[0]
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if not tables and not application:
        return 0
    if application != _APPLICATION_ID:
        raise RunStoreError(
            f"{file}: is the database of another program; move it, or set ATTENTION_RUNS to another folder"
        )
    if not 1 <= version <= len(VERSIONS):
        raise RunStoreError(
            f"{file}: has version {version} of the tables, and this program knows {len(VERSIONS)}; "
            "use the program that wrote it, or set ATTENTION_RUNS to another folder"
        )
    return int(version)


def _busy(file: Path) -> RunStoreError:
    return RunStoreError(f"{file}: another program has kept it locked for long; try again", busy=True)


def _explained(error: Exception, file: Path) -> RunStoreError:
    """What went wrong, by the code that SQLite gives it; its words may change."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF  # without what further tells kinds apart
    full = RunStoreError(f"{file}: the disk is full; make room and try again", disk_full=True)
    match code:
        case sqlite3.SQLITE_FULL:
            return full
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return _busy(file)
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CANTOPEN if not _has_room(file):
            return full
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return RunStoreError(f"{file}: cannot be written ({error}); set ATTENTION_RUNS to another folder")
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB if _is_damaged(file):
            remedy = "move it away to begin anew, or set ATTENTION_RUNS to another folder"
            return RunStoreError(f"{file}: is damaged ({error}); {remedy}")
    return RunStoreError(f"{file}: cannot be used ({error}); try again, or set ATTENTION_RUNS to another folder")


def _has_room(file: Path) -> bool:
    try:
        return shutil.disk_usage(file.parent).free >= _ROOM_NEEDED
    except OSError:
        return True


def _is_damaged(file: Path) -> bool:
    """Does SQLite's own check say so? Somebody may be told to move the file away."""
    try:
        connection = sqlite3.connect(file, timeout=0.0)
    except sqlite3.Error:
        return False
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except _ERRORS as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    finally:
        connection.close()


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
