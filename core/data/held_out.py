"""The dates that the shipped models were trained on, and those of them that were held out."""

from __future__ import annotations

from functools import cache

from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs

DATA_PAIRS = 50_000
DATA_SEED = 1984
TEST_SHARE = 0.1
"""The shipped models' data: `make_pairs(DATA_PAIRS, DATA_SEED)`, TEST_SHARE of the days held out by the same seed."""


@cache
def held_out_dates() -> Corpus:
    """The dates that the shipped models have never seen, made anew: some 5,000, in less than a second."""
    return split_by_day(Corpus.from_pairs(make_pairs(DATA_PAIRS, DATA_SEED)), seed=DATA_SEED)[1]
