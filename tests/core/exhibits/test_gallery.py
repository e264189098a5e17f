"""The gallery of mistakes: what is measured, going on after a stop, files that are damaged, the table."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.__main__ import main
from core.analysis.metrics import evaluate_pipeline
from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.data.held_out import TEST_SHARE
from core.data.oracle import judge
from core.exhibits import make_gallery as module
from core.exhibits.gallery import (
    GALLERY_FILE,
    GALLERY_FOLDER,
    RIGHT,
    EpochPoint,
    Gallery,
    GalleryEntry,
    GalleryError,
    GalleryRun,
    LossPoint,
    read_gallery,
    table_of,
)
from core.exhibits.make_gallery import DATES, make_gallery
from core.training.mistaken_code import never_seen, split_by_pair
from core.training.mistakes import MISTAKES, TRAINABLE
from core.training.options import TrainingOptions
from core.training.recipe import PRESET_PAIRS, RECIPES, Recipe
from core.training.trainer import TrainingDivergedError
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun

RECIPE = Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=2, warmup=5, learning_rate=0.01)
DATA = GeneratedData(300, 3)
ROOT = Path(__file__).resolve().parents[3]
SHOWN = ("2/10/93", "june 7, 1850")
SETTINGS: dict[str, Any] = {"recipe": RECIPE, "data": DATA, "dates": SHOWN, "seeds": (0, 4)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    make_gallery(folder, **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def made(folder):
    return read_gallery(folder)


def values_of(folder):
    return json.loads((folder / GALLERY_FILE).read_text("utf-8"))


# ------------------------------------------------------------------------------------------------ what is measured


def test_every_mistake_is_measured_from_every_seed(made):
    assert list(made.entries) == [RIGHT, *MISTAKES] and made.missing == ()
    assert (made.recipe, made.dates, made.seeds) == (RECIPE, SHOWN, (0, 4))
    assert made.data == "make_pairs(300, seed=3), split by day with the same seed"
    train, test = split_by_day(Corpus.from_pairs(make_pairs(300, 3)), TEST_SHARE, 3)
    assert made.test_pairs == len(test)
    for name, entry in made.entries.items():
        assert [run.seed for run in entry.runs] == [0, 4], name
        assert set(entry.maps) == set(SHOWN)
        pairs = len(split_by_pair(Corpus.from_pairs(make_pairs(300, 3)), TEST_SHARE, 3)[0])
        iterations = (pairs if name == "days-in-both-sets" else len(train)) // 32
        for run in entry.runs:
            assert [point.epoch for point in run.epochs] == [1, 2]
            assert [point.iteration for point in run.epochs] == [iterations, 2 * iterations]
            assert [point.iteration for point in run.intervals] == [iterations, 2 * iterations]
            assert [point.loss for point in run.intervals] == [point.loss for point in run.epochs]
            assert (run.exact_match_unseen is None) == (name != "days-in-both-sets")


def test_a_run_is_that_of_the_same_options(made, tmp_path):
    for name in (RIGHT, "context-not-fed", "input-not-reversed"):
        options = TrainingOptions(recipe=RECIPE, data=DATA, seed=4, mistake="" if name == RIGHT else name)
        run = TrainingRun(options.plan(), tmp_path / name, device="cpu")
        pipeline = run.run()
        measured = made.entries[name].runs[1]
        assert [point.loss for point in measured.epochs] == pytest.approx([r.loss for r in run.results], abs=6e-5)
        assert measured.exact_match == pytest.approx(evaluate_pipeline(pipeline, run.plan.test).exact_match, abs=6e-6)


def test_the_maps_are_those_of_the_first_seed(made, tmp_path):
    for name in (RIGHT, "softmax-wrong-axis"):
        options = TrainingOptions(recipe=RECIPE, data=DATA, seed=0, mistake="" if name == RIGHT else name)
        pipeline = TrainingRun(options.plan(), tmp_path / name, device="cpu").run()
        for text in SHOWN:
            trace, shown = pipeline.trace(text), made.entries[name].maps[text]
            assert (shown.source, shown.output) == (trace.source, trace.output)
            assert trace.weights is not None
            np.testing.assert_allclose(np.array(shown.weights), trace.weights, atol=5.1e-4)
    assert {w for row in made.entries["softmax-wrong-axis"].maps[SHOWN[0]].weights for w in row} == {1.0}


def test_the_mistaken_pictures_are_of_the_right_models_runs(made):
    right = made.entries[RIGHT]
    for name in ("labels-reversed", "teacher-forced-map"):
        assert made.entries[name].runs == right.runs
    for text in SHOWN:
        own = np.array(right.maps[text].weights)
        np.testing.assert_array_equal(np.array(made.entries["labels-reversed"].maps[text].weights), own[:, ::-1])
        forced = made.entries["teacher-forced-map"].maps[text]
        assert forced.output == {"2/10/93": "1993-02-10", "june 7, 1850": "1850-06-07"}[text]
        assert (np.array(forced.weights) == own).all(axis=1)[0]


def test_the_accuracy_that_lies_stands_beside_the_honest_one(made, tmp_path, monkeypatch):
    asked = []

    def note(pipeline, corpus):
        asked.append(corpus)
        return evaluate_pipeline(pipeline, corpus)

    monkeypatch.setattr(module, "evaluate_pipeline", note)
    options = TrainingOptions(recipe=RECIPE, data=DATA, mistake="days-in-both-sets")
    honest = TrainingOptions(recipe=RECIPE, data=DATA).plan().test
    run, _ = module._train(options.plan(), honest, None, None)
    assert asked == [never_seen(honest, options.plan().train)] and 0 < len(asked[0]) < len(honest)
    assert run.exact_match_unseen is not None


def test_a_loss_that_is_no_number_ends_the_run_and_not_the_gallery(tmp_path, monkeypatch):
    fit = TrainingRun.run

    def diverge(self, *, on_interval=None, **others):
        def stop(report):
            on_interval(report)
            raise TrainingDivergedError("the loss is nan")

        return fit(self, on_interval=stop, **others)

    monkeypatch.setattr(TrainingRun, "run", diverge)
    made = make_gallery(tmp_path, **SETTINGS | {"seeds": (0,)})
    assert made.missing == () and read_gallery(tmp_path) == made
    for entry in made.entries.values():
        assert len(entry.runs[0].intervals) == 1 and entry.runs[0].epochs == ()
        assert entry.runs[0].exact_match == 0.0 and entry.maps == {}
    assert "| gradients-not-clipped | training |" in table_of(made)


# ------------------------------------------------------------------------------------------------------- going on


def test_a_gallery_that_was_stopped_goes_on_after_its_last_run(made, tmp_path):
    told: list[tuple[str, int]] = []

    def stop(name, seed, result):
        told.append((name, seed))
        if (name, seed, result.epoch) == ("affine-not-scaled", 4, 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_gallery(tmp_path, **SETTINGS, on_epoch=stop)
    stopped = read_gallery(tmp_path)
    assert [len(stopped.entries[name].runs) for name in (RIGHT, "affine-not-scaled")] == [2, 1]
    assert stopped.missing[:2] == ("affine-not-scaled", "state-gradient-misplaced")
    assert "labels-reversed" not in stopped.missing

    told.clear()
    assert make_gallery(tmp_path, **SETTINGS, on_epoch=lambda name, seed, _: told.append((name, seed))) == made
    assert told[:3] == [("affine-not-scaled", 4)] * 2 + [("state-gradient-misplaced", 0)]
    assert [path.name for path in tmp_path.iterdir()] == [GALLERY_FILE]


def test_a_finished_gallery_is_left_as_it_is(folder, made):
    before = (folder / GALLERY_FILE).read_bytes()
    assert make_gallery(folder, **SETTINGS, on_epoch=lambda *_: pytest.fail("there was nothing left to train")) == made
    assert (folder / GALLERY_FILE).read_bytes() == before


@pytest.mark.parametrize(
    "changes",
    [{"recipe": replace(RECIPE, epochs=1)}, {"data": GeneratedData(310, 3)}, {"dates": SHOWN[:1]}, {"seeds": (0, 1)}],
)
def test_a_gallery_that_was_made_otherwise_is_not_mixed_with_this_one(folder, changes):
    before = (folder / GALLERY_FILE).read_bytes()
    with pytest.raises(GalleryError, match=r"gallery.json: was made with another recipe, other data, dates or seeds"):
        make_gallery(folder, **SETTINGS | changes)
    assert (folder / GALLERY_FILE).read_bytes() == before


def test_a_folder_that_cannot_be_written_to_shows_before_the_training(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError) as caught:
        make_gallery(tmp_path / "file", **SETTINGS, on_interval=lambda _: pytest.fail("the training began"))
    assert str(tmp_path / "file") in str(caught.value.filename)


def test_when_the_disk_fills_up_the_last_run_stays(tmp_path, monkeypatch):
    original = Path.write_bytes

    def fill_up(name, seed, result):
        def write(self, content):
            if GALLERY_FILE in self.name:
                original(self, content[:3])
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(self, content)

        if seed == 4:
            monkeypatch.setattr(Path, "write_bytes", write)

    with pytest.raises(OSError, match="No space left"):
        make_gallery(tmp_path, **SETTINGS, on_epoch=fill_up)
    monkeypatch.undo()
    assert [run.seed for run in read_gallery(tmp_path).entries[RIGHT].runs] == [0]
    assert [path.name for path in tmp_path.iterdir()] == [GALLERY_FILE]


# ------------------------------------------------------------------------------------------------- reading a file


def test_what_is_written_is_read(folder, made):
    assert json.loads(json.dumps(made.to_dict())) == values_of(folder)
    assert set(values_of(folder)) == {"recipe", "data", "test_pairs", "dates", "seeds", "entries"}
    run = values_of(folder)["entries"]["days-in-both-sets"]["runs"][0]
    assert set(run) == {"seed", "intervals", "epochs", "exact_match", "exact_match_unseen"}
    assert set(run["intervals"][0]) == {"iteration", "loss"}
    assert set(run["epochs"][0]) == {"epoch", "iteration", "loss", "exact_match"}
    shown = values_of(folder)["entries"][RIGHT]["maps"]["2/10/93"]
    assert set(shown) == {"source", "output", "weights"} and np.array(shown["weights"]).shape == (10, 29)
    assert all(weight == round(weight, 3) for row in shown["weights"] for weight in row)


def test_a_folder_without_a_gallery_says_how_to_make_one(tmp_path):
    with pytest.raises(GalleryError, match=r"there is no such file; make one with `python -m core gallery`"):
        read_gallery(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(tmp_path, content):
    (tmp_path / GALLERY_FILE).write_bytes(content)
    with pytest.raises(GalleryError, match=r"gallery.json: not readable as JSON"):
        read_gallery(tmp_path)


DAMAGE = {
    "no object": lambda v: [],
    "no recipe": lambda v: v.pop("recipe"),
    "another recipe": lambda v: v["recipe"].update(epochs="3"),
    "data of another type": lambda v: v.update(data=3),
    "less than no pairs": lambda v: v.update(test_pairs=-1),
    "no seeds": lambda v: v.update(seeds=[]),
    "a seed that is a text": lambda v: v.update(seeds=["0"]),
    "a date that is a number": lambda v: v.update(dates=[3]),
    "entries that are a list": lambda v: v.update(entries=[]),
    "an unknown mistake": lambda v: v["entries"].update(typo=v["entries"][RIGHT]),
    "runs of another seed": lambda v: v["entries"][RIGHT]["runs"].reverse(),
    "a run without a seed": lambda v: v["entries"][RIGHT]["runs"][0].pop("seed"),
    "a run with more": lambda v: v["entries"][RIGHT]["runs"][0].update(more=1),
    "a share above 1": lambda v: v["entries"][RIGHT]["runs"][0].update(exact_match=1.1),
    "an unseen share that is a text": lambda v: v["entries"][RIGHT]["runs"][0].update(exact_match_unseen="0"),
    "a loss that is no number": lambda v: v["entries"][RIGHT]["runs"][0]["intervals"][0].update(loss=None),
    "an infinite loss": lambda v: v["entries"][RIGHT]["runs"][0]["intervals"][0].update(loss=float("inf")),
    "half an iteration": lambda v: v["entries"][RIGHT]["runs"][0]["epochs"][0].update(iteration=1.5),
    "an epoch without loss": lambda v: v["entries"][RIGHT]["runs"][0]["epochs"][0].pop("loss"),
    "a map of another date": lambda v: v["entries"][RIGHT]["maps"].update(today=v["entries"][RIGHT]["maps"]["2/10/93"]),
    "a row too many": lambda v: v["entries"][RIGHT]["maps"]["2/10/93"]["weights"].append([0.0] * 29),
    "a weight too few": lambda v: v["entries"][RIGHT]["maps"]["2/10/93"]["weights"][0].pop(),
    "a weight above 1": lambda v: v["entries"][RIGHT]["maps"]["2/10/93"]["weights"][0].__setitem__(0, 1.5),
    "a source that is a number": lambda v: v["entries"][RIGHT]["maps"]["2/10/93"].update(source=29),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_refused(folder, tmp_path, damage):
    values = values_of(folder)
    result = DAMAGE[damage](values)
    values = result if damage == "no object" else values
    (tmp_path / GALLERY_FILE).write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(GalleryError, match=r"gallery.json: not a gallery \(.*\); make one with") as caught:
        read_gallery(tmp_path)
    assert len(str(caught.value)) < 600


# ------------------------------------------------------------------------------------- the table, the command line


def run_of(seed, loss, exact_match, unseen=None):
    points = (LossPoint(20, 3.0), LossPoint(40, loss))
    return GalleryRun(seed, points, (EpochPoint(1, 40, loss, exact_match),), exact_match, unseen)


def test_the_table_of_hand_made_runs():
    entries = {
        RIGHT: GalleryEntry((run_of(0, 0.25, 1.0), run_of(1, 0.75, 0.5)), {}),
        "days-in-both-sets": GalleryEntry((run_of(0, 0.5, 0.75, 0.25), run_of(1, 0.5, 0.75, 0.75)), {}),
    }
    table = table_of(Gallery(RECIPE, "", 10, (), (0, 1), entries))
    assert table.splitlines() == [
        "| mistake | sits in | training loss at the end | exact match | caught by |",
        "|---|---|---|---|---|",
        "| the right code |  | 0.5000 (0.2500 to 0.7500) | 75.00 (50.00 to 100.00) % |  |",
        "| days-in-both-sets | data | 0.5000 | 75.00 %; of days never seen 50.00 (25.00 to 75.00) % "
        "| `check_no_day_is_in_both_sets` |",
    ]


def test_the_command_makes_the_gallery_of_the_quick_recipe(tmp_path, monkeypatch, capsys):
    seen = {}

    def make(folder, *, on_interval, on_epoch):
        seen["folder"] = folder
        on_epoch(RIGHT, 0, EpochResultOf(1, 0.5, 0.25))
        return Gallery(RECIPE, "", 10, (), (0,), {RIGHT: GalleryEntry((run_of(0, 0.25, 1.0),), {})})

    monkeypatch.setattr("core.commands.gallery.make_gallery", make)
    assert main(["gallery", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert seen["folder"] == tmp_path
    assert "the right code, seed 0: epoch 1  loss 0.5000  exact match 0.25000" in out
    assert "| the right code |  | 0.2500 | 100.00 % |  |" in out


class EpochResultOf:
    def __init__(self, epoch, loss, exact_match):
        self.epoch, self.loss, self.exact_match = epoch, loss, exact_match


def test_the_command_prints_the_table_alone(folder, made, tmp_path, capsys):
    assert main(["gallery", "--output", str(folder), "--table"]) == 0
    assert capsys.readouterr().out == table_of(made) + "\n"
    assert main(["gallery", "--output", str(tmp_path), "--table"]) == 1
    assert "there is no such file" in capsys.readouterr().err


def test_of_every_date_that_is_shown_the_answer_is_known_and_one_is_never_seen():
    days = [judge(text, "").expected for text in DATES]
    assert all(days) and [day.year for day in days if day and not 1970 <= day.year <= 2017] == [1850]


def test_the_documentation_has_the_table_of_the_gallery_that_ships():
    text = (ROOT / "docs" / "mistakes.md").read_text("utf-8")
    assert table_of(read_gallery(GALLERY_FOLDER)) in text, "put in what `python -m core gallery --table` prints"


def test_the_gallery_that_ships_is_whole_and_of_the_quick_recipe():
    shipped = read_gallery(GALLERY_FOLDER)
    assert shipped.missing == () and (GALLERY_FOLDER / GALLERY_FILE).stat().st_size < 1_500_000
    assert (shipped.recipe, shipped.dates, shipped.seeds) == (RECIPES["quick"], DATES, (0, 1, 2))
    plan = TrainingOptions(data=GeneratedData(PRESET_PAIRS["quick"])).plan()
    assert shipped.data == plan.to_metadata()["data"]
    assert set(shipped.entries) == {RIGHT, *MISTAKES} and set(TRAINABLE) < set(MISTAKES)
