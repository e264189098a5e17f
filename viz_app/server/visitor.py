"""Gives every browser that opens a page a signed number, by which its runs stay its own (`session/visitor.py`)."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.runs.limits import is_shared
from viz_app.server.front_page import PAGES
from viz_app.session import visitor

_SECONDS_KEPT = 400 * 24 * 3600  # as long as browsers keep any cookie


class VisitorNumbers:
    """Middleware that sends the cookie with a page, unless the browser has brought a good one.

    With pages alone: a browser asks for a page first and for all else, the web socket too, with what that has brought.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.pages = {f"/{page}" for page in PAGES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer back with the cookie."""
        if scope["type"] != "http" or scope["path"] not in self.pages or number_of(scope) is not None:
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("Set-Cookie", _cookie(scope))
                headers["Cache-Control"] = "private, no-cache"  # nobody else's browser may get this one
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def teachers_sentence() -> str:
    """What is printed at the start for who serves a class; empty where nobody shares the server or a key was chosen.

    Raises:
        ValueError: the operator's key is too short.
    """
    keys = visitor.keys()
    if not is_shared() or keys.chosen:
        return ""
    return (
        f"Teacher's key: {keys.teacher}\n"
        "Typed at the foot of the page Train, it lets you stop and delete any run. For yourself alone, start with "
        "ATTENTION_SHARED=0."
    )


def number_of(scope: Scope) -> str | None:
    """The number of who asks, by the cookie of the request; None without a good one."""
    cookies = SimpleCookie()
    try:
        cookies.load(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return None
    found = cookies.get(visitor.cookie_name())
    return None if found is None else visitor.number_in(found.value)


def address_of(scope: Scope) -> str:
    """Where a request comes from. Of IPv6 the first half, since one machine has all that begin so."""
    host = str((scope.get("client") or ("",))[0])
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else host


def visitor_of(scope: Scope) -> str:
    """Who asks: the visitor's number, or the address where there is none, as of a program."""
    return number_of(scope) or address_of(scope)


def _cookie(scope: Scope) -> str:
    forwarded = Headers(scope=scope).get("x-forwarded-proto", "")
    # Whoever pretends to have come by https keeps the cookie from themselves alone.
    secure = "; Secure" if "https" in (scope.get("scheme"), forwarded.split(",")[0].strip()) else ""
    settings = f"Path=/; Max-Age={_SECONDS_KEPT}; HttpOnly; SameSite=Lax{secure}"
    return f"{visitor.cookie_name()}={visitor.new_cookie()}; {settings}"
