"""A process that computes for the server what would keep others waiting: `python -m viz_app.session.pool_worker`.

It reads questions from its standard input, one pickle after the other, and writes answers to its standard output. It
ends when its input does, so that it never outlives the server. What reaches it comes from the server alone.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from core.decoding.pipeline import Pipeline
from viz_app.session.bounded_cache import BoundedCache
from viz_app.session.model_file import ModelFile, bytes_of

_LOG: Final = logging.getLogger(__name__)

_models: Final[BoundedCache[ModelFile, Pipeline]] = BoundedCache(64 * 2**20, bytes_of)


def main() -> None:
    """Answer until the input ends."""
    # Whoever presses Ctrl+C means the server; its end is the end of the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(10)  # clicks come first
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    serve(sys.stdin.buffer, answers)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer questions `(function, arguments, wants_progress)` until they end."""

    def say(kind: str, value: Any) -> None:
        answers.write(pickled((kind, value)))
        answers.flush()

    while True:
        try:
            function, arguments, wants_progress = pickle.load(questions)
        except EOFError:
            return
        try:
            say("result", _answer(function, arguments, (lambda *far: say("progress", far)) if wants_progress else None))
        except Exception as error:
            say("error", _as_told(error))


def _answer(function: Callable[..., Any], arguments: tuple[Any, ...], progress: Callable[..., None] | None) -> Any:
    loaded = (_models.get(each, each.load) if isinstance(each, ModelFile) else each for each in arguments)
    return function(*loaded, progress) if progress else function(*loaded)


def pickled(value: Any) -> bytes:
    """As it goes over the pipe; whole or not at all."""
    return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)


def _as_told(error: Exception) -> Exception:
    """The error, or what it says where it cannot be read on the other side."""
    try:
        pickle.loads(pickled(error))
        return error
    except Exception:
        _LOG.exception("an error that cannot be handed over")
        return RuntimeError(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
