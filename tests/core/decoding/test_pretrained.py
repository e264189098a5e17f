"""Pipelines from text to text and trace, shared by threads; the models that ship, each measured anew."""

import json
import math
import random
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core.analysis.metrics import evaluate_pipeline
from core.analysis.truth import TRUTH_FILE
from core.backend.devices import DeviceError, get_backend
from core.backend.numpy_backend import CPU
from core.data.accuracy import Accuracy, Evaluation
from core.data.corpus import Corpus, split_by_day
from core.data.dates import FAMILIES, make_pairs, random_question
from core.data.held_out import DATA_PAIRS, DATA_SEED, TEST_SHARE
from core.data.source_text import Change, SourceTextError
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding import pipeline as pipeline_module
from core.decoding import pretrained
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import available_models, load_pipeline, load_pretrained
from core.exhibits.model_card import CARD_FILE, card_of
from core.exhibits.seeds import SPREAD_FILE
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError, save_parameters
from core.training.training_run import LOG_FILE
from tests.core.small_models import CLASSES, DATES, LETTERS, make_model, make_pipeline, make_spec

shipped = pytest.mark.parametrize("name", available_models())

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
    source_ids = pipeline.vocabulary.encode_all([text.ljust(7) for text in texts], 7)
    outputs, weights = pipeline.decode_ids_with_attention(source_ids)
    traces = [pipeline.trace(text) for text in texts]
    assert outputs == [trace.output for trace in traces]
    np.testing.assert_allclose(weights, [trace.weights for trace in traces], rtol=1e-4, atol=1e-7)
    none, nowhere = pipeline.decode_ids_with_attention(source_ids[:0])
    assert none == [] and nowhere.shape == (0, 4, 7)


@pytest.mark.parametrize("attend", [False, True])
def test_equal_texts_are_read_once(attend, monkeypatch):
    pipeline = make_pipeline()
    read = []
    forward = pipeline.model.encoder.forward
    monkeypatch.setattr(pipeline.model.encoder, "forward", lambda xs: read.append(len(xs)) or forward(xs))
    source_ids = pipeline.vocabulary.encode_all(["fab    ", "a      ", "fab    ", "fab    "], 7)
    counts = []
    if attend:
        pipeline.decode_ids_with_attention(source_ids)
    else:
        pipeline.decode_ids(source_ids, progress=lambda *count: counts.append(count))
    assert read == [2] and counts == ([] if attend else [(4, 4)])


def test_a_model_without_attention_cannot_attend():
    with pytest.raises(ValueError, match="the model 'small' has no attention; use one that has"):
        make_pipeline("Seq2seq").decode_ids_with_attention(np.zeros((1, 7), dtype=np.int64))


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


# ------------------------------------------------------------------------------------------------------ loading


@kinds
@pytest.mark.parametrize("reversed_input", [True, False])
def test_a_file_of_ones_own_is_loaded_by_its_path(tmp_path, kind, reversed_input):
    spec = make_spec(kind, reversed_input=reversed_input)
    model = make_model(spec)
    file = tmp_path / "mine.safetensors"
    save_parameters(file, model, spec.to_metadata() | {"note": "kept"})
    pipeline = load_pretrained(str(file), device="cpu")
    assert (pipeline.name, pipeline.spec, pipeline.metadata["note"]) == ("mine", spec, "kept")
    assert len(pipeline.digest) == 64
    expected = Pipeline("", model, spec, "")
    assert pipeline.decode(["fab", "a"]) == expected.decode(["fab", "a"])


@pytest.mark.parametrize("name", ["", "date", "Date-Attention", "../pretrained/date-attention", "date-attention/", "."])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    with pytest.raises(CheckpointError, match=f"there is no model '{re.escape(name)}'; .*date-attention"):
        load_pretrained(name, device="cpu")


def test_without_a_model_the_message_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "PRETRAINED_FOLDER", tmp_path)
    (tmp_path / "empty").mkdir()
    assert available_models() == []
    with pytest.raises(CheckpointError, match="the repository has: none"):
        load_pretrained("date-attention", device="cpu")


def test_models_are_folders_with_parameters(tmp_path, monkeypatch):
    monkeypatch.setattr(pretrained, "PRETRAINED_FOLDER", tmp_path)
    spec = make_spec()
    for name in ("b", "a"):
        save_parameters(tmp_path / name / "model.safetensors", make_model(spec), spec.to_metadata())
    (tmp_path / "notes").mkdir()
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert available_models() == ["a", "b"]
    assert load_pretrained("b", device="cpu").name == "b"


def test_a_missing_file_of_ones_own_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"none.safetensors: there is no such file"):
        load_pretrained(str(tmp_path / "none.safetensors"), device="cpu")


def test_a_file_without_a_description_is_refused(tmp_path):
    make_model(make_spec()).save_params(tmp_path / "bare.safetensors")
    with pytest.raises(CheckpointError, match=r"bare.safetensors: not a model of this project: the metadata lacks"):
        load_pipeline(tmp_path / "bare.safetensors", "bare", CPU)


def test_devices():
    assert load_pretrained(device="cpu").model.backend is CPU
    with pytest.raises(ValueError, match="device is 'gpu'"):
        load_pretrained(device="gpu")
    if get_backend().device == "cuda":
        assert load_pretrained(device="cuda").decode(["2/10/93"]) == ["1993-02-10"]
    else:
        assert load_pretrained(device="auto").model.backend is CPU
        with pytest.raises(DeviceError, match="device='cuda'"):
            load_pretrained(device="cuda")


# ------------------------------------------------------------------------------------------- the models that ship


def test_three_models_ship():
    assert available_models() == ["date-attention", "date-peeky", "date-seq2seq"]


@pytest.fixture(scope="module")
def data():
    """Training and test set, made anew."""
    return split_by_day(Corpus.from_pairs(make_pairs(DATA_PAIRS, DATA_SEED)), TEST_SHARE, DATA_SEED)


@shipped
def test_a_shipped_model_is_what_its_description_says(name):
    pipeline = load_pretrained(name, device="cpu")
    kind = {"date-attention": "AttentionSeq2seq", "date-peeky": "PeekySeq2seq", "date-seq2seq": "Seq2seq"}[name]
    assert pipeline.spec == make_spec(kind, wordvec_size=16, hidden_size=256, reversed_input=True, **DATES)
    assert pipeline.vocabulary == DATE_VOCABULARY
    needed = {"recipe", "seed", "epochs", "data", "train_digest", "test_digest", "accuracy", "libraries", "licence"}
    assert needed <= pipeline.metadata.keys() and pipeline.metadata["licence"] == "MIT"
    assert pipeline.metadata["dtype"] in ("float16", "float32")


@shipped
def test_a_shipped_model_was_trained_on_the_data_it_names_and_tested_on_other_days(name, data):
    train, test = data
    metadata = load_pretrained(name, device="cpu").metadata
    assert (metadata["train_digest"], metadata["test_digest"]) == (train.digest, test.digest)
    assert (metadata["train_pairs"], metadata["test_pairs"]) == (str(len(train)), str(len(test)))
    assert set(train.answers).isdisjoint(test.answers) and len(test) >= 5000


@shipped
def test_a_shipped_model_states_its_accuracy_over_all_held_out_dates(name, data):
    stated = json.loads(load_pretrained(name, device="cpu").metadata["accuracy"])
    assert stated["n"] == len(data[1])
    assert list(stated["families"]) == [family.name for family in FAMILIES]
    for count in ("n", "correct"):
        assert stated[count] == sum(family[count] for family in stated["families"].values())
    assert stated["exact_match"] == stated["correct"] / stated["n"]


def test_a_model_states_its_accuracy_or_does_not():
    def stating(**metadata):
        plain = make_pipeline("AttentionSeq2seq")
        return Pipeline("stating", plain.model, plain.spec, "", metadata).accuracy

    right = Evaluation(Accuracy(4, 3), {"numeric": Accuracy(4, 3)})
    assert stating(accuracy=json.dumps(right.to_dict())) == right
    assert stating() is None
    with pytest.raises(ValueError):
        stating(accuracy="{}")


@shipped
def test_a_shipped_model_is_as_good_as_it_says(name, data):
    pipeline = load_pretrained(name, device="cpu")
    assert pipeline.accuracy is not None
    stated = pipeline.accuracy.exact_match
    some = data[1].take(range(0, len(data[1]), 9))
    measured = evaluate_pipeline(pipeline, some).exact_match
    # Four standard deviations of a sample, and what rounding on another machine may tip.
    assert measured == pytest.approx(stated, abs=0.002 + 4 * math.sqrt(stated * (1 - stated) / len(some)))
    if name == "date-attention":
        assert stated >= 0.999 and measured >= 0.999 and len(some) > 500


def test_the_attention_model_converts_the_example_of_every_family():
    pipeline = load_pretrained("date-attention", device="cpu")
    answers = {
        "August 19, 2003": "2003-08-19",
        "2/10/93": "1993-02-10",
        "september 27, 1994": "1994-09-27",
        "Wednesday, February 26, 1997": "1997-02-26",
        "JUN 17, 2013": "2013-06-17",
        "thursday, june 5, 2008": "2008-06-05",
        "TUESDAY, SEPTEMBER 25, 1984": "1984-09-25",
    }
    assert list(answers) == [family.example for family in FAMILIES]
    assert pipeline.decode(list(answers)) == list(answers.values())
    assert [pipeline.trace(text).output for text in answers] == list(answers.values())


@shipped
def test_the_log_of_a_shipped_model_agrees_with_its_file(name):
    metadata = load_pretrained(name, device="cpu").metadata
    log = json.loads((PRETRAINED_FOLDER / name / LOG_FILE).read_text("utf-8"))
    assert [row["epoch"] for row in log] == list(range(1, json.loads(metadata["recipe"])["epochs"] + 1))
    best = max(row["exact_match"] for row in log)
    assert metadata["epochs"] == str(max(row["epoch"] for row in log if row["exact_match"] == best))
    # The log is of the parameters as they were trained, the file states the accuracy of those that it holds.
    assert json.loads(metadata["accuracy"])["exact_match"] == pytest.approx(best, abs=0.002)


@shipped
def test_the_card_of_a_shipped_model_is_what_would_be_written_now(name):
    folder = PRETRAINED_FOLDER / name
    assert (folder / CARD_FILE).read_text("utf-8") == card_of(folder), f"write it anew: python -m core card {folder}"


@shipped
def test_what_ships_is_small_and_complete(name):
    files = {path.name: path.stat().st_size for path in (PRETRAINED_FOLDER / name).iterdir()}
    assert {"model.safetensors", CARD_FILE, LOG_FILE} <= files.keys()
    assert files.keys() <= {"model.safetensors", CARD_FILE, LOG_FILE, SPREAD_FILE, TRUTH_FILE}
    assert files["model.safetensors"] < 4_000_000
