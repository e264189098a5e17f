"""The command line: `python -m core COMMAND`; without a command it lists them.

Exit status: 0 done; 1 an input could not be used, with one sentence on standard error; 2 wrong usage; 130 Ctrl-C;
141 nobody reads the output any more.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from core.backend import DEVICES, DeviceError, get_backend
from core.checkpoint import CheckpointError, ModelSpec, load_parameters, save_parameters
from core.corpus import MAX_BYTES, START, Corpus, CorpusError, read_corpus, split_by_day, write_corpus
from core.dates import make_pairs
from core.film import FILM_FILE, MOMENTS, FilmError, Frame, read_film, shoot
from core.metrics import Accuracy, evaluate_pipeline
from core.mistakes import TRAINABLE
from core.model_card import CARD_FILE, write_card, write_film_card
from core.optimizers import OPTIMIZERS
from core.pretrained import PARAMETER_FILE, load_pipeline, load_pretrained
from core.recipe import DEFAULT_RECIPE, RECIPES, Recipe
from core.runs import RunStore, RunStoreError, training_limit
from core.scores import SCORES
from core.source_text import SourceTextError
from core.spread import SPREAD_FILE, Spread, own_run, write_spread
from core.trace_json import trace_to_dict
from core.trainer import TrainingDivergedError, TrainingReport
from core.training import (
    DATA_PAIRS,
    DATA_SEED,
    MODELS,
    TEST_SHARE,
    EpochResult,
    TrainingPlan,
    TrainingRun,
    describe_data_file,
    describe_generated_data,
)
from core.truth import TRUTH_FILE, held_out_dates, measure_truth, write_truth
from core.worker import be_modest, work

# A line of a date corpus has 41 bytes; more pairs than this would make a file that is too large to be read.
_MAX_PAIRS = MAX_BYTES // 41


class UnusableError(Exception):
    """What was asked for cannot be done with these options; the message says why."""


_SENTENCES = (
    CheckpointError,
    CorpusError,
    DeviceError,
    FilmError,
    RunStoreError,
    SourceTextError,
    TrainingDivergedError,
    UnusableError,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logging.basicConfig(format="core: %(message)s", level=logging.WARNING)
    _let_any_text_through()
    options = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        status = command(options)
        print(end="", flush=True)
        return status
    except BrokenPipeError:
        _discard_output()
        return 141
    except _SENTENCES as error:
        return _fail(str(error))
    except OSError as error:
        _discard_output()
        return _fail(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))
    except MemoryError:
        return _fail("this takes more memory than there is; ask for less")
    except KeyboardInterrupt:
        print("\ncore: stopped", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(
        prog="python -m core", description="Sequence-to-sequence models that read dates, from a terminal."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_decode(commands)
    _add_evaluate(commands)
    _add_data(commands)
    _add_train(commands)
    _add_work(commands)
    _add_spread(commands)
    _add_film(commands)
    _add_explain(commands)
    _add_card(commands)
    _add_convert(commands)
    _add_benchmark(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse gives the type of `add_subparsers` no public name


def _fail(sentence: str) -> int:
    print(f"core: {sentence}", file=sys.stderr)
    return 1


def _let_any_text_through() -> None:
    """Bytes that are no text arrive as what `read_source` can name; characters that cannot be shown are escaped."""
    for stream, errors in ((sys.stdin, "surrogateescape"), (sys.stdout, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _discard_output() -> None:
    """Give up on what could not be written, or Python would try again at its end and complain a second time."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# ---- decode ---------------------------------------------------------------------------------------------------------


def _add_decode(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "decode",
        help="turn dates into YYYY-MM-DD",
        description="Turn dates into YYYY-MM-DD. A text that cannot be read is named on standard error; the others "
        "are answered all the same, and the exit status is 1.",
    )
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a date; without any, one a line is read from stdin")
    parser.add_argument("--json", action="store_true", help="print the whole trace of each, one JSON object a line")
    _add_model_options(parser)
    parser.set_defaults(command=_decode)


def _decode(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    status = 0
    for number, text in enumerate(options.texts or _lines_typed(), start=1):
        try:
            trace = pipeline.trace(text)
        except SourceTextError as error:
            status = _fail(f"text {number}: {error}")
            continue
        line = json.dumps(trace_to_dict(trace), allow_nan=False) if options.json else f"{trace.text} -> {trace.output}"
        print(line, flush=True)
    return status


def _lines_typed() -> Iterable[str]:
    if sys.stdin is None:
        raise UnusableError("there is no standard input; give dates as arguments")
    if sys.stdin.isatty():
        print("Type one date a line; Ctrl-D ends.", file=sys.stderr)
    return (line.rstrip("\n") for line in sys.stdin)


# ---- evaluate -------------------------------------------------------------------------------------------------------


def _add_evaluate(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "evaluate",
        help="exact match over a file of dates and answers",
        description="Print how many of the dates in a file a model answers right to the last character, in all (n, "
        "exact_match) and by the way they are written.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a corpus in the book's format")
    parser.add_argument("--json", action="store_true", help="print n, exact_match and families as one JSON object")
    _add_model_options(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    corpus = read_corpus(options.file, pipeline.vocabulary)
    longest = max(len(question) for question in corpus.questions)
    if longest > pipeline.source_length:
        raise CorpusError(
            options.file,
            f"has a question of {longest} characters; {pipeline.name} reads at most {pipeline.source_length}",
        )
    evaluation = evaluate_pipeline(pipeline, corpus)
    if options.json:
        print(json.dumps(evaluation.to_dict(), indent=2))
        return 0
    print(f"n            {evaluation.total.n}")
    print(f"exact_match  {evaluation.exact_match:.5f}")
    for name, accuracy in evaluation.families.items():
        print(_family_line(name, accuracy))
    return 0


def _family_line(name: str, accuracy: Accuracy) -> str:
    return f"  {name:<24} {accuracy.exact_match:.5f}  ({accuracy.correct} of {accuracy.n})"


# ---- data -----------------------------------------------------------------------------------------------------------


def _add_data(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("data", help="write a corpus of dates in the book's format")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to; a file there is replaced")
    _add_generator_options(parser)
    parser.add_argument("--seed", type=_whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    parser.set_defaults(command=_data)


def _data(options: argparse.Namespace) -> int:
    write_corpus(options.output, make_pairs(options.n, options.seed))
    return 0


# ---- train ----------------------------------------------------------------------------------------------------------


def _add_train(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "train",
        help="train a model",
        description="Train a model. Ctrl-C keeps the best parameters so far; --resume goes on from the last epoch.",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where model, card and log go")
    parser.add_argument("--seed", type=_whole(0), default=0, metavar="S", help="(default %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch in the folder")
    parser.add_argument(
        "--dtype",
        choices=("float16", "float32"),
        default="float32",
        help="of the stored parameters (default %(default)s)",
    )
    _add_plan_options(parser)
    parser.set_defaults(command=_train)


def _add_plan_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument(
        "--preset", choices=RECIPES, default=DEFAULT_RECIPE, help="the settings to start from (default %(default)s)"
    )
    settings = parser.add_argument_group(
        "settings that replace those of the preset", argument_default=argparse.SUPPRESS
    )
    settings.add_argument("--epochs", type=_whole(1), metavar="N")
    settings.add_argument("--batch-size", type=_whole(1), metavar="N")
    settings.add_argument("--learning-rate", type=_rate, metavar="RATE", help="the optimizer's, at its highest")
    settings.add_argument("--hidden-size", type=_whole(1), metavar="H")
    settings.add_argument("--wordvec-size", type=_whole(1), metavar="D")
    settings.add_argument("--optimizer", choices=OPTIMIZERS)
    settings.add_argument(
        "--max-grad", type=_rate_or_none, metavar="LENGTH", help="gradients are clipped to it; none: not at all"
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
    _add_generator_options(data)
    data.add_argument("--data-seed", type=_whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    _add_device_option(parser)


def _add_generator_options(parser: argparse._ActionsContainer) -> None:
    parser.add_argument(
        "--n", type=_whole(1, _MAX_PAIRS), default=DATA_PAIRS, metavar="N", help="dates to draw (default %(default)s)"
    )


def _train(options: argparse.Namespace) -> int:
    run = _make_run(options, options.seed, options.output, np.dtype(options.dtype).type)
    if options.resume:
        run.resume()
    elif run.can_resume:
        raise UnusableError(f"{options.output} holds a run already; add --resume, or choose another folder")
    try:
        with _Progress(run.plan.recipe.epochs) as progress:
            pipeline = run.run(on_interval=progress.show, on_epoch=progress.show_epoch)
    except KeyboardInterrupt:
        how = "--resume goes on from the last whole epoch" if run.can_resume else "the first epoch was not finished"
        print(f"\ncore: stopped; the best parameters so far are in {options.output}; {how}", file=sys.stderr)
        return 130
    write_card(options.output)
    print(f"{options.output}: exact match {json.loads(pipeline.metadata['accuracy'])['exact_match']:.5f}")
    return 0


def _make_run(options: argparse.Namespace, seed: int, folder: Path, dtype: type = np.float32) -> TrainingRun:
    try:
        return TrainingRun(_plan(options, seed), folder, device=options.device, dtype=dtype)
    except CorpusError:
        raise
    except ValueError as error:
        raise UnusableError(str(error)) from error


def _plan(options: argparse.Namespace, seed: int) -> TrainingPlan:
    recipe = _recipe(options)
    if options.data:
        corpus, data = read_corpus(options.data), describe_data_file(options.data, options.data_seed)
    else:
        corpus = Corpus.from_pairs(make_pairs(options.n, options.data_seed))
        data = describe_generated_data(options.n, options.data_seed)
    train, test = split_by_day(corpus, TEST_SHARE, options.data_seed)
    return TrainingPlan(MODELS[options.model], recipe, seed, train, test, data, options.mistake)


def _recipe(options: argparse.Namespace) -> Recipe:
    given = vars(options)
    chosen = {field.name: given[field.name] for field in fields(Recipe) if field.name in given}
    return replace(RECIPES[options.preset], **chosen)


class _Progress:
    """A line an epoch on standard output and, where standard error is a terminal, a bar that moves in between."""

    _WIDTH = 24

    def __init__(self, epochs: int) -> None:
        self._epochs = epochs
        self._began: int | None = None
        self._shown = 0

    def __enter__(self) -> _Progress:
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

    def show_epoch(self, result: EpochResult) -> None:
        """Put a line in the place of the bar."""
        self._draw("")
        print(f"epoch {result.epoch}  loss {result.loss:.4f}  exact match {result.exact_match:.5f}", flush=True)

    def _draw(self, line: str) -> None:
        if sys.stderr.isatty():
            # Spaces wipe out what is left of a longer line.
            print(f"\r{line.ljust(self._shown)}\r{line}", end="", file=sys.stderr, flush=True)
            self._shown = len(line)


# ---- work: train what waits -----------------------------------------------------------------------------------------


def _add_work(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("work", help="train what waits in the list of runs, then end")
    parser.add_argument("--store", type=Path, default=None, metavar="FOLDER", help="of the runs")
    parser.add_argument("--limit", type=_whole(1), default=None, metavar="N", help="end if so many are at it already")
    parser.set_defaults(command=_work)


def _work(options: argparse.Namespace) -> int:
    be_modest()
    work(RunStore(options.store), options.limit or training_limit())
    return 0


# ---- spread: the recipe from several seeds --------------------------------------------------------------------------


def _add_spread(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "spread",
        help="train from several seeds, for the model card",
        description=f"Train from several seeds beside a model, and write {SPREAD_FILE} and the card of the model anew. "
        "The model's own training counts for its seed. Called again after Ctrl-C, it goes on where it stopped.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="of a model that `train` has written")
    parser.add_argument(
        "--seeds", type=_whole(0), nargs="+", default=[0, 1, 2, 3, 4], metavar="S", help="(default 0 1 2 3 4)"
    )
    _add_plan_options(parser)
    parser.set_defaults(command=_spread)


def _spread(options: argparse.Namespace) -> int:
    write_card(options.folder)
    seeds: dict[int, tuple[float, ...]] = {}
    for seed in options.seeds:
        run = _make_run(options, seed, options.folder / "spread" / str(seed))
        seeds[seed] = own_run(options.folder, run.plan) or _shares_of(run)
    write_spread(options.folder, Spread(run.plan.recipe, len(run.plan.test), seeds))
    write_card(options.folder)
    return 0


def _shares_of(run: TrainingRun) -> tuple[float, ...]:
    """Exact match after every epoch of a run, which is trained to its end."""
    if run.can_resume:
        run.resume()
    print(f"seed {run.plan.seed}", flush=True)
    with _Progress(run.plan.recipe.epochs) as progress:
        run.run(on_interval=progress.show, on_epoch=progress.show_epoch)
    return tuple(result.exact_match for result in run.results)


# ---- film -----------------------------------------------------------------------------------------------------------


def _add_film(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "film",
        help="train a model with attention and keep it at several moments",
        description="Train a model with attention and keep it at several moments, from untrained to finished, in half "
        "precision, with what was measured of each. Called again after Ctrl-C, it goes on from the last epoch.",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help=f"where frames and {FILM_FILE} go")
    parser.add_argument("--seed", type=_whole(0), default=0, metavar="S", help="(default %(default)s)")
    parser.add_argument(
        "--moments", type=_whole(0), nargs="+", default=MOMENTS, metavar="I", help="iterations; the last is always kept"
    )
    _add_plan_options(parser)
    parser.set_defaults(command=_film)


def _film(options: argparse.Namespace) -> int:
    try:
        plan = _plan(options, options.seed)
    except CorpusError:
        raise
    except ValueError as error:
        raise UnusableError(str(error)) from error
    with _Progress(plan.recipe.epochs) as progress:
        film = shoot(
            plan,
            options.output,
            options.moments,
            device=options.device,
            on_interval=progress.show,
            on_epoch=progress.show_epoch,
            on_frame=_show_frame,
        )
    write_film_card(film)
    return 0


def _show_frame(frame: Frame) -> None:
    rate = "" if frame.alignment_error_rate is None else f"  alignment error rate {frame.alignment_error_rate:.3f}"
    print(f"iteration {frame.iteration}  exact match {frame.exact_match:.5f}{rate}", flush=True)


# ---- explain --------------------------------------------------------------------------------------------------------


def _add_explain(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "explain",
        help="measure whether a model's attention explains its answers",
        description="Measure a model with attention over the held-out dates of the shipped models: where it looks, and "
        f"what is still right when it is made to look elsewhere. Writes {TRUTH_FILE} into the model's folder, from "
        "which the app and `card` take the figures.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"with a {PARAMETER_FILE}")
    _add_device_option(parser)
    parser.set_defaults(command=_explain)


def _explain(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    pipeline = load_pipeline(folder / PARAMETER_FILE, folder.resolve().name, get_backend(options.device))
    try:
        truth = measure_truth(pipeline, held_out_dates())
    except ValueError as error:
        raise UnusableError(str(error)) from error
    write_truth(folder, truth)
    print(f"argmax on gold  {truth.alignment.whole.total.argmax_on_gold:.5f}")
    for name, evaluation in truth.experiments.items():
        print(_family_line(name, evaluation.total))
    return 0


# ---- card, convert --------------------------------------------------------------------------------------------------


def _add_card(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("card", help=f"write the {CARD_FILE} of a model or a film anew from its files")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that `train` or `film` has written")
    parser.set_defaults(command=_card)


def _card(options: argparse.Namespace) -> int:
    if (options.folder / FILM_FILE).is_file():
        write_film_card(read_film(options.folder))
    else:
        write_card(options.folder)
    return 0


def _add_convert(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "convert",
        help="turn a parameter file of the book (.pkl) into safetensors",
        description="Turn a parameter file of the book (.pkl) into a safetensors file that the other commands take as "
        "--model. The pickle is read without running it.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what the book's save_params wrote")
    parser.add_argument("--output", type=_safetensors, required=True, metavar="FILE", help="ending in .safetensors")
    parser.add_argument("--vocabulary", required=True, type=Path, metavar="FILE", help="the corpus it was trained on")
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument("--wordvec-size", type=_whole(1), default=16, metavar="D", help="(default %(default)s)")
    parser.add_argument("--hidden-size", type=_whole(1), default=256, metavar="H", help="(default %(default)s)")
    parser.add_argument("--not-reversed", action="store_true", help="the model reads the first character first")
    parser.set_defaults(command=_convert)


def _convert(options: argparse.Namespace) -> int:
    corpus = read_corpus(options.vocabulary, vocabulary=None, dates=False)
    try:
        spec = ModelSpec(
            model_class=MODELS[options.model],
            wordvec_size=options.wordvec_size,
            hidden_size=options.hidden_size,
            vocabulary=corpus.vocabulary_in_order_seen(),
            reversed_input=not options.not_reversed,
            start_character=START,
            source_length=corpus.question_length,
            target_length=corpus.answer_length,
        )
    except ValueError as error:
        raise UnusableError(str(error)) from error
    model = spec.build()
    load_parameters(options.file, model)
    save_parameters(options.output, model, spec.to_metadata() | {"data": f"converted from {options.file.name}"})
    return 0


# ---- benchmark ------------------------------------------------------------------------------------------------------


def _add_benchmark(commands: Commands[argparse.ArgumentParser]) -> None:
    # No character begins an option here: all that follows, --help included, is for the benchmarks themselves.
    parser = commands.add_parser(
        "benchmark", help="speed and memory, beside PyTorch and the bare products", add_help=False, prefix_chars="\0"
    )
    parser.add_argument("arguments", nargs="*")
    parser.set_defaults(command=_benchmark)


def _benchmark(options: argparse.Namespace) -> int:
    try:
        command = importlib.import_module("benchmarks.command")
    except ModuleNotFoundError as error:
        if error.name not in ("benchmarks", "benchmarks.command"):
            raise
        raise UnusableError(
            "the benchmarks are not here: they are in the folder benchmarks/ of the repository; run this from its root"
        ) from error
    status: int = command.main(options.arguments)
    return status


# ---- shared options -------------------------------------------------------------------------------------------------


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="date-attention",
        metavar="NAME",
        help="a folder of pretrained/, or a .safetensors file (default %(default)s)",
    )
    _add_device_option(parser)


def _add_device_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device",
        choices=DEVICES,
        default="auto",
        help="cuda needs a GPU; auto takes one if there is (default %(default)s)",
    )


def _whole(lowest: int | None = None, highest: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"got {text[:40]!r}; expected a whole number") from None
        if lowest is not None and number < lowest:
            raise argparse.ArgumentTypeError(f"got {number}; expected a whole number of at least {lowest}")
        if highest is not None and number > highest:
            raise argparse.ArgumentTypeError(f"got {number}; expected a whole number of at most {highest}")
        return number

    return read


def _rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"got {text[:40]!r}; expected a number above 0")
    return number


def _rate_or_none(text: str) -> float | None:
    return None if text == "none" else _rate(text)


def _safetensors(text: str) -> Path:
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a name ending in .safetensors, by which it is loaded")
    return Path(text)


if __name__ == "__main__":
    sys.exit(main())
