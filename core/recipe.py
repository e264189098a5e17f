"""How a model is trained: every setting in one value, and the named settings."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field

from core.initialiser import BOOK, DEPENDABLE, Initialiser


@dataclass(frozen=True)
class Recipe:
    """All settings of a training run but its data, its model and its seed.

    The learning rate climbs in a line for `warmup` iterations, holds until `hold` of the run is over, then falls in a
    line to `final` of its height at the end. With `warmup=0` and `hold=1` it is constant.

    Attributes:
        wordvec_size, hidden_size: D and H.
        reversed_input: the model reads the last character first.
        initialiser: how the parameters start.
        learning_rate: Adam's, at its highest.
        warmup: iterations.
        hold, final: shares, 0 to 1.
        batch_size: N.
        max_grad: the longest gradient.
        epochs: passes over the data.
    Raises:
        ValueError: a number that no training can use; says which.
    """

    wordvec_size: int = 16
    hidden_size: int = 256
    reversed_input: bool = True
    initialiser: Initialiser = field(default=DEPENDABLE)
    learning_rate: float = 0.002
    warmup: int = 200
    hold: float = 0.5
    final: float = 0.02
    batch_size: int = 128
    max_grad: float = 5.0
    epochs: int = 3

    def __post_init__(self) -> None:
        for name in ("wordvec_size", "hidden_size", "batch_size", "epochs"):
            self._expect(name, getattr(self, name) >= 1, "a whole number of at least 1")
        for name in ("learning_rate", "max_grad"):
            self._expect(name, 0 < getattr(self, name) < math.inf, "a number above 0")
        for name in ("hold", "final"):
            self._expect(name, 0 <= getattr(self, name) <= 1, "a share from 0 to 1")
        self._expect("warmup", self.warmup >= 0, "a whole number of at least 0")

    def _expect(self, name: str, good: bool, expected: str) -> None:
        if not good:
            raise ValueError(f"{name} is {getattr(self, name)}; expected {expected}")

    def learning_rate_at(self, iteration: int, iterations: int) -> float:
        """The learning rate of iteration 0, 1, ... of `iterations` in the whole run."""
        climbed = min(1.0, (iteration + 1) / self.warmup) if self.warmup else 1.0
        held = self.hold * iterations
        if iteration < held or self.hold == 1:
            return self.learning_rate * climbed
        left = (iterations - iteration) / (iterations - held)
        return self.learning_rate * climbed * max(self.final, left)

    def to_dict(self) -> dict[str, object]:
        """Plain values, for JSON."""
        return asdict(self)


RECIPES: dict[str, Recipe] = {
    "dependable": Recipe(),
    "book": Recipe(initialiser=BOOK, learning_rate=0.001, warmup=0, hold=1.0, final=1.0, epochs=10),
}
"""`dependable` reaches its accuracy from every seed tried; `book` is that of chapter 8, and needs luck."""

DEFAULT_RECIPE = "dependable"
