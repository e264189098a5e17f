"""Numbers in words, as they read alike everywhere."""

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
