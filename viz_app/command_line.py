"""The installed command: `attention-steps app` opens the app, every other command is one of `python -m core`.

attention-steps decode "2/10/93"
attention-steps app --server.port 8600
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from core import __main__ as core_command
from core.commands.shared import fail

PROGRAM = "attention-steps"
_HERE = Path(__file__).resolve().parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status, as `python -m core` does."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments[:1] == ["app"]:
        return open_app(arguments[1:])
    more = {"app": "open the app in a browser; options of `streamlit run` may follow"}
    return core_command.main(arguments, program=PROGRAM, more=more)


def open_app(options: Sequence[str] = ()) -> int:
    """Serve the app until Ctrl-C; returns the server's exit status.

    Args:
        options: handed on to `streamlit run`, such as `--server.port 8600`.
    """
    if importlib.util.find_spec("streamlit") is None:
        return fail("the app needs Streamlit, which is not installed; `pip install streamlit plotly pandas` brings it")
    try:
        return subprocess.call([sys.executable, "-m", "streamlit", "run", str(front_door()), *options])
    except KeyboardInterrupt:  # the server has had it too, and has said so
        return 130


def front_door() -> Path:
    """The script that `streamlit run` takes: at the root of a checkout, or where a wheel has put it.

    Streamlit reads its settings from `.streamlit/config.toml` beside the script, so that a wheel has a folder for both.
    """
    packed = _HERE / "served" / "streamlit_app.py"
    return packed if packed.exists() else _HERE.parent / "streamlit_app.py"


if __name__ == "__main__":
    sys.exit(main())
