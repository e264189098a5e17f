"""Runs over the held-out dates: one at a time, stopped, failed, kept."""

import threading

import psutil
import pytest

from viz_app.pages.truth.measuring import MeasurementRun, Measurements
from viz_app.session import models


class FakePipeline:
    def __init__(self, name):
        self.digest = f"digest of {name}"


@pytest.fixture
def measurements(monkeypatch):
    monkeypatch.setattr("viz_app.session.models.load", FakePipeline)
    monkeypatch.setattr("viz_app.pages.truth.measuring.held_out_dates", lambda: "dates")
    monkeypatch.setattr(
        "viz_app.pages.truth.measuring.measure_truth", lambda pipeline, corpus, report: f"{corpus}: {pipeline.digest}"
    )
    return Measurements()


def test_a_result_is_kept_by_the_digest(measurements):
    assert measurements.result("digest of a") is None
    measurements.start("a")
    measurements.wait()
    assert measurements.running is None
    assert measurements.result("digest of a").truth == "dates: digest of a"
    assert measurements.result("digest of b") is None and not measurements.failed("a")


def test_the_number_of_results_is_bounded(measurements):
    for i in range(20):
        measurements.start(str(i))
        measurements.wait()
    kept = [i for i in range(20) if measurements.result(f"digest of {i}")]
    assert kept == list(range(4, 20))


def test_one_run_at_a_time(measurements, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: go_on.wait(10))
    run = measurements.start("a")
    assert measurements.running is run and run.share == 0
    assert measurements.start("b") is None
    go_on.set()
    measurements.wait()
    assert measurements.start("b") is not None
    measurements.wait()


def test_of_many_who_start_at_once_one_does(measurements, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: go_on.wait(10))
    started = []
    visitors = [threading.Thread(target=lambda: started.append(measurements.start("a"))) for _ in range(20)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    go_on.set()
    measurements.wait()
    assert len([run for run in started if run]) == 1


def test_a_run_is_stopped_at_its_next_report(measurements, monkeypatch):
    shares = []

    def measure(pipeline, corpus, report):
        report(1, 4)
        shares.append(measurements.running.share)
        measurements.running.stop()
        report(2, 4)
        pytest.fail("went on")

    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", measure)
    measurements.start("a")
    measurements.wait()
    assert shares == [0.25]
    assert measurements.running is None and measurements.result("digest of a") is None and not measurements.failed("a")


def test_a_failure_is_logged_and_said_of_this_model_until_the_next_run(measurements, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        broken.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: 1 / 0)
        measurements.start("a")
        measurements.wait()
    assert measurements.failed("a") and not measurements.failed("b") and measurements.running is None
    assert "ZeroDivisionError" in caplog.text
    measurements.start("a")
    measurements.wait()
    assert not measurements.failed("a") and measurements.result("digest of a")


def test_a_process_of_its_own_measures_tells_how_far_it_is_and_is_stopped(monkeypatch):
    monkeypatch.setenv("ATTENTION_POOL", "1")
    measurements, shares = Measurements(), []

    def report(run, done, total):
        shares.append(done / total)
        run.stop()
        (process,) = [p for p in psutil.Process().children() if "viz_app.session.pool_worker" in p.cmdline()]
        assert process.is_running()
        noted(run, done, total)

    noted = MeasurementRun.report
    monkeypatch.setattr(MeasurementRun, "report", report)
    run = measurements.start("date-attention")
    measurements.wait()
    assert run is not None
    assert (len(shares), run.over, run.failed) == (1, True, False)
    assert measurements.result(models.pipeline("date-attention").digest) is None
    assert not [p for p in psutil.Process().children() if "viz_app.session.pool_worker" in p.cmdline()]
