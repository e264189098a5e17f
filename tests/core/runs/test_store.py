"""The store of runs: what is kept, who waits, who trains, and what is asked of whom."""

import json
import math
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.corpus import CorpusError, write_corpus
from core.data.dates import make_pairs
from core.files.places import runs_folder
from core.runs.launch import training_limit
from core.runs.process_lock import is_locked, take_lock
from core.runs.rows import UnreadableRun, UnreadableRunError
from core.runs.run import IntervalPoint, Orders, Progress, Sample, Snapshot, may_control
from core.runs.store import NoSuchRunError, RunStore, RunStoreError
from core.training.memory import TooLargeError
from core.training.options import TrainingOptions
from core.training.recipe import Recipe
from core.training.trainer import EpochResult
from core.training.training_data import FileData, GeneratedData

ROOT = Path(__file__).resolve().parents[3]
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


def test_who_has_waited_longest_is_next(store):
    for _ in range(3):
        store.add(OPTIONS)
    store.ask(1, "pause")
    store.ask(1, "resume")
    claimed = [store.claim() for _ in range(3)]
    assert [run.number for run, _ in claimed] == [2, 3, 1]
    assert store.claim() is None
    for _, lock in claimed:
        lock.release()


def test_what_is_recorded_is_read_again(store):
    store.add(OPTIONS)
    run, lock = store.claim()
    points = [IntervalPoint(20 * i, 1, 2.0 / i, None if i == 2 else 0.5, 0.001 * i, float(i)) for i in (1, 2, 3)]
    snapshot = Snapshot(20, (Sample("2/10/93", "1993-02-10", "1970-01-01"),), "a", "a  ", "b", ((0.25, 0.75, 0.0),))
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


def test_what_was_recorded_after_the_state_that_is_gone_on_from_is_forgotten(store):
    store.add(OPTIONS)
    points = [IntervalPoint(iteration, 1, 2.0, 1.0, 0.1, 1.0) for iteration in (20, 45, 46, 65)]
    epochs = [EpochResult(1, 1.5, 0.25, 2.0), EpochResult(2, 1.5, 0.5, 2.0)]
    store.record(1, Progress(2, 45, 45, 3.0, 5.0), points, epochs=epochs)
    store.rewind(1, 45, epochs[:1])
    assert store.intervals(1) == points[:2] and store.epochs(1) == epochs[:1]
    assert store.get(1).exact_match == 0.25


def test_the_files_of_a_deleted_run_are_left_to_who_trains_it(store):
    run = store.add(OPTIONS)
    run.folder.mkdir()
    _, lock = store.claim()
    store.delete(1)
    assert store.list() == [] and run.folder.is_dir()
    lock.release()


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
    mine, nobodys = store.add(OPTIONS, owner="0123456789ab"), store.add(OPTIONS)
    monkeypatch.delenv("ATTENTION_SHARED", raising=False)
    assert may_control(mine, "0123456789ab") and may_control(mine, "", teacher=True)
    assert not may_control(mine, "") and not may_control(mine, "é") and not may_control(mine, "ba9876543210")
    assert not may_control(nobodys, "0123456789ab") and not may_control(nobodys, "")
    monkeypatch.setenv("ATTENTION_SHARED", "0")
    assert may_control(mine, "") and may_control(nobodys, "")


def test_a_lock_is_held_by_one(tmp_path):
    file = tmp_path / "locks" / "a.lock"
    assert not is_locked(file)
    lock = take_lock(file)
    assert lock is not None and is_locked(file) and take_lock(file) is None
    lock.release()
    assert not is_locked(file)


# ------------------------------------------------------------------------------------------------- data of a file


def test_a_data_file_is_kept_with_the_run(store, tmp_path):
    write_corpus(tmp_path / "mine.txt", make_pairs(240, seed=3))
    run = store.add(replace(OPTIONS, data=FileData(tmp_path / "mine.txt")))
    (tmp_path / "mine.txt").unlink()
    assert run.options.data == FileData(store.folder / "1" / "data.txt", "mine.txt")
    assert len(run.options.plan().train) > 200
    moved = store.folder.rename(tmp_path / "moved")
    assert RunStore(moved).get(1).options.data == FileData(moved / "1" / "data.txt", "mine.txt")


def test_a_data_file_that_is_not_there_leaves_nothing_behind(store, tmp_path):
    with pytest.raises(CorpusError, match=r"none.txt: cannot be read .*; give a text file with one pair a line"):
        store.add(replace(OPTIONS, data=FileData(tmp_path / "none.txt")))
    with pytest.raises(CorpusError, match="cannot be read"):
        store.add(replace(OPTIONS, data=FileData(tmp_path)))
    assert store.list() == [] and not (store.folder / "1").exists()


def test_what_would_exhaust_the_memory_never_gets_into_the_list(store, monkeypatch):
    monkeypatch.setenv("ATTENTION_TRAINING_MEMORY", "100")
    with pytest.raises(TooLargeError, match=r"needs about .* of memory, and there are 105 MB; use a smaller"):
        store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, hidden_size=512)))
    assert store.list() == []
    store.add(OPTIONS)


# ------------------------------------------------------------------------------------------ a folder of one's own


def test_a_run_of_a_folder_outside_is_gone_on_with_and_its_files_stay(store, tmp_path):
    outside = tmp_path / "mine"
    outside.mkdir()
    run, lock = store.begin(OPTIONS, "mine", outside)
    assert (run.folder, run.status) == (outside, "running")
    with pytest.raises(RunStoreError, match="run 1 is being trained by another process; pause or stop it first"):
        store.begin(OPTIONS, "again", outside)
    store.finish(1, "stopped")
    lock.release()
    again, lock = store.begin(OPTIONS, "", outside)
    assert (again.number, again.name, again.status) == (1, "mine", "running")
    lock.release()
    store.delete(1)
    assert outside.is_dir()


# ---------------------------------------------------------------------------------------------- several processes


def test_many_at_once_lose_nothing(store):
    """Threads that share a store, and processes that do not."""
    code = (
        "import sys; from pathlib import Path; from core.runs.store import *; from core.training.options import *\n"
        "store = RunStore(Path(sys.argv[1]))\n"
        "for i in range(10): store.add(TrainingOptions(), sys.argv[2])"
    )
    names = ("a", "b", "c")
    processes = [subprocess.Popen([sys.executable, "-c", code, store.folder, name], cwd=ROOT) for name in names]
    threads = [threading.Thread(target=lambda: [store.add(OPTIONS, "t") for _ in range(10)]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for process in processes:
        assert process.wait(60) == 0
    counts = {name: sum(run.name == name for run in store.list()) for name in (*names, "t")}
    assert counts == {"a": 10, "b": 10, "c": 10, "t": 30}
    assert sorted(store.place_in_queue(run.number) for run in store.list()) == list(range(1, 61))


def test_two_claims_never_get_the_same_run(store):
    for _ in range(20):
        store.add(OPTIONS)
    claimed, stores = [], [RunStore(store.folder) for _ in range(4)]

    def claim(mine):
        while (found := mine.claim()) is not None:
            claimed.append(found[0].number)

    threads = [threading.Thread(target=claim, args=(mine,)) for mine in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(1, 21))


# ------------------------------------------------------------------------------------------------- a bad database


def test_a_file_that_is_no_database_is_one_sentence_and_stays_as_it_is(tmp_path):
    file = tmp_path / "runs.sqlite3"
    file.write_bytes(b"a letter to my grandmother, longer than a header " * 100)
    content = file.read_bytes()
    with pytest.raises(
        RunStoreError, match=r"is damaged \(file is not a database\); move it away to begin anew"
    ) as caught:
        RunStore(tmp_path)
    assert str(caught.value).startswith(str(file)) and file.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "runs.sqlite3") as other:
        other.execute("CREATE TABLE runs (kilometres)")
    other.close()
    with pytest.raises(RunStoreError, match="is the database of another program; move it, or set ATTENTION_RUNS"):
        RunStore(tmp_path)
    with sqlite3.connect(tmp_path / "runs.sqlite3") as other:
        assert other.execute("PRAGMA journal_mode").fetchone()[0] == "delete"
        assert other.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 1
    other.close()


def test_a_database_of_a_later_version_is_left_alone(store):
    store.add(OPTIONS)
    store.close()
    with sqlite3.connect(store.file) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(RunStoreError, match="has version 7 of the tables, and this program knows 2; use the program"):
        RunStore(store.folder)


@pytest.mark.parametrize("place", range(0, 20_000, 700))
def test_a_damaged_database_is_read_or_one_sentence(store, place):
    for i in range(12):
        store.add(OPTIONS, f"run {i}")
    store.close()
    content = bytearray(store.file.read_bytes())
    content[place : place + 300] = bytes(255 - byte for byte in content[place : place + 300])
    store.file.write_bytes(bytes(content))
    try:
        again = RunStore(store.folder)
        for run in again.list():
            again.intervals(run.number), again.epochs(run.number), again.snapshot(run.number)
    except RunStoreError as error:
        assert str(error).startswith(str(store.folder))


def test_a_database_that_another_program_keeps_locked_is_told_so(store):
    with sqlite3.connect(store.file) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RunStoreError, match="another program has kept it locked for long; try again") as caught:
            RunStore(store.folder, patience=0.01).add(OPTIONS)
    other.close()
    assert caught.value.busy and not caught.value.disk_full


def test_a_database_that_may_only_be_read_is_told_so(store):
    run = store.add(OPTIONS)
    store.database._writer.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(
        RunStoreError, match=r"cannot be written \(.*readonly.*\); set ATTENTION_RUNS to another folder"
    ):
        store.add(OPTIONS)
    assert store.get(1) == run


def test_a_database_that_cannot_be_opened_is_not_called_damaged(tmp_path):
    (tmp_path / "runs.sqlite3").mkdir()
    with pytest.raises(RunStoreError, match=r"cannot be written \(unable to open database file\); set ATTENTION_RUNS"):
        RunStore(tmp_path)


def test_what_else_goes_wrong_is_not_called_damaged(store):
    store.database._reader.connection.set_progress_handler(lambda: 1, 1)
    with pytest.raises(RunStoreError, match=r"cannot be used \(interrupted\); try again, or set ATTENTION_RUNS"):
        store.list()


def test_a_text_that_says_full_or_locked_is_no_such_error(store):
    """It is the code of an error that tells, not its words."""
    with (
        pytest.raises(RunStoreError, match=r"cannot be used \(no such table: full_and_locked\)") as caught,
        store.database.transaction() as connection,
    ):
        connection.execute("SELECT * FROM full_and_locked")
    assert not caught.value.disk_full


def test_a_store_of_an_older_program_still_opens(tmp_path):
    database = sqlite3.connect(tmp_path / "runs.sqlite3")
    database.executescript((Path(__file__).parent / "first_store.sql").read_text("utf-8"))
    database.close()
    store = RunStore(tmp_path)
    runs = {run.number: run for run in store.list()}
    assert {number: run.status for number, run in runs.items()} == {
        1: "finished", 2: "interrupted", 3: "paused", 4: "queued", 5: "failed", 6: "queued"
    }  # fmt: skip
    assert (runs[1].name, runs[1].exact_match, runs[1].options, runs[1].owner) == ("was done", 0.75, OPTIONS, "")
    assert [point.iteration for point in store.intervals(1)] == [1, 2, 6, 8]
    assert store.epochs(1)[-1] == EpochResult(3, 0.5, 0.75, 1.0)
    snapshot = store.snapshot(1)
    assert snapshot is not None
    assert (snapshot.output, snapshot.samples[0].guess) == ("1993-02-10", "1993-02-10")
    assert (runs[2].folder, runs[2].problem, runs[2].options.seed) == (Path("/models/my-run"), "died", 7)
    assert (runs[3].options.model, runs[3].options.recipe.max_grad) == ("peeky", None)
    assert runs[4].options.mistake == "context-not-fed"
    assert (runs[5].problem, runs[5].options.recipe.score) == ("diverged", "additive")
    assert runs[6].options.data == FileData(tmp_path / "6" / "data.txt", "my dates.txt", 9)
    store.ask(2, "resume")
    claimed = store.claim()
    assert claimed is not None and claimed[0].number == 4 and store.place_in_queue(2) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("options", json.dumps(OPTIONS.to_dict() | {"model": "transformer"})),
        ("options", "["),
        ("options", "[" * 100_000),
        ("options", b"\xff"),
        ("created", 1e300),
        ("created", "yesterday"),
        ("name", b"\xff\xfe"),
        ("status", "dreaming"),
        ("problem", "toothache"),
        ("request", 7),
        ("watched", b"\xff"),
        ("epoch", -1),
        ("iteration", "many"),
        ("seconds", math.inf),
        ("exact_match", "all"),
        ("folder", b"\xff"),
    ],
)
def test_a_row_that_cannot_be_read_is_said_to_be_so_and_the_others_live(store, column, value):
    for i in range(3):
        store.add(OPTIONS, f"run {i}")
    with store.database.transaction(write=True) as connection:
        connection.execute(f"UPDATE runs SET {column} = ? WHERE number = 2", (value,))
    assert [(run.number, isinstance(run, UnreadableRun)) for run in store.page()] == [
        (3, False), (2, True), (1, False)
    ]  # fmt: skip
    assert [run.number for run in store.list()] == [3, 1]
    for use in (store.get, lambda number: store.ask(number, "pause")):
        with pytest.raises(UnreadableRunError, match=r"of run 2 cannot be read .*`python -m core runs --delete 2`"):
            use(2)
    claimed = [store.claim() for _ in range(2)]
    assert [run.number for run, _ in claimed] == [1, 3], "nobody waits for it"
    for _, lock in claimed:
        lock.release()
    store.delete(2)
    assert [run.number for run in store.page()] == [3, 1]


def test_text_that_is_none_is_one_rows_trouble(store):
    store.add(OPTIONS)
    store.add(OPTIONS)
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET name = CAST(x'ff' AS TEXT) WHERE number = 1")
    assert [run.number for run in store.list()] == [2]
    store.discard(1)
    store.restore(1)
    store.delete(1)
    assert [event.name for event in store.events()][:3] == ["?", "?", "?"]


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        json.dumps({"iteration": 1, "samples": [], "text": 1, "source": "a", "output": "b", "weights": None}),
        json.dumps({"iteration": 1, "samples": [], "text": "a", "source": "a", "output": "b", "weights": [[2.0]]}),
        json.dumps({"iteration": 1, "samples": [], "text": "a", "source": "a", "output": "b", "weights": [[0.5] * 2]}),
        json.dumps({"iteration": 1, "samples": [[1, 2]], "text": "", "source": "", "output": "", "weights": None}),
        b"\xff",
    ],
)
def test_a_snapshot_that_cannot_be_read_is_no_more_than_that(store, content):
    store.add(OPTIONS)
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET snapshot = ?", (content,))
    with pytest.raises(UnreadableRunError, match="the last samples of run 1 cannot be read"):
        store.snapshot(1)
    assert store.get(1).status == "queued"


def test_points_that_are_no_numbers_are_left_out(store):
    store.add(OPTIONS)
    good = IntervalPoint(40, 1, 2.0, None, 0.1, 1.0)
    store.record(1, Progress(1, 40, 45, 1.0, None), [IntervalPoint(20, 1, 2.0, 1.0, 0.1, 1.0), good])
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE intervals SET loss = 'low' WHERE iteration = 20")
        connection.execute("INSERT INTO epochs VALUES (1, 1, 'x', 0.5, 1.0)")
    assert store.intervals(1) == [good] and store.epochs(1) == []


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunStoreError, match=r"file/runs: Not a directory; set ATTENTION_RUNS to another folder"):
        RunStore(tmp_path / "file" / "runs")


def test_a_store_that_was_deleted_begins_anew(store):
    store.add(OPTIONS)
    for file in store.folder.glob("runs.sqlite3*"):
        file.unlink()
    assert store.list() == []
    assert store.add(OPTIONS).number == 1
    assert len(RunStore(store.folder).list()) == 1


# ------------------------------------------------------------------------------------------------ the environment


def test_where_runs_are_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path))
    assert runs_folder() == tmp_path
    monkeypatch.delenv("ATTENTION_RUNS")
    assert runs_folder() == ROOT / "runs"


@pytest.mark.parametrize(
    ("text", "limit"), [("", 1), ("3", 3), ("0", 1), ("-2", 1), ("many", 1), ("١", 1), ("9" * 5000, 1)]
)
def test_how_many_are_trained_at_once(monkeypatch, text, limit):
    monkeypatch.setenv("ATTENTION_TRAINING_LIMIT", text)
    assert training_limit() == limit
