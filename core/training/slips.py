"""Slips of published copies that crash: mistakes which at least say something. What they say is found by running them.

The code is that of the book's layers, as readers have printed and posted it, with one slip each; it is kept as text,
since no checker of this project would let it pass.

    >>> crash(SLIPS["misspelt-affine"]).message
    "'AttentionDecoder' object has no attribute 'afine'"

Shapes: N batch, T encoder steps, H hidden size.
"""

from __future__ import annotations

import textwrap
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np


@dataclass(frozen=True)
class Slip:
    """One slip, and what shows it.

    Attributes:
        name: its key in `SLIPS`.
        wrong: the code with the slip, of one function.
        right: the same code mended.
        use: what calls it, on small arrays; leaves its result in `out`.
    """

    name: str
    wrong: str
    right: str
    use: str


@dataclass(frozen=True)
class Crash:
    """What Python said when a slip was run.

    Attributes:
        error: the name of the exception.
        message: its words.
        line: the line that raised it.
        is_later: whether that line is in the code that calls, and the slip somewhere before it.
    """

    error: str
    message: str
    line: str
    is_later: bool


class SlipError(RuntimeError):
    """A slip that runs to its end, and so is none."""


@lru_cache(maxsize=32)
def crash(slip: Slip) -> Crash:
    """Run the code with the slip, and return what Python says of it.

    Raises:
        SlipError: Python says nothing.
    """
    code = f"{slip.wrong}\n{slip.use}"
    try:
        _run(code, slip.name)
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == _file(slip.name)]
        number = frames[-1].lineno or 1
        line = code.splitlines()[number - 1].strip()
        return Crash(type(error).__name__, str(error), line, number > len(slip.wrong.splitlines()))
    raise SlipError(f"the slip {slip.name!r} ran to its end; expected an error")


def run_mended(slip: Slip) -> Any:
    """What the mended code computes: its `out`."""
    return _run(f"{slip.right}\n{slip.use}", slip.name)["out"]


def _run(code: str, name: str) -> dict[str, Any]:
    # Nothing of a visitor's is in this code: it is the constants below.
    names: dict[str, Any] = {"np": np}
    exec(compile(code, _file(name), "exec"), names)
    return names


def _file(name: str) -> str:
    return f"<slip {name}>"


def _slip(name: str, right: str, mended: str, slipped: str, use: str) -> Slip:
    """A slip that is one line of the right code, written otherwise; where that is empty, left out."""
    right, use = textwrap.dedent(right).lstrip("\n"), textwrap.dedent(use).lstrip("\n")
    lines = [line for line in right.splitlines() if slipped or mended not in line]
    wrong = "\n".join(line.replace(mended, slipped) for line in lines) + "\n"
    return Slip(name, wrong, right, use)


_ATTENTION_USE = """
hs_enc, h = np.arange(24.0).reshape(2, 4, 3), np.ones((2, 3))
out = forward(hs_enc, h)
"""

SLIPS: Final[Mapping[str, Slip]] = {
    slip.name: slip
    for slip in (
        _slip(
            "return-forgotten",
            """
            def weight_sum(hs, a):
                N, T, H = hs.shape
                ar = a.reshape(N, T, 1)
                t = hs * ar
                c = np.sum(t, axis=1)
                return c
            """,
            "    return c",
            "",
            """
            hs, h = np.arange(24.0).reshape(2, 4, 3), np.ones((2, 3))
            c = weight_sum(hs, np.full((2, 4), 0.25))
            out = np.concatenate([c, h], axis=1)
            """,
        ),
        _slip(
            "shape-forgotten",
            """
            def forward(hs_enc, h):
                N, T, H = hs_enc.shape
                hr = h.reshape(N, 1, H)
                return np.sum(hs_enc * hr, axis=2)
            """,
            "hs_enc.shape",
            "hs_enc",
            _ATTENTION_USE,
        ),
        _slip(
            "list-reshaped",
            """
            def forward(hs_enc, h):
                N, T, H = hs_enc.shape
                scores = [np.sum(hs_enc[:, j] * h, axis=1) for j in range(T)]
                return np.array(scores).reshape(T, N)
            """,
            "np.array(scores).reshape",
            "scores.reshape",
            _ATTENTION_USE,
        ),
        _slip(
            "counter-undefined",
            """
            def forward(hs_enc, hs_dec):
                N, T, H = hs_dec.shape
                out = np.empty_like(hs_dec)
                for t in range(T):
                    scores = np.sum(hs_enc * hs_dec[:, t].reshape(N, 1, H), axis=2)
                    out[:, t] = np.sum(hs_enc * scores.reshape(N, -1, 1), axis=1)
                return out
            """,
            "for t in range(T)",
            "for i in range(T)",
            """
            hs_enc, hs_dec = np.arange(24.0).reshape(2, 4, 3), np.ones((2, 5, 3))
            out = forward(hs_enc, hs_dec)
            """,
        ),
        _slip(
            "misspelt-affine",
            """
            class AttentionDecoder:
                def __init__(self, affine):
                    self.affine = affine

                def forward(self, out):
                    score = self.affine(out)
                    return score
            """,
            "self.affine(out)",
            "self.afine(out)",
            """
            decoder = AttentionDecoder(lambda x: 2 * x + 1)
            out = decoder.forward(np.ones((2, 3)))
            """,
        ),
    )
}
"""By name, the one first whose error names the wrong place, and last the one whose error says all."""
