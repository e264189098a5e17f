"""Bounds how many questions a visitor, and an address, may ask the HTTP interface in a second.

A bucket for each: it holds so many questions, and fills up again at its rate. A class of two hundred may sit behind one
address, so that an address may ask for as many dates as two hundred people do who all type at once.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from core.runs.limits import limits
from viz_app.server.problem import ProblemError
from viz_app.server.visitor import address_of, number_of

BUCKETS_KEPT: Final = 20_000
"""So many visitors and addresses are remembered, the latest; some 200 bytes each."""

_SECONDS_FULL: Final = 3.0
"""A full bucket holds what comes in so many seconds: of a visitor 60 questions, of an address 1,500."""

_PATH: Final = "/api/"
_COSTS: Final = {"/api/file": 4.0}
"""What a question counts as: a file is made anew for everybody."""


class Buckets:
    """Token buckets by name, in memory that is bounded."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: clock: seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def take(self, name: str, rate: float, cost: float) -> float:
        """Take from a bucket what a question costs.

        Args:
            name: of the bucket.
            rate: by which it fills, a second.
            cost: of the question.
        Returns:
            0 where there was enough; else the seconds after which there will be, and nothing was taken.
        """
        now, most = self._clock(), rate * _SECONDS_FULL
        with self._lock:
            left, then = self._kept.pop(name, (most, now))
            left = min(most, left + rate * max(0.0, now - then))
            lacking = max(0.0, min(cost, most) - left)
            self._kept[name] = (left if lacking else max(0.0, left - cost), now)
            while len(self._kept) > BUCKETS_KEPT:
                self._kept.popitem(last=False)
        return lacking / rate


class BoundedRates:
    """Middleware that answers 429 where somebody asks more than $ATTENTION_REQUESTS questions a second."""

    def __init__(self, app: ASGIApp, buckets: Buckets | None = None) -> None:
        self.app = app
        self.buckets = Buckets() if buckets is None else buckets
        self.limits = limits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the question on, unless there are too many."""
        if scope["type"] != "http" or _PATH not in scope["path"]:
            await self.app(scope, receive, send)
            return
        if seconds := self._seconds_to_wait(scope):
            detail = f"these are more questions than this server answers in a second; ask again in {seconds} s"
            await ProblemError(429, "too-many", detail).answer(retry_after=seconds)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _seconds_to_wait(self, scope: Scope) -> int:
        allowed = self.limits
        cost = _COSTS.get(scope["path"], 1.0)
        # Who brings no number is known by the address alone, and so are all programs of a school.
        asked = [(f"address {address_of(scope)}", allowed.requests_address)]
        if allowed.requests is not None and (number := number_of(scope)) is not None:
            asked.insert(0, (f"visitor {number}", allowed.requests))
        waits = (self.buckets.take(name, rate, cost) for name, rate in asked if rate is not None)
        return math.ceil(next((seconds for seconds in waits if seconds), 0.0))
