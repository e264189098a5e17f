"""A film of one training: the frames are the model at those moments, also after a break; what is no film is refused."""

import dataclasses
import json
import shutil
from typing import Any

import numpy as np
import pytest

from core.analysis.alignment import score_corpus
from core.analysis.metrics import evaluate_pipeline
from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.decoding.pretrained import load_pretrained
from core.exhibits.film import FILM_FILE, MOMENTS, Film, FilmError, Frame, load_frames, read_film, shoot
from core.exhibits.model_card import CARD_FILE, film_card_of
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import CheckpointError, cast, named_parameters
from core.training.plan import TrainingPlan
from core.training.recipe import Recipe
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun

RECIPE = Recipe(wordvec_size=4, hidden_size=8, batch_size=4, epochs=2, learning_rate=0.01)
TRAIN, TEST = split_by_day(Corpus.from_pairs(make_pairs(240, seed=3)), 0.2, seed=3)
PLAN = TrainingPlan("AttentionSeq2seq", RECIPE, 0, TRAIN, TEST, GeneratedData(240, 3))
PER_EPOCH = len(TRAIN) // 4
# In the first epoch it tells of itself after 20 and 40 iterations, and at its end.
SHOT = [0, 20, 40, PER_EPOCH + 20, 2 * PER_EPOCH]
ASKED = [0, 7, 20, 21, PER_EPOCH + 1]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    assert 40 < PER_EPOCH < 60
    return shoot(PLAN, tmp_path_factory.mktemp("films") / "mine", ASKED)


@pytest.fixture
def copy(film, tmp_path):
    """The film's folder, to change."""
    return shutil.copytree(film.folder, tmp_path / "mine")


def change(folder, **changes):
    file = folder / FILM_FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


# --------------------------------------------------------------------------------------------------------- making


def test_a_frame_is_the_model_at_the_first_report_of_a_moment(film, tmp_path):
    assert [frame.iteration for frame in film.frames] == SHOT
    run = TrainingRun(PLAN, tmp_path)
    seen: dict[int, tuple[Any, Any]] = {0: (None, copies(run.model))}
    run.run(on_interval=lambda report: seen.update({run.trainer.current_iteration: (report.loss, copies(run.model))}))
    assert film.losses == tuple((iteration, loss) for iteration, (loss, _) in seen.items() if iteration)
    for frame, pipeline in zip(film.frames, load_frames(film, "cpu"), strict=True):
        loss, parameters = seen[frame.iteration]
        assert frame.loss == loss
        for name, array in named_parameters(pipeline.model).items():
            np.testing.assert_array_equal(array, cast(parameters[name], np.float16), err_msg=name)


def copies(model):
    return {name: array.copy() for name, array in named_parameters(model).items()}


def test_every_frame_is_measured_on_the_held_out_dates(film):
    assert (film.iterations_per_epoch, film.test_pairs) == (PER_EPOCH, len(TEST))
    assert film.epochs(film.frames[2]) == 40 / PER_EPOCH
    for frame, pipeline in zip(film.frames, load_frames(film, "cpu"), strict=True):
        assert frame.digest == pipeline.digest
        assert frame.exact_match == evaluate_pipeline(pipeline, TEST).exact_match
        assert frame.alignment_error_rate == score_corpus(pipeline, TEST).whole.total.alignment_error_rate
    assert len({frame.alignment_error_rate for frame in film.frames}) > 1, "the case tells nothing"


@pytest.mark.parametrize("stop", [20, PER_EPOCH + 20, "measuring"])
def test_a_film_that_was_broken_off_goes_on_to_the_same_frames(film, tmp_path, stop):
    folder = tmp_path / "mine"

    def interrupt(seen):
        at = "measuring" if isinstance(seen, Frame) else (seen.epoch - 1) * PER_EPOCH + seen.iteration
        if at == stop:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shoot(PLAN, folder, ASKED, on_interval=interrupt, on_frame=interrupt)
    assert not (folder / FILM_FILE).exists()
    epochs = []
    again = shoot(PLAN, folder, ASKED, on_epoch=lambda result: epochs.append(result.epoch))
    assert epochs == {20: [1, 2], PER_EPOCH + 20: [2], "measuring": []}[stop]
    assert dataclasses.replace(again, folder=film.folder) == film
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in film.folder.iterdir())


@pytest.mark.parametrize("content", [None, "", "{}", "[[1]]", '[["x", 1, true]]', "[" * 100_000])
def test_what_was_left_half_done_and_is_damaged_is_refused(tmp_path, content):
    with pytest.raises(KeyboardInterrupt):
        shoot(PLAN, tmp_path, ASKED, on_frame=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    seen = tmp_path / "run" / "seen.json"
    seen.unlink() if content is None else seen.write_text(content)
    with pytest.raises(
        FilmError, match=r"seen\.json: (there is no such file|not .*\(.*\)); start again in another folder"
    ):
        shoot(PLAN, tmp_path, ASKED)


def test_a_film_is_not_made_twice_nor_without_attention(film, tmp_path):
    with pytest.raises(FilmError, match="holds a film already"):
        shoot(PLAN, film.folder)
    with pytest.raises(FilmError, match="a PeekySeq2seq has no attention"):
        shoot(dataclasses.replace(PLAN, model_class="PeekySeq2seq"), tmp_path)


# -------------------------------------------------------------------------------------------------------- reading


def test_a_film_is_read_as_it_was_made(film):
    assert read_film(film.folder) == film
    other = dataclasses.replace(film, frames=film.frames[1:])
    assert len(film.digest) == 64 and other.digest != film.digest


def test_a_folder_without_a_film_says_so(tmp_path):
    with pytest.raises(FilmError, match=r"film\.json: there is no such file; make one with `python -m core film`"):
        read_film(tmp_path)


@pytest.mark.parametrize("content", ["", "null", "[]", "3", "{}", "\udcff", "[" * 100_000])
def test_a_file_that_is_no_film_is_refused(copy, content):
    (copy / FILM_FILE).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(FilmError, match=r"film\.json: not .*; make one with"):
        read_film(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": []},
        {"frames": None},
        {"frames": [{}]},
        {"iterations_per_epoch": 0},
        {"test_pairs": "many"},
        {"losses": [[1]]},
        {"losses": [[1, "x"]]},
        {"losses": [[1, float("nan")]]},
    ],
)
def test_a_film_with_a_wrong_value_is_refused(copy, changes):
    change(copy, **changes)
    with pytest.raises(FilmError, match="not a film"):
        read_film(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "../model.safetensors"},
        {"file": ""},
        {"file": 3},
        {"digest": None},
        {"iteration": -1},
        {"iteration": 1.5},
        {"iteration": 20},
        {"loss": float("inf")},
        {"exact_match": 1.01},
        {"exact_match": None},
        {"alignment_error_rate": -0.1},
        {"more": 1},
    ],
)
def test_a_film_with_a_wrong_frame_is_refused(copy, film, changes):
    frames = film.to_dict()["frames"]
    change(copy, frames=[frames[0] | changes, *frames[1:]])
    with pytest.raises(FilmError, match="not a film"):
        read_film(copy)


def test_frames_that_are_missing_damaged_or_exchanged_are_refused(copy):
    film = read_film(copy)
    first, second = (copy / frame.file for frame in film.frames[:2])
    kept = first.read_bytes()
    first.write_bytes(second.read_bytes())
    with pytest.raises(FilmError, match=r"00000\.safetensors: has the digest .*; copy the whole folder anew"):
        load_frames(film, "cpu")
    first.write_bytes(kept[:-9])
    with pytest.raises(CheckpointError, match="not a readable safetensors file"):
        load_frames(film, "cpu")
    first.unlink()
    with pytest.raises(CheckpointError, match="there is no such file"):
        load_frames(film, "cpu")
    shutil.copy(PRETRAINED_FOLDER / "date-peeky" / "model.safetensors", first)
    with pytest.raises(CheckpointError, match="is a PeekySeq2seq; a film needs a model with attention"):
        load_frames(film, "cpu")


# ------------------------------------------------------------------------------------------------------- its card


def test_the_card_tells_every_frame(film):
    card = film_card_of(film)
    rows = [line.strip("| ").split(" | ") for line in card.splitlines() if line.startswith("| ")][2:]
    assert [row[0] for row in rows] == [str(iteration) for iteration in SHOT]
    assert rows[0][2] == "-" and rows[1][2] == f"{film.frames[1].loss:.4f}"
    assert rows[-1][1] == "2.00" and rows[-1][4] == f"{film.frames[-1].alignment_error_rate:.3f}"
    assert "a model of this film alone" in " ".join(card.split())
    assert "python -m core film --model attention --wordvec-size 4" in card and "--output my-film" in card


def test_a_film_of_a_model_that_tells_nothing_has_no_card(copy):
    pipeline = load_pretrained(str(copy / SHOT_FILE), "cpu")
    frame = Frame(SHOT_FILE, pipeline.digest, 0, None, 0.0, None)
    shutil.copy(PRETRAINED_FOLDER / "date-attention" / "model.safetensors", copy / SHOT_FILE)
    card = film_card_of(Film(copy, 1, 1, (), (frame,)))
    assert "the model `date-attention` itself" in " ".join(card.split())
    (copy / SHOT_FILE).unlink()
    with pytest.raises(CheckpointError, match="there is no such file"):
        film_card_of(Film(copy, 1, 1, (), (frame,)))


SHOT_FILE = "00000.safetensors"


# -------------------------------------------------------------------------------------------- the film that ships


def test_the_film_that_ships(monkeypatch):
    film = read_film()
    assert [frame.iteration for frame in film.frames] == list(MOMENTS)
    files = {path.name: path.stat().st_size for path in film.folder.iterdir()}
    assert files.keys() == {frame.file for frame in film.frames} | {FILM_FILE, CARD_FILE}
    assert sum(files.values()) < 16e6
    assert film.folder.joinpath(CARD_FILE).read_text("utf-8") == film_card_of(film)
    assert film.frames[-1].digest == load_pretrained("date-attention", "cpu").digest
    pipelines = load_frames(film, "cpu")
    assert {pipeline.metadata["dtype"] for pipeline in pipelines} == {"float16"}
    rates = [frame.alignment_error_rate or 0.0 for frame in film.frames]
    assert rates[0] > 0.8 and 0 < rates[-1] < 0.2
    assert film.frames[0].exact_match == 0 and film.frames[-1].exact_match == 1
    log = json.loads((PRETRAINED_FOLDER / "date-attention" / "log.json").read_text("utf-8"))
    first_epoch = film.frames[[frame.iteration for frame in film.frames].index(film.iterations_per_epoch)]
    assert first_epoch.exact_match == pytest.approx(log[0]["exact_match"], abs=0.001)
