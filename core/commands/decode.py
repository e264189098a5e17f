"""The commands that write answers: decode, decode-corpus."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from core.commands.shared import UnusableError, add_model_options, fail, say_device
from core.data.source_text import SourceTextError
from core.decoding.pretrained import load_pretrained
from core.decoding.to_disk import ANSWERS_FILE, ATTENTION_FILE, decode_corpus
from core.decoding.trace_json import trace_to_dict
from core.files.text_lines import text_lines
from core.files.wording import counted


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
    return text_lines(sys.stdin.buffer)


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
        with options.file.open("rb") as file:
            texts = (line.partition("_")[0] for line in text_lines(file))
            done = decode_corpus(pipeline, texts, options.output, dtype=dtype, progress=_say_speed)
    except ValueError as error:
        raise UnusableError(str(error)) from error
    print(f"{counted(done, 'text')}: {options.output / ANSWERS_FILE}, {options.output / ATTENTION_FILE}")
    return 0


def _say_speed(done: int, seconds: float) -> None:
    print(f"core: {done:,} done, {done / seconds:,.0f} a second", file=sys.stderr)
