"""The accuracy over epochs from several seeds: the band, the file, and which run need not be trained again."""

import dataclasses
import json
import math
import shutil

import numpy as np
import pytest

from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.decoding.pretrained import available_models
from core.exhibits.seeds import SPREAD_FILE, BandPoint, Spread, own_run, read_spread, write_spread
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError, read_safetensors
from core.training.plan import TrainingPlan
from core.training.recipe import Recipe
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun

RECIPE = Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=2, learning_rate=0.01)
SPREAD = Spread(RECIPE, 5166, {0: (0.25, 0.5, 1.0), 3: (0.0, 0.75), 1: (0.5, 0.5, 0.75)})


@pytest.fixture(scope="module")
def plan():
    train, test = split_by_day(Corpus.from_pairs(make_pairs(240, seed=3)), 0.1, seed=3)
    return TrainingPlan("PeekySeq2seq", RECIPE, 7, train, test, GeneratedData(240, 3))


@pytest.fixture(scope="module")
def trained(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("spread") / "mine"
    TrainingRun(plan, folder, dtype=np.float16).run()
    return folder


def test_the_band_is_over_the_epochs_that_all_runs_have_had():
    assert SPREAD.band() == [BandPoint(1, 0.0, 0.25, 0.5), BandPoint(2, 0.5, 0.5, 0.75)]


def test_the_file_gives_back_what_was_written(tmp_path):
    assert read_spread(tmp_path) is None
    write_spread(tmp_path, SPREAD)
    assert read_spread(tmp_path) == SPREAD


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "[" * 100_000, "{}", '{"recipe": {}, "test_pairs": 1, "seeds": []}']
    + [
        json.dumps(SPREAD.to_dict() | {"seeds": [{"seed": 0, "exact_match": shares}]})
        for shares in ([], [1.5], [-0.1], ["x"], [float("nan")], 3, None)
    ],
)
def test_a_file_that_is_no_spread_is_refused(tmp_path, content):
    (tmp_path / SPREAD_FILE).write_text(content)
    with pytest.raises(CheckpointError, match=r"seeds\.json: .*write it anew with `python -m core spread "):
        read_spread(tmp_path)


def test_the_run_of_the_model_itself_is_one_of_the_seeds(plan, trained, tmp_path):
    log = json.loads((trained / "log.json").read_text())
    assert own_run(trained, plan) == tuple(row["exact_match"] for row in log)
    assert own_run(trained, dataclasses.replace(plan, seed=8)) is None
    for setting in ({"epochs": 3}, {"learning_rate": 0.02}):
        recipe = dataclasses.replace(RECIPE, **setting)
        assert own_run(trained, dataclasses.replace(plan, recipe=recipe)) is None
    assert own_run(trained, dataclasses.replace(plan, model_class="Seq2seq")) is None
    assert own_run(tmp_path, plan) is None
    folder = shutil.copytree(trained, tmp_path / "mine")
    for content in ("", "[]", '[{"epoch": 1}]', json.dumps(log[:1])):
        (folder / "log.json").write_text(content)
        assert own_run(folder, plan) is None


@pytest.mark.parametrize("name", available_models())
def test_the_spread_that_ships_is_of_the_recipe_that_ships(name):
    folder = PRETRAINED_FOLDER / name
    spread = read_spread(folder)
    assert spread is not None and len(spread.seeds) >= 3
    _, metadata = read_safetensors(folder / "model.safetensors")
    assert spread.recipe == Recipe.from_dict(json.loads(metadata["recipe"]))
    log = json.loads((folder / "log.json").read_text("utf-8"))
    assert spread.seeds[int(metadata["seed"])] == tuple(row["exact_match"] for row in log)
    assert len(spread.band()) == len(log)


def test_the_document_tells_the_spreads_that_ship():
    """docs/training.md: from the worst seed to the best, rounded down as in the cards."""
    document = (PRETRAINED_FOLDER.parent / "docs" / "training.md").read_text("utf-8")
    for name in available_models():
        spread = read_spread(PRETRAINED_FOLDER / name)
        assert spread is not None
        told = [
            f"{percent(point.lowest)} to {percent(point.highest)}"
            for point in spread.band()
            if point.epoch in (1, 2, 3, 4, 6, 12)
        ]
        row = " | ".join([f"| `{name}`", str(len(spread.seeds)), *told])
        assert row in document


def percent(share):
    return f"{math.floor(1e4 * share + 1e-6) / 100:.2f} %"
