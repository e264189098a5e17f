"""Every line of the threat model names a test that is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_threat_has_its_tests() -> None:
    lines = [line for line in (ROOT / "docs" / "threats.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    written = "\n".join(file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py"))
    files = {file.name for file in (ROOT / "tests").rglob("test_*.py")}
    assert len(lines) > 10
    for line in lines[1:]:
        named = re.findall(r"`(test_\w+(?:\.py)?)`", line)
        assert named, line
        for name in named:
            assert name in files or f"def {name}(" in written, name
