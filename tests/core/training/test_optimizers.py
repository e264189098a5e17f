"""SGD, Adam and clipping: known numbers, the equations in scalars, memory layouts, dtypes."""

import math

import numpy as np
import pytest

from core.training.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, Momentum, clip_grads
from tests.core.checks import LAYOUTS, assert_same_dtype, normal
from tests.fake_device import FakeDeviceBackend

layouts = pytest.mark.parametrize("layout", LAYOUTS)


kinds = pytest.mark.parametrize("name", OPTIMIZERS)


@pytest.fixture
def rng():
    return np.random.default_rng(70)


def adam_in_scalars(param, grads, lr, beta1=0.9, beta2=0.999):
    """One number through len(grads) updates, as in the book."""
    m = v = 0.0
    for k, grad in enumerate(grads, start=1):
        rate = lr * math.sqrt(1 - beta2**k) / (1 - beta1**k)
        m += (1 - beta1) * (grad - m)
        v += (1 - beta2) * (grad * grad - v)
        param -= rate * m / (math.sqrt(v) + 1e-7)
    return param


# ---------------------------------------------------------------------------------------------------------- SGD


def test_sgd_of_hand_computed_numbers():
    param, grad = np.array([1.0, -2.0]), np.array([10.0, 4.0])
    SGD(lr=0.1).update([param], [grad])
    np.testing.assert_allclose(param, [0.0, -2.4])
    np.testing.assert_array_equal(grad, [10.0, 4.0])
    SGD().update([param], [grad])
    np.testing.assert_allclose(param, [-0.1, -2.44])


# --------------------------------------------------------------------------------------------------------- Adam


def test_adam_of_hand_computed_numbers():
    # First update: m = 0.1 g, v = 0.001 g^2, rate = lr sqrt(0.001) / 0.1; step = lr g / (|g| + 1e-7 / sqrt(0.001))
    param, tiny = np.array([1.0, 1.0, 1.0]), 1e-7 / math.sqrt(0.001)
    Adam(lr=0.5).update([param], [np.array([2.0, -300.0, 0.0])])
    np.testing.assert_allclose(param, [1 - 1 / (2 + tiny), 1 + 150 / (300 + tiny), 1.0], rtol=1e-13)


@layouts
def test_adam_follows_the_equations(rng, layout):
    shapes = ((3, 4), (5,), (2, 2, 2))
    params = [normal(rng, *shape, layout=layout) for shape in shapes]
    started = [p.copy() for p in params]
    history = [[normal(rng, *shape, layout=layout) for shape in shapes] for _ in range(4)]
    optimizer = Adam(lr=0.02, beta1=0.8, beta2=0.99)
    for grads in history:
        before = [g.copy() for g in grads]
        optimizer.update(params, grads)
        for grad, kept in zip(grads, before, strict=True):
            np.testing.assert_array_equal(grad, kept)
    assert optimizer.iter == 4
    for k, (param, start) in enumerate(zip(params, started, strict=True)):
        for index in np.ndindex(param.shape):
            expected = adam_in_scalars(start[index], [grads[k][index] for grads in history], 0.02, 0.8, 0.99)
            assert param[index] == pytest.approx(expected, rel=1e-12)


def test_adam_updates_every_element_of_a_large_parameter(rng):
    size = 40_000
    param, grads = normal(rng, size), [normal(rng, size) for _ in range(2)]
    started = param.copy()
    optimizer = Adam(lr=0.1)
    for grad in grads:
        optimizer.update([param], [grad])
    m = v = 0.0
    for k, grad in enumerate(grads, start=1):
        m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
        started -= 0.1 * math.sqrt(1 - 0.999**k) / (1 - 0.9**k) * m / (np.sqrt(v) + 1e-7)
    np.testing.assert_allclose(param, started, rtol=1e-9, atol=1e-12)


def test_adam_takes_a_new_rate_between_updates():
    param = np.array([1.0])
    optimizer = Adam(lr=0.5)
    optimizer.lr = 0.0
    optimizer.update([param], [np.array([1.0])])
    assert param[0] == 1.0
    optimizer.lr = 0.25
    optimizer.update([param], [np.array([1.0])])
    assert param[0] == pytest.approx(0.75, rel=1e-5)


def test_defaults_are_the_books():
    optimizer = Adam()
    assert (optimizer.lr, optimizer.beta1, optimizer.beta2) == (0.001, 0.9, 0.999)
    assert SGD().lr == Momentum().lr == AdaGrad().lr == 0.01
    assert Momentum().momentum == 0.9


# ----------------------------------------------------------------------------------------------- momentum, AdaGrad


def test_momentum_of_hand_computed_numbers():
    # v: -0.1 * 10 = -1, then 0.5 * -1 - 0.1 * 2 = -0.7, then 0.5 * -0.7 = -0.35
    param, optimizer = np.array([4.0]), Momentum(lr=0.1, momentum=0.5)
    for grad, expected in ((10.0, 3.0), (2.0, 2.3), (0.0, 1.95)):
        optimizer.update([param], [np.array([grad])])
        assert param[0] == pytest.approx(expected, rel=1e-14)


def test_adagrad_of_hand_computed_numbers():
    # h: 9, then 9 + 16 = 25, then 25 + 144 = 169; steps 0.5 * 3/3, 0.5 * 4/5, -0.5 * 12/13
    param, optimizer = np.array([4.0]), AdaGrad(lr=0.5)
    for grad, expected in ((3.0, 3.5), (4.0, 3.1), (-12.0, 3.1 + 6 / 13)):
        optimizer.update([param], [np.array([grad])])
        assert param[0] == pytest.approx(expected, rel=1e-6)
    never_moved = np.array([1.0])
    AdaGrad().update([never_moved], [np.zeros(1)])
    assert never_moved[0] == 1.0


# ----------------------------------------------------------------------------------------------------- all of them


@kinds
def test_slots_are_all_that_is_needed_to_go_on(rng, name):
    shapes = ((3, 4), (5,))
    history = [[normal(rng, *shape) for shape in shapes] for _ in range(5)]
    params = [normal(rng, *shape) for shape in shapes]
    one = OPTIMIZERS[name](0.1)
    for grads in history[:2]:
        one.update(params, grads)
    assert one.iter == 2
    assert all([kept.shape for kept in slot] == list(shapes) for slot in one.slots.values())

    copies, other = [param.copy() for param in params], OPTIMIZERS[name](0.1)
    other.iter = one.iter
    for slot, kept in one.slots.items():
        other.slots[slot][:] = [array.copy() for array in kept]
    for grads in history[2:]:
        one.update(params, grads)
        other.update(copies, grads)
    for a, b in zip(params, copies, strict=True):
        assert a.tobytes() == b.tobytes()


def test_the_slots_have_the_names_of_the_equations():
    names = {name: list(optimizer(0.1).slots) for name, optimizer in OPTIMIZERS.items()}
    assert names == {"adam": ["m", "v"], "adagrad": ["h"], "momentum": ["v"], "sgd": []}
    assert OPTIMIZERS["adam"](0.1).slots == {"m": [], "v": []}


@kinds
def test_an_optimizer_runs_on_a_device_without_waiting_for_it(rng, name):
    backend = FakeDeviceBackend()
    params, grads = ([backend.asarray(normal(rng, 3, 4, dtype=np.float32))] for _ in range(2))
    on_host = [params[0].get()], [grads[0].get()]
    optimizer, plain = OPTIMIZERS[name](0.1, backend=backend), OPTIMIZERS[name](0.1)
    backend.fake.reset()
    for _ in range(2):
        optimizer.update(params, grads)
        plain.update(*on_host)
    assert not backend.fake.syncs and not backend.fake.uploads
    np.testing.assert_allclose(params[0].get(), on_host[0][0], rtol=1e-6)


@kinds
def test_every_optimizer_finds_the_bottom_of_a_bowl(name):
    """f(x, y) = x^2 + 4 y^2 from (3, -2), at a rate that suits each."""
    param = np.array([3.0, -2.0])
    optimizer = OPTIMIZERS[name]({"adam": 0.1, "adagrad": 1.0, "momentum": 0.02, "sgd": 0.1}[name])
    for _ in range(300):
        optimizer.update([param], [np.array([2.0, 8.0]) * param])
    assert np.abs(param).max() < 1e-3


@pytest.mark.parametrize("make", OPTIMIZERS.values())
def test_parameters_and_gradients_that_differ_in_number_are_refused(make):
    with pytest.raises(ValueError, match="zip"):
        make().update([np.ones(2), np.ones(2)], [np.ones(2)])


@layouts
@pytest.mark.parametrize("make", OPTIMIZERS.values())
def test_update_is_in_place(rng, layout, make):
    param = normal(rng, 3, 4, layout=layout)
    before = param.copy()
    make(lr=0.1).update([param], [np.ones((3, 4))])
    assert (param < before).all()


# ----------------------------------------------------------------------------------------------------- clip_grads


def test_clip_of_hand_computed_numbers():
    grads = [np.array([3.0, 0.0]), np.array([[0.0], [4.0]])]  # length 5 over both together
    assert float(clip_grads(grads, 2.5)) == 5.0
    np.testing.assert_allclose(grads[0], [1.5, 0.0], rtol=1e-6)
    np.testing.assert_allclose(grads[1], [[0.0], [2.0]], rtol=1e-6)


@pytest.mark.parametrize("limit", [5.1, 1e6])
def test_clip_leaves_shorter_gradients_as_they_are(limit):
    grads = [np.array([3.0]), np.array([-4.0])]
    assert float(clip_grads(grads, limit)) == 5.0
    np.testing.assert_array_equal(np.concatenate(grads), [3.0, -4.0])


def test_clip_of_zero_gradients_is_zero():
    grads = [np.zeros((2, 3)), np.zeros(2)]
    assert float(clip_grads(grads, 1.0)) == 0.0
    assert not any(g.any() for g in grads)


@layouts
def test_clip_scales_all_gradients_alike_in_place(rng, layout):
    grads = [normal(rng, 3, 4, layout=layout), normal(rng, 5, layout=layout)]
    before = [g.copy() for g in grads]
    length = math.sqrt(sum((g**2).sum() for g in grads))
    assert float(clip_grads(grads, 0.5)) == pytest.approx(length, rel=1e-12)
    for grad, kept in zip(grads, before, strict=True):
        np.testing.assert_allclose(grad, kept * 0.5 / length, rtol=1e-5)
    assert math.sqrt(sum((g**2).sum() for g in grads)) == pytest.approx(0.5, rel=1e-5)


# ---------------------------------------------------------------------------------------------------------- dtypes


def test_float64_scalars_do_not_promote(rng):
    params, grads = [normal(rng, 3, 4, dtype=np.float32)], [normal(rng, 3, 4, dtype=np.float32)]
    kept = params[0], grads[0]
    adam = Adam(lr=np.float64(0.01), beta1=np.float64(0.9), beta2=np.float64(0.999))
    for _ in range(2):
        norm = clip_grads(grads, np.float64(0.5))
        adam.update(params, grads)
        for make in (SGD, Momentum, AdaGrad):
            optimizer = make(lr=np.float64(0.01))
            optimizer.update(params, grads)
            assert_same_dtype(np.float32, *optimizer.slots.values())
    assert_same_dtype(np.float32, norm, params, grads, *adam.slots.values())
    assert params[0] is kept[0] and grads[0] is kept[1]
