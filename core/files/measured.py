"""Files of measurements that ship, as JSON: read with the reason and the remedy, their numbers checked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Measured = TypeVar("Measured")


def read_measured(
    file: Path, kind: str, make: Callable[[Any], Measured], error: type[ValueError], remedy: str
) -> Measured:
    """What a file holds, made from its JSON.

    Args:
        kind: what it is a file of, for messages, as in "film".
        make: from the values to the measurements; may raise what values of the wrong kind raise.
        error: raised with a sentence that ends in the remedy where there is no such file, or not of this kind.
    """
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as reason:
        raise error(f"{file}: there is no such {kind}; {remedy}") from reason
    except (OSError, ValueError, RecursionError) as reason:
        raise error(f"{file}: not readable as JSON ({reason}); {remedy}") from reason
    try:
        return make(values)
    except (AttributeError, KeyError, TypeError, ValueError) as reason:
        raise error(f"{file}: not a {kind} ({str(reason)[:200] or repr(reason)}); {remedy}") from reason


def expect(name: str, value: object, good: bool) -> None:
    """Refuse a value by its name with a ValueError, unless it is good."""
    if not good:
        raise ValueError(f"{name} is {ascii(value)[:60]}")


def is_number(value: object) -> bool:
    """Is it a finite number, and not beyond what a float can be?"""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


def is_count(value: object) -> bool:
    """Is it a whole number from 0?"""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_share(value: object) -> bool:
    """Is it a number from 0 to 1?"""
    return is_number(value) and 0 <= value <= 1  # type: ignore[operator]
