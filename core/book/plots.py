"""Matplotlib, which only the book's plots need, and a way to get them as files where there is no window."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

MISSING = "the plots need matplotlib, which is not installed; `pip install 'matplotlib>=3.10,<4'` installs it"


def pyplot() -> Any:
    """`matplotlib.pyplot`.

    Raises:
        ModuleNotFoundError: it is not installed; says what to do.
    """
    try:
        return importlib.import_module("matplotlib.pyplot")
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise ModuleNotFoundError(MISSING, name="matplotlib") from error


def save_what_is_shown(folder: Path, name: str) -> None:
    """From now on `plt.show()` writes its figures, NAME-1.png and on, into the folder instead of opening a window.

    Raises:
        ModuleNotFoundError: matplotlib is not installed; says what to do.
        OSError: the folder cannot be made.
    """
    plt = pyplot()
    plt.switch_backend("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    count = 0

    def show(*_: object, **__: object) -> None:
        nonlocal count
        for number in plt.get_fignums():
            count += 1
            plt.figure(number).savefig(folder / f"{name}-{count}.png")
        plt.close("all")

    plt.show = show
