"""A step and a cell opened up, against the equations in loops; what the trace holds must be shown as it is."""

import inspect
import math
from typing import Any

import numpy as np
import pytest

import core
from core.analysis import running_code
from core.analysis.inside import inside_step, lstm_cell_inside
from core.analysis.running_code import CODE_OF_STAGE, source_of
from core.decoding.interventions import ForceCharacter, ReplaceCharacter, Uniform
from core.layers.attention import AttentionWeight
from core.layers.fast_lstm import FastLSTM
from tests.core import reference
from tests.core.pipelines import KINDS, T_DEC, T_ENC, TEXT, VOCABULARY, H, PlainPipeline, make_pipeline
from tests.devices import GPUS

kinds = pytest.mark.parametrize("kind", KINDS)
orders = pytest.mark.parametrize("reversed_input", [True, False], ids=["reversed", "in order"])
SOURCE = TEXT.ljust(T_ENC)


@pytest.fixture
def pipeline():
    return make_pipeline()


def opened(pipeline, trace, step):
    """`inside_step`, for which a type checker need not ask at every turn whether there is attention."""
    return inside_step(pipeline, trace, step)


def states(plain, ids):
    """By the equations: hs_enc (T_enc, H) in reading order, hs_dec (T_dec, H) with the decoder fed `ids`."""
    hs_enc = plain.model.encode(plain.ids(TEXT))
    _, hs_dec, _, _ = plain.model.decode(np.array([ids]), hs_enc, hs_enc[:, -1], np.zeros((1, H)))
    return hs_enc[0, ::-1] if plain.pipeline.spec.reversed_input else hs_enc[0], hs_dec[0]


# ---- one step -------------------------------------------------------------------------------------------------------


@orders
def test_the_way_from_the_state_to_the_context_follows_the_equations(reversed_input):
    pipeline = make_pipeline(reversed_input=reversed_input)
    trace = pipeline.trace(TEXT)
    hs_enc, hs_dec = states(PlainPipeline(pipeline, "attention"), trace.input_ids)
    for step in range(T_DEC):
        shown = opened(pipeline, trace, step)
        h = hs_dec[step]
        np.testing.assert_allclose(shown.h, h, rtol=1e-9)
        for j in range(T_ENC):
            for k in range(H):
                assert shown.attention.products[j, k] == pytest.approx(hs_enc[j, k] * h[k], rel=1e-9)
        scores = [math.fsum(hs_enc[j, k] * h[k] for k in range(H)) for j in range(T_ENC)]
        weights = reference.softmax(scores)
        np.testing.assert_allclose(shown.attention.scores, scores, rtol=1e-9)
        np.testing.assert_allclose(shown.attention.softmax, weights, rtol=1e-9)
        np.testing.assert_allclose(shown.attention.weights, weights, rtol=1e-9)
        for j in range(T_ENC):
            np.testing.assert_allclose(shown.attention.weighted_states[j], weights[j] * hs_enc[j], rtol=1e-9)
        np.testing.assert_allclose(shown.attention.context, shown.attention.weighted_states.sum(axis=0), rtol=1e-9)


@kinds
@orders
def test_the_parts_of_the_logits_follow_the_equations_and_add_up(kind, reversed_input):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    trace = pipeline.trace(TEXT)
    hs_enc, hs_dec = states(PlainPipeline(pipeline, kind), trace.input_ids)
    W, b = pipeline.model.decoder.affine.params
    last = hs_enc[0] if reversed_input else hs_enc[-1]
    for step in range(T_DEC):
        shown = opened(pipeline, trace, step)
        parts, h = shown.parts, hs_dec[step]
        weights = reference.softmax([float(row @ h) for row in hs_enc])
        first_half = {"plain": [], "peeky": last, "attention": weights @ hs_enc}[kind]
        np.testing.assert_allclose(shown.features, np.concatenate([first_half, h]), rtol=1e-9)
        offset = 0 if kind == "plain" else H
        for v in range(len(VOCABULARY)):
            state = sum(h[k] * W[offset + k, v] for k in range(H))
            first = sum(first_half[k] * W[k, v] for k in range(H)) if kind != "plain" else None
            assert parts.state[v] == pytest.approx(state, rel=1e-9)
            assert parts.bias[v] == b[v]
            assert (parts.context is None) == (parts.by_source is None) == (kind != "attention")
            assert (parts.peek is None) == (kind != "peeky")
            if kind == "peeky":
                assert parts.peek[v] == pytest.approx(first, rel=1e-9)
            if kind == "attention":
                assert parts.context[v] == pytest.approx(first, rel=1e-9)
                for j in range(T_ENC):
                    own = weights[j] * sum(hs_enc[j, k] * W[k, v] for k in range(H))
                    assert parts.by_source[j, v] == pytest.approx(own, rel=1e-9, abs=1e-15)
                assert math.fsum(parts.by_source[:, v]) == pytest.approx(parts.context[v], rel=1e-9)
        np.testing.assert_allclose(parts.total(), trace.logits[step], rtol=1e-12)


@kinds
def test_single_precision_adds_up_nearly(kind):
    pipeline = make_pipeline(kind, dtype=np.float32)
    trace = pipeline.trace(TEXT)
    for step in range(T_DEC):
        shown = opened(pipeline, trace, step)
        assert shown.parts.total().dtype == np.float64
        np.testing.assert_allclose(shown.parts.total(), trace.logits[step], rtol=1e-5, atol=1e-5)
        if kind == "attention":
            np.testing.assert_allclose(shown.attention.products.sum(axis=1), trace.scores[step], rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(shown.attention.weighted_states.sum(axis=0), trace.context[step], atol=1e-5)


@kinds
def test_what_the_trace_holds_is_shown_and_not_computed_again(kind):
    pipeline = make_pipeline(kind, dtype=np.float32)
    trace = pipeline.trace(TEXT)
    shown = opened(pipeline, trace, 2)
    pairs = [(shown.hs_enc, trace.hs_enc), (shown.h, trace.hs_dec[2]), (shown.logits, trace.logits[2])]
    pairs.append((shown.probabilities, trace.probabilities[2]))
    if kind == "attention":
        attention = shown.attention
        pairs += [(attention.scores, trace.scores[2]), (attention.weights, trace.weights[2])]
        pairs.append((attention.context, trace.context[2]))
    else:
        assert shown.attention is None
    for mine, theirs in pairs:
        assert np.shares_memory(mine, theirs)
        np.testing.assert_array_equal(mine, theirs)
    assert (shown.index, shown.source, shown.vocabulary) == (2, SOURCE, VOCABULARY.characters)
    assert (shown.input_character, shown.character) == (trace.output[1], trace.output[2])


def test_a_step_whose_attention_was_changed_shows_the_changed_weights(pipeline):
    trace = pipeline.trace(TEXT, [Uniform(step=1)])
    shown = opened(pipeline, trace, 1)
    np.testing.assert_allclose(shown.attention.weights, 1 / T_ENC)
    np.testing.assert_allclose(shown.attention.weighted_states, trace.hs_enc / T_ENC)
    np.testing.assert_allclose(shown.attention.weighted_states.sum(axis=0), shown.attention.context, rtol=1e-12)
    np.testing.assert_allclose(shown.attention.softmax, reference.softmax(list(trace.scores[1])))
    assert np.abs(shown.attention.softmax - shown.attention.weights).max() > 0.05
    np.testing.assert_allclose(shown.parts.total(), trace.logits[1], rtol=1e-12)


def test_candidates_come_with_the_parts_of_their_logits(pipeline):
    trace = pipeline.trace(TEXT)
    shown = opened(pipeline, trace, 0)
    candidates = shown.candidates(3)
    assert [(c.character, c.probability) for c in candidates] == [tuple(c) for c in trace[0].candidates(3)]
    for candidate in [*candidates, shown.candidate("a")]:
        v = VOCABULARY.id_of(candidate.character)
        assert candidate.logit == trace.logits[0, v]
        assert candidate.context == shown.parts.context[v] and candidate.state == shown.parts.state[v]
        assert candidate.bias == shown.parts.bias[v] and candidate.peek is None
        assert candidate.context + candidate.state + candidate.bias == pytest.approx(candidate.logit, rel=1e-12)
    with pytest.raises(ValueError, match="'z'"):
        shown.candidate("z")
    peeky = make_pipeline("peeky")
    best = opened(peeky, peeky.trace(TEXT), 0).candidates(1)[0]
    assert best.context is None and best.peek + best.state + best.bias == pytest.approx(best.logit, rel=1e-12)


@pytest.mark.parametrize("step", [-1, T_DEC, 10**9])
def test_a_step_that_does_not_exist_is_explained(pipeline, step):
    with pytest.raises(ValueError, match=f"no step {step}: this trace has steps 0 to {T_DEC - 1}"):
        opened(pipeline, pipeline.trace(TEXT), step)


def test_a_trace_of_another_model_is_refused(pipeline):
    other = make_pipeline(seed=1).trace(TEXT)
    with pytest.raises(ValueError, match=r"small-attention.*attention-1.*attention-37"):
        opened(pipeline, other, 0)
    with pytest.raises(ValueError, match="attention-1"):
        lstm_cell_inside(pipeline, other)


@pytest.mark.parametrize("kind", ["plain", "attention"])
def test_a_trace_that_only_claims_to_be_of_the_model_is_refused(kind):
    pipeline, other = make_pipeline("peeky"), make_pipeline(kind)
    other.digest = pipeline.digest
    if kind == "attention":
        with pytest.raises(ValueError, match="attention, which do not fit"):
            opened(pipeline, other.trace(TEXT), 0)
    tampered = other.trace(TEXT)
    object.__setattr__(tampered, "hs_enc", tampered.hs_enc[:, :2])
    with pytest.raises(ValueError, match="H = 2"):
        lstm_cell_inside(pipeline, tampered)


# ---- one cell -------------------------------------------------------------------------------------------------------


def gates(x, h, params):
    """f, g, i, o (H,) each, one unit at a time."""
    Wx, Wh, b = params

    def before(column):
        return float(x @ Wx[:, column] + h @ Wh[:, column] + b[column])

    return {
        name: [(math.tanh if name == "g" else reference.sigmoid)(before(k * H + unit)) for unit in range(H)]
        for k, name in enumerate("fgio")
    }


@kinds
@orders
def test_the_encoders_cell_follows_the_equations(kind, reversed_input):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    trace = pipeline.trace(TEXT)
    cell = lstm_cell_inside(pipeline, trace, "encoder")
    params, W = pipeline.model.encoder.lstm.params, pipeline.model.encoder.embed.params[0]
    h, c = np.zeros(H), np.zeros(H)
    for time in range(T_ENC):
        j = T_ENC - 1 - time if reversed_input else time
        assert cell.read_at[j] == time and cell.characters[j] == SOURCE[j]
        expected = gates(W[VOCABULARY.id_of(SOURCE[j])], h, params)
        for name, values in expected.items():
            np.testing.assert_allclose(getattr(cell, name)[j], values, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(cell.cell_before[j], c, rtol=1e-9)
        np.testing.assert_allclose(cell.hidden_before[j], h, rtol=1e-9)
        c = np.array(expected["f"]) * c + np.array(expected["g"]) * expected["i"]
        h = np.array(expected["o"]) * np.tanh(c)
        np.testing.assert_allclose(cell.cell[j], c, rtol=1e-9)
        np.testing.assert_allclose(cell.hidden[j], h, rtol=1e-9)
    assert cell.which == "encoder" and np.shares_memory(cell.hidden, trace.hs_enc)


@kinds
def test_the_decoders_cell_follows_the_equations(kind):
    pipeline = make_pipeline(kind)
    trace = pipeline.trace(TEXT)
    cell = lstm_cell_inside(pipeline, trace, "decoder")
    params, W = pipeline.model.decoder.lstm.params, pipeline.model.decoder.embed.params[0]
    last = trace.hs_enc[0]
    h, c = last, np.zeros(H)
    for t in range(T_DEC):
        embedded = W[trace.input_ids[t]]
        expected = gates(np.concatenate([last, embedded]) if kind == "peeky" else embedded, h, params)
        for name, values in expected.items():
            np.testing.assert_allclose(getattr(cell, name)[t], values, rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(cell.cell_before[t], c, rtol=1e-9)
        np.testing.assert_allclose(cell.hidden_before[t], h, rtol=1e-9)
        c = np.array(expected["f"]) * c + np.array(expected["g"]) * expected["i"]
        h = np.array(expected["o"]) * np.tanh(c)
        np.testing.assert_allclose(cell.cell[t], c, rtol=1e-9)
        np.testing.assert_allclose(cell.hidden[t], h, rtol=1e-9)
    assert cell.which == "decoder" and cell.read_at.tolist() == list(range(T_DEC))
    assert "".join(cell.characters) == "_" + trace.output[:-1]
    assert np.shares_memory(cell.hidden, trace.hs_dec) and np.shares_memory(cell.cell, trace.cs_dec)


@kinds
def test_reading_once_more_gives_the_very_same_bits(kind):
    pipeline = make_pipeline(kind, dtype=np.float32)
    trace = pipeline.trace(TEXT)
    encoder, decoder = (lstm_cell_inside(pipeline, trace, which) for which in ("encoder", "decoder"))
    np.testing.assert_array_equal(encoder.hidden_before[:-1], trace.hs_enc[1:])
    np.testing.assert_array_equal(encoder.cell_before[:-1], encoder.cell[1:])
    np.testing.assert_array_equal(decoder.hidden_before[1:], trace.hs_dec[:-1])
    np.testing.assert_array_equal(decoder.cell_before[1:], trace.cs_dec[:-1])
    np.testing.assert_array_equal(decoder.hidden_before[0], trace.hs_enc[0])
    assert not encoder.hidden_before[-1].any() and not decoder.cell_before[0].any()
    for cell in (encoder, decoder):
        np.testing.assert_array_equal(cell.o * np.tanh(cell.cell), cell.hidden)
        assert {getattr(cell, name).dtype for name in ("f", "i", "o", "g", "cell")} == {np.dtype(np.float32)}


def test_what_has_been_read():
    for reversed_input, seen in (
        (True, ("b2     ", "2     ", "     ", "    ", "   ", "  ", " ")),
        (False, ("b", "b2", "b2 ", "b2  ", "b2   ", "b2    ", "b2     ")),
    ):
        pipeline = make_pipeline(reversed_input=reversed_input)
        assert lstm_cell_inside(pipeline, pipeline.trace("b2")).seen == seen
    pipeline = make_pipeline()
    trace = pipeline.trace("b2")
    fed = "_" + trace.output
    assert lstm_cell_inside(pipeline, trace, "decoder").seen == tuple(fed[: t + 1] for t in range(T_DEC))


def test_cells_of_a_decoding_that_was_intervened_in(pipeline):
    changes = [ReplaceCharacter(0, "d"), ForceCharacter(1, "3"), Uniform()]
    trace = pipeline.trace(TEXT, changes)
    encoder = lstm_cell_inside(pipeline, trace)
    assert encoder.characters[0] == "d"
    np.testing.assert_array_equal(encoder.o * np.tanh(encoder.cell), trace.hs_enc)
    decoder = lstm_cell_inside(pipeline, trace, "decoder")
    assert decoder.characters[2] == "3"
    np.testing.assert_array_equal(decoder.o * np.tanh(decoder.cell), trace.hs_dec)


def test_there_are_two_cells(pipeline):
    which: Any = "attention"
    with pytest.raises(ValueError, match="'attention'; expected 'encoder' or 'decoder'"):
        lstm_cell_inside(pipeline, pipeline.trace(TEXT), which)


def test_a_cell_does_not_change_with_the_next_decoding(pipeline):
    trace = pipeline.trace(TEXT)
    cells = [lstm_cell_inside(pipeline, trace, which) for which in ("encoder", "decoder")]
    kept = [(cell.f.copy(), cell.cell.copy(), cell.hidden_before.copy()) for cell in cells]
    pipeline.trace("3/1/2")
    for cell, (f, c, before) in zip(cells, kept, strict=True):
        np.testing.assert_array_equal(cell.f, f)
        np.testing.assert_array_equal(cell.cell, c)
        np.testing.assert_array_equal(cell.hidden_before, before)


@kinds
@pytest.mark.parametrize("gpu", GPUS)
def test_a_device_gives_the_same_numbers(kind, gpu):
    here, there = make_pipeline(kind), make_pipeline(kind, backend=GPUS[gpu]())
    one, other = here.trace(TEXT), there.trace(TEXT)
    parts = opened(here, one, 1).parts, opened(there, other, 1).parts
    np.testing.assert_allclose(parts[1].total(), parts[0].total(), rtol=1e-11)
    for which in ("encoder", "decoder"):
        cells = lstm_cell_inside(here, one, which), lstm_cell_inside(there, other, which)
        for name in ("f", "i", "o", "g", "cell", "hidden", "cell_before", "hidden_before"):
            np.testing.assert_allclose(getattr(cells[1], name), getattr(cells[0], name), rtol=1e-11)


def test_an_lstm_that_has_not_run_shows_nothing():
    assert FastLSTM(np.zeros((2, 12)), np.zeros((3, 12)), np.zeros(12)).inside() == {}


# ---- the code that ran ----------------------------------------------------------------------------------------------


def test_the_source_is_that_of_the_running_method():
    text = source_of("AttentionWeight.forward")
    assert text.startswith("def forward(self, hs: Array, h: Array) -> Array:\n    ")
    assert "self.softmax.forward(scores)" in text
    assert [line.strip() for line in text.splitlines()] == [
        line.strip() for line in inspect.getsource(AttentionWeight.forward).splitlines()
    ]
    compile(text, "shown", "exec")


@pytest.mark.parametrize("name", sorted({name for names in CODE_OF_STAGE.values() for name in names}))
def test_every_stage_can_show_its_code(name):
    text = source_of(name)
    assert text.startswith(f"def {name.rpartition('.')[2]}(")
    assert '"""' in text


def test_stages_name_what_computes_them():
    assert set(CODE_OF_STAGE) == {
        "hs_enc", "h", "cell", "products", "scores", "weights",
        "weighted_states", "context", "features", "logits", "probabilities",
    }  # fmt: skip
    assert "hs @ h[:, :, None]" in source_of(CODE_OF_STAGE["scores"][0])
    assert "a[:, None, :] @ hs" in source_of(CODE_OF_STAGE["context"][0])
    assert "concat(self.context, hs_dec, self.backend)" in source_of(CODE_OF_STAGE["features"][0])


@pytest.mark.parametrize(
    "name",
    ["", "AttentionDecoder._make_score", "TimeLSTM.__init__", "Pipeline.trace", "AttentionWeight", "os.system",
     "Backend.to_numpy", "AttentionWeight.forward.__globals__", "core.analysis.running_code.source_of", "x" * 10_000],
)  # fmt: skip
def test_nothing_but_layers_shows_its_source(name):
    with pytest.raises(ValueError, match="no source code is shown") as refused:
        source_of(name)
    assert len(str(refused.value)) < 4000


def test_only_code_of_the_model_is_shown():
    home = inspect.getsourcefile(core)
    assert home is not None
    folder = home.rpartition("__init__")[0]
    for name, function in running_code._SHOWN.items():
        assert str(inspect.getsourcefile(function)).startswith(folder), name
        assert not name.rpartition(".")[2].startswith("_"), name
