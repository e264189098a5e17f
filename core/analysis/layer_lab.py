"""One layer of attention on small arrays: draw them, run forward and backward, and check the gradient on the spot.

    >>> arrays = draw("Attention", Sizes(), seed=0)
    >>> result = run("Attention", arrays)
    >>> result.output.shape, sorted(result.gradients), all(check.agrees() for check in result.checks.values())
    ((3, 4), ['h', 'hs'], True)

Everything is float64, so that finite differences have digits to spare; a model computes in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from core.backend.arrays import Float64Array
from core.layers.attention import Attention, AttentionWeight, TimeAttention, WeightSum
from core.layers.gradient_check import GradientDifference, check_gradient
from core.layers.scores import SCORES, Score

LARGEST: Final = 1000.0
"""The largest absolute value of an element. Above it finite differences lose their digits."""

DOUTS: Final = ("random", "ones")
"""What the gradient of the output can be, without being typed."""


class LayerLabError(ValueError):
    """An array, a size or a name that the lab cannot use; the message says what it expects."""


@dataclass(frozen=True)
class Sizes:
    """How long each axis is: N samples, T (or T_enc) encoder steps, T_dec decoder steps, H hidden units."""

    N: int = 3
    T: int = 5
    T_dec: int = 3
    H: int = 4

    def __post_init__(self) -> None:
        for name, limit in LIMITS.items():
            if not 1 <= getattr(self, name) <= limit:
                raise LayerLabError(f"got {name} = {getattr(self, name)}; expected 1 to {limit}")

    def length(self, axis: str) -> int:
        """The length of the axis named "N", "T", "T_enc" (another name of T), "T_dec", "H" or "H_in" (of H)."""
        length: int = getattr(self, _OTHER_NAMES.get(axis, axis))
        return length


_OTHER_NAMES: Final[Mapping[str, str]] = {"T_enc": "T", "H_in": "H"}


LIMITS: Final[Mapping[str, int]] = {"N": 6, "T": 8, "T_dec": 8, "H": 8}
"""The largest sizes: what a person can overlook, and a check in some 0.1 s."""


class ArraySpec(NamedTuple):
    """The name of an array and of its axes, as in ("hs", ("N", "T", "H"))."""

    name: str
    axes: tuple[str, ...]

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """The shape that the array has for these sizes."""
        return tuple(sizes.length(axis) for axis in self.axes)

    @property
    def has_samples(self) -> bool:
        """Is the first axis the batch? A parameter is the same for all samples."""
        return self.axes[0] == "N"

    @property
    def axes_of_sample(self) -> tuple[str, ...]:
        """The axes of what is seen at once: of one sample, or of a whole parameter."""
        return self.axes[1:] if self.has_samples else self.axes

    def sample(self, array: Float64Array, n: int) -> Float64Array:
        """What is seen at once: sample n, or the whole parameter; a view of the array."""
        part: Float64Array = array[n] if self.has_samples else array
        return part


@dataclass(frozen=True)
class LabLayer:
    """A layer that the lab can run.

    Attributes:
        name: its key in `LAYERS`.
        kind: the name of its class.
        make: a new layer, of its parameters in their order.
        inputs: the arguments of its forward, in order.
        output: what its forward returns.
        weights: axes of its attention weights, sample first; None where they are an input.
        parameters: of its score function.
        score: the key of its score function in `core.layers.scores.SCORES`; None where it takes the dot product only.
    """

    name: str
    kind: str
    make: Callable[..., Any]
    inputs: tuple[ArraySpec, ...]
    output: ArraySpec
    weights: tuple[str, ...] | None
    parameters: tuple[ArraySpec, ...] = ()
    score: str | None = None

    @property
    def given(self) -> tuple[ArraySpec, ...]:
        """What has a gradient: the inputs, then the parameters."""
        return (*self.inputs, *self.parameters)

    @property
    def arrays(self) -> tuple[ArraySpec, ...]:
        """All that a person gives: `given`, and `dout`, the gradient of the output."""
        return (*self.given, ArraySpec("dout", self.output.axes))

    @property
    def sizes(self) -> tuple[str, ...]:
        """The names in `Sizes` that matter for this layer."""
        axes = {axis for spec in self.arrays for axis in spec.axes}
        return tuple(name for name in LIMITS if name in axes or (name == "T" and "T_enc" in axes))


_HS: Final = ArraySpec("hs", ("N", "T", "H"))
_A: Final = ArraySpec("a", ("N", "T"))
_H: Final = ArraySpec("h", ("N", "H"))
_C: Final = ArraySpec("c", ("N", "H"))

# W and the like, (H_in, H), and v, (H,): what `Score.shapes` gives for H.
_PARAMETER_AXES: Final[Mapping[int, tuple[str, ...]]] = {1: ("H",), 2: ("H_in", "H")}


def _with_score(name: str, score: type[Score]) -> LabLayer:
    """`TimeAttention` with a score function: that of the dot product has no more to its name."""
    parameters = zip(score.parameter_names, score.shapes(1), strict=True)
    return LabLayer(
        "TimeAttention" if name == "dot" else f"TimeAttention-{name}",
        "TimeAttention",
        lambda *params: TimeAttention(score=score(*params)),
        (ArraySpec("hs_enc", ("N", "T_enc", "H")), ArraySpec("hs_dec", ("N", "T_dec", "H"))),
        ArraySpec("context", ("N", "T_dec", "H")),
        ("N", "T_dec", "T_enc"),
        tuple(ArraySpec(parameter, _PARAMETER_AXES[len(shape)]) for parameter, shape in parameters),
        name,
    )


LAYERS: Final[Mapping[str, LabLayer]] = {
    layer.name: layer
    for layer in (
        LabLayer("WeightSum", "WeightSum", WeightSum, (_HS, _A), _C, None),
        LabLayer("AttentionWeight", "AttentionWeight", AttentionWeight, (_HS, _H), _A, ("N", "T")),
        LabLayer("Attention", "Attention", Attention, (_HS, _H), _C, ("N", "T")),
        *(_with_score(name, score) for name, score in SCORES.items()),
    )
}
"""By name; `TimeAttention` once for every score function."""


@dataclass(frozen=True, eq=False)
class LabResult:
    """What a layer made of its arrays; all float64.

    Attributes:
        output: forward of the inputs.
        weights: the attention weights, (N, T) or (N, T_dec, T_enc); None where they are an input.
        scores: what the softmax was given, (N, T_dec, T_enc); None where the layer keeps none.
        gradients: backward of `dout`, by the name of the input or parameter, each in its shape.
        checks: how far each gradient is from finite differences of L = sum(output * dout).
    """

    output: Float64Array
    weights: Float64Array | None
    scores: Float64Array | None
    gradients: Mapping[str, Float64Array]
    checks: Mapping[str, GradientDifference]


def layer_of(name: str) -> LabLayer:
    """The layer of this name.

    Raises:
        LayerLabError: there is none.
    """
    if name not in LAYERS:
        raise LayerLabError(f"no layer {name[:60]!r}; expected one of {', '.join(LAYERS)}")
    return LAYERS[name]


def draw(name: str, sizes: Sizes, seed: int, dout: str = "random") -> dict[str, Float64Array]:
    """Arrays for a layer, the same for the same seed.

    Standard normal numbers of two decimals, divided by sqrt(H) for parameters. The weights `a` are hundredths that add
    up to exactly 100 of them.

    Args:
        name: a key of `LAYERS`.
        sizes: how long the axes are.
        seed: not negative.
        dout: "random" or "ones".
    Returns:
        the inputs and `dout` by name, in the order of `LabLayer.arrays`; float64.
    Raises:
        LayerLabError: no such layer or `dout`, or a negative seed.
    """
    if dout not in DOUTS:
        raise LayerLabError(f"got dout {dout!r}; expected one of {', '.join(DOUTS)}")
    if seed < 0:
        raise LayerLabError(f"got seed {seed}; expected 0 or more")
    rng = np.random.default_rng(seed)
    arrays = {spec.name: _draw(spec, sizes, rng) for spec in layer_of(name).given}
    shape = layer_of(name).output.shape(sizes)
    # Adding 0 turns -0.0 into 0.0, which a table shows without a sign.
    arrays["dout"] = np.ones(shape) if dout == "ones" else rng.standard_normal(shape).round(2) + 0.0
    return arrays


def _draw(spec: ArraySpec, sizes: Sizes, rng: np.random.Generator) -> Float64Array:
    shape = spec.shape(sizes)
    if spec == _A:
        N, T = shape
        return np.asarray(rng.multinomial(100, rng.dirichlet(np.ones(T), N)) / 100, dtype=np.float64)
    numbers = rng.standard_normal(shape)
    return (numbers if spec.has_samples else numbers / np.sqrt(sizes.H)).round(2) + 0.0


def run(name: str, arrays: Mapping[str, Float64Array]) -> LabResult:
    """Forward, backward, and the check of every gradient by finite differences.

    Args:
        name: a key of `LAYERS`.
        arrays: its inputs and `dout` by name, as `draw` gives them. They are not changed.
    Raises:
        LayerLabError: an array is missing, does not fit the others, or holds a number that is not finite or above
            `LARGEST`.
    Cost:
        2 forward passes for every element of every input: 30 ms for 100 elements on one CPU core.
    """
    lab = layer_of(name)
    own = _checked(lab, arrays)
    inputs, params = ([own[spec.name] for spec in specs] for specs in (lab.inputs, lab.parameters))
    layer = lab.make(*params)
    output = np.array(layer.forward(*inputs))
    found = (*layer.backward(own["dout"]), *layer.grads)
    gradients = {spec.name: np.array(gradient) for spec, gradient in zip(lab.given, found, strict=True)}

    def loss(_: Float64Array) -> float:
        # Of a layer that is not the one whose weights are shown.
        return float((lab.make(*params).forward(*inputs) * own["dout"]).sum())

    checks = {spec.name: check_gradient(loss, own[spec.name], gradients[spec.name]) for spec in lab.given}
    scores = np.array(layer.scores.transpose(1, 0, 2)) if isinstance(layer, TimeAttention) else None
    return LabResult(output, _weights(layer, output), scores, gradients, checks)


def _weights(layer: Any, output: Float64Array) -> Float64Array | None:
    if isinstance(layer, TimeAttention):
        return np.array(layer.attention_weights.transpose(1, 0, 2))
    if isinstance(layer, Attention):
        return np.array(layer.attention_weight)
    return output if isinstance(layer, AttentionWeight) else None


def _checked(lab: LabLayer, arrays: Mapping[str, Float64Array]) -> dict[str, Float64Array]:
    """Copies in float64 that fit each other: the check moves their elements."""
    own: dict[str, Float64Array] = {}
    lengths: dict[str, int] = {}
    for spec in lab.arrays:
        if spec.name not in arrays:
            raise LayerLabError(f"{lab.name} needs {', '.join(s.name for s in lab.arrays)}; {spec.name} is missing")
        array = np.array(arrays[spec.name], dtype=np.float64)
        axes = [_OTHER_NAMES.get(axis, axis) for axis in spec.axes]
        expected = tuple(lengths.get(axis, length) for axis, length in zip(axes, array.shape, strict=False))
        if array.ndim != len(spec.axes) or array.shape != expected or not array.size:
            known = ", ".join(f"{axis} = {length}" for axis, length in lengths.items())
            raise LayerLabError(
                f"{lab.name} got {spec.name} of shape {array.shape}; expected ({', '.join(spec.axes)})"
                + (f" with {known}" if known else "")
            )
        if not np.all(np.abs(array) <= LARGEST):
            raise LayerLabError(f"{spec.name} must hold finite numbers of at most {LARGEST:g}; change the others")
        lengths |= dict(zip(axes, array.shape, strict=True))
        own[spec.name] = array
    return own
