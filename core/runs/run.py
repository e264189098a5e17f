"""A training run as plain values: where it stands, what was recorded of it, and who may control it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from core.decoding.pretrained import PARAMETER_FILE
from core.files.checked_json import expect, expect_whole, is_share, parse_json
from core.files.wording import counted
from core.runs.limits import is_shared
from core.training.options import TrainingOptions

NAME_LENGTH: Final = 80
MAX_NUMBER: Final = 2**63 - 1  # of a run, as SQLite counts

Status = Literal["queued", "running", "paused", "finished", "stopped", "failed", "interrupted"]

Problem = Literal["", "died", "diverged", "disk-full", "memory", "input", "error", "minutes", "disk"]
"""What ended a run before its time, for a program; `Run.message` says it in a sentence."""

RESUMABLE: Final = frozenset({"paused", "interrupted", "stopped", "failed"})


class IntervalPoint(NamedTuple):
    """A point of the curves.

    Attributes:
        iteration: iterations done, over all epochs.
        epoch: the epoch under way, from 1.
        loss: mean over the iterations since the point before.
        gradient_norm: of the last iteration, before clipping; None where nothing is clipped.
        learning_rate: of the last iteration.
        seconds: of training so far.
    """

    iteration: int
    epoch: int
    loss: float
    gradient_norm: float | None
    learning_rate: float
    seconds: float


class Sample(NamedTuple):
    """A held-out question, its answer, and what the model writes at the moment."""

    question: str
    target: str
    guess: str


@dataclass(frozen=True)
class Snapshot:
    """What the model does in the middle of its training.

    Attributes:
        iteration: iterations done, over all epochs.
        samples: ten held-out questions.
        text: the watched date as the model reads it.
        source: `text` padded to T_enc characters.
        output: what it writes for it.
        weights: T_dec rows of T_enc attention weights; None without attention.
    """

    iteration: int
    samples: tuple[Sample, ...]
    text: str
    source: str
    output: str
    weights: tuple[tuple[float, ...], ...] | None

    def to_json(self) -> str:
        """The snapshot as JSON."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, content: str) -> Snapshot:
        """Read what `to_json` wrote.

        Raises:
            ValueError, TypeError, KeyError: something else did.
        """
        values = parse_json(content)
        samples = tuple(Sample(*sample) for sample in values["samples"])
        weights = None if values["weights"] is None else tuple(tuple(row) for row in values["weights"])
        snapshot = cls(**values | {"samples": samples, "weights": weights})
        texts = [snapshot.text, snapshot.source, snapshot.output, *(text for sample in samples for text in sample)]
        expect("the snapshot", texts, all(isinstance(text, str) for text in texts), "texts")
        expect_whole("iteration", snapshot.iteration, 0, MAX_NUMBER)
        for row in weights or ():
            fits = len(row) == len(snapshot.source) and all(is_share(weight) for weight in row)
            expect("a row of weights", row, fits, "a share for every character")
        return snapshot


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        epoch: the epoch under way, from 1; 0 before the first.
        iteration: iterations done in this epoch; `iterations` make an epoch.
        seconds: of training so far.
        seconds_left: an estimate; None before there is one.
    """

    epoch: int
    iteration: int
    iterations: int
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Run:
    """A training run as the store knows it.

    Attributes:
        number: never given twice.
        owner: the number of the visitor who asked for it; "" for nobody, as from the command line.
        name: what a person calls it; may be empty.
        options: all its settings.
        folder: where its files are.
        created: when it was asked for.
        status: what becomes of it.
        request: what a person asked of it, "pause" or "stop", until it is done; else "".
        watched: the date whose attention map is drawn; "" for the usual one.
        progress: where it stands.
        exact_match: of its best epoch, 0 to 1; None before the first is over.
        problem, message: what ended it before its time; empty where nothing did.
    """

    number: int
    owner: str
    name: str
    options: TrainingOptions
    folder: Path
    created: datetime
    status: Status
    request: str
    watched: str
    progress: Progress
    exact_match: float | None
    problem: Problem
    message: str

    @property
    def epoch(self) -> int:
        """The epoch under way, from 1; 0 before the first."""
        return self.progress.epoch

    @property
    def iteration(self) -> int:
        """Iterations done in this epoch."""
        return self.progress.iteration

    @property
    def iterations(self) -> int:
        """Iterations an epoch; 0 before the data are known."""
        return self.progress.iterations

    @property
    def epochs(self) -> int:
        """Epochs in all."""
        return self.options.recipe.epochs

    @property
    def seconds(self) -> float:
        """Of training so far."""
        return self.progress.seconds

    @property
    def seconds_left(self) -> float | None:
        """An estimate; None where there is none."""
        return self.progress.seconds_left if self.status == "running" else None

    @property
    def done(self) -> float:
        """Share of the whole run that is over, 0 to 1."""
        if self.status == "finished":
            return 1.0
        if not self.iterations:
            return 0.0
        return ((self.epoch - 1) * self.iterations + self.iteration) / (self.epochs * self.iterations)

    @property
    def can_resume(self) -> bool:
        """Would `ask(number, "resume")` do something?"""
        return self.status in RESUMABLE

    @property
    def model_file(self) -> Path | None:
        """Its best parameters so far; None while there are none."""
        file = self.folder / PARAMETER_FILE
        return file if file.is_file() else None


class Orders(NamedTuple):
    """What a worker is told whenever it records: what was asked of the run, and which date is watched."""

    request: str
    watched: str


def may_control(run: Run, visitor: str, *, teacher: bool = False) -> bool:
    """May this visitor pause, stop, rename or delete the run?

    Where visitors share the server, only the run's owner and the teacher may; on one's own computer everybody.

    Args:
        visitor: their number, proved by a signature before; "" has no runs.
        teacher: have they shown the teacher's key?
    """
    return not is_shared() or teacher or (visitor != "" and visitor == run.owner)


def checked_name(name: str) -> str:
    """What a person calls a run, its white space made single spaces.

    Raises:
        ValueError: it is too long or cannot be shown.
    """
    name = " ".join(name.split())
    if len(name) > NAME_LENGTH:
        raise ValueError(f"the name has {counted(len(name), 'character')}; expected at most {NAME_LENGTH}")
    if not name.isprintable():
        raise ValueError("the name has characters that cannot be shown; expected letters, digits and signs")
    return name
