"""How a model's parameters start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.backend import Array, Backend
from core.lstm import lstm_parameters


@dataclass(frozen=True)
class Initialiser:
    """The scales of the first parameters.

    Attributes:
        embedding: standard deviation of the character embeddings.
        forget_bias: start of the LSTMs' forget-gate bias.
        orthogonal: recurrent weights start as rotations, not as normal numbers.
    """

    embedding: float
    forget_bias: float
    orthogonal: bool


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

        Left without its 1/sqrt(I), the first logits are so large that training stalls at a loss near 1.
        """
        W = self.rng.standard_normal((input_size, output_size)) / input_size**0.5
        return self._put(W), self._put(np.zeros(output_size))

    def _put(self, parameter: np.ndarray) -> Array:
        return self.backend.asarray(parameter.astype(self.dtype))
