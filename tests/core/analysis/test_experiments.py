"""The table of interventions against decoding date by date."""

import pytest

from core.analysis.experiments import EXPERIMENTS, run_experiments
from core.analysis.metrics import evaluate_pipeline
from core.data.corpus import Corpus
from core.data.dates import make_pairs
from core.decoding.pretrained import load_pretrained


@pytest.fixture(scope="module")
def pipeline():
    return load_pretrained("date-attention", "cpu")


@pytest.fixture(scope="module")
def corpus():
    # More than one batch, and texts of different lengths, so that padding and gold differ from row to row.
    return Corpus.from_pairs(make_pairs(300, seed=5))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_batch_is_changed_like_each_date_alone(pipeline, corpus, name):
    some = corpus.take(range(250, 275))
    alone = [pipeline.trace(question, EXPERIMENTS[name]).output for question in some.questions]
    assert pipeline.decode(some.questions, EXPERIMENTS[name]) == alone


def test_the_table_counts_what_is_right(pipeline, corpus):
    table = run_experiments(pipeline, corpus)
    assert list(table) == list(EXPERIMENTS)
    right = [
        pipeline.trace(question, EXPERIMENTS["gold"]).output == answer for question, answer in corpus.take(range(60))
    ]
    assert evaluate_pipeline(pipeline, corpus.take(range(60)), EXPERIMENTS["gold"]).total.correct == sum(right)
    assert table["none"].exact_match > 0.99
    # What the model does by itself is better than looking everywhere alike, and that than looking at wrong places.
    assert table["none"].exact_match > table["gold"].exact_match > table["uniform"].exact_match
    assert table["permuted"].exact_match < 0.05


def test_progress_counts_all_experiments_and_can_end_the_run(pipeline, corpus):
    seen = []
    run_experiments(pipeline, corpus, {"none": (), "argmax": EXPERIMENTS["argmax"]}, lambda *at: seen.append(at))
    assert seen == [(256, 600), (300, 600), (556, 600), (600, 600)]

    def cancel(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_experiments(pipeline, corpus, progress=cancel)
    assert pipeline.decode(["2/10/93"]) == ["1993-02-10"]
