"""One of something is never told as several."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.data.corpus import CorpusError, read_corpus
from core.data.vocabulary import Vocabulary
from core.files.wording import counted

CORE = Path(__file__).resolve().parents[3] / "core"
# Bounds, of which none is one, and plurals whatever the number.
ALLOWED = re.compile(
    r"[A-Z_]{3,}|len\(train\)|argument|recipe\.epochs|len\(interventions\)|len\(original\)|len\(content\)"
)
PLURALS = "characters|lines|arrays|ids|rows|numbers|bytes|changes|questions|answers|samples|pairs|texts|steps|entries"


def test_one_is_told_as_one() -> None:
    assert [counted(n, "line") for n in (0, 1, 2)] == ["0 lines", "1 line", "2 lines"]
    assert counted(1, "entry", "entries") == "1 entry" and counted(3, "entry", "entries") == "3 entries"


def test_every_message_counts_by_the_helper() -> None:
    written = re.compile(rf"\{{([^{{}}!:]+)\}} ({PLURALS})\b")
    found = [
        f"{path.name}: {match[0]}"
        for path in CORE.rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if re.search(r"\bf['\"]", line)
        for match in written.finditer(line)
        if not ALLOWED.search(match[1])
    ]
    assert [
        one for one in found if "lines {are} bad" not in one and not one.startswith("corpus.py: {len(lines)}")
    ] == []


def test_one_bad_line_and_one_character(tmp_path: Path) -> None:
    file = tmp_path / "dates.txt"
    file.write_text("2/10/93_1993-02-10\n2/11/93_1993-02-31\n")
    with pytest.raises(CorpusError, match=r"1 of 2 lines is bad; nothing was read. Correct it:"):
        read_corpus(file)
    with pytest.raises(ValueError, match=r"one of the vocabulary's 1 character$"):
        Vocabulary("a").encode("b")
