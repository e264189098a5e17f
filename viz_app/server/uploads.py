"""Bounds what the files of one open page take: a browser may send file after file, and Streamlit keeps each of them.

Streamlit takes a file by `PUT /_stcore/upload_file/SESSION/FILE`, and forgets it by `DELETE` of that address, or when
the session ends. It bounds each file; here is what bounds their sum.
"""

from __future__ import annotations

import re
from collections import OrderedDict

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.runs.limits import limits

SESSIONS_KEPT = 2000
"""So many sessions are remembered, the latest; far more than have files at once."""

_ADDRESS = re.compile(r".*/_stcore/upload_file/([^/]+)/([^/]+)")


class BoundedUploads:
    """Middleware that refuses a file with 413 where a session would hold more than $ATTENTION_UPLOADS MiB."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sessions: OrderedDict[str, dict[str, int]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it brings too much."""
        changes_files = scope["type"] == "http" and scope["method"] in ("PUT", "DELETE")
        address = _ADDRESS.fullmatch(scope["path"]) if changes_files else None
        most = limits().uploads if address else None
        if address is None or most is None:
            await self.app(scope, receive, send)
            return
        session, file = address.groups()
        if scope["method"] == "DELETE":
            self.sessions.get(session, {}).pop(file, None)
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "")
        if not re.fullmatch("[0-9]{1,12}", length, re.ASCII):
            # A browser always says how long a file is.
            await PlainTextResponse("How long is the file?", 411)(scope, receive, send)
            return
        files = self._files_of(session)
        if sum(size for name, size in files.items() if name != file) + int(length) > most * 2**20:
            said = f"The files of this page would take more than {most} MB. Remove one, or open the page anew."
            await PlainTextResponse(said, 413)(scope, receive, send)
            return
        # Counted before it arrives: many may be on their way at once.
        before = files.get(file)
        files[file] = int(length)

        async def send_and_count(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= 400:
                _put_back(files, file, before)
            await send(message)

        await self.app(scope, receive, send_and_count)

    def _files_of(self, session: str) -> dict[str, int]:
        """Sizes of the files of a session, by name."""
        files = self.sessions.setdefault(session, {})
        self.sessions.move_to_end(session)
        if len(self.sessions) > SESSIONS_KEPT:
            self.sessions.popitem(last=False)
        return files


def _put_back(files: dict[str, int], file: str, size: int | None) -> None:
    if size is None:
        files.pop(file, None)
    else:
        files[file] = size
