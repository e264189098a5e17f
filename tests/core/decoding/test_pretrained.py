"""From a name or a file to a pipeline; the models that ship, each measured anew."""

import json
import math
import re

import pytest

from core.analysis.metrics import evaluate_pipeline
from core.analysis.truth import TRUTH_FILE
from core.backend.devices import DeviceError
from core.backend.numpy_backend import CPU
from core.data.corpus import Corpus, split_by_day
from core.data.dates import FAMILIES, make_pairs
from core.data.held_out import DATA_PAIRS, DATA_SEED, TEST_SHARE
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding import pretrained
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import available_models, load_pipeline, load_pretrained
from core.exhibits.model_card import CARD_FILE, card_of
from core.exhibits.seeds import SPREAD_FILE
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError, save_parameters
from core.training.training_run import LOG_FILE
from tests.core.small_models import CLASSES, DATES, make_model, make_spec
from tests.devices import has_gpu

shipped = pytest.mark.parametrize("name", available_models())

kinds = pytest.mark.parametrize("kind", CLASSES)


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
    if has_gpu():
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
