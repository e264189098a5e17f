"""Files of dates that a visitor gives: checked line by line before anything is trained on them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from viz_app.session import heavy
from viz_app.session.pool_work import count_dates

MEGABYTES_AT_MOST: Final = 8
_NAME_AT_MOST: Final = 80


class TooLongError(ValueError):
    """A file is larger than `MEGABYTES_AT_MOST`."""


@dataclass(frozen=True)
class Dates:
    """A file that can be trained on.

    Attributes:
        name: what its owner calls it, printable and short.
        content: its bytes.
        pairs: how many dates it holds.
    """

    name: str
    content: bytes
    pairs: int


def read_dates(name: str, content: bytes) -> Dates:
    """Check a file in the corpus format, whatever the browser has let through.

    Raises:
        TooLongError: it is too large.
        CorpusError: it is empty or has bad lines; lists the first of them.
        PoolError: it cannot be checked; says why.
    """
    if len(content) > MEGABYTES_AT_MOST * 2**20:
        raise TooLongError(f"the file has {len(content)} bytes; expected at most {MEGABYTES_AT_MOST} MiB")
    key = ("dates", hashlib.sha256(content).digest())
    pairs = heavy.answer(key, count_dates, content, here=lambda: count_dates(content))
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return Dates(shown[:_NAME_AT_MOST], content, pairs)


@contextmanager
def as_file(content: bytes) -> Iterator[Path]:
    """The bytes as a file, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dates.txt"
        file.write_bytes(content)
        yield file
