"""`evaluate`: how often a model is right."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.analysis.metrics import evaluate_pipeline
from core.commands.shared import add_model_options, family_line, say_device
from core.data.corpus import ANSWER_LENGTH, CorpusError, read_corpus
from core.decoding.pretrained import load_pretrained
from core.files.wording import counted


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Options of `evaluate`."""
    parser.description = (
        "Print how many of the dates, or other questions, in a file a model answers right to the last character, in "
        "all (n, exact_match) and by the way they are written."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a corpus in the book's format")
    parser.add_argument("--json", action="store_true", help="print n, exact_match and families as one JSON object")
    add_model_options(parser)
    parser.set_defaults(command=_evaluate)


def _evaluate(options: argparse.Namespace) -> int:
    pipeline = load_pretrained(options.model, options.device)
    say_device(pipeline.model.backend)
    corpus = read_corpus(options.file, pipeline.vocabulary, dates=pipeline.target_length == ANSWER_LENGTH)
    longest = max(len(question) for question in corpus.questions)
    if longest > pipeline.source_length:
        raise CorpusError(
            options.file,
            f"has a question of {counted(longest, 'character')}; "
            f"{pipeline.name} reads at most {pipeline.source_length}",
        )
    evaluation = evaluate_pipeline(pipeline, corpus)
    if options.json:
        print(json.dumps(evaluation.to_dict(), indent=2))
        return 0
    print(f"n            {evaluation.total.n}")
    print(f"exact_match  {evaluation.exact_match:.5f}")
    for name, accuracy in evaluation.families.items():
        print(family_line(name, accuracy))
    return 0
