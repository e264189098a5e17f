"""How many threads the libraries of linear algebra take: what they read in the environment when they load."""

from __future__ import annotations

from typing import Final

THREAD_VARIABLES: Final = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""OpenBLAS (NumPy), OpenMP (PyTorch), MKL (either, in some builds), Accelerate (NumPy on a Mac)."""
