"""The slips crash as told, by really running them, and the mended code computes what the layers do."""

from __future__ import annotations

import numpy as np
import pytest

from core.layers.attention import WeightSum
from core.training.slips import SLIPS, Slip, SlipError, crash, run_mended

SAID = {
    "return-forgotten": ("ValueError", "zero-dimensional", "np.concatenate([c, h], axis=1)"),
    "shape-forgotten": ("ValueError", "expected 3, got 2", "N, T, H = hs_enc"),
    "list-reshaped": ("AttributeError", "'list' object has no attribute 'reshape'", "scores.reshape"),
    "counter-undefined": ("NameError", "name 't' is not defined", "hs_dec[:, t]"),
    "misspelt-affine": ("AttributeError", "no attribute 'afine'", "self.afine(out)"),
}
HS = np.arange(24.0).reshape(2, 4, 3)


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_says_what_python_says(name: str) -> None:
    said = crash(SLIPS[name])
    error, message, line = SAID[name]
    assert said.error == error
    assert message in said.message
    assert line in said.line
    assert said.is_later == (name == "return-forgotten")


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_one_line_of_code_that_is_right(name: str) -> None:
    slip = SLIPS[name]
    right, wrong = slip.right.splitlines(), slip.wrong.splitlines()
    assert len([line for line in right if line not in wrong]) == 1
    assert len([line for line in wrong if line not in right]) <= 1


def test_the_mended_code_computes_what_the_layers_do() -> None:
    context = WeightSum().forward(HS, np.full((2, 4), 0.25))
    np.testing.assert_array_equal(run_mended(SLIPS["return-forgotten"]), np.concatenate([context, np.ones((2, 3))], 1))
    np.testing.assert_array_equal(run_mended(SLIPS["shape-forgotten"]), HS.sum(axis=2))
    np.testing.assert_array_equal(run_mended(SLIPS["list-reshaped"]), HS.sum(axis=2).T)
    scored = WeightSum().forward(HS, HS.sum(axis=2))
    np.testing.assert_array_equal(run_mended(SLIPS["counter-undefined"]), np.stack([scored] * 5, axis=1))
    np.testing.assert_array_equal(run_mended(SLIPS["misspelt-affine"]), np.full((2, 3), 3.0))


def test_code_that_says_nothing_is_no_slip() -> None:
    with pytest.raises(SlipError, match="'fine' ran to its end"):
        crash(Slip("fine", "x = 1\n", "x = 1\n", "out = x\n"))
