"""Doors of Streamlit's own that nobody who visits needs: how busy the server is, and what it says of itself."""

from __future__ import annotations

import os

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

METRICS = "ATTENTION_METRICS"
"""1 opens the metrics, for an operator whose proxy closes them to everybody else."""

_CLOSED = ("/_stcore/metrics", "/_stcore/script-health-check")


class ClosedDoors:
    """Middleware that answers 404 where nobody has business."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.closed = () if os.environ.get(METRICS) == "1" else _CLOSED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless it is for a closed door; below another address it is closed as well."""
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(self.closed):
            await PlainTextResponse("There is no such page.", 404)(scope, receive, send)
            return
        await self.app(scope, receive, send)
