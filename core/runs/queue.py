"""The queue of a store: who may join it, and who is next. In rounds over the visitors.

One who asks for ten runs gets one of them trained, then everybody else who waits gets one, and so on. Within a round,
who was served longest ago is first, then who has waited longest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from core.runs.limits import LimitError, Limits

_ORDERED: Final = """
SELECT number, owner, row_number() OVER (ORDER BY round, turn, place) AS position FROM (
    SELECT number, runs.owner AS owner, place, coalesce(turn, 0) AS turn,
        row_number() OVER (PARTITION BY runs.owner ORDER BY place) AS round
    FROM runs LEFT JOIN turns ON turns.owner = runs.owner
    WHERE deleted = 0 AND status = 'queued'
)
"""


def check_room(connection: sqlite3.Connection, owner: str, limits: Limits) -> None:
    """May this visitor have another run wait?

    Raises:
        LimitError: they, or all together, have as many as are allowed.
    """
    query = "SELECT count(*), coalesce(sum(owner = ?), 0) FROM runs WHERE deleted = 0 AND status = 'queued'"
    waiting, own = connection.execute(query, (owner,)).fetchone()
    if limits.queue_each is not None and own >= limits.queue_each:
        raise LimitError("queue-each", limits.queue_each)
    if limits.queue is not None and waiting >= limits.queue:
        raise LimitError("queue", limits.queue)


def in_order(connection: sqlite3.Connection) -> Iterator[tuple[int, str]]:
    """Number and owner of every run that waits, the next one first."""
    for row in connection.execute(f"{_ORDERED} ORDER BY position"):
        yield int(row["number"]), row["owner"]


def place_of(connection: sqlite3.Connection, number: int) -> int:
    """How many runs are trained before this one is, itself included; 0 for a run that does not wait."""
    row = connection.execute(f"SELECT position FROM ({_ORDERED}) WHERE number = ?", (number,)).fetchone()
    return int(row[0]) if row else 0


def note_served(connection: sqlite3.Connection, owner: str) -> None:
    """This visitor's run is trained now: in the next round all others come first."""
    next_turn = "SELECT coalesce(max(turn), 0) + 1 FROM turns"
    connection.execute(f"INSERT OR REPLACE INTO turns (owner, turn) VALUES (?, ({next_turn}))", (owner,))


def forget_served(connection: sqlite3.Connection) -> None:
    """Forget visitors who have no runs any more."""
    connection.execute("DELETE FROM turns WHERE owner NOT IN (SELECT owner FROM runs)")
