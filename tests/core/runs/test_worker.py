"""Training in processes of their own: watched, paused, stopped, killed; and the same parameters whatever happened."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.data.corpus import Corpus, write_corpus
from core.data.dates import make_pairs
from core.models.parameters import parameter_digest, read_safetensors
from core.models.seq2seq import Seq2seq
from core.runs import worker
from core.runs.launch import ensure_workers
from core.runs.process_lock import is_locked
from core.runs.recording import Recorder, Recording, outcome_of, sample_rows
from core.runs.store import RunStore, RunStoreError
from core.training.options import TrainingOptions
from core.training.recipe import Recipe
from core.training.training_data import FileData, GeneratedData
from core.training.training_run import TrainingRun

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = TrainingOptions(
    recipe=Recipe(wordvec_size=4, hidden_size=8, batch_size=16, epochs=3, warmup=5, learning_rate=0.01),
    data=GeneratedData(900, 3),
    device="cpu",
)
"""Some fifty iterations an epoch."""
FIRST_EPOCH, SECOND_EPOCH = 25, 75
"""Iterations in the midst of them."""


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What the options give without any break."""
    folder = tmp_path_factory.mktemp("whole")
    TrainingRun(OPTIONS.plan(), folder, device="cpu").run()
    return digest(folder)


def digest(folder):
    return parameter_digest(read_safetensors(folder / "model.safetensors")[0])


def wait_until(condition, seconds=60):
    """What the condition gives as soon as that is something."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.02)
    return found


@contextmanager
def worker_process(store, *options, held_at=None):
    """A worker of its own, killed at the end if it still lives.

    Args: held_at: it goes no further than this iteration of any run until `let_go`.
    """
    command = ["core", "work"]
    if held_at is not None:
        hold_file(store).touch()
        command = ["tests.core.held_worker", hold_file(store), held_at]
    command = [sys.executable, "-m", *map(str, command), "--store", str(store.folder), *options]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def hold_file(store):
    return store.folder / "hold"


def let_go(store):
    """Let the workers that are held go on."""
    hold_file(store).unlink()


def held(store, number=1, at=FIRST_EPOCH):
    """Is the run where its worker is held? Not where it only comes by."""
    run = store.get(number)
    assert run.status in ("queued", "running"), run
    return run.iterations and (run.epoch - 1) * run.iterations + run.iteration == at


def work_on(store):
    """Let this process train what waits."""
    worker.work(store, limit=1)


# --------------------------------------------------------------------------------------------- from start to end


def test_a_worker_trains_what_waits_and_writes_down_how_it_goes(store, whole, tmp_path):
    write_corpus(tmp_path / "dates.txt", make_pairs(900, 3))
    store.add(OPTIONS, "first")
    store.add(replace(OPTIONS, model="peeky", data=FileData(tmp_path / "dates.txt", "mine.txt", 3)), "second")
    (tmp_path / "dates.txt").unlink()
    with worker_process(store) as process:
        assert process.wait(120) == 0
    first, second = store.get(1), store.get(2)
    for run in (first, second):
        assert (run.status, run.message, run.done, run.seconds_left) == ("finished", "", 1.0, None)
        assert (run.epoch, run.iteration) == (3, run.iterations), "the end of the last epoch, not the next one"
        assert {file.name for file in run.folder.iterdir()} >= {"model.safetensors", "log.json", "README.md"}
        assert not (run.folder / "state.safetensors").exists()
        log = json.loads((run.folder / "log.json").read_text("utf-8"))
        assert [vars(result) for result in store.epochs(run.number)] == log and len(log) == 3
        assert run.exact_match == max(row["exact_match"] for row in log)
        points = store.intervals(run.number)
        assert points[-1].iteration == 3 * run.iterations and points[0].iteration == 20
        assert [point.epoch for point in points] == sorted(point.epoch for point in points)
        assert all(earlier.seconds < later.seconds for earlier, later in pairwise(points))
    assert digest(first.folder) == whole
    assert read_safetensors(second.folder / "model.safetensors")[1]["data"].startswith("the file mine.txt, ")
    snapshot = store.snapshot(1)
    assert snapshot.iteration == 3 * first.iterations and len(snapshot.samples) == 10
    assert snapshot.text == "september 27, 1994" and len(snapshot.source) == 29 and len(snapshot.output) == 10
    np.testing.assert_allclose(np.sum(snapshot.weights, axis=1), np.ones(10), atol=0.002)
    assert store.snapshot(2).weights is None


def test_the_page_and_the_command_line_give_the_same_parameters(store, whole, tmp_path):
    options = ["--hidden-size", "8", "--wordvec-size", "4", "--batch-size", "16", "--learning-rate", "0.01"]
    options += ["--n", "900", "--data-seed", "3", "--device", "cpu"]
    command = [sys.executable, "-m", "core", "train", *options, "--output", str(tmp_path / "mine")]
    command += ["--store", str(store.folder), "--name", "typed"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    typed = store.get(1)
    assert (typed.status, typed.name, typed.folder) == ("finished", "typed", tmp_path / "mine")
    asked = store.add(replace(OPTIONS, recipe=typed.options.recipe))
    assert asked.options == typed.options
    with worker_process(store) as process:
        assert process.wait(120) == 0
    assert digest(asked.folder) == digest(tmp_path / "mine")
    assert [point[:5] for point in store.intervals(1)] == [point[:5] for point in store.intervals(2)]
    assert store.snapshot(1) == store.snapshot(2)


# ------------------------------------------------------------------------------------------------ kill, pause, stop


def test_a_killed_worker_loses_at_most_the_epoch_under_way(store, whole):
    store.add(OPTIONS)
    with worker_process(store, held_at=SECOND_EPOCH) as process:
        wait_until(lambda: held(store, at=SECOND_EPOCH))
        process.kill()
        process.wait()
    run = store.get(1)
    assert (run.status, run.problem) == ("interrupted", "died")
    assert "ended without a word" in run.message and run.model_file is not None
    assert len(store.epochs(1)) == 1
    store.ask(1, "resume")
    work_on(store)
    assert store.get(1).status == "finished" and digest(store.get(1).folder) == whole
    iterations = [point.iteration for point in store.intervals(1)]
    assert iterations == sorted(set(iterations)) and iterations[-1] == 3 * store.get(1).iterations


def test_killed_in_its_first_epoch_it_begins_again(store, whole):
    store.add(OPTIONS)
    with worker_process(store, held_at=FIRST_EPOCH) as process:
        wait_until(lambda: held(store))
        process.kill()
        process.wait()
    assert store.get(1).status == "interrupted"
    store.ask(1, "resume")
    work_on(store)
    assert digest(store.get(1).folder) == whole


def test_a_worker_outlives_the_server_that_started_it(store, whole):
    store.add(OPTIONS)
    code = (
        "import sys, time; from pathlib import Path; from core.runs.launch import ensure_workers\n"
        "from core.runs.store import RunStore\n"
        "ensure_workers(RunStore(Path(sys.argv[1]))); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(store.folder)], cwd=ROOT) as server:
        wait_until(lambda: store.get(1).status == "running")
        server.kill()
    wait_until(lambda: store.get(1).status == "finished")
    assert digest(store.get(1).folder) == whole
    wait_until(lambda: not worker_alive(store))
    assert (store.folder / "worker.log").read_bytes() == b""


def worker_alive(store):
    return is_locked(store.worker_lock_file(1))


def test_told_to_end_a_worker_stores_where_it_stands(store, whole):
    store.add(OPTIONS)
    store.add(OPTIONS)
    with worker_process(store, held_at=SECOND_EPOCH) as process:
        wait_until(lambda: held(store, at=SECOND_EPOCH))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    run = store.get(1)
    assert (run.status, run.problem) == ("interrupted", "died") and run.message.endswith("nothing is lost")
    assert store.get(2).status == "queued"
    state = read_safetensors(run.folder / "state.safetensors")[1]
    assert int(state["iteration"]) > run.iterations
    store.delete(2)
    store.ask(1, "resume")
    work_on(store)
    assert digest(run.folder) == whole


def test_pausing_frees_the_place_and_resuming_goes_on_from_there(store, whole):
    store.add(OPTIONS)
    store.add(OPTIONS)
    with worker_process(store, held_at=SECOND_EPOCH) as process:
        wait_until(lambda: held(store, at=SECOND_EPOCH))
        store.ask(1, "pause")
        run = wait_until(lambda: next(iter(r for r in [store.get(1)] if r.status == "paused"), None))
        assert run.epoch == 2 and run.message == ""
        wait_until(lambda: held(store, 2, at=SECOND_EPOCH))
        store.ask(1, "resume")
        assert store.place_in_queue(1) == 1
        let_go(store)
        assert process.wait(120) == 0
    assert [store.get(number).status for number in (1, 2)] == ["finished", "finished"]
    assert digest(store.get(1).folder) == digest(store.get(2).folder) == whole


def test_stopping_keeps_the_best_so_far_and_a_card(store):
    store.add(OPTIONS)
    with worker_process(store, held_at=FIRST_EPOCH) as process:
        wait_until(lambda: held(store))
        store.ask(1, "stop")
        assert process.wait(60) == 0
    run = store.get(1)
    assert run.status == "stopped" and run.can_resume
    assert read_safetensors(run.model_file)[1]["epochs"] == "0"
    assert (run.folder / "README.md").is_file()


def test_deleting_a_running_run_ends_it_and_leaves_nothing(store):
    store.add(OPTIONS)
    with worker_process(store, held_at=FIRST_EPOCH) as process:
        wait_until(lambda: held(store))
        store.delete(1)
        assert store.list() == []
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
    assert not (store.folder / "1").exists()
    assert not list((store.folder / "locks").glob("run-*"))


def test_the_watched_date_can_be_changed_while_it_trains(store):
    store.add(OPTIONS)
    with worker_process(store, held_at=FIRST_EPOCH):
        wait_until(lambda: store.snapshot(1))
        store.watch(1, " ２/10/93")
        wait_until(lambda: store.snapshot(1).text == "2/10/93")
        store.watch(1, "\ud800 no date at all: 日付")
        wait_until(lambda: store.snapshot(1).text == store.snapshot(1).samples[0].question)


def test_no_more_workers_than_allowed(store):
    store.add(OPTIONS)
    store.add(OPTIONS)
    with worker_process(store, "--limit", "1", held_at=FIRST_EPOCH):
        wait_until(lambda: held(store))
        with worker_process(store, "--limit", "1") as second:
            assert second.wait(60) == 0
        assert store.get(2).status == "queued"
        with worker_process(store, "--limit", "2", held_at=FIRST_EPOCH):
            wait_until(lambda: held(store, 2))


def test_workers_are_started_as_they_are_needed(store):
    ensure_workers(store, limit=1)
    assert not worker_alive(store)
    store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, epochs=1)))
    wait_until(lambda: ensure_workers(store, limit=1) or store.get(1).status == "finished")


def test_a_worker_is_found_where_python_does_not_look_into_the_folder(store, monkeypatch):
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, epochs=1)))
    wait_until(lambda: ensure_workers(store, limit=1) or store.get(1).status == "finished")


# ------------------------------------------------------------------------------------------------ what goes wrong


def failing(store, options):
    """The run after this process has tried to train it."""
    store.add(options)
    work_on(store)
    return store.get(1)


def test_a_training_that_diverges_fails_with_the_sentence(store, monkeypatch):
    forward = Seq2seq.forward
    monkeypatch.setattr(Seq2seq, "forward", lambda *arguments: forward(*arguments) * np.float32("nan"))
    run = failing(store, OPTIONS)
    assert (run.status, run.problem) == ("failed", "diverged")
    assert run.message.startswith("the loss is nan at iteration 20 of epoch 1; expected a finite number.")


def test_weights_beyond_all_bounds_are_not_drawn(store, monkeypatch):
    run = store.add(OPTIONS)
    training = TrainingRun(OPTIONS.plan(), run.folder, device="cpu")
    training.model.params[2][...] = np.nan
    with Recording(store, *store.begin(OPTIONS)) as recording:
        recording.record(training).look()
    assert store.snapshot(2) is None


def test_data_that_cannot_be_used_fail_with_the_line(store, tmp_path, caplog):
    (tmp_path / "dates.txt").write_bytes(b"2/10/93_1993-02-10\r\n2/11/93_1993-02-31\r\n")
    run = failing(store, replace(OPTIONS, data=FileData(tmp_path / "dates.txt")))
    assert (run.status, run.problem) == ("failed", "input")
    assert "line 2: the answer is '1993-02-31'" in run.message
    assert "run 1: " in caplog.text and "Traceback" not in caplog.text


def test_a_mistake_of_the_program_is_told_with_all_that_helps_to_find_it(store, monkeypatch, caplog):
    def divide(self):
        return 1 / 0

    monkeypatch.setattr(TrainingOptions, "plan", divide)
    run = failing(store, OPTIONS)
    assert (run.status, run.problem) == ("failed", "error")
    assert run.message == "an error of the program, ZeroDivisionError('division by zero')"
    assert "in divide" in caplog.text


def test_a_full_disk_is_told_and_what_was_stored_stays(store, whole, monkeypatch):
    original = Path.write_bytes

    def write(self, content):
        if self.name.startswith(".log") and b'"epoch": 2' in content:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return original(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", write)
        run = failing(store, OPTIONS)
    assert (run.status, run.problem) == ("interrupted", "disk-full")
    assert run.message == "the disk is full; make room and resume: what is stored stays"
    assert run.model_file is not None
    store.ask(1, "resume")
    work_on(store)
    assert store.get(1).status == "finished" and digest(run.folder) == whole


def test_a_training_goes_on_while_its_list_cannot_be_written(store, whole, monkeypatch, caplog):
    original, calls = RunStore.record, []

    def record(self, *arguments):
        calls.append(arguments)
        if 2 < len(calls) < 6:
            raise RunStoreError("full", disk_full=True)
        return original(self, *arguments)

    monkeypatch.setattr(Recorder, "_snapshot", lambda self: None)
    monkeypatch.setattr("core.runs.recording._SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(RunStore, "record", record)
    run = failing(store, OPTIONS)
    assert run.status == "finished" and digest(run.folder) == whole
    assert caplog.text.count("full; the training goes on") == 1
    assert [point.iteration for point in store.intervals(1)][:4] == [20, 40, 50, 70]
    assert len(store.epochs(1)) == 3


def test_the_last_word_finds_room_on_a_full_disk(store, monkeypatch):
    store.add(OPTIONS)
    _, lock = store.claim()
    reserve, original = store.folder / "reserve", RunStore._write
    assert reserve.stat().st_size == 2**18

    def write(self, statement, values):
        if reserve.exists():
            raise RunStoreError("full", disk_full=True)
        original(self, statement, values)

    monkeypatch.setattr(RunStore, "_write", write)
    store.finish(1, "interrupted", "disk-full", "the disk is full")
    lock.release()
    assert (store.get(1).status, store.get(1).message) == ("interrupted", "the disk is full")
    store.ask(1, "resume")
    store.claim()
    assert reserve.exists()


def test_a_full_disk_under_the_list_is_one_sentence(store):
    """SQLite says the same where it may not enlarge its file."""
    run = store.add(OPTIONS)
    connection = store.database._writer.connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(RunStoreError, match=r"runs.sqlite3: the disk is full; make room and try again") as caught:
        for _ in range(200):
            store.add(OPTIONS, "y" * 80)
    assert caught.value.disk_full and store.get(1) == run


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, ("finished", "", "")),
        (KeyboardInterrupt(), ("stopped", "", "")),
        (MemoryError(), ("failed", "memory", "it took more memory than there is; use smaller sizes or batches")),
        (OSError(errno.EACCES, "Permission denied", "f"), ("failed", "error", "f: Permission denied")),
        (ZeroDivisionError("x"), ("failed", "error", "an error of the program, ZeroDivisionError('x')")),
    ],
)
def test_what_became_of_a_training(error, outcome):
    assert outcome_of(error) == outcome


# ---------------------------------------------------------------------------------------------------- the samples


def test_ten_questions_of_as_many_families_as_there_are():
    corpus = Corpus.from_pairs(make_pairs(400, seed=1))
    families = [pair.family for pair in make_pairs(400, seed=1)]
    rows = sample_rows(corpus)
    assert len(set(rows)) == 10 and len({families[row] for row in rows[:7]}) == 7
    few = Corpus.from_pairs(make_pairs(4, seed=1))
    assert sorted(sample_rows(few)) == [0, 1, 2, 3]
