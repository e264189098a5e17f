"""A few visitors on a real server: every number is there, and a date asked for over HTTP is answered."""

from __future__ import annotations

import asyncio
import json
from contextlib import nullcontext

import pytest

from benchmarks import __main__ as command
from benchmarks import load
from benchmarks.timing import ROOT, BenchmarkError


def test_a_small_crowd_is_measured():
    async def measure(server: load.Server) -> tuple[dict[str, float], load.Load]:
        found = load.Load({}, str(server.app), load.asks_over_http(server.port))
        seeds = iter(range(1000))

        def visitor() -> load.Visitor:
            return load.Visitor(server, found.asks_over_http, next(seeds))

        await load.measure_costs(server, found, visitor, pages=2, dates=3)
        return await load.measure_crowd(server, 2, 0.5, visitor), found

    with load.running(ROOT / "streamlit_app.py") as server:
        crowd, found = asyncio.run(measure(server))
    assert found.asks_over_http
    assert found.cpu_of_a_page > 0 and found.cpu_of_a_date > 0 and 2_000 < found.bytes_of_a_date < 20_000
    assert crowd["visitors"] == 2 and 0 < crowd["median"] <= crowd["p95"]


def test_the_table_says_every_number():
    steady = [{"visitors": 50, "median": 0.012, "p95": 0.034, "cpu_ms": 7.25, "dates_a_second": 16.0}]
    one = {"p95": 0.5, "slowest": 1.25}
    beside = {"median": 0.011, "p95": 0.022, "median_alone": 0.008, "p95_alone": 0.016}
    found = load.Load({}, "app", True, 9.5, 7.0, 8100.0, steady, {"p95": 0.75}, one, beside, 0.25)
    text = load.table(found)
    assert "9.5 ms" in text and "7.0 ms" in text and "8.1 kB" in text and "0.25 MB" in text
    assert "| 50 | 12 and 34 ms | 7.2 ms | 16.0 |" in text
    assert "median 11 ms (alone 8 ms), 95th percentile 22 ms (alone 16 ms)" in text
    assert "750 ms" in text and "0.50 s" in text and "1.25 s" in text


def test_the_command_writes_what_it_measured(monkeypatch, tmp_path, capsys):
    async def measured(server, crowds, seconds):
        assert (crowds, seconds) == ([7], 1.5)
        beside = dict.fromkeys(("median", "p95", "median_alone", "p95_alone"), 0.01)
        opening = {"p95": 1.0, "slowest": 2.0}
        return load.Load({"cores": "2"}, "app", True, burst={"p95": 1.0}, opening=opening, beside=beside)

    monkeypatch.setattr(load, "_measure", measured)
    monkeypatch.setattr(load, "running", lambda app: nullcontext(app))
    file = tmp_path / "load.json"
    assert command.main(["load", "--visitors", "7", "--seconds", "1.5", "--output", str(file)]) == 0
    assert json.loads(file.read_text("utf-8"))["machine"] == {"cores": "2"}
    assert "| visitors |" in capsys.readouterr().out


def test_a_day_is_measured_and_said():
    with load.running(ROOT / "streamlit_app.py") as server:
        day = asyncio.run(load.measure_day(server, visits=10, dates_each=2, seats=3, gone=0.0))
    assert (day.visits, day.dates, len(day.megabytes)) == (10, 20, 10)
    assert min(day.megabytes) > 50 and day.after > 50
    told = load.said(load.Day({}, 2000, 50_000, 301.2, [201.2, 230.0, 205.4], 204.9))
    assert "2,000 comings and goings with 50,000 dates in 301 s" in told
    assert "201 MB after a tenth, 205 MB at the end, at most 230 MB, and 205 MB when all" in told


def test_an_app_that_does_not_start_is_named(tmp_path):
    (tmp_path / "app.py").write_text("")
    with pytest.raises(BenchmarkError, match="does not answer"), load.running(tmp_path / "none.py"):
        pass


def test_the_table_of_processes_has_a_row_for_every_crowd():
    steady = [{"visitors": 200, "median": 0.012, "p95": 0.034, "cpu_ms": 7.25, "dates_a_second": 60.0}]
    better = [steady[0] | {"median": 0.006, "p95": 0.017}]
    text = load.scaling_table(load.Scaling({}, {1: steady, 2: better}))
    assert "| visitors | 1 process | 2 processes |" in text
    assert "| 200 | 12 and 34 ms, 7.2 ms | 6 and 17 ms, 7.2 ms |" in text


def test_several_processes_are_measured_one_number_after_the_other(monkeypatch, tmp_path, capsys):
    async def measured(server, crowds, seconds):
        assert (crowds, seconds) == ([7], 1.5)
        return [{"visitors": 7, "median": server, "p95": 1.0, "cpu_ms": 5.0, "dates_a_second": 2.0}]

    monkeypatch.setattr(load, "_measure_crowds", measured)
    monkeypatch.setattr(load, "running_behind_nginx", nullcontext)
    file = tmp_path / "load.json"
    words = ["load", "--processes", "1", "3", "--visitors", "7", "--seconds", "1.5", "--output", str(file)]
    assert command.main(words) == 0
    assert json.loads(file.read_text("utf-8"))["steady"]["3"][0]["median"] == 3
    assert "| 7 | 1000 and 1000 ms, 5.0 ms | 3000 and 1000 ms, 5.0 ms |" in capsys.readouterr().out
