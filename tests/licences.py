"""`python -m tests.licences`: write docs/licences.md anew, from what the installed packages say of themselves."""

from __future__ import annotations

import importlib.metadata
import re
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements.lock"
DOCUMENT: Final = ROOT / "docs" / "licences.md"

# Of packages that this system does not install.
_ELSEWHERE: Final = {"colorama": "BSD License", "watchdog": "Apache-2.0"}

_HEAD: Final = """\
# Licences of what the app needs

The project itself is under the MIT licence ([LICENSE](../LICENSE)). It ships no code of others; its parameters are
trained by itself, on dates that it makes. What it needs is installed from the registry, each package under its own
licence, as its metadata say. Three of them, certifi, orjson and tqdm, are in part under the Mozilla Public License:
who changes *their* files and passes them on must pass on the changes; to use them asks for nothing.

Streamlit brings the scripts and fonts that the browser is sent: React and others under MIT and like licences, Source
Sans, Source Serif and Source Code under the SIL Open Font License, KaTeX and plotly.js under MIT.

`python -m tests.licences` writes this table for what `requirements.lock` names; a test fails where a package has no
row, or where a licence is none of those that `tests/test_lock.py` accepts.

| package | licence |
|---|---|
"""


def locked(text: str) -> dict[str, set[str]]:
    """Versions by package of a lock file; a package may have one for each version of Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9][a-z0-9.-]*)==([^ ]+)", text, re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def installed(package: str) -> tuple[str, str] | None:
    """Version and licence of a package, in the words of its metadata; None where it is not installed.

    Raises:
        ValueError: it does not say under which licence it is.
    """
    try:
        metadata = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    classified = [
        value.rpartition(" :: ")[2] for value in metadata.get_all("Classifier") or [] if value.startswith("License ::")
    ]
    # The field "License" of older metadata may hold a whole licence.
    said = [
        *(metadata.get_all("License-Expression") or []),
        ", ".join(classified),
        *(metadata.get_all("License") or []),
    ]
    licence = next((text for text in said if text), "")
    if not licence or "\n" in licence:
        raise ValueError(f"{package} does not say its licence in a line; look it up, and put it into _ELSEWHERE")
    return importlib.metadata.version(package), licence


def document() -> str:
    """The document, for the packages of `requirements.lock`.

    Raises:
        ValueError: the licence of one of them cannot be told.
    """
    rows = []
    for package in locked(LOCK.read_text("utf-8")):
        found = installed(package)
        licence = found[1] if found else _ELSEWHERE.get(package)
        if licence is None:
            raise ValueError(f"{package} is not installed here; install requirements.lock first")
        rows.append(f"| {package} | {licence} |\n")
    return _HEAD + "".join(rows)


if __name__ == "__main__":
    try:
        DOCUMENT.write_text(document(), encoding="utf-8")
    except ValueError as error:
        sys.exit(str(error))
