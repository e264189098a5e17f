"""What makes the recipe dependable: short runs of it with one part taken back to the book's.

python -m benchmarks.recipe --seeds 0 1 2 --epochs 2

And what else there is to choose, on the quick recipe: the score function, the encoder's directions, the optimizer.

python -m benchmarks.recipe --of quick --seeds 0 1 2 --epochs 3
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED, TEST_SHARE
from core.files.wording import percentage
from core.layers.initialiser import BOOK
from core.training.plan import TrainingPlan
from core.training.recipe import PRESET_PAIRS, RECIPES, Recipe
from core.training.trainer import TrainingDivergedError
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun

DEPENDABLE = RECIPES["dependable"]

QUICK = RECIPES["quick"]

VARIANTS: dict[str, dict[str, Recipe]] = {
    "dependable": {
        "dependable": DEPENDABLE,
        "forget-gate bias 0": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, forget_bias=0.0)),
        "recurrent weights normal": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, orthogonal=False)),
        "embeddings 0.01": replace(DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, embedding=0.01)),
        "learning rate 0.001": replace(DEPENDABLE, learning_rate=0.001),
        "no warm-up": replace(DEPENDABLE, warmup=0),
        "affine weight not scaled": replace(
            DEPENDABLE, initialiser=replace(DEPENDABLE.initialiser, scaled_affine=False)
        ),
        "the book's": RECIPES["book"],
        "the book's, affine weight not scaled": replace(
            RECIPES["book"], initialiser=replace(BOOK, scaled_affine=False)
        ),
    },
    "quick": {
        "quick": QUICK,
        "scaled dot product": replace(QUICK, score="scaled-dot"),
        "general score": replace(QUICK, score="general"),
        "additive score": replace(QUICK, score="additive"),
        "bidirectional": replace(QUICK, bidirectional=True),
        "bidirectional, additive score": replace(QUICK, bidirectional=True, score="additive"),
        "AdaGrad, rate 0.05": replace(QUICK, optimizer="adagrad", learning_rate=0.05),
        "momentum, rate 0.1": replace(QUICK, optimizer="momentum", learning_rate=0.1),
        "SGD, rate 1": replace(QUICK, optimizer="sgd", learning_rate=1.0),
        "momentum, rate 0.1, not clipped": replace(QUICK, optimizer="momentum", learning_rate=0.1, max_grad=None),
        "SGD, rate 1, not clipped": replace(QUICK, optimizer="sgd", learning_rate=1.0, max_grad=None),
        "affine weight not scaled": replace(QUICK, initialiser=replace(QUICK.initialiser, scaled_affine=False)),
        "the book's start": replace(QUICK, initialiser=BOOK),
        "the book's start, affine weight not scaled": replace(QUICK, initialiser=replace(BOOK, scaled_affine=False)),
    },
}


def exact_matches(recipe: Recipe, seed: int, pairs: int = DATA_PAIRS) -> list[float]:
    """Exact match on the held-out dates after every epoch of a run; fewer where the loss is no number any more."""
    corpus = Corpus.from_pairs(make_pairs(pairs, DATA_SEED))
    train, test = split_by_day(corpus, TEST_SHARE, DATA_SEED)
    plan = TrainingPlan("AttentionSeq2seq", recipe, seed, train, test, GeneratedData(pairs, DATA_SEED))
    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(plan, Path(folder))
        with suppress(TrainingDivergedError):
            run.run()
        return [result.exact_match for result in run.results]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for every variant and seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--of", choices=VARIANTS, default="dependable")
    parser.add_argument("--only", nargs="+", help="names of variants; all of them if left out")
    options = parser.parse_args(arguments)
    print(f"| recipe | seed | {' | '.join(f'after epoch {e + 1}' for e in range(options.epochs))} |", flush=True)
    for name, recipe in VARIANTS[options.of].items():
        if options.only and name not in options.only:
            continue
        for seed in options.seeds:
            reached = exact_matches(replace(recipe, epochs=options.epochs), seed, PRESET_PAIRS[options.of])
            shares = " | ".join(f"{percentage(share)} %" for share in reached)
            print(f"| {name} | {seed} | {shares} |", flush=True)


if __name__ == "__main__":
    main()
