"""Options that decide a training, and what they ask for: for train, spread and film."""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from core.commands.shared import UnusableError, add_device_option, rate, rate_or_none, whole
from core.data.corpus import CorpusError
from core.data.dates import FAMILY_NAMES
from core.data.held_out import DATA_PAIRS, DATA_SEED
from core.layers.scores import SCORES
from core.training.mistakes import TRAINABLE
from core.training.optimizers import OPTIMIZERS
from core.training.options import MAX_EPOCHS, TrainingOptions
from core.training.plan import MODELS, TrainingPlan
from core.training.recipe import DEFAULT_RECIPE, PRESET_PAIRS, RECIPES, Recipe
from core.training.training_data import MAX_PAIRS, FileData, GeneratedData
from core.training.training_run import TrainingRun


def add_plan_options(parser: argparse.ArgumentParser) -> None:
    """What decides the parameters, but for the seed."""
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument(
        "--preset", choices=RECIPES, default=DEFAULT_RECIPE, help="the settings to start from (default %(default)s)"
    )
    settings = parser.add_argument_group(
        "settings that replace those of the preset", argument_default=argparse.SUPPRESS
    )
    settings.add_argument("--epochs", type=whole(1, MAX_EPOCHS), metavar="N")
    settings.add_argument("--batch-size", type=whole(1), metavar="N")
    settings.add_argument("--learning-rate", type=rate, metavar="RATE", help="the optimizer's, at its highest")
    settings.add_argument("--hidden-size", type=whole(1), metavar="H")
    settings.add_argument("--wordvec-size", type=whole(1), metavar="D")
    settings.add_argument("--optimizer", choices=OPTIMIZERS)
    settings.add_argument(
        "--max-grad", type=rate_or_none, metavar="LENGTH", help="gradients are clipped to it; none: not at all"
    )
    settings.add_argument("--score", choices=SCORES, help="how the attention compares two states")
    settings.add_argument(
        "--bidirectional", action="store_true", help="the encoder reads from both ends, with half of H from each"
    )
    settings.add_argument(
        "--not-reversed",
        dest="reversed_input",
        action="store_false",
        help="the encoder reads the first character first",
    )
    parser.add_argument("--mistake", choices=TRAINABLE, default="", help="build in a mistake, to see what it does")
    data = parser.add_argument_group("data", "Without a file, dates are generated. The split is by day.")
    data.add_argument("--data", type=Path, metavar="FILE", help="a corpus in the book's format")
    quick = PRESET_PAIRS["quick"]
    add_generator_options(data, f"dates to draw (default {DATA_PAIRS}, with --preset quick {quick})")
    data.add_argument("--data-seed", type=whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    add_device_option(parser)


def add_generator_options(parser: argparse._ActionsContainer, n_help: str) -> None:
    """How many dates are drawn, and how they are written."""
    parser.add_argument("--n", type=whole(1, MAX_PAIRS), metavar="N", help=n_help)
    parser.add_argument(
        "--families",
        nargs="+",
        choices=FAMILY_NAMES,
        default=FAMILY_NAMES,
        metavar="FAMILY",
        help=f"ways to write them, of {', '.join(FAMILY_NAMES)} (default: all)",
    )


def training_options(options: argparse.Namespace, seed: int) -> TrainingOptions:
    """What the command line asks for.

    Raises:
        UnusableError: no training can use it; says what.
    """
    given = vars(options)
    chosen = {each.name: given[each.name] for each in fields(Recipe) if each.name in given}
    try:
        data = (
            FileData(options.data, seed=options.data_seed)
            if options.data
            else GeneratedData(options.n or PRESET_PAIRS[options.preset], options.data_seed, tuple(options.families))
        )
        return TrainingOptions(
            model=options.model,
            recipe=replace(RECIPES[options.preset], **chosen),
            seed=seed,
            data=data,
            device=options.device,
            dtype=given.get("dtype", "float32"),
            mistake=options.mistake,
        )
    except ValueError as error:
        raise UnusableError(str(error)) from error


def make_plan(chosen: TrainingOptions) -> TrainingPlan:
    """The plan of a training, its data made or read.

    Raises:
        UnusableError, CorpusError: there can be no such training; says why.
    """
    try:
        chosen.check_memory()
        return chosen.plan()
    except CorpusError:
        raise
    except ValueError as error:
        raise UnusableError(str(error)) from error


def make_run(chosen: TrainingOptions, folder: Path) -> TrainingRun:
    """The run of a training in a folder, before its first step.

    Raises:
        UnusableError, CorpusError: there can be no such training; says why.
    """
    plan = make_plan(chosen)
    try:
        return TrainingRun(plan, folder, device=chosen.device, dtype=np.dtype(chosen.dtype).type)
    except ValueError as error:
        raise UnusableError(str(error)) from error
