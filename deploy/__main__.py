"""`python -m deploy --processes 2`: the app in several processes behind nginx, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from deploy.processes import PROCESSES_AT_MOST, DeployError, Site, serving, site_configuration

_SECONDS_BETWEEN_LOOKS = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until asked to end; returns the exit status."""
    options = _parser().parse_args(arguments)
    ports = [options.first_port + i for i in range(options.processes)]
    where = {"address": options.address, "port": options.port, "server_name": options.server_name}
    ended = threading.Event()
    try:
        if options.print:
            print(site_configuration(ports, **where), end="")
            return 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        with serving(ports, **where) as site:
            print(f"{len(ports)} processes of the app behind nginx: {site.url}", flush=True)
            look_after(site, ended)
    except DeployError as error:
        print(f"deploy: {error}", file=sys.stderr)
        return 1
    return 0


def look_after(site: Site, ended: threading.Event, seconds: float = _SECONDS_BETWEEN_LOOKS) -> None:
    """Start again every process that ends, until `ended`.

    Raises:
        DeployError: nginx has ended.
    """
    while not ended.wait(seconds):
        for port in site.mend():
            print(f"deploy: the app on port {port} has ended and is started again", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy", description=__doc__.partition(": ")[2])
    parser.add_argument("--processes", type=_count, default=2, metavar="N", help="of the app (default: 2)")
    parser.add_argument("--address", default="0.0.0.0", help="where visitors come in (default: 0.0.0.0)")
    parser.add_argument("--port", type=_port, default=8080, help="(default: 8080)")
    parser.add_argument("--server-name", default="_", metavar="NAME", help="the name they come by (default: any)")
    parser.add_argument("--first-port", type=_port, default=8501, help="of the app's processes (default: 8501)")
    parser.add_argument("--print", action="store_true", help="print the configuration for an nginx that runs already")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= PROCESSES_AT_MOST:
        raise argparse.ArgumentTypeError(f"{count} processes; expected 1 to {PROCESSES_AT_MOST}")
    return count


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535 - PROCESSES_AT_MOST:
        raise argparse.ArgumentTypeError(f"{port} is no port; expected 1 to {65535 - PROCESSES_AT_MOST}")
    return port


if __name__ == "__main__":
    sys.exit(main())
