"""What the tests of the layers have in common: memory layouts, and gradients against finite differences."""

import numpy as np

from core.layers.gradient_check import check_directional, check_gradient


def _transposed(array):
    """The same numbers as a transposed view: the axes lie in memory in the opposite order."""
    return np.ascontiguousarray(array.T).T


def _stepped(array):
    """The same numbers as every second element, last first, of a larger array of NaN."""
    larger = np.full([2 * size for size in array.shape], np.nan if array.dtype.kind == "f" else -(10**6))
    view = larger.astype(array.dtype)[tuple(slice(None, None, -2) for _ in array.shape)]
    view[...] = array
    return view


LAYOUTS = {
    "contiguous": lambda array: np.array(array, order="C"),
    "fortran": lambda array: np.array(array, order="F"),
    "transposed": _transposed,
    "stepped": _stepped,
}


def normal(rng, *shape, scale=1.0, layout="contiguous", dtype=np.float64):
    return LAYOUTS[layout]((scale * rng.standard_normal(shape)).astype(dtype))


def assert_gradients(forward, backward, variables, *, layout="contiguous", seed=99):
    """Check the gradient of sum(outputs * random numbers) with respect to every variable.

    Args:
        forward: () -> one output or a tuple of them, computed from `variables`, any state reset.
        backward: one gradient an output -> dict with a gradient for every variable.
        variables: dict of float64 arrays.
        layout: memory layout of the gradients that `backward` is given.
    """
    rng = np.random.default_rng(seed)
    before = {name: x.tobytes() for name, x in variables.items()}
    douts = [normal(rng, *np.shape(out), layout=layout) for out in _tuple(forward())]
    kept = [dout.tobytes() for dout in douts]
    gradients = {name: np.array(gradient) for name, gradient in backward(*douts).items()}
    assert gradients.keys() == variables.keys()
    assert [dout.tobytes() for dout in douts] == kept, "backward changed the gradient it was given"
    assert {name: x.tobytes() for name, x in variables.items()} == before, "forward or backward changed its input"

    def total():
        return sum(float((out * dout).sum()) for out, dout in zip(_tuple(forward()), douts, strict=True))

    for name, x in variables.items():
        difference = check_gradient(lambda _: total(), x, gradients[name])
        assert difference.agrees(), f"{name}: {difference}"
    names = list(variables)
    difference = check_directional(total, [variables[n] for n in names], [gradients[n] for n in names], rng)
    assert difference.agrees(), f"all together: {difference}"


def assert_same_dtype(dtype, *arrays):
    """Every array (or every array in a list) is of `dtype`: a float64 hidden somewhere doubles the cost."""
    for array in arrays:
        for one in array if isinstance(array, list | tuple) else [array]:
            assert one.dtype == dtype, f"got {one.dtype} of shape {one.shape}"


def _tuple(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)
