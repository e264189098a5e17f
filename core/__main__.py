"""The command line: `python -m core decode | evaluate | data | train | spread | card | convert`.

Exit status: 0 done; 1 an input could not be used, with one sentence on standard error; 2 wrong usage; 130 Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.backend import DEVICES, DeviceError
from core.checkpoint import CheckpointError, ModelSpec, load_parameters, save_parameters
from core.corpus import START, Corpus, CorpusError, read_corpus, split_by_day, write_corpus
from core.dates import make_pairs
from core.metrics import Accuracy
from core.model_card import CARD_FILE, SPREAD_FILE, write_card
from core.pretrained import load_pretrained
from core.recipe import RECIPES, Recipe
from core.source_text import SourceTextError
from core.trace_json import trace_to_dict
from core.trainer import TrainingDivergedError, TrainingReport
from core.training import EpochResult, TrainingPlan, TrainingRun, evaluate_pipeline

MODELS = {"attention": "AttentionSeq2seq", "peeky": "PeekySeq2seq", "seq2seq": "Seq2seq"}

DATA_SEED = 1984
"""The shipped models' data: `make_pairs(50_000, DATA_SEED)`, split by day with the same seed."""

TEST_SHARE = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    options = build_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (CheckpointError, CorpusError, DeviceError, SourceTextError, TrainingDivergedError) as error:
        print(f"core: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"core: {error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ncore: stopped", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m core", description="Read dates with attention, from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_decode(commands)
    _add_evaluate(commands)
    _add_data(commands)
    _add_train(commands)
    _add_spread(commands)
    _add_card(commands)
    _add_convert(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse gives the type of `add_subparsers` no public name


# ---- decode ---------------------------------------------------------------------------------------------------------


def _add_decode(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("decode", help="turn dates into YYYY-MM-DD")
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a date; without any, one a line is read from stdin")
    parser.add_argument("--json", action="store_true", help="print the whole trace of each, one JSON object a line")
    _add_model_options(parser)
    parser.set_defaults(command=_decode)


def _decode(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    status = 0
    for number, text in enumerate(options.texts or (line.rstrip("\n") for line in sys.stdin), start=1):
        try:
            trace = pipeline.trace(text)
        except SourceTextError as error:
            print(f"core: text {number}: {error}", file=sys.stderr)
            status = 1
            continue
        print(json.dumps(trace_to_dict(trace)) if options.json else f"{trace.text} -> {trace.output}", flush=True)
    return status


# ---- evaluate -------------------------------------------------------------------------------------------------------


def _add_evaluate(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("evaluate", help="exact match over a file of dates and answers")
    parser.add_argument("file", type=Path, metavar="FILE", help="a corpus in the book's format")
    parser.add_argument("--json", action="store_true", help="print JSON")
    _add_model_options(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    corpus = read_corpus(options.file, pipeline.vocabulary)
    if corpus.question_length > pipeline.source_length:
        raise CorpusError(
            options.file,
            f"has questions of {corpus.question_length} characters, padding included; "
            f"{pipeline.name} reads {pipeline.source_length}",
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
    parser.add_argument("--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--n", type=_positive, default=50_000, help="number of pairs (default %(default)s)")
    parser.add_argument("--seed", type=int, default=DATA_SEED, help="(default %(default)s)")
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
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where model and log go")
    parser.add_argument("--seed", type=int, default=0, help="(default %(default)s)")
    parser.add_argument("--resume", action="store_true", help="go on from the last whole epoch in the folder")
    parser.add_argument("--dtype", choices=("float16", "float32"), default="float32", help="of the stored parameters")
    _add_plan_options(parser)
    parser.set_defaults(command=_train)


def _add_plan_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument("--preset", choices=RECIPES, default="dependable", help="settings to start from (%(default)s)")
    parser.add_argument("--epochs", type=_positive)
    parser.add_argument("--batch-size", type=_positive)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--hidden-size", type=_positive)
    parser.add_argument("--wordvec-size", type=_positive)
    parser.add_argument("--data", type=Path, metavar="FILE", help="a corpus; without it, dates are generated")
    parser.add_argument("--n", type=_positive, default=50_000, help="generated pairs (default %(default)s)")
    parser.add_argument("--data-seed", type=int, default=DATA_SEED, help="for data and split (default %(default)s)")
    parser.add_argument("--device", choices=DEVICES, default="auto")


def _train(options: argparse.Namespace) -> int:
    run = TrainingRun(
        _plan(options, options.seed), options.output, device=options.device, dtype=np.dtype(options.dtype).type
    )
    if options.resume:
        run.resume()
    elif run.can_resume:
        print(f"core: {options.output} holds a run already; add --resume, or choose another folder", file=sys.stderr)
        return 1
    with _ProgressBar() as bar:
        try:
            pipeline = run.run(on_interval=bar.show, on_epoch=bar.show_epoch)
        except KeyboardInterrupt:
            print(f"core: the best parameters so far are in {options.output}; --resume goes on", file=sys.stderr)
            raise
    write_card(options.output)
    print(f"{options.output}: exact match {json.loads(pipeline.metadata['accuracy'])['exact_match']:.5f}")
    return 0


def _plan(options: argparse.Namespace, seed: int) -> TrainingPlan:
    if options.data:
        corpus, data = (
            read_corpus(options.data),
            f"the file {options.data.name}, split by day with seed {options.data_seed}",
        )
    else:
        corpus = Corpus.from_pairs(make_pairs(options.n, options.data_seed))
        data = f"make_pairs({options.n}, seed={options.data_seed}), split by day with the same seed"
    train, test = split_by_day(corpus, TEST_SHARE, options.data_seed)
    return TrainingPlan(MODELS[options.model], _recipe(options), seed, train, test, data)


def _recipe(options: argparse.Namespace) -> Recipe:
    names = ("epochs", "batch_size", "learning_rate", "hidden_size", "wordvec_size")
    chosen = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return replace(RECIPES[options.preset], **chosen)


class _ProgressBar:
    """A bar an epoch on standard error, with loss and, at its end, exact match."""

    def __enter__(self) -> _ProgressBar:
        # Only training shows a bar; decoding starts faster without the import.
        from tqdm import tqdm

        self._tqdm = tqdm
        self._bar: Any = None
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def show(self, report: TrainingReport) -> None:
        if self._bar is None:
            self._bar = self._tqdm(total=report.iterations, desc=f"epoch {report.epoch}", unit="it")
        self._bar.set_postfix(loss=f"{report.loss:.4f}", refresh=False)
        self._bar.update(report.iteration - self._bar.n)

    def show_epoch(self, result: EpochResult) -> None:
        self._close()
        print(f"epoch {result.epoch}  loss {result.loss:.4f}  exact match {result.exact_match:.5f}", flush=True)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


# ---- spread: the recipe from several seeds --------------------------------------------------------------------------


def _add_spread(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("spread", help="run a recipe from several seeds, for the model card")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"{SPREAD_FILE} and the card in it are written")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4], help="(default 0 1 2 3 4)")
    _add_plan_options(parser)
    parser.set_defaults(command=_spread)


def _spread(options: argparse.Namespace) -> int:
    spread: list[dict[str, object]] = []
    for seed in options.seeds:
        plan = _plan(options, seed)
        run = TrainingRun(plan, options.folder / "spread" / str(seed), device=options.device)
        with _ProgressBar() as bar:
            run.run(on_interval=bar.show, on_epoch=bar.show_epoch)
        spread.append({"seed": seed, "exact_match": [result.exact_match for result in run.results]})
    content = {"recipe": _recipe(options).to_dict(), "test_pairs": len(plan.test), "seeds": spread}
    (options.folder / SPREAD_FILE).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    write_card(options.folder)
    return 0


# ---- card, convert --------------------------------------------------------------------------------------------------


def _add_card(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("card", help=f"write a model's {CARD_FILE} anew from its files")
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.set_defaults(command=_card)


def _card(options: argparse.Namespace) -> int:
    write_card(options.folder)
    return 0


def _add_convert(commands: Commands[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("convert", help="turn a parameter file of the book (.pkl) into safetensors")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE")
    parser.add_argument("--vocabulary", required=True, type=Path, metavar="FILE", help="the corpus it was trained on")
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument("--wordvec-size", type=_positive, default=16, help="(default %(default)s)")
    parser.add_argument("--hidden-size", type=_positive, default=256, help="(default %(default)s)")
    parser.add_argument("--not-reversed", action="store_true", help="the model reads the first character first")
    parser.set_defaults(command=_convert)


def _convert(options: argparse.Namespace) -> int:
    corpus = read_corpus(options.vocabulary, vocabulary=None, dates=False)
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
    model = spec.build()
    load_parameters(options.file, model)
    save_parameters(options.output, model, spec.to_metadata() | {"data": f"converted from {options.file.name}"})
    return 0


# ---- shared options -------------------------------------------------------------------------------------------------


def _add_model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", default="date-attention", help="a folder of pretrained/, or a .safetensors file (%(default)s)"
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="(default %(default)s)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {number}; expected a whole number of at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
