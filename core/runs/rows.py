"""From a row of the database to a `Run`. Nothing is taken on trust: a row may be half damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from core.files.checked_json import expect, is_number, is_whole, parse_json
from core.runs.database import RunStoreError
from core.runs.run import IntervalPoint, Problem, Progress, Run, Snapshot, Status
from core.training.options import TrainingOptions
from core.training.trainer import EpochResult
from core.training.training_data import FileData

COLUMNS: Final = (
    "number, owner, name, options, folder, created, changed, status, request, watched, epoch, iteration, iterations,"
    " seconds, seconds_left, exact_match, problem, message"
)
"""Of a run: all but its snapshot, which is large."""

_NOT_READABLE = (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError)


class UnreadableRunError(RunStoreError):
    """What is stored about one run cannot be read; the others are none the worse.

    Attributes:
        number: of the run, which can still be deleted.
    """

    def __init__(self, number: int, what: str, error: Exception) -> None:
        super().__init__(
            f"the {what} of run {number} cannot be read ({error}); "
            f"delete it with `python -m core runs --delete {number}`"
        )
        self.number = number


@dataclass(frozen=True)
class UnreadableRun:
    """A run in a list that cannot be read. Attributes: number: of the run. reason: a sentence for the log."""

    number: int
    reason: str


def read_run(row: sqlite3.Row, store: Path) -> Run:
    """The run of a row of `COLUMNS`.

    Args:
        store: the folder of the store, which may have been moved.
    Raises:
        UnreadableRunError: something in the row is not what it should be; says what.
    """
    number = int(row["number"])
    try:
        return _read_run(number, row, store)
    except _NOT_READABLE as error:
        raise UnreadableRunError(number, "settings", error) from error


def _read_run(number: int, row: sqlite3.Row, store: Path) -> Run:
    folder = _text(row, "folder")
    options = TrainingOptions.from_dict(parse_json(_text(row, "options")))
    if isinstance(options.data, FileData):
        options = replace(options, data=replace(options.data, file=data_file(store, number)))
    status: Status = _one_of(row, "status", get_args(Status))
    problem: Problem = _one_of(row, "problem", get_args(Problem))
    return Run(
        number=number,
        owner=_text(row, "owner"),
        name=_text(row, "name"),
        options=options,
        folder=Path(folder) if folder else store / str(number),
        created=datetime.fromtimestamp(_number(row, "created"), UTC),
        status=status,
        request=_one_of(row, "request", ("", "pause", "stop")),
        watched=_text(row, "watched"),
        progress=Progress(
            _whole(row, "epoch"),
            _whole(row, "iteration"),
            _whole(row, "iterations"),
            _number(row, "seconds"),
            _number_or_none(row, "seconds_left"),
        ),
        exact_match=_number_or_none(row, "exact_match"),
        problem=problem,
        message=_text(row, "message"),
    )


def read_snapshot(number: int, content: object) -> Snapshot | None:
    """The snapshot of a run; None where it has none yet.

    Raises:
        UnreadableRunError: it cannot be read.
    """
    try:
        expect("the snapshot", content, isinstance(content, str), "text")
        return Snapshot.from_json(str(content)) if content else None
    except _NOT_READABLE as error:
        raise UnreadableRunError(number, "last samples", error) from error


def read_points(rows: Sequence[sqlite3.Row]) -> list[IntervalPoint]:
    """The points of the curves, without those that are no numbers."""
    return [IntervalPoint(*row) for row in rows if _are_numbers(row, may_miss="gradient_norm")]


def read_epochs(rows: Sequence[sqlite3.Row]) -> list[EpochResult]:
    """What the epochs reached, without those that are no numbers."""
    return [EpochResult(*row) for row in rows if _are_numbers(row)]


def data_file(store: Path, number: int) -> Path:
    """Where the dates of a run are kept that came from a file."""
    return store / str(number) / "data.txt"


def _are_numbers(row: sqlite3.Row, may_miss: str = "") -> bool:
    return all(is_number(row[name]) or (name == may_miss and row[name] is None) for name in row.keys())  # noqa: SIM118


def _text(row: sqlite3.Row, name: str) -> str:
    value = row[name]
    expect(name, value, isinstance(value, str), "text")
    value.encode()  # bytes that are no text have become halves of surrogate pairs
    return str(value)


def _one_of(row: sqlite3.Row, name: str, choices: tuple[str, ...]) -> Any:
    value = row[name]
    expect(name, value, value in choices, f"one of {', '.join(map(repr, choices))}")
    return value


def _whole(row: sqlite3.Row, name: str) -> int:
    value = row[name]
    expect(name, value, is_whole(value, 0), "a whole number from 0")
    return int(value)


def _number(row: sqlite3.Row, name: str) -> float:
    value = row[name]
    expect(name, value, is_number(value), "a number")
    return float(value)


def _number_or_none(row: sqlite3.Row, name: str) -> float | None:
    return None if row[name] is None else _number(row, name)
