"""Pipelines from text to text and trace, one text or many, shared by threads."""

import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.analysis.influence import causal_map
from core.analysis.saliency import saliency
from core.data.accuracy import Accuracy, Evaluation
from core.data.dates import random_question
from core.data.source_text import Change, SourceText, SourceTextError, read_source
from core.data.vocabulary import Vocabulary
from core.decoding import pipeline as pipeline_module
from core.decoding.beam import beam_search
from core.decoding.interventions import ForceCharacter, InterventionError, MaskPadding, ReplaceCharacter, Uniform
from core.decoding.pipeline import Pipeline
from tests.core.small_models import CLASSES, DATES, LETTERS, make_pipeline

kinds = pytest.mark.parametrize("kind", CLASSES)


# --------------------------------------------------------------------------------------------------- text to text


def test_a_pipeline_says_what_it_reads_and_writes():
    pipeline = make_pipeline()
    assert (pipeline.name, pipeline.digest, pipeline.metadata) == ("small", "d" * 64, {})
    assert (pipeline.source_length, pipeline.target_length, pipeline.vocabulary) == (7, 4, LETTERS)


@kinds
@pytest.mark.parametrize("batch_size", [1, 3, 256])
@pytest.mark.parametrize("reversed_input", [True, False])
def test_answers_come_in_the_order_of_the_questions(kind, batch_size, reversed_input, monkeypatch):
    monkeypatch.setitem(pipeline_module._BATCH_SIZES, "cpu", batch_size)
    pipeline = make_pipeline(kind, reversed_input=reversed_input)
    texts = ["fab", "a", "dcbadef", "bead ca", "fab", "ed", "f"]
    alone = [pipeline.trace(text).output for text in texts]
    assert pipeline.decode(texts) == alone
    assert pipeline.decode(texts[::-1]) == alone[::-1]
    assert len(set(alone)) > 1, "the case tells nothing"


@pytest.mark.parametrize("batch_size", [1, 3, 256])
@pytest.mark.parametrize("reversed_input", [True, False])
def test_many_texts_are_attended_to_as_one_by_one(batch_size, reversed_input, monkeypatch):
    monkeypatch.setitem(pipeline_module._BATCH_SIZES, "cpu", batch_size)
    pipeline = make_pipeline(reversed_input=reversed_input)
    texts = ["fab", "a", "dcbadef", "bead ca", "fab", "ed", "f", "fab"]
    outputs, weights = pipeline.decode_with_attention(texts)
    traces = [pipeline.trace(text) for text in texts]
    assert outputs == [trace.output for trace in traces]
    np.testing.assert_allclose(weights, [trace.weights for trace in traces], rtol=1e-4, atol=1e-7)
    none, nowhere = pipeline.decode_with_attention([])
    assert none == [] and nowhere.shape == (0, 4, 7)


@pytest.mark.parametrize("attend", [False, True])
def test_equal_texts_are_read_once(attend, monkeypatch):
    pipeline = make_pipeline()
    read = []
    forward = pipeline.model.encoder.forward
    monkeypatch.setattr(pipeline.model.encoder, "forward", lambda xs: read.append(len(xs)) or forward(xs))
    texts = ["fab", "a", "fab", "fab"]
    counts = []
    if attend:
        pipeline.decode_with_attention(texts)
    else:
        pipeline.decode(texts, progress=lambda *count: counts.append(count))
    assert read == [2] and counts == ([] if attend else [(4, 4)])


def test_a_model_without_attention_cannot_attend():
    with pytest.raises(ValueError, match="the model 'small' has no attention; use one that has"):
        make_pipeline("Seq2seq").decode_with_attention(["fab"])


def test_no_text_gives_no_answer():
    assert make_pipeline().decode([]) == []


def test_texts_are_normalised_before_they_are_read():
    pipeline = make_pipeline()
    texts = [" fab", "fab\n", "ｆａｂ", "\tfab\u3000"]
    assert pipeline.decode(texts) == pipeline.decode(["fab"]) * 4
    for text in texts:
        np.testing.assert_array_equal(pipeline.trace(text).weights, pipeline.trace("fab").weights)
    assert pipeline.read("ｆａｂ ").changes == (Change.WIDTH, Change.WHITESPACE)
    assert pipeline.read("fab").padded == "fab    "


@pytest.mark.parametrize("text", ["", "   ", "fabfabfab", "x", "a" * 10**6, "\ud800", "🎉", "a\x00b"])
def test_a_text_that_cannot_be_read_is_refused_by_all_three(text):
    pipeline = make_pipeline()
    for answer in (pipeline.trace, pipeline.read, lambda text: pipeline.decode(["a", text])):
        with pytest.raises(SourceTextError):
            answer(text)
    assert pipeline.decode(["a"]) == [pipeline.trace("a").output], "the model is as it was"


def test_a_single_string_is_not_taken_for_a_list():
    with pytest.raises(TypeError, match=r"the string 'fab'; expected a list of texts, such as \['fab'\]"):
        make_pipeline().decode("fab")


# ------------------------------------------------------------------------------------------------------ threads


@kinds
def test_threads_that_share_a_pipeline_get_the_answers_of_one(kind):
    pipeline = make_pipeline(kind, **DATES)
    rng = random.Random(4)
    texts = [random_question(rng) for _ in range(80)]
    expected = [pipeline.trace(text) for text in texts]
    start = threading.Barrier(8)

    def answer(worker):
        start.wait()
        mine = range(worker, len(texts), 8)
        return [(i, pipeline.decode(texts[i : i + 3]), pipeline.trace(texts[i])) for i in mine]

    with ThreadPoolExecutor(8) as pool:
        answers = [one for answers in pool.map(answer, range(8)) for one in answers]
    assert len(answers) == 80
    for i, decoded, trace in answers:
        assert decoded == [one.output for one in expected[i : i + 3]]
        for name, array in vars(expected[i]).items():
            if isinstance(array, np.ndarray):
                np.testing.assert_array_equal(getattr(trace, name), array)
            else:
                assert getattr(trace, name) == array


def test_only_one_thread_at_a_time_is_inside_the_model():
    pipeline = make_pipeline()
    with pipeline.exclusive():
        other = threading.Thread(target=pipeline.trace, args=("fab",), daemon=True)
        other.start()
        other.join(0.05)
        assert other.is_alive()
    other.join(10)
    assert not other.is_alive()


def test_the_model_is_free_again_after_an_error(monkeypatch):
    pipeline = make_pipeline()
    monkeypatch.setattr(pipeline.model.encoder, "forward", lambda xs: 1 / 0)
    for call in (lambda: pipeline.trace("fab"), lambda: pipeline.decode(["fab"])):
        with pytest.raises(ZeroDivisionError):
            call()
    monkeypatch.undo()
    assert pipeline.decode(["fab"]) == [pipeline.trace("fab").output]


# ------------------------------------------------------------------------------------------------- read only once


@pytest.fixture
def read(monkeypatch):
    """The texts that pipelines have read, in order."""
    texts = []

    def counted(text, vocabulary, length):
        texts.append(text)
        return read_source(text, vocabulary, length)

    monkeypatch.setattr(pipeline_module, "read_source", counted)
    return texts


@pytest.mark.parametrize(
    "work",
    [
        lambda pipeline, text: pipeline.trace(text),
        lambda pipeline, text: pipeline.trace(text, [ReplaceCharacter(0, "b"), Uniform()]),
        lambda pipeline, text: pipeline.decode([text]),
        lambda pipeline, text: pipeline.decode([text], [ReplaceCharacter(0, "b"), Uniform()]),
        lambda pipeline, text: pipeline.decode_with_attention([text]),
        lambda pipeline, text: beam_search(pipeline, text, 2),
        causal_map,
        saliency,
    ],
)
def test_a_text_is_read_once_and_a_read_text_never_again(work, read):
    pipeline = make_pipeline()
    work(pipeline, " fab")
    assert read == [" fab"]
    source = pipeline.read(" fab")
    work(pipeline, source)
    assert read == [" fab", " fab"] and pipeline.read(source) is source


def test_a_text_that_was_read_for_another_model_is_read_anew(read):
    source = make_pipeline().read(" fab")
    longer, other = make_pipeline(source_length=9), make_pipeline(vocabulary=Vocabulary("_fab "))
    assert (longer.read(source).padded, other.read(source).ids.tolist()) == ("fab".ljust(9), [1, 2, 3, 4, 4, 4, 4])
    assert longer.trace(source).source == "fab".ljust(9)
    with pytest.raises(SourceTextError, match="never learned"):
        make_pipeline(vocabulary=Vocabulary("_xyz ")).trace(source)


def test_the_ids_of_a_read_text_are_those_of_its_padded_form_and_read_only():
    source = make_pipeline().read(" fab")
    assert source == SourceText("fab", LETTERS, 7, (Change.WHITESPACE,))
    np.testing.assert_array_equal(source.ids, LETTERS.encode("fab    "))
    with pytest.raises(ValueError, match="read-only"):
        source.ids[0] = 1


# ------------------------------------------------------------------------------------------------ many, with changes


@pytest.mark.parametrize("batch_size", [1, 3, 256])
def test_many_texts_are_changed_as_one_by_one(batch_size, monkeypatch):
    monkeypatch.setitem(pipeline_module._BATCH_SIZES, "cpu", batch_size)
    pipeline = make_pipeline()
    texts = ["fab", "abc", "dcbadef", "bead ca", "fab", "cab"]
    changes = [
        ReplaceCharacter(2, " "),
        ReplaceCharacter(0, "b"),
        MaskPadding(),
        Uniform(step=2),
        ForceCharacter(1, "e"),
    ]
    alone = [pipeline.trace(text, changes).output for text in texts]
    assert pipeline.decode(texts, changes) == alone != pipeline.decode(texts)
    assert pipeline.decode(pipeline.encode(texts), changes) == alone


def test_a_change_that_does_not_fit_every_text_is_refused():
    pipeline = make_pipeline()
    with pytest.raises(InterventionError, match=r"position 3 .*; the text 'fab' has positions 0 to 2"):
        pipeline.decode(["bead", "fab", "ed"], [ReplaceCharacter(3, "a")])
    with pytest.raises(InterventionError, match="'x' is not one of the 8 characters"):
        pipeline.decode(["fab"], [ReplaceCharacter(0, "x")])


def test_encoded_texts_are_taken_as_they_are():
    pipeline = make_pipeline()
    weights = [pipeline.decode_with_attention(texts)[1] for texts in (pipeline.encode(["a  b"]), ["a  b"], ["a b"])]
    assert not np.allclose(weights[0], weights[1]) and np.array_equal(weights[1], weights[2])
    with pytest.raises(ValueError, match="text 2, 'fabfabfab', has 9 characters; at most 7 fit"):
        pipeline.encode(["fab", "fabfabfab"])


# ------------------------------------------------------------------------------------------------------ accuracy


def test_a_model_states_its_accuracy_or_does_not():
    def stating(**metadata):
        plain = make_pipeline("AttentionSeq2seq")
        return Pipeline("stating", plain.model, plain.spec, "", metadata).accuracy

    right = Evaluation(Accuracy(4, 3), {"numeric": Accuracy(4, 3)})
    assert stating(accuracy=json.dumps(right.to_dict())) == right
    assert stating() is None
    with pytest.raises(ValueError):
        stating(accuracy="{}")
