"""Errors of the HTTP interface as `application/problem+json` (RFC 9457): a sentence, and a reason for programs."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

TITLES = {
    400: "The question cannot be read",
    404: "There is no such model",
    413: "The question is too large",
    422: "The text cannot be decoded",
    429: "Too many questions",
    500: "Something went wrong",
    503: "The server is busy",
}


class ProblemError(Exception):
    """A question that is answered with a problem.

    Attributes:
        status: of HTTP.
        reason: a short constant, such as "text-too-long".
        detail: what was got, what was expected, what to do, in the language that was asked for.
        more: further members of the answer, JSON values.
    """

    def __init__(self, status: int, reason: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.reason, self.detail, self.more = status, reason, detail, more

    def answer(self, *, status: int | None = None, retry_after: int | None = None) -> Response:
        """The problem as an answer, which nobody may keep.

        Args:
            status: of HTTP, where it is not the problem's own.
            retry_after: seconds after which asking again may help.
        """
        content = {"type": "about:blank", "title": TITLES[self.status], "status": self.status}
        content |= {"reason": self.reason, "detail": self.detail} | self.more
        # Escaped to ASCII: half of a surrogate pair, which a person can send, has no bytes of its own.
        return Response(
            json.dumps(content),
            status_code=status or self.status,
            media_type="application/problem+json",
            headers={"Cache-Control": "no-store"} | ({"Retry-After": str(retry_after)} if retry_after else {}),
        )
