"""Commands that make data and train: data, train, spread."""

from __future__ import annotations

import argparse
import logging
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from core.commands.shared import UnusableError, add_device_option, rate, rate_or_none, say_device, whole
from core.data.corpus import CorpusError, write_corpus
from core.data.dates import FAMILY_NAMES, make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED
from core.exhibits.film import FILM_FILE, MOMENTS, Frame, shoot
from core.exhibits.model_card import write_card, write_film_card
from core.exhibits.seeds import SPREAD_FILE, Spread, own_run, write_spread
from core.layers.scores import SCORES
from core.runs.recording import Recorder, Recording
from core.runs.store import RunStore, RunStoreError
from core.training.mistakes import TRAINABLE
from core.training.optimizers import OPTIMIZERS
from core.training.options import DTYPES, MAX_EPOCHS, MAX_PAIRS, FileData, GeneratedData, TrainingOptions
from core.training.recipe import DEFAULT_RECIPE, PRESET_PAIRS, RECIPES, Recipe
from core.training.trainer import TrainingReport
from core.training.training_run import MODELS, EpochResult, TrainingPlan, TrainingRun, TrainingStoppedError

_log = logging.getLogger(__name__)


# ---- data -----------------------------------------------------------------------------------------------------------


def add_data(parser: argparse.ArgumentParser) -> None:
    """Options of `data`."""
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to; a file there is replaced")
    _add_generator_options(parser, f"dates to draw (default {DATA_PAIRS})")
    parser.add_argument("--seed", type=whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    parser.set_defaults(command=_data)


def _data(options: argparse.Namespace) -> int:
    write_corpus(options.output, make_pairs(options.n or DATA_PAIRS, options.seed, options.families))
    return 0


# ---- train ----------------------------------------------------------------------------------------------------------


def add_train(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    parser.description = (
        "Train a model. Ctrl-C keeps the best parameters so far; --resume goes on from the last epoch. The app's page "
        "Train shows the curves, and can pause or stop it. With OPENBLAS_NUM_THREADS=2 it computes with two threads, "
        "which large models gain from, and rounds differently."
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where model, card and log go (default: a folder of --store)"
    )
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="(default %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from what is stored in the folder")
    parser.add_argument(
        "--dtype", choices=DTYPES, default="float32", help="of the stored parameters (default %(default)s)"
    )
    parser.add_argument("--name", default="", metavar="TEXT", help="what the list of runs calls it")
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the list of runs (default: $ATTENTION_RUNS, or runs/)"
    )
    add_plan_options(parser)
    parser.set_defaults(command=_train)


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
    _add_generator_options(data, f"dates to draw (default {DATA_PAIRS}, with --preset quick {quick})")
    data.add_argument("--data-seed", type=whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    add_device_option(parser)


def _add_generator_options(parser: argparse._ActionsContainer, n_help: str) -> None:
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


def _make_run(chosen: TrainingOptions, folder: Path) -> TrainingRun:
    plan = make_plan(chosen)
    try:
        return TrainingRun(plan, folder, device=chosen.device, dtype=np.dtype(chosen.dtype).type)
    except ValueError as error:
        raise UnusableError(str(error)) from error


def _train(options: argparse.Namespace) -> int:
    chosen = training_options(options, options.seed)
    if options.output is None and options.resume:
        raise UnusableError("--resume goes on in a folder; name it with --output")
    run = _make_run(chosen, options.output or Path())
    say_device(run.backend)
    if options.resume:
        run.resume()
    elif options.output is not None and run.can_resume:
        raise UnusableError(f"{options.output} holds a run already; add --resume, or choose another folder")
    try:
        with _listed(chosen, options) as recording:
            if recording is not None:
                run.folder = options.output or recording.run.folder
            _fit(run, None if recording is None else recording.record(run))
    except (KeyboardInterrupt, TrainingStoppedError) as stop:
        print(f"\ncore: {_where_it_stands(run, stop)}", file=sys.stderr)
        return 130
    return 0


def _listed(chosen: TrainingOptions, options: argparse.Namespace) -> AbstractContextManager[Recording | None]:
    """The run in the list of runs. Where there can be no list, a training in a folder of its own goes on without."""
    try:
        return Recording.begin(RunStore(options.store), chosen, options.name, options.output)
    except RunStoreError as error:
        if options.output is None or options.store is not None:
            raise
        _log.warning("%s; the run is not in the list of runs", error)
        return nullcontext()


def _fit(run: TrainingRun, recorder: Recorder | None) -> None:
    with ProgressBar(run.plan.recipe.epochs) as bar:

        def on_interval(report: TrainingReport) -> None:
            if recorder:
                recorder.on_interval(report)
            bar.show(report)

        def on_epoch(result: EpochResult) -> None:
            if recorder:
                recorder.on_epoch(result)
            bar.show_epoch(result)

        on_iteration = recorder.on_iteration if recorder else None
        pipeline = run.run(on_interval=on_interval, on_iteration=on_iteration, on_epoch=on_epoch)
    write_card(run.folder)
    if pipeline.accuracy is not None:
        print(f"{run.folder}: exact match {pipeline.accuracy.exact_match:.5f}")


def _where_it_stands(run: TrainingRun, stop: BaseException) -> str:
    if isinstance(stop, TrainingStoppedError) and not stop.keep:
        return f"paused by the list of runs; --resume goes on from here, with --output {run.folder}"
    if isinstance(stop, TrainingStoppedError):
        how = f"--resume goes on from here, with --output {run.folder}"
    elif run.can_resume:
        how = "--resume goes on from the last whole epoch"
    else:
        how = "the first epoch was not finished"
    return f"stopped; the best parameters so far are in {run.folder}; {how}"


# ---- spread: the recipe from several seeds --------------------------------------------------------------------------


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
        run = _make_run(training_options(options, seed), options.folder / "spread" / str(seed))
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


# ---- film -----------------------------------------------------------------------------------------------------------


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


# ---- the bar ---------------------------------------------------------------------------------------------------------


class ProgressBar:
    """A line an epoch on standard output and, where standard error is a terminal, a bar that moves in between."""

    _WIDTH = 24

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._began: int | None = None
        self._shown = 0

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw("")

    def show(self, report: TrainingReport) -> None:
        """Move the bar."""
        if self._began is None:
            self._began = report.epoch
        done = (report.epoch - self._began) * report.iterations + report.iteration
        remaining = (self._epochs + 1 - self._began) * report.iterations - done
        minutes, seconds = divmod(round(report.seconds / done * remaining), 60)
        filled = self._WIDTH * report.iteration // report.iterations
        bar = "#" * filled + "-" * (self._WIDTH - filled)
        epoch = f"epoch {report.epoch} of {self._epochs}"
        self._draw(f"{epoch} [{bar}] loss {report.loss:.4f}, {minutes}:{seconds:02d} left")

    def show_epoch(self, result: EpochResult, run: str = "") -> None:
        """Put a line in the place of the bar. Args: run: what the run is called, where there are several."""
        self._draw("")
        print(f"{run}epoch {result.epoch}  loss {result.loss:.4f}  exact match {result.exact_match:.5f}", flush=True)

    def _draw(self, line: str) -> None:
        if sys.stderr.isatty():
            # Spaces wipe out what is left of a longer line.
            print(f"\r{line.ljust(self._shown)}\r{line}", end="", file=sys.stderr, flush=True)
            self._shown = len(line)
