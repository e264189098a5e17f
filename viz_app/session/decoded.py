"""A text decoded with the changes that a visitor has made, as far as they fit it."""

from __future__ import annotations

from dataclasses import dataclass

from core.data.source_text import AnyText, SourceText
from core.decoding.interventions import InterventionError
from core.decoding.trace import DecodingTrace
from viz_app.session import heavy, models, pool_work
from viz_app.session.changes import active, to_query
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


def decode(view: ViewState, text: AnyText) -> Decoded:
    """Decode the text of a view without and with its changes, as far as they can be made.

    Args:
        view: says the model and the changes.
        text: that of the view, or what was read of it.
    """
    source = models.pipeline(view.model).read(text)
    original = models.trace(view.model, source)
    wanted = active(view.changes)
    if not wanted:
        return Decoded(original, original)
    try:
        return Decoded(original, models.trace(view.model, source, wanted))
    except InterventionError:
        return _decode_what_fits(view, source, original)


def _decode_what_fits(view: ViewState, source: SourceText, original: DecodingTrace) -> Decoded:
    """One by one: a change that does not fit what was changed before it is left out."""
    model = models.pipeline(view.model)
    places = [index for index, change in enumerate(view.changes) if change.on]
    wanted = active(view.changes)
    trace, unfit = heavy.answer(
        ("what fits", original.digest, source.text, to_query(view.changes)),
        pool_work.decode_what_fits,
        models.file_of(model),
        source.text,
        wanted,
        here=lambda: pool_work.decode_what_fits(model, source.text, wanted),
    )
    left_out = frozenset(places[place] for place in unfit)
    return Decoded(original, original if len(unfit) == len(wanted) else trace.read_only(), left_out)
