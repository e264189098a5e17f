"""How far two maps, of attention, influence or saliency, put the characters in the same order.

Every map is (T_dec, T_enc): row i is the character written at step i, column j the typed character j, padding last.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import Float64Array


@dataclass(frozen=True)
class MapAgreement:
    """How far two maps put the characters in the same order; None where that is undefined.

    Attributes:
        steps: T_dec rank correlations, each over the characters of one row.
        mean: of the steps where it is defined.
        pooled: over all cells at once, which also compares the rows with each other.
        same_first: for every step whether the largest number of both is at the same character.
    """

    steps: tuple[float | None, ...]
    mean: float | None
    pooled: float | None
    same_first: tuple[bool | None, ...]


def rank_correlation(a: NDArray[Any], b: NDArray[Any]) -> float | None:
    """Spearman's rank correlation of two arrays, from -1 to 1; equal values share their mean rank.

    Args:
        a, b: numbers, any shape, both the same. Pairs with NaN are left out.
    Returns:
        None where a side has no two different numbers, since there is then no order to compare.
    Raises:
        ValueError: the shapes differ; states both.
    Example:
        >>> rank_correlation(np.array([1, 2, 3, 4]), np.array([1, 3, 2, 40]))
        0.8
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"got arrays of shapes {a.shape} and {b.shape}; give two of the same shape")
    known = ~(np.isnan(a) | np.isnan(b))
    if not known.any():
        return None
    x, y = (ranks - ranks.mean() for ranks in (_ranks(a[known]), _ranks(b[known])))
    size = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / size if size else None


def compare_maps(a: NDArray[Any], b: NDArray[Any], least: float = 0.0) -> MapAgreement:
    """`rank_correlation` of two maps, row by row and over all cells, and whether they agree on the first.

    In most maps the padding is many near-equal numbers whose order means little; `a[:, : len(text)]` leaves it out.

    Args:
        a, b: (T_dec, T_enc), both the same shape.
        least: a row with no number of at least this size is None: a step that no character changes has an order, too,
            but of rounding errors. 0.01 suits `Effect.moved`; attention and saliency are rarely below it.
    Raises:
        ValueError: the shapes differ or have not two axes; states both.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if a.shape != b.shape or a.ndim != 2:
        raise ValueError(f"got maps of shapes {a.shape} and {b.shape}; give two of the same shape (T_dec, T_enc)")
    largest = (np.nan_to_num(np.abs(map_)).max(axis=1, initial=0.0) for map_ in (a, b))
    weak = np.minimum(*largest) < least
    steps = tuple(None if weak[i] else rank_correlation(a[i], b[i]) for i in range(len(a)))
    known = ~(np.isnan(a) | np.isnan(b))
    firsts = [np.where(known, map_, -np.inf).argmax(axis=1) for map_ in (a, b)]
    defined = [correlation for correlation in steps if correlation is not None]
    return MapAgreement(
        steps=steps,
        mean=math.fsum(defined) / len(defined) if defined else None,
        pooled=rank_correlation(a, b),
        same_first=tuple(None if steps[i] is None else bool(firsts[0][i] == firsts[1][i]) for i in range(len(a))),
    )


def row_shares(values: NDArray[Any]) -> Float64Array:
    """Scale every row to sum to 1, as attention weights do, so that maps can be shown on one scale.

    Args:
        values: (T_dec, T_enc); the sign is dropped, NaN counts as nothing.
    Returns:
        (T_dec, T_enc) float64; a row without any effect stays 0.
    """
    sizes = np.nan_to_num(np.abs(np.asarray(values, dtype=np.float64)))
    totals = sizes.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(sizes, totals, out=np.zeros_like(sizes), where=totals > 0))


def _ranks(values: Float64Array) -> Float64Array:
    """Ranks from 1; equal values share the mean of theirs."""
    _, group, sizes = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(sizes) - (sizes - 1) / 2
    return np.asarray(mean_ranks[group])
