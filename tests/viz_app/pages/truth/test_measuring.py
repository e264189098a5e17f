"""Runs over the held-out dates: one at a time, stopped, failed, kept."""

import threading

import pytest

from viz_app.pages.truth.measuring import Desk


class FakePipeline:
    def __init__(self, name):
        self.digest = f"digest of {name}"


@pytest.fixture
def desk(monkeypatch):
    monkeypatch.setattr("viz_app.session.models.load", FakePipeline)
    monkeypatch.setattr("viz_app.pages.truth.measuring.held_out_dates", lambda: "dates")
    monkeypatch.setattr(
        "viz_app.pages.truth.measuring.measure_truth", lambda pipeline, corpus, report: f"{corpus}: {pipeline.digest}"
    )
    return Desk()


def test_a_result_is_kept_by_the_digest(desk):
    assert desk.result("digest of a") is None
    desk.start("a")
    desk.wait()
    assert desk.running is None
    assert desk.result("digest of a").truth == "dates: digest of a"
    assert desk.result("digest of b") is None and not desk.failed("a")


def test_the_number_of_results_is_bounded(desk):
    for i in range(20):
        desk.start(str(i))
        desk.wait()
    kept = [i for i in range(20) if desk.result(f"digest of {i}")]
    assert kept == list(range(4, 20))


def test_one_run_at_a_time(desk, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: go_on.wait(10))
    run = desk.start("a")
    assert desk.running is run and run.share == 0
    assert desk.start("b") is None
    go_on.set()
    desk.wait()
    assert desk.start("b") is not None
    desk.wait()


def test_of_many_who_start_at_once_one_does(desk, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: go_on.wait(10))
    started = []
    visitors = [threading.Thread(target=lambda: started.append(desk.start("a"))) for _ in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    go_on.set()
    desk.wait()
    assert len([run for run in started if run]) == 1


def test_a_run_is_stopped_at_its_next_report(desk, monkeypatch):
    shares = []

    def measure(pipeline, corpus, report):
        report(1, 4)
        shares.append(desk.running.share)
        desk.running.stop()
        report(2, 4)
        pytest.fail("went on")

    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", measure)
    desk.start("a")
    desk.wait()
    assert shares == [0.25]
    assert desk.running is None and desk.result("digest of a") is None and not desk.failed("a")


def test_a_failure_is_logged_and_said_of_this_model_until_the_next_run(desk, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        broken.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: 1 / 0)
        desk.start("a")
        desk.wait()
    assert desk.failed("a") and not desk.failed("b") and desk.running is None
    assert "ZeroDivisionError" in caplog.text
    desk.start("a")
    desk.wait()
    assert not desk.failed("a") and desk.result("digest of a")
