"""What keeps a store in order: what was deleted and what is old goes, and all of it can be saved in one file."""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from core.runs import queue
from core.runs.keys import KEYS_FILE
from core.runs.limits import Limits
from core.runs.reading import DATABASE_FILE
from core.runs.rows import data_file
from core.runs.store import SECONDS_TO_UNDO, NoSuchRunError, RunStore

_DAY: Final = 24 * 3600.0
_OVER: Final = "deleted = 0 AND status NOT IN ('queued', 'running')"


def tidy(store: RunStore, limits: Limits) -> None:
    """Delete what was discarded a while ago, and what is kept for longer than is allowed.

    Runs that wait or are trained stay; so do files that a person wanted in another folder.

    Raises:
        RunStoreError: the store cannot be used.
    """
    now = time.time()
    _purge(store, _numbers(store, f"deleted > 0 AND abs({now} - deleted) > {SECONDS_TO_UNDO}"))
    if limits.keep_runs is not None:
        _purge(store, _numbers(store, f"{_OVER} AND changed < {now - limits.keep_runs * _DAY}"))
    if limits.keep_uploads is not None:
        for number in _numbers(store, f"{_OVER} AND changed < {now - limits.keep_uploads * _DAY}"):
            data_file(store.folder, number).unlink(missing_ok=True)
    with store.database.transaction(write=True) as connection:
        queue.forget_served(connection)


def shrink(store: RunStore, limits: Limits) -> None:
    """Delete the oldest runs that are over until all files together take no more room than is allowed.

    Cost:
        looks at every file of every run.
    Raises:
        RunStoreError: the store cannot be used.
    """
    if limits.keep_size is None:
        return
    excess = size_of(store.folder) - limits.keep_size * 2**20
    for number in _numbers(store, _OVER) if excess > 0 else ():
        if excess <= 0:
            break
        excess -= size_of(store.folder / str(number))
        _purge(store, [number])


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder and below; 0 where there is none."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # gone meanwhile
            total += file.stat().st_size if file.is_file() else 0
    return total


def back_up(store: RunStore, file: Path) -> int:
    """Save a store in one file: a tar archive that is unpacked into an empty folder to have it back.

    Servers and workers may go on meanwhile: SQLite copies its database as of one moment, and the files of a run are
    each put in place whole. The archive also holds the server's secrets, so that visitors own their runs as before;
    only its owner may read it.

    Returns:
        how many runs it holds.
    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    partial = file.with_name(f".{file.name}.partial")
    try:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / DATABASE_FILE
            with closing(sqlite3.connect(copy)) as target, store.database.transaction() as connection:
                connection.backup(target)
            with closing(sqlite3.connect(copy)) as target:
                numbers = [row[0] for row in target.execute("SELECT number FROM runs WHERE deleted = 0")]
            partial.touch(mode=0o600)
            with tarfile.open(partial, "w") as archive:
                archive.add(copy, DATABASE_FILE)
                for name in (KEYS_FILE, *map(str, numbers)):
                    _archive(archive, store.folder / name, name)
        partial.replace(file)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(file)) from error
    finally:
        partial.unlink(missing_ok=True)
    return len(numbers)


def _archive(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Put a file or a folder into the archive, without what is gone meanwhile and files that are half written."""
    if path.is_dir():
        for file in sorted(path.iterdir()):
            if not file.name.endswith(".partial"):
                _archive(archive, file, f"{name}/{file.name}")
        return
    with suppress(FileNotFoundError):
        archive.add(path, name, recursive=False)


def _numbers(store: RunStore, condition: str) -> list[int]:
    with store.database.transaction() as connection:
        return [row[0] for row in connection.execute(f"SELECT number FROM runs WHERE {condition} ORDER BY changed")]


def _purge(store: RunStore, numbers: list[int]) -> None:
    for number in numbers:
        if not store.is_trained(number):
            with suppress(NoSuchRunError):  # another server tidies, too
                store.delete_discarded(number)
