"""Attention, influence and saliency of one decoding, ready to stand beside each other."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.analysis.influence import InfluenceMap
from core.analysis.map_agreement import row_shares
from core.analysis.saliency import SaliencyMap
from core.backend.arrays import FloatArray
from core.data.source_text import SourceText
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from viz_app.session import heavy, models
from viz_app.session.pool_work import influence_and_saliency
from viz_app.text.characters import with_minus
from viz_app.text.i18n import Translator
from viz_app.text.tables import number, percent

LEAST_INFLUENCE: Final = 0.01
"""On steps where nothing typed has as much, the order of what is left is that of rounding errors."""


def computed(source: SourceText, model: Pipeline) -> tuple[InfluenceMap, SaliencyMap]:
    """Influence and saliency of a text, kept for all visitors; the first time they take a tenth of a second or two.

    Raises:
        PoolError: they are not to be had; says why.
    """
    text = source.text
    return heavy.answer(
        ("influence", model.digest, text),
        influence_and_saliency,
        models.file_of(model),
        text,
        here=lambda: influence_and_saliency(model, text),
    )


class ComparedMap(NamedTuple):
    """One of the maps that are compared.

    Attributes:
        name, question, caution: in words.
        values: (T_dec, T_enc), the numbers that are ranked.
        shares: (T_dec, T_enc), rows that sum to 1, or NaN where there is nothing to share.
        details: (T_dec, n + 1) texts for pointing at a cell, the padding summed up.
        signed: (T_dec, T_enc), the numbers whose sizes `values` are; None where there is no sign.
    """

    name: str
    question: str
    caution: str
    values: NDArray[Any]
    shares: NDArray[Any]
    details: list[list[str]]
    signed: NDArray[Any] | None = None


def compared_maps(
    trace: DecodingTrace, influence: InfluenceMap, slopes: SaliencyMap, _: Translator, *, times_input: bool = False
) -> list[ComparedMap]:
    """The three maps of a decoding; without attention two.

    Args:
        times_input: whether saliency is gradient times input, which has a sign, and not the length of the gradient.
    """
    saliency_ = _gradient_times_input if times_input else _gradient_length
    maps = [_influence(trace, influence, _), saliency_(trace, slopes, _)]
    return maps if trace.weights is None else [_attention(trace, trace.weights, _), *maps]


def _influence(trace: DecodingTrace, influence: InfluenceMap, _: Translator) -> ComparedMap:
    n = len(trace.text)
    moved = influence.forced.moved
    idle = np.nanmax(moved, axis=1) < LEAST_INFLUENCE
    shares = np.where(idle[:, None], np.nan, row_shares(moved))
    change = _("probability moved by {moved} on average, another character written after {changed}")
    return ComparedMap(
        _("Influence"),
        _("What becomes of the step if this character is replaced by others of its kind?"),
        _(
            "The truth about these replacements, one character at a time. It does not say by which way the "
            "character acts. Empty rows: no replacement changes anything."
        ),
        moved,
        shares,
        [
            [
                change.format(moved=number(float(moved[i, j]), 3), changed=percent(influence.forced.changed[i, j], _))
                for j in range(n)
            ]
            + [_("share {share}").format(share=percent(float(np.nan_to_num(shares[i, n:]).sum()), _))]
            for i in range(len(trace))
        ],
    )


def _gradient_length(trace: DecodingTrace, slopes: SaliencyMap, _: Translator) -> ComparedMap:
    norm, shares = slopes.norm, row_shares(slopes.norm)
    n = len(trace.text)
    return ComparedMap(
        _("Saliency"),
        _("How steeply does the step's logit change with the embedding of this character?"),
        _(
            "A slope, by the model's own backward: true of infinitely small changes, but there is no "
            "character infinitely near."
        ),
        norm,
        shares,
        [
            [_("length of the gradient {length}").format(length=number(float(value), 3)) for value in row[:n]]
            + [_("share {share}").format(share=percent(float(part[n:].sum()), _))]
            for row, part in zip(norm, shares, strict=True)
        ],
    )


def _gradient_times_input(trace: DecodingTrace, slopes: SaliencyMap, _: Translator) -> ComparedMap:
    signed, shares = slopes.times_input, row_shares(slopes.times_input)
    n = len(trace.text)
    told = _("gradient times input {product}, share {share}")
    sums = np.column_stack([signed[:, :n], signed[:, n:].sum(axis=1)])
    sizes = np.column_stack([shares[:, :n], shares[:, n:].sum(axis=1)])
    return ComparedMap(
        _("Gradient times input"),
        _("What would this character add to the step's logit if the logit were linear in it?"),
        _(
            "A minus marks what speaks against the written character: by this reckoning its logit would be higher "
            "without it. Bright cells without a minus speak for it. “Without” means an embedding of zeros, which is "
            "no character, and the model is not linear. The colour is the size, and so is what the correlations rank."
        ),
        np.abs(signed),
        shares,
        [
            [
                told.format(product=with_minus(f"{value:+.3f}"), share=percent(float(share), _))
                for value, share in zip(values, row, strict=True)
            ]
            for values, row in zip(sums, sizes, strict=True)
        ],
        signed,
    )


def _attention(trace: DecodingTrace, weights: FloatArray, _: Translator) -> ComparedMap:
    n = len(trace.text)
    return ComparedMap(
        _("Attention"),
        _("Where did the step look?"),
        _(
            "Part of the computation, but a weight is not yet a reason. A column is what the encoder knew when it had "
            "read from the end back to this character."
        ),
        weights,
        weights,
        [
            [_("weight {weight}").format(weight=number(float(w), 4)) for w in (*row[:n], row[n:].sum())]
            for row in weights
        ],
    )
