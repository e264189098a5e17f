"""The commands that write answers: decode, decode-corpus."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from core.analysis.answers import verdict_on
from core.commands.shared import UnusableError, add_model_options, fail, say_device
from core.data.offered_reading import offered_readings
from core.data.oracle import Judgement, Outside, Verdict
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
        "are answered all the same, and the exit status is 1. Of an answer that is wrong, or to a text unlike those "
        "that the model was trained on, standard error says so and why; with --json every line holds the verdict."
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
            status = fail(f"text {number}: {error}{_offer(text)}")
            continue
        verdict = verdict_on(trace)
        if options.json:
            told = {"verdict": None if verdict is None else verdict.to_dict()}
            print(json.dumps(trace_to_dict(trace) | told, allow_nan=False), flush=True)
            continue
        print(f"{trace.text} -> {trace.output}", flush=True)
        if verdict is not None and (remark := _remark(verdict)):
            print(f"core: text {number}: {remark}", file=sys.stderr)
    return status


_WHY_OUTSIDE: Final = {
    Outside.FORMAT: "it is written in none of the seven ways",
    Outside.YEAR: "its year is not one of 1970 to 2017",
    Outside.NOT_A_DAY: "there is no such day",
    Outside.WEEKDAY: "its weekday does not fit",
}


def _remark(verdict: Verdict) -> str:
    """What is to be said of an answer; nothing of a right one to a text like those of the training."""
    days = " or ".join(day.isoformat() for day in verdict.days)
    said = {
        Judgement.RIGHT: "right",
        Judgement.WRONG: f"wrong, {days} is right",
        Judgement.NOT_A_DAY: "not a real day, so no answer is right",
        Judgement.UNREADABLE: "no date that can be read, so the answer means nothing",
    }[verdict.judgement]
    if verdict.outside:
        why = ", ".join(_WHY_OUTSIDE[reason] for reason in verdict.outside)
        said += f"; outside what the model was trained on: {why}"
    elif verdict.judgement is Judgement.RIGHT:
        return ""
    return f"{said}.{_offer(verdict.text)}"


def _offer(text: str) -> str:
    """The same date in ways that the models know, as a question; empty where none is offered."""
    offered = " or ".join(ascii(reading) for reading in offered_readings(text))
    return f" Did you mean {offered}?" if offered else ""


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
