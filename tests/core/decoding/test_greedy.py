"""A trace against a plain loop over the decoder: the same numbers, in the order of the typed text."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest

from core.decoding.greedy import greedy_decode, step_greedily, trace_greedy
from core.decoding.pipeline import Pipeline
from core.decoding.trace import Candidate
from tests.core import reference
from tests.core.checks import LAYOUTS
from tests.core.small_models import CLASSES, LETTERS, make_model, make_pipeline, make_spec
from tests.traces import make_trace

TEXTS = ("fab", "a", "dcbadef", "bead ca")

kinds = pytest.mark.parametrize("kind", CLASSES)
orders = pytest.mark.parametrize("reversed_input", [True, False])


def read_ids(pipeline, text):
    """(1, T_enc) ids in the order in which the model reads them."""
    ids = LETTERS.encode(text.ljust(pipeline.source_length))[None]
    return ids[:, ::-1] if pipeline.spec.reversed_input else ids


def decode_by_hand(pipeline, text):
    """What the layers hold after each step of a plain loop, source axes in the order read."""
    model, start = pipeline.model, LETTERS.id_of("_")
    model.decoder.start(model.encoder.forward(read_ids(pipeline, text)))
    found = {"hs_enc": model.encoder.hs[0].copy()}
    names = ("input_ids", "output_ids", "logits", "hs_dec", "cs_dec")
    rows: dict[str, list[Any]] = {name: [] for name in names}
    attention: dict[str, list[Any]] = {name: [] for name in ("scores", "weights", "context") if model.has_attention}
    written = start
    for _ in range(pipeline.target_length):
        rows["input_ids"].append(written)
        logits = model.decoder.step(np.array([written]))
        written = int(np.argmax(logits[0]))
        rows["output_ids"].append(written)
        rows["logits"].append(logits[0].copy())
        rows["hs_dec"].append(model.decoder.lstm.h[0].copy())
        rows["cs_dec"].append(model.decoder.lstm.c[0].copy())
        if attention:
            attention["scores"].append(model.decoder.attention.scores[0][0].copy())
            attention["weights"].append(model.decoder.attention.attention_weights[0][0].copy())
            attention["context"].append(model.decoder.context[0, 0].copy())
    return found | {name: np.array(values) for name, values in (rows | attention).items()}


def weights_of(trace):
    assert trace.weights is not None
    return trace.weights


# -------------------------------------------------------------------------------------------------- the numbers


@kinds
@orders
@pytest.mark.parametrize("text", TEXTS)
def test_trace_holds_the_numbers_of_a_plain_loop_bit_for_bit(kind, reversed_input, text):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    expected = decode_by_hand(pipeline, text)
    trace = pipeline.trace(text)
    flip = slice(None, None, -1) if reversed_input else slice(None)
    for name, numbers in expected.items():
        if name == "hs_enc":
            numbers = numbers[flip]
        if name in ("scores", "weights"):
            numbers = numbers[:, flip]
        got = getattr(trace, name)
        np.testing.assert_array_equal(got, numbers, err_msg=name)
        assert got.dtype == (np.int64 if name.endswith("_ids") else np.float32), name
    assert trace.output == LETTERS.decode(expected["output_ids"])
    if kind != "AttentionSeq2seq":
        assert trace.scores is trace.weights is trace.context is trace.attention is None


@kinds
@orders
@pytest.mark.parametrize("text", TEXTS)
def test_trace_writes_what_generate_and_the_equations_write(kind, reversed_input, text):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    xs, start, steps = read_ids(pipeline, text), LETTERS.id_of("_"), pipeline.target_length
    trace = pipeline.trace(text)
    assert list(trace.output_ids) == pipeline.model.generate(xs, start, steps)
    name = {"Seq2seq": "plain", "PeekySeq2seq": "peeky", "AttentionSeq2seq": "attention"}[kind]
    ids, weights = reference.Model(name, pipeline.model.params).generate(xs, start, steps)
    assert list(trace.output_ids) == ids
    if weights is not None:
        np.testing.assert_allclose(trace.weights, weights[:, ::-1] if reversed_input else weights, rtol=1e-3, atol=1e-5)


@orders
@pytest.mark.parametrize("forged", [False, True])
def test_weights_are_those_that_the_attention_layer_held_after_each_step(reversed_input, forged, monkeypatch):
    """Forged: the layer is made to hold other numbers than it computed. A second computation would not show them."""
    pipeline = make_pipeline(reversed_input=reversed_input)
    layer, held = pipeline.model.decoder.attention, []
    forward, rng = layer.forward, np.random.default_rng(3)

    def spy(hs_enc, hs_dec):
        context = forward(hs_enc, hs_dec)
        if forged:
            layer.attention_weights = rng.random((1, 1, 7), dtype=np.float32)
        held.append(np.array(layer.attention_weights))
        return context

    monkeypatch.setattr(layer, "forward", spy)
    trace = pipeline.trace("fab")
    assert [weights.shape for weights in held] == [(1, 1, 7)] * 4
    rows = np.array([weights[0, 0] for weights in held])
    np.testing.assert_array_equal(trace.weights, rows[:, ::-1] if reversed_input else rows)
    assert trace.attention is trace.weights


@orders
@pytest.mark.parametrize("text", TEXTS)
def test_numbers_of_a_trace_fit_together(reversed_input, text):
    trace = make_pipeline(reversed_input=reversed_input).trace(text)
    np.testing.assert_allclose(trace.scores, trace.hs_dec @ trace.hs_enc.T, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(trace.weights, [reference.softmax(list(row)) for row in trace.scores], rtol=1e-5)
    np.testing.assert_allclose(trace.context, trace.weights @ trace.hs_enc, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(trace.probabilities, [reference.softmax(list(row)) for row in trace.logits], rtol=1e-4)
    np.testing.assert_allclose(trace.weights.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(trace.probabilities.sum(axis=1), 1, rtol=1e-6)
    assert trace.input_ids[0] == LETTERS.id_of("_")
    np.testing.assert_array_equal(trace.input_ids[1:], trace.output_ids[:-1])
    np.testing.assert_array_equal(trace.probabilities.argmax(axis=1), trace.output_ids)


# ------------------------------------------------------------------------------------------- the reading order


@orders
def test_column_j_is_the_state_after_reading_character_j(reversed_input):
    """The character that is read first stands where it was typed, with the state of having read it alone."""
    pipeline = make_pipeline(reversed_input=reversed_input)
    text = "dcbadef"
    trace = pipeline.trace(text)
    for read in range(1, 8):
        last = len(text) - read if reversed_input else read - 1
        characters = text[last:][::-1] if reversed_input else text[: last + 1]
        pipeline.model.encoder.forward(LETTERS.encode(characters)[None])
        np.testing.assert_allclose(trace.hs_enc[last], pipeline.model.encoder.hs[0, -1], rtol=1e-5, atol=1e-6)


def test_reading_a_text_reversed_is_reading_the_reversed_text():
    backwards = make_pipeline(reversed_input=True)
    forwards = Pipeline("forwards", backwards.model, make_spec(reversed_input=False), digest="")
    there, back = backwards.trace("dcbadef"), forwards.trace("fedabcd")
    assert there.output == back.output and there.source == back.source[::-1]
    for name in ("weights", "scores"):
        np.testing.assert_array_equal(getattr(there, name), getattr(back, name)[:, ::-1])
        assert not np.allclose(getattr(there, name), getattr(back, name)), "the map is its own mirror image"
    np.testing.assert_array_equal(there.hs_enc, back.hs_enc[::-1])


def test_attention_of_a_model_that_looks_for_one_character_is_above_that_character():
    """Embeddings of zero but for "c", no recurrence: only the state that reads "c" answers the decoder."""
    spec = make_spec(wordvec_size=1, hidden_size=1, reversed_input=True)
    model = make_model(spec)
    for parameter in model.params:
        parameter[...] = 0
    embed, Wx, _, b, _, _, _, b_dec, _, _ = model.params
    embed[LETTERS.id_of("c")] = 20
    # Gates f, g, i, o: forget at once, the candidate is the character, input and output are open.
    Wx[0] = [0, 1, 0, 0]
    b[...] = [-20, 0, 20, 20]
    b_dec[...] = [-20, 20, 20, 20]
    for text in ("abcdef", "c", "fffffc", "bc"):
        trace = Pipeline("finder", model, spec, digest="").trace(text)
        assert [trace.source[j] for j in np.argmax(weights_of(trace), axis=1)] == ["c"] * 4


def test_text_and_source_are_as_typed():
    trace = make_pipeline().trace("  fab\n")
    assert (trace.text, trace.source, trace.model, trace.digest) == ("fab", "fab    ", "small", "d" * 64)
    assert trace.vocabulary == LETTERS.characters
    assert trace.interventions == ()


# ------------------------------------------------------------------------------------------------------- steps


@kinds
def test_steps_are_the_rows_of_the_trace(kind):
    trace = make_pipeline(kind).trace("bead ca")
    assert len(trace) == len(trace.steps) == 4
    for i, step in enumerate(trace):
        assert step.index == i and step.vocabulary == LETTERS.characters
        assert step.input_character == LETTERS.characters[trace.input_ids[i]]
        assert step.character == trace.output[i] == LETTERS.characters[trace.output_ids[i]]
        assert step.probability == float(trace.probabilities[i].max())
        for name in ("scores", "weights", "context", "logits", "probabilities"):
            rows = getattr(trace, name)
            if rows is None:
                assert getattr(step, name) is None
            else:
                np.testing.assert_array_equal(getattr(step, name), rows[i])
        np.testing.assert_array_equal(step.hidden_state, trace.hs_dec[i])
        np.testing.assert_array_equal(step.cell_state, trace.cs_dec[i])
    assert trace[-1].index == 3 and trace[-1].character == trace.output[-1]
    for i in (4, -5):
        with pytest.raises(IndexError):
            trace[i]


def test_candidates_are_the_most_probable_first_and_ties_in_vocabulary_order():
    step = make_trace()[0]
    probabilities = np.zeros(59, dtype=np.float32)
    probabilities[[7, 3, 40, 20]] = [0.25, 0.25, 0.4, 0.1]
    step = dataclasses.replace(step, probabilities=probabilities)
    named = [(step.vocabulary[i], float(probabilities[i])) for i in (40, 3, 7, 20)]
    assert step.candidates(4) == [Candidate(*pair) for pair in named]
    assert step.candidates(5) == [*named, (step.vocabulary[0], 0.0)]
    assert len(step.candidates()) == 5 and len(step.candidates(100)) == 59
    assert sum(candidate.probability for candidate in step.candidates(59)) == pytest.approx(1)


# ------------------------------------------------------------------------------------------------- read-only


@kinds
def test_a_trace_cannot_be_written_to(kind):
    trace = make_pipeline(kind).trace("fab")
    arrays = {name: value for name, value in vars(trace).items() if isinstance(value, np.ndarray)}
    assert len(arrays) == (10 if kind == "AttentionSeq2seq" else 7)
    for name, array in arrays.items():
        assert array.base is None, f"{name} is a view of something that can be written to"
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(ValueError, match="read-only"):
        trace[0].logits[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        trace.output = "x"


@kinds
def test_a_trace_keeps_its_numbers_when_the_model_goes_on(kind):
    pipeline = make_pipeline(kind)
    trace = pipeline.trace("fab")
    before = {name: value.tobytes() for name, value in vars(trace).items() if isinstance(value, np.ndarray)}
    pipeline.trace("dcbadef")
    pipeline.decode(["a", "b", "ccc"])
    for parameter in pipeline.model.params:
        parameter *= -1
    assert {name: getattr(trace, name).tobytes() for name in before} == before


# -------------------------------------------------------------------------------------------------- in batches


@kinds
@orders
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_batch_is_decoded_as_its_rows_are(kind, reversed_input, layout):
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    texts = ["".join(letters) for letters in itertools.islice(itertools.product("fbd ace", repeat=4), 60, 2000, 97)]
    texts = [text for text in texts if text.strip() == text and "  " not in text]
    assert len(texts) > 8
    xs = np.concatenate([read_ids(pipeline, text) for text in texts])
    start, steps = LETTERS.id_of("_"), pipeline.target_length
    written = greedy_decode(pipeline.model, LAYOUTS[layout](xs), start, steps)
    assert written.shape == (len(texts), steps)
    singles = [pipeline.trace(text).output for text in texts]
    assert [LETTERS.decode(row) for row in written] == pipeline.decode(texts) == singles
    assert len(set(singles)) > 3, "the case tells nothing"


def test_between_two_steps_the_layers_hold_the_numbers_of_the_step():
    pipeline = make_pipeline()
    xs = np.concatenate([read_ids(pipeline, text) for text in TEXTS])
    steps = step_greedily(pipeline.model, xs, LETTERS.id_of("_"), 4)
    written = np.full(len(TEXTS), LETTERS.id_of("_"))
    for i, step in enumerate(steps):
        np.testing.assert_array_equal(step.input_ids, written)
        np.testing.assert_array_equal(step.output_ids, step.logits.argmax(axis=1))
        written = step.output_ids
        for n, text in enumerate(TEXTS):
            alone = Pipeline("", make_model(pipeline.spec), pipeline.spec, digest="").trace(text)
            held = pipeline.model.decoder.attention.attention_weights[0][n, ::-1]
            np.testing.assert_allclose(held, weights_of(alone)[i], rtol=1e-4, atol=1e-6)
            np.testing.assert_allclose(pipeline.model.decoder.lstm.c[n], alone.cs_dec[i], rtol=1e-4, atol=1e-6)
    assert i == 3


def test_a_trace_of_float64_parameters_is_computed_in_float64():
    spec = make_spec()
    model = make_model(spec, dtype=np.float64)
    trace = trace_greedy(
        model,
        LETTERS.encode("fab    "),
        text="fab",
        vocabulary=LETTERS,
        start_id=0,
        steps=3,
        reversed_input=True,
        name="",
        digest="",
    )
    assert trace.logits.dtype == np.float64
    np.testing.assert_allclose(weights_of(trace).sum(axis=1), 1, rtol=1e-14)
