"""`train`: a model, from the data to its card."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from core.commands.plan_options import add_plan_options, make_run, training_options
from core.commands.progress import ProgressBar
from core.commands.shared import UnusableError, say_device, whole
from core.exhibits.model_card import write_card
from core.runs.recording import ProcessEndedError, Recorder, Recording
from core.runs.run import checked_name
from core.runs.store import RunStore, RunStoreError
from core.training.options import DTYPES, TrainingOptions
from core.training.trainer import EpochResult, TrainingReport
from core.training.training_run import TrainingRun, TrainingStoppedError

_log = logging.getLogger(__name__)


def add_train(parser: argparse.ArgumentParser) -> None:
    """Options of `train`."""
    parser.description = (
        "Train a model. Ctrl-C keeps the best parameters so far; --resume goes on from the last epoch, or from where "
        "SIGTERM found it. The app's page Train shows the curves, and can pause or stop it. With "
        "OPENBLAS_NUM_THREADS=2 it computes with two threads, which large models gain from, and rounds differently."
    )
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="where model, card and log go (default: a folder of --store)"
    )
    parser.add_argument("--seed", type=whole(0), default=0, metavar="S", help="(default %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from what is stored in the folder")
    parser.add_argument(
        "--dtype", choices=DTYPES, default="float32", help="of the stored parameters (default %(default)s)"
    )
    parser.add_argument("--name", type=_name, default="", metavar="TEXT", help="what the list of runs calls it")
    parser.add_argument(
        "--store", type=Path, metavar="FOLDER", help="the list of runs (default: $ATTENTION_RUNS, or runs/)"
    )
    add_plan_options(parser)
    parser.set_defaults(command=_train)


def _name(text: str) -> str:
    try:
        return checked_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _train(options: argparse.Namespace) -> int:
    chosen = training_options(options, options.seed)
    if options.output is None and options.resume:
        raise UnusableError("--resume goes on in a folder; name it with --output")
    run = make_run(chosen, options.output or Path())
    say_device(run.backend)
    if options.resume:
        run.resume()
    elif options.output is not None and run.can_resume:
        raise UnusableError(f"{options.output} holds a run already; add --resume, or choose another folder")
    told_to_end = threading.Event()
    previous = signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    try:
        with _listed(chosen, options) as recording:
            if recording is not None:
                run.folder = options.output or recording.run.folder
            _fit(run, None if recording is None else recording.record(run), told_to_end)
    except (KeyboardInterrupt, TrainingStoppedError) as stop:
        print(f"\ncore: {_where_it_stands(run, stop)}", file=sys.stderr)
        return 128 + (signal.SIGTERM if isinstance(stop, ProcessEndedError) else signal.SIGINT)
    finally:
        signal.signal(signal.SIGTERM, previous)
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


def _fit(run: TrainingRun, recorder: Recorder | None, told_to_end: threading.Event) -> None:
    with ProgressBar(run.plan.recipe.epochs) as bar:

        def on_interval(report: TrainingReport) -> None:
            if recorder:
                recorder.on_interval(report)
            bar.show(report)

        def on_epoch(result: EpochResult) -> None:
            if recorder:
                recorder.on_epoch(result)
            bar.show_epoch(result)

        def on_iteration() -> None:
            if told_to_end.is_set():
                raise ProcessEndedError
            if recorder:
                recorder.on_iteration()

        pipeline = run.run(on_interval=on_interval, on_iteration=on_iteration, on_epoch=on_epoch)
    write_card(run.folder)
    if pipeline.accuracy is not None:
        print(f"{run.folder}: exact match {pipeline.accuracy.exact_match:.5f}")


def _where_it_stands(run: TrainingRun, stop: BaseException) -> str:
    if isinstance(stop, ProcessEndedError):
        return f"told to end; nothing is lost: --resume goes on from here, with --output {run.folder}"
    if isinstance(stop, TrainingStoppedError) and not stop.keep:
        return f"paused by the list of runs; --resume goes on from here, with --output {run.folder}"
    if isinstance(stop, TrainingStoppedError):
        how = f"--resume goes on from here, with --output {run.folder}"
    elif run.can_resume:
        how = "--resume goes on from the last whole epoch"
    else:
        how = "the first epoch was not finished"
    return f"stopped; the best parameters so far are in {run.folder}; {how}"
