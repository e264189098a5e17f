"""`python -m benchmarks fuzz`: does hostile input ever end in more than the sentence that is meant for it?

    python -m benchmarks fuzz [--inputs 100000] [--seed 1] [--kinds text request]
    python -m benchmarks fuzz --kinds text --only 123        one input again, as a finding names it

Every input is decided by seed, kind and number. What reads texts and files is called in this process; requests and
frames go to a server of its own, whose log is watched, and beside whom a visitor keeps a page open.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import random
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from benchmarks import fuzz_inputs as inputs
from benchmarks import machine
from benchmarks.raw_session import ConnectionClosed, RawSession
from benchmarks.timing import ROOT

SLOW_SECONDS: Final = 2.0
"""An input that takes longer is a finding."""

_HANG_SECONDS: Final = 120
_FINDINGS_SHOWN: Final = 50
_SESSION_EVERY: Final = 25
"""So many frames are sent by one session, and after so many the visitor beside asks for a date."""

_TROUBLE: Final = re.compile(r"Traceback|^\w*(Error|Exception)\b|\bERROR\b")


@dataclass
class Tally:
    """What became of the inputs of a kind.

    Attributes:
        inputs, refused: how many there were, and of how many it was said what is wrong.
        slowest: seconds.
        findings: what should not be, each with the number of its input.
    """

    inputs: int = 0
    refused: int = 0
    slowest: float = 0.0
    findings: list[str] = field(default_factory=list)


class UnexpectedError(Exception):
    """Something answered as it must not."""


Refused = bool
Target = Callable[[random.Random], Refused]
"""Makes an input of a random generator and hands it on. Returns: was it refused, with the error meant for it?"""


# ---- what is read in this process -----------------------------------------------------------------------------------


def address(rng: random.Random) -> Refused:
    """The parameters of a page's address, and of the layer lab's: never an error, only a list of problems."""
    from viz_app.pages.lab import link
    from viz_app.session import state

    asked = inputs.query(rng)
    _, problems = state.from_query(asked, state.ViewState())
    link.from_query(asked | {"values": inputs.text(rng), "table": inputs.text(rng)})
    return bool(problems)


def typed(rng: random.Random) -> Refused:
    """A text, decoded where it can be read, with changes where those can be made; numbers of a trace are finite."""
    from core.data.source_text import SourceTextError
    from core.decoding.interventions import InterventionError
    from viz_app.session import changes

    pipeline = _pipeline()
    try:
        source = pipeline.read(inputs.text(rng, ("september 27, 1994", "2/10/93", "monday, may 4, 1998")))
    except SourceTextError as error:
        str(error)
        return True
    wanted, _ = changes.from_query(inputs.changes(rng))
    try:
        trace = pipeline.trace(source, changes.active(wanted))
    except InterventionError:
        return True
    if trace.attention is not None and not np.isfinite(trace.attention).all():
        raise UnexpectedError("there are weights that are no numbers")
    return False


def upload(rng: random.Random) -> Refused:
    """A file of dates."""
    from core.data.corpus import CorpusError, read_corpus

    good = "".join(f"{date:<29}_{day}\n" for date, day in (("2/10/93", "1993-02-10"), ("may 4, 1998", "1998-05-04")))
    if rng.random() < 0.5:
        content = inputs.changed_bytes(rng, good.encode())
    else:
        content = inputs.text(rng, (good,)).encode(rng.choice(("utf-8", "utf-16", "utf-8-sig")), "surrogatepass")
    with _file(content) as file:
        try:
            read_corpus(file)
        except CorpusError as error:
            str(error)
            return True
    return False


def trace_file(rng: random.Random) -> Refused:
    """A decoding as JSON."""
    from core.decoding.trace_json import trace_from_dict
    from core.files.checked_json import parse_json

    try:
        trace_from_dict(parse_json(inputs.changed_json(rng, _trace_content()).encode("utf-8", "surrogatepass")))
    except (ValueError, RecursionError) as error:
        str(error).encode()  # what is said can be shown
        return True
    return False


def model_file(rng: random.Random) -> Refused:
    """A file of parameters: safetensors, or a pickle of the book."""
    from core.backend.devices import get_backend
    from core.decoding.pretrained import load_pipeline
    from core.models.book_pickle import BookPickleError, parse_book_pickle
    from core.models.parameters import CheckpointError

    safetensors, pickled = _model_content()
    try:
        if rng.random() < 0.5:
            parse_book_pickle(inputs.changed_bytes(rng, pickled))
        else:
            with _file(inputs.changed_bytes(rng, safetensors)) as file:
                load_pipeline(file, "fuzzed", get_backend("cpu"))
    except (BookPickleError, CheckpointError) as error:
        str(error)
        return True
    return False


@contextmanager
def _file(content: bytes) -> Iterator[Path]:
    """The bytes as a file, in memory where the system has such a folder."""
    memory = Path("/dev/shm")
    with tempfile.NamedTemporaryFile(dir=memory if memory.is_dir() else None) as file:
        file.write(content)
        file.flush()
        yield Path(file.name)


@cache
def _pipeline() -> Any:
    from core.decoding.pretrained import load_pretrained

    return load_pretrained("date-attention", device="cpu")


@cache
def _trace_content() -> Any:
    from core.decoding.trace_json import trace_to_dict

    return trace_to_dict(_pipeline().trace("2/10/93"))


@cache
def _model_content() -> tuple[bytes, bytes]:
    """A small model, as safetensors and as a pickle of the book."""
    from core.backend.devices import get_backend
    from core.models.book_pickle import write_book_pickle
    from core.models.parameters import named_parameters, save_parameters
    from core.models.spec import ModelSpec

    spec = replace(ModelSpec.from_metadata(_pipeline().metadata), wordvec_size=4, hidden_size=6)
    model = spec.build(backend=get_backend("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model"
        save_parameters(file, model, spec.to_metadata())
        safetensors = file.read_bytes()
        write_book_pickle(file, [np.zeros((2, 3), "f4"), *list(named_parameters(model).values())[:1]])
        return safetensors, file.read_bytes()


# ---- what goes to a server ------------------------------------------------------------------------------------------


class Served:
    """A server that is asked, and a visitor beside who must not notice."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self.log = url, log
        self._read = 0
        self._sender: RawSession | None = None
        self._sent = 0
        self.visitor = RawSession(url)
        self.visitor.open()

    def request(self, rng: random.Random) -> Refused:
        """An HTTP request, as its bytes. A server that hangs up at once has refused it."""
        place = urlsplit(self.url)
        with socket.create_connection((place.hostname or "", place.port or 0), timeout=_HANG_SECONDS) as connection:
            answer = b""
            with suppress(ConnectionError):
                connection.sendall(inputs.request(rng))
                connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65536):
                    answer += part
        status = answer[9:12].decode("ascii", "replace")
        if status.startswith("5"):
            raise UnexpectedError(f"status {status}: {answer[-300:]!r}")
        return not status.startswith(("2", "3"))

    def frame(self, rng: random.Random) -> Refused:
        """A frame of the web socket, in a session that has a page open. One that ends the session is refused."""
        if self._sender is None or self._sent % _SESSION_EVERY == 0:
            self._open_sender()
        assert self._sender is not None
        self._sent += 1
        content = inputs.frame(rng, self._sender.widgets, self._sender.page)
        try:
            self._sender.send(content)
        except ConnectionClosed:
            self._open_sender()
            return True
        return False

    def look(self) -> str:
        """What has gone wrong since the last time: in the log, or for the visitor beside; empty for nothing."""
        try:
            self.visitor.open()
        except (ConnectionClosed, TimeoutError) as error:
            self.visitor = RawSession(self.url)
            return f"the visitor beside lost the session: {error!r}"
        with self.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
        self._read += len(new)
        lines = new.decode(errors="replace").splitlines()
        bad = [line for line in lines if _TROUBLE.search(line)]
        return f"the server's log has: {' | '.join(bad[:4])}"[:600] if bad else ""

    def close(self) -> None:
        """Let visitor and sender leave."""
        self._leave()
        self.visitor.close()

    def _open_sender(self) -> None:
        self._leave()
        self._sender = RawSession(self.url)
        self._sender.open()

    def _leave(self) -> None:
        if self._sender is not None:
            with suppress(ConnectionClosed):
                self._sender.read_what_is_there()
            self._sender.close()


# ---- all together ---------------------------------------------------------------------------------------------------

CALLED: Final[dict[str, Target]] = {
    "address": address,
    "text": typed,
    "upload": upload,
    "trace": trace_file,
    "model": model_file,
}
"""Kinds that are called in this process."""

SERVED: Final = ("request", "frame")
SHARES: Final = {"address": 20, "text": 20, "upload": 15, "trace": 15, "model": 15, "request": 10, "frame": 5}
"""In a hundred inputs."""


def try_one(kind: str, target: Target, seed: int, number: int, tally: Tally) -> None:
    """Make one input and hand it on; what comes of it is noted in `tally`."""
    began = time.perf_counter()
    faulthandler.dump_traceback_later(_HANG_SECONDS, exit=True, file=2)
    tally.inputs += 1
    try:
        tally.refused += target(random.Random(f"{seed} {kind} {number}"))
    except Exception as error:
        tally.findings.append(f"{kind} {number}: {type(error).__name__}: {ascii(str(error))[:300]}")
    finally:
        faulthandler.cancel_dump_traceback_later()
    took = time.perf_counter() - began
    tally.slowest = max(tally.slowest, took)
    if took > SLOW_SECONDS:
        tally.findings.append(f"{kind} {number}: took {took:.1f} s")


def call_all(kinds: Sequence[str], seed: int, total: int) -> dict[str, Tally]:
    """The kinds that are called in this process, each its share of so many inputs."""
    tallies = {kind: Tally() for kind in kinds}
    for kind in kinds:
        for number in range(total * SHARES[kind] // 100):
            try_one(kind, CALLED[kind], seed, number, tallies[kind])
    return tallies


def send_all(kinds: Sequence[str], seed: int, total: int, served: Served) -> dict[str, Tally]:
    """The kinds that go to a server."""
    tallies = {kind: Tally() for kind in kinds}
    targets: dict[str, Target] = {"request": served.request, "frame": served.frame}
    for kind in kinds:
        count = total * SHARES[kind] // 100
        for number in range(count):
            try_one(kind, targets[kind], seed, number, tallies[kind])
            if (number % _SESSION_EVERY == _SESSION_EVERY - 1 or number == count - 1) and (found := served.look()):
                first = number - number % _SESSION_EVERY
                tallies[kind].findings.append(f"{kind} {first} to {number}: {found}")
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """What became of all, in Markdown."""
    lines = ["| kind | inputs | refused | slowest | found |", "| :-- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {kind} | {tally.inputs:,} | {tally.refused:,} | {1000 * tally.slowest:.0f} ms | {len(tally.findings)} |"
        for kind, tally in tallies.items()
    ]
    total = sum(tally.inputs for tally in tallies.values())
    found = [finding for tally in tallies.values() for finding in tally.findings]
    return "\n".join([*lines, "", f"{total:,} inputs: {len(found) or 'nothing'} found", *found[:_FINDINGS_SHOWN]])


def main(arguments: Sequence[str] | None = None) -> int:
    """Try everything, and print what became of it; returns the exit status, 1 where something was found."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks fuzz", description=__doc__.partition(": ")[2].splitlines()[0]
    )
    parser.add_argument("--inputs", type=int, default=100_000, help="(default: 100000)")
    parser.add_argument("--seed", type=int, default=1, help="decides every input (default: 1)")
    parser.add_argument("--kinds", nargs="+", choices=list(SHARES), default=list(SHARES), help="(default: all)")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="one input of each kind again")
    options = parser.parse_args(arguments)
    # What Streamlit has to say without a page is no finding.
    logging.disable(logging.WARNING)
    try:
        tallies = _try(options)
    finally:
        logging.disable(logging.NOTSET)
    facts = machine.facts()
    print(f"seed {options.seed}, {facts['date']}, {facts['CPU']}, {facts['cores']} cores\n\n{table(tallies)}")
    return int(any(tally.findings for tally in tallies.values()))


def _try(options: argparse.Namespace) -> dict[str, Tally]:
    """What became of every kind that is asked for."""
    called = [kind for kind in options.kinds if kind in CALLED]
    if options.only is not None:
        tallies = {kind: Tally() for kind in called}
        for kind in called:
            try_one(kind, CALLED[kind], options.seed, options.only, tallies[kind])
        return tallies
    tallies = call_all(called, options.seed, options.inputs)
    if served_kinds := [kind for kind in options.kinds if kind in SERVED]:
        from benchmarks.load import running

        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "server.log"
            with running(ROOT / "streamlit_app.py", log=log) as server:
                served = Served(f"http://127.0.0.1:{server.port}", log)
                tallies |= send_all(served_kinds, options.seed, options.inputs, served)
                served.close()
    return tallies
