"""`gallery`: what every mistake does, measured beside the right code."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.progress import ProgressBar
from core.exhibits.gallery import GALLERY_FILE, GALLERY_FOLDER, RIGHT, read_gallery, table_of
from core.exhibits.make_gallery import make_gallery
from core.training.recipe import RECIPES
from core.training.trainer import EpochResult


def add_gallery(parser: argparse.ArgumentParser) -> None:
    """Options of `gallery`."""
    parser.description = (
        f"Train the right code and every mistake of core.training.mistakes from several seeds, write {GALLERY_FILE} "
        "and print the table. Called again after Ctrl-C, it goes on after the last run that was finished."
    )
    parser.add_argument(
        "--output",
        type=Path,
        default=GALLERY_FOLDER,
        metavar="FOLDER",
        help=f"where {GALLERY_FILE} goes (default: %(default)s)",
    )
    parser.add_argument(
        "--table", action="store_true", help=f"only print the table of the {GALLERY_FILE} that is there"
    )
    parser.set_defaults(command=_gallery)


def _gallery(options: argparse.Namespace) -> int:
    if options.table:
        print(table_of(read_gallery(options.output)))
        return 0
    with ProgressBar(RECIPES["quick"].epochs) as bar:

        def tell(name: str, seed: int, result: EpochResult) -> None:
            bar.show_epoch(result, f"{'the right code' if name == RIGHT else name}, seed {seed}: ")

        gallery = make_gallery(options.output, on_interval=bar.show, on_epoch=tell)
    print(table_of(gallery))
    return 0
