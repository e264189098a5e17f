"""Headers of every answer, by which a browser keeps foreign code and foreign frames out.

The policy allows scripts of this server, and by its hash every inline script of Streamlit's own page; styles may be
inline, since Streamlit and plotly write them at run time. Components come as `blob:` modules.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EMBEDDERS = "ATTENTION_EMBEDDED_BY"
"""Environment variable with the origins that may show the app in a frame, separated by spaces."""

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?")


def content_security_policy(page: str, embedders: Sequence[str] = ()) -> str:
    """The policy for a page.

    Args:
        page: its HTML, of which every inline script is allowed by its SHA-256.
        embedders: origins that may frame the app, besides its own.
    """
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE_SCRIPT.findall(page))
    frames = " ".join(["'self'", *embedders])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' ws: wss:",
            "worker-src 'self' blob:",
            f"frame-ancestors {frames}",
            "base-uri 'self'",
            "form-action 'self'",
            "object-src 'none'",
        ]
    )


def allowed_embedders() -> list[str]:
    """The origins of $ATTENTION_EMBEDDED_BY.

    Raises:
        ValueError: one is not an origin like https://school.example; names it.
    """
    origins = os.environ.get(EMBEDDERS, "").split()
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{EMBEDDERS} names {origin[:60]!r}; expected origins like https://school.example")
    return origins


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


class SafeHeaders:
    """Middleware that puts the headers on every HTTP answer."""

    def __init__(self, app: ASGIApp, policy: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
            "Cross-Origin-Opener-Policy": "same-origin",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)
