"""Mistakes that published re-implementations of the attention model make, and the checks that catch them.

Every check is a function that is run twice: on the model, which passes, and on the model with the mistake built in,
which does not. A check that cannot fail proves nothing.
"""

import dataclasses

import numpy as np
import pytest

from core.attention import TimeAttention
from core.attention_seq2seq import AttentionDecoder, AttentionSeq2seq
from core.backend import CPU
from core.decoding import DecodingTrace, trace_greedy
from core.gradient_check import check_gradient
from core.layers import Softmax
from core.seq2seq import Decoder
from core.vocabulary import Vocabulary
from tests.core import reference

V, D, H = 6, 3, 4
N, T_ENC, T_DEC = 4, 4, 3  # N = T_enc, so that an index on the wrong axis has no shape to betray it
START = 1
VOCABULARY = Vocabulary("abcdef")


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


def with_attention(attention_class):
    """An attention model whose decoder looks through another layer."""

    class LookingDecoder(AttentionDecoder):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.attention = attention_class(self.backend)

    return with_decoder(LookingDecoder)


def with_decoder(decoder):
    return type("WithDecoder", (AttentionSeq2seq,), {"decoder_class": decoder})


# ------------------------------------------------------------- 1. an affine weight left without its 1/sqrt(2H)


def check_affine_start(kind):
    W = kind(59, 16, 128, rng=np.random.default_rng(0)).decoder.affine.params[0]
    assert W.shape == (2 * 128, 59)
    assert abs(W.std() * (2 * 128) ** 0.5 - 1) < 0.05, f"standard deviation {W.std()}, expected 1/sqrt(2H)"


class UnscaledAffine(AttentionSeq2seq):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        W = self.decoder.affine.params[0]
        W *= len(W) ** 0.5


class ScaledForOneState(AttentionSeq2seq):
    """1/sqrt(H): the context beside hs_dec forgotten."""

    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.decoder.affine.params[0][...] *= 2**0.5


@pytest.mark.parametrize("mistaken", [UnscaledAffine, ScaledForOneState])
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


class StateGradientToTheDecoder(AttentionDecoder):
    def backward(self, dlogits):
        dout = self.affine.backward(dlogits)
        dhs_enc, dhs_dec = self.attention.backward(dout[:, :, :H])
        dhs_dec += dout[:, :, H:]
        self.embed.backward(self.lstm.backward(dhs_dec))
        dhs_dec[:, -1] += self.lstm.dh
        return dhs_enc


class StateGradientToTheFirstState(AttentionDecoder):
    def backward(self, dlogits):
        dhs_enc = super().backward(dlogits)
        dhs_enc[:, -1] -= self.lstm.dh
        dhs_enc[:, 0] += self.lstm.dh
        return dhs_enc


@pytest.mark.parametrize("mistaken", [StateGradientToTheDecoder, StateGradientToTheFirstState])
def test_gradient_of_the_decoders_first_state_in_the_wrong_place(mistaken):
    check_encoder_gradients(AttentionSeq2seq)
    with pytest.raises(AssertionError, match=r"encoder\.embed\.W"):
        check_encoder_gradients(with_decoder(mistaken))


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


@pytest.mark.parametrize("mistaken", [AllButTheLastSample, LastSample, FirstState])
def test_decoder_started_from_another_state_than_the_last(mistaken):
    check_loss(AttentionSeq2seq)
    # [:-1] does not have the shape of a state, and TimeLSTM says so; the other two fit and change the loss.
    with pytest.raises((AssertionError, ValueError), match=r"another loss|call set_state or reset_state"):
        check_loss(with_decoder(mistaken))


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


@pytest.mark.parametrize("mistaken", [OverTheSteps, OverTheBatch, OverEverything])
def test_softmax_over_the_wrong_axis(mistaken):
    class WrongAxis(TimeAttention):
        def __init__(self, backend=CPU):
            super().__init__(backend)
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
    trace = right_trace(model, reversed_input)
    return dataclasses.replace(trace, weights=trace.weights[:, ::-1], scores=trace.scores[:, ::-1])


def labels_reversed(model, reversed_input):
    trace = right_trace(model, reversed_input)
    return dataclasses.replace(trace, source=trace.source[::-1])


def states_not_turned(model, reversed_input):
    trace = right_trace(model, reversed_input)
    return dataclasses.replace(trace, hs_enc=trace.hs_enc[::-1])


def reversal_forgotten(model, reversed_input):
    """The reversed ids are handed over as if they had been typed that way."""
    return trace_of(model, SOURCE[::-1] if reversed_input else SOURCE, reversed_input=False)


@pytest.mark.parametrize(
    "mistaken", [columns_as_the_model_read_them, labels_reversed, states_not_turned, reversal_forgotten]
)
def test_columns_left_reversed(mistaken):
    check_columns_stand_in_reading_order(right_trace)
    with pytest.raises(AssertionError, match=r"another character|not what was typed"):
        check_columns_stand_in_reading_order(mistaken)
