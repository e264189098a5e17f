"""A connection to the app sends every part of an answer at once."""

from __future__ import annotations

import asyncio
import socket
import sys

import psutil
import pytest

from viz_app.server import sockets


def test_connections_send_at_once_also_where_the_socket_was_made_as_streamlit_makes_it() -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere a connection need not have what its listening socket has")

    async def taken_by(listening: socket.socket) -> int:
        async with sockets.sending_at_once(None):
            with socket.create_connection(listening.getsockname()), listening.accept()[0] as taken:
                return taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    with socket.socket(family=socket.AF_INET) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert asyncio.run(taken_by(listening)) == 1


def test_where_the_system_tells_nothing_the_server_starts_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "net_connections", refuse)
    assert sockets.listening_sockets() == []
