"""What the app says of the book *Deep Learning from Scratch 2*: where it tells of a stage, and remarks on its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from viz_app.text.i18n import Translator

SECTIONS: Final[Mapping[str, str]] = {
    "hs_enc": "8.1.2",
    "h": "7.3.2",
    "cell": "6.2",
    "products": "8.1.4",
    "scores": "8.1.4",
    "weights": "8.1.4",
    "weighted_states": "8.1.3",
    "context": "8.1.3",
    "features": "8.2.2",
    "logits": "7.3.2",
    "probabilities": "7.1.2",
}
"""The section that tells of a stage of a model with attention."""

SECTIONS_WITHOUT_ATTENTION: Final[Mapping[str, str]] = {
    "hs_enc": "7.3.1",
    "h": "7.3.2",
    "cell": "6.2",
    "features": "7.3.2",
    "logits": "7.3.2",
    "probabilities": "7.1.2",
}
"""The same of a model without."""

SECTION_OF_PEEKING: Final = "7.4.2"


def repeat_of_weights(_: Translator) -> str:
    """On how the book stretches the weights."""
    return _(
        "The book writes ar = a.reshape(N, T, 1).repeat(H, axis=2). The repeat is not needed: broadcasting stretches "
        "the axis of length 1. Beside ar some copies print repeat(T, axis=1), which is wrong: that array has T·T rows "
        "and does not fit hs."
    )


def axis_of_the_sum(_: Translator) -> str:
    """On the axis along which the weighted states are added up."""
    return _("The sum runs along axis 1; along axis 0 it would mix the samples, along axis 2 the hidden units.")


def repeat_of_state(_: Translator) -> str:
    """On how the book stretches the decoder's state."""
    return _(
        "The book writes hr = h.reshape(N, 1, H).repeat(T, axis=1). The repeat is right here, and not needed either: "
        "broadcasting stretches the axis of length 1."
    )
