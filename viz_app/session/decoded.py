"""A text decoded with the changes that a visitor has made, as far as they fit it."""

from __future__ import annotations

from dataclasses import dataclass

from core.decoding.interventions import (
    Intervention,
    InterventionError,
)
from core.decoding.trace import DecodingTrace
from viz_app.session import models
from viz_app.session.changes import active
from viz_app.session.state import ViewState


@dataclass(frozen=True)
class Decoded:
    """A text decoded twice.

    Attributes:
        original: what the model does by itself.
        trace: what it does with the changes; the original where there are none.
        unfit: places in the list of the changes that cannot be made here, and are left out.
    """

    original: DecodingTrace
    trace: DecodingTrace
    unfit: frozenset[int] = frozenset()

    @property
    def changed(self) -> bool:
        """Whether anything is changed."""
        return self.trace is not self.original


def decode(view: ViewState) -> Decoded:
    """Decode the view's text without and with the changes, as far as they can be made."""
    original = models.trace(view.model, view.text)
    wanted = active(view.changes)
    if not wanted:
        return Decoded(original, original)
    try:
        return Decoded(original, models.trace(view.model, view.text, wanted))
    except InterventionError:
        return _decode_what_fits(view, original)


def _decode_what_fits(view: ViewState, original: DecodingTrace) -> Decoded:
    """One by one: a change that does not fit what was changed before it is left out."""
    trace, unfit = original, set()
    fitting: list[Intervention] = []
    for index, change in enumerate(view.changes):
        if not change.on:
            continue
        try:
            trace = models.trace(view.model, view.text, [*fitting, change.intervention])
            fitting.append(change.intervention)
        except InterventionError:
            unfit.add(index)
    return Decoded(original, trace, frozenset(unfit))
