"""What a visitor of the layer lab looks at, in one typed value, and the arrays and the notebook that it stands for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from core.analysis.layer_lab import DOUTS, LAYERS, ArraySpec, LabLayer, LabResult, Sizes, draw, run
from core.backend.arrays import Float64Array
from core.layers.scores import SCORES
from viz_app.pages.lab.arrays import format_array

Edits = tuple[tuple[str, tuple[float, ...]], ...]


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
    # The dot product is what a layer takes by itself.
    score = SCORES[lab.score].__name__ if lab.score not in (None, "dot") else ""
    parameters = ", ".join(spec.name for spec in lab.parameters)
    made = f"{lab.kind}(score={score}({parameters}))" if score else f"{lab.kind}()"
    lines = [
        "import numpy as np",
        f"from core.layers.attention import {lab.kind}",
        "from core.layers.gradient_check import check_gradient",
        *([f"from core.layers.scores import {score}"] if score else []),
        "",
        f"rng = np.random.default_rng({view.seed})",
    ]
    lines += [f"{spec.name} = {_draw_line(spec, view)}" for spec in lab.arrays]
    edited = arrays_of(view)
    lines += [f"{name} = {format_array(edited[name])}" for name in drawn if name in dict(view.edits)]
    inputs = ", ".join(spec.name for spec in lab.inputs)
    gradients = ", ".join(f"d{spec.name}" for spec in lab.inputs)
    lines += [
        "",
        f"layer = {made}",
        f"{lab.output.name} = layer.forward({inputs})",
        f"{gradients} = layer.backward(dout)",
        *([f"[{', '.join(f'd{spec.name}' for spec in lab.parameters)}] = layer.grads"] if lab.parameters else []),
        "",
        "def loss(x):",
        f"    return ({made}.forward({inputs}) * dout).sum()",
        "",
    ]
    lines += [f"print(check_gradient(loss, {spec.name}, d{spec.name}))" for spec in lab.given]
    return "\n".join(lines)


def _draw_line(spec: ArraySpec, view: LabView) -> str:
    shape = spec.shape(view.sizes)
    if spec.name == "a":
        return f"rng.multinomial(100, rng.dirichlet(np.ones({view.T}), {view.N})) / 100"
    if spec.name == "dout" and view.dout == "ones":
        return f"np.ones({shape})"
    if not spec.has_samples:
        return f"(rng.standard_normal({shape}) / np.sqrt({view.H})).round(2)"
    return f"rng.standard_normal({shape}).round(2)"
