"""How a model's parameters start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.backend.arrays import Array
from core.backend.numpy_backend import Backend
from core.files.checked_json import expect, expect_truth, is_number, is_positive
from core.layers.lstm import lstm_parameters


@dataclass(frozen=True)
class Initialiser:
    """The scales of the first parameters.

    Attributes:
        embedding: standard deviation of the character embeddings.
        forget_bias: start of the LSTMs' forget-gate bias.
        orthogonal: recurrent weights start as rotations, not as normal numbers.
        scaled_affine: the affine weight starts with standard deviation 1/sqrt(I), I its number of inputs; without it,
            with 1, a mistake that the app shows (`core.training.mistakes`).
    Raises:
        ValueError: a value that no parameters can start from; says which.
    """

    embedding: float
    forget_bias: float
    orthogonal: bool
    scaled_affine: bool = True

    def __post_init__(self) -> None:
        expect("embedding", self.embedding, is_positive(self.embedding), "a number above 0")
        expect("forget_bias", self.forget_bias, is_number(self.forget_bias), "a number")
        for name in ("orthogonal", "scaled_affine"):
            expect_truth(name, getattr(self, name))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Initialiser:
        """Read what `dataclasses.asdict` made of one; `scaled_affine` may be missing.

        Raises:
            ValueError: something is missing, unknown or of no use; says what.
        """
        known = {f.name for f in fields(cls)}
        if not isinstance(values, Mapping) or not known - {"scaled_affine"} <= values.keys() <= known:
            raise ValueError(f"initialiser is {ascii(values)[:80]}; expected values for {', '.join(sorted(known))}")
        return cls(**values)


BOOK = Initialiser(embedding=0.01, forget_bias=0.0, orthogonal=False)
"""Deep Learning from Scratch 2, chapters 7 and 8."""

DEPENDABLE = Initialiser(embedding=0.3, forget_bias=1.0, orthogonal=True)
"""What makes training succeed from every seed; see docs/training.md for what was measured."""


class ParameterMaker:
    """Draws parameters in float64 from one random stream, so that float32 and float64 models start alike."""

    def __init__(self, initialiser: Initialiser, rng: np.random.Generator, dtype: type, backend: Backend) -> None:
        self.initialiser = initialiser
        self.rng = rng
        self.dtype = dtype
        self.backend = backend

    def embedding(self, vocab_size: int, wordvec_size: int) -> Array:
        """W (V, D), normal."""
        return self._put(self.rng.standard_normal((vocab_size, wordvec_size)) * self.initialiser.embedding)

    def lstm(self, input_size: int, hidden_size: int) -> tuple[Array, Array, Array]:
        """Wx (D, 4H), Wh (H, 4H), b (4H,)."""
        start = self.initialiser
        Wx, Wh, b = lstm_parameters(
            input_size, hidden_size, self.rng, forget_bias=start.forget_bias, orthogonal=start.orthogonal
        )
        return self._put(Wx), self._put(Wh), self._put(b)

    def affine(self, input_size: int, output_size: int) -> tuple[Array, Array]:
        """W (I, O) normal with standard deviation 1/sqrt(I), b (O,) zero.

        Left without its 1/sqrt(I), the first logits are sqrt(I) times as large; docs/mistakes.md says what comes of it.
        """
        size = input_size**0.5 if self.initialiser.scaled_affine else 1.0
        W = self.rng.standard_normal((input_size, output_size)) / size
        return self._put(W), self._put(np.zeros(output_size))

    def weight(self, *shape: int) -> Array:
        """Normal with standard deviation 1/sqrt of the first axis, the number of inputs."""
        return self._put(self.rng.standard_normal(shape) / shape[0] ** 0.5)

    def _put(self, parameter: np.ndarray) -> Array:
        return self.backend.asarray(parameter.astype(self.dtype))
