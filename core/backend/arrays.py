"""The names that arrays go by in signatures; shapes, and what more is known of a dtype, are in the docstrings."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = Any
"""An array of a backend's library: `numpy.ndarray` or `cupy.ndarray`."""

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""A NumPy array of any precision: float32 in a model that ships, float64 where gradients are checked."""

Float64Array: TypeAlias = NDArray[np.float64]

IdArray: TypeAlias = NDArray[np.int64]

BoolArray: TypeAlias = NDArray[np.bool_]
