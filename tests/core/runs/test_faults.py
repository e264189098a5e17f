"""What goes wrong around a store, on real processes: a full disk, a broken environment, a lock in other hands."""

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from core.files.places import HOME_OF_CORE
from core.runs import launch
from core.runs.database import Database, _explained
from core.runs.launch import FAILED_STARTS_TOLD, ensure_workers
from core.runs.store import RunStore, RunStoreError
from core.training.options import TrainingOptions
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun
from tests.core.runs.test_worker import OPTIONS, wait_until, worker_alive

ONE_EPOCH = replace(OPTIONS, recipe=replace(OPTIONS.recipe, epochs=1))


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def core(*arguments, **variables):
    """`python -m core` in a process of its own."""
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    environment = os.environ | variables
    return subprocess.run(command, cwd=HOME_OF_CORE, env=environment, capture_output=True, text=True, timeout=120)


# ------------------------------------------------------------------------------------------------------ a full disk


@contextmanager
def small_disk(folder):
    """A file system of two megabytes; skipped where none can be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:
        made = False
    if not made:
        pytest.skip("a small disk can be mounted by root on Linux alone")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder):
    """Leave not a byte."""
    with open(folder / "filler", "ab", buffering=0) as file:
        for size in (2**16, 2**12, 1):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    assert os.statvfs(folder).f_bavail == 0


@pytest.mark.parametrize("opened", [False, True])
def test_on_a_full_disk_runs_are_stopped_renamed_and_deleted_and_nothing_is_called_damaged(tmp_path, opened):
    with small_disk(tmp_path / "disk") as disk:
        store = RunStore(disk / "runs")
        for _number in (1, 2, 3):
            run = store.add(ONE_EPOCH, "x" * 80)
            run.folder.mkdir()
            (run.folder / "model.safetensors").write_bytes(bytes(50_000))
        store.ask(3, "pause")
        claimed = store.claim()
        assert claimed is not None
        claimed[1].release()
        assert store.get(1).status == "interrupted" and (store.folder / "reserve").exists()
        if not opened:
            store.close()
        fill(disk)
        for change in (["--stop", 1], ["--pause", 2], ["--stop", 3]):
            result = core("runs", "--store", store.folder, *change)
            assert (result.returncode, result.stderr) == (0, "")
        store.rename(2, "renamed")
        assert [(run.status, run.name[:7]) for run in store.list()] == [
            ("stopped", "xxxxxxx"),
            ("paused", "renamed"),
            ("stopped", "xxxxxxx"),
        ]
        fill(disk)
        refused = None
        for _ in range(100):
            try:
                store.add(ONE_EPOCH, "y" * 80)
            except RunStoreError as error:
                refused = error
                break
        assert refused is not None and refused.disk_full and "the disk is full" in str(refused)
        fill(disk)
        before = store.count()
        store.delete(1)
        assert store.count() == before - 1 and not (store.folder / "1").exists()
        for run in store.list()[:2]:
            store.delete(run.number)
        assert core("runs", "--store", store.folder).returncode == 0
        store.claim()
        store.close()


def test_a_worker_on_a_full_disk_leaves_a_store_that_works(tmp_path):
    with small_disk(tmp_path / "disk") as disk:
        store = RunStore(disk / "runs")
        store.add(replace(OPTIONS, recipe=replace(OPTIONS.recipe, hidden_size=32)))
        store.database.keep_reserve()
        fill(disk)
        os.truncate(disk / "filler", (disk / "filler").stat().st_size - 150_000)
        result = core("work", "--store", store.folder)
        assert result.returncode == 0, result.stderr
        run = store.get(1)
        assert (run.status, run.problem) == ("interrupted", "disk-full")
        (disk / "filler").unlink()
        store.ask(1, "resume")
        assert core("work", "--store", store.folder).returncode == 0
        assert store.get(1).status == "finished"
        store.close()


def test_damaged_is_said_only_where_the_check_of_sqlite_says_so(store):
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    assert "is damaged" not in str(_explained(error, store.file))
    store.close()
    store.file.write_bytes(b"no database" * 1000)
    assert "is damaged" in str(_explained(error, store.file))


# ---------------------------------------------------------------------------------------------- a store in other hands


def test_who_holds_the_lock_of_the_store_keeps_nobody_from_reading(store):
    store.add(ONE_EPOCH)
    hasty = RunStore(store.folder, patience=0.05)
    hasty.begin(ONE_EPOCH)[1].release()
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        busy = []

        def write():
            with pytest.raises(RunStoreError, match="has kept it locked for long") as caught:
                hasty.rename(1, "x")
            busy.append(caught.value.busy)

        threads = [threading.Thread(target=write) for _ in range(5)]
        for thread in threads:
            thread.start()
        assert [run.status for run in hasty.list()] == ["interrupted", "queued"], "as it will be written down later"
        assert hasty.count("running") == 1
        for thread in threads:
            thread.join()
    assert busy == [True] * 5
    assert hasty.get(2).status == "interrupted" and hasty.count("running") == 0
    hasty.close()


def test_two_servers_on_one_store_train_every_run_once_and_never_two_at_a_time(store):
    for owner in "abab":
        store.add(ONE_EPOCH, owner=owner)
    code = (
        "import sys, time; from pathlib import Path; from core.runs.launch import ensure_workers\n"
        "from core.runs.store import RunStore\n"
        "store = RunStore(Path(sys.argv[1]))\n"
        "while True: ensure_workers(store); assert store.count('running') < 2; time.sleep(0.05)"
    )
    servers = [subprocess.Popen([sys.executable, "-c", code, str(store.folder)], cwd=HOME_OF_CORE) for _ in range(2)]
    try:
        wait_until(lambda: store.count("finished") >= 1)
        servers[0].kill()
        wait_until(lambda: store.count("finished") == 4)
        assert servers[1].poll() is None
    finally:
        for server in servers:
            server.kill()
            server.wait()
    wait_until(lambda: not worker_alive(store))
    assert [len(store.epochs(number)) for number in (1, 2, 3, 4)] == [1, 1, 1, 1]


def test_a_database_that_is_left_is_closed(tmp_path):
    database = Database(tmp_path / "runs.sqlite3")
    for write in (False, True):
        with database.transaction(write=write):
            pass
    connections = [database._reader.connection, database._writer.connection]
    del database
    gc.collect()
    for connection in connections:
        assert connection is not None
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")


# ------------------------------------------------------------------------------------------- processes that come to die


def test_workers_that_die_at_once_are_told_and_started_ever_more_seldom(store, tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "_PAUSE_BETWEEN_STARTS", 0.01)
    monkeypatch.setattr(launch, "_LONGEST_PAUSE", 0.05)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "numpy.py").write_text("raise ImportError('this NumPy is for another Python')")
    store.add(ONE_EPOCH)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(broken))
        wait_until(lambda: ensure_workers(store, limit=1) or store.failed_starts() >= FAILED_STARTS_TOLD)
    said = core("runs", "--store", store.folder)
    assert said.returncode == 0 and "queued" in said.stdout
    assert f"workers ended before they could begin; see {store.folder / 'worker.log'}" in said.stderr
    assert "this NumPy is for another Python" in (store.folder / "worker.log").read_text()
    wait_until(lambda: ensure_workers(store, limit=1) or store.get(1).status == "finished")
    assert store.failed_starts() == 0
    assert core("runs", "--store", store.folder).stderr == ""


def test_the_pause_between_starts_grows_with_the_failures(store, monkeypatch):
    started, now = [], [0.0]
    monkeypatch.setattr(launch, "_start_worker", lambda *_: started.append(now[0]))
    monkeypatch.setattr(launch, "_children", [])
    monkeypatch.setattr(launch, "_bury", lambda _: launch._children.clear())
    monkeypatch.setattr(launch, "_last_start", -100.0)
    monkeypatch.setattr("core.runs.launch.time.monotonic", lambda: now[0])
    store.add(ONE_EPOCH)
    for failures in (0, 3, 5, 50):
        for _ in range(failures - store.failed_starts()):
            store.note_start(good=False)
        started.clear()
        for second in range(200):
            now[0] += 1.0
            ensure_workers(store, limit=1)
            del second
        assert len(started) == {0: 67, 3: 67, 5: 16, 50: 3}[failures]


def test_told_to_end_a_training_of_the_command_line_says_so_and_can_be_resumed(store, tmp_path):
    options = ["--hidden-size", 8, "--wordvec-size", 4, "--n", 900, "--epochs", 1000, "--device", "cpu"]
    command = ["train", *options, "--output", tmp_path / "mine", "--store", store.folder]
    process = subprocess.Popen(
        [sys.executable, "-m", "core", *map(str, command)], cwd=HOME_OF_CORE, stderr=subprocess.PIPE, text=True
    )
    with process:
        wait_until(lambda: any(run.iteration for run in store.list()))
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 143
    assert said.splitlines()[-1] == (
        f"core: told to end; nothing is lost: --resume goes on from here, with --output {tmp_path / 'mine'}"
    )
    run = store.get(1)
    assert run.status == "interrupted" and run.message.endswith("nothing is lost")
    training = TrainingRun(run.options.plan(), tmp_path / "mine", device="cpu")
    training.resume()
    assert training.trainer.current_iteration > 0
    assert isinstance(run.options, TrainingOptions) and isinstance(run.options.data, GeneratedData)
    assert Path(run.folder) == tmp_path / "mine"
