"""Folders with corpora in the book's format, and two ways to run a script: on this project's classes and literally."""

from __future__ import annotations

import re
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from core import book
from core.book import config, session
from core.book.dataset import sequence
from core.data.corpus import write_corpus
from core.data.dates import make_pairs
from tests.core.book import literal

SCRIPTS = Path(__file__).parent / "scripts"


def addition_lines(n, seed=3):
    """Sums as chapter 7 writes them: `16+75  _91  `, both sides padded with spaces."""
    rng = np.random.default_rng(seed)
    pairs = [(int(a), int(b)) for a, b in rng.integers(0, 1000, (n, 2)) // rng.choice([1, 10, 100], (n, 2))]
    return [f"{f'{a}+{b}':<7}_{a + b:<4}" for a, b in pairs]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with the scripts and two corpora; afterwards every module of the book is gone again."""
    for script in SCRIPTS.glob("*.py"):
        shutil.copy(script, tmp_path)
    write_corpus(tmp_path / "date.txt", make_pairs(400, seed=5))
    (tmp_path / "addition.txt").write_text("".join(line + "\n" for line in addition_lines(400)))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    literal.forget()
    _forget_vocabulary()
    monkeypatch.setattr(config, "GPU", False)
    monkeypatch.setattr(session, "script_folder", None)
    # Scripts say how arrays are printed, which is not for the tests that come after.
    with np.printoptions():
        yield tmp_path
    literal.forget()
    _forget_vocabulary()
    sys.modules.pop("own_attention", None)


def _forget_vocabulary():
    sequence.char_to_id, sequence.id_to_char = {}, {}


class Ran:
    """What a script left: its names, and what it printed, without the seconds."""

    def __init__(self, names, out):
        self.names = names
        self.out = re.sub(r"time \d+\[s\]", "time 0[s]", out)
        self.lines = self.out.splitlines()


@pytest.fixture
def both(folder, capsys, monkeypatch):
    """Run a script on this project's classes and on the literal ones, each from a fresh start."""
    monkeypatch.syspath_prepend(folder)

    def run(script, *arguments):
        ran = []
        for install in (lambda: book.install(folder=folder), lambda: literal.install(folder)):
            literal.forget()
            _forget_vocabulary()
            sys.modules.pop("own_attention", None)
            install()
            monkeypatch.setattr(sys, "argv", [script, *arguments])
            np.random.seed(1)
            capsys.readouterr()
            names = runpy.run_path(str(folder / script), run_name="__main__")
            ran.append(Ran(names, capsys.readouterr().out))
        return ran

    return run
