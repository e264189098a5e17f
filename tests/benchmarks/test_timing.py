"""Contenders take turns, each warmed up, each in its own process with its own threads."""

from __future__ import annotations

import itertools
import os
import time
from functools import partial

import pytest

from benchmarks.timing import BenchmarkError, Task, Work, compare, measure_apart, seconds_per_unit, take_turns


def test_only_the_run_is_timed_and_divided_by_its_units(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def takes(seconds):
        clock[0] += seconds

    work = Work(run=lambda: takes(12.0), warm_up=lambda: takes(1000.0), units=4)
    assert seconds_per_unit(work) == 3.0


def test_works_of_one_process_take_turns():
    done: list[str] = []
    works = {name: Work(run=partial(done.append, name), warm_up=lambda: None) for name in "abc"}
    samples = take_turns(works, rounds=2)
    assert done == ["a", "b", "c", "a", "b", "c"]
    assert {name: len(values) for name, values in samples.items()} == {"a": 2, "b": 2, "c": 2}


def test_processes_take_turns_with_their_own_threads(tmp_path):
    file = tmp_path / "notes"
    tasks = {name: Task("tests.benchmarks.works:noting", {"name": name, "file": str(file)}) for name in "ab"}
    samples = compare(tasks, rounds=3, threads=7, repeats=2)
    assert {name: len(values) for name, values in samples.items()} == {"a": 6, "b": 6}
    assert all(value > 0 for values in samples.values() for value in values)

    notes = [line.split() for line in file.read_text().splitlines()]
    assert {(threads, loaded) for _, _, _, threads, loaded in notes} == {("7", "False")}
    assert len({(name, process) for name, _, process, *_ in notes}) == 4  # two contenders, two sets
    assert str(os.getpid()) not in {process for _, _, process, *_ in notes}
    half = len(notes) // 2
    for turns in (notes[:half], notes[half:]):
        # The first turn of each is made when the processes start, in any order; it is not counted.
        counted = [(name, what) for name, what, *_ in turns][4:]
        one_round = [("a", "warm-up"), ("a", "run"), ("b", "warm-up"), ("b", "run")]
        assert counted == list(itertools.chain.from_iterable([one_round] * 3))


def test_a_call_is_made_in_a_process_of_its_own():
    returned = measure_apart(Task("tests.benchmarks.works:answer", {"number": 21}), threads=1)
    assert returned["twice"] == 42
    assert returned["process"] != os.getpid()


def test_a_process_that_fails_is_named(capfd):
    with pytest.raises(BenchmarkError, match="measures a ended without an answer"):
        compare({"a": Task("tests.benchmarks.works:failing")}, rounds=1, threads=1)
    assert "this work cannot be made" in capfd.readouterr().err
