"""What a browser may say to Streamlit over the web socket; anything else is never handed on.

Streamlit's protocol also has words for who develops an app: one clears the caches of all visitors, others ask for the
state of the repository or write into the project's folder. And it notes every frame that it cannot read with a
traceback in the log, which anybody could fill.
"""

from __future__ import annotations

import json
import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

_SAID: Final = frozenset({"rerun_script", "stop_script", "app_heartbeat", "file_urls_request"})
_DONE: Final = frozenset({"deferred_file", "dataframe_chunk"})
"""Of the operations that are asked for, those that a page of ours leads to: what is downloaded, the rows of a table."""

_JSON: Final = frozenset({"json_value", "json_trigger_value"})
_WIDGET: Final = "$$"
_FRAGMENT: Final = re.compile(r"[\w.$-]{0,200}", re.ASCII)

NOT_A_FRAME: Final = 1003
"""The code that a connection is closed with."""


class CheckedFrames:
    """Middleware that drops frames which no page leads to, and ends a connection that sends what is no frame at all."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the connection on, with the frames that may be."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return

        async def receive_checked() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                may_be = is_allowed(message.get("bytes"))
                if may_be is None:
                    await send({"type": "websocket.close", "code": NOT_A_FRAME})
                    return {"type": "websocket.disconnect", "code": NOT_A_FRAME}
                if may_be:
                    return message

        await self.app(scope, receive_checked, send)


def is_allowed(frame: bytes | None) -> bool | None:
    """May a page say this? None for what is no frame of Streamlit's protocol."""
    if frame is None:
        return None
    message = BackMsg()
    try:
        message.ParseFromString(frame)
    except Exception:  # of protobuf, a package that Streamlit brings
        return None
    kind = message.WhichOneof("type")
    if kind == "backend_operation_request":
        return message.backend_operation_request.WhichOneof("payload") in _DONE
    return kind in _SAID and _names_what_can_be(message.rerun_script)


def _names_what_can_be(rerun: ClientState) -> bool:
    """Are its identifiers of Streamlit's form, and what components say JSON? Streamlit takes that for granted."""
    if not _FRAGMENT.fullmatch(rerun.fragment_id):
        return False
    for widget in rerun.widget_states.widgets:
        if not widget.id.startswith(_WIDGET):
            return False
        kind = widget.WhichOneof("value")
        if kind in _JSON and not _is_json(getattr(widget, kind)):
            return False
    return True


def _is_json(text: str) -> bool:
    """Is it JSON, and no text within JSON, which Streamlit would read once more?"""
    try:
        return not isinstance(json.loads(text), str)
    except (ValueError, RecursionError):
        return False
