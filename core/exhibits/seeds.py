"""How much a recipe owes to luck: the accuracy over the epochs, from several seeds. `seeds.json` beside a model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from core.decoding.pretrained import PARAMETER_FILE
from core.files.atomic_write import write_atomically
from core.files.checked_json import expect, is_share, read_json
from core.models.parameters import CheckpointError, read_safetensors
from core.training.plan import TrainingPlan
from core.training.recipe import Recipe
from core.training.training_run import LOG_FILE

SPREAD_FILE = "seeds.json"


class BandPoint(NamedTuple):
    """Exact match after an epoch, 0 to 1: of the worst seed, of the middle one, of the best."""

    epoch: int
    lowest: float
    middle: float
    highest: float


@dataclass(frozen=True)
class Spread:
    """Runs that differ in their seed alone.

    Attributes:
        recipe: their settings.
        test_pairs: how many held-out dates they were measured on.
        seeds: exact match after every epoch, 0 to 1, by seed.
    Raises:
        ValueError: there is no run, or a number that is no share.
    """

    recipe: Recipe
    test_pairs: int
    seeds: Mapping[int, tuple[float, ...]]

    def __post_init__(self) -> None:
        if not self.seeds or not all(self.seeds.values()):
            raise ValueError("there is no run, or one without an epoch")
        for seed, shares in self.seeds.items():
            for share in shares:
                expect(f"an exact match of seed {seed}", share, is_share(share), "a number from 0 to 1")

    def band(self) -> list[BandPoint]:
        """The spread after every epoch that all runs have had."""
        by_epoch = zip(*self.seeds.values(), strict=False)
        return [
            BandPoint(epoch, min(shares), median(shares), max(shares)) for epoch, shares in enumerate(by_epoch, start=1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        rows = [{"seed": seed, "exact_match": list(shares)} for seed, shares in self.seeds.items()]
        return {"recipe": self.recipe.to_dict(), "test_pairs": self.test_pairs, "seeds": rows}


def write_spread(folder: Path, spread: Spread) -> None:
    """Write `seeds.json` into a model's folder.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(folder / SPREAD_FILE, f"{json.dumps(spread.to_dict(), indent=2)}\n".encode())


def read_spread(folder: Path) -> Spread | None:
    """What `write_spread` wrote into a folder; None where it wrote nothing.

    Raises:
        CheckpointError: the file is not what `write_spread` writes; says what to do.
    """
    file = folder / SPREAD_FILE
    if not file.is_file():
        return None
    remedy = f"write it anew with `python -m core spread {folder}`"
    return read_json(file, "the accuracies of several seeds", _spread, CheckpointError, remedy)


def _spread(values: Mapping[str, Any]) -> Spread:
    seeds = {int(row["seed"]): tuple(map(float, row["exact_match"])) for row in values["seeds"]}
    return Spread(Recipe.from_dict(values["recipe"]), int(values["test_pairs"]), seeds)


def own_run(folder: Path, plan: TrainingPlan) -> tuple[float, ...] | None:
    """Exact match after every epoch of the model in a folder, where a plan is how it was trained: one run saved.

    None where it was trained otherwise, or its log does not tell of every epoch.
    """
    try:
        _, metadata = read_safetensors(folder / PARAMETER_FILE)
        log = json.loads((folder / LOG_FILE).read_text(encoding="utf-8"))
        shares = tuple(float(row["exact_match"]) for row in log)
        recipe = Recipe.from_dict(json.loads(metadata["recipe"]))
        expected = plan.spec.to_metadata() | plan.to_metadata()
        # The libraries may be newer, and what was no setting yet is at its default.
        named = expected.keys() & metadata.keys() - {"recipe", "libraries"}
        same = all(metadata[name] == expected[name] for name in named) and recipe == plan.recipe
    except (OSError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None
    return shares if same and len(shares) == plan.recipe.epochs else None
