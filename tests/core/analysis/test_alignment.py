"""Measures of attention by hand, in known cases, and against plain loops."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.analysis.alignment
from core.analysis.alignment import score_alignment, score_corpus
from core.analysis.alignment_measures import AlignmentMeasures
from core.data.corpus import Corpus
from core.data.dates import FAMILIES, family_of, make_pairs
from core.data.gold import gold_padded
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.models.spec import ModelSpec

HYPHENS = [4, 7]
OTHERS = ["tomorrow", "2/30/93", "27 september 1994"]

seeds = st.integers(0, 2**32 - 1)


def pipeline_of(model_class="AttentionSeq2seq", *, reversed_input=True, source_length=30):
    spec = ModelSpec(model_class, 3, 7, DATE_VOCABULARY, reversed_input, "_", source_length, 10)
    model = spec.build(rng=np.random.default_rng(8), dtype=np.float64)
    for param in model.params:
        param *= 3
    return Pipeline("small", model, spec, digest="abc")


def corpus_of(n=40, seed=6):
    """Dates of all families, and texts of none."""
    corpus = Corpus.from_pairs(make_pairs(n, seed))
    return Corpus([*corpus.questions, *OTHERS], [*corpus.answers, "1970-01-01", "1993-02-30", "1994-09-27"])


def gold_of(question, t_enc):
    gold = gold_padded(question, t_enc)
    assert gold is not None
    return gold


def attention(rng, *shape):
    scores = 3 * rng.standard_normal(shape)
    weights = np.exp(scores)
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


# ---- measures of one decoding ---------------------------------------------------------------------------------------


def test_measures_by_hand():
    weights = np.array([[0.5, 0.25, 0.25, 0.0], [0.0, 0.5, 0.0, 0.5], [0.125, 0.125, 0.25, 0.5]], np.float32)
    gold = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], bool)
    scores = score_alignment(weights, gold, text_length=3)

    assert scores.argmax == (0, 1, 3)
    assert scores.received == (0.625, 0.875, 0.5, 1.0)
    assert scores.total.to_dict() == dict(
        alignment_error_rate=0.0,  # A = {(0, 0), (1, 1)}, S = {(0, 0)}: 1 - (1 + 2) / (2 + 1)
        soft_alignment_error_rate=pytest.approx(1 - (0.5 + 1.0) / 3),
        mass_on_gold=pytest.approx((0.5 + 0.5) / 2),
        argmax_on_gold=1.0,
        # Due 1, 1/2, 1/2 to the first three; they get 0.625, 0.875, 0.5.
        coverage=pytest.approx((0.625 + 1 + 1) / 3),
        entropy=pytest.approx((1.5 + 1.0 + 1.75) / 3),
        mass_on_padding=pytest.approx((0 + 0.5 + 0.5) / 3),
    )
    assert scores.steps == (
        AlignmentMeasures(0.0, 0.5, 0.5, 1.0, None, 1.5, 0.0),
        AlignmentMeasures(0.0, 0.5, 0.5, 1.0, None, 1.0, 0.5),
        AlignmentMeasures(None, None, None, None, None, 1.75, 0.5),
    )


def test_a_miss_of_a_sure_step_counts_twice():
    gold = np.array([[1, 0, 0], [0, 1, 1]], bool)
    right, left = [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]
    miss_sure = score_alignment(np.array([right, right], np.float32), gold, 3).total
    miss_other = score_alignment(np.array([left, left], np.float32), gold, 3).total
    assert (miss_sure.argmax_on_gold, miss_other.argmax_on_gold) == (0.5, 0.5)
    assert miss_sure.alignment_error_rate == pytest.approx(2 / 3)
    assert miss_other.alignment_error_rate == pytest.approx(1 / 3)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_gold_attention_is_perfect(family):
    gold = gold_of(family.example, 29)
    spread = gold / np.maximum(gold.sum(axis=1, keepdims=True), 1)
    spread[HYPHENS, 28] = 1
    total = score_alignment(spread.astype(np.float32), gold, len(family.example)).total
    assert total.alignment_error_rate == 0.0
    assert total.argmax_on_gold == 1.0
    assert total.mass_on_gold == pytest.approx(1.0)
    assert total.soft_alignment_error_rate == pytest.approx(0.0, abs=1e-12)
    assert total.coverage == pytest.approx(1.0)
    assert total.entropy == pytest.approx(sum(math.log2(n) for n in gold.sum(axis=1).tolist() if n) / 10)
    assert total.mass_on_padding == pytest.approx(0.2 if len(family.example) < 29 else 0.0)


def test_looking_elsewhere_is_as_bad_as_can_be():
    gold = gold_of("2/10/93", 29)
    weights = np.zeros((10, 29), np.float32)
    weights[:, 1] = 1
    total = score_alignment(weights, gold, 7).total
    assert total == AlignmentMeasures(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def test_uniform_attention():
    gold = gold_of("May 5, 1995", 29)
    total = score_alignment(np.full((10, 29), 1 / 29, np.float32), gold, 11).total
    assert total.entropy == pytest.approx(math.log2(29))
    assert total.mass_on_gold == pytest.approx(gold.sum() / 8 / 29)
    assert total.mass_on_padding == pytest.approx(18 / 29)
    # The first of equals is the M, gold for the two digits of the month alone, which are not sure.
    assert total.argmax_on_gold == 2 / 8
    assert total.alignment_error_rate == pytest.approx(1 - 2 / (8 + 6))


def test_without_gold_the_rest_is_still_measured():
    weights = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]], np.float32)
    scores = score_alignment(weights, None, text_length=2)
    assert scores.total == AlignmentMeasures(None, None, None, None, None, 0.5, 0.5)
    assert scores == score_alignment(weights, np.zeros((2, 3), bool), text_length=2)


def test_a_text_without_padding():
    scores = score_alignment(np.eye(3, dtype=np.float32), np.eye(3, dtype=bool), text_length=3)
    assert scores.total.mass_on_padding == 0.0


def test_weights_may_be_views():
    weights = attention(np.random.default_rng(2), 10, 29)
    gold = gold_of("2/10/93", 29)
    view = np.ascontiguousarray(weights[::-1, ::-1])[::-1, ::-1]
    assert score_alignment(view, gold[:, :], 7) == score_alignment(weights, gold, 7)


@given(seeds, st.sampled_from(make_pairs(30, seed=5)))
def test_measures_stay_in_their_bounds_and_go_to_json(seed, pair):
    weights = attention(np.random.default_rng(seed), 10, 29)
    scores = score_alignment(weights, gold_padded(pair.question, 29), len(pair.question))
    for measures in (scores.total, *scores.steps):
        for name, value in measures.to_dict().items():
            assert value is None or 0 <= value <= (math.log2(29) + 1e-9 if name == "entropy" else 1), name
    back = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert back["total"]["mass_on_gold"] == scores.total.mass_on_gold
    assert len(back["steps"]) == 10 and len(back["received"]) == 29 and len(back["argmax"]) == 10
    assert sum(back["received"]) == pytest.approx(10, abs=1e-4)


@pytest.mark.parametrize(
    ("weights", "gold", "text_length", "message"),
    [
        (np.full(3, 1 / 3), None, 3, r"weights are \(3,\) and gold is none; expected \(T_dec, T_enc\)"),
        (np.full((2, 3), 1 / 3), np.ones((2, 4), bool), 3, r"weights are \(2, 3\) and gold is \(2, 4\)"),
        (np.full((2, 3), 1 / 3), None, 4, "text_length is 4; expected 0 to T_enc = 3"),
        (np.full((2, 3), 1 / 3), None, -1, "text_length is -1"),
        (np.full((2, 3), 0.3), None, 3, "no attention weights"),
        (np.array([[1.5, -0.5]]), None, 2, "no attention weights"),
        (np.array([[1.0, np.nan]]), None, 2, "no attention weights"),
        (np.array([[np.inf, 0.0]]), None, 2, "no attention weights"),
        (np.zeros((2, 3)), None, 3, "no attention weights"),
    ],
)
def test_what_cannot_be_measured(weights, gold, text_length, message):
    with pytest.raises(ValueError, match=message):
        score_alignment(weights, gold, text_length)


# ---- measures over a corpus -----------------------------------------------------------------------------------------


def plain_group(pipeline, corpus):
    """The measures of a corpus, one date and one step at a time."""
    on_gold, hits, entropies, padding, coverages, correct = [], [], [], [], [], 0
    numerator = soft = denominator = 0.0
    for question, answer in corpus:
        trace = pipeline.trace(question)
        gold = gold_padded(question, pipeline.source_length)
        correct += trace.output == answer
        due, got = np.zeros(pipeline.source_length), np.zeros(pipeline.source_length)
        for i, row in enumerate(trace.weights):
            entropies.append(-sum(w * math.log2(w) for w in row if w > 0))
            padding.append(sum(row[len(question) :]))
            got += row
            if gold is None or not gold[i].any():
                continue
            positions = np.flatnonzero(gold[i])
            due[positions] += 1 / len(positions)
            mass, hit = sum(row[positions]), int(np.argmax(row)) in positions
            on_gold.append(mass)
            hits.append(hit)
            links = 2 if len(positions) == 1 else 1
            numerator, soft, denominator = numerator + links * hit, soft + links * mass, denominator + links
        if gold is not None:
            coverages.append(np.mean([min(1, got[j] / due[j]) for j in np.flatnonzero(due)]))
    total = dict(
        alignment_error_rate=1 - numerator / denominator if denominator else None,
        soft_alignment_error_rate=1 - soft / denominator if denominator else None,
        mass_on_gold=np.mean(on_gold) if on_gold else None,
        argmax_on_gold=np.mean(hits) if hits else None,
        coverage=np.mean(coverages) if coverages else None,
        entropy=np.mean(entropies),
        mass_on_padding=np.mean(padding),
    )
    return len(corpus), len(coverages), correct, total


def test_a_corpus_is_measured_as_its_dates_one_by_one(monkeypatch):
    monkeypatch.setattr(core.analysis.alignment, "_PORTION", 16)
    pipeline, corpus = pipeline_of(), corpus_of()
    corpus = Corpus(corpus.questions, [pipeline.trace(corpus.questions[0]).output, *corpus.answers[1:]])
    result = score_corpus(pipeline, corpus)
    assert (result.model, result.digest, result.corpus) == ("small", "abc", corpus.digest)

    groups = {"whole": result.whole} | result.families
    assert list(result.families) == [*(family.name for family in FAMILIES), "other"]
    for name, group in groups.items():
        rows = [i for i, question in enumerate(corpus.questions) if name in ("whole", family_of(question) or "other")]
        n, with_gold, correct, total = plain_group(pipeline, corpus.take(rows))
        assert (group.n, group.with_gold, group.correct) == (n, with_gold, correct), name
        assert group.total.to_dict() == {key: pytest.approx(value) for key, value in total.items()}, name
    assert (result.whole.n, result.whole.with_gold, result.whole.correct) == (43, 41, 1)
    assert result.whole.exact_match == 1 / 43
    assert result.families["other"].with_gold == 1, "27 september 1994 has gold, though no family"


def test_steps_of_a_corpus():
    pipeline, corpus = pipeline_of(), corpus_of()
    whole = score_corpus(pipeline, corpus).whole
    assert len(whole.steps) == 10
    singles = [
        score_alignment(pipeline.trace(question).weights, gold_padded(question, 30), len(question))
        for question in corpus.questions
    ]
    for i, step in enumerate(whole.steps):
        for key in ("mass_on_gold", "argmax_on_gold", "entropy", "mass_on_padding"):
            values = [value for single in singles if (value := getattr(single.steps[i], key)) is not None]
            assert getattr(step, key) == (pytest.approx(np.mean(values)) if values else None), (i, key)
        assert (step.alignment_error_rate is None) == (i in HYPHENS)
        assert step.coverage is None
    assert {i for i, step in enumerate(whole.steps) if step.argmax_on_gold is None} == set(HYPHENS)


def test_progress_is_told_and_may_end_the_work(monkeypatch):
    monkeypatch.setattr(core.analysis.alignment, "_PORTION", 16)
    pipeline, corpus = pipeline_of(), corpus_of()
    told = []
    whole = score_corpus(pipeline, corpus, lambda done, total: told.append((done, total)))
    assert told == [(16, 43), (32, 43), (43, 43)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_corpus(pipeline, corpus, stop)
    assert score_corpus(pipeline, corpus) == whole


def test_a_corpus_goes_to_json():
    result = score_corpus(pipeline_of(), corpus_of())
    back = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert back["whole"]["total"] == result.whole.total.to_dict()
    assert back["families"]["numeric"]["n"] == result.families["numeric"].n
    assert back["whole"]["steps"][4]["argmax_on_gold"] is None
    assert back["whole"]["exact_match"] == result.whole.exact_match


def test_nothing_to_measure():
    progress = []
    result = score_corpus(pipeline_of(), Corpus([], []), lambda *told: progress.append(told))
    assert (result.whole.n, result.whole.exact_match, result.families, progress) == (0, 0.0, {}, [])
    assert set(result.whole.total.to_dict().values()) == {None}
    assert len(result.whole.steps) == 10
    json.dumps(result.to_dict(), allow_nan=False)


@pytest.mark.parametrize("model_class", ["Seq2seq", "PeekySeq2seq"])
def test_without_attention_there_is_nothing_to_measure(model_class):
    with pytest.raises(ValueError, match="the model 'small' has no attention; use one that has"):
        score_corpus(pipeline_of(model_class), corpus_of())


def test_a_question_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match="text 2, 'september 27, 1994', has 18 characters; at most 10 fit"):
        score_corpus(pipeline_of(source_length=10), Corpus(["2/10/93", "september 27, 1994"], ["1993-02-10"] * 2))


def test_the_shipped_model_looks_where_the_day_ends():
    """Columns are in the order of the typed text: in the opposite order these would be near 0."""
    corpus = Corpus.from_pairs(make_pairs(100, seed=2024))
    whole = score_corpus(load_pretrained("date-attention", "cpu"), corpus).whole
    assert whole.exact_match > 0.98
    on_gold = [step.argmax_on_gold or 0.0 for step in whole.steps]
    assert on_gold[9] > 0.9 and on_gold[3] > 0.8
    assert 0.5 < (whole.total.argmax_on_gold or 0.0) < 1
