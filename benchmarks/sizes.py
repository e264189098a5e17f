"""The sizes that are measured, and real dates at these sizes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import IdArray
from core.data.corpus import Corpus
from core.data.dates import make_pairs
from core.data.vocabulary import DATE_VOCABULARY


class Sizes(NamedTuple):
    """N batch, T_enc source characters, T_dec characters written, V vocabulary, D embedding, H hidden size."""

    N: int = 128
    T_enc: int = 29
    T_dec: int = 10
    V: int = 59
    D: int = 16
    H: int = 256


DATE_MODEL = Sizes()
"""Those of the model that is shipped, and of chapter 8."""

MAX_GRAD = 5.0
"""The longest gradient; as in chapter 8."""


def first_parameters(sizes: Sizes, seed: int = 0) -> list[NDArray[Any]]:
    """Random float32 parameters of an attention model, in the order of `core`'s `params`, scaled as in the book."""
    _, _, _, V, D, H = sizes
    rng = np.random.default_rng(seed)

    def normal(rows: int, columns: int, scale: float) -> NDArray[Any]:
        return (rng.standard_normal((rows, columns)) * scale).astype(np.float32)

    def lstm() -> list[NDArray[Any]]:
        return [normal(D, 4 * H, D**-0.5), normal(H, 4 * H, H**-0.5), np.zeros(4 * H, np.float32)]

    affine = [normal(2 * H, V, (2 * H) ** -0.5), np.zeros(V, np.float32)]
    return [normal(V, D, 0.01), *lstm(), normal(V, D, 0.01), *lstm(), *affine]


def dates(n: int, seed: int) -> tuple[IdArray, IdArray]:
    """Real dates: x (n, 29) in the order the model reads them, the last character first, and t (n, 11)."""
    x, t = Corpus.from_pairs(make_pairs(n, seed)).arrays(DATE_VOCABULARY)
    return x[:, ::-1].copy(), t


def random_ids(n: int, sizes: Sizes, seed: int) -> tuple[IdArray, IdArray]:
    """Sequences of any length that have no beginning in common but by chance: x (n, T_enc), t (n, T_dec + 1)."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, sizes.V, (n, sizes.T_enc))
    return x, rng.integers(0, sizes.V, (n, sizes.T_dec + 1))
