"""Commands about trained models: decode, evaluate, explain, card, convert."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.analysis.metrics import evaluate_pipeline
from core.analysis.truth import TRUTH_FILE, measure_truth, write_truth
from core.backend.devices import get_backend
from core.commands.shared import UnusableError, add_device_option, add_model_options, fail, say_device, whole
from core.data.accuracy import Accuracy
from core.data.corpus import START, CorpusError, read_corpus
from core.data.held_out import held_out_dates
from core.data.source_text import SourceTextError
from core.decoding.pretrained import PARAMETER_FILE, load_pipeline, load_pretrained
from core.decoding.to_disk import ANSWERS_FILE, ATTENTION_FILE, decode_corpus
from core.decoding.trace_json import trace_to_dict
from core.exhibits.film import FILM_FILE, read_film
from core.exhibits.model_card import write_card, write_film_card
from core.models.parameters import load_parameters, save_parameters
from core.models.spec import ModelSpec
from core.training.training_run import MODELS

# ---- decode ---------------------------------------------------------------------------------------------------------


def add_decode(parser: argparse.ArgumentParser) -> None:
    """Options of `decode`."""
    parser.description = (
        "Turn dates into YYYY-MM-DD. A text that cannot be read is named on standard error; the others "
        "are answered all the same, and the exit status is 1."
    )
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="a date; without any, one a line is read from stdin")
    parser.add_argument("--json", action="store_true", help="print the whole trace of each, one JSON object a line")
    add_model_options(parser)
    parser.set_defaults(command=_decode)


def _decode(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    say_device(pipeline.model.backend)
    status = 0
    for number, text in enumerate(options.texts or _lines_typed(), start=1):
        try:
            trace = pipeline.trace(text)
        except SourceTextError as error:
            status = fail(f"text {number}: {error}")
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


# ---- decode-corpus --------------------------------------------------------------------------------------------------


def add_decode_corpus(parser: argparse.ArgumentParser) -> None:
    """Options of `decode-corpus`."""
    parser.description = (
        f"Decode a file of any length, in memory that does not grow with it: {ANSWERS_FILE} gets an answer a line, "
        f"{ATTENTION_FILE} where every step looked, (texts, steps, characters). Ctrl-C ends it and leaves what is done."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a text a line; what follows an underscore is left out")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="where the two files go")
    parser.add_argument("--half", action="store_true", help="store the attention as float16, in half the space")
    add_model_options(parser)
    parser.set_defaults(command=_decode_corpus)


def _decode_corpus(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    say_device(pipeline.model.backend)
    dtype = np.float16 if options.half else np.float32
    try:
        # Bytes that are no text become what `Pipeline.read` can name.
        with options.file.open(encoding="utf-8", errors="surrogateescape") as lines:
            texts = (line.rstrip("\n").partition("_")[0] for line in lines)
            done = decode_corpus(pipeline, texts, options.output, dtype=dtype, progress=_say_speed)
    except ValueError as error:
        raise UnusableError(str(error)) from error
    print(f"{done} texts: {options.output / ANSWERS_FILE}, {options.output / ATTENTION_FILE}")
    return 0


def _say_speed(done: int, seconds: float) -> None:
    print(f"core: {done:,} done, {done / seconds:,.0f} a second", file=sys.stderr)


# ---- evaluate -------------------------------------------------------------------------------------------------------


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate`."""
    parser.description = (
        "Print how many of the dates in a file a model answers right to the last character, in all (n, "
        "exact_match) and by the way they are written."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a corpus in the book's format")
    parser.add_argument("--json", action="store_true", help="print n, exact_match and families as one JSON object")
    add_model_options(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    say_device(pipeline.model.backend)
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


# ---- explain --------------------------------------------------------------------------------------------------------


def add_explain(parser: argparse.ArgumentParser) -> None:
    """Options of `explain`."""
    parser.description = (
        "Measure a model with attention over the held-out dates of the shipped models: where it looks, and "
        f"what is still right when it is made to look elsewhere. Writes {TRUTH_FILE} into the model's folder, from "
        "which the app and `card` take the figures."
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"with a {PARAMETER_FILE}")
    add_device_option(parser)
    parser.set_defaults(command=_explain)


def _explain(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    pipeline = load_pipeline(folder / PARAMETER_FILE, folder.resolve().name, get_backend(options.device))
    say_device(pipeline.model.backend)
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


def add_card(parser: argparse.ArgumentParser) -> None:
    """Options of `card`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that `train` or `film` has written")
    parser.set_defaults(command=_card)


def _card(options: argparse.Namespace) -> int:
    if (options.folder / FILM_FILE).is_file():
        write_film_card(read_film(options.folder))
    else:
        write_card(options.folder)
    return 0


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Options of `convert`."""
    parser.description = (
        "Turn a parameter file of the book (.pkl) into a safetensors file that the other commands take as "
        "--model. The pickle is read without running it."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what the book's save_params wrote")
    parser.add_argument("--output", type=_safetensors, required=True, metavar="FILE", help="ending in .safetensors")
    parser.add_argument("--vocabulary", required=True, type=Path, metavar="FILE", help="the corpus it was trained on")
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument("--wordvec-size", type=whole(1), default=16, metavar="D", help="(default %(default)s)")
    parser.add_argument("--hidden-size", type=whole(1), default=256, metavar="H", help="(default %(default)s)")
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


def _safetensors(text: str) -> Path:
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a name ending in .safetensors, by which it is loaded")
    return Path(text)
