"""`spread`: one recipe from several seeds."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.plan_options import add_plan_options, make_run, training_options
from core.commands.progress import ProgressBar
from core.commands.shared import whole
from core.exhibits.model_card import write_card
from core.exhibits.seeds import SPREAD_FILE, Spread, own_run, write_spread
from core.training.training_run import TrainingRun


def add_spread(parser: argparse.ArgumentParser) -> None:
    """Options of `spread`."""
    parser.description = (
        f"Train from several seeds beside a model, and write {SPREAD_FILE} and the card of the model anew. The model's "
        "own training counts for its seed. Called again after Ctrl-C, it goes on where it stopped."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of a model that `train` has written")
    parser.add_argument(
        "--seeds", type=whole(0), nargs="+", default=[0, 1, 2, 3, 4], metavar="S", help="(default 0 1 2 3 4)"
    )
    add_plan_options(parser)
    parser.set_defaults(command=_spread)


def _spread(options: argparse.Namespace) -> int:
    write_card(options.folder)
    seeds: dict[int, tuple[float, ...]] = {}
    for seed in options.seeds:
        run = make_run(training_options(options, seed), options.folder / "spread" / str(seed))
        seeds[seed] = own_run(options.folder, run.plan) or _shares_of(run)
    write_spread(options.folder, Spread(run.plan.recipe, len(run.plan.test), seeds))
    write_card(options.folder)
    return 0


def _shares_of(run: TrainingRun) -> tuple[float, ...]:
    """Exact match after every epoch of a run, which is trained to its end."""
    if run.can_resume:
        run.resume()
    print(f"seed {run.plan.seed}", flush=True)
    with ProgressBar(run.plan.recipe.epochs) as bar:
        run.run(on_interval=bar.show, on_epoch=bar.show_epoch)
    return tuple(result.exact_match for result in run.results)
