"""What the browser tests and the contact sheet share: the running app, a Chromium, and when a page has settled."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Playwright, WebSocket, expect, sync_playwright

from core.runs.store import RunStore

ROOT = Path(__file__).resolve().parents[2]
# Where Python finds what lets trainings rest.
GENTLY = str(Path(__file__).with_name("gently"))
# The headless shell draws the same with a seventh less work: it has no window.
EXECUTABLES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW_TO_GET = (
    "no Chromium found: `apt-get install chromium-headless-shell` (or chromium) or "
    "`python -m playwright install chromium`, or set CHROMIUM to the path of one"
)
# The address bar's two hidden pages, of a bar that nobody sees, are a third of the work of opening a window. Chromium
# heeds the last such list only, so that Playwright's own is repeated.
DISABLED_FEATURES = [
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
]
# The browser's own background traffic would look like the app contacting other hosts.
FLAGS = [
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A script for every page: this browser has seen the stage's opening. Not on the blank page, which may keep nothing.
OPENING_SEEN = "if (location.protocol.startsWith('http')) localStorage.setItem('attention-opening-seen', '1')"
# A wait ends with what it waits for; these bound it on a busy machine.
TIMEOUT_MS = 60_000
START_SECONDS = 120
SETTLED = """() => {
  const app = document.querySelector("[data-testid=stApp]");
  return app?.dataset.testConnectionState === "CONNECTED" && app.dataset.testScriptState === "notRunning";
}"""
PROBED = re.compile(r"/\w+/_stcore/(health|host-config)")
# Where an exception in Streamlit's own table shows in a stack.
TABLE_CODE = re.compile(r"/static/js/(DataFrame|data-grid)[^/]*\.js")
LOG_TROUBLE = re.compile(r"Traceback|Exception|\bError\b|\w+Error\b|\w+Warning\b|\b(ERROR|WARNING|CRITICAL)\b")


@dataclass
class App:
    """The running app: where it listens, what it has logged, and the folder of its training runs."""

    url: str
    log: Path
    runs: Path

    @property
    def host(self) -> str:
        """Host and port, as in a URL."""
        return urlsplit(self.url).netloc

    def trouble(self) -> list[str]:
        """The lines of the server's log that speak of an error or a warning."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if LOG_TROUBLE.search(line)]


@contextmanager
def running_app(log: Path, **variables: str) -> Iterator[App]:
    """Start `streamlit run streamlit_app.py` on a free port of 127.0.0.1; stop it at the end, and what it trains.

    Its training runs are beside the log, so that those of whoever starts it are no part of what is seen. Visitors do
    not share it, unless `variables` of the environment say so.

    Raises:
        RuntimeError: the server ended, or did not answer in time; with its log.
    """
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless=true"]
    command += ["--server.address=127.0.0.1", f"--server.port={port}"]
    app = App(url=f"http://127.0.0.1:{port}", log=log, runs=log.with_name("runs"))
    path = os.pathsep.join(filter(None, [GENTLY, os.environ.get("PYTHONPATH")]))
    environment = {"ATTENTION_RUNS": str(app.runs), "ATTENTION_SHARED": "0", "PYTHONPATH": path} | variables
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(app, server)
            yield app
        finally:
            server.terminate()
            server.wait(timeout=30)
            _stop_training(app.runs)


def _stop_training(folder: Path) -> None:
    """Let the processes that train for the app end: they outlive it."""
    if folder.exists():
        store = RunStore(folder)
        for run in store.list():
            store.ask(run.number, "stop")
        store.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_healthy(app: App, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{app.url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    log = app.log.read_text(errors="replace")
    raise RuntimeError(f"the app did not answer (exit status: {server.poll()}); its log:\n{log}")


def find_chromium() -> str | None:
    """Path of a Chromium: $CHROMIUM, one on the PATH, or the one Playwright has installed; None without any."""
    if chosen := os.environ.get("CHROMIUM"):
        return chosen
    for name in EXECUTABLES:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        installed = playwright.chromium.executable_path
    return installed if Path(installed).exists() else None


def launch(playwright: Playwright, executable: str) -> Browser:
    """A headless Chromium that contacts nobody by itself."""
    return playwright.chromium.launch(executable_path=executable, headless=True, args=FLAGS)


def settled(page: Page) -> Page:
    """Wait until the app is connected and its script has run to the end; returns the page."""
    # Asked of every frame: `expect` looks ever less often, and would find out up to a second too late.
    page.wait_for_function(SETTLED, timeout=TIMEOUT_MS)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-connection-state", "CONNECTED", timeout=TIMEOUT_MS)
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=TIMEOUT_MS)
    return page


@dataclass
class Watch:
    """Notes what no page of the app may do: print errors, throw, open a dialog, or contact another host."""

    host: str
    complaints: list[str] = field(default_factory=list)

    def follow(self, context: BrowserContext) -> None:
        """Watch every page of this browser context, those opened later included."""
        context.on("console", lambda message: self._console(message.type, message.text, message.location["url"]))
        context.on("weberror", lambda error: self._exception(error.error.message, error.error.stack or ""))
        context.on("dialog", self._dialog)
        context.on("request", lambda request: self._address(request.url))
        context.on("page", lambda page: page.on("websocket", self._websocket))

    def _console(self, kind: str, text: str, url: str) -> None:
        # On a page below the root Streamlit's client looks for its server beside the page first, and then above it.
        if kind == "error" and not PROBED.fullmatch(urlsplit(url).path):
            self.complaints.append(f"console error: {text}")

    def _exception(self, message: str, stack: str) -> None:
        # Streamlit's editable table sometimes asks for a column it has not laid out yet, and draws it a moment later.
        if "reading 'width'" in message and TABLE_CODE.search(stack):
            return
        self.complaints.append(f"exception in the page: {message}\n{stack}")

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _websocket(self, socket: WebSocket) -> None:
        self._address(socket.url)

    def _address(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.host:
            self.complaints.append(f"request to another host: {url}")
