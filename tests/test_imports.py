"""The order of the rooms: the contracts of pyproject.toml hold, as `lint-imports` says, too."""

from __future__ import annotations

from pathlib import Path

import pytest
from importlinter import cli

ROOT = Path(__file__).resolve().parents[1]


def test_the_rooms_keep_their_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    # It would switch off every logger that there is, also for the tests that come after.
    monkeypatch.setattr("logging.config.dictConfig", lambda settings: None)
    status = cli.lint_imports(no_cache=True)
    assert status == cli.EXIT_STATUS_SUCCESS, capsys.readouterr().out
