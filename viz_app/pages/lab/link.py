"""A view of the layer lab in the URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from math import isfinite
from typing import Any, Final

import numpy as np

from core.analysis.layer_lab import DOUTS, LARGEST, LAYERS, LIMITS
from core.backend.arrays import Float64Array
from viz_app.pages.lab.view import LabView, changed, with_array
from viz_app.text.messages import Problem

LARGEST_SEED: Final = 9999
# Longer addresses are cut by chat programs and refused by servers on the way.
_LONGEST_EDITS: Final = 4000
# A comma would become %2C in an address.
_BETWEEN: Final = "_"
_NUMBER: Final = re.compile(r"-?\d{1,4}(\.\d{1,20})?(e-\d{1,3})?", re.ASCII)


def to_query(view: LabView) -> dict[str, str]:
    """What a URL has to say of a view: the layer, and whatever is not the default."""
    defaults = LabView()
    query = {"layer": view.layer}
    for field in fields(view):
        value = getattr(view, field.name)
        if field.name not in ("layer", "edits") and value != getattr(defaults, field.name):
            query[field.name] = str(value)
    edits = {name: _BETWEEN.join(_written(value) for value in values) for name, values in view.edits}
    return query | (edits if fits_a_link(view) else {})


def fits_a_link(view: LabView) -> bool:
    """Are the edited numbers few enough for a URL?"""
    return sum(len(_written(value)) + 1 for _, values in view.edits for value in values) <= _LONGEST_EDITS


def from_query(query: Mapping[str, str]) -> tuple[LabView, tuple[Problem, ...]]:
    """The view of a URL; parameters that cannot be used are left at their defaults and reported."""
    settings: dict[str, Any] = {}
    problems = []
    for name in [field.name for field in fields(LabView) if field.name != "edits"]:
        try:
            if name in query and not (name == "dout" and _is_numbers(query[name])):
                settings[name] = _parse(name, query[name])
        except ValueError:
            problems.append(Problem(name, query[name]))
    view = changed(LabView(), **settings)
    if settings.get("n", 0) != view.n:
        view = replace(view, n=0)
        problems.append(Problem("n", query["n"]))
    for spec in view.lab.arrays:
        if spec.name not in query or (spec.name == "dout" and not _is_numbers(query["dout"])):
            continue
        try:
            view = with_array(view, spec.name, _numbers(query[spec.name], spec.shape(view.sizes)))
        except ValueError:
            problems.append(Problem(spec.name, query[spec.name]))
    return view, tuple(problems)


def _parse(name: str, value: str) -> str | int:
    """The value of a setting; ValueError where it has none."""
    if name in ("layer", "dout"):
        choices = list(LAYERS) if name == "layer" else list(DOUTS)
        return choices[choices.index(value)]
    if not (value.isascii() and value.isdigit() and len(value) <= 4):
        raise ValueError(value[:40])
    number = int(value)
    first, last = (0, LARGEST_SEED) if name == "seed" else (0, LIMITS["N"] - 1) if name == "n" else (1, LIMITS[name])
    if not first <= number <= last:
        raise ValueError(value)
    return number


def _is_numbers(value: str) -> bool:
    return value[:1] in set("-0123456789")


def _numbers(text: str, shape: tuple[int, ...]) -> Float64Array:
    """The numbers of a parameter; ValueError unless they are finite, not too large, and as many as the shape has."""
    if len(text) > 3 * _LONGEST_EDITS:
        raise ValueError(text[:40])
    values = [float(part) for part in text.split(_BETWEEN) if _NUMBER.fullmatch(part)]
    if len(values) != text.count(_BETWEEN) + 1 or not all(
        isfinite(value) and abs(value) <= LARGEST for value in values
    ):
        raise ValueError(text[:40])
    return np.array(values).reshape(shape)


def _written(value: float) -> str:
    """The shortest text that is this number again."""
    return repr(value).removesuffix(".0")
