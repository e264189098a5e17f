"""The command that measures: the benchmarks themselves are in the folder `benchmarks` of the repository."""

from __future__ import annotations

import argparse
import importlib

from core.commands.shared import UnusableError


def add_benchmark(parser: argparse.ArgumentParser) -> None:
    """Everything is handed on: all that follows, --help included, is for the benchmarks."""
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(command=_benchmark)


def _benchmark(options: argparse.Namespace) -> int:
    try:
        command = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        if error.name not in ("benchmarks", "benchmarks.command"):
            raise
        raise UnusableError(
            "the benchmarks are not here: they are in the folder benchmarks/ of the repository; run this from its root"
        ) from error
    status: int = command.main(options.arguments)
    return status
