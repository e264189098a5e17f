"""What a visitor of the layer lab looks at, in one typed value: `LabView`, its form in the URL, and in the session.

The manner of `viz_app.session.state`, with two differences. The page writes all its parameters itself, since no part of
it lives in the browser only. And a URL that says nothing of the lab, as the navigation makes one, leaves the lab as it
was left: nobody loses typed numbers by a look at another page.

Two views are kept: the one that is shown, and the one that its tables started from (`start`). Streamlit's table keeps
what is typed into it and gives the difference from what it was made of, so a table must not be given other numbers
while somebody types in it. Everything but typing makes a new start, and with it new tables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import numpy as np
import streamlit as st

from core.analysis.layer_lab import DOUTS, LARGEST, LAYERS, LIMITS, ArraySpec, LabLayer, LabResult, Sizes, draw, run
from core.backend.arrays import Float64Array
from viz_app.pages.lab.arrays import ArrayTextError, format_array
from viz_app.session import state
from viz_app.text.messages import Problem

Edits = tuple[tuple[str, tuple[float, ...]], ...]

LARGEST_SEED: Final = 9999
# Longer addresses are cut by chat programs and refused by servers on the way.
_LONGEST_EDITS: Final = 4000
_UNDO_AT_MOST: Final = 50
# A comma would become %2C in an address.
_BETWEEN: Final = "_"
_NUMBER: Final = re.compile(r"-?\d{1,4}(\.\d{1,20})?(e-\d{1,3})?", re.ASCII)

_VIEW: Final = "lab_view"
_START: Final = "lab_start"
_BEFORE: Final = "lab_views_before"
_PROBLEMS: Final = "lab_problems"
_SEEN: Final = "lab_url_as_last_seen"
_VERSION: Final = "lab_version_of_the_tables"
_COMPLAINTS: Final = "lab_complaints"


@dataclass(frozen=True)
class LabView:
    """Everything that a link to the lab has to say.

    Attributes:
        layer: one of `LAYERS`.
        N, T, T_dec, H: the sizes; T is T_enc where there is T_dec.
        seed: of the draw, 0 to `LARGEST_SEED`.
        n: the sample that is shown, from 0.
        dout: one of `DOUTS`, unless `edits` has it.
        edits: arrays that are not as drawn: names and values, the last axis first to change.
    """

    layer: str = "TimeAttention"
    N: int = Sizes.N
    T: int = Sizes.T
    T_dec: int = Sizes.T_dec
    H: int = Sizes.H
    seed: int = 0
    n: int = 0
    dout: str = DOUTS[0]
    edits: Edits = ()

    @property
    def lab(self) -> LabLayer:
        """The layer."""
        return LAYERS[self.layer]

    @property
    def sizes(self) -> Sizes:
        """The sizes."""
        return Sizes(self.N, self.T, self.T_dec, self.H)


# --- The arrays of a view ---------------------------------------------------------------------------------------------


def arrays_of(view: LabView) -> dict[str, Float64Array]:
    """The inputs and `dout` as they are shown: drawn, then edited."""
    shapes = {spec.name: spec.shape(view.sizes) for spec in view.lab.arrays}
    edits = {name: np.array(values).reshape(shapes[name]) for name, values in view.edits}
    return draw(view.layer, view.sizes, view.seed, view.dout) | edits


def with_array(view: LabView, name: str, array: Float64Array) -> LabView:
    """The view with this array in the place of its own; one that is as drawn counts as not edited."""
    edits = dict(view.edits)
    edits.pop(name, None)
    if not np.array_equal(array, draw(view.layer, view.sizes, view.seed, view.dout)[name]):
        edits[name] = tuple(array.ravel().tolist())
        # One way to say it: of a typed gradient it does not matter what it would be otherwise.
        view = replace(view, dout=DOUTS[0]) if name == "dout" else view
    return replace(view, edits=tuple(sorted(edits.items())))


def changed(view: LabView, **changes: Any) -> LabView:
    """The view with other settings. Edits stay where the layer and the sizes do, but not through a new draw."""
    new = replace(view, **changes)
    if changes.keys() & {"layer", "seed", "N", "T", "T_dec", "H"}:
        new = replace(new, edits=())
    if "dout" in changes:
        new = replace(new, edits=tuple(edit for edit in new.edits if edit[0] != "dout"))
    return replace(new, n=min(new.n, new.N - 1))


def result_of(view: LabView) -> LabResult:
    """What the layer makes of the arrays; the same object for every view that differs only in the sample shown."""
    return _result(replace(view, n=0))


@lru_cache(maxsize=128)
def _result(view: LabView) -> LabResult:
    return run(view.layer, arrays_of(view))


def notebook(view: LabView) -> str:
    """Python that does in a notebook what the page does."""
    lab, drawn = view.lab, draw(view.layer, view.sizes, view.seed, view.dout)
    lines = [
        "import numpy as np",
        f"from core.layers.attention import {view.layer}",
        "from core.layers.gradient_check import check_gradient",
        "",
    ]
    lines.append(f"rng = np.random.default_rng({view.seed})")
    lines += [f"{spec.name} = {_draw_line(spec, view)}" for spec in lab.arrays]
    edited = arrays_of(view)
    lines += [f"{name} = {format_array(edited[name])}" for name in drawn if name in dict(view.edits)]
    inputs = ", ".join(spec.name for spec in lab.inputs)
    gradients = ", ".join(f"d{spec.name}" for spec in lab.inputs)
    lines += [
        "",
        f"layer = {view.layer}()",
        f"{lab.output.name} = layer.forward({inputs})",
        f"{gradients} = layer.backward(dout)",
        "",
        "def loss(x):",
        f"    return ({view.layer}().forward({inputs}) * dout).sum()",
        "",
    ]
    lines += [f"print(check_gradient(loss, {spec.name}, d{spec.name}))" for spec in lab.inputs]
    return "\n".join(lines)


def _draw_line(spec: ArraySpec, view: LabView) -> str:
    shape = spec.shape(view.sizes)
    if spec.name == "a":
        return f"rng.multinomial(100, rng.dirichlet(np.ones({view.T}), {view.N})) / 100"
    if spec.name == "dout" and view.dout == "ones":
        return f"np.ones({shape})"
    return f"rng.standard_normal({shape}).round(2)"


# --- The URL ----------------------------------------------------------------------------------------------------------


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


# --- The session ------------------------------------------------------------------------------------------------------


def requested() -> LabView:
    """What this visitor asks for now: the last answer to `ask` or `typed`, unless the URL says something new."""
    session = st.session_state
    names = {field.name for field in fields(LabView)} | {s.name for lab in LAYERS.values() for s in lab.arrays}
    query = {name: value for name, value in st.query_params.to_dict().items() if name in names}
    if _VIEW not in session or (query and query != session[_SEEN]):
        view, session[_PROBLEMS] = from_query(query)
        _start(view)
    session[_SEEN] = query
    asked_for: LabView = session[_VIEW]
    return asked_for


def request(**changes: Any) -> None:
    """Ask for other settings, from a widget's callback."""
    show(changed(requested(), **changes))


def show(view: LabView) -> None:
    """Show another view, from a widget's callback; it can be undone."""
    _remember(requested())
    _start(view)


def typed(view: LabView) -> None:
    """Show what has been typed into a table, which stays as it is."""
    _remember(requested())
    st.session_state[_VIEW] = view


def undo() -> None:
    """Go back to the view before the last change, if there was one."""
    if can_undo():
        st.session_state[_PROBLEMS], st.session_state[_COMPLAINTS] = (), {}
        _start(st.session_state[_BEFORE].pop())


def can_undo() -> bool:
    """Has anything been changed?"""
    return bool(st.session_state.get(_BEFORE))


def complain(place: str, error: ArrayTextError) -> None:
    """Say at a place of the page why an array stays as it is, until something else is changed."""
    st.session_state[_COMPLAINTS] = {place: error}


def complaint(place: str) -> ArrayTextError | None:
    """What is to be said at a place of the page."""
    found: ArrayTextError | None = st.session_state.get(_COMPLAINTS, {}).get(place)
    return found


def start() -> LabView:
    """The view that the tables on the screen were made from."""
    view: LabView = st.session_state[_START]
    return view


def version() -> int:
    """A number that is new with every new start."""
    number: int = st.session_state[_VERSION]
    return number


def problems() -> tuple[Problem, ...]:
    """What could not be used of the URL that this view came from."""
    found: tuple[Problem, ...] = st.session_state.get(_PROBLEMS, ())
    return found


def record_shown(view: LabView) -> None:
    """Write the view into the URL, where it says something else.

    A URL that asks for what does not exist stays as it is, with a sentence beside it, until something is changed.
    """
    if problems() or (view == LabView() and not st.session_state[_SEEN]):
        return
    says = to_query(view)
    query = {**state.to_query(state.requested()), **says}
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)
    st.session_state[_SEEN] = says


def _start(view: LabView) -> None:
    session = st.session_state
    session[_VIEW] = session[_START] = view
    session[_VERSION] = session.get(_VERSION, 0) + 1


def _remember(view: LabView) -> None:
    st.session_state[_PROBLEMS], st.session_state[_COMPLAINTS] = (), {}
    before = st.session_state.setdefault(_BEFORE, [])
    before.append(view)
    del before[:-_UNDO_AT_MOST]
