"""JSON that may be anything: a file is read with the reason and the remedy, a value is checked before it is used.

>>> is_whole(3, 1, 4), is_whole(True), is_number(10**400), is_share(1.5)
(True, False, False, False)
>>> expect("epochs", "3", is_whole("3", 1), "a whole number of at least 1")
Traceback (most recent call last):
ValueError: epochs is '3'; expected a whole number of at least 1
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeGuard, TypeVar

Content = TypeVar("Content")

_SHORT: Final = 40
_MAYBE_SURROGATE: Final = re.compile(r"[\ud800-\udfff]|\\u[dD][89a-fA-F]")


class NotFiniteError(ValueError):
    """A number in a JSON text is infinite, none, or beyond what a float can be."""


def read_json(file: Path, kind: str, make: Callable[[Any], Content], error: type[ValueError], remedy: str) -> Content:
    """What a file holds, made from its JSON.

    Args:
        kind: what it is, for messages, as in "a film".
        make: from the values to what they mean; may raise what values of the wrong kind raise.
        error: raised with a sentence that ends in the remedy where there is no such file, or not of this kind.
    """
    try:
        values = parse_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError as reason:
        raise error(f"{file}: there is no such file; {remedy}") from reason
    except NotFiniteError as reason:
        raise error(f"{file}: not {kind} ({reason}); {remedy}") from reason
    except (OSError, ValueError, RecursionError) as reason:
        raise error(f"{file}: not readable as JSON ({reason}); {remedy}") from reason
    try:
        return make(values)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as reason:
        raise error(f"{file}: not {kind} ({str(reason)[:200] or repr(reason)}); {remedy}") from reason


def parse_json(text: str | bytes) -> Any:
    r"""The values of a JSON text in which every number is finite and every text can be written down.

    Raises:
        ValueError: not JSON; or a number is infinite, none or beyond what a float can be; or a text holds half of a
            surrogate pair, which JSON can spell and no file can hold.
        RecursionError: nested too deeply.
    """
    values = json.loads(text, parse_constant=_finite, parse_float=_finite)
    if _MAYBE_SURROGATE.search(text.decode() if isinstance(text, bytes) else text):
        json.dumps(values, ensure_ascii=False).encode()
    return values


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotFiniteError(f"{text[:_SHORT]} is no finite number")
    return number


# ---- is it? ---------------------------------------------------------------------------------------------------------


def is_number(value: object, lowest: float = -math.inf, highest: float = math.inf) -> TypeGuard[int | float]:
    """Is it a finite number within these bounds, and not beyond what a float can be?"""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return abs(value) <= sys.float_info.max and lowest <= value <= highest


def is_positive(value: object) -> TypeGuard[int | float]:
    """Is it a finite number above 0?"""
    return is_number(value) and value > 0


def is_share(value: object) -> TypeGuard[int | float]:
    """Is it a number from 0 to 1?"""
    return is_number(value, 0, 1)


def is_character(value: object) -> TypeGuard[str]:
    """Is it one character, and not half of a surrogate pair, which could be neither written nor sent?"""
    return isinstance(value, str) and len(value) == 1 and not "\ud800" <= value <= "\udfff"


def is_whole(value: object, lowest: float = -math.inf, highest: float = math.inf) -> TypeGuard[int]:
    """Is it a whole number within these bounds, and written as one?"""
    return isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest


def is_count(value: object) -> TypeGuard[int]:
    """Is it a whole number from 0?"""
    return is_whole(value, 0)


# ---- or else --------------------------------------------------------------------------------------------------------


def expect(name: str, value: object, good: bool, expected: str = "", error: type[ValueError] = ValueError) -> None:
    """Refuse a value by its name, unless it is good. Args: expected: in words; "" where the name says enough."""
    if not good:
        raise error(f"{name} is {shortened(value)}" + (f"; expected {expected}" if expected else ""))


def expect_whole(name: str, value: object, lowest: int, highest: int) -> None:
    """Refuse what is not a whole number within these bounds."""
    expect(name, value, is_whole(value, lowest, highest), f"a whole number from {lowest} to {highest}")


def expect_truth(name: str, value: object) -> None:
    """Refuse what is neither true nor false."""
    expect(name, value, isinstance(value, bool), "True or False")


def expect_one_of(name: str, value: object, known: Collection[str]) -> None:
    """Refuse what is not one of the known names."""
    expect(name, value, isinstance(value, str) and value in known, f"one of {', '.join(known) or 'none'}")


def named_values(values: object, what: str, known: Collection[str]) -> dict[str, Any]:
    """Values by name, as a dictionary; refused where one has a name that is not known. Args: what: as "the options"."""
    if not isinstance(values, Mapping):
        raise ValueError(f"{what} are {shortened(values)}; expected values by name")
    unknown = [name for name in values if name not in known]
    if unknown:
        raise ValueError(f"{what} have no {shortened(unknown[0])}; expected some of {', '.join(sorted(known))}")
    return dict(values)


def shortened(value: object) -> str:
    """A value for a message, cut off where it is long."""
    try:
        return ascii(value)[:_SHORT]
    except (ValueError, RecursionError):  # a number of more digits than Python writes, or nested without end
        return f"a {type(value).__name__} that cannot be shown"
