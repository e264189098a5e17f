"""Numbers in words: the table that the browser's formatter is held to as well, in shared/numbers.test.js."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viz_app.text import narration, tables

CASES: dict[str, list[dict[str, Any]]] = json.loads(Path(__file__).with_name("numbers.json").read_text("utf-8"))
NEAREST = {"about": "{number} %", "under": "less than {number} %", "over": "more than {number} %"}


@pytest.mark.parametrize("case", CASES["number"], ids=str)
def test_a_number_has_as_many_digits(case: dict[str, Any]) -> None:
    assert tables.number(case["value"], case["digits"]) == case["text"]


@pytest.mark.parametrize("case", CASES["percent_down"], ids=str)
def test_a_share_is_rounded_down(case: dict[str, Any]) -> None:
    assert tables.percent(case["share"], str, case["digits"]) == f"{case['text']} %"


@pytest.mark.parametrize("case", CASES["percent_nearest"], ids=str)
def test_a_share_is_rounded_to_the_nearest_but_never_to_nothing_or_all(case: dict[str, Any]) -> None:
    assert narration.percent(case["share"], str) == NEAREST[case["is"]].format(number=case["number"])


@pytest.mark.parametrize("case", CASES["float32"], ids=str)
def test_the_fewest_digits_are_those_of_numpy(case: dict[str, Any]) -> None:
    value = np.float32(case["value"])
    assert float(value) == case["value"]
    assert Decimal(case["text"]) == Decimal(str(value))
