"""The rungs of the ladder: models next to each other, each with its decoding of the date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.data.source_text import AnyText, SourceTextError
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.models.parameters import CheckpointError
from viz_app.session import models

SHIPPED: Final = ("date-seq2seq", "date-peeky", "date-attention")
"""From the simplest to the last; each but the first adds to the one before."""


@dataclass(frozen=True)
class Rung:
    """One model, and what it does with the date.

    Attributes:
        name: as in `models.names()`.
        number: 1, 2, 3 of the models that ship; None of a visitor's own.
        pipeline, trace: the model, and its decoding of the date.
    """

    name: str
    number: int | None
    pipeline: Pipeline
    trace: DecodingTrace


def rungs_of(own: list[str], text: AnyText) -> list[Rung]:
    """The models that ship, in the order in which they grow, then those of the visitor's own that can read the text.

    Raises:
        SourceTextError: the text cannot be read by the models that ship.
    """
    shipped = [Rung(name, i, models.pipeline(name), models.trace(name, text)) for i, name in enumerate(SHIPPED, 1)]
    return shipped + [rung for name in own if (rung := _own_rung(name, text)) is not None]


def _own_rung(name: str, text: AnyText) -> Rung | None:
    """A visitor's own model; None where its file is gone or damaged, or it was trained on shorter texts."""
    try:
        return Rung(name, None, models.pipeline(name), models.trace(name, text))
    except (CheckpointError, SourceTextError):
        return None
