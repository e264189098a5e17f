"""What a server allows: whether its visitors share it, how much each may ask for, and how long things are kept.

All of it is set by environment variables (docs/deploying.md has the table). Where nobody shares the server there is no
limit but those that are set.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final, Literal

_DEFAULTS: Final = {
    "ATTENTION_QUEUE_EACH": 5,
    "ATTENTION_QUEUE": 200,
    "ATTENTION_TRAINING_EACH": 2,
    "ATTENTION_TRAINING_MINUTES": 120,
    "ATTENTION_TRAINING_DISK": 64,
    "ATTENTION_UPLOADS": 32,
    "ATTENTION_KEEP_UPLOADS": 7,
    "ATTENTION_KEEP_RUNS": 60,
    "ATTENTION_KEEP_SIZE": 4000,
    "ATTENTION_REQUESTS": 20,
    "ATTENTION_REQUESTS_ADDRESS": 500,
    "ATTENTION_MODEL": 32,
}
"""Of a shared server, by variable; whole numbers."""

Limit = Literal["queue-each", "queue", "minutes", "disk", "model", "closed"]


class LimitError(ValueError):
    """Something is more than the server allows.

    Attributes:
        limit: which, for a program.
        most: how much is allowed, in the unit of its variable.
    """

    def __init__(self, limit: Limit, most: int = 0) -> None:
        super().__init__(_SENTENCES[limit].format(most=most))
        self.limit: Limit = limit
        self.most = most


_SENTENCES: Final[dict[Limit, str]] = {
    "queue-each": "no more than {most} of your runs may wait at once; wait, or stop one of them",
    "queue": "no more than {most} of all runs may wait at once; try again later",
    "minutes": "it has trained for as long as is allowed, {most} min; use fewer epochs, fewer dates or a smaller model",
    "disk": "its files would take more than {most} MiB, and no more are allowed; use a smaller model",
    "model": "its parameters would take more than {most} MiB, and no larger model is shown; use a smaller hidden size",
    "closed": "training has been ended for now; try again later",
}


@dataclass(frozen=True)
class Limits:
    """What is allowed; None for as much as there is.

    Attributes:
        queue_each, queue: runs that wait, of a visitor and of all.
        training_each: runs of a visitor that are trained at once.
        minutes: of training, of a run.
        disk: MiB of a run's files.
        uploads: MiB of the files that a visitor's page holds at once.
        keep_uploads, keep_runs: days that the dates of a run, and a run, are kept after it is over.
        keep_size: MiB of all runs; more, and the oldest that are over go.
        requests, requests_address: questions by HTTP that are answered in a second, of a visitor and of an address.
        model: MiB of the parameters of a model, to be trained or shown.
    """

    queue_each: int | None = None
    queue: int | None = None
    training_each: int | None = None
    minutes: int | None = None
    disk: int | None = None
    uploads: int | None = None
    keep_uploads: int | None = None
    keep_runs: int | None = None
    keep_size: int | None = None
    requests: int | None = None
    requests_address: int | None = None
    model: int | None = None


NO_LIMITS: Final = Limits()


def is_shared() -> bool:
    """Do visitors share this server, so that each controls their own runs alone? Yes, unless ATTENTION_SHARED=0."""
    return os.environ.get("ATTENTION_SHARED") != "0"


def limits() -> Limits:
    """What the environment allows; a value that is no whole number from 1 is as if it were not set."""
    return Limits(*(_number(variable, default) for variable, default in _DEFAULTS.items()))


def _number(variable: str, default: int) -> int | None:
    text = os.environ.get(variable, "")
    if re.fullmatch("[1-9][0-9]{0,8}", text, re.ASCII):
        return int(text)
    return default if is_shared() else None
