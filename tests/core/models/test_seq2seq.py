"""The three whole models: decoding, order and start of the parameters, dtypes; loss and gradients: `test_variants`."""

import numpy as np
import pytest

from core.layers.initialiser import BOOK, DEPENDABLE
from core.models.attention_seq2seq import AttentionDecoder, AttentionEncoder, AttentionSeq2seq
from core.models.peeky import PeekyDecoder
from core.models.seq2seq import Decoder, Encoder
from core.training.optimizers import Adam, clip_grads
from tests.core.checks import assert_same_dtype
from tests.core.models.whole_models import BOOK_MODELS, START, T_DEC, T_ENC, D, H, N, V, batch, make

KINDS = {name: model_class for name, (model_class, *_) in BOOK_MODELS.items()}
kinds = pytest.mark.parametrize("kind", KINDS)


# ---------------------------------------------------------------------------------------------- loss and gradients


@kinds
def test_backward_overwrites_the_gradients_and_scales_with_dout(kind):
    model, _ = make(kind)
    xs, ts = batch()
    model.forward(xs, ts)
    model.backward()
    first, kept = [g.copy() for g in model.grads], list(model.grads)
    for gradient in model.grads:
        gradient[...] = np.nan
    model.forward(xs, ts)
    model.backward(2.0)
    for gradient, same, expected in zip(model.grads, kept, first, strict=True):
        assert gradient is same
        np.testing.assert_allclose(gradient, 2 * expected, rtol=1e-12)


@kinds
def test_loss_of_a_batch_is_the_mean_over_its_samples(kind):
    model, _ = make(kind)
    xs, ts = batch(4)
    alone = [float(model.forward(xs[n : n + 1], ts[n : n + 1])) for n in range(4)]
    assert float(model.forward(xs, ts)) == pytest.approx(np.mean(alone), rel=1e-12)


@kinds
def test_decoder_reads_all_but_the_last_target_and_is_to_write_all_but_the_first(kind, monkeypatch):
    model, _ = make(kind)
    xs, ts = batch()
    seen: dict[str, np.ndarray] = {}
    decode, lose = model.decoder.forward, model.softmax.forward
    monkeypatch.setattr(model.decoder, "forward", lambda ids, encoded: seen.update(read=ids) or decode(ids, encoded))
    monkeypatch.setattr(model.softmax, "forward", lambda logits, t: seen.update(written=t) or lose(logits, t))
    model.forward(xs, ts)
    np.testing.assert_array_equal(seen["read"], ts[:, :-1])
    np.testing.assert_array_equal(seen["written"], ts[:, 1:])


# --------------------------------------------------------------------------------------------------------- decoding


# Seeds whose decoding wanders over at least three ids; most random models repeat one id for ever.
LIVELY = {"plain": (11, 20, 33, 51), "peeky": (0, 4, 12, 28), "attention": (11, 17, 25, 57)}


@pytest.mark.parametrize(("kind", "seed"), [(kind, seed) for kind, seeds in LIVELY.items() for seed in seeds])
def test_generate_follows_the_equations(kind, seed):
    model, plain = make(kind, seed=seed, scale=2.0)
    xs, _ = batch(1, seed=seed)
    ids, _ = plain.generate(xs, START, 6)
    assert len(set(ids)) >= 3, "the case tells nothing; choose another seed"
    generated = model.generate(xs, START, 6)
    assert generated == ids
    assert all(type(i) is int for i in generated)


@kinds
def test_generate_equals_a_plain_loop_over_steps(kind):
    model, _ = make(kind, seed=LIVELY[kind][0], scale=2.0)
    xs, _ = batch(1, seed=LIVELY[kind][0])
    model.decoder.start(model.encoder.forward(xs))
    ids, last = [], START
    for _ in range(6):
        last = int(np.argmax(model.decoder.step(np.array([last]))[0]))
        ids.append(last)
    assert model.generate(xs, START, 6) == ids
    assert model.generate(xs, START, 0) == []


@kinds
def test_steps_leave_the_states_and_weights_of_the_equations(kind):
    """Fed the same characters, steps one at a time and the teacher-forced pass are the same computation."""
    model, plain = make(kind)
    xs, ts = batch()
    ids = ts[:, :-1]
    hs_enc = plain.encode(xs)
    logits, hs, cs, weights = plain.decode(ids, hs_enc, hs_enc[:, -1], np.zeros((N, H)))

    whole = model.decoder.forward(ids, model.encoder.forward(xs))
    np.testing.assert_allclose(whole, logits, rtol=1e-11)
    if kind == "attention":
        np.testing.assert_allclose(
            np.array(model.decoder.attention.attention_weights), weights.transpose(1, 0, 2), rtol=1e-11
        )

    model.decoder.start(model.encoder.forward(xs))
    for t in range(T_DEC):
        np.testing.assert_allclose(model.decoder.step(ids[:, t]), logits[:, t], rtol=1e-11)
        np.testing.assert_allclose(model.decoder.lstm.h, hs[:, t], rtol=1e-11)
        np.testing.assert_allclose(model.decoder.lstm.c, cs[:, t], rtol=1e-11)
        if kind == "attention":
            np.testing.assert_allclose(model.decoder.attention.attention_weights[0], weights[:, t], rtol=1e-11)
            np.testing.assert_allclose(model.decoder.context[:, 0], np.einsum("nj,njh->nh", weights[:, t], hs_enc))


@kinds
def test_decoding_leaves_no_trace_in_training(kind):
    model, _ = make(kind)
    xs, ts = batch()
    before = float(model.forward(xs, ts))
    model.generate(batch(1, seed=1)[0], START, 4)
    assert float(model.forward(xs, ts)) == before


def test_weights_of_every_step_sum_to_one_over_the_source():
    model, _ = make("attention")
    model.forward(*batch(3))
    weights = np.array(model.decoder.attention.attention_weights)
    assert weights.shape == (T_DEC, 3, T_ENC)
    np.testing.assert_allclose(weights.sum(axis=2), 1.0, rtol=1e-13)


# ------------------------------------------------------------------------------------------------------- parameters


def expected_shapes(kind, v=V, d=D, h=H):
    decoder_input = d + h if kind == "peeky" else d
    affine_input = h if kind == "plain" else 2 * h
    return [
        (v, d), (d, 4 * h), (h, 4 * h), (4 * h,),
        (v, d), (decoder_input, 4 * h), (h, 4 * h), (4 * h,),
        (affine_input, v), (v,),
    ]  # fmt: skip


@kinds
def test_order_and_shapes_of_the_parameters(kind):
    model = KINDS[kind](V, D, H)
    assert [p.shape for p in model.params] == expected_shapes(kind)
    assert [g.shape for g in model.grads] == expected_shapes(kind)
    encoder, decoder = model.encoder, model.decoder
    in_order = [
        *encoder.embed.params, *encoder.lstm.params,
        *decoder.embed.params, *decoder.lstm.params, *decoder.affine.params,
    ]  # fmt: skip
    assert all(a is b for a, b in zip(model.params, in_order, strict=True))
    in_order = [
        *encoder.embed.grads, *encoder.lstm.grads,
        *decoder.embed.grads, *decoder.lstm.grads, *decoder.affine.grads,
    ]  # fmt: skip
    assert all(a is b for a, b in zip(model.grads, in_order, strict=True))
    assert model.parameter_names[0] == "encoder.embed.W"
    assert model.parameter_names[5] == "decoder.lstm.Wx"
    assert model.parameter_names[9] == "decoder.affine.b"


@kinds
def test_the_book_starts_from_these_scales(kind):
    v, d, h = 59, 16, 128
    model = KINDS[kind](v, d, h, rng=np.random.default_rng(0), initialiser=BOOK)
    shapes = expected_shapes(kind, v, d, h)
    for k in (0, 4):
        assert model.params[k].std() == pytest.approx(0.01, rel=0.1)
    for k in (1, 2, 5, 6, 8):
        assert model.params[k].std() == pytest.approx(shapes[k][0] ** -0.5, rel=0.05), model.parameter_names[k]
        assert abs(model.params[k].mean()) < 0.1 * model.params[k].std()
    for k in (3, 7, 9):
        assert not model.params[k].any()


@kinds
def test_the_dependable_start_turns_and_remembers(kind):
    h = 32
    model = KINDS[kind](59, 16, h, rng=np.random.default_rng(0), initialiser=DEPENDABLE)
    for k in (2, 6):
        for block in np.hsplit(model.params[k].astype(np.float64), 4):
            np.testing.assert_allclose(block @ block.T, np.eye(h), atol=1e-6)
    for k in (3, 7):
        np.testing.assert_array_equal(model.params[k], [1.0] * h + [0.0] * 3 * h)
    assert model.params[8].std() == pytest.approx(len(model.params[8]) ** -0.5, rel=0.1)
    assert not model.params[9].any()


@kinds
def test_the_same_seed_gives_the_same_model_in_both_precisions(kind):
    single, double, other = (
        KINDS[kind](V, D, H, rng=np.random.default_rng(seed), dtype=dtype)
        for seed, dtype in ((3, np.float32), (3, np.float64), (4, np.float32))
    )
    for a, b, c in zip(single.params, double.params, other.params, strict=True):
        np.testing.assert_array_equal(a, b.astype(np.float32))
        assert not a.any() or not np.array_equal(a, c)
    assert_same_dtype(np.float32, single.params)
    assert_same_dtype(np.float64, double.params)


def test_two_models_share_nothing():
    one, two = AttentionSeq2seq(V, D, H), AttentionSeq2seq(V, D, H)
    for a in one.params + one.grads:
        assert not any(np.shares_memory(a, b) for b in two.params + two.grads)
    assert not np.array_equal(one.params[0], two.params[0])


@pytest.mark.parametrize("part", [Encoder, Decoder, PeekyDecoder, AttentionEncoder, AttentionDecoder])
def test_parts_can_be_built_alone_as_in_the_book(part):
    built = part(V, D, H)
    assert_same_dtype(np.float32, built.params, built.grads)
    assert [p.shape for p in built.params] == [g.shape for g in built.grads]


# --------------------------------------------------------------------------------------------- float32 and learning


@kinds
def test_float32_stays_float32_and_near_float64(kind):
    model, plain = make(kind, np.float32)
    xs, ts = batch()
    optimizer = Adam(lr=np.float64(0.01))
    loss = model.forward(xs, ts)
    assert float(loss) == pytest.approx(plain.loss(xs, ts), rel=1e-5)
    model.backward()
    assert_same_dtype(np.float32, loss, model.encoder.hs, model.grads)
    for lstm in (model.encoder.lstm, model.decoder.lstm):
        assert_same_dtype(np.float32, lstm.h, lstm.c, lstm.dh, lstm.dc)
    if kind == "attention":
        attention = model.decoder.attention
        assert_same_dtype(np.float32, attention.attention_weights, attention.scores, model.decoder.context)

    clip_grads(model.grads, np.float64(0.1))
    optimizer.update(model.params, model.grads)
    assert_same_dtype(np.float32, model.params, model.grads, *optimizer.slots.values())
    assert_same_dtype(np.float32, model.forward(xs, ts))
    model.decoder.start(model.encoder.forward(xs))
    assert_same_dtype(np.float32, model.decoder.step(ts[:, 0]))


def test_attention_learns_to_write_a_word_backwards():
    """The whole machine turned on: within a few hundred updates every held-out word is reversed."""
    rng = np.random.default_rng(0)
    words = np.array([[a, b, c, d] for a in range(1, 6) for b in range(1, 6) for c in range(1, 6) for d in range(1, 6)])
    rng.shuffle(words)
    train, test = words[100:], words[:100]
    model = AttentionSeq2seq(6, 8, 24, rng=rng, initialiser=DEPENDABLE)
    optimizer = Adam(lr=0.01)
    for _ in range(300):
        xs = train[rng.integers(0, len(train), 32)]
        ts = np.concatenate([np.zeros((32, 1), int), xs[:, ::-1]], axis=1)
        model.forward(xs, ts)
        model.backward()
        clip_grads(model.grads, 5.0)
        optimizer.update(model.params, model.grads)
    right = sum(model.generate(word[None], 0, 4) == list(word[::-1]) for word in test)
    assert right >= 95
