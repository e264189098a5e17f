"""The lock file holds what requirements.txt asks for, with hashes, and every package in it has a known licence."""

from __future__ import annotations

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.licences import DOCUMENT, LOCK, ROOT, document, installed, locked

TEXT = LOCK.read_text("utf-8")
VERSIONS = locked(TEXT)
ROWS = dict(re.findall(r"^\| ([a-z0-9.-]+) \| (.+) \|$", DOCUMENT.read_text("utf-8"), re.MULTILINE))
ROWS.pop("package")

# They ask for no more than to name them; the Mozilla Public License also for changes of its own files.
ACCEPTED = re.compile(
    r"((3-Clause )?BSD License|BSD-[23]-Clause|0BSD|MIT( License|-CMU)?|Apache-2\.0|Apache (Software )?License( 2\.0)?"
    r"|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)|PSF-2\.0|Zlib|CC0-1\.0)"
)


def asked_for() -> list[Requirement]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("requirement", asked_for(), ids=lambda requirement: requirement.name)
def test_what_is_locked_is_within_the_bounds(requirement: Requirement) -> None:
    versions = VERSIONS.get(canonicalize_name(requirement.name), set())
    assert versions, f"{requirement.name} is not locked: docs/releasing.md says how to lock anew"
    assert [version for version in versions if version not in requirement.specifier] == []


def test_every_package_is_locked_to_one_version_with_hashes() -> None:
    entries = re.split(r"\n(?=[a-z0-9])", TEXT)[1:]
    assert len(entries) >= len(VERSIONS) > 30
    for entry in entries:
        assert re.match(r"[a-z0-9.-]+==[^ ]+ (; .* )?\\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def test_nothing_is_locked_that_nobody_asks_for() -> None:
    blocks = dict(re.findall(r"^([a-z0-9.-]+)==.*?((?:\n    .*)+)", TEXT, re.MULTILINE))
    direct = {canonicalize_name(requirement.name) for requirement in asked_for()}
    assert {name for name, block in blocks.items() if "-r requirements.txt" in block} == direct


@pytest.mark.parametrize("package", sorted(VERSIONS))
def test_every_package_has_a_licence_that_is_accepted(package: str) -> None:
    assert package in ROWS, f"{package} has no row in docs/licences.md: python -m tests.licences"
    for licence in re.split(" AND | OR |, ", ROWS[package]):
        # Of "A AND (B OR C)" each must do by itself.
        licence = licence.removeprefix("(")
        licence = licence if licence.count("(") == licence.count(")") else licence.removesuffix(")")
        assert ACCEPTED.fullmatch(licence), f"{package}: {licence!r} is none of the accepted licences"
    found = installed(package)
    # Another version may be installed here, and say the same in other words.
    if found and found[0] in VERSIONS[package]:
        assert found[1] == ROWS[package]


def test_no_licence_is_left_over() -> None:
    assert ROWS.keys() == VERSIONS.keys()


def test_the_document_is_what_the_command_writes() -> None:
    written = DOCUMENT.read_text("utf-8")
    assert document().partition("| package |")[0] == written.partition("| package |")[0]


def test_who_says_no_licence_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ([], ["All of\nthe text"]):
        monkeypatch.setattr("importlib.metadata.metadata", lambda package, said=said: FakeMetadata(said))
        with pytest.raises(ValueError, match="numpy does not say its licence"):
            installed("numpy")


class FakeMetadata:
    """Metadata of a package that has no field but "License"."""

    def __init__(self, licence: list[str]) -> None:
        self.licence = licence

    def get_all(self, name: str) -> list[str]:
        return self.licence if name == "License" else []
