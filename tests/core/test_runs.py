"""The store of runs: what is kept, who waits, who trains, and what is asked of whom."""

import pytest

from core.process_lock import is_locked, take_lock
from core.recipe import Recipe
from core.runs import IntervalPoint, NoSuchRunError, Orders, Progress, RunStore, Sample, Snapshot, may_control
from core.training import EpochResult
from core.training_options import GeneratedData, TrainingOptions

OPTIONS = TrainingOptions(
    recipe=Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=3, warmup=5, learning_rate=0.01),
    data=GeneratedData(240, 3),
    device="cpu",
)


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def statuses(store):
    return {run.number: run.status for run in store.list()}


def test_a_run_is_kept_with_all_its_settings(store):
    run = store.add(OPTIONS, "  my   run ")
    assert (run.number, run.name, run.options, run.status, run.epochs) == (1, "my run", OPTIONS, "queued", 3)
    assert (run.epoch, run.iteration, run.iterations, run.seconds, run.seconds_left) == (0, 0, 0, 0.0, None)
    assert (run.exact_match, run.message, run.model_file, run.done) == (None, "", None, 0.0)
    assert RunStore(store.folder).get(1) == run
    assert store.intervals(1) == [] and store.epochs(1) == [] and store.snapshot(1) is None


def test_the_newest_is_first_and_numbers_are_never_given_twice(store):
    for _ in range(3):
        store.add(OPTIONS)
    store.delete(3)
    assert store.add(OPTIONS).number == 4
    assert [run.number for run in store.list()] == [4, 2, 1]


def test_everybody_has_a_place_in_the_queue(store):
    for _ in range(3):
        store.add(OPTIONS)
    assert [store.place_in_queue(number) for number in (1, 2, 3)] == [1, 2, 3]
    run, lock = store.claim()
    assert run.number == 1 and run.status == "running"
    assert [store.place_in_queue(number) for number in (1, 2, 3)] == [0, 1, 2]
    store.ask(2, "pause")
    assert [store.place_in_queue(number) for number in (2, 3)] == [0, 1]
    store.ask(2, "resume")
    assert [store.place_in_queue(number) for number in (2, 3)] == [2, 1]
    lock.release()


def test_what_is_recorded_is_read_again(store):
    store.add(OPTIONS)
    run, lock = store.claim()
    points = [IntervalPoint(20 * i, 1, 2.0 / i, None if i == 2 else 0.5, 0.001 * i, float(i)) for i in (1, 2, 3)]
    snapshot = Snapshot(20, (Sample("2/10/93", "1993-02-10", "1970-01-01"),), "a", "a  ", "b", ((0.25, 0.75),))
    assert store.record(1, Progress(1, 20, 45, 1.0, 9.0), points[:1], snapshot) == Orders("", "")
    store.record(1, Progress(2, 15, 45, 3.0, 5.0), points[1:], epochs=[EpochResult(1, 1.5, 0.25, 2.0)])
    store.record(1, Progress(2, 16, 45, 3.0, 5.0), epochs=[EpochResult(2, 1.5, 0.125, 2.0)])
    assert store.intervals(1) == points and store.intervals(1, after=20) == points[1:]
    assert store.epochs(1) == [EpochResult(1, 1.5, 0.25, 2.0), EpochResult(2, 1.5, 0.125, 2.0)]
    assert store.snapshot(1) == snapshot
    run = store.get(1)
    assert (run.epoch, run.iteration, run.iterations, run.seconds, run.seconds_left) == (2, 16, 45, 3.0, 5.0)
    assert run.exact_match == 0.25 and run.done == pytest.approx((45 + 16) / 135)
    lock.release()


def test_what_is_asked_of_a_running_run_reaches_its_worker(store):
    store.add(OPTIONS)
    _, lock = store.claim()
    progress = Progress(1, 1, 45, 1.0, None)
    assert store.ask(1, "pause").request == "pause"
    assert store.record(1, progress) == Orders("pause", "")
    store.ask(1, "resume")
    store.watch(1, "2/10/93")
    assert store.record(1, progress) == Orders("", "2/10/93")
    store.ask(1, "stop")
    assert store.record(1, progress).request == "stop"
    store.finish(1, "stopped")
    lock.release()
    assert store.get(1).status == "stopped" and store.get(1).request == ""
    assert store.ask(1, "resume").status == "queued"


def test_a_run_whose_process_is_gone_is_interrupted(store):
    store.add(OPTIONS)
    _, lock = store.claim()
    assert store.get(1).status == "running"
    lock.release()
    run = store.get(1)
    assert (run.status, run.problem, run.can_resume) == ("interrupted", "died", True)
    assert statuses(store) == {1: "interrupted"}
    assert store.ask(1, "resume").status == "queued"


def test_deleting_forgets_all_of_a_run(store):
    store.add(OPTIONS)
    _, lock = store.claim()
    store.record(1, Progress(1, 20, 45, 1.0, 9.0), [IntervalPoint(20, 1, 2.0, 1.0, 0.1, 1.0)])
    store.delete(1)
    for use in (
        store.get,
        store.snapshot,
        store.delete,
        lambda number: store.ask(number, "pause"),
        lambda number: store.rename(number, "x"),
        lambda number: store.record(number, Progress(1, 1, 1, 0.0, None)),
    ):
        with pytest.raises(NoSuchRunError, match="there is no run 1 in "):
            use(1)
    assert store.intervals(1) == []
    lock.release()


@pytest.mark.parametrize(("name", "words"), [("x" * 81, "has 81 characters"), ("a\x00b", "cannot be shown")])
def test_a_name_that_cannot_be_shown_is_refused(store, name, words):
    with pytest.raises(ValueError, match=words):
        store.add(OPTIONS, name)
    store.add(OPTIONS)
    with pytest.raises(ValueError, match=words):
        store.rename(1, name)
    assert [run.name for run in store.list()] == [""]


def test_who_may_control_a_run(store, monkeypatch):
    run = store.add(OPTIONS)
    monkeypatch.delenv("ATTENTION_SHARED", raising=False)
    assert may_control(run, "")
    monkeypatch.setenv("ATTENTION_SHARED", "1")
    assert may_control(run, run.key)
    assert not may_control(run, "") and not may_control(run, store.add(OPTIONS).key) and not may_control(run, "é")


def test_a_lock_is_held_by_one(tmp_path):
    file = tmp_path / "locks" / "a.lock"
    assert not is_locked(file)
    lock = take_lock(file)
    assert lock is not None and is_locked(file) and take_lock(file) is None
    lock.release()
    assert not is_locked(file)
