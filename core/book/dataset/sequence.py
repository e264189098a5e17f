"""The book's `dataset.sequence`: a corpus as arrays of ids, numbered, shuffled and split as in the book."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.backend.arrays import IdArray
from core.book import session
from core.data.corpus import CorpusError, read_corpus

char_to_id: dict[str, int] = {}
id_to_char: dict[int, str] = {}

Pairs = tuple[IdArray, IdArray]


def load_data(file_name: str = "addition.txt", seed: int | None = 1984) -> tuple[Pairs, Pairs]:
    """Read a corpus in the book's format, and shuffle it: nine tenths to train with, one to test with.

    Characters get their ids in the order in which they first occur, question before answer, line by line; those of an
    earlier call keep theirs.

    Args:
        file_name: looked for beside the script, in the current folder, and in a folder `dataset` there or beside them.
        seed: of `np.random`, from which the book also draws the first parameters afterwards; None leaves it as it is.
    Returns:
        (x_train, t_train), (x_test, t_test): int64 ids, x (N, T_enc) and t (N, 1 + T_dec), t beginning with `_`.
    Raises:
        CorpusError: the file is not there, which says where it was looked for and how to make one, or has bad lines.
    """
    corpus = read_corpus(_find(file_name), vocabulary=None, dates=False)
    vocabulary = corpus.vocabulary_in_order_seen()
    for character in vocabulary:
        if character not in char_to_id:
            id_to_char[len(char_to_id)] = character
            char_to_id[character] = len(char_to_id)
    ids = np.array([char_to_id[character] for character in vocabulary])
    x, t = (ids[array] for array in corpus.arrays(vocabulary))
    order = np.arange(len(corpus))
    if seed is not None:
        np.random.seed(seed)
    np.random.shuffle(order)
    x, t = x[order], t[order]
    split = len(x) - len(x) // 10
    return (x[:split], t[:split]), (x[split:], t[split:])


def get_vocab() -> tuple[dict[str, int], dict[int, str]]:
    """char_to_id, id_to_char, of all that was loaded."""
    return char_to_id, id_to_char


def _find(file_name: str) -> Path:
    places = [place / folder for folder in (".", "dataset") for place in session.nearby()]
    found = next((place / file_name for place in places if (place / file_name).is_file()), None)
    if found is None:
        first, *_ = session.nearby()
        raise CorpusError(
            Path(file_name),
            f"there is no such file in {first}, in the current folder, or in a folder dataset/ near them. Put the "
            "book's file there, or make a corpus of dates: python -m core data --output date.txt",
        )
    return found
