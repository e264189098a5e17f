"""Bounds what the files of one open page take: a browser may send file after file, and Streamlit keeps each of them.

Streamlit takes a file by `PUT /_stcore/upload_file/SESSION/FILE`, and forgets it by `DELETE` of that address, or when
the session ends. It bounds each file; here is what bounds their sum. Of a file that is too many the name alone is
handed on: of a refusal Streamlit's field shows a red sign and a number, while the page says why in the visitor's
language.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core.runs.limits import limits
from viz_app.session.uploads import Files, files_of

_ADDRESS = re.compile(r".*/_stcore/upload_file/([^/]+)/([^/]+)")


_HEAD_END = b"\r\n\r\n"
_HEAD_AT_MOST = 10_000


class BoundedUploads:
    """Middleware that leaves out a file by which a session would hold more than $ATTENTION_UPLOADS MiB."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it brings too much."""
        changes_files = scope["type"] == "http" and scope["method"] in ("PUT", "DELETE")
        address = _ADDRESS.fullmatch(scope["path"]) if changes_files else None
        most = limits().uploads if address else None
        if address is None or most is None:
            await self.app(scope, receive, send)
            return
        files, file = files_of(address[1]), address[2]
        if scope["method"] == "DELETE":
            files.sizes.pop(file, None)
            files.left_out.discard(file)
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not re.fullmatch("[0-9]{1,12}", length, re.ASCII):
            # A browser always says how long a file is.
            await PlainTextResponse("How long is the file?", 411)(scope, receive, send)
            return
        others = sum(size for name, size in files.sizes.items() if name != file)
        # One that is too large by itself is Streamlit's to refuse, unread.
        if others + int(length) > most * 2**20 and int(length) <= config.get_option("server.maxUploadSize") * 2**20:
            files.left_out.add(file)
            files.sizes.pop(file, None)
            await self.app(scope, _emptied(scope, receive), send)
            return
        # Counted before it arrives: many may be on their way at once.
        files.left_out.discard(file)
        before = files.sizes.get(file)
        files.sizes[file] = int(length)

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                _put_back(files, file, before)
            await send(message)

        await self.app(scope, receive, send_and_count)


def _emptied(scope: Scope, receive: Receive) -> Receive:
    """The body with the file's head, as its name, and nothing in the file; what comes is read and thrown away."""

    async def receive_emptied() -> Message:
        head = b""
        async for part in Request(scope, receive).stream():
            head = (head + part)[:_HEAD_AT_MOST] if _HEAD_END not in head else head
        head = head.partition(_HEAD_END)[0]
        boundary = head.partition(b"\r\n")[0]
        return {"type": "http.request", "body": head + _HEAD_END + b"\r\n" + boundary + b"--\r\n", "more_body": False}

    return receive_emptied


def _put_back(files: Files, file: str, size: int | None) -> None:
    if size is None:
        files.sizes.pop(file, None)
    else:
        files.sizes[file] = size
