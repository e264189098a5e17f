"""Figures in the documents: each has a command, and a stale one is told with it."""

from __future__ import annotations

import json
import re
import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import figures
from benchmarks.figures import FIGURES, ROOT, Figure, advice, meaning, recorded, stale


@pytest.mark.filterwarnings("default:the figures")
def test_stale_figures_are_told_with_the_command_that_renews_them() -> None:
    """A warning: to measure them takes hours, and the code may change many times before."""
    for figure in stale():
        warnings.warn(advice(figure), stacklevel=1)


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_figure_has_a_record_a_document_and_code(figure: Figure) -> None:
    # Empty: measured before there was a record.
    assert re.fullmatch(r"([0-9a-f]{64})?", recorded()[figure.name])
    assert (ROOT / figure.file).is_file()
    assert all((ROOT / name).exists() for name in (*figure.code, *figure.data))


def test_every_command_of_a_document_that_measures_is_listed() -> None:
    measured = re.compile(r"python -m (core (?:spread|film|gallery|explain|influence)|benchmarks\.\w+)")
    written = {
        match for file in (ROOT / "docs").glob("*.md") for match in measured.findall(file.read_text("utf-8"))
    } - {"benchmarks.figures"}
    assert {match for figure in FIGURES for match in measured.findall(figure.command)} >= written


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ("def f(x):\n    return 3 * x\n", False),
        ('def f(x):\n    """Twice."""\n    return 2 * x  # as it is\n', True),
        ("def f(x):\n    return  2*x\n", True),
    ],
)
def test_wording_makes_nothing_stale_and_numbers_do(changed: str, same: bool) -> None:
    assert (meaning("def f(x):\n    return 2 * x\n") == meaning(changed)) == same


def test_other_data_are_stale_until_they_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.bin").write_bytes(b"1")
    figure = Figure("x", "README.md", "python -m x", (), (str(tmp_path / "x.bin"),))
    ledger = tmp_path / "figures.json"
    ledger.write_text(json.dumps({"x": figure.digest()}))
    assert stale([figure], ledger) == []
    (tmp_path / "x.bin").write_bytes(b"2")
    assert stale([figure], ledger) == [figure]
    assert "python -m x" in advice(figure)
    monkeypatch.setattr(figures, "FIGURES", (figure,))
    monkeypatch.setattr(figures, "LEDGER", ledger)
    assert figures.main(["--record", "x"]) == 0
    assert stale([figure], ledger) == []
    assert replace(figure, data=()).digest() != figure.digest()
