"""Scripts in the manner of chapters 7 and 8 run unchanged, and print what the book's equations say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

# Imported here also because the first import ever says, for some seconds, that it looks for fonts.
pytest.importorskip("matplotlib.pyplot", reason="the book's scripts draw with matplotlib (extra `book`)")

pytestmark = pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")

ROOT = Path(__file__).resolve().parents[3]


def command(folder, *arguments, **variables):
    """`python -m core book` in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"} | variables
    return subprocess.run(
        [sys.executable, "-m", "core", "book", *map(str, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=300,
    )  # fmt: skip


def assert_same_parameters(ours, judge, atol):
    for mine, theirs in zip(ours.names["model"].params, judge.names["model"].params, strict=True):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=atol)


@pytest.mark.parametrize("arguments", [(), ("--reverse",), ("--peeky",), ("--peeky", "--reverse")])
def test_chapter_7_learns_to_add_as_the_equations_do(both, arguments):
    ours, judge = both("train_seq2seq.py", *arguments)
    assert ours.out == judge.out
    progress = [line.partition(" | time")[0] for line in ours.lines if line.startswith("|")]
    assert progress == [f"| epoch {epoch} |  iter {i} / 22" for epoch in (1, 2) for i in (1, 21)]
    np.testing.assert_allclose(ours.names["trainer"].loss_list, judge.names["trainer"].loss_list, rtol=1e-5)
    assert_same_parameters(ours, judge, 2e-5)
    assert ours.names["char_to_id"] == judge.names["char_to_id"]


def test_chapter_8_learns_to_read_dates_as_the_equations_do(both, folder):
    ours, judge = both("train.py")
    assert ours.out == judge.out
    assert "\033[91m☒\033[0m " in ours.out and ours.lines.count("---") == 6
    np.testing.assert_allclose(ours.names["trainer"].loss_list, judge.names["trainer"].loss_list, rtol=1e-5)
    assert_same_parameters(ours, judge, 2e-5)
    assert (folder / "AttentionSeq2seq.pkl").is_file()


def test_what_one_saves_the_other_reads_and_both_look_at_the_same_places(both, folder):
    """The literal model reads by Python's own unpickler what this project wrote, and the other way round."""
    both("train.py")  # the literal model saves last
    ours, judge = both("visualize_attention.py")
    assert ours.out == judge.out and len(ours.lines) == 20
    ours.names["model"].save_params()
    again, judge = both("visualize_attention.py")
    assert again.out == judge.out == ours.out
    np.testing.assert_allclose(ours.names["d"], judge.names["d"], rtol=1e-5)


def test_a_readers_own_classes_train_save_and_load(both, folder):
    ours, judge = both("train_own_classes.py")
    assert ours.out == judge.out
    assert_same_parameters(ours, judge, 2e-5)
    assert ours.lines[-1] == "10 10 (10, 40, 29)"


def test_the_exercise_prints_the_same_arrays(both):
    ours, judge = both("exercise.py")
    assert ours.out.replace("-0. ", " 0. ") == judge.out.replace("-0. ", " 0. ")
    assert "(2, 3, 5)\n(3, 5) 2\n" in ours.out


def test_the_command_runs_all_of_chapter_8_and_leaves_its_files(folder):
    trained = command(folder, "--plots", "plots", "train.py")
    assert (trained.returncode, trained.stderr) == (0, "")
    lines = trained.stdout.splitlines()
    assert re.fullmatch(r"\| epoch 1 \|  iter 1 / 11 \| time \d+\[s\] \| loss \d\.\d\d", lines[0])
    assert lines[1].startswith("Q ") and lines[2].startswith("T ") and lines[3][5] in "☑☒" and lines[4] == "---"
    looked = command(folder, "--plots", "plots", "visualize_attention.py")
    assert (looked.returncode, looked.stderr, len(looked.stdout.splitlines())) == (0, "", 20)
    made = sorted(path.name for path in (folder / "plots").iterdir())
    assert made == ["train-1.png", "visualize_attention-1.png", "visualize_attention-2.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (folder / "plots").iterdir())


def test_a_script_in_the_books_folders_finds_the_corpus_beside_them(folder):
    for name in ("ch08", "dataset"):
        (folder / name).mkdir()
    (folder / "date.txt").rename(folder / "dataset" / "date.txt")
    (folder / "dataset" / "ptb.py").write_text("print('a file of the reader')\n")
    script = folder / "ch08" / "train.py"
    script.write_text("from dataset import ptb\n" + (folder / "train.py").read_text("utf-8"), encoding="utf-8")
    for place, name in ((folder / "ch08", "train.py"), (folder, "ch08/train.py")):
        done = command(place, name, MPLBACKEND="Agg")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("a file of the reader\n| epoch 1 |")
        assert (place / "AttentionSeq2seq.pkl").is_file(), "as in the book, in the current folder"
