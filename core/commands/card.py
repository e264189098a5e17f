"""`card`: the README.md of a model or a film, written anew."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.exhibits.film import FILM_FILE, read_film
from core.exhibits.model_card import write_card, write_film_card


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
