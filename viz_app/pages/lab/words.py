"""What the layer lab says: about each layer, about the axes, and about an array that cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.analysis.layer_lab import LARGEST, LAYERS, ArraySpec
from viz_app.pages.lab.arrays import LONGEST, ArrayReason, ArrayTextError
from viz_app.text.book import axis_of_the_sum, repeat_of_state, repeat_of_weights
from viz_app.text.i18n import Translator

_EQUATIONS: Final[Mapping[str, str]] = {
    "WeightSum": r"c_{nk} = \sum_j a_{nj}\, hs_{njk}",
    "AttentionWeight": r"a_{nj} = \mathrm{softmax}_j \Big( \sum_k hs_{njk}\, h_{nk} \Big)",
    "Attention": r"a_{nj} = \mathrm{softmax}_j \Big( \sum_k hs_{njk}\, h_{nk} \Big), \quad"
    r" c_{nk} = \sum_j a_{nj}\, hs_{njk}",
}
_SCORES: Final[Mapping[str, str]] = {
    "dot": r"\sum_k hs\_enc_{njk}\, hs\_dec_{nik}",
    "scaled-dot": r"\tfrac{1}{\sqrt H} \sum_k hs\_enc_{njk}\, hs\_dec_{nik}",
    "general": r"\sum_{lk} hs\_dec_{nil}\, W_{lk}\, hs\_enc_{njk}",
    "additive": r"\sum_k v_k \tanh \sum_l \left( hs\_dec_{nil}\, W\_dec_{lk} + hs\_enc_{njl}\, W\_enc_{lk} \right)",
}

LETTERS: Final[Mapping[str, str]] = {"N": "n", "T": "j", "T_enc": "j", "T_dec": "i", "H_in": "l", "H": "k"}
"""The letter that counts along an axis, in the equations and at the edges of the tables."""


def equation(layer: str) -> str:
    """What a layer computes, as LaTeX."""
    if (score := LAYERS[layer].score) is None:
        return _EQUATIONS[layer]
    return (
        rf"scores_{{nij}} = {_SCORES[score]}, \quad weights_{{nij}} = \mathrm{{softmax}}_j\, scores_{{nij}}, \quad"
        r" context_{nik} = \sum_j weights_{nij}\, hs\_enc_{njk}"
    )


def about(layer: str, _: Translator) -> str:
    """What a layer does."""
    kind = LAYERS[layer].kind
    return {
        "WeightSum": _(
            "Every encoder state is multiplied by its weight and the products are added up along time: axis 1 goes, "
            "and one context vector remains for each sample."
        ),
        "AttentionWeight": _(
            "Every encoder state is compared with the decoder state by a dot product: axis 2 goes. Softmax turns the "
            "scores along time into weights that add up to 1."
        ),
        "Attention": _(
            "AttentionWeight, then WeightSum: one decoder state looks at all encoder states and takes home their "
            "weighted sum."
        ),
        "TimeAttention": _(
            "Attention for all decoding steps at once: row i of the weights is where step i looks. The map on the "
            "Step page is such a table, of 10 rows and 29 columns."
        ),
    }[kind]


def remark(layer: str, _: Translator) -> str:
    """What the book does in another way, or some printed copies get wrong; empty where there is nothing of the kind."""
    return {
        "WeightSum": f"{repeat_of_weights(_)} {axis_of_the_sum(_)}",
        "AttentionWeight": repeat_of_state(_),
    }.get(layer, "")


def experiment(layer: str, _: Translator) -> str:
    """Something worth trying with a layer."""
    tried = {
        "TimeAttention-scaled-dot": _("Try: more hidden units. The scores stay as far apart as they were."),
        "TimeAttention-general": _("Try: the identity as W. The scores are then those of the dot product."),
        "TimeAttention-additive": _(
            "Try: set v to 0. All weights become equal, and only v gets a gradient by the scores."
        ),
    }
    return (
        tried.get(layer)
        or {
            "WeightSum": _("Try: set one weight to 1 and the others to 0. The context is then that row of hs."),
            "AttentionWeight": _(
                "Try: multiply h by 10. The weights pile up on one row, and the gradients all but vanish."
            ),
            "Attention": _("Try: set h to 0. All weights become equal, and c is the mean of hs along time."),
            "TimeAttention": _("Try: copy a row of hs_enc into hs_dec. Does that step look at that row?"),
        }[layer]
    )


def axis(name: str, _: Translator) -> str:
    """What an axis runs along."""
    return {
        "N": _("batch"),
        "T": _("time"),
        "T_enc": _("encoder time"),
        "T_dec": _("decoder time"),
        "H": _("hidden units"),
        "H_in": _("hidden units"),
    }[name]


def edges(axes: tuple[str, ...], _: Translator) -> str:
    """Which axes the rows and columns of one sample of an array are."""
    row = _("rows {letter}: axis {number}, {name}")
    column = _("columns {letter}: axis {number}, {name}")
    shown = ArraySpec("", axes).axes_of_sample
    first = len(axes) - len(shown)
    return " · ".join(
        template.format(letter=LETTERS[name], number=number, name=axis(name, _))
        for number, (name, template) in enumerate(zip(shown, (row, column)[-len(shown) :], strict=True), start=first)
    )


def array_sentence(error: ArrayTextError, _: Translator) -> str:
    """Why an array stays as it was, and what to do."""
    expected = _(" or ").join(map(str, error.expected))
    sentences = {
        ArrayReason.EMPTY: _("There is no number where one is needed; the numbers before stay."),
        ArrayReason.TOO_LONG: _("The text has {found} characters; an array for this page needs at most {limit}."),
        ArrayReason.NOT_A_NUMBER: _("“{found}” is not a number. Only numbers, commas and square brackets are read."),
        ArrayReason.NOT_FINITE: _("“{found}” has no gradient to check. Please put a finite number there."),
        ArrayReason.TOO_LARGE: _("“{found}” is too large; numbers from −{largest} to {largest} can be checked."),
        ArrayReason.BRACKETS: _(
            "The brackets do not match near “{found}”. An array is one list, as in [[1, 2], [3, 4]]."
        ),
        ArrayReason.COMMAS: _("There is a comma without a number before it."),
        ArrayReason.RAGGED: _("The rows are not all alike: next to each other stand shapes {found}."),
        ArrayReason.SHORTENED: _("The array was printed in short, with “...”. Copy it from array.tolist() instead."),
        ArrayReason.TOO_DEEP: _("The brackets are nested too deep; an array here has at most 3 axes."),
        ArrayReason.SHAPE: _(
            "The shape is {found}; here it has to be {expected}. Change the array, or the sizes above."
        ),
    }
    values = {"found": error.found, "expected": expected, "limit": str(LONGEST), "largest": f"{LARGEST:g}"}
    sentence = sentences[error.reason]
    # Not format: what was found may hold braces.
    for name in ("limit", "largest", "expected", "found"):
        sentence = sentence.replace("{" + name + "}", values[name])
    return sentence
