"""The tables of a store of runs, version by version: a new store goes through all, an older one the rest.

A version that a program has written is never changed, only followed by another.
"""

from __future__ import annotations

from typing import Final

_FIRST: Final = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    options TEXT NOT NULL,
    folder TEXT NOT NULL,
    created REAL NOT NULL,
    status TEXT NOT NULL,
    place INTEGER NOT NULL,
    request TEXT NOT NULL DEFAULT '',
    watched TEXT NOT NULL DEFAULT '',
    epoch INTEGER NOT NULL DEFAULT 0,
    iteration INTEGER NOT NULL DEFAULT 0,
    iterations INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    seconds_left REAL,
    exact_match REAL,
    problem TEXT NOT NULL DEFAULT '',
    message TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL DEFAULT ''
);
CREATE TABLE intervals (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    iteration INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    gradient_norm REAL,
    learning_rate REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, iteration)
) WITHOUT ROWID;
CREATE TABLE epochs (
    run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch INTEGER NOT NULL,
    loss REAL NOT NULL,
    exact_match REAL NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run, epoch)
) WITHOUT ROWID
"""

# A run had a secret, which one tab knew; now a visitor has a number. Nobody is the owner of what was there before.
# "changed" and "deleted" are moments; a deleted run can be had back until it is purged.
_VISITORS: Final = """
ALTER TABLE runs RENAME COLUMN key TO owner;
ALTER TABLE runs ADD COLUMN changed REAL NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN deleted REAL NOT NULL DEFAULT 0;
UPDATE runs SET owner = '', changed = created;
CREATE INDEX runs_kept ON runs (deleted);
CREATE INDEX runs_by_status ON runs (deleted, status);
CREATE TABLE turns (
    owner TEXT PRIMARY KEY,
    turn INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    moment REAL NOT NULL,
    visitor TEXT NOT NULL,
    what TEXT NOT NULL,
    run INTEGER NOT NULL,
    name TEXT NOT NULL
);
CREATE TABLE switches (
    name TEXT PRIMARY KEY,
    value REAL NOT NULL
) WITHOUT ROWID
"""

VERSIONS: Final = (_FIRST, _VISITORS)
"""The statements, separated by semicolons, that make each version of the one before."""
