"""Two processes of the app behind a real nginx: who comes stays with one of them, and is served when it ends."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg

from benchmarks import fuzz
from benchmarks.raw_session import RawSession
from core.runs.store import RunStore
from core.training.options import TrainingOptions
from deploy.processes import HOW_TO_GET_NGINX, Site, find_nginx, serving

COOKIE = "attention_process"

# .ci/run installs it; there a missing one is a failure.
pytestmark = pytest.mark.skipif(find_nginx() is None and not os.environ.get("REQUIRE_BROWSER"), reason=HOW_TO_GET_NGINX)


def free_ports(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunStore]:
    """What both processes keep their runs in, with one that is over."""
    store = RunStore(tmp_path_factory.mktemp("shared"))
    run, lock = store.begin(TrainingOptions(), name="seen by both")
    store.finish(run.number, "stopped")
    lock.release()
    yield store
    store.close()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What both processes and nginx say."""
    return tmp_path_factory.mktemp("log") / "site.log"


@pytest.fixture(scope="module")
def site(store: RunStore, log: Path) -> Iterator[Site]:
    """Both processes and nginx, started once."""
    port, *ports = free_ports(3)
    with pytest.MonkeyPatch.context() as patch, log.open("wb") as output:
        patch.setenv("ATTENTION_RUNS", str(store.folder))
        with serving(ports, address="127.0.0.1", port=port, output=output) as running:
            yield running


def test_who_comes_stays_with_one_process(site: Site) -> None:
    with RawSession(site.url) as first, RawSession(site.url) as second:
        assert {first.cookies[COOKIE], second.cookies[COOKIE]} == {"1", "2"}, "who is new goes where the fewest are"
        for visitor, other in ((first, second), (second, first)):
            visitor.open()
            # A process takes files for its own sessions alone, so that this tells where a request has come to.
            assert [visitor.put_file(f"file{i}", b"1/2/99") for i in range(4)] == [204] * 4
            own = visitor.cookies | {}
            visitor.cookies[COOKIE] = other.cookies[COOKIE]
            assert visitor.put_file("file", b"1/2/99") == 400
            visitor.cookies = own
    with RawSession(site.url, cookies=own) as again:
        assert again.cookies[COOKIE] == own[COOKIE]


def test_a_cookie_that_names_no_process_is_as_good_as_none(site: Site) -> None:
    for said in ("3", "process_1", "any_process", "x" * 4000):
        with RawSession(site.url, cookies={COOKIE: said}) as visitor:
            assert visitor.cookies[COOKIE] in "12"


def test_the_interface_answers_through_nginx(site: Site) -> None:
    with RawSession(site.url) as visitor:
        status, body = visitor.get("/api/trace?text=2/10/93")
        assert (status, json.loads(body)["output"]) == (200, "1993-02-10")
        status, body = visitor.get(f"/api/trace?text={'1' * 8200}")
        assert (status, json.loads(body)["reason"]) == (413, "question-too-long"), "said by the app, not by nginx"
        assert visitor.get("/_stcore/health") == (200, b"ok")
        assert visitor.get("/_stcore/metrics")[0] == 404


def test_a_file_as_large_as_allowed_comes_through_and_a_larger_one_does_not(site: Site) -> None:
    with RawSession(site.url) as visitor:
        visitor.open()
        assert visitor.put_file("large", bytes(8 * 2**20 - 1000)) == 204
        assert visitor.put_file("too-large", bytes(9 * 2**20)) == 413


def test_both_processes_show_the_same_runs(site: Site, store: RunStore) -> None:
    for process in ("1", "2"):
        with RawSession(site.url, cookies={COOKIE: process}) as visitor:
            visitor.open("train")
            assert visitor.cookies[COOKIE] == process
            assert any("seen by both" in message for message in visitor.drawn)


def test_nothing_is_found_in_a_share_of_the_requests_and_frames(
    site: Site, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "SLOW_SECONDS", 60.0)  # how busy the machine is, is nothing that is found
    served = fuzz.Served(f"http://127.0.0.1:{site.ports[1]}", log)
    tallies = fuzz.send_all(fuzz.SERVED, seed=2, total=1000, served=served)
    served.close()
    assert [tally.findings for tally in tallies.values()] == [[], []]
    assert [tally.inputs for tally in tallies.values()] == [100, 50]


def test_after_a_cut_of_the_network_a_visitor_has_the_same_session(site: Site) -> None:
    visitor = RawSession(site.url)
    visitor.open()
    assert visitor.put_file("kept", b"1/2/99") == 204
    visitor.vanish()
    with RawSession(site.url, resume=visitor.number, cookies=visitor.cookies) as returned:
        returned.open()
        assert returned.number == visitor.number
        assert returned.cookies[COOKIE] == visitor.cookies[COOKIE]
    with RawSession(site.url, cookies=visitor.cookies) as other:
        other.open()
        assert other.number != visitor.number


def test_two_hundred_who_vanish_leave_the_others_served(site: Site) -> None:
    url = f"http://127.0.0.1:{site.ports[1]}"
    with RawSession(url) as visitor:
        visitor.open()
        for _ in range(200):
            # Gone before anything is drawn, and without a word.
            gone = RawSession(url, cookies=visitor.cookies)
            gone.send(rerun_of_a_page())
            gone.vanish()
        visitor.open("film")
        assert visitor.get("/api/trace?text=3/4/95")[0] == 200
    # Streamlit keeps 128 who have vanished, and drops the oldest for the next.
    with RawSession(url, resume=visitor.number) as returned:
        returned.open()
        assert returned.drawn


def test_who_takes_and_sends_byte_by_byte_keeps_nobody_waiting(site: Site) -> None:
    url = f"http://127.0.0.1:{site.ports[1]}"
    slow = [socket.create_connection(("127.0.0.1", site.ports[1])) for _ in range(20)]
    with RawSession(url) as deaf, RawSession(url) as visitor:
        for place, connection in enumerate(slow):
            connection.sendall(b"GET /api/trace?text=1/2/99 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "[: 5 + 3 * place])
        for _ in range(20):
            deaf.send(rerun_of_a_page())  # and reads none of it
        began = time.monotonic()
        visitor.open()
        assert visitor.get("/api/trace?text=5/6/97")[0] == 200
        assert time.monotonic() - began < 10
        deaf.vanish()
    for connection in slow:
        connection.close()


def rerun_of_a_page() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "lang=en"
    return message.SerializeToString()


def test_when_a_process_is_killed_the_other_serves_its_visitors(site: Site) -> None:
    with RawSession(site.url, cookies={COOKIE: "1"}) as visitor, RawSession(site.url, cookies={COOKIE: "2"}) as other:
        visitor.open()
        other.open()
        site.apps[0].kill()
        site.apps[0].wait()
        assert visitor.get("/api/trace?text=1/2/99")[0] == 200
        with RawSession(site.url, resume=visitor.number, cookies=visitor.cookies) as returned:
            returned.open()
            assert returned.cookies[COOKIE] == "2"
            assert returned.put_file("file", b"1/2/99") == 204
            assert other.put_file("file", b"1/2/99") == 204, "who was there has noticed nothing"
            assert site.mend() == [site.ports[0]]
            assert returned.put_file("again", b"1/2/99") == 204, "nobody is sent back while the page is open"
