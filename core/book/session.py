"""What holds for the whole process, as in the book: one device, and where the script lies."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from core.backend.devices import get_backend
from core.backend.numpy_backend import CPU, Backend
from core.book import config

script_folder: Path | None = None
"""Set by `core.book.install`; None in a notebook."""


def backend() -> Backend:
    """Where arrays live: on the GPU if `common.config.GPU` is set, as in the book.

    Raises:
        DeviceError: it is set, and there is no GPU to be used; says why.
    """
    return _gpu() if config.GPU else CPU


@cache
def _gpu() -> Backend:
    return get_backend("cuda")


def nearby() -> list[Path]:
    """The folders where the reader's files may be: the script's and the current one, then those around them."""
    folders = [folder for folder in (script_folder, Path.cwd()) if folder is not None]
    return list(dict.fromkeys([*folders, *(folder.parent for folder in folders)]))
