"""The command that runs the book's own scripts."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from core.book.installing import CHAPTERS, MODULES, install
from core.commands.shared import UnusableError, add_device_option, say_device


def add_book(parser: argparse.ArgumentParser) -> None:
    """Options of `book`."""
    chapters = [module for chapter in CHAPTERS for module in MODULES[chapter]]
    parser.description = (
        "Run a script of Deep Learning from Scratch 2, chapters 7 and 8, unchanged: what it imports from common, "
        f"dataset, ch07 and ch08 ({', '.join(chapters)}) is this project's. Options come before the script."
    )
    parser.add_argument("script", type=Path, metavar="SCRIPT.py", help="runs in the current folder")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the script's own")
    parser.add_argument(
        "--own",
        nargs=1,
        action="extend",
        default=[],
        choices=[module for modules in MODULES.values() for module in modules],
        metavar="NAME",
        help="the reader's own file of this name, such as attention_seq2seq, is imported, not this project's",
    )
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="plots are written as PNG files, not shown")
    add_device_option(parser)
    parser.set_defaults(command=_book, device="cpu")


def _book(options: argparse.Namespace) -> int:
    script: Path = options.script
    if not script.is_file():
        raise UnusableError(f"{script}: there is no such file; give a Python script")
    install(options.device, script.parent, options.own)
    # Imported here: they load NumPy, which `--help` does not need.
    from core.book.plots import save_what_is_shown
    from core.book.running import ScriptError, run_script
    from core.book.session import backend

    say_device(backend())
    _say_what_is_left_aside(script.parent, options.own)
    try:
        if options.plots:
            save_what_is_shown(options.plots, script.stem)
        return run_script(script, options.arguments)
    except (ModuleNotFoundError, ScriptError) as error:
        raise UnusableError(str(error)) from error


def _say_what_is_left_aside(folder: Path, own: list[str]) -> None:
    modules = [module for chapter in CHAPTERS for module in MODULES[chapter] if module not in own]
    aside = [module for module in modules if (folder / f"{module}.py").is_file()]
    if aside:
        files = ", ".join(f"{module}.py" for module in aside)
        print(f"core: this project's classes instead of {files}; with --own {aside[0]} yours is run", file=sys.stderr)
