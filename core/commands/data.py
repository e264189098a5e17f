"""`data`: a corpus of dates in a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.plan_options import add_generator_options
from core.commands.shared import whole
from core.data.corpus import write_corpus
from core.data.dates import make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED


def add_data(parser: argparse.ArgumentParser) -> None:
    """Options of `data`."""
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where to; a file there is replaced")
    add_generator_options(parser, f"dates to draw (default {DATA_PAIRS})")
    parser.add_argument("--seed", type=whole(), default=DATA_SEED, metavar="S", help="(default %(default)s)")
    parser.set_defaults(command=_data)


def _data(options: argparse.Namespace) -> int:
    write_corpus(options.output, make_pairs(options.n or DATA_PAIRS, options.seed, options.families))
    return 0
