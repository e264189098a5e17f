"""Mistakes that published re-implementations of the attention model make, and the checks that catch them.

Every check is a function that is run twice: on the model, which passes, and on the model with the mistake built in,
which does not. A check that cannot fail proves nothing.
"""

import dataclasses

import numpy as np
import pytest

from core.backend.numpy_backend import CPU
from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.data.vocabulary import Vocabulary
from core.decoding.greedy import trace_greedy
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.layers.attention import TimeAttention
from core.layers.basic import Softmax
from core.layers.gradient_check import check_gradient
from core.layers.initialiser import BOOK
from core.models.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.models.mistaken import MISTAKEN_MODELS, PositionScore, SoftmaxOverOne
from core.models.seq2seq import Decoder
from core.models.spec import ModelSpec
from core.training.mistaken_code import labels_reversed, never_seen, teacher_forced_map
from core.training.mistakes import MISTAKES, TRAINABLE
from core.training.optimizers import clip_grads
from core.training.recipe import Recipe
from tests.core import reference
from tests.core.small_models import DATES
from tests.core.small_models import make_pipeline as make_date_pipeline

V, D, H = 6, 3, 4
N, T_ENC, T_DEC = 4, 4, 3  # N = T_enc, so that an index on the wrong axis has no shape to betray it
START = 1
VOCABULARY = Vocabulary("abcde ")


def make(kind=AttentionSeq2seq, seed=11, scale=0.7):
    rng = np.random.default_rng(seed)
    model = kind(V, D, H, dtype=np.float64)
    for parameter in model.params:
        parameter[...] = scale * rng.standard_normal(parameter.shape)
    return model


def batch():
    rng = np.random.default_rng(80)
    ts = rng.integers(0, V, (N, T_DEC + 1))
    ts[:, 0] = START
    return rng.integers(0, V, (N, T_ENC)), ts


def with_attention(attention):
    """An attention model whose decoder looks through another layer."""
    return with_decoder(type("LookingDecoder", (AttentionDecoder,), {"attention_class": attention}))


def with_decoder(decoder):
    return type("WithDecoder", (AttentionSeq2seq,), {"decoder_class": decoder})


def published(name):
    """The model class of `core.training.mistakes`."""
    return MISTAKES[name].model_class


# ------------------------------------------------------------- 1. an affine weight left without its 1/sqrt(2H)


def check_affine_start(kind):
    W = kind(59, 16, 128, rng=np.random.default_rng(0)).decoder.affine.params[0]
    assert W.shape == (2 * 128, 59)
    assert abs(W.std() * (2 * 128) ** 0.5 - 1) < 0.05, f"standard deviation {W.std()}, expected 1/sqrt(2H)"


def unscaled_affine(*sizes, **options):
    recipe = MISTAKES["affine-not-scaled"].recipe(Recipe(initialiser=BOOK))
    return AttentionSeq2seq(*sizes, initialiser=recipe.initialiser, **options)


class ScaledForOneState(AttentionSeq2seq):
    """1/sqrt(H): the context beside hs_dec forgotten."""

    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.decoder.affine.params[0][...] *= 2**0.5


@pytest.mark.parametrize("mistaken", [unscaled_affine, ScaledForOneState])
def test_affine_weight_without_its_scale(mistaken):
    check_affine_start(AttentionSeq2seq)
    with pytest.raises(AssertionError, match="standard deviation"):
        check_affine_start(mistaken)


# --------------------------------------- 2. the decoder state's gradient added to ddec_hs instead of denc_hs


def check_encoder_gradients(kind):
    model = make(kind)
    xs, ts = batch()
    model.forward(xs, ts)
    model.backward()
    gradients = [g.copy() for g in model.grads]
    for name, parameter, gradient in zip(model.parameter_names, model.params, gradients, strict=True):
        difference = check_gradient(lambda _: float(model.forward(xs, ts)), parameter, gradient)
        assert difference.agrees(), f"{name}: {difference}"


class StateGradientToTheFirstState(AttentionDecoder):
    def backward(self, dlogits):
        dhs_enc = super().backward(dlogits)
        dhs_enc[:, -1] -= self.lstm.dh
        dhs_enc[:, 0] += self.lstm.dh
        return dhs_enc


@pytest.mark.parametrize(
    "mistaken", [published("state-gradient-misplaced"), with_decoder(StateGradientToTheFirstState)]
)
def test_gradient_of_the_decoders_first_state_in_the_wrong_place(mistaken):
    check_encoder_gradients(AttentionSeq2seq)
    with pytest.raises(AssertionError, match=r"encoder\.embed\.W"):
        check_encoder_gradients(mistaken)


# ------------------------------------------------------------------- 3. enc_hs[:-1] for enc_hs[:, -1]


def check_loss(kind):
    model = make(kind)
    xs, ts = batch()
    expected = reference.Model("attention", model.params).loss(xs, ts)
    assert float(model.forward(xs, ts)) == pytest.approx(expected, rel=1e-10), "another loss than the equations"


class AllButTheLastSample(AttentionDecoder):
    def start(self, encoded):
        Decoder.start(self, encoded[:-1])
        self.hs_enc = encoded


class LastSample(AttentionDecoder):
    def start(self, encoded):
        Decoder.start(self, encoded[-1])
        self.hs_enc = encoded


class FirstState(AttentionDecoder):
    def start(self, encoded):
        Decoder.start(self, encoded[:, 0])
        self.hs_enc = encoded


@pytest.mark.parametrize(
    "mistaken", [published("wrong-first-state"), *map(with_decoder, (AllButTheLastSample, LastSample, FirstState))]
)
def test_decoder_started_from_another_state_than_the_last(mistaken):
    check_loss(AttentionSeq2seq)
    # [:-1] does not have the shape of a state, and TimeLSTM says so; the others fit and change the loss.
    with pytest.raises((AssertionError, ValueError), match=r"another loss|call set_state or reset_state"):
        check_loss(mistaken)


def check_an_answer_does_not_depend_on_its_neighbours(kind):
    model = make(kind)
    xs, ts = batch()
    together = model.decoder.forward(ts[:, :-1], model.encoder.forward(xs)).copy()
    for n in range(N):
        alone = model.decoder.forward(ts[n : n + 1, :-1], model.encoder.forward(xs[n : n + 1]))
        assert np.allclose(together[n], alone[0]), f"text {n} is answered otherwise in company"


def test_the_last_samples_state_for_all_shows_in_company_only():
    check_an_answer_does_not_depend_on_its_neighbours(AttentionSeq2seq)
    mistaken = published("wrong-first-state")
    with pytest.raises(AssertionError, match="text 0 is answered otherwise in company"):
        check_an_answer_does_not_depend_on_its_neighbours(mistaken)
    xs, _ = batch()
    assert make(mistaken).generate(xs[:1], START, 6) == make(AttentionSeq2seq).generate(xs[:1], START, 6)


# ----------------------------------------------------------------------- 4. a softmax over the wrong axis


def check_weights_sum_to_one_over_the_source(kind):
    model = make(kind)
    model.forward(*batch())
    weights = np.array(model.decoder.attention.attention_weights)
    assert weights.shape == (T_DEC, N, T_ENC)
    sums = weights.sum(axis=2)
    assert np.allclose(sums, 1.0), f"rows sum to {sums.min()} ... {sums.max()}"


class OverTheSteps(Softmax):
    def forward(self, x):
        return super().forward(x.swapaxes(-1, -2)).swapaxes(-1, -2)


class OverTheBatch(Softmax):
    def forward(self, x):
        return np.moveaxis(super().forward(np.moveaxis(x, 0, -1)), -1, 0)


class OverEverything(Softmax):
    def forward(self, x):
        return super().forward(x.reshape(len(x), -1)).reshape(x.shape)


@pytest.mark.parametrize("mistaken", [SoftmaxOverOne, OverTheSteps, OverTheBatch, OverEverything])
def test_softmax_over_the_wrong_axis(mistaken):
    class WrongAxis(TimeAttention):
        def __init__(self, backend=CPU, score=None):
            super().__init__(backend, score)
            self.softmax = mistaken(backend)

    check_weights_sum_to_one_over_the_source(AttentionSeq2seq)
    check_loss(AttentionSeq2seq)
    with pytest.raises(AssertionError, match="rows sum to"):
        check_weights_sum_to_one_over_the_source(with_attention(WrongAxis))
    with pytest.raises(AssertionError, match="another loss"):
        check_loss(with_attention(WrongAxis))


# ------------------------------------------------------------------ 5. weights that ignore the encoder states


def check_weights_follow_the_encoder_states(attention_class):
    """Put the source states into another order, and the weights must come in that order."""
    rng = np.random.default_rng(81)
    hs_enc, hs_dec = rng.standard_normal((N, T_ENC, H)), rng.standard_normal((N, T_DEC, H))
    order = np.array([2, 0, 3, 1])

    def weights_of(hs):
        layer = attention_class()
        layer.forward(hs, hs_dec)
        return np.array(layer.attention_weights)

    weights = weights_of(hs_enc)
    assert weights.std(axis=2).min() > 0.01, "every state has the same weight"
    assert np.allclose(weights_of(hs_enc[:, order]), weights[:, :, order]), "the weights stay where they were"


def looking_by_position():
    return TimeAttention(CPU, PositionScore(np.random.default_rng(82).standard_normal((H, 256))))


class Looking(TimeAttention):
    """TimeAttention with scores computed from something else than the encoder states."""

    def looked_at(self, hs_enc, hs_dec):
        raise NotImplementedError

    def forward(self, hs_enc, hs_dec):
        super().forward(self.looked_at(hs_enc, hs_dec), hs_dec)
        return self.attention_weights.transpose(1, 0, 2) @ hs_enc


class LookingAtNothing(Looking):
    def looked_at(self, hs_enc, hs_dec):
        return np.zeros_like(hs_enc)


class LookingAtPositions(Looking):
    def looked_at(self, hs_enc, hs_dec):
        return np.broadcast_to(np.random.default_rng(1).standard_normal(hs_enc.shape[1:]), hs_enc.shape)


class LookingAtTheDecoder(Looking):
    def looked_at(self, hs_enc, hs_dec):
        return hs_dec[:, np.arange(hs_enc.shape[1]) % hs_dec.shape[1]]


@pytest.mark.parametrize("mistaken", [LookingAtNothing, LookingAtPositions, LookingAtTheDecoder])
def test_weights_that_ignore_the_encoder_states(mistaken):
    check_weights_follow_the_encoder_states(TimeAttention)
    check_loss(AttentionSeq2seq)
    with pytest.raises(AssertionError, match=r"same weight|stay where they were"):
        check_weights_follow_the_encoder_states(mistaken)
    with pytest.raises(AssertionError, match="another loss"):
        check_loss(with_attention(mistaken))


def test_weights_by_position_ignore_the_encoder_states():
    with pytest.raises(AssertionError, match="stay where they were"):
        check_weights_follow_the_encoder_states(looking_by_position)
    with pytest.raises(AssertionError, match="another loss"):
        check_loss(published("weights-without-encoder"))


# --------------------------------------------------- 6. a teacher-forced map shown as if it were the decoding

SOURCE = np.array([3, 0, 5, 1, 2, 4])
STEPS = 5


def trace_of(model, source_ids=SOURCE, *, reversed_input=True) -> DecodingTrace:
    return trace_greedy(
        model,
        source_ids,
        text=VOCABULARY.decode(source_ids),
        vocabulary=VOCABULARY,
        start_id=START,
        steps=STEPS,
        reversed_input=reversed_input,
        name="untrained",
        digest="0",
    )


def check_map_is_that_of_the_decoding(make_trace):
    """The characters and the weights are those of a decoder that reads what it wrote itself."""
    model = make(seed=17, scale=2.0)
    ids, weights = reference.Model("attention", model.params).generate(SOURCE[None, ::-1], START, STEPS)
    assert len(set(ids)) >= 3, "the case tells nothing; choose another seed"
    trace = make_trace(model)
    assert trace.output == VOCABULARY.decode(ids), "another output than the decoding"
    assert list(trace.input_ids) == [START, *ids[:-1]], "the decoder was fed something else than it wrote"
    assert np.allclose(trace.attention, weights[:, ::-1], rtol=1e-9), "the weights are not those of the decoding"


def pipeline_of(model, reversed_input=True):
    spec = ModelSpec("AttentionSeq2seq", D, H, VOCABULARY, reversed_input, "b", len(SOURCE), STEPS)
    return Pipeline("untrained", model, spec, digest="0")


def teacher_forced_trace(model):
    """The decoding's own characters above the map of another pass, fed with the right answer."""
    answer = np.array([[START, 2, 5, 0, 4, 3]])
    model.forward(SOURCE[None, ::-1], answer)
    weights = np.array(model.decoder.attention.attention_weights)[:, 0, ::-1]
    return dataclasses.replace(trace_of(model), weights=weights)


def trace_fed_with_the_answer(model):
    """A trace that is teacher-forced throughout: its output is a row of guesses, each after a right beginning."""
    answer = np.array([[START, 2, 5, 0, 4, 3]])
    logits = model.decoder.forward(answer[:, :-1], model.encoder.forward(SOURCE[None, ::-1]))[0]
    ids = logits.argmax(axis=1)
    weights = np.array(model.decoder.attention.attention_weights)[:, 0, ::-1]
    return dataclasses.replace(
        trace_of(model), input_ids=answer[0, :-1], output_ids=ids, output=VOCABULARY.decode(ids), weights=weights
    )


@pytest.mark.parametrize(
    ("mistaken", "words"),
    [(teacher_forced_trace, "weights are not those"), (trace_fed_with_the_answer, "another output|fed something else")],
)
def test_teacher_forced_map_is_not_the_decoding(mistaken, words):
    check_map_is_that_of_the_decoding(trace_of)
    with pytest.raises(AssertionError, match=words):
        check_map_is_that_of_the_decoding(mistaken)


# ---------------------------------------------------------------------------- 7. axis labels left reversed


def check_columns_stand_in_reading_order(make_trace):
    """Column j of everything with a source axis belongs to source[j], whichever way the model reads."""
    model = make(seed=17, scale=2.0)
    plain = reference.Model("attention", model.params)
    for reversed_input in (True, False):
        trace = make_trace(model, reversed_input)
        assert trace.source == VOCABULARY.decode(SOURCE), "the source is not what was typed"
        order = list(range(len(SOURCE)))[:: -1 if reversed_input else 1]  # position typed, in the order it is read
        hs_enc = plain.encode(SOURCE[None, order])[0]
        _, weights = plain.generate(SOURCE[None, order], START, STEPS)
        for read, typed in enumerate(order):
            assert np.allclose(trace.hs_enc[typed], hs_enc[read]), "a state stands at another character"
            assert np.allclose(trace.attention[:, typed], weights[:, read]), "a weight stands at another character"
            scores = trace.hs_dec @ trace.hs_enc[typed]
            assert np.allclose(trace.scores[:, typed], scores), "a score stands at another character"


def right_trace(model, reversed_input):
    return trace_of(model, reversed_input=reversed_input)


def columns_as_the_model_read_them(model, reversed_input):
    return labels_reversed(pipeline_of(model, reversed_input), VOCABULARY.decode(SOURCE))


def source_reversed(model, reversed_input):
    trace = right_trace(model, reversed_input)
    return dataclasses.replace(trace, source=trace.source[::-1])


def states_not_turned(model, reversed_input):
    trace = right_trace(model, reversed_input)
    return dataclasses.replace(trace, hs_enc=trace.hs_enc[::-1])


def reversal_forgotten(model, reversed_input):
    """The reversed ids are handed over as if they had been typed that way."""
    return trace_of(model, SOURCE[::-1] if reversed_input else SOURCE, reversed_input=False)


@pytest.mark.parametrize(
    "mistaken", [columns_as_the_model_read_them, source_reversed, states_not_turned, reversal_forgotten]
)
def test_columns_left_reversed(mistaken):
    check_columns_stand_in_reading_order(right_trace)
    with pytest.raises(AssertionError, match=r"another character|not what was typed"):
        check_columns_stand_in_reading_order(mistaken)


# -------------------------------------------------------------------------- 8. the context not fed to the affine layer


def check_the_context_changes_the_answer(kind):
    """Other weights give another context, and that must show in the logits."""
    model = make(kind)
    xs, ts = batch()
    encoded = model.encoder.forward(xs)
    logits = model.decoder.forward(ts[:, :-1], encoded).copy()
    model.decoder.attention.edit = lambda scores: np.full_like(scores, 1 / T_ENC)
    changed = model.decoder.forward(ts[:, :-1], encoded)
    assert np.abs(changed - logits).max() > 1e-3, "the answer does not hang on the context"


def test_the_context_not_fed_to_the_affine_layer():
    check_the_context_changes_the_answer(AttentionSeq2seq)
    mistaken = published("context-not-fed")
    with pytest.raises(AssertionError, match="does not hang on the context"):
        check_the_context_changes_the_answer(mistaken)
    assert mistaken(V, D, H).decoder.affine.params[0].shape == (H, V), "half of the affine weight is missing"
    check_encoder_gradients(mistaken)  # a model of its own, with the right gradients


# ------------------------------------------------------------- 9. the first character first, gradients as they come


def check_the_last_character_is_read_first(recipe):
    """The model takes what it is given: in which order shows in the recipe alone."""
    assert recipe.reversed_input, "the first character is read first"


def test_a_recipe_says_in_which_order_the_input_is_read():
    check_the_last_character_is_read_first(Recipe())
    mistaken = MISTAKES["input-not-reversed"].recipe(Recipe())
    with pytest.raises(AssertionError, match="first character is read first"):
        check_the_last_character_is_read_first(mistaken)
    assert dataclasses.replace(mistaken, reversed_input=True) == Recipe()


def check_long_gradients_are_shortened(recipe):
    grads = [np.full(100, 1e3)]
    if recipe.max_grad is not None:
        clip_grads(grads, recipe.max_grad)
    assert np.linalg.norm(grads[0]) < 6, "the gradient is as long as it came"


def test_gradients_not_clipped():
    check_long_gradients_are_shortened(Recipe())
    with pytest.raises(AssertionError, match="as long as it came"):
        check_long_gradients_are_shortened(MISTAKES["gradients-not-clipped"].recipe(Recipe()))


# ----------------------------------------------------------------------------------- 10. days in both sets


CORPUS = Corpus.from_pairs(make_pairs(2000, seed=3))


def check_no_day_is_in_both_sets(split):
    train, test = split(CORPUS, 0.2, 3)
    assert sorted([*train, *test]) == sorted(CORPUS), "pairs were lost"
    assert 0.15 < len(test) / len(CORPUS) < 0.25
    both = set(train.answers) & set(test.answers)
    assert not both, f"{len(both)} days are in both sets"


def test_days_in_both_sets():
    check_no_day_is_in_both_sets(split_by_day)
    split = MISTAKES["days-in-both-sets"].split
    with pytest.raises(AssertionError, match="days are in both sets"):
        check_no_day_is_in_both_sets(split)
    assert split(CORPUS, 0.2, 3) == split(CORPUS, 0.2, 3) != split(CORPUS, 0.2, 4)
    assert all(mistake.split is split_by_day for name, mistake in MISTAKES.items() if name != "days-in-both-sets")


def test_the_days_that_were_never_seen():
    train = Corpus(["a", "b"], ["1990-01-01", "1990-01-02"])
    test = Corpus(["c", "d", "e"], ["1990-01-02", "1990-01-03", "1990-01-01"])
    assert list(never_seen(test, train)) == [("d", "1990-01-03")]


# ------------------------------------------------------------------ the pictures of `core.training.mistakes`, the list


def test_a_teacher_forced_map_shows_an_answer_that_the_model_does_not_give():
    pipeline = make_date_pipeline(**DATES)
    right, shown = pipeline.trace("2/10/93"), teacher_forced_map(pipeline, "2/10/93")
    assert right.output != "1993-02-10" == shown.output and shown.interventions == ()
    answer = pipeline.vocabulary.encode("_1993-02-10")[None]
    ids = pipeline.as_read(pipeline.vocabulary.encode("2/10/93".ljust(29))[None])
    pipeline.model.forward(ids, answer)
    weights = np.array(pipeline.model.decoder.attention.attention_weights)[:, 0, ::-1]
    assert shown.weights is not None and right.weights is not None
    np.testing.assert_allclose(shown.weights, weights, rtol=1e-4, atol=1e-6)
    assert np.abs(shown.weights - right.weights).max() > 0.01
    np.testing.assert_array_equal(shown.weights[0], right.weights[0])
    with pytest.raises(ValueError, match="the right answer to 'tomorrow' is not known"):
        teacher_forced_map(pipeline, "tomorrow")


@pytest.mark.parametrize("picture", [labels_reversed, teacher_forced_map])
def test_without_attention_there_is_no_picture_to_lie(picture):
    with pytest.raises(ValueError, match="'small' has no attention to draw"):
        picture(make_date_pipeline("Seq2seq", **DATES), "2/10/93")


def test_reversed_labels_are_wrong_only_where_the_input_is_reversed():
    for reversed_input in (True, False):
        pipeline = make_date_pipeline(reversed_input=reversed_input, **DATES)
        trace, shown = pipeline.trace("2/10/93"), labels_reversed(pipeline, "2/10/93")
        assert shown.source == trace.source and shown.output == trace.output
        np.testing.assert_array_equal(shown.weights, trace.weights[:, ::-1] if reversed_input else trace.weights)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_says_what_it_is(name):
    mistake = MISTAKES[name]
    assert mistake.name == name
    in_its_code = mistake.model_class is not AttentionSeq2seq
    ways = [in_its_code, mistake.change is not None, mistake.picture is not None, mistake.split is not split_by_day]
    assert sum(ways) == 1, "a mistake is one thing"
    assert callable(globals()[mistake.caught_by]) and mistake.caught_by.startswith("check_")
    assert mistake.source and mistake.wrong_source.startswith("def ")
    compile(mistake.wrong_source, name, "exec")
    assert mistake.right_source != mistake.wrong_source
    if in_its_code:
        assert issubclass(mistake.model_class, AttentionSeq2seq) and mistake.recipe(Recipe()) == Recipe()


def test_a_file_may_name_the_mistakes_that_are_trained_with():
    assert list(MISTAKEN_MODELS) == list(TRAINABLE)


def test_the_mistakes_are_those_that_were_announced():
    assert {name: mistake.where for name, mistake in MISTAKES.items()} == {
        "affine-not-scaled": "start",
        "state-gradient-misplaced": "backward",
        "wrong-first-state": "forward",
        "softmax-wrong-axis": "forward",
        "weights-without-encoder": "forward",
        "context-not-fed": "forward",
        "input-not-reversed": "training",
        "gradients-not-clipped": "training",
        "days-in-both-sets": "data",
        "labels-reversed": "picture",
        "teacher-forced-map": "picture",
    }


@pytest.mark.parametrize("name", ["softmax-wrong-axis", "weights-without-encoder", "context-not-fed"])
def test_the_gradients_of_another_model_are_right(name):
    """What these compute is not attention as it should be, but they learn what they compute."""
    check_encoder_gradients(published(name))


def test_the_wrong_softmax_gives_every_weight_1_and_learns_nothing_from_the_scores():
    model = make(published("softmax-wrong-axis"))
    xs, ts = batch()
    model.forward(xs, ts)
    assert (np.array(model.decoder.attention.attention_weights) == 1).all()
    np.testing.assert_allclose(model.decoder.context[:, 0], model.encoder.hs.sum(axis=1), rtol=1e-12)
    dhs_enc, dhs_dec = model.decoder.attention.backward(np.ones((N, T_DEC, H)))
    assert not dhs_dec.any()
    np.testing.assert_allclose(dhs_enc, T_DEC)


def test_positions_beyond_the_table_are_refused():
    score = PositionScore(np.zeros((H, 256)))
    score.forward(np.zeros((1, 256, H)), np.zeros((1, 1, H)))
    with pytest.raises(ValueError, match="got 257 encoder states"):
        score.forward(np.zeros((1, 257, H)), np.zeros((1, 1, H)))
