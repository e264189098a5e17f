"""A class without browsers: raw sessions on a server of its own, and what they wait for and cost.

    python -m benchmarks load [--app OTHER/streamlit_app.py] [--output FILE]
    python -m benchmarks load --processes 1 2 --visitors 200 400 600

A visitor opens the page over Streamlit's web socket, as a browser does, and asks for dates, of which no two are the
same: over HTTP where the app answers `/api/trace`, else by the form of the page. Server and visitors share the
machine's cores, as a browser on the server's machine would. With `--processes` the app runs in so many processes
behind nginx, one number after the other, and only crowds are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import machine
from benchmarks.startup import environment
from benchmarks.timing import ROOT, BenchmarkError
from core.data.dates import random_question
from deploy.processes import DeployError, answers, serving

_HOST = "127.0.0.1"
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 3.0
"""Between two dates of a visitor."""
_FASTER_THAN_PEOPLE = {"ATTENTION_REQUESTS": "100000", "ATTENTION_REQUESTS_ADDRESS": "100000"}
"""What the server allows: some of what is measured asks one date right after the other."""
_LONG_LINK = json.dumps([{"kind": "permute", "seed": seed} for seed in range(64)], separators=(",", ":"))
"""As many changes as a link may have, each of them at every step."""


@dataclass
class Load:
    """What was measured; seconds, bytes, and milliseconds of the server's processor.

    Attributes:
        app: the folder of the app.
        asks_over_http: whether a date is asked for at `/api/trace`.
        cpu_of_a_page, cpu_of_a_date: milliseconds each.
        bytes_of_a_date: over the wire.
        steady: of every number of visitors: a date every three seconds, each another.
        burst: seconds of 100 visitors who ask in the same instant.
        opening: seconds to the first picture of 200 visitors who come within ten seconds.
        beside: seconds of one visitor's dates, alone, and beside twenty others who ask for influence and for links of
            64 changes.
        memory_of_a_visitor: MB, while 200 are there.
    """

    machine: dict[str, str]
    app: str
    asks_over_http: bool
    cpu_of_a_page: float = 0.0
    cpu_of_a_date: float = 0.0
    bytes_of_a_date: float = 0.0
    steady: list[dict[str, float]] = field(default_factory=list)
    burst: dict[str, float] = field(default_factory=dict)
    opening: dict[str, float] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)
    memory_of_a_visitor: float = 0.0


@dataclass
class Scaling:
    """What crowds waited for, by the number of the app's processes; `steady` of each as in `Load`."""

    machine: dict[str, str]
    steady: dict[int, list[dict[str, float]]] = field(default_factory=dict)


@dataclass
class Day:
    """What the memory does in a day of lessons.

    Attributes:
        visits, dates: of all visitors; every date is another.
        megabytes: after every tenth of the visits.
        after: megabytes when everybody has been gone for longer than Streamlit remembers them.
    """

    machine: dict[str, str]
    visits: int
    dates: int
    seconds: float = 0.0
    megabytes: list[float] = field(default_factory=list)
    after: float = 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, and write JSON; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks load", description=__doc__.splitlines()[0])
    parser.add_argument("--app", type=Path, default=ROOT / "streamlit_app.py", help="another version of the app")
    parser.add_argument("--visitors", type=int, nargs="+", default=[50, 100, 200], help="(default: 50 100 200)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of every number of visitors (default: 20)")
    parser.add_argument("--processes", type=int, nargs="+", metavar="N", help="of the app, behind nginx")
    parser.add_argument("--day", action="store_true", help="a day in minutes: 2,000 comings and goings, 50,000 dates")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write JSON")
    options = parser.parse_args(arguments)
    found: Load | Scaling | Day
    try:
        if options.processes:
            found = _measure_scaling(options.processes, options.visitors, options.seconds)
        else:
            with running(options.app) as server:
                if options.day:
                    found = asyncio.run(measure_day(server))
                else:
                    found = asyncio.run(_measure(server, options.visitors, options.seconds))
    except (BenchmarkError, DeployError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    if options.output:
        options.output.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    print(said(found))
    return 0


def said(found: Load | Scaling | Day) -> str:
    """What was measured, in Markdown."""
    if isinstance(found, Day):
        return (
            f"{found.visits:,} comings and goings with {found.dates:,} dates in {found.seconds:.0f} s: the server held "
            f"{found.megabytes[0]:.0f} MB after a tenth, {found.megabytes[-1]:.0f} MB at the end, at most "
            f"{max(found.megabytes):.0f} MB, and {found.after:.0f} MB when all had been gone for two minutes."
        )
    return table(found) if isinstance(found, Load) else scaling_table(found)


def table(load: Load) -> str:
    """The numbers in Markdown."""
    lines = [
        f"A page costs {load.cpu_of_a_page:.1f} ms of the server's processor, a date {load.cpu_of_a_date:.1f} ms and "
        f"{load.bytes_of_a_date / 1000:.1f} kB, a visitor {load.memory_of_a_visitor:.2f} MB.",
        "",
        "| visitors | date, median and 95th percentile | server CPU a date | dates a second |",
        "| ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {at['visitors']:.0f} | {1000 * at['median']:.0f} and {1000 * at['p95']:.0f} ms "
        f"| {at['cpu_ms']:.1f} ms | {at['dates_a_second']:.1f} |"
        for at in load.steady
    ]
    lines += [
        "",
        f"100 in the same instant: 95th percentile {1000 * load.burst['p95']:.0f} ms. "
        f"200 opening within 10 s: 95th percentile {load.opening['p95']:.2f} s, "
        f"slowest {load.opening['slowest']:.2f} s.",
        "",
        f"A date beside influence and long links: median {_ms(load.beside['median'])} "
        f"(alone {_ms(load.beside['median_alone'])}), 95th percentile {_ms(load.beside['p95'])} "
        f"(alone {_ms(load.beside['p95_alone'])}).",
    ]
    return "\n".join(lines)


def scaling_table(scaling: Scaling) -> str:
    """The numbers in Markdown."""
    counts = list(scaling.steady)
    lines = [
        f"| visitors | {' | '.join('1 process' if count == 1 else f'{count} processes' for count in counts)} |",
        f"| ---: |{' ---: |' * len(counts)}",
    ]
    for row in zip(*scaling.steady.values(), strict=True):
        waits = [f"{1000 * at['median']:.0f} and {1000 * at['p95']:.0f} ms, {at['cpu_ms']:.1f} ms" for at in row]
        lines.append(f"| {row[0]['visitors']:.0f} | {' | '.join(waits)} |")
    return "\n".join(["A date's median and 95th percentile, and the processor's time of it:", "", *lines])


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


# ---- the server -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """An app that runs, in one process or several."""

    app: Path
    port: int
    processes: Sequence[psutil.Process]

    def cpu_seconds(self) -> float:
        """Of processor that it has used, with those processes that work for it."""
        times = [process.cpu_times() for process in self._all()]
        return float(sum(each.user + each.system for each in times))

    def megabytes(self) -> float:
        """Of memory that it holds."""
        return float(sum(process.memory_info().rss for process in self._all())) / 1e6

    def _all(self) -> list[psutil.Process]:
        return [each for process in self.processes for each in (process, *process.children(recursive=True))]


@contextmanager
def running(app: Path, log: Path | None = None) -> Iterator[Server]:
    """The app on a free port, with runs of its own.

    Args: log: where to keep what it says; None for nowhere.
    Raises:
        BenchmarkError: it does not start.
    """
    (port,) = _free_ports(1)
    settings = ["--server.port", str(port), "--server.address", _HOST, "--server.headless", "true"]
    command = [sys.executable, "-m", "streamlit", "run", app.name, *settings]
    with tempfile.TemporaryDirectory() as runs:
        variables = os.environ | _FASTER_THAN_PEOPLE | {"ATTENTION_RUNS": runs, "OPENBLAS_NUM_THREADS": "1"}
        with (
            open(log or os.devnull, "wb") as output,
            subprocess.Popen(command, cwd=app.resolve().parent, env=variables, stdout=output, stderr=output) as process,
        ):
            try:
                if not answers(f"http://{_HOST}:{port}", process, _PATIENCE_SECONDS):
                    raise BenchmarkError(
                        f"the app does not answer within {_PATIENCE_SECONDS} s; start it by hand to see why"
                    )
                yield Server(app.resolve().parent, port, [psutil.Process(process.pid)])
            finally:
                process.kill()


@contextmanager
def running_behind_nginx(processes: int) -> Iterator[Server]:
    """This app in several processes on free ports, with runs of their own.

    Raises:
        DeployError: it does not start.
    """
    port, *ports = _free_ports(1 + processes)
    with (
        tempfile.TemporaryDirectory() as runs,
        environment(ATTENTION_RUNS=runs, **_FASTER_THAN_PEOPLE),
        open(os.devnull, "wb") as nowhere,
        serving(ports, address=_HOST, port=port, output=nowhere) as site,
    ):
        assert site.nginx is not None
        yield Server(ROOT, port, [psutil.Process(each.pid) for each in (site.nginx, *site.apps)])


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind((_HOST, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def asks_over_http(port: int) -> bool:
    """Does the app on this port answer `/api/trace`?"""
    with urllib.request.urlopen(f"http://{_HOST}:{port}/api/trace?text=1/1/70", timeout=30) as answer:
        return bool(answer.headers.get_content_type() == "application/json")


# ---- visitors -------------------------------------------------------------------------------------------------------


class Visitor:
    """Somebody who has the page open."""

    def __init__(self, server: Server, over_http: bool, seed: int) -> None:
        self.server, self.over_http = server, over_http
        self.rng = random.Random(seed)
        self.received = 0
        self._field = self._button = self._compare = ""
        self._page = b""
        self._cookie = ""

    async def open(self, page: str = "") -> None:
        """Until the page's script has run to its end. Args: page: its address."""
        import websockets
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from websockets.typing import Subprotocol

        address = f"ws://{_HOST}:{self.server.port}/_stcore/stream"
        self.socket = await websockets.connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None)
        assert self.socket.response is not None
        # By which a visitor of several processes stays with one.
        sent = self.socket.response.headers.get_all("Set-Cookie")
        self._cookie = "; ".join(line.partition(";")[0] for line in sent)
        first = BackMsg()
        first.rerun_script.query_string = "lang=en"
        first.rerun_script.page_name = page
        await self.socket.send(first.SerializeToString())
        await self._read_until_drawn()
        self._way = await asyncio.open_connection(_HOST, self.server.port) if self.over_http else None

    async def take_number(self) -> None:
        """The cookie by which the server tells visitors apart, as a browser gets it with a page."""
        reader, writer = await asyncio.open_connection(_HOST, self.server.port)
        writer.write(f"GET / HTTP/1.0\r\nHost: {_HOST}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        writer.close()
        found = re.findall(r"^set-cookie: ([^;\r]+)", head, re.IGNORECASE | re.MULTILINE)
        self._cookie = "; ".join(filter(None, [self._cookie, *found]))

    async def ask(self) -> None:
        """For a date that nobody has asked for, until its picture could be drawn."""
        text = random_question(self.rng)
        await (self._ask_by_http(text) if self.over_http else self._ask_by_form(text))

    async def ask_for_influence(self) -> None:
        """Of a date that nobody has asked for, on the page Truth, until its maps could be drawn."""
        query = f"lang=en&text={urllib.parse.quote(random_question(self.rng))}"
        await self._run(query)
        # The whole page: a browser asks for the fragment alone, which costs less.
        await self._run(query, self._compare)

    async def ask_for_long_link(self) -> None:
        """For a date that nobody has asked for, decoded with as many changes as a link carries."""
        text = random_question(self.rng)
        if self.over_http:
            await self._ask_by_http(text, changes=_LONG_LINK)
        else:
            await self._run("lang=en&" + urllib.parse.urlencode({"text": text, "changes": _LONG_LINK}))

    async def close(self) -> None:
        """Leave."""
        if self._way:
            self._way[1].close()
        await self.socket.close()

    async def _ask_by_http(self, text: str, **more: str) -> None:
        if self._way is None or self._way[0].at_eof():  # closed by the server after five quiet seconds
            self._way = await asyncio.open_connection(_HOST, self.server.port)
        reader, writer = self._way
        question = {"model": "date-attention", "text": text, "lang": "en"} | more
        target = f"/api/trace?{urllib.parse.urlencode(question)}"
        cookie = f"Cookie: {self._cookie}\r\n" if self._cookie else ""
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {_HOST}\r\nAccept-Encoding: gzip, br\r\n{cookie}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.splitlines()[0]:
            raise BenchmarkError(f"{text!r} was answered with {head.splitlines()[0]!r}")
        length = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if line[:15] == b"content-length:")
        await reader.readexactly(length)
        self.received += len(head) + length

    async def _ask_by_form(self, text: str) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = "lang=en"
        message.rerun_script.page_script_hash = self._page.decode()
        message.rerun_script.widget_states.widgets.add(id=self._field, string_value=text)
        message.rerun_script.widget_states.widgets.add(id=self._button, trigger_value=True)
        await self.socket.send(message.SerializeToString())
        await self._read_until_drawn()

    async def _run(self, query: str = "lang=en", pressed: str = "") -> None:
        """The page once more."""
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_script_hash = self._page.decode()
        if pressed:
            message.rerun_script.widget_states.widgets.add(id=pressed, trigger_value=True)
        await self.socket.send(message.SerializeToString())
        await self._read_until_drawn()

    async def _read_until_drawn(self) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            content = await asyncio.wait_for(self.socket.recv(), _PATIENCE_SECONDS)
            self.received += len(content)
            message = ForwardMsg.FromString(bytes(content, "utf-8") if isinstance(content, str) else content)
            if message.WhichOneof("type") == "new_session":
                self._page = message.new_session.page_script_hash.encode()
            self._note_widgets(message.delta.new_element)
            if message.delta.new_element.button.id.endswith("truth_compare"):
                self._compare = message.delta.new_element.button.id
            if message.WhichOneof("type") == "script_finished":
                return

    def _note_widgets(self, element: Any) -> None:
        if element.text_input.id and not self._field:
            self._field = element.text_input.id
        if element.button.id and element.button.is_form_submitter and not self._button:
            self._button = element.button.id


# ---- what is measured -----------------------------------------------------------------------------------------------


async def _measure(server: Server, crowds: Sequence[int], seconds: float) -> Load:
    over_http = asks_over_http(server.port)
    load = Load(machine.facts(), str(server.app), over_http)
    seeds = iter(range(1, 1_000_000))

    def visitor() -> Visitor:
        return Visitor(server, over_http, next(seeds))

    await measure_costs(server, load, visitor)
    for count in crowds:
        load.steady.append(await measure_crowd(server, count, seconds, visitor))
    load.burst = await _burst(visitor)
    load.beside = await measure_beside(visitor)
    load.opening, load.memory_of_a_visitor = await _opening(server, visitor)
    return load


def _measure_scaling(counts: Sequence[int], crowds: Sequence[int], seconds: float) -> Scaling:
    scaling = Scaling(machine.facts())
    for count in counts:
        with running_behind_nginx(count) as server:
            scaling.steady[count] = asyncio.run(_measure_crowds(server, crowds, seconds))
    return scaling


async def _measure_crowds(server: Server, crowds: Sequence[int], seconds: float) -> list[dict[str, float]]:
    seeds = iter(range(1, 1_000_000))

    def visitor() -> Visitor:
        return Visitor(server, True, next(seeds))

    return [await measure_crowd(server, crowd, seconds, visitor) for crowd in crowds]


async def measure_costs(
    server: Server, load: Load, visitor: Callable[[], Visitor], pages: int = 40, dates: int = 100
) -> None:
    """What one page after the other costs, and one date after the other; written into `load`."""
    for _ in range(5):  # warms up
        one = visitor()
        await one.open()
        await one.ask()
        await one.close()
    before = server.cpu_seconds()
    for _ in range(pages):
        one = visitor()
        await one.open()
        await one.close()
    load.cpu_of_a_page = 1000 * (server.cpu_seconds() - before) / pages
    one = visitor()
    await one.open()
    before, received = server.cpu_seconds(), one.received
    for _ in range(dates):
        await one.ask()
    load.cpu_of_a_date = 1000 * (server.cpu_seconds() - before) / dates
    load.bytes_of_a_date = (one.received - received) / dates
    await one.close()


async def measure_crowd(server: Server, count: int, seconds: float, visitor: Callable[[], Visitor]) -> dict[str, float]:
    """Many visitors, each of whom asks for a date every three seconds."""
    crowd = [visitor() for _ in range(count)]
    for one in crowd:
        await one.open()
    waited: list[float] = []
    end = time.monotonic() + seconds

    async def visit(one: Visitor, at: float) -> None:
        await asyncio.sleep(at)
        while time.monotonic() < end:
            took = await _seconds(one.ask)
            waited.append(took)
            await asyncio.sleep(max(0.0, _PAUSE_SECONDS - took))

    before, began = server.cpu_seconds(), time.monotonic()
    await asyncio.gather(*(visit(one, _PAUSE_SECONDS * i / count) for i, one in enumerate(crowd)))
    cpu, passed = server.cpu_seconds() - before, time.monotonic() - began
    await asyncio.gather(*(one.close() for one in crowd))
    return {
        "visitors": count,
        "median": statistics.median(waited),
        "p95": _p95(waited),
        "cpu_ms": 1000 * cpu / len(waited),
        "dates_a_second": len(waited) / passed,
    }


async def measure_day(
    server: Server, visits: int = 2_000, dates_each: int = 25, seats: int = 20, gone: float = 130.0
) -> Day:
    """Visitors who come, ask for some dates and go, so many of them at a time."""
    over_http, began = asks_over_http(server.port), time.monotonic()
    day = Day(machine.facts(), visits, visits * dates_each)
    numbers = iter(range(visits))

    async def sit() -> None:
        for number in numbers:
            one = Visitor(server, over_http, seed=1_000_000 + number)
            await one.open()
            for _ in range(dates_each):
                await one.ask()
            await one.close()
            if number % (visits // 10) == visits // 10 - 1:
                day.megabytes.append(server.megabytes())

    await asyncio.gather(*(sit() for _ in range(seats)))
    day.seconds = time.monotonic() - began
    await asyncio.sleep(gone)
    day.after = server.megabytes()
    return day


async def measure_beside(
    visitor: Callable[[], Visitor], count: int = 20, seconds: float = 20.0, pause: float = _PAUSE_SECONDS
) -> dict[str, float]:
    """One visitor's dates, alone and beside others: half of them on influence, half on long links."""
    one, others = visitor(), [visitor() for _ in range(count)]
    await one.open()

    async def dates() -> list[float]:
        waited, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            waited.append(await _seconds(one.ask))
            await asyncio.sleep(0.1)
        return waited

    alone = await dates()
    for i, other in enumerate(others):
        await other.open("truth" if i % 2 else "")
        await other.take_number()
    answers, is_over = [], asyncio.Event()

    async def keep_asking(other: Visitor, for_influence: bool, at: float) -> None:
        await asyncio.sleep(at)
        while not is_over.is_set():
            began = time.monotonic()
            await (other.ask_for_influence() if for_influence else other.ask_for_long_link())
            answers.append(time.monotonic() - began)
            await asyncio.sleep(max(0.0, began + pause - time.monotonic()))

    busy = [asyncio.create_task(keep_asking(other, bool(i % 2), pause * i / count)) for i, other in enumerate(others)]
    await asyncio.sleep(pause)
    beside = await dates()
    is_over.set()
    await asyncio.gather(*busy)
    await asyncio.gather(*(each.close() for each in (one, *others)))
    return {
        "median_alone": statistics.median(alone),
        "p95_alone": _p95(alone),
        "median": statistics.median(beside),
        "p95": _p95(beside),
        "heavy": len(answers),
        "heavy_median": statistics.median(answers),
    }


async def _burst(visitor: Callable[[], Visitor], count: int = 100) -> dict[str, float]:
    """Many visitors who ask in the same instant."""
    crowd = [visitor() for _ in range(count)]
    for one in crowd:
        await one.open()
    waited = await asyncio.gather(*(_seconds(one.ask) for one in crowd))
    await asyncio.gather(*(one.close() for one in crowd))
    return {"p95": _p95(waited), "slowest": max(waited)}


async def _opening(
    server: Server, visitor: Callable[[], Visitor], count: int = 200, within: float = 10.0
) -> tuple[dict[str, float], float]:
    """Many visitors who come one after the other; and the memory that each of them takes."""
    before = server.megabytes()
    crowd = [visitor() for _ in range(count)]

    async def come(one: Visitor, at: float) -> float:
        await asyncio.sleep(at)
        return await _seconds(one.open)

    waited = await asyncio.gather(*(come(one, within * i / count) for i, one in enumerate(crowd)))
    memory = (server.megabytes() - before) / count
    await asyncio.gather(*(one.close() for one in crowd))
    return {"p95": _p95(waited), "slowest": max(waited)}, memory


async def _seconds(work: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(0.95 * len(seconds)))]
