"""Runs a script of the book, unchanged."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from core.backend.devices import DeviceError
from core.book.common.base_model import NoParametersError
from core.book.plots import MISSING
from core.data.corpus import CorpusError
from core.models.parameters import CheckpointError


class ScriptError(Exception):
    """The script cannot go on, for a reason that one sentence says."""


def run_script(script: Path, arguments: Sequence[str] = ()) -> int:
    """Run a script as `python SCRIPT ARGUMENTS` does; `core.book.install` comes first.

    What goes wrong in the reader's own lines is shown with a traceback, from the script on.

    Returns:
        the exit status: 0, or 1 after a traceback.
    Raises:
        CorpusError, CheckpointError, DeviceError, NoParametersError: as the modules of the book raise them.
        ScriptError: matplotlib is missing; says what to do.
        SystemExit: the script ended itself.
    """
    path, argv = list(sys.path), sys.argv
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
        return 0
    except (CorpusError, CheckpointError, DeviceError, NoParametersError, BrokenPipeError):
        raise
    except ModuleNotFoundError as error:
        if error.name and error.name.partition(".")[0] == "matplotlib":
            raise ScriptError(MISSING) from error
        _print_traceback(error, script)
        return 1
    except Exception as error:
        _print_traceback(error, script)
        return 1
    finally:
        sys.argv, sys.path[:] = argv, path


def _print_traceback(error: Exception, script: Path) -> None:
    """What Python would print, without the lines of this program above the script's."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename != str(script):
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)
