"""What `core` is measured against computes the same as `core`: else its time would say nothing."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from benchmarks import floor, layer_by_layer
from benchmarks.sizes import MAX_GRAD, Sizes, dates, first_parameters, random_ids
from core.decoding.greedy import step_greedily
from core.models.attention_seq2seq import AttentionSeq2seq
from core.training.optimizers import Adam, clip_grads

SMALL = Sizes(N=24, D=5, H=8)
START = 26  # "_"

needs_pytorch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch, an optional dependency of benchmarks, is not installed"
)


def large_parameters():
    """Parameters large enough that attention, gates and logits are not all alike."""
    return [(4 * p).astype(np.float32) for p in first_parameters(SMALL)]


def core_model():
    model = AttentionSeq2seq(SMALL.V, SMALL.D, SMALL.H)
    for param, value in zip(model.params, large_parameters(), strict=True):
        param[...] = value
    return model


def batches():
    return {"dates": dates(SMALL.N, seed=1), "random": random_ids(SMALL.N, SMALL, seed=1)}


def assert_close(got, expected, name=""):
    np.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-5 * np.abs(expected).max(), err_msg=name)


@pytest.mark.parametrize("data", ["dates", "random"])
def test_layer_by_layer_has_the_loss_and_the_gradients_of_core(data):
    xs, ts = batches()[data]
    core, plain = core_model(), layer_by_layer.AttentionSeq2seq(large_parameters())
    assert_close(plain.forward(xs, ts), float(core.forward(xs, ts)))
    core.backward()
    plain.backward()
    for name, got, expected in zip(core.parameter_names, plain.grads, core.grads, strict=True):
        assert got.dtype == np.float32
        assert_close(got, expected, name)


def test_layer_by_layer_learns_as_core_does():
    xs, ts = batches()["dates"]
    core, plain = core_model(), layer_by_layer.AttentionSeq2seq(large_parameters())
    core_adam, plain_adam = Adam(), layer_by_layer.Adam(plain.params)
    for _ in range(3):
        core.forward(xs, ts)
        core.backward()
        norm = clip_grads(core.grads, 0.5)
        assert norm > 0.5  # what is clipped is clipped
        core_adam.update(core.params, core.grads)
        plain.forward(xs, ts)
        plain.backward()
        layer_by_layer.clip_grads(plain.grads, 0.5)
        plain_adam.update(plain.params, plain.grads)
    for name, got, expected, first in zip(
        core.parameter_names, plain.params, core.params, large_parameters(), strict=True
    ):
        assert got.dtype == np.float32
        # Adam's first steps are as long where the gradient is almost nothing, and rounding decides their direction.
        assert np.abs(got - expected).mean() < 0.01 * np.abs(expected - first).mean(), name


def test_layer_by_layer_writes_and_looks_as_core_does():
    xs, _ = batches()["dates"]
    core, plain = core_model(), layer_by_layer.AttentionSeq2seq(large_parameters())
    expected_ids, expected_weights = [], []
    for step in step_greedily(core, xs[:1], START, SMALL.T_dec):
        expected_ids.append(int(step.output_ids[0]))
        expected_weights.append(core.decoder.attention.attention_weights[0, 0])
    ids, weights = plain.generate(xs[:1], START, SMALL.T_dec)
    assert ids == expected_ids
    assert_close(weights, np.array(expected_weights))


def flops(*groups):
    """Multiplications of numbers in all products of the groups."""
    return sum(left.size * right.shape[-1] for group in groups for left, right, _ in group)


def test_floor_multiplies_as_often_as_the_equations():
    N, T_enc, T_dec, V, D, H = sizes = Sizes(N=3, T_enc=5, T_dec=4, V=7, D=2, H=6)
    products = floor.Products(sizes)
    lstm_step = N * D * 4 * H + N * H * 4 * H
    attention = 2 * N * T_dec * T_enc * H
    affine = N * T_dec * 2 * H * V
    forward = (T_enc + T_dec) * lstm_step + attention + affine
    assert flops(products.encoder.forward, products.decoder.forward, products.attention, products.affine) == forward
    backward = [products.encoder.backward, products.decoder.backward]
    assert flops(*backward, products.attention_backward, products.affine_backward) == 2 * forward
    one_step = lstm_step + attention // T_dec + affine // T_dec
    assert flops(products.decoder.step, products.attention_step, products.affine_step) == one_step


def test_floor_computes_its_products():
    products = floor.Products(Sizes(N=3, T_enc=5, T_dec=4, V=7, D=2, H=6))
    products.train()
    for left, right, out in (*products.affine, *products.attention_backward[:1], *products.encoder.backward[-3:]):
        np.testing.assert_allclose(out, left @ right, rtol=1e-5, atol=1e-5)
    products.decode()
    for left, right, out in (*products.attention_step, *products.affine_step):
        np.testing.assert_allclose(out, left @ right, rtol=1e-5, atol=1e-5)


@needs_pytorch
@pytest.mark.parametrize("data", ["dates", "random"])
def test_pytorch_has_the_loss_and_the_gradients_of_core(data):
    import torch

    from benchmarks import pytorch

    xs, ts = batches()[data]
    core, model = core_model(), pytorch.AttentionSeq2seq(large_parameters())
    loss = model.loss(torch.from_numpy(xs), torch.from_numpy(ts))
    assert_close(float(loss.detach()), float(core.forward(xs, ts)))
    loss.backward()
    core.backward()
    expected = pytorch.as_pytorch_keeps_them(core.grads)
    second_biases = (4, 9)  # those that only PyTorch has
    for k, (param, gradient) in enumerate(zip(model.params, expected, strict=True)):
        if k not in second_biases:
            assert_close(param.grad.numpy(), gradient, f"parameter {k}")


@needs_pytorch
def test_pytorch_writes_and_looks_as_core_does():
    import torch

    from benchmarks import pytorch

    xs, _ = batches()["dates"]
    core, model = core_model(), pytorch.AttentionSeq2seq(large_parameters())
    expected_ids, expected_weights = [], []
    for step in step_greedily(core, xs, START, SMALL.T_dec):
        expected_ids.append(step.output_ids)
        expected_weights.append(core.decoder.attention.attention_weights[0])
    ids, weights = model.generate(torch.from_numpy(xs), START, SMALL.T_dec)
    assert ids.numpy().tolist() == np.stack(expected_ids, axis=1).tolist()
    assert_close(weights.numpy(), np.stack(expected_weights, axis=1))


@needs_pytorch
def test_pytorch_clips_and_updates():
    import torch

    from benchmarks import pytorch

    xs, ts = batches()["dates"]
    training = pytorch.Training(large_parameters())
    before = [param.detach().clone() for param in training.model.params]
    losses = [float(training.iterate(torch.from_numpy(xs), torch.from_numpy(ts))) for _ in range(5)]
    assert losses[-1] < losses[0]
    assert all(not torch.equal(a, b) for a, b in zip(before, training.model.params, strict=True))
    assert sum(float((p.grad**2).sum()) for p in training.model.params) ** 0.5 <= MAX_GRAD * 1.001
