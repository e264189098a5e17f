"""The secrets of a server, kept beside its runs so that restarts and several processes agree on them.

One signs the numbers of visitors, so that nobody can pass for another; the other is the teacher's. The file is made at
the first start, under a lock, readable by the server's own user alone.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from filelock import FileLock

from core.files.checked_json import expect, named_values, parse_json
from core.files.wording import counted

KEYS_FILE: Final = "keys.json"
TEACHER_KEY: Final = "ATTENTION_TEACHER_KEY"
"""Environment variable with a teacher's key of the operator's own."""

SHORTEST_TEACHER_KEY: Final = 12
_LOCK_SECONDS: Final = 20.0
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for something else
_LOG: Final = logging.getLogger(__name__)


class Keys(NamedTuple):
    """The secrets of a server.

    Attributes:
        visitors: signs the numbers of visitors.
        teacher: who shows it may do everything.
        chosen: did the operator choose the teacher's key?
    """

    visitors: bytes
    teacher: str
    chosen: bool


def load_keys(folder: Path) -> Keys:
    """The keys of the store in a folder, made where there are none.

    Where the folder cannot be written, keys that last as long as this process.

    Raises:
        ValueError: ATTENTION_TEACHER_KEY is too short; says how long it must be.
    """
    chosen = os.environ.get(TEACHER_KEY, "").strip()
    if 0 < len(chosen) < SHORTEST_TEACHER_KEY:
        raise ValueError(
            f"{TEACHER_KEY} has {counted(len(chosen), 'character')}; expected at least {SHORTEST_TEACHER_KEY}, "
            "or none for a key that is made and printed"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Not the file itself, which is put in its place whole.
        with FileLock(folder / f".{KEYS_FILE}.lock", timeout=_LOCK_SECONDS):
            made = _read(folder / KEYS_FILE) or _write(folder / KEYS_FILE, _new())
    except OSError as error:
        _LOG.warning("%s: %s; who owns a run is forgotten when this process ends", folder, error.strerror or error)
        made = _new()
    return Keys(made.visitors, chosen or made.teacher, bool(chosen))


def _new() -> Keys:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
    return Keys(secrets.token_bytes(32), "-".join(groups), chosen=False)


def _read(file: Path) -> Keys | None:
    """The keys of a file; None where there are none to be read."""
    try:
        values = named_values(parse_json(file.read_bytes()), "the keys", {"visitors", "teacher"})
        visitors, teacher = bytes.fromhex(values["visitors"]), values["teacher"]
        expect("visitors", "a secret", len(visitors) == 32, "32 bytes")
        expect("teacher", "a secret", isinstance(teacher, str) and len(teacher) >= SHORTEST_TEACHER_KEY, "a long text")
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError):
        _LOG.warning("%s: cannot be read, so new keys are made; nobody owns the runs of before any more", file)
        return None
    with suppress(OSError):
        file.chmod(0o600)  # whatever a copy or a restored backup has made of it
    return Keys(visitors, teacher, chosen=False)


def _write(file: Path, keys: Keys) -> Keys:
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump({"visitors": keys.visitors.hex(), "teacher": keys.teacher}, stream)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return keys
