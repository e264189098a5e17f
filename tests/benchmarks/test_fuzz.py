"""Hostile inputs: a share of those that are called in this process; what is found is told; every input comes again."""

from __future__ import annotations

import json
import random
import time

import pytest

from benchmarks import __main__ as command
from benchmarks import fuzz, fuzz_inputs
from benchmarks.fuzz import CALLED, SERVED, SHARES, Tally, UnexpectedError

TRIED = 600


@pytest.mark.parametrize("kind", list(CALLED))
def test_nothing_is_found_in_a_share_of_the_inputs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SLOW_SECONDS", 60.0)  # how busy the machine is, is nothing that is found
    tally = fuzz.call_all([kind], seed=2, total=TRIED)[kind]
    assert tally.findings == []
    assert tally.inputs == TRIED * SHARES[kind] // 100
    assert 0 < tally.refused < tally.inputs, "some are read, and some are not"


def test_every_kind_has_its_share() -> None:
    assert SHARES.keys() == {*CALLED, *SERVED}
    assert sum(SHARES.values()) == 100


def test_an_input_is_the_same_every_time() -> None:
    def made() -> list[object]:
        rng = random.Random("seed")
        return [
            fuzz_inputs.text(rng), fuzz_inputs.changed_bytes(rng, b"bytes"), fuzz_inputs.changed_json(rng, {"a": [1]}),
            fuzz_inputs.query(rng), fuzz_inputs.request(rng), fuzz_inputs.frame(rng, {"$$ID": "button"}, "page"),
        ]  # fmt: skip

    assert made() == made()


def test_what_is_found_names_its_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def target(rng: random.Random) -> bool:
        if rng.random() < 0.3:
            raise UnexpectedError("\ud800")
        return True

    monkeypatch.setitem(CALLED, "text", target)
    tally = fuzz.call_all(["text"], seed=1, total=100)["text"]
    assert 0 < len(tally.findings) < 20
    number = tally.findings[0].split()[1].removesuffix(":")
    assert command.main(["fuzz", "--kinds", "text", "--only", number]) == 1
    printed = capsys.readouterr().out
    assert f"text {number}: UnexpectedError: '\\ud800'" in printed and "1 inputs: 1 found" in printed
    assert command.main(["fuzz", "--kinds", "upload", "--only", "1"]) == 0
    assert "nothing found" in capsys.readouterr().out


def test_what_takes_too_long_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "SLOW_SECONDS", 0.001)
    tally = Tally()
    fuzz.try_one("text", lambda rng: time.sleep(0.002) is None, 1, 0, tally)
    assert tally.findings and "took" in tally.findings[0]


def test_changed_json_is_mostly_json_still() -> None:
    good = 0
    for number in range(200):
        try:
            json.loads(fuzz_inputs.changed_json(random.Random(number), {"a": [1, {"b": "c"}]}))
            good += 1
        except ValueError:
            pass
    assert 100 < good < 200
