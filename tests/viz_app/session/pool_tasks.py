"""What tests have a process of the pool do. Imported there, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


class OddError(Exception):
    """Cannot be made again from what a pickle keeps of it."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} {other}")


def process_id(*_: object) -> int:
    """Which process it is."""
    return os.getpid()


def fail(kind: str) -> None:
    """Fail in this way."""
    if kind == "die":
        os._exit(3)
    if kind == "odd":
        raise OddError("much", "trouble")
    raise ValueError(kind)


def print_something() -> str:
    """What a chatty library would do."""
    print("not an answer", flush=True)
    os.write(1, b"nor this\n")
    return "said"


def wait_for(file: Path, started: Path) -> str:
    """Until there is a file; says that it has begun."""
    started.write_text("")
    while not file.exists():
        time.sleep(0.01)
    return "went on"


def note(file: Path, what: str) -> None:
    """Add a line to a file."""
    with open(file, "a") as stream:
        stream.write(f"{what}\n")


def report(count: int, progress: Callable[[int, int], None]) -> str:
    """Tell how far it is."""
    for done in range(count):
        progress(done, count)
    return "done"
