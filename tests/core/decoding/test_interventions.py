"""Interventions against plain reference computations, and as values that travel."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.numpy_backend import CPU
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.interventions import (
    MAX_INTERVENTIONS,
    Argmax,
    ForceCharacter,
    Gold,
    Intervention,
    InterventionError,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    SourceBatch,
    Temperature,
    Uniform,
)
from core.decoding.interventions_json import intervention_from_dict, intervention_to_dict, interventions_from_list
from core.decoding.pipeline import Pipeline
from core.layers.functions import softmax
from core.models.spec import ModelSpec

T_ENC, T_DEC, H = 12, 5, 6
TEXT = "may 2, 94"
ATTENTION_CHANGES = [
    Temperature(0.5),
    Argmax(),
    Uniform(),
    Permute(7),
    Mask((0, 3)),
    MaskPadding(),
    SetWeights({2: 0.5, 4: 0.25}),
]


def pipeline_of(model_class="AttentionSeq2seq", reversed_input=True):
    spec = ModelSpec(model_class, 4, H, DATE_VOCABULARY, reversed_input, "_", T_ENC, T_DEC)
    model = spec.build(rng=np.random.default_rng(5), dtype=np.float64)
    for param in model.params:
        param *= 2.5
    return Pipeline("small", model, spec, digest="")


@pytest.fixture(params=[True, False], ids=["reversed", "in order"])
def pipeline(request):
    return pipeline_of(reversed_input=request.param)


def edited(change, scores, *, step=0, padding=None, gold=None):
    """The weights after one change, for one row of scores."""
    scores = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    padding = np.zeros(scores.shape, bool) if padding is None else np.atleast_2d(padding)
    return softmax(change.edit(scores, step, SourceBatch(padding, gold, CPU)))[0]


# ---- each change alone, by hand -------------------------------------------------------------------------------------


def test_temperature_divides_the_scores():
    np.testing.assert_allclose(edited(Temperature(2.0), [2.0, 0.0, -2.0]), softmax(np.array([1.0, 0.0, -1.0])))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.001, 100.0])
def test_temperatures_in_a_row_neither_overflow_nor_lose_what_is_masked(value, dtype):
    weights = np.array([[3.0, -1.0, 2.5, -math.inf]], dtype)
    for _ in range(64):
        weights = Temperature(value).edit(weights, 0, SourceBatch(np.zeros((1, 4), bool), None, CPU))
        assert not np.isnan(weights).any() and weights[0, 3] == -math.inf
    assert weights.dtype == dtype
    expected = [1, 0, 0, 0] if value < 1 else [1 / 3, 1 / 3, 1 / 3, 0]
    np.testing.assert_allclose(softmax(weights)[0], expected, atol=1e-6)


def test_a_temperature_undoes_its_inverse():
    weights = edited(
        Temperature(10.0), Temperature(0.1).edit(np.array([[1.0, 0.5, -2.0]]), 0, SourceBatch(None, None, CPU))
    )
    np.testing.assert_allclose(weights, softmax(np.array([1.0, 0.5, -2.0])), rtol=1e-12)


CHANGES = st.one_of(
    st.builds(Temperature, st.floats(0.001, 100)),
    st.builds(Argmax),
    st.builds(Uniform),
    st.builds(Permute, st.integers(0, 99)),
    st.builds(Mask, st.lists(st.integers(0, T_ENC - 1), min_size=1, max_size=T_ENC - 1).map(tuple)),
    st.builds(MaskPadding),
    st.builds(Gold),
    st.dictionaries(st.integers(0, T_ENC - 1), st.floats(0, 0.25), min_size=1, max_size=4).map(SetWeights),
)


@given(changes=st.lists(CHANGES, max_size=20))
def test_whatever_changes_are_combined_every_row_is_a_distribution(changes):
    try:
        trace = pipeline_of().trace("2/10/93", changes)
    except InterventionError as error:
        assert "every character is masked" in str(error)
        return
    assert np.isfinite(trace.weights).all() and (trace.weights >= 0).all()
    np.testing.assert_allclose(trace.weights.sum(axis=1), 1, rtol=1e-5)
    assert np.isfinite(trace.logits).all()


def test_temperature_towards_zero_is_argmax():
    scores = np.random.default_rng(0).normal(size=9)
    np.testing.assert_allclose(edited(Temperature(0.001), scores), edited(Argmax(), scores), atol=1e-9)


def test_argmax_of_equals_is_the_first_in_reading_order():
    np.testing.assert_array_equal(edited(Argmax(), [1.0, 3.0, 3.0, 2.0]), [0, 1, 0, 0])


def test_uniform_spares_what_was_masked_before():
    np.testing.assert_allclose(edited(Uniform(), [5.0, -math.inf, 1.0, 0.0]), [1 / 3, 0, 1 / 3, 1 / 3])


def test_permuting_keeps_the_sorted_weights_and_moves_them_by_seed_and_step():
    scores = np.random.default_rng(1).normal(size=29)
    weights = edited(Permute(3), scores)
    np.testing.assert_allclose(np.sort(weights), np.sort(softmax(scores)), rtol=1e-12)
    assert not np.allclose(weights, softmax(scores))
    np.testing.assert_array_equal(weights, edited(Permute(3), scores))
    assert not np.allclose(weights, edited(Permute(4), scores))
    assert not np.allclose(weights, edited(Permute(3), scores, step=1))


def test_masking_is_the_softmax_over_the_rest():
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    weights = edited(Mask((1, 3)), scores)
    np.testing.assert_array_equal(weights[[1, 3]], 0)
    np.testing.assert_allclose(weights[[0, 2]], softmax(scores[[0, 2]]))


def test_masking_the_padding_is_the_softmax_over_the_text():
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    weights = edited(MaskPadding(), scores, padding=[False, False, True, True])
    np.testing.assert_allclose(weights, [*softmax(scores[:2]), 0, 0])


def test_gold_gives_equal_parts_and_leaves_rows_without_gold():
    gold = np.zeros((2, 1, 4), bool)
    gold[0, 0, [1, 2]] = True
    scores = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(edited(Gold(), scores, gold=gold), [0, 0.5, 0.5, 0])
    np.testing.assert_allclose(edited(Gold(), scores, step=1, gold=gold), softmax(scores))
    np.testing.assert_allclose(edited(Gold(), scores, gold=None), softmax(scores))


def test_given_weights_stay_and_the_rest_keeps_its_proportions():
    scores = np.log([0.1, 0.2, 0.3, 0.4])
    # 0.6 is given, so 0.1 : 0.4 share 0.4, that is 0.08 and 0.32.
    np.testing.assert_allclose(edited(SetWeights({1: 0.5, 2: 0.1}), scores), [0.08, 0.5, 0.1, 0.32])


def test_given_weights_where_the_rest_has_none_share_equally():
    scores = np.array([0.0, -math.inf, -math.inf, -math.inf])
    np.testing.assert_allclose(edited(SetWeights({0: 0.4}), scores), [0.4, 0.2, 0.2, 0.2])


def test_all_weights_given_are_scaled_to_one():
    np.testing.assert_allclose(edited(SetWeights({0: 0.2, 1: 0.2}), [3.0, 1.0]), [0.5, 0.5])


@given(
    st.lists(st.floats(-30, 30), min_size=T_ENC, max_size=T_ENC),
    st.lists(st.sampled_from(ATTENTION_CHANGES), min_size=1, max_size=6),
)
def test_rows_sum_to_one_whatever_is_combined(scores, changes):
    log_weights = np.array([scores])
    source = SourceBatch(np.arange(T_ENC)[None] >= len(TEXT), None, CPU)
    for change in changes:
        log_weights = change.edit(log_weights, 2, source)
        if np.isneginf(log_weights).all():
            return  # everything is masked, which a decoding refuses
    weights = softmax(log_weights)
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    assert (weights >= 0).all()


@pytest.mark.parametrize("change", [*ATTENTION_CHANGES, Gold()], ids=repr)
def test_float32_stays_float32(change):
    gold = np.zeros((1, 2, T_ENC), bool)
    gold[0, 0, 1] = True
    scores = np.random.default_rng(0).normal(size=(2, T_ENC)).astype(np.float32)
    source = SourceBatch(np.zeros((2, T_ENC), bool), gold, CPU)
    assert change.edit(scores, 0, source).dtype == np.float32


# ---- in a decoding --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("change", ATTENTION_CHANGES, ids=repr)
def test_the_context_is_that_of_the_changed_weights(pipeline, change):
    trace = pipeline.trace(TEXT, [change])
    np.testing.assert_allclose(trace.context, trace.weights @ trace.hs_enc, atol=1e-12)
    source = SourceBatch(np.arange(T_ENC)[None] >= len(TEXT), None, CPU)
    for i, scores in enumerate(trace.scores):
        np.testing.assert_allclose(trace.weights[i], softmax(change.edit(scores[None], i, source))[0], atol=1e-12)
    np.testing.assert_allclose(trace.scores, trace.hs_dec @ trace.hs_enc.T, atol=1e-12)


def test_a_uniform_row_gives_the_mean_of_the_encoder_states(pipeline):
    trace = pipeline.trace(TEXT, [Uniform()])
    np.testing.assert_allclose(trace.context, np.tile(trace.hs_enc.mean(axis=0), (T_DEC, 1)), atol=1e-12)


def test_a_change_for_one_step_leaves_the_steps_before_it(pipeline):
    plain, changed = pipeline.trace(TEXT), pipeline.trace(TEXT, [Uniform(step=2)])
    np.testing.assert_array_equal(changed.weights[:2], plain.weights[:2])
    np.testing.assert_allclose(changed.weights[2], 1 / T_ENC)
    assert not np.allclose(changed.weights[3], 1 / T_ENC)


def test_changes_are_made_in_their_order(pipeline):
    masked_first = pipeline.trace(TEXT, [Mask((0,)), Uniform()]).weights[0]
    uniform_first = pipeline.trace(TEXT, [Uniform(), SetWeights({0: 1.0})]).weights[0]
    np.testing.assert_allclose(masked_first, [0] + [1 / (T_ENC - 1)] * (T_ENC - 1))
    np.testing.assert_allclose(uniform_first, [1] + [0] * (T_ENC - 1), atol=1e-12)


@pytest.mark.parametrize("model_class", ["Seq2seq", "PeekySeq2seq", "AttentionSeq2seq"])
def test_a_forced_character_is_written_and_fed_to_the_next_step(model_class):
    pipeline = pipeline_of(model_class)
    plain = pipeline.trace(TEXT)
    forced = next(c for c in "0123456789" if c != plain.output[1])
    trace = pipeline.trace(TEXT, [ForceCharacter(1, forced)])
    assert trace.output[:2] == plain.output[0] + forced
    assert trace[2].input_character == forced
    # The model's own opinion at the forced step is untouched.
    np.testing.assert_array_equal(trace.probabilities[1], plain.probabilities[1])
    assert not np.allclose(trace.hs_dec[2], plain.hs_dec[2])


def test_every_step_is_forced_by_its_own_change(pipeline):
    wanted = "98765"[:T_DEC]
    assert pipeline.trace(TEXT, [ForceCharacter(i, c) for i, c in enumerate(wanted)]).output == wanted


def test_forcing_what_the_model_writes_anyway_changes_nothing(pipeline):
    plain = pipeline.trace(TEXT)
    forced = pipeline.trace(TEXT, [ForceCharacter(i, c) for i, c in enumerate(plain.output)])
    np.testing.assert_array_equal(forced.logits, plain.logits)


def test_replacing_a_character_is_typing_another_text(pipeline):
    replaced = pipeline.trace(TEXT, [ReplaceCharacter(4, "3")])
    assert replaced.text == "may 3, 94"
    np.testing.assert_array_equal(replaced.logits, pipeline.trace("may 3, 94").logits)


@pytest.mark.parametrize("position", [0, len(TEXT) - 1])
def test_a_space_at_the_edge_of_the_text_moves_nothing(pipeline, position):
    replaced = pipeline.trace(TEXT, [ReplaceCharacter(position, " ")])
    assert replaced.text == TEXT[:position] + " " + TEXT[position + 1 :]
    assert replaced.source == replaced.text.ljust(T_ENC)


def test_a_trace_says_what_was_changed_and_the_next_is_untouched(pipeline):
    changes = [Uniform(step=1), ForceCharacter(0, "7")]
    before = pipeline.trace(TEXT)
    assert pipeline.trace(TEXT, changes).interventions == tuple(changes)
    after = pipeline.trace(TEXT)
    assert after.interventions == ()
    np.testing.assert_array_equal(after.logits, before.logits)


def test_a_failed_change_leaves_the_model_as_it_was(pipeline):
    before = pipeline.trace(TEXT)
    with pytest.raises(InterventionError, match="every character is masked"):
        pipeline.trace(TEXT, [Mask(tuple(range(T_ENC)), step=3)])
    np.testing.assert_array_equal(pipeline.trace(TEXT).weights, before.weights)


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([Uniform(step=T_DEC)], "step 5; the decoding has steps 0 to 4"),
        ([ForceCharacter(T_DEC, "1")], "step 5"),
        ([ForceCharacter(0, "k")], "'k' is not one of the 59 characters"),
        ([ForceCharacter(0, "é")], "not one of the 59"),
        ([ReplaceCharacter(len(TEXT), "1")], "has positions 0 to 8"),
        ([ReplaceCharacter(0, "🙂")], "not one of the 59"),
        ([Mask((T_ENC,))], "position 12; the model reads positions 0 to 11"),
        ([SetWeights({T_ENC: 0.5})], "position 12"),
        ([Uniform()] * (MAX_INTERVENTIONS + 1), "at most 64"),
    ],
)
def test_what_does_not_fit_the_decoding_is_refused(changes, message):
    with pytest.raises(InterventionError, match=message):
        pipeline_of().trace(TEXT, changes)


def test_a_model_without_attention_has_none_to_change():
    with pytest.raises(InterventionError, match="no attention"):
        pipeline_of("PeekySeq2seq").trace(TEXT, [Uniform()])


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (ForceCharacter, {"step": -1, "character": "1"}),
        (ForceCharacter, {"step": True, "character": "1"}),
        (ForceCharacter, {"step": 0, "character": "12"}),
        (ForceCharacter, {"step": 0, "character": ""}),
        (ForceCharacter, {"step": 0, "character": "\ud800"}),
        (ReplaceCharacter, {"position": 0, "character": "\udfff"}),
        (ForceCharacter, {"step": 0, "character": 1}),
        (ReplaceCharacter, {"position": 1.0, "character": "1"}),
        (Temperature, {"value": 0.0}),
        (Temperature, {"value": -1.0}),
        (Temperature, {"value": math.nan}),
        (Temperature, {"value": math.inf}),
        (Temperature, {"value": "1"}),
        (Uniform, {"step": "1"}),
        (Permute, {"seed": -1}),
        (Mask, {"positions": ()}),
        (Mask, {"positions": (-1,)}),
        (SetWeights, {"weights": {}}),
        (SetWeights, {"weights": {0: -0.1}}),
        (SetWeights, {"weights": {0: math.nan}}),
        (SetWeights, {"weights": {0: 0.6, 1: 0.6}}),
        (SetWeights, {"weights": ((0, 0.1), (0, 0.2))}),
    ],
)
def test_impossible_values_are_refused(kind, values):
    with pytest.raises(InterventionError):
        kind(**values)


# ---- JSON -----------------------------------------------------------------------------------------------------------

EVERY_KIND: list[Intervention] = [
    *ATTENTION_CHANGES,
    Gold(),
    Gold(step=3),
    ForceCharacter(2, "-"),
    ReplaceCharacter(0, " "),
    SetWeights({1: 0.1}, step=4),
    Mask((1, 2), step=0),
]


@pytest.mark.parametrize("change", EVERY_KIND, ids=repr)
def test_json_and_back(change):
    assert intervention_from_dict(json.loads(json.dumps(intervention_to_dict(change)))) == change


def test_a_list_names_the_change_that_is_wrong():
    with pytest.raises(InterventionError, match="change 2: a change is of kind 'rotate'"):
        interventions_from_list([{"kind": "uniform"}, {"kind": "rotate"}])
    with pytest.raises(InterventionError, match="at most 64"):
        interventions_from_list([{"kind": "uniform"}] * 65)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from([change.kind for change in EVERY_KIND])
NAMES = st.sampled_from(["step", "character", "position", "positions", "value", "seed", "weights", "kind", "x"])


@given(st.one_of(JSON, st.builds(lambda kind, rest: rest | {"kind": kind}, KINDS, st.dictionaries(NAMES, JSON))))
def test_any_json_is_a_change_or_a_sentence(content):
    try:
        change = intervention_from_dict(content)
    except InterventionError as error:
        assert str(error)
        return
    assert intervention_from_dict(json.loads(json.dumps(intervention_to_dict(change)))) == change
    try:
        pipeline_of().trace(TEXT, [change])
    except InterventionError as error:
        assert str(error)
