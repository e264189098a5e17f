"""A visitor without a browser, one thing after another: a session over Streamlit's web socket, and requests."""

from __future__ import annotations

import http.client
import socket
from contextlib import ExitStack, suppress
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

__all__ = ["ConnectionClosed", "RawSession"]

_PATIENCE_SECONDS = 60.0


class RawSession:
    """A page that is open, as a browser has it.

    Attributes:
        number: of the session, as its server gave it.
        cookies: those that were sent, by name.
        page: identifier of the page that is shown.
        drawn: what the page has been told to draw, one message after the other, as text.
        widgets: what kind of widget there is, by its identifier, as Streamlit's messages call it.
    """

    def __init__(self, url: str, *, resume: str = "", cookies: dict[str, str] | None = None) -> None:
        """Connect; nothing is drawn yet.

        Args:
            url: of the app, as in http://127.0.0.1:8501.
            resume: number of a session to go on with, as a browser does after a cut.
            cookies: those of an earlier visit.
        """
        self.url, self.number, self.cookies = url, "", dict(cookies or {})
        self.drawn: list[str] = []
        self.widgets: dict[str, str] = {}
        self.page = ""
        self._open = ExitStack()
        self.get("/_stcore/health")
        self._socket = self._connect(resume)

    def __enter__(self) -> RawSession:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def open(self, page: str = "", query: str = "lang=en") -> None:
        """Ask for a page, and wait until it is drawn."""
        message = _back_message()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = page
        self.send(message.SerializeToString())
        self.wait_until_drawn()

    def send(self, frame: bytes | str) -> None:
        """Send a frame, whatever it is."""
        self._socket.send(frame)

    def wait_until_drawn(self) -> None:
        """Read until a run of the page's script has ended.

        Raises:
            TimeoutError: nothing came for a minute.
        """
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        while True:
            content = self._socket.recv(timeout=_PATIENCE_SECONDS)
            message = ForwardMsg.FromString(content.encode() if isinstance(content, str) else content)
            kind = message.WhichOneof("type")
            if kind == "new_session":
                self.number = message.new_session.initialize.session_id
                self.page = message.new_session.page_script_hash
            elif kind == "delta":
                self.drawn.append(str(message.delta))
                self._note_widget(message.delta.new_element)
            elif kind == "script_finished":
                return

    def read_what_is_there(self) -> None:
        """Read until nothing comes for a moment.

        Raises:
            ConnectionClosed: the server has ended the session.
        """
        while True:
            try:
                self._socket.recv(timeout=0.01)
            except TimeoutError:
                return

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of an address."""
        return self.request("GET", path)

    def put_file(self, name: str, content: bytes) -> int:
        """Upload a file for this session. Returns: the status."""
        boundary = "a-boundary"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        body = f"{head}Content-Type: text/plain\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Xsrftoken": self.cookies.get("_streamlit_xsrf", ""),
        }
        return self.request("PUT", f"/_stcore/upload_file/{self.number}/{name}", body, headers)[0]

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Ask with the cookies that there are, and keep those that are sent. Returns: status and body."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE_SECONDS)
        try:
            connection.request(method, path, body, {"Cookie": self._cookie_line()} | (headers or {}))
            answer = connection.getresponse()
            self._keep(answer.headers.get_all("Set-Cookie") or [])
            return answer.status, answer.read()
        finally:
            connection.close()

    def vanish(self) -> None:
        """Be gone without a word, as where the network is cut."""
        with suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self._open.close()

    def close(self) -> None:
        """Leave."""
        self._open.close()

    def _note_widget(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if identifier := getattr(getattr(element, kind or "", None), "id", ""):
            self.widgets[identifier] = kind

    def _connect(self, resume: str) -> Any:
        words = ["streamlit", self.cookies.get("_streamlit_xsrf", ""), resume] if resume else ["streamlit"]
        # Left by `close`; the library wants to be entered.
        opened = self._open.enter_context(
            connect(
                f"ws{self.url.removeprefix('http')}/_stcore/stream",
                subprotocols=[Subprotocol(word) for word in words],
                additional_headers={"Cookie": self._cookie_line()},
                max_size=None,
            )
        )
        assert opened.response is not None
        self._keep(opened.response.headers.get_all("Set-Cookie"))
        return opened

    def _cookie_line(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value


def _back_message() -> Any:
    from streamlit.proto.BackMsg_pb2 import BackMsg

    return BackMsg()
