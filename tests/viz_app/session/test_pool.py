"""The pool: real processes that are asked, left, killed, and too slow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from core.analysis.influence import causal_map
from core.decoding.interventions import ForceCharacter, InterventionError, Temperature
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.models.parameters import CheckpointError
from tests.viz_app.session import pool_tasks as tasks
from viz_app.session import pool_work
from viz_app.session.model_file import ModelFile
from viz_app.session.pool import WAITING_AT_MOST, WAITING_EACH, Pool, PoolError, WorkerProcess, process_limit


@pytest.fixture
def pool() -> Iterator[Pool]:
    pool = Pool(1, seconds=20, seconds_idle=0.3)
    yield pool
    wait_until(lambda: pool.processes == 0)


def wait_until(true, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Blocked:
    """A pool whose one process waits until it is let go."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.go, self.started = folder / "go", folder / "started"
        self.ticket = pool.ask("blocker", "block", tasks.wait_for, self.go, self.started)
        wait_until(self.started.exists)

    def release(self) -> None:
        self.go.write_text("")
        assert self.ticket.result() == "went on"
        self.ticket.close()


def test_nothing_is_started_before_somebody_asks(pool):
    assert pool.processes == 0
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        assert ticket.result() != psutil.Process().pid
    assert pool.processes == 1


def test_a_process_that_nobody_asks_any_more_ends(pool):
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        process = ticket.result()
    wait_until(lambda: not psutil.pid_exists(process))
    with pool.ask("me", "other", tasks.process_id) as ticket:
        assert ticket.result() != process


def test_an_answer_that_is_known_needs_no_process(pool):
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        first = ticket.result()
    wait_until(lambda: pool.processes == 0)
    with pool.ask("you", "pid", tasks.process_id) as ticket:
        assert ticket.wait(0) and ticket.result() == first
    assert pool.processes == 0


def test_the_same_question_of_many_is_answered_once(pool, tmp_path):
    blocked, written = Blocked(pool, tmp_path), tmp_path / "written"
    tickets = [pool.ask(f"visitor {i}", "same", tasks.note, written, "once") for i in range(20)]
    blocked.release()
    for ticket in tickets:
        ticket.result()
        ticket.close()
    assert written.read_text() == "once\n"
    assert pool.waiting == 0


def test_the_queue_goes_in_rounds_over_the_visitors(pool, tmp_path):
    blocked, written = Blocked(pool, tmp_path), tmp_path / "written"
    asked = ["a1", "a2", "a3", "b1", "b2", "c1"]
    tickets = [pool.ask(name[0], name, tasks.note, written, name) for name in asked]
    assert pool.waiting == 6
    blocked.release()
    for ticket in tickets:
        ticket.result()
    assert written.read_text().split() == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_leaves_takes_the_question_back(pool, tmp_path):
    blocked, written = Blocked(pool, tmp_path), tmp_path / "written"
    with pool.ask("me", "left", tasks.note, written, "left"):
        assert pool.waiting == 1
    assert pool.waiting == 0
    mine, yours = (pool.ask(who, "kept", tasks.note, written, "kept") for who in ("me", "you"))
    mine.close()
    blocked.release()
    yours.result()
    assert written.read_text() == "kept\n"


def test_long_work_that_nobody_waits_for_any_more_makes_room(pool, tmp_path):
    blocked = Blocked(pool, tmp_path)
    blocked.ticket.close()
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        assert ticket.wait(20) and ticket.result()


def test_no_visitor_and_not_all_together_wait_without_end(pool, tmp_path):
    blocked = Blocked(pool, tmp_path)
    mine = [pool.ask("me", i, tasks.process_id) for i in range(WAITING_EACH)]
    with pytest.raises(PoolError) as refused:
        pool.ask("me", "one more", tasks.process_id)
    assert refused.value.trouble == "full"
    others = [pool.ask(f"visitor {i}", -i - 1, tasks.process_id) for i in range(WAITING_AT_MOST - WAITING_EACH)]
    with pytest.raises(PoolError):
        pool.ask("late comer", "one more", tasks.process_id)
    others[0].close()
    mine.append(pool.ask("late comer", "one more", tasks.process_id))
    for ticket in (*mine, *others):
        ticket.close()
    blocked.release()


def test_a_process_that_dies_is_replaced_and_its_visitor_is_told(pool):
    with pool.ask("me", "die", tasks.fail, "die") as ticket, pytest.raises(PoolError) as died:
        ticket.result()
    assert died.value.trouble == "died"
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        assert ticket.result()


def test_a_process_killed_from_outside_is_replaced(pool, tmp_path):
    blocked = Blocked(pool, tmp_path)
    (process,) = [p for p in psutil.Process().children() if "viz_app.session.pool_worker" in p.cmdline()]
    process.kill()
    with pytest.raises(PoolError) as died:
        blocked.ticket.result()
    assert died.value.trouble == "died"
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        assert ticket.result() != process.pid


def test_what_takes_too_long_is_ended_and_the_next_is_answered(tmp_path):
    pool = Pool(1, seconds=1.5, seconds_idle=0.3)
    slow = (tasks.wait_for, tmp_path / "never", tmp_path / "started")
    with pool.ask("me", "slow", *slow) as ticket, pytest.raises(PoolError) as late:
        ticket.result()
    assert late.value.trouble == "late"
    with pool.ask("me", "pid", tasks.process_id) as ticket:
        assert ticket.result()


def test_errors_come_back_as_they_are_or_as_what_they_say(pool):
    with pool.ask("me", 1, tasks.fail, "nothing good") as ticket, pytest.raises(ValueError, match="nothing good"):
        ticket.result()
    with pool.ask("me", 2, tasks.fail, "odd") as ticket, pytest.raises(RuntimeError, match="OddError: much trouble"):
        ticket.result()


def test_what_is_printed_is_no_answer(pool):
    with pool.ask("me", "print", tasks.print_something) as ticket:
        assert ticket.result() == "said"


def test_a_process_that_has_grown_large_is_replaced(pool, monkeypatch):
    with pool.ask("me", 1, tasks.process_id) as ticket:
        first = ticket.result()
    with pool.ask("me", 2, tasks.process_id, "again") as ticket:
        assert ticket.result() == first
    monkeypatch.setattr("viz_app.session.pool._LARGE", 2**20)
    with pool.ask("me", 3, tasks.process_id, "large") as ticket:
        assert ticket.result() == first
    with pool.ask("me", 4, tasks.process_id, "after it") as ticket:
        assert ticket.result() != first


def test_a_process_tells_how_far_it_is_and_stops_when_told():
    told: list[tuple[int, int]] = []
    process = WorkerProcess()
    answer, _ = process.call(tasks.report, (3,), 20, lambda *far: told.append(far))
    assert (answer, told) == ("done", [(0, 3), (1, 3), (2, 3)])

    def stop(*far: int) -> None:
        raise KeyError("stopped")

    with pytest.raises(KeyError, match="stopped"):
        process.call(tasks.report, (3,), 20, stop)
    assert process.call(tasks.report, (0,), 20, stop)[0] == "done"
    process.end()


# ---- what it is for -------------------------------------------------------------------------------------------------


def shipped() -> tuple[Pipeline, ModelFile]:
    pipeline = load_pretrained("date-attention", device="cpu")
    return pipeline, ModelFile(pipeline.name, None, pipeline.digest)


def test_it_decodes_and_compares_as_the_server_itself_would(pool):
    pipeline, file = shipped()
    changes = [Temperature(0.5)] * 60
    with pool.ask("me", 1, pool_work.decode, file, "2/10/93", changes) as ticket:
        trace = ticket.result()
    here = pipeline.trace("2/10/93", changes)
    assert trace.output == here.output and (trace.weights == here.weights).all() and trace.digest == here.digest
    with pool.ask("me", 2, pool_work.influence_and_saliency, file, "2/10/93") as ticket:
        influence, _ = ticket.result()
    assert (influence.forced.moved == causal_map(pipeline, "2/10/93").forced.moved).all()


def test_changes_that_do_not_fit_are_left_out_one_by_one(pool):
    _, file = shipped()
    changes = [ForceCharacter(0, "2"), ForceCharacter(99, "2"), ForceCharacter(1, "0"), ForceCharacter(2, "é")]
    with pool.ask("me", 1, pool_work.decode_what_fits, file, "2/10/93", changes) as ticket:
        trace, unfit = ticket.result()
    assert trace.output[:2] == "20" and unfit == {1, 3}
    with pool.ask("me", 2, pool_work.decode, file, "2/10/93", changes) as ticket, pytest.raises(InterventionError):
        ticket.result()


def test_a_model_that_is_another_by_now_is_not_used(pool):
    other = ModelFile("date-attention", None, "0" * 64)
    with pool.ask("me", 1, pool_work.decode, other, "2/10/93", []) as ticket, pytest.raises(CheckpointError):
        ticket.result()


@pytest.mark.parametrize("text, most", [("3", 3), ("32", 32), ("0", 0), ("33", None), ("-1", None), ("1e9", None)])
def test_the_operator_sets_how_many_processes_there_are(monkeypatch, text, most):
    monkeypatch.setenv("ATTENTION_POOL", text)
    assert process_limit() == most if most is not None else 1 <= process_limit() <= 4
