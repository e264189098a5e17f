"""Over the web socket comes what a page leads to; a frame of anything else is dropped, or ends the connection."""

from __future__ import annotations

from contextlib import suppress

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg

from viz_app.server.frames import NOT_A_FRAME, CheckedFrames, is_allowed


@pytest.fixture
def client() -> TestClient:
    """An app that says which kind of frame has come."""

    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                message = BackMsg.FromString(await socket.receive_bytes())
                await socket.send_text(str(message.WhichOneof("type")))

    routes = [WebSocketRoute("/_stcore/stream", echo)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(CheckedFrames)]))


def rerun(**parts: str) -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = "lang=en"
    message.rerun_script.fragment_id = parts.pop("fragment", "")
    if parts:
        message.rerun_script.widget_states.widgets.add(id=parts["id"], json_value=parts.get("json", ""))
    return message.SerializeToString()


def test_what_a_page_leads_to_comes_through_and_words_of_developers_do_not(client: TestClient) -> None:
    with client.websocket_connect("/_stcore/stream") as socket:
        for word in ("clear_cache", "set_run_on_save", "load_git_info", "debug_shutdown_runtime"):
            message = BackMsg()
            setattr(message, word, True)
            socket.send_bytes(message.SerializeToString())
        for operation in ("install_skills", "dismiss_skills_nudge"):
            message = BackMsg()
            getattr(message.backend_operation_request, operation).SetInParent()
            socket.send_bytes(message.SerializeToString())
        socket.send_bytes(b"")
        wanted = BackMsg()
        wanted.backend_operation_request.deferred_file.file_id = "a"
        for frame in (rerun(), wanted.SerializeToString(), BackMsg(app_heartbeat=True).SerializeToString()):
            socket.send_bytes(frame)
        heard = [socket.receive_text() for _ in range(3)]
        assert heard == ["rerun_script", "backend_operation_request", "app_heartbeat"]


@pytest.mark.parametrize("frame", ["a text", b"\xff\xff\xff"])
def test_what_is_no_frame_ends_the_connection(client: TestClient, frame: str | bytes) -> None:
    with client.websocket_connect("/_stcore/stream") as socket:
        if isinstance(frame, str):
            socket.send_text(frame)
        else:
            socket.send_bytes(frame)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert ended.value.code == NOT_A_FRAME


def test_identifiers_are_of_streamlits_form_and_components_speak_json() -> None:
    assert is_allowed(rerun(id="$$ID-0123-date", json='{"step": 3}', fragment="0123abcd"))
    assert not is_allowed(rerun(id="date"))
    assert not is_allowed(rerun(id="$$ID-0123-date", json="{"))
    assert not is_allowed(rerun(id="$$ID-0123-date", json='"{"'))
    assert not is_allowed(rerun(id="$$ID-0123-date", json="[" * 100_000))
    empty = BackMsg()
    empty.rerun_script.widget_states.widgets.add(id="$$ID-0123-date").json_value = ""
    assert not is_allowed(empty.SerializeToString())
    assert not is_allowed(rerun(fragment="a\nb"))
