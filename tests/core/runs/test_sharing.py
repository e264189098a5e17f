"""A store that many share: whose turn it is, how much each may ask for, what the teacher can, what is undone."""

import os
import stat
import tarfile
import time
from dataclasses import replace

import pytest

from core.data.corpus import write_corpus
from core.data.dates import make_pairs
from core.runs import limits as limits_module
from core.runs.keys import KEYS_FILE, load_keys
from core.runs.limits import NO_LIMITS, LimitError, Limits, limits
from core.runs.recording import Recording
from core.runs.store import NoSuchRunError, RunStore
from core.runs.upkeep import back_up, shrink, tidy
from core.training.training_data import FileData
from core.training.training_run import TrainingRun, TrainingStoppedError
from tests.core.runs.test_store import OPTIONS

ANNA, BEN, CLEO = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
DAY = 24 * 3600


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def served(store, count=None, limits=NO_LIMITS):
    """The owners of the runs that are claimed, one after the other, each over before the next begins."""
    owners: list[str] = []
    while (count is None or len(owners) < count) and (claimed := store.claim(limits)) is not None:
        run, lock = claimed
        owners.append(run.owner[:1])
        store.finish(run.number, "finished")
        lock.release()
    return "".join(owners)


def rewrite(store, statement, *values):
    with store.database.transaction(write=True) as connection:
        connection.execute(statement, values)


# ------------------------------------------------------------------------------------------------------------ turns


def test_everybody_gets_their_turn_though_one_has_asked_for_many(store):
    for owner in (ANNA,) * 4 + (BEN,) * 2 + (CLEO,):
        store.add(OPTIONS, owner=owner)
    assert [store.place_in_queue(number) for number in range(1, 8)] == [1, 4, 6, 7, 2, 5, 3]
    assert served(store) == "abcabaa"


def test_who_comes_later_need_not_wait_for_all_that_another_has_asked_before(store):
    for _ in range(5):
        store.add(OPTIONS, owner=ANNA)
    assert served(store, 2) == "aa"
    store.add(OPTIONS, owner=BEN)
    assert store.place_in_queue(6) == 1
    assert served(store) == "baaa"


def test_deleting_ones_own_run_gives_no_second_turn(store):
    for owner in (ANNA, ANNA, BEN):
        store.add(OPTIONS, owner=owner)
    assert served(store, 1) == "a"
    store.delete(1)
    assert served(store) == "ba"


def test_no_visitor_has_more_runs_trained_at_once_than_allowed(store):
    for owner in (ANNA, ANNA, BEN):
        store.add(OPTIONS, owner=owner)
    one = Limits(training_each=1)
    claimed = [store.claim(one), store.claim(one)]
    assert [run.owner for run, _ in claimed] == [ANNA, BEN]
    assert store.claim(one) is None
    claimed[0][1].release()
    found = store.claim(one)
    assert found is not None and found[0].number == 2, "a run whose process is gone takes no place"
    for _, lock in (*claimed[1:], found):
        lock.release()


def test_no_more_runs_wait_than_allowed(store):
    few = Limits(queue_each=2, queue=3)
    for _ in range(2):
        store.add(OPTIONS, owner=ANNA, limits=few)
    with pytest.raises(LimitError, match="no more than 2 of your runs may wait at once") as caught:
        store.add(OPTIONS, owner=ANNA, limits=few)
    assert (caught.value.limit, caught.value.most) == ("queue-each", 2)
    store.add(OPTIONS, owner=BEN, limits=few)
    with pytest.raises(LimitError, match="no more than 3 of all runs may wait") as caught:
        store.add(OPTIONS, owner=CLEO, limits=few)
    assert caught.value.limit == "queue" and len(store.list()) == 3
    store.ask(1, "pause", limits=few)
    store.add(OPTIONS, owner=ANNA, limits=few)
    with pytest.raises(LimitError):
        store.ask(1, "resume", limits=few)
    assert store.get(1).status == "paused"
    store.add(OPTIONS, owner=ANNA)
    assert len(store.list()) == 5, "who names no limits, as the command line, has none"


def test_what_takes_too_much_of_the_disk_is_refused_before_it_waits(store):
    with pytest.raises(LimitError, match="its files would take more than 64 MiB") as caught:
        store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, hidden_size=2000)), limits=Limits(disk=64))
    assert caught.value.limit == "disk" and store.list() == []
    store.add(OPTIONS, limits=Limits(disk=64))


def test_a_model_that_is_larger_than_is_shown_is_refused_before_it_waits(store):
    with pytest.raises(LimitError, match="its parameters would take more than 32 MiB") as caught:
        store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, hidden_size=4000)), limits=Limits(model=32, disk=64))
    assert (caught.value.limit, caught.value.most) == ("model", 32) and store.list() == []
    store.add(OPTIONS, limits=Limits(model=32))


def trained(store, limits):
    """The run of these limits after this process has trained it."""
    run, lock = store.begin(OPTIONS)
    with pytest.raises(TrainingStoppedError), Recording(store, run, lock) as recording:
        training = TrainingRun(OPTIONS.plan(), run.folder, device="cpu")
        recorder = recording.record(training, limits)
        training.run(on_iteration=recorder.on_iteration, on_epoch=recorder.on_epoch)
    return store.get(run.number)


def test_a_run_that_has_trained_for_as_long_as_allowed_stops_and_keeps_what_it_reached(store, monkeypatch):
    monkeypatch.setattr("core.runs.recording._SECONDS_BETWEEN_LOOKS", 0.0)
    run = trained(store, Limits(minutes=0))
    assert (run.status, run.problem) == ("stopped", "minutes") and run.model_file is not None
    assert run.message.startswith("it has trained for as long as is allowed, 0 min")
    with pytest.raises(LimitError, match="as long as is allowed"):
        store.ask(run.number, "resume", limits=Limits(minutes=0))
    assert store.ask(run.number, "resume").status == "queued"


def test_a_run_whose_files_are_more_than_allowed_stops_and_keeps_what_it_reached(store):
    run = trained(store, Limits(disk=0))
    assert (run.status, run.problem, run.epoch) == ("stopped", "disk", 1) and run.model_file is not None


@pytest.mark.parametrize(
    ("text", "shared", "expected"),
    [
        ("", "1", 5),
        ("", "", 5),
        ("", "0", None),
        ("7", "0", 7),
        ("7", "1", 7),
        ("0", "1", 5),
        ("x", "1", 5),
        ("٣", "1", 5),
    ],
)
def test_limits_are_those_of_the_environment_and_none_where_nobody_shares(monkeypatch, text, shared, expected):
    for variable in limits_module._DEFAULTS:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ATTENTION_SHARED", shared)
    monkeypatch.setenv("ATTENTION_QUEUE_EACH", text)
    allowed = limits()
    assert allowed.queue_each == expected
    assert (allowed.keep_runs is None) == (shared == "0")


def test_a_page_of_the_list_costs_the_same_however_many_runs_there_are(store):
    """Counted in steps of SQLite's own machine, which no other process can slow down."""

    def steps(read):
        counted = []
        connection = store.database._reader.connection
        connection.set_progress_handler(lambda: counted.append(1) and None, 100)
        read()
        connection.set_progress_handler(None, 0)
        return len(counted)

    def pages():
        return (
            steps(lambda: store.page(most=20)),
            steps(lambda: store.page(status="finished", most=20)),
            steps(lambda: store.place_in_queue(5)),
        )

    store.add(OPTIONS)
    copy = (
        "INSERT INTO runs (owner, name, options, folder, created, status, place)"
        " SELECT '', '', options, '', 1, 'finished', number FROM runs"
    )
    for _ in range(6):
        rewrite(store, copy)
    few = pages()
    for _ in range(5):
        rewrite(store, copy)
    assert store.count() == 2048 and store.count("queued", "running") == 1
    assert all(cost <= 1.5 * before + 1 for cost, before in zip(pages(), few, strict=True))
    assert [run.number for run in store.page(most=3, skip=2000)] == [48, 47, 46]


# ------------------------------------------------------------------------------------------------------ the teacher


def test_the_teacher_ends_training_for_the_hour(store, monkeypatch):
    store.add(OPTIONS, owner=ANNA)
    store.add(OPTIONS, owner=BEN)
    run, lock = store.claim()
    store.close_training("teacher")
    assert 3590 < store.seconds_closed() <= 3600
    assert store.get(run.number).request == "pause"
    assert store.claim() is None
    with pytest.raises(LimitError, match="training has been ended for now") as caught:
        store.add(OPTIONS, owner=ANNA)
    assert caught.value.limit == "closed"
    store.finish(run.number, "paused")
    lock.release()
    with pytest.raises(LimitError):
        store.ask(run.number, "resume")
    now = time.time
    for moved in (3601, -10):
        monkeypatch.setattr(time, "time", lambda moved=moved: now() + moved)
        assert store.seconds_closed() == 0, "an hour is over, or the clock was put back"
    monkeypatch.undo()
    store.open_training("teacher")
    assert store.seconds_closed() == 0 and served(store) == "b"
    assert [event.what for event in store.events()][:2] == ["opened", "closed"]


def test_the_log_says_who_did_what_and_keeps_the_latest(store, monkeypatch):
    monkeypatch.setattr("core.runs.events.EVENTS_KEPT", 4)
    store.add(OPTIONS, "x", owner=ANNA)
    store.rename(1, "y", by=BEN)
    store.ask(1, "pause", by=BEN)
    store.ask(1, "pause", by=CLEO)  # which changes nothing
    store.discard(1, by=CLEO)
    store.restore(1, by=CLEO)
    events = store.events()
    assert [(event.visitor, event.what, event.run, event.name) for event in events] == [
        (CLEO, "restored", 1, "y"),
        (CLEO, "deleted", 1, "y"),
        (BEN, "pause", 1, "y"),
        (BEN, "renamed", 1, "y"),
    ]
    assert len(store.events(2)) == 2 and abs(events[0].moment - time.time()) < 60


# -------------------------------------------------------------------------------------------------- undone and old


def test_a_discarded_run_is_gone_and_can_be_had_back_for_a_minute(store, monkeypatch):
    run = store.add(OPTIONS, owner=ANNA)
    run.folder.mkdir()
    store.discard(1)
    assert store.page() == [] and store.count() == 0 and store.claim() is None and store.place_in_queue(1) == 0
    for use in (store.get, store.snapshot, store.discard):
        with pytest.raises(NoSuchRunError):
            use(1)
    tidy(store, Limits())
    store.restore(1)
    assert store.get(1).status == "queued"
    with pytest.raises(NoSuchRunError):
        store.restore(1)
    store.discard(1)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 61)
    tidy(store, Limits())
    assert not run.folder.exists()
    with pytest.raises(NoSuchRunError):
        store.restore(1)


def test_a_run_that_is_discarded_while_it_is_trained_is_paused_and_can_be_had_back(store):
    run, lock = store.begin(OPTIONS)
    run.folder.mkdir()
    with pytest.raises(TrainingStoppedError), Recording(store, run, lock) as recording:
        recorder = recording.record(TrainingRun(OPTIONS.plan(), run.folder, device="cpu"))
        store.discard(1)
        recorder.look()
    store.restore(1)
    assert store.get(1).status == "paused" and run.folder.is_dir()


def test_what_is_old_goes_and_what_waits_or_trains_stays(store, tmp_path):
    write_corpus(tmp_path / "mine.txt", make_pairs(240, seed=3))
    runs = [store.add(replace(OPTIONS, data=FileData(tmp_path / "mine.txt"))) for _ in range(4)]
    for number in (1, 2):
        store.ask(number, "stop")
    rewrite(store, "UPDATE runs SET changed = ? WHERE number = 2", time.time() - 8 * DAY)
    rewrite(store, "UPDATE runs SET changed = ? WHERE number IN (1, 3)", time.time() - 61 * DAY)
    tidy(store, Limits())
    assert store.count() == 4
    tidy(store, Limits(keep_runs=60, keep_uploads=7))
    assert [run.number for run in store.list()] == [4, 3, 2]
    assert not runs[0].folder.exists()
    assert [(run.folder / "data.txt").exists() for run in runs] == [False, False, True, True]


def test_of_too_many_files_the_oldest_that_are_over_go(store):
    for number in range(1, 5):
        folder = store.add(OPTIONS).folder
        folder.mkdir()
        (folder / "model.safetensors").write_bytes(bytes(2**20))
        if number != 1:
            store.ask(number, "stop")
        rewrite(store, "UPDATE runs SET changed = ? WHERE number = ?", 100 - number, number)
    shrink(store, Limits(keep_size=3))
    assert [run.number for run in store.list()] == [2, 1], "the database takes some room, too"
    shrink(store, Limits(keep_size=3))
    assert store.count() == 2


@pytest.mark.parametrize("moved", [-400 * DAY, 400 * DAY])
def test_a_clock_that_moves_breaks_nothing(store, monkeypatch, moved):
    store.add(OPTIONS, owner=ANNA)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + moved)
    store.add(OPTIONS, owner=BEN)
    tidy(store, Limits(keep_runs=60))
    assert store.count() == 2 and served(store) == "ab"
    store.discard(1)
    monkeypatch.undo()
    tidy(store, Limits())
    with pytest.raises(NoSuchRunError):
        store.restore(1)


# ----------------------------------------------------------------------------------------------------------- backup


def test_a_backup_gives_everything_back(store, tmp_path):
    run, lock = store.begin(OPTIONS, "mine")
    with Recording(store, run, lock) as recording:
        training = TrainingRun(OPTIONS.plan(), run.folder, device="cpu")
        recorder = recording.record(training)
        training.run(on_interval=recorder.on_interval, on_epoch=recorder.on_epoch)
    write_corpus(tmp_path / "mine.txt", make_pairs(240, seed=3))
    store.add(replace(OPTIONS, data=FileData(tmp_path / "mine.txt")), owner=ANNA)
    store.add(OPTIONS)
    store.discard(3)
    (run.folder / ".state.safetensors.1.partial").write_bytes(b"half")
    keys = load_keys(store.folder)
    assert back_up(store, tmp_path / "backup.tar") == 2
    assert stat.S_IMODE((tmp_path / "backup.tar").stat().st_mode) == 0o600
    with tarfile.open(tmp_path / "backup.tar") as archive:
        archive.extractall(tmp_path / "again", filter="data")
    again = RunStore(tmp_path / "again")
    assert [(run.number, run.name, run.owner) for run in again.list()] == [(2, "", ANNA), (1, "mine", "")]
    assert again.intervals(1) == store.intervals(1) != [] and again.epochs(1) == store.epochs(1)
    for name in ("model.safetensors", "log.json"):
        assert (again.folder / "1" / name).read_bytes() == (run.folder / name).read_bytes()
    assert not list((again.folder / "1").glob("*.partial"))
    assert len(again.get(2).options.plan().train) > 200
    assert load_keys(again.folder) == keys


def test_a_backup_that_cannot_be_written_leaves_nothing(store, tmp_path):
    store.add(OPTIONS)
    with pytest.raises(OSError, match="nowhere"):
        back_up(store, tmp_path / "nowhere" / "backup.tar")
    assert not (tmp_path / "nowhere").exists()


# ------------------------------------------------------------------------------------------------------------- keys


def test_keys_are_made_once_for_all_processes_and_nobody_else_reads_them(tmp_path, monkeypatch):
    monkeypatch.delenv("ATTENTION_TEACHER_KEY", raising=False)
    keys = load_keys(tmp_path / "runs")
    assert load_keys(tmp_path / "runs") == keys and not keys.chosen
    file = tmp_path / "runs" / KEYS_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    load_keys(tmp_path / "runs")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert load_keys(tmp_path / "others") != keys and len(keys.teacher) == 19 and len(keys.visitors) == 32


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b'{"visitors": "ab", "teacher": "cd"}', b"[]", b'{"visitors": 3}']
)
def test_keys_that_cannot_be_read_are_made_anew(tmp_path, content, caplog):
    (tmp_path / KEYS_FILE).write_bytes(content)
    assert load_keys(tmp_path) == load_keys(tmp_path)
    assert "cannot be read, so new keys are made" in caplog.text


def test_a_folder_that_cannot_be_written_gives_keys_of_this_process(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    assert load_keys(tmp_path / "file" / "runs").visitors
    assert "who owns a run is forgotten when this process ends" in caplog.text


def test_the_operator_may_choose_the_teachers_key(tmp_path, monkeypatch):
    monkeypatch.setenv("ATTENTION_TEACHER_KEY", " twelve or more ")
    keys = load_keys(tmp_path)
    assert keys.teacher == "twelve or more" and keys.chosen
    assert "twelve" not in (tmp_path / KEYS_FILE).read_text()
    monkeypatch.setenv("ATTENTION_TEACHER_KEY", "short")
    with pytest.raises(ValueError, match="ATTENTION_TEACHER_KEY has 5 characters; expected at least 12"):
        load_keys(tmp_path)
    assert os.environ["ATTENTION_TEACHER_KEY"] == "short"
