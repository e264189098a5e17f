"""What the README says, is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_prints_what_it_says(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    said = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    exec(compile(code, "README.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(said)
    for line, promised in zip(printed, said, strict=True):
        assert promised.split(": ")[0] == line


def test_every_folder_and_document_it_names_is_there():
    links = re.findall(r"\]\(([^):]+)\)", README)
    folders = re.findall(r"^\| `([a-z_]+/)`", README, re.MULTILINE)
    assert len(links) >= 8 and len(folders) == 7
    assert [name for name in links + folders if not (ROOT / name).exists()] == []


def test_every_document_is_named():
    named = set(re.findall(r"\]\(docs/([^)]+)\)", README))
    assert {path.name for path in (ROOT / "docs").iterdir() if path.suffix in (".md", ".png")} == named
