"""What is written down beside the runs: who did what, for the teacher, and switches of the whole store."""

from __future__ import annotations

import sqlite3
import time
from typing import Final, NamedTuple

from core.files.wording import writable

CLOSED_SECONDS: Final = 3600.0
"""So long training is ended by the teacher, if they do not open it before."""

EVENTS_KEPT: Final = 5000


class Event(NamedTuple):
    """Something that a visitor did.

    Attributes:
        moment: in seconds since 1970.
        visitor: their number; "" for the server's own command line.
        what: "queued", "renamed", "deleted", "restored", "pause", "resume", "stop", "closed" or "opened".
        run: its number; 0 for none.
        name: what it was called then.
    """

    moment: float
    visitor: str
    what: str
    run: int
    name: str


def note(connection: sqlite3.Connection, visitor: str, what: str, run: int = 0, name: object = "") -> None:
    """Write into the log of who did what, which keeps the latest few thousand."""
    text = writable(name) if isinstance(name, str) else ""
    cursor = connection.execute(
        "INSERT INTO events (moment, visitor, what, run, name) VALUES (?, ?, ?, ?, ?)",
        (time.time(), visitor, what, run, text),
    )
    connection.execute("DELETE FROM events WHERE number <= ?", ((cursor.lastrowid or 0) - EVENTS_KEPT,))


def switch(connection: sqlite3.Connection, name: str, value: float) -> None:
    """Remember a number by a name."""
    connection.execute("INSERT OR REPLACE INTO switches (name, value) VALUES (?, ?)", (name, value))


def switched(connection: sqlite3.Connection, name: str) -> float:
    """The number of that name; 0 where there is none."""
    row = connection.execute("SELECT value FROM switches WHERE name = ?", (name,)).fetchone()
    return float(row[0]) if row else 0.0


def seconds_closed(connection: sqlite3.Connection) -> float:
    """For how long training is ended. A clock that was put back ends nothing for longer than it was meant."""
    left = switched(connection, "closed_until") - time.time()
    return left if 0 < left <= CLOSED_SECONDS else 0.0
