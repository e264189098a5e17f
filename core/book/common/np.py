"""The book's `common.np`: `np` is NumPy, or CuPy where `common.config.GPU` is set."""

from __future__ import annotations

from typing import Any

from core.book import config
from core.book.session import backend

__all__ = ["GPU", "np"]  # noqa: F822 (both by __getattr__)


def __getattr__(name: str) -> Any:
    """As they are at the moment of the import: a script may set `config.GPU` first."""
    if name == "np":
        return backend().xp
    if name == "GPU":
        return config.GPU
    raise AttributeError(f"module 'common.np' has no attribute {name!r}")
