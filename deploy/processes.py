"""Processes of the app and an nginx in front of them: started, looked after, and ended together."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from viz_app.command_line import front_door

HERE: Final = Path(__file__).resolve().parent
PROCESSES_AT_MOST: Final = 64
HOW_TO_GET_NGINX: Final = "no nginx found: `apt-get install nginx-light`, or set NGINX to the path of one"

_MEGABYTES: Final = 8  # server.maxUploadSize of .streamlit/config.toml; a test holds both together
_START_SECONDS: Final = 120.0
_END_SECONDS: Final = 15.0
_SERVER_NAME: Final = re.compile(r"[A-Za-z0-9._*-]+")
_ADDRESS: Final = re.compile(r"[0-9.]+|\[[0-9A-Fa-f:]+\]")


class DeployError(Exception):
    """The site cannot be served; says why and what to do."""


@dataclass
class Site:
    """A running site.

    Attributes:
        url: where visitors find it, as seen from this machine.
        ports: of the processes of the app.
        apps: the processes, in the order of their ports.
        nginx: the process in front of them.
        output: where all of them write what they have to say; None for where this process does.
    """

    url: str
    ports: Sequence[int]
    apps: list[subprocess.Popen[bytes]] = field(default_factory=list)
    nginx: subprocess.Popen[bytes] | None = None
    output: IO[bytes] | None = None

    def mend(self) -> list[int]:
        """Start again what has ended. Returns: the ports of those.

        Raises:
            DeployError: nginx has ended, without which there is no site.
        """
        if self.nginx is not None and self.nginx.poll() is not None:
            raise DeployError(f"nginx has ended with status {self.nginx.returncode}; what it said stands above")
        ended = [place for place, app in enumerate(self.apps) if app.poll() is not None]
        for place in ended:
            self.apps[place] = _start_app(self.ports[place], self.output)
        return [self.ports[place] for place in ended]


def find_nginx() -> str | None:
    """Path of the nginx to use: $NGINX, one on the PATH, or Debian's; None without any."""
    return os.environ.get("NGINX") or shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def site_configuration(ports: Sequence[int], *, address: str, port: int, server_name: str = "_") -> str:
    """What nginx is told: for `http { }`, or a file of /etc/nginx/conf.d.

    Args:
        ports: of the processes of the app, on 127.0.0.1.
        address, port: where visitors come in.
        server_name: the name they come by; "_" for any.
    Raises:
        DeployError: a name or an address is none.
    """
    if not _SERVER_NAME.fullmatch(server_name):
        raise DeployError(f"{server_name!r} is no name of a server; expected one like dates.example.org")
    if not _ADDRESS.fullmatch(address):
        raise DeployError(f"{address!r} is no address; expected one like 0.0.0.0 or [::]")
    # A page in a frame of another site sends a cookie only where that is allowed, and that only by https.
    embedded = bool(os.environ.get("ATTENTION_EMBEDDED_BY", "").strip())
    return _render(
        "site.conf.jinja",
        ports=ports,
        listen=f"{address}:{port}",
        server_name=server_name,
        megabytes=_MEGABYTES,
        same_site="SameSite=None; Secure; Partitioned" if embedded else "SameSite=Lax",
    )


@contextmanager
def serving(
    ports: Sequence[int], *, address: str, port: int, server_name: str = "_", output: IO[bytes] | None = None
) -> Iterator[Site]:
    """The site, answering; ended at the end of the block.

    Args: as of `site_configuration`, and `output` of `Site`.
    Raises:
        DeployError: nginx is missing, or something does not start.
    """
    nginx = find_nginx()
    if nginx is None:
        raise DeployError(HOW_TO_GET_NGINX)
    shown = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(address, address)
    site = Site(f"http://{shown}:{port}", ports, output=output)
    configuration = site_configuration(ports, address=address, port=port, server_name=server_name)
    with tempfile.TemporaryDirectory(prefix="attention-nginx-") as name:
        folder = Path(name)
        # nginx gives its work to a user of less power where root starts it.
        folder.chmod(0o755)
        (folder / "site.conf").write_text(configuration, encoding="utf-8")
        (folder / "nginx.conf").write_text(_render("nginx.conf.jinja", folder=folder), encoding="utf-8")
        try:
            site.apps.extend(_start_app(port, output) for port in ports)
            for app, app_port in zip(site.apps, ports, strict=True):
                _wait_until_healthy(f"http://127.0.0.1:{app_port}", app, f"the app on port {app_port}")
            command = [nginx, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
            site.nginx = _start(command, folder, output)
            _wait_until_healthy(site.url, site.nginx, "nginx")
            yield site
        finally:
            _end([site.nginx, *site.apps] if site.nginx else site.apps)


def _render(template: str, **values: object) -> str:
    environment = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, keep_trailing_newline=True)
    return environment.get_template(template).render(**values)


def _start_app(port: int, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "streamlit", "run", str(front_door()), "--server.address=127.0.0.1"]
    command += [f"--server.port={port}", "--server.headless=true"]
    return _start(command, front_door().parent, output)


def _start(command: Sequence[str], folder: Path, output: IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def answers(url: str, process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until the app at an address answers, or what serves it has ended. Returns: whether it answers in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=5):
                return True
        except OSError:
            time.sleep(0.02)
    return False


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], what: str) -> None:
    if not answers(url, process, _START_SECONDS):
        raise DeployError(f"{what} does not answer (exit status: {process.poll()}); what it said stands above")


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    for process in processes:
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
