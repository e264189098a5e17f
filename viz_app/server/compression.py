"""Answers that are compressed: Streamlit's own scripts and styles once for everybody, others as they are made.

Streamlit sends them as they are, 3 MB for the first page, since compressing them anew for every visitor would cost more
than it saves. Their names carry a digest of their content, so that one compressed copy serves everybody, for ever.
"""

from __future__ import annotations

import gzip
import mimetypes
from functools import cache
from pathlib import Path

import brotli
import streamlit
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

STREAMLIT_PAGES = Path(streamlit.__file__).with_name("static")
"""The folder of Streamlit's front page and, in `static/`, of its files."""

_COMPRESSED = frozenset({".css", ".js", ".wasm", ".svg"})
_FOR_EVER = {"Cache-Control": "public, immutable, max-age=31536000"}

ENCODINGS = ("br", "gzip")
"""How an answer may be compressed, the best first."""


def encoding_for(accepted: str) -> str:
    """The best encoding that an Accept-Encoding header takes; "" for none."""
    taken = {part.split(";")[0].strip() for part in accepted.split(",") if not part.replace(" ", "").endswith(";q=0")}
    return next((name for name in ENCODINGS if name in taken), "")


def compress(content: bytes, encoding: str, *, quickly: bool = False) -> bytes:
    """The content in an encoding of `ENCODINGS`; as it is for "".

    Args:
        quickly: for an answer to one question: of a decoding brotli's quality 2 leaves 4.4 kB after 0.09 ms, quality 4
            4.3 after 0.17. What is kept for all is compressed better: quality 9 saves a tenth of what gzip leaves, at
            its price; 11 saves a fifth and takes twenty times as long.
    """
    if encoding == "br":
        return bytes(brotli.compress(content, quality=2 if quickly else 9))
    return gzip.compress(content, 4 if quickly else 9, mtime=0) if encoding == "gzip" else content


class CompressedFiles:
    """Middleware that answers for Streamlit's files where the browser takes them compressed."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        files = (file for file in (STREAMLIT_PAGES / "static").rglob("*") if file.suffix in _COMPRESSED)
        self._files = {f"/{file.relative_to(STREAMLIT_PAGES).as_posix()}": file for file in files}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass on."""
        file = self._files.get(scope.get("path", "")) if scope["type"] == "http" else None
        headers = Headers(scope=scope) if file else Headers()
        encoding = encoding_for(headers.get("accept-encoding", ""))
        if file is None or scope["method"] not in {"GET", "HEAD"} or not encoding or "range" in headers:
            await self.app(scope, receive, send)
            return
        # In a thread: the largest takes a twentieth of a second, once.
        content = await run_in_threadpool(_compressed, file, encoding)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        said = {"Content-Encoding": encoding, "Vary": "Accept-Encoding"} | _FOR_EVER
        await Response(content, media_type=kind, headers=said)(scope, receive, send)


@cache
def _compressed(file: Path, encoding: str) -> bytes:
    """All files together are 7 MB compressed."""
    return compress(file.read_bytes(), encoding)
