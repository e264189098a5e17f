"""What the lab remarks about the book's code is so."""

from __future__ import annotations

import numpy as np
import pytest

from core.analysis.layer_lab import LAYERS, Sizes, draw, run
from viz_app.pages.lab.words import remark
from viz_app.text.i18n import untranslated as _

SIZES = Sizes()
N, T, H = SIZES.N, SIZES.T, SIZES.H


def test_the_repeats_are_not_needed_and_the_misprint_does_not_fit() -> None:
    arrays = draw("WeightSum", SIZES, seed=0)
    hs, a = arrays["hs"], arrays["a"]
    repeated = a.reshape(N, T, 1).repeat(H, axis=2)
    np.testing.assert_array_equal(hs * repeated, hs * a.reshape(N, T, 1))
    np.testing.assert_allclose((hs * repeated).sum(axis=1), run("WeightSum", arrays).output, rtol=1e-12)
    misprinted = a.reshape(N, T, 1).repeat(T, axis=1)
    assert misprinted.shape == (N, T * T, 1)
    with pytest.raises(ValueError, match="could not be broadcast"):
        hs * misprinted
    h = draw("AttentionWeight", SIZES, seed=0)["h"]
    np.testing.assert_array_equal(hs * h.reshape(N, 1, H).repeat(T, axis=1), hs * h.reshape(N, 1, H))


def test_it_is_said_where_the_book_has_it() -> None:
    assert "T·T rows" in remark("WeightSum", _) and "is right here" in remark("AttentionWeight", _)
    assert [remark(layer, _) for layer in LAYERS if layer in ("Attention", "TimeAttention")] == ["", ""]
