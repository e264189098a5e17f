"""`convert`: from a parameter file of the book to safetensors."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from core.commands.shared import UnusableError, fail, whole
from core.data.corpus import START, Corpus, read_corpus
from core.decoding.greedy import greedy_decode
from core.files.wording import writable
from core.models.parameters import load_parameters, save_parameters
from core.models.seq2seq import Seq2seq
from core.models.spec import ModelSpec
from core.training.plan import MODELS


def add_convert(parser: argparse.ArgumentParser) -> None:
    """Options of `convert`."""
    parser.description = (
        "Turn a parameter file of the book (.pkl) into a safetensors file that the other commands take as "
        "--model. The pickle is read without running it. It does not say in which order the model reads: both are "
        "tried on the corpus, and the better one is stored. Where neither answers 1 in 100 right, the exit status is 1."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what the book's save_params wrote")
    parser.add_argument("--output", type=_safetensors, required=True, metavar="FILE", help="ending in .safetensors")
    parser.add_argument("--vocabulary", required=True, type=Path, metavar="FILE", help="the corpus it was trained on")
    parser.add_argument("--model", choices=MODELS, default="attention", help="(default %(default)s)")
    parser.add_argument("--wordvec-size", type=whole(1), default=16, metavar="D", help="(default %(default)s)")
    parser.add_argument("--hidden-size", type=whole(1), default=256, metavar="H", help="(default %(default)s)")
    parser.add_argument(
        "--not-reversed", action="store_true", help="store that the model reads the first character first, in any case"
    )
    parser.set_defaults(command=_convert)


def _convert(options: argparse.Namespace) -> int:
    corpus = read_corpus(options.vocabulary, vocabulary=None, dates=False)
    try:
        spec = ModelSpec(
            model_class=MODELS[options.model],
            wordvec_size=options.wordvec_size,
            hidden_size=options.hidden_size,
            vocabulary=corpus.vocabulary_in_order_seen(),
            reversed_input=True,
            start_character=START,
            source_length=corpus.question_length,
            target_length=corpus.answer_length,
        )
    except ValueError as error:
        raise UnusableError(str(error)) from error
    model = spec.build()
    load_parameters(options.file, model)
    tried = corpus.take(_spread(len(corpus), _TRIED))
    shares = {order: _share_right(model, spec, tried, order) for order in _ORDERS}
    best = max(shares, key=shares.__getitem__)
    stored = False if options.not_reversed else best
    spec = replace(spec, reversed_input=stored)
    save_parameters(
        options.output, model, spec.to_metadata() | {"data": f"converted from {writable(options.file.name)}"}
    )
    for order, share in shares.items():
        print(f"{_ORDERS[order]:<21}  {100 * share:6.2f} % right of {len(tried):,}")
    print(f"{options.output}: reads the {_ORDERS[stored]}")
    if shares[best] < _WORKS:
        return fail(
            "warning: the model answers hardly anything right in either order; was it trained on "
            f"{options.vocabulary}, and is it of the kind {options.model}?"
        )
    if shares[stored] < shares[best]:
        return fail(f"warning: more is right when the model reads the {_ORDERS[best]}; leave out --not-reversed")
    return 0


_ORDERS = {True: "last character first", False: "first character first"}
"""By whether the input is reversed, as in the book."""

_TRIED = 2000

_WORKS = 0.01
"""The book's plain model adds right in 10 of 100; one that reads the wrong way, in 0.2."""


def _share_right(model: Seq2seq, spec: ModelSpec, corpus: Corpus, reversed_input: bool) -> float:
    """How much of a corpus is answered right to the last character, when the model reads in this order."""
    x, t = corpus.arrays(spec.vocabulary)
    right = 0
    for start in range(0, len(x), 500):
        rows = slice(start, start + 500)
        read = x[rows, ::-1] if reversed_input else x[rows]
        right += int((greedy_decode(model, read, spec.start_id, spec.target_length) == t[rows, 1:]).all(axis=1).sum())
    return right / len(x)


def _spread(count: int, most: int) -> list[int]:
    """Rows of a corpus, evenly from all of it."""
    return sorted({row * count // min(count, most) for row in range(min(count, most))})


def _safetensors(text: str) -> Path:
    if not text.endswith(".safetensors"):
        raise argparse.ArgumentTypeError(f"got {text!r}; expected a name ending in .safetensors, by which it is loaded")
    return Path(text)
