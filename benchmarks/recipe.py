"""What makes the recipe dependable: short runs of it with one part taken back to the book's.

python -m benchmarks.recipe --seeds 0 1 2 --epochs 2
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.corpus import Corpus, split_by_day
from core.dates import make_pairs
from core.recipe import RECIPES, Recipe
from core.training import DATA_PAIRS, DATA_SEED, TEST_SHARE, TrainingPlan, TrainingRun, describe_generated_data

DEPENDABLE = RECIPES["dependable"]

VARIANTS: dict[str, Recipe] = {
    "dependable": DEPENDABLE,
    "forget-gate bias 0": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, forget_bias=0.0)),
    "recurrent weights normal": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, orthogonal=False)),
    "embeddings 0.01": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, embedding=0.01)),
    "learning rate 0.001": replace(DEPENDABLE, learning_rate=0.001),
    "no warm-up": replace(DEPENDABLE, warmup=0),
    "the book's": RECIPES["book"],
}


def exact_matches(recipe: Recipe, seed: int) -> list[float]:
    """Exact match on the held-out dates after every epoch of a run."""
    corpus = Corpus.from_pairs(make_pairs(DATA_PAIRS, DATA_SEED))
    train, test = split_by_day(corpus, TEST_SHARE, DATA_SEED)
    plan = TrainingPlan("AttentionSeq2seq", recipe, seed, train, test, describe_generated_data(DATA_PAIRS, DATA_SEED))
    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(plan, Path(folder))
        run.run()
        return [result.exact_match for result in run.results]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for every variant and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=2)
    options = parser.parse_args(arguments)
    print(f"| recipe | seed | {' | '.join(f'after epoch {e + 1}' for e in range(options.epochs))} |", flush=True)
    for name, recipe in VARIANTS.items():
        for seed in options.seeds:
            shares = " | ".join(
                f"{100 * share:.2f} %" for share in exact_matches(replace(recipe, epochs=options.epochs), seed)
            )
            print(f"| {name} | {seed} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
