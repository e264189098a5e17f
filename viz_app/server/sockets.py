"""Sends every part of an answer at once.

An answer goes out in two parts, head and body, and a page in many messages. A system that waits for word of the first
part before it sends the second (Nagle's algorithm) meets one that gives word a moment later: 40 ms an answer, on every
connection that is in use all the time, as those of a proxy are. Python turns that off by itself, but not on a socket
that was made as Streamlit makes its own.
"""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psutil


@asynccontextmanager
async def sending_at_once(app: Any) -> AsyncIterator[None]:
    """The server's life: when it begins, the socket that listens is bound, and nobody is let in yet."""
    for listening in listening_sockets():
        with listening:
            # A connection has from its beginning what is set on the socket that took it.
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    yield


def listening_sockets() -> list[socket.socket]:
    """Those of this process that take TCP connections, each opened once more, to be closed.

    None where the system does not tell them: a connection is then as slow as without.
    """
    with suppress(psutil.Error, OSError):
        connections = psutil.Process().net_connections("tcp")
        listening = [each.fd for each in connections if each.status == psutil.CONN_LISTEN and each.fd >= 0]
        return [socket.socket(fileno=os.dup(descriptor)) for descriptor in listening]
    return []
