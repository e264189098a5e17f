"""Start-up: importing `core` in a fresh process, and from `streamlit run` to the first decoded picture.

Files have been read before, so they come from the system's cache: what is measured is Python's work and ours.
"""

from __future__ import annotations

import importlib.util
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.timing import ROOT, BenchmarkError, Samples
from deploy.processes import answers

CORE_MODULES = tuple(
    ".".join(file.relative_to(ROOT).with_suffix("").parts)
    for file in sorted((ROOT / "core").rglob("*.py"))
    if not file.stem.startswith("__")
)

IMPORTS = {
    "core": CORE_MODULES,
    "core.decoding.pretrained": ("core.decoding.pretrained",),
    "NumPy alone": ("numpy",),
}
"""What is imported, each in a process of its own: every module; what decoding needs; and what no one can save."""

PICTURE = "first picture"
SCRIPT = "first script run"
ANSWER = "server answers"

_IMPORT_LINE = re.compile(r"import time: +(\d+) \| +\d+ \| +([\w.]+)")
_TIMEOUT_SECONDS = 60


def import_seconds(rounds: int) -> Samples:
    """Seconds of the imports, without starting Python."""
    samples: Samples = {name: [] for name in IMPORTS}
    for _ in range(rounds):
        for name, modules in IMPORTS.items():
            samples[name].append(_seconds_to_import(modules))
    return samples


def import_shares(modules: Sequence[str] = CORE_MODULES, top: int = 6) -> dict[str, float]:
    """What the time goes to: seconds by package, the largest first, what it imports itself not counted.

    Python's own modules are one entry. Timing every module makes the whole slower: shares, not times, are to be read.
    """
    command = [sys.executable, "-X", "importtime", "-c", f"import {', '.join(modules)}"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return shares_by_package(process.stderr, top)


def shares_by_package(report: str, top: int) -> dict[str, float]:
    """Seconds by package from what `python -X importtime` prints."""
    microseconds: Counter[str] = Counter()
    for own, module in _IMPORT_LINE.findall(report):
        package = module.split(".")[0]
        is_pythons = package in sys.stdlib_module_names or package.startswith("_sysconfigdata")
        microseconds["Python's own modules" if is_pythons else package] += int(own)
    listed = dict(microseconds.most_common(top))
    listed["others"] = sum(microseconds.values()) - sum(listed.values())
    return {package: count / 1e6 for package, count in listed.items()}


def _seconds_to_import(modules: Sequence[str]) -> float:
    code = f"import time; began = time.perf_counter(); import {', '.join(modules)}; print(time.perf_counter() - began)"
    process = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(process.stdout)


# ---- the app --------------------------------------------------------------------------------------------------------


def app_seconds(rounds: int) -> Samples:
    """Seconds from `streamlit run` to a server that answers, and to the picture (without a browser: the script's end).

    The browser runs already, as a person's does. Needs what the browser tests need (requirements-dev.txt).
    """
    executable = _chromium()
    if executable is None:
        return _run_app(rounds, _run_script, SCRIPT)
    from playwright.sync_api import sync_playwright

    from tests.e2e.browser import launch

    with sync_playwright() as playwright:
        chromium = launch(playwright, executable)

        def see_picture(url: str) -> None:
            page = chromium.new_page(viewport={"width": 1366, "height": 768})
            page.goto(url)
            page.locator(".cell").first.wait_for(state="visible", timeout=_TIMEOUT_SECONDS * 1000)
            page.close()

        return _run_app(rounds, see_picture, PICTURE)


def app_import_shares(top: int = 8) -> dict[str, float]:
    """What the app's imports go to until its script has run once; see `import_shares`."""
    with tempfile.TemporaryDirectory() as folder, environment(PYTHONPROFILEIMPORTTIME="1"):
        log = Path(folder) / "server.log"
        with _server(log) as url:
            _run_script(url)
        return shares_by_package(log.read_text(errors="replace"), top)


def _run_app(rounds: int, wait: Any, what: str) -> Samples:
    samples: Samples = {what: [], ANSWER: []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            with _server(Path(folder) / "server.log") as url:
                samples[ANSWER].append(time.perf_counter() - began)
                wait(url)
                samples[what].append(time.perf_counter() - began)
    return samples


def _chromium() -> str | None:
    """Path of the browser that the browser tests would use; None without it or without Playwright."""
    if importlib.util.find_spec("playwright") is None:
        return None
    from tests.e2e import browser

    return browser.find_chromium()


def _run_script(url: str) -> None:
    """Connect as a browser does, ask for the first page, and wait until the app's script has run to its end."""
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
    from websockets.sync.client import connect
    from websockets.typing import Origin, Subprotocol

    request = BackMsg()
    request.rerun_script.query_string = ""
    address = url.replace("http", "ws") + "/_stcore/stream"
    protocol, origin = [Subprotocol("streamlit")], Origin(url)
    with connect(address, subprotocols=protocol, origin=origin, max_size=None) as connection:
        connection.send(request.SerializeToString())
        answer = ForwardMsg()
        while answer.WhichOneof("type") != "script_finished":
            message = connection.recv(timeout=_TIMEOUT_SECONDS)
            answer.ParseFromString(message if isinstance(message, bytes) else message.encode())


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """These variables for the processes that are started inside."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _server(log: Path) -> Iterator[str]:
    """`streamlit run`, answering; its address."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            if not answers(url, server, _TIMEOUT_SECONDS):
                raise BenchmarkError(f"the app did not start; its log:\n{log.read_text(errors='replace')}")
            yield url
        finally:
            server.terminate()
            server.wait(timeout=_TIMEOUT_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
