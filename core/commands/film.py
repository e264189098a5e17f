"""`film`: one training, kept at several moments."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.plan_options import add_plan_options, make_plan, training_options
from core.commands.progress import ProgressBar
from core.commands.shared import whole
from core.exhibits.film import FILM_FILE, MOMENTS, Frame, shoot
from core.exhibits.model_card import write_film_card


def add_film(parser: argparse.ArgumentParser) -> None:
    """Options of `film`."""
    parser.description = (
        "Train a model with attention and keep it at several moments, from untrained to finished, in half precision, "
        "with what was measured of each. Called again after Ctrl-C, it goes on from the last epoch."
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help=f"where frames and {FILM_FILE} go")
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="(default %(default)s)")
    parser.add_argument(
        "--moments", type=whole(0), nargs="+", default=MOMENTS, metavar="I", help="iterations; the last is always kept"
    )
    add_plan_options(parser)
    parser.set_defaults(command=_film)


def _film(options: argparse.Namespace) -> int:
    plan = make_plan(training_options(options, options.seed))
    with ProgressBar(plan.recipe.epochs) as bar:
        film = shoot(
            plan,
            options.output,
            options.moments,
            device=options.device,
            on_interval=bar.show,
            on_epoch=bar.show_epoch,
            on_frame=_show_frame,
        )
    write_film_card(film)
    return 0


def _show_frame(frame: Frame) -> None:
    rate = "" if frame.alignment_error_rate is None else f"  alignment error rate {frame.alignment_error_rate:.3f}"
    print(f"iteration {frame.iteration}  exact match {frame.exact_match:.5f}{rate}", flush=True)
