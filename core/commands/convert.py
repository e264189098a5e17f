"""`convert`: from a parameter file of the book to safetensors."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.shared import UnusableError, whole
from core.data.corpus import START, read_corpus
from core.models.parameters import load_parameters, save_parameters
from core.models.spec import ModelSpec
from core.training.training_run import MODELS


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
