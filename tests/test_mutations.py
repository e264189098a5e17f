"""The faults of `tests.mutations` can be made: each has a name of its own, and its text is in one place of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.patches import PATCHES, Patch
from tests.mutations.trial import PatchError, place_of, sources_of

ROOT = Path(__file__).resolve().parents[1]


def test_the_text_of_every_patch_is_in_one_place() -> None:
    sources = sources_of(ROOT)
    wrong = []
    for patch in PATCHES:
        try:
            place = place_of(patch, sources)
        except PatchError as error:
            wrong.append(str(error))
            continue
        if not place.is_relative_to(ROOT / patch.room.split()[0]):
            wrong.append(f"{patch.name}: it is in {place}, which is not of {patch.room}")
        if patch.new == patch.old or not patch.tests:
            wrong.append(f"{patch.name}: it changes nothing, or names no tests")
    assert wrong == []


def test_no_two_patches_have_one_name() -> None:
    assert len({patch.name for patch in PATCHES}) == len(PATCHES) >= 60


def test_a_text_that_is_gone_or_there_twice_is_an_error() -> None:
    sources = {Path("code.py"): "a = 1\nb = 1\n"}
    for old, problem in (("c = 1", "nowhere any more"), ("= 1", "2 times")):
        with pytest.raises(PatchError, match=f"lost: .*{problem}.*write this patch anew"):
            place_of(Patch("lost", "core", old, "", ()), sources)
