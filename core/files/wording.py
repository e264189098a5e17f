"""Numbers and names in words, as they read alike everywhere."""

from __future__ import annotations

import math


def percentage(share: float, digits: int = 2) -> str:
    """A share as the number before a percent sign, rounded down: what is not always right never reads 100.

    >>> percentage(0.99996), percentage(0.57, 0)
    ('99.99', '57')
    """
    whole = 10**digits
    # What is left of 100 * 0.57 in binary is no reason for 56.
    return f"{math.floor(100 * whole * share + 1e-6) / whole:.{digits}f}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """How many there are of something, in English.

    >>> counted(1, "line"), counted(2, "line"), counted(1000, "entry", "entries")
    ('1 line', '2 lines', '1000 entries')
    """
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def writable(name: str) -> str:
    r"""A name with a question mark for what no file can hold: bytes of a path that are no text.

    >>> writable("dates \udcff.txt")
    'dates ?.txt'
    """
    return name.encode(errors="replace").decode()
