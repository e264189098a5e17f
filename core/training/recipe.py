"""How a model is trained: every setting in one value, and the named settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core.data.held_out import DATA_PAIRS
from core.files.checked_json import expect, expect_one_of, expect_truth, is_positive, is_share, is_whole, shortened
from core.layers.initialiser import BOOK, DEPENDABLE, Initialiser
from core.layers.scores import SCORES
from core.training.optimizers import OPTIMIZERS


@dataclass(frozen=True)
class Recipe:
    """All settings of a training run but its data, its model and its seed.

    The learning rate climbs in a line for `warmup` iterations, holds until `hold` of the run is over, then falls in a
    line to `final` of its height at the end. With `warmup=0` and `hold=1` it is constant.

    Attributes:
        wordvec_size, hidden_size: D and H.
        reversed_input: the model reads the last character first.
        initialiser: how the parameters start.
        learning_rate: the optimizer's, at its highest.
        warmup: iterations.
        hold, final: shares, 0 to 1.
        batch_size: N.
        max_grad: the longest gradient; None where gradients are not clipped.
        epochs: passes over the data.
        optimizer: a key of `core.training.optimizers.OPTIMIZERS`.
        score: of the attention, a key of `core.layers.scores.SCORES`; a model without attention has "dot".
        bidirectional: the encoder reads from both ends, each half of its units from one.
    Raises:
        ValueError: a value that no training can use; says which.
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
    max_grad: float | None = 5.0
    epochs: int = 3
    optimizer: str = "adam"
    score: str = "dot"
    bidirectional: bool = False

    def __post_init__(self) -> None:
        for name in ("wordvec_size", "hidden_size", "batch_size", "epochs"):
            value = getattr(self, name)
            expect(name, value, is_whole(value, 1), "a whole number of at least 1")
        expect("warmup", self.warmup, is_whole(self.warmup, 0), "a whole number of at least 0")
        expect("learning_rate", self.learning_rate, is_positive(self.learning_rate), "a number above 0")
        clipped = self.max_grad is not None
        expect("max_grad", self.max_grad, not clipped or is_positive(self.max_grad), "a number above 0, or None")
        for name in ("hold", "final"):
            share = getattr(self, name)
            expect(name, share, is_share(share), "a share from 0 to 1")
        for name in ("reversed_input", "bidirectional"):
            expect_truth(name, getattr(self, name))
        expect("initialiser", self.initialiser, isinstance(self.initialiser, Initialiser), "an Initialiser")
        if self.bidirectional:
            even = self.hidden_size % 2 == 0
            expect("hidden_size", self.hidden_size, even, "an even number, for each direction gets half")
        expect_one_of("optimizer", self.optimizer, OPTIMIZERS)
        expect_one_of("score", self.score, SCORES)

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

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Recipe:
        """Read what `to_dict` wrote; settings that are younger than the values have their defaults.

        Raises:
            ValueError: something is missing, unknown or of no use; says what.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f"the recipe is {shortened(values)}; expected its settings by name")
        known = {f.name for f in fields(cls)}
        missing, unknown = sorted(known - _YOUNGER - values.keys()), sorted(values.keys() - known)
        if missing or unknown:
            problem = f"lacks {', '.join(missing)}" if missing else f"has {unknown[0][:40]!a}, which is no setting"
            raise ValueError(f"the recipe {problem}")
        return cls(**dict(values) | {"initialiser": Initialiser.from_dict(values["initialiser"])})


# What the recipes of the first models do not tell.
_YOUNGER = frozenset({"optimizer", "score", "bidirectional"})


RECIPES: dict[str, Recipe] = {
    "dependable": Recipe(),
    "book": Recipe(initialiser=BOOK, learning_rate=0.001, warmup=0, hold=1.0, final=1.0, epochs=10),
    "quick": Recipe(hidden_size=96, learning_rate=0.005, warmup=100, batch_size=48),
}
"""`dependable` reaches its accuracy from every seed tried; `book` is that of chapter 8, and needs luck; `quick` is for
a class that wants to see it happen. `PRESET_PAIRS` says how many dates each is meant for."""

DEFAULT_RECIPE = "dependable"

PRESET_PAIRS = {"dependable": DATA_PAIRS, "book": DATA_PAIRS, "quick": 20_000}
"""How many dates a preset draws where nobody says how many."""
