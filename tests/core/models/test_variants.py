"""Every score function and both kinds of encoder in whole models: loss, gradients, decoding, files, learning."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from core.analysis.influence import causal_map
from core.analysis.inside import inside_step, lstm_cell_inside
from core.analysis.running_code import code_of_stages, source_of
from core.analysis.saliency import saliency
from core.backend.numpy_backend import CPU
from core.data.vocabulary import Vocabulary
from core.decoding.beam import beam_search
from core.decoding.greedy import greedy_decode
from core.decoding.interventions import Argmax, MaskPadding, Uniform
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pipeline
from core.decoding.trace_json import trace_from_dict, trace_to_dict
from core.layers.initialiser import BOOK, DEPENDABLE
from core.layers.lstm import TimeBiLSTM
from core.layers.prefixes import prefix_tree_worth_it
from core.layers.scores import SCORES
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.parameters import load_parameters, save_parameters
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Encoder
from core.models.spec import ModelSpec
from core.training.mistakes import TRAINABLE
from core.training.optimizers import Adam, clip_grads
from tests.core import reference
from tests.core.checks import LAYOUTS, assert_gradients, assert_same_dtype, normal
from tests.core.models.whole_models import BOOK_MODELS, START, T_DEC, T_ENC, VARIANTS, D, H, N, V, batch, make
from tests.core.small_models import LETTERS, make_model, make_spec
from tests.fake_device import FakeArray, FakeDeviceBackend

variants = pytest.mark.parametrize("variant", VARIANTS)
every_model = pytest.mark.parametrize("variant", BOOK_MODELS | VARIANTS)


def spec_of(variant, **changes):
    kind, _, score, both_ways = VARIANTS[variant]
    return make_spec(kind.__name__, score=score, bidirectional=both_ways, **changes)


def pipeline_of(variant, **changes):
    spec = spec_of(variant, **changes)
    return Pipeline("small", make_model(spec, dtype=np.float64, scale=1.2), spec, digest="d" * 64)


# ---------------------------------------------------------------------------------------------- loss and gradients


@every_model
@pytest.mark.parametrize("layout", LAYOUTS)
def test_loss_follows_the_equations(variant, layout):
    model, plain = make(variant)
    xs, ts = batch(layout=layout)
    assert float(model.forward(xs, ts)) == pytest.approx(plain.loss(xs, ts), rel=1e-12)


@every_model
@pytest.mark.parametrize("n", [1, 3])
def test_gradient_of_the_loss_for_every_parameter(variant, n):
    model, _ = make(variant)
    xs, ts = batch(n)

    def backward(dout):
        assert model.backward(float(dout)) is None
        return dict(zip(model.parameter_names, model.grads, strict=True))

    variables = dict(zip(model.parameter_names, model.params, strict=True))
    assert_gradients(lambda: model.forward(xs, ts), backward, variables)
    # However the same texts lie in memory, the gradients are these; finite differences again would only take longer.
    model.forward(xs, ts)
    expected = {name: gradient.copy() for name, gradient in backward(1.0).items()}
    model.forward(*batch(n, "stepped"))
    for name, gradient in backward(1.0).items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-12, atol=1e-15, err_msg=name)


@every_model
@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradient_of_what_the_encoder_hands_on(variant, layout):
    """The decoder's first state included, whose halves lie at both ends of the states of a bidirectional encoder."""
    model, _ = make(variant)
    rng = np.random.default_rng(52)
    has_attention = model.has_attention
    encoded = normal(rng, N, T_ENC, H, layout=layout) if has_attention else normal(rng, N, H, layout=layout)
    ids = batch()[1][:, :-1]

    def backward(dlogits):
        return {"encoded": model.decoder.backward(dlogits)}

    assert_gradients(lambda: model.decoder.forward(ids, encoded), backward, {"encoded": encoded})


@every_model
def test_encoder_hands_on_what_was_read(variant):
    model, plain = make(variant)
    xs, _ = batch()
    hs_enc = plain.encode(xs)
    expected = hs_enc if model.has_attention else plain.first_state(hs_enc)
    np.testing.assert_allclose(model.encoder.forward(xs), expected, rtol=1e-12)
    np.testing.assert_allclose(model.encoder.hs, hs_enc, rtol=1e-12)

    def backward(dout):
        model.encoder.backward(dout)
        return {str(k): g for k, g in enumerate(model.encoder.grads)}

    variables = {str(k): p for k, p in enumerate(model.encoder.params)}
    assert_gradients(lambda: model.encoder.forward(xs), backward, variables)


@variants
def test_gradient_of_the_embedded_characters(variant):
    """By finite differences of an embedding that only one character of one text uses."""
    model, _ = make(variant)
    xs = np.array([[0, 2, 3, 4, 5]])
    dout = normal(np.random.default_rng(53), *model.encoder.forward(xs, by_prefix=False).shape)
    gradient = model.encoder.backward_to_embeddings(dout)
    assert gradient.shape == (1, 5, D)
    W = model.encoder.embed.params[0]
    for t, id_ in enumerate(xs[0]):
        for d in range(D):
            kept, values = W[id_, d], []
            for step in (1e-6, -1e-6):
                W[id_, d] = kept + step
                values.append(float((model.encoder.forward(xs, by_prefix=False) * dout).sum()))
            W[id_, d] = kept
            assert gradient[0, t, d] == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5, abs=1e-8)


def test_the_first_state_is_what_has_read_everything():
    """Change a character: every half of the state that has not read it stays as it is, the final state never does."""
    model, _ = make("dot both ways")
    xs, _ = batch(1)
    half = H // 2
    for t in range(T_ENC):
        before = model.encoder.forward(xs).copy()
        first = _first_state(model, before)
        other = xs.copy()
        other[0, t] = (other[0, t] + 1) % V
        after = model.encoder.forward(other)
        np.testing.assert_array_equal(after[0, :t, :half], before[0, :t, :half])
        np.testing.assert_array_equal(after[0, t + 1 :, half:], before[0, t + 1 :, half:])
        assert (after[0, t:, :half] != before[0, t:, :half]).all()
        assert (after[0, : t + 1, half:] != before[0, : t + 1, half:]).all()
        assert (_first_state(model, after) != first).all()


def _first_state(model, hs_enc):
    model.decoder.start(hs_enc)
    return model.decoder.lstm.h.copy()


def test_texts_that_begin_alike_are_read_apart():
    """A bidirectional encoder cannot share what it has read of equal beginnings: the ends differ."""
    model, plain = make("general both ways")
    xs = np.repeat(batch(1)[0], 4, axis=0)
    xs[:, -1] = [0, 1, 2, 3]
    assert prefix_tree_worth_it(xs, CPU) is not None, "the case tells nothing"
    np.testing.assert_allclose(model.encoder.forward(xs), plain.encode(xs), rtol=1e-12)


# --------------------------------------------------------------------------------------------------------- decoding


@variants
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_generate_follows_the_equations(variant, seed):
    model, plain = make(variant, seed=seed, scale=1.5)
    xs, _ = batch(1, seed=seed)
    assert model.generate(xs, START, 6) == plain.generate(xs, START, 6)[0]


@variants
def test_steps_leave_the_states_and_weights_of_the_equations(variant):
    model, plain = make(variant)
    xs, ts = batch()
    ids = ts[:, :-1]
    hs_enc = plain.encode(xs)
    first = plain.first_state(hs_enc)
    logits, hs, cs, weights = plain.decode(ids, hs_enc, first, np.zeros((N, H)))
    model.decoder.start(model.encoder.forward(xs))
    for t in range(T_DEC):
        np.testing.assert_allclose(model.decoder.step(ids[:, t]), logits[:, t], rtol=1e-11)
        np.testing.assert_allclose(model.decoder.lstm.h, hs[:, t], rtol=1e-11)
        np.testing.assert_allclose(model.decoder.lstm.c, cs[:, t], rtol=1e-11)
        if model.has_attention:
            np.testing.assert_allclose(model.decoder.attention.attention_weights[0], weights[:, t], rtol=1e-11)


@variants
def test_rows_of_a_batch_can_be_selected(variant):
    model, _ = make(variant)
    xs, ts = batch()
    model.decoder.start(model.encoder.forward(xs))
    model.decoder.step(ts[:, 0])
    expected = model.decoder.step(ts[:, 1])[[1, 0, 1]]
    model.decoder.start(model.encoder.forward(xs))
    model.decoder.step(ts[:, 0])
    model.decoder.select(np.array([1, 0, 1]))
    np.testing.assert_allclose(model.decoder.step(ts[[1, 0, 1], 1]), expected, rtol=1e-12)


# ------------------------------------------------------------------------------------------------ what a page shows


@variants
@pytest.mark.parametrize("reversed_input", [True, False])
def test_a_trace_holds_the_numbers_of_the_equations(variant, reversed_input):
    pipeline = pipeline_of(variant, reversed_input=reversed_input)
    _, name, score, both_ways = VARIANTS[variant]
    plain = reference.Model(name, pipeline.model.params, score, both_ways)
    trace = pipeline.trace("bead ca")
    order = slice(None, None, -1 if reversed_input else 1)
    xs = LETTERS.encode("bead ca")[None, order]
    hs_enc = plain.encode(xs)
    first = plain.first_state(hs_enc)
    logits, hs, _, weights = plain.decode(trace.input_ids[None], hs_enc, first, np.zeros_like(first))
    np.testing.assert_allclose(trace.hs_enc, hs_enc[0, order], rtol=1e-9)
    np.testing.assert_allclose(trace.hs_dec, hs[0], rtol=1e-9)
    np.testing.assert_allclose(trace.logits, logits[0], rtol=1e-9)
    if weights is not None:
        assert trace.weights is not None
        np.testing.assert_allclose(trace.weights, weights[0][:, order], rtol=1e-9)
    assert trace_from_dict(trace_to_dict(trace)).output == trace.output


@variants
@pytest.mark.parametrize("reversed_input", [True, False])
def test_a_step_opened_up_adds_up_to_what_the_trace_holds(variant, reversed_input):
    pipeline = pipeline_of(variant, reversed_input=reversed_input)
    trace = pipeline.trace("bead c")
    for step in range(len(trace)):
        shown = inside_step(pipeline, trace, step)
        np.testing.assert_allclose(shown.parts.total(), trace.logits[step], rtol=1e-10)
        W, b = pipeline.model.decoder.affine.params
        np.testing.assert_allclose(shown.features @ W + b, trace.logits[step], rtol=1e-10)
        if shown.attention is None:
            assert trace.scores is None
            continue
        assert trace.scores is not None and trace.context is not None
        np.testing.assert_allclose(shown.attention.products.sum(axis=1), trace.scores[step], rtol=1e-10)
        np.testing.assert_allclose(shown.attention.softmax, shown.attention.weights, rtol=1e-10)
        np.testing.assert_allclose(shown.attention.weighted_states.sum(axis=0), trace.context[step], rtol=1e-10)


@variants
@pytest.mark.parametrize("reversed_input", [True, False])
def test_a_cell_opened_up_follows_the_equations_in_both_halves(variant, reversed_input):
    pipeline = pipeline_of(variant, reversed_input=reversed_input)
    trace = pipeline.trace("bead c")
    cell = lstm_cell_inside(pipeline, trace, "encoder")
    np.testing.assert_allclose(cell.cell, cell.f * cell.cell_before + cell.g * cell.i, rtol=1e-10)
    np.testing.assert_allclose(cell.hidden, cell.o * np.tanh(cell.cell), rtol=1e-10)
    lstm, both_ways = pipeline.model.encoder.lstm, pipeline.spec.bidirectional
    half = 3 if both_ways else 6
    W = pipeline.model.encoder.embed.params[0][LETTERS.encode(trace.source)]
    ahead = -1 if reversed_input else 1
    for j in range(len(trace.source)):
        for which in range(2 if both_ways else 1):
            units = slice(which * half, (which + 1) * half)
            Wx, Wh, b = lstm.params[3 * which : 3 * which + 3]
            before = j + ahead if which else j - ahead
            is_first = not 0 <= before < len(trace.source)
            h = np.zeros(half) if is_first else trace.hs_enc[before, units]
            c = np.zeros(half) if is_first else cell.cell[before, units]
            np.testing.assert_allclose(cell.hidden_before[j, units], h, rtol=1e-10)
            np.testing.assert_allclose(cell.cell_before[j, units], c, rtol=1e-10)
            f, g, i, o = np.split(W[j] @ Wx + h @ Wh + b, 4)
            for name, values in (("f", f), ("i", i), ("o", o)):
                np.testing.assert_allclose(getattr(cell, name)[j, units], 1 / (1 + np.exp(-values)), rtol=1e-10)
            np.testing.assert_allclose(cell.g[j, units], np.tanh(g), rtol=1e-10)
    decoder = lstm_cell_inside(pipeline, trace, "decoder")
    np.testing.assert_allclose(decoder.hidden, trace.hs_dec, rtol=1e-12)
    assert decoder.seen_by_second_half is None


def test_what_each_half_has_read():
    for reversed_input, seen, by_second_half in (
        (True, ("b2", "2"), ("b", "b2")),
        (False, ("b", "b2"), ("b2", "2")),
    ):
        spec = make_spec(
            bidirectional=True, reversed_input=reversed_input, source_length=2, vocabulary=Vocabulary("_ab2 ")
        )
        pipeline = Pipeline("small", make_model(spec), spec, digest="d" * 64)
        cell = lstm_cell_inside(pipeline, pipeline.trace("b2"))
        assert (cell.seen, cell.seen_by_second_half) == (seen, by_second_half)


@variants
def test_what_else_reads_a_model_works_with_it(variant):
    pipeline = pipeline_of(variant)
    trace = pipeline.trace("bead")
    tree = beam_search(pipeline, "bead", 1)
    assert tree.output(tree.finished[0]) == trace.output
    assert saliency(pipeline, "bead").output == trace.output
    assert causal_map(pipeline, "bead").output == trace.output
    assert pipeline.decode(["bead", "a", "bead"])[::2] == [trace.output] * 2
    if trace.weights is not None:
        changed = pipeline.trace("bead", [Uniform(step=0), MaskPadding(step=1), Argmax(step=2)])
        assert changed.weights is not None
        np.testing.assert_allclose(changed.weights[0], 1 / 7)
        assert not changed.weights[1, 4:].any() and set(changed.weights[2]) == {0.0, 1.0}


@variants
def test_saliency_is_the_slope_of_the_logits(variant):
    """Moving one embedded character a little moves every logit as said."""
    pipeline = pipeline_of(variant)
    found = saliency(pipeline, "bead")
    model, order = pipeline.model, slice(None, None, -1)
    W = model.encoder.embed.params[0]
    answer = [LETTERS.id_of("_"), *LETTERS.encode(found.output)[:-1]]
    ids = LETTERS.encode("bead   ")

    def logits(id_, d, step):
        W[id_, d] += step
        written = model.decoder.forward(np.array([answer]), model.encoder.forward(ids[None, order]))[0]
        W[id_, d] -= step
        return written[np.arange(4), LETTERS.encode(found.output)]

    for j, d in ((0, 0), (2, 1)):
        slope = (logits(ids[j], d, 1e-6) - logits(ids[j], d, -1e-6)) / 2e-6
        np.testing.assert_allclose(found.gradient[:, j, d], slope, rtol=1e-5, atol=1e-8)


@variants
def test_the_code_that_is_shown_is_the_code_that_runs(variant):
    pipeline = pipeline_of(variant)
    code = code_of_stages(pipeline)
    for names in code.values():
        for name in names:
            assert source_of(name).startswith("def ")
    _, _, score, both_ways = VARIANTS[variant]
    assert code["hs_enc"][1] == ("TimeBiLSTM.forward" if both_ways else "TimeLSTM.forward")
    if pipeline.model.has_attention:
        assert f"{SCORES[score].__name__}.forward" in code["scores"]
    else:
        assert "scores" not in code


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_mistaken_model_is_opened_up_as_it_computes(name):
    spec = make_spec(mistake=name)
    pipeline = Pipeline("small", make_model(spec, dtype=np.float64, scale=1.2), spec, digest="d" * 64)
    trace = pipeline.trace("bead")
    for step in range(len(trace)):
        shown = inside_step(pipeline, trace, step)
        assert shown.attention is not None and trace.scores is not None and trace.context is not None
        np.testing.assert_allclose(shown.parts.total(), trace.logits[step], rtol=1e-10)
        np.testing.assert_allclose(shown.attention.products.sum(axis=1), trace.scores[step], rtol=1e-10)
        np.testing.assert_allclose(shown.attention.weighted_states.sum(axis=0), trace.context[step], rtol=1e-10)
        assert (shown.parts.context is None) == (name == "context-not-fed")
    sources = {name: source_of(name) for names in code_of_stages(pipeline).values() for name in names}
    if name == "context-not-fed":
        assert "self.affine.forward(hs_dec)" in sources["ContextNotFedDecoder.run"]
    if name == "softmax-wrong-axis":
        assert "x[..., None]" in sources["SoftmaxOverOne.forward"]


# ------------------------------------------------------------------------------------------------------- parameters


@variants
def test_parameters_are_named_in_their_order(variant):
    model, _ = make(variant)
    _, _, score, both_ways = VARIANTS[variant]
    encoder = model.encoder.lstm
    lstms = {"forward_lstm": "forward", "backward_lstm": "backward"} if both_ways else {"lstm": ""}
    expected = ["encoder.embed.W"]
    expected += [f"encoder.{lstm}.{name}" for lstm in lstms for name in ("Wx", "Wh", "b")]
    expected += [f"decoder.{name}" for name in ("embed.W", "lstm.Wx", "lstm.Wh", "lstm.b", "affine.W", "affine.b")]
    expected += [f"decoder.score.{name}" for name in SCORES[score].parameter_names]
    assert model.parameter_names == tuple(expected)
    assert len(model.params) == len(model.grads) == len(expected)
    by_name = dict(zip(expected, model.params, strict=True))
    if both_ways:
        assert by_name["encoder.forward_lstm.Wh"] is encoder.forward_lstm.params[1]
        assert by_name["encoder.backward_lstm.b"] is encoder.backward_lstm.params[2]
        assert by_name["encoder.backward_lstm.Wh"].shape == (H // 2, 4 * H // 2)
    assert by_name["decoder.lstm.Wh"].shape == (H, 4 * H)
    for parameter, gradient in zip(model.params, model.grads, strict=True):
        assert parameter.shape == gradient.shape and not np.shares_memory(parameter, gradient)


def test_the_choice_of_a_score_leaves_the_other_parameters_as_they_start():
    models = [AttentionSeq2seq(V, D, H, rng=np.random.default_rng(3), score=score) for score in SCORES]
    for model in models[1:]:
        for mine, plain in zip(model.params, models[0].params, strict=False):
            np.testing.assert_array_equal(mine, plain)


@variants
def test_the_same_seed_gives_the_same_model_in_both_precisions(variant):
    kind, _, score, both_ways = VARIANTS[variant]
    single, double = (
        kind(V, D, H, rng=np.random.default_rng(3), dtype=dtype, score=score, bidirectional=both_ways)
        for dtype in (np.float32, np.float64)
    )
    for a, b in zip(single.params, double.params, strict=True):
        np.testing.assert_array_equal(a, b.astype(np.float32))


def test_each_direction_starts_as_an_encoder_of_half_the_size():
    h = 32
    model = AttentionSeq2seq(59, 16, h, rng=np.random.default_rng(0), initialiser=DEPENDABLE, bidirectional=True)
    assert isinstance(model.encoder.lstm, TimeBiLSTM)
    halves = (model.encoder.lstm.forward_lstm, model.encoder.lstm.backward_lstm)
    for lstm in halves:
        Wx, Wh, b = lstm.params
        assert Wx.shape == (16, 4 * h // 2)
        for block in np.hsplit(Wh.astype(np.float64), 4):
            np.testing.assert_allclose(block @ block.T, np.eye(h // 2), atol=1e-6)
        np.testing.assert_array_equal(b, [1.0] * (h // 2) + [0.0] * (3 * h // 2))
    assert not np.array_equal(halves[0].params[1], halves[1].params[1])


def test_sizes_and_scores_that_do_not_fit_are_explained():
    with pytest.raises(ValueError, match="hidden_size is 5; each direction of a bidirectional encoder gets half of it"):
        Encoder(V, D, 5, bidirectional=True)
    with pytest.raises(ValueError, match="score is 'general', but PeekySeq2seq has no attention; expected 'dot'"):
        PeekySeq2seq(V, D, H, score="general")


@variants
def test_files_keep_everything(variant, tmp_path):
    spec = spec_of(variant)
    model = make_model(spec)
    save_parameters(tmp_path / "m.safetensors", model, spec.to_metadata())
    pipeline = load_pipeline(tmp_path / "m.safetensors", "m", CPU)
    assert pipeline.spec == spec
    for mine, theirs in zip(model.params, pipeline.model.params, strict=True):
        assert mine.tobytes() == theirs.tobytes()
    other = spec.build()
    load_parameters(tmp_path / "m.safetensors", other)
    xs = LETTERS.encode("bead   ")[None, ::-1]
    assert other.generate(xs, 0, 4) == model.generate(xs, 0, 4)


@variants
def test_the_least_number_of_parameters_is_below_that_of_every_model(variant):
    for d, h in ((1, 2), (16, 256), (300, 2)):
        spec = spec_of(variant, wordvec_size=d, hidden_size=h)
        parameters = dict(zip(spec.build().parameter_names, spec.build().params, strict=True))
        spec.check_sizes(parameters)


def test_a_file_of_another_variant_is_refused(tmp_path):
    spec = make_spec(score="general")
    save_parameters(tmp_path / "m.safetensors", make_model(spec), replace(spec, score="dot").to_metadata())
    with pytest.raises(ValueError, match=r"decoder.score.W is not expected"):
        load_pipeline(tmp_path / "m.safetensors", "m", CPU)
    save_parameters(tmp_path / "m.safetensors", make_model(spec), replace(spec, bidirectional=True).to_metadata())
    with pytest.raises(ValueError, match=r"encoder.forward_lstm.Wx is missing"):
        load_pipeline(tmp_path / "m.safetensors", "m", CPU)


# ---------------------------------------------------------------------------------------- device, float32, learning


@variants
def test_training_and_decoding_on_a_device_give_the_same_numbers_without_waiting(variant):
    fake = FakeDeviceBackend()
    here, there = make(variant)[0], make(variant, backend=fake)[0]
    one, other = Adam(lr=0.05), Adam(lr=0.05, backend=fake)
    on_host, on_device = batch(), batch(backend=fake)
    for _ in range(2):
        fake.fake.reset()
        losses = []
        for model, optimizer, (xs, ts) in ((there, other, on_device), (here, one, on_host)):
            losses.append(model.forward(xs, ts))
            model.backward()
            clip_grads(model.grads, 0.5)
            optimizer.update(model.params, model.grads)
        assert fake.fake.syncs == [] and fake.fake.uploads == 0
        assert float(losses[0]) == pytest.approx(float(losses[1]), rel=1e-12)
    for mine, theirs in zip(here.params, there.params, strict=True):
        assert isinstance(theirs, FakeArray)
        np.testing.assert_allclose(fake.to_numpy(theirs), mine, rtol=1e-9, atol=1e-12)
    decoded = greedy_decode(there, on_device[0], START, T_DEC)
    np.testing.assert_array_equal(fake.to_numpy(decoded), greedy_decode(here, on_host[0], START, T_DEC))


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_mistaken_model_runs_on_a_device(name):
    fake = FakeDeviceBackend()
    spec = make_spec(mistake=name)
    here, there = make_model(spec, scale=0.5), spec.build(backend=fake)
    for mine, theirs in zip(here.params, there.params, strict=True):
        theirs[...] = fake.asarray(mine)
    rng = np.random.default_rng(0)
    xs, ts = rng.integers(0, 8, (3, 7)), rng.integers(0, 8, (3, 5))
    on_device = fake.asarray(xs), fake.asarray(ts)
    fake.fake.reset()
    loss = there.forward(*on_device)
    there.backward()
    assert fake.fake.syncs == [] and fake.fake.uploads == 0
    assert float(loss) == pytest.approx(float(here.forward(xs, ts)), rel=1e-6)
    here.backward()
    for mine, theirs in zip(here.grads, there.grads, strict=True):
        np.testing.assert_allclose(fake.to_numpy(theirs), mine, rtol=1e-4, atol=1e-6)


@variants
def test_float32_stays_float32_and_near_float64(variant):
    model, plain = make(variant, np.float32)
    xs, ts = batch()
    loss = model.forward(xs, ts)
    assert float(loss) == pytest.approx(plain.loss(xs, ts), rel=1e-5)
    model.backward()
    assert_same_dtype(np.float32, loss, model.encoder.hs, model.grads)
    model.decoder.start(model.encoder.forward(xs))
    assert_same_dtype(np.float32, model.decoder.step(ts[:, 0]))


@variants
def test_every_variant_learns_to_write_a_word_backwards(variant):
    """Held-out words of five letters; without attention they are shorter, since all must fit through one vector."""
    kind, _, score, both_ways = VARIANTS[variant]
    length = 4 if kind is AttentionSeq2seq else 3
    rng = np.random.default_rng(0)
    words = np.array(list(itertools.product(range(1, 6), repeat=length)))
    rng.shuffle(words)
    held_out = len(words) // 6
    train, test = words[held_out:], words[:held_out]
    model = kind(6, 8, 24, rng=rng, initialiser=DEPENDABLE, score=score, bidirectional=both_ways)
    optimizer = Adam(lr=0.01)

    def accuracy():
        return (greedy_decode(model, test, 0, length) == test[:, ::-1]).all(axis=1).mean()

    for iteration in range(400):
        # Most have learnt it long before.
        if iteration % 100 == 0 and accuracy() >= 0.9:
            break
        xs = train[rng.integers(0, len(train), 32)]
        ts = np.concatenate([np.zeros((32, 1), int), xs[:, ::-1]], axis=1)
        model.forward(xs, ts)
        model.backward()
        clip_grads(model.grads, 5.0)
        optimizer.update(model.params, model.grads)
    assert accuracy() >= 0.9


def test_a_spec_without_variants_builds_the_book_s_model():
    spec = ModelSpec("AttentionSeq2seq", 3, 6, LETTERS, True, "_", 7, 4)
    plain = AttentionSeq2seq(len(LETTERS), 3, 6, rng=np.random.default_rng(5), initialiser=BOOK)
    built = spec.build(rng=np.random.default_rng(5), initialiser=BOOK)
    for mine, theirs in zip(plain.params, built.params, strict=True):
        assert mine.tobytes() == theirs.tobytes()
