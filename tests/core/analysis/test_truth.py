"""What is measured over the held-out dates: complete, kept in a file, and told by the command line and the card."""

import json
import shutil

import pytest

from core.__main__ import main
from core.analysis.alignment import score_corpus
from core.analysis.experiments import EXPERIMENTS, run_experiments
from core.analysis.truth import TRUTH_FILE, measure_truth, read_truth, shipped_truth, write_truth
from core.data.corpus import Corpus
from core.data.dates import make_pairs
from core.data.held_out import held_out_dates
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pretrained import load_pretrained
from core.exhibits.model_card import card_of
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import save_parameters
from core.models.spec import ModelSpec


@pytest.fixture(scope="module")
def pipeline():
    return load_pretrained("date-attention", "cpu")


@pytest.fixture(scope="module")
def corpus():
    return Corpus.from_pairs(make_pairs(40, seed=5))


@pytest.fixture(scope="module")
def truth(pipeline, corpus):
    return measure_truth(pipeline, corpus)


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped model, under its name."""
    copy = tmp_path / "date-attention"
    shutil.copytree(PRETRAINED_FOLDER / "date-attention", copy)
    (copy / TRUTH_FILE).unlink(missing_ok=True)
    return copy


def test_the_held_out_dates_are_those_of_the_training(pipeline):
    assert held_out_dates().digest == pipeline.metadata["test_digest"]


def test_both_halves_are_measured(pipeline, corpus, truth):
    assert truth.alignment == score_corpus(pipeline, corpus)
    assert truth.experiments == run_experiments(pipeline, corpus)


def test_progress_counts_every_decoding_and_can_end_the_work(pipeline, corpus):
    seen = []
    measure_truth(pipeline, corpus, lambda *at: seen.append(at))
    assert seen == [(40 * n, 280) for n in range(1, 8)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measure_truth(pipeline, corpus, stop)


def test_a_file_gives_back_every_number(truth, tmp_path):
    assert read_truth(tmp_path, truth.alignment.digest) is None
    write_truth(tmp_path, truth)
    assert read_truth(tmp_path, truth.alignment.digest) == truth
    assert json.loads((tmp_path / TRUTH_FILE).read_text()) == truth.to_dict()


@pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense", '{"alignment": {"model": 1}}', "[" * 100_000])
def test_a_file_that_is_something_else_is_refused(tmp_path, content):
    (tmp_path / TRUTH_FILE).write_text(content)
    with pytest.raises(
        ValueError, match=r"truth\.json: not (the measurements|readable as JSON).*python -m core explain"
    ):
        read_truth(tmp_path, "")


def test_measurements_of_other_parameters_are_not_shown(pipeline, truth, folder, monkeypatch):
    monkeypatch.setattr("core.analysis.truth.PRETRAINED_FOLDER", folder.parent)
    assert shipped_truth(pipeline) is None
    write_truth(folder, truth)
    assert shipped_truth(pipeline) == truth
    assert "explanation" in card_of(folder)
    (folder / TRUTH_FILE).write_text(json.dumps(truth.to_dict()).replace(pipeline.digest, "0" * 64))
    assert shipped_truth(pipeline) is None
    assert "explanation" not in card_of(folder)


def test_the_command_writes_what_the_card_tells(pipeline, corpus, truth, folder, monkeypatch, capsys):
    monkeypatch.setattr("core.commands.explain.held_out_dates", lambda: corpus)
    assert "explanation" not in card_of(folder)
    assert main(["explain", str(folder), "--device", "cpu"]) == 0  # as `truth`, to the last bit
    assert read_truth(folder, truth.alignment.digest) == truth
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"argmax on gold  {truth.alignment.whole.total.argmax_on_gold:.5f}"
    assert [line.split()[0] for line in printed[1:]] == list(EXPERIMENTS)
    card = card_of(folder)
    assert f"| alignment error rate | {truth.alignment.whole.total.alignment_error_rate:.3f} |" in card
    assert "| as it is | 40 | 100.00 % |" in card


def test_a_model_without_attention_has_nothing_to_measure(tmp_path, corpus, monkeypatch, capsys):
    spec = ModelSpec("Seq2seq", 4, 4, DATE_VOCABULARY, True, "_", 29, 10)
    save_parameters(tmp_path / "model.safetensors", spec.build(), spec.to_metadata())
    monkeypatch.setattr("core.commands.explain.held_out_dates", lambda: corpus)
    assert main(["explain", str(tmp_path)]) == 1
    assert "has no attention" in capsys.readouterr().err
    assert not (tmp_path / TRUTH_FILE).exists()
