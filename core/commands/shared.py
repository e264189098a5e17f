"""What several commands need: their errors, and options that read alike everywhere."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.backend.numpy_backend import Backend
    from core.data.accuracy import Accuracy


class UnusableError(Exception):
    """What was asked for cannot be done with these options; the message says why."""


def fail(sentence: str) -> int:
    """Say on standard error what is wrong. Returns: the exit status, 1."""
    print(f"core: {sentence}", file=sys.stderr)
    return 1


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """Which model, and where it computes."""
    parser.add_argument(
        "--model",
        default="date-attention",
        metavar="NAME",
        help="a folder of pretrained/, or a .safetensors file (default %(default)s)",
    )
    add_device_option(parser)


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Where it is computed."""
    from core.backend.devices import DEVICES

    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="cuda needs a GPU; auto takes one if there is (default %(default)s)",
    )


def say_device(backend: Backend) -> None:
    """Say on standard error where it is computed: to a person, and of a GPU to every log."""
    if backend.device != "cpu" or (sys.stderr is not None and sys.stderr.isatty()):
        print(f"core: computing on {backend.describe()}", file=sys.stderr)


def family_line(name: str, accuracy: Accuracy) -> str:
    """How often the dates of a family were answered right, for a list."""
    return f"  {name:<24} {accuracy.exact_match:.5f}  ({accuracy.correct} of {accuracy.n})"


def whole(lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
    """Reads a whole number within bounds."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"got {text[:40]!r}; expected a whole number") from None
        if lowest is not None and number < lowest:
            raise argparse.ArgumentTypeError(f"got {number}; expected a whole number of at least {lowest}")
        if highest is not None and number > highest:
            raise argparse.ArgumentTypeError(f"got {number}; expected a whole number of at most {highest}")
        return number

    return read


def rate(text: str) -> float:
    """Reads a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"got {text[:40]!r}; expected a number above 0")
    return number


def rate_or_none(text: str) -> float | None:
    """Reads a number above 0, or `none`."""
    return None if text == "none" else rate(text)
