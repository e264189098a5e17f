"""The command line: `python -m core COMMAND`; without a command it lists them.

Exit status: 0 done; 1 an input could not be used, with one sentence on standard error; 2 wrong usage; 130 Ctrl-C;
141 nobody reads the output any more; 143 told to end (SIGTERM).
"""

from __future__ import annotations

import argparse
import importlib
import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from core.backend.threads import THREAD_VARIABLES
from core.commands.shared import UnusableError, fail


class Command(NamedTuple):
    """A command of the list: the module of `core.commands` that has its `add_NAME`, and what it is for.

    Attributes:
        trains: with one thread where the environment does not say otherwise: the same parameters as from the app's
            page, and no second thread that spins on small products (a quick training took ten times the work).
    """

    module: str
    help: str
    trains: bool = False


NOTHING_MORE: Mapping[str, str] = MappingProxyType({})

COMMANDS = {
    "decode": Command("decode", "turn dates into YYYY-MM-DD"),
    "decode-corpus": Command("decode", "decode a file of any length to disk, attention included"),
    "evaluate": Command("evaluate", "exact match over a file of dates and answers"),
    "data": Command("data", "write a corpus of dates in the book's format"),
    "train": Command("train", "train a model", trains=True),
    "runs": Command("runs", "list the training runs; pause, resume, stop or delete one; save them all"),
    "work": Command("runs", "train what waits in the list of runs", trains=True),
    "spread": Command("spread", "train from several seeds, for the model card", trains=True),
    "film": Command("film", "train a model with attention and keep it at several moments", trains=True),
    "gallery": Command("gallery", "train the mistakes of the gallery beside the right code", trains=True),
    "explain": Command("explain", "measure whether a model's attention explains its answers"),
    "card": Command("card", "write the README.md of a model or a film anew from its files"),
    "convert": Command("convert", "turn a parameter file of the book (.pkl) into safetensors"),
    "book": Command("book", "run a script of the book, chapters 7 and 8, unchanged", trains=True),
}


def main(
    arguments: Sequence[str] | None = None, *, program: str = "python -m core", more: Mapping[str, str] = NOTHING_MORE
) -> int:
    """Run one command; returns the exit status.

    Args:
        arguments: those of the process if None.
        program: what the command is called in its own help.
        more: further commands for the list, which the caller runs itself: names, and what they are for.
    """
    logging.basicConfig(format="core: %(message)s", level=logging.WARNING)
    _let_any_text_through()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    options = build_parser(arguments, program, more).parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        status = command(options)
        print(end="", flush=True)
        return status
    except BrokenPipeError:
        _discard_output()
        return 141
    except _errors_in_one_sentence() as error:
        return fail(str(error))
    except OSError as error:
        _discard_output()
        return fail(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
    except MemoryError:
        return fail("this takes more memory than there is; ask for less")
    except KeyboardInterrupt:
        print("\ncore: stopped", file=sys.stderr)
        return 130


def build_parser(
    arguments: Sequence[str] = (), program: str = "python -m core", more: Mapping[str, str] = NOTHING_MORE
) -> argparse.ArgumentParser:
    """The commands; the options only of the one that these arguments name, whose module alone is imported."""
    parser = argparse.ArgumentParser(
        prog=program, description="Sequence-to-sequence models that read dates, from a terminal."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.help)
        if name == asked:
            for variable in THREAD_VARIABLES if command.trains else ():
                os.environ.setdefault(variable, "1")  # before NumPy loads
            module = importlib.import_module(f"core.commands.{command.module}")
            getattr(module, f"add_{name.replace('-', '_')}")(subparser)
    for name, purpose in more.items():
        commands.add_parser(name, help=purpose)
    return parser


def _errors_in_one_sentence() -> tuple[type[Exception], ...]:
    """The errors whose message is for a person; imported only where there is one."""
    from core.backend.devices import DeviceError
    from core.data.corpus import CorpusError
    from core.data.source_text import SourceTextError
    from core.exhibits.film import FilmError
    from core.exhibits.gallery import GalleryError
    from core.models.parameters import CheckpointError
    from core.runs.store import RunStoreError
    from core.training.trainer import TrainingDivergedError

    return (
        CheckpointError,
        CorpusError,
        DeviceError,
        FilmError,
        GalleryError,
        RunStoreError,
        SourceTextError,
        TrainingDivergedError,
        UnusableError,
    )


def _let_any_text_through() -> None:
    """Characters that cannot be shown are escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _discard_output() -> None:
    """Give up on what could not be written, or Python would try again at its end and complain a second time."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
