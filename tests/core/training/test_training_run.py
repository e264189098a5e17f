"""Training runs on disk: the same every time, also when stopped in between; the best is kept; whatever goes wrong."""

import errno
import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.metrics import evaluate_pipeline
from core.data.accuracy import Accuracy, Evaluation
from core.data.corpus import Corpus, split_by_day
from core.data.dates import make_pairs
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding import pipeline as pipeline_module
from core.decoding.pretrained import load_pretrained
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.parameters import CheckpointError, named_parameters, parameter_digest, read_safetensors
from core.training.mistakes import TRAINABLE
from core.training.optimizers import OPTIMIZERS, Adam
from core.training.plan import TrainingPlan
from core.training.recipe import Recipe
from core.training.trainer import Trainer, TrainingDivergedError
from core.training.training_data import GeneratedData, from_metadata
from core.training.training_run import (
    LOG_FILE,
    STATE_FILE,
    TrainingRun,
    TrainingStoppedError,
)
from tests.core.small_models import DATES, make_pipeline

RECIPE = Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=3, warmup=5, learning_rate=0.01)
CORPUS = Corpus.from_pairs(make_pairs(240, seed=3))
TRAIN, TEST = split_by_day(CORPUS, 0.2, seed=3)
MODEL = "model.safetensors"

# On the CPU also where there is a GPU: what is compared here is compared to the last bit.
run_of = partial(TrainingRun, device="cpu")


def make_plan(**changes):
    fields: dict[str, Any] = {
        "model_class": "AttentionSeq2seq",
        "recipe": RECIPE,
        "seed": 0,
        "train": TRAIN,
        "test": TEST,
        "data": GeneratedData(240, 3),
    }
    return TrainingPlan(**(fields | changes))


def run_whole(folder, **changes):
    run = run_of(make_plan(**changes), folder)
    run.run()
    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of three epochs, without a break."""
    return run_whole(tmp_path_factory.mktemp("whole"))


def stopped_run(folder, epoch, *, when):
    """A run that is stopped in an epoch: at the "end" of its iterations, or "after" it was stored."""
    run = run_of(make_plan(), folder)

    def on_interval(report):
        if when == "end" and report.epoch == epoch:
            raise KeyboardInterrupt

    def on_epoch(result):
        if when == "after" and result.epoch == epoch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.run(on_interval=on_interval, on_epoch=on_epoch)
    return run


def script_accuracies(monkeypatch, *shares):
    """Let the evaluations come out as said, one after the other; every epoch takes two, of the model and as stored."""
    left = list(shares)

    def evaluate(self, model):
        accuracy = Accuracy(1000, round(1000 * left.pop(0)))
        return Evaluation(accuracy, {"month": accuracy})

    monkeypatch.setattr(TrainingRun, "_evaluate", evaluate)


def assert_same_training(one, other):
    for name, a, b in zip(one.model.parameter_names, one.model.params, other.model.params, strict=True):
        assert a.tobytes() == b.tobytes(), name
    for name, kept in one.optimizer.slots.items():
        for a, b in zip(kept, other.optimizer.slots[name], strict=True):
            assert a.tobytes() == b.tobytes(), name
    assert one.optimizer.iter == other.optimizer.iter
    assert one.trainer.rng.bit_generator.state == other.trainer.rng.bit_generator.state
    assert without_seconds(one.results) == without_seconds(other.results)
    (arrays, metadata), (other_arrays, other_metadata) = (read_safetensors(run.folder / MODEL) for run in (one, other))
    assert metadata == other_metadata and parameter_digest(arrays) == parameter_digest(other_arrays)


def without_seconds(results):
    return [(result.epoch, result.loss, result.exact_match) for result in results]


# ------------------------------------------------------------------------------------------- the same every time


def test_a_seed_gives_the_same_parameters_every_time(whole, tmp_path):
    assert_same_training(whole, run_whole(tmp_path / "again"))
    other = run_whole(tmp_path / "other seed", seed=1, recipe=Recipe(**(vars(RECIPE) | {"epochs": 1})))
    assert not np.array_equal(other.model.params[0], whole.model.params[0])


@pytest.mark.parametrize("reversed_input", [True, False])
def test_a_run_is_the_trainer_with_the_recipe(tmp_path, reversed_input):
    recipe = Recipe(**(vars(RECIPE) | {"reversed_input": reversed_input, "epochs": 2}))
    run = run_whole(tmp_path, recipe=recipe, seed=5)
    rng = np.random.default_rng(5)
    model = make_plan(recipe=recipe).spec.build(rng=rng, initialiser=recipe.initialiser)
    x, t = TRAIN.arrays(DATE_VOCABULARY)
    if reversed_input:
        x = x[:, ::-1]
    iterations = 2 * (len(TRAIN) // 32)
    schedule = lambda i: recipe.learning_rate_at(i, iterations)  # noqa: E731
    trainer = Trainer(model, Adam(), rng=rng, schedule=schedule)
    trainer.fit(x, t, max_epoch=2, batch_size=32, max_grad=5.0)
    for name, got, expected in zip(model.parameter_names, run.model.params, model.params, strict=True):
        np.testing.assert_array_equal(got, expected, err_msg=name)
    assert [result.loss for result in run.results] == pytest.approx(trainer.loss_list)


@pytest.mark.parametrize("when", ["end", "after"])
@pytest.mark.parametrize("epoch", [2, 3])
def test_a_run_that_is_stopped_goes_on_to_the_same_parameters(whole, tmp_path, epoch, when):
    stopped_run(tmp_path, epoch, when=when)
    resumed = run_of(make_plan(), tmp_path)
    resumed.resume()
    assert len(resumed.results) == (epoch if when == "after" else epoch - 1)
    resumed.run()
    assert_same_training(whole, resumed)


def test_a_run_that_is_stopped_in_every_epoch_goes_on_to_the_same_parameters(whole, tmp_path):
    stopped_run(tmp_path, 1, when="after")
    for epoch in (2, 3):
        run = run_of(make_plan(), tmp_path)
        run.resume()
        with pytest.raises(KeyboardInterrupt):
            run.run(on_epoch=lambda result: stop_now())
        assert len(run.results) == epoch
    run = run_of(make_plan(), tmp_path)
    run.resume()
    run.run(on_interval=lambda report: pytest.fail("there was nothing left to train"))
    assert_same_training(whole, run)


def stop_now():
    raise KeyboardInterrupt


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_slots_of_every_optimizer_are_stored_and_taken_up_again(tmp_path, optimizer):
    recipe = replace(RECIPE, optimizer=optimizer, max_grad=None, epochs=2)
    whole = run_whole(tmp_path / "whole", recipe=recipe)
    assert type(whole.optimizer) is OPTIMIZERS[optimizer]
    stopped = run_of(make_plan(recipe=recipe), tmp_path / "stopped")
    with pytest.raises(KeyboardInterrupt):
        stopped.run(on_epoch=lambda result: stop_now())
    resumed = run_of(make_plan(recipe=recipe), tmp_path / "stopped")
    resumed.resume()
    resumed.run()
    assert_same_training(whole, resumed)


def test_without_a_limit_gradients_are_not_clipped(tmp_path):
    norms = []
    run = run_of(make_plan(recipe=replace(RECIPE, max_grad=None, epochs=1)), tmp_path)
    run.run(on_interval=lambda report: norms.append(report.gradient_norm))
    assert norms == [None] * len(norms) and norms
    assert json.loads(read_safetensors(tmp_path / MODEL)[1]["recipe"])["max_grad"] is None


@pytest.mark.parametrize(
    "settings",
    [
        {"score": "general"},
        {"score": "additive", "bidirectional": True},
        {"score": "scaled-dot", "bidirectional": True},
        {"optimizer": "sgd"},
    ],
)
def test_a_model_of_any_kind_is_trained_stored_and_loaded(tmp_path, settings):
    run = run_whole(tmp_path, recipe=replace(RECIPE, epochs=1, **settings))
    pipeline = load_pretrained(str(tmp_path / MODEL), device="cpu")
    assert pipeline.spec == run.plan.spec
    assert (pipeline.spec.score, pipeline.spec.bidirectional) == (
        settings.get("score", "dot"),
        settings.get("bidirectional", False),
    )
    for name, array in named_parameters(run.model).items():
        np.testing.assert_array_equal(named_parameters(pipeline.model)[name], array, err_msg=name)


@pytest.mark.parametrize("name", TRAINABLE)
def test_a_model_with_a_mistake_is_loaded_with_the_mistake(tmp_path, name):
    run = run_whole(tmp_path, recipe=replace(RECIPE, epochs=1), mistake=name)
    pipeline = load_pretrained(str(tmp_path / MODEL), device="cpu")
    assert pipeline.spec.mistake == name
    assert type(pipeline.model) is type(run.model) is (TRAINABLE[name].model_class or AttentionSeq2seq)
    assert json.loads(pipeline.metadata["recipe"]) == json.loads(json.dumps(run.plan.recipe.to_dict()))


def test_a_mistake_changes_the_recipe_of_its_plan():
    changed = {
        "affine-not-scaled": replace(RECIPE, initialiser=replace(RECIPE.initialiser, scaled_affine=False)),
        "input-not-reversed": replace(RECIPE, reversed_input=False),
        "gradients-not-clipped": replace(RECIPE, max_grad=None),
    }
    for name in TRAINABLE:
        assert make_plan(mistake=name).recipe == changed.get(name, RECIPE)


@pytest.mark.parametrize("name", ["none", "labels-reversed", "x" * 500])
def test_a_mistake_that_no_training_can_make_is_refused(name):
    with pytest.raises(ValueError, match=r"mistake is '.*'; expected one of affine-not-scaled, ") as caught:
        make_plan(mistake=name)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("change", [{"model_class": "Seq2seq", "mistake": "context-not-fed"}])
def test_a_mistake_in_the_attention_needs_attention(tmp_path, change):
    with pytest.raises(ValueError, match="Seq2seq has no attention, which the mistake context-not-fed needs"):
        run_of(make_plan(**change), tmp_path)


# ------------------------------------------------------------------------------------------------ what is stored


def test_a_state_says_no_more_of_its_plan_than_those_of_earlier_programs(tmp_path):
    """Those can be resumed: what is younger than they are must not make another plan of theirs."""
    stopped_run(tmp_path, 2, when="end")
    _, metadata = read_safetensors(tmp_path / STATE_FILE)
    plan = {"data", "recipe", "seed", "licence", "train_pairs", "train_digest", "test_pairs", "test_digest"}
    assert json.loads(metadata["plan"]).keys() == make_plan().spec.to_metadata().keys() | plan


def test_what_a_model_says_of_itself(whole):
    _, metadata = read_safetensors(whole.folder / MODEL)
    assert json.loads(metadata["recipe"]) == json.loads(json.dumps(RECIPE.to_dict()))
    assert (metadata["seed"], metadata["licence"], metadata["dtype"]) == ("0", "MIT", "float32")
    assert (metadata["train_pairs"], metadata["test_pairs"]) == (str(len(TRAIN)), str(len(TEST)))
    assert (metadata["train_digest"], metadata["test_digest"]) == (TRAIN.digest, TEST.digest)
    assert metadata["data"] == "make_pairs(240, seed=3), split by day with the same seed"
    assert from_metadata(metadata) == GeneratedData(240, 3)
    assert set(json.loads(metadata["libraries"])) == {"python", "numpy", "safetensors"}
    assert metadata["model_class"] == "AttentionSeq2seq" and metadata["gate_order"] == "f,g,i,o"
    assert metadata["epochs"] == "3"
    stated = json.loads(metadata["accuracy"])
    assert stated["n"] == len(TEST) == sum(family["n"] for family in stated["families"].values())


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_the_stated_accuracy_is_that_of_the_stored_numbers(tmp_path, dtype, monkeypatch):
    """Rounding is made to matter: the evaluation is replaced by one that looks at the parameters."""
    seen = []

    def evaluate(self, model):
        seen.append(named_parameters(model))
        return Evaluation(Accuracy(1, 1), {})

    monkeypatch.setattr(TrainingRun, "_evaluate", evaluate)
    run = run_of(make_plan(recipe=Recipe(**(vars(RECIPE) | {"epochs": 1}))), tmp_path, dtype=dtype)
    pipeline = run.run()
    trained, stored = seen
    for name, array in named_parameters(pipeline.model).items():
        np.testing.assert_array_equal(stored[name], array, err_msg=name)
        np.testing.assert_array_equal(trained[name].astype(dtype).astype(np.float32), array, err_msg=name)
    assert pipeline.metadata["dtype"] == np.dtype(dtype).name


def test_the_pipeline_that_comes_back_is_the_file(whole, tmp_path):
    run = run_of(make_plan(), whole.folder)
    run.resume()
    pipeline = run.run()
    from_file = load_pretrained(str(whole.folder / MODEL), device="cpu")
    assert pipeline.name == whole.folder.name and pipeline.digest == from_file.digest
    assert pipeline.decode(["2/10/93"]) == from_file.decode(["2/10/93"])
    assert evaluate_pipeline(from_file, TEST) == from_file.accuracy


def test_the_log_tells_every_epoch(whole, tmp_path):
    log = json.loads((whole.folder / LOG_FILE).read_text("utf-8"))
    assert [(row["epoch"], row["loss"], row["exact_match"]) for row in log] == without_seconds(whole.results)
    assert [row["epoch"] for row in log] == [1, 2, 3] and all(row["seconds"] > 0 for row in log)
    assert log[2]["loss"] < log[0]["loss"]


def test_nothing_but_the_run_is_in_its_folder(whole):
    assert sorted(path.name for path in whole.folder.iterdir()) == [LOG_FILE, MODEL, STATE_FILE]


# -------------------------------------------------------------------------------------------- the best is kept


def kept_epochs(folder):
    return read_safetensors(folder / MODEL)[1]["epochs"]


@pytest.mark.parametrize(
    ("shares", "kept"),
    [
        ((0.5, 0.5, 0.7, 0.7, 0.6), "2"),
        ((0.5, 0.5, 0.4, 0.3), "1"),
        ((0.5, 0.5, 0.5, 0.5, 0.5, 0.5), "3"),
        ((0.6, 0.6, 0.5, 0.6, 0.6), "3"),
        ((0.0, 0.0, 0.0, 0.0, 0.0, 0.0), "3"),
    ],
)
def test_the_best_epoch_is_kept_and_of_equals_the_later(tmp_path, monkeypatch, shares, kept):
    script_accuracies(monkeypatch, *shares)
    run = run_whole(tmp_path)
    assert kept_epochs(tmp_path) == kept
    assert len(run.results) == 3


def test_stopped_in_the_first_epoch_the_parameters_are_kept(tmp_path):
    run = stopped_run(tmp_path, 1, when="end")
    parameters, metadata = read_safetensors(tmp_path / MODEL)
    for name, parameter in named_parameters(run.model).items():
        np.testing.assert_array_equal(parameters[name], parameter)
    assert metadata["epochs"] == "0" and json.loads(metadata["accuracy"])["n"] == len(TEST)
    assert len(load_pretrained(str(tmp_path / MODEL), device="cpu").decode(["2/10/93"])[0]) == 10
    assert not run.can_resume


@pytest.mark.parametrize(("share", "kept"), [(0.6, "1"), (0.4, "1"), (0.5, "1")])
def test_stopped_later_the_better_parameters_are_kept(tmp_path, monkeypatch, share, kept):
    script_accuracies(monkeypatch, 0.5, 0.5, share, share)
    run = stopped_run(tmp_path, 2, when="end")
    stored, metadata = read_safetensors(tmp_path / MODEL)
    is_that_of_now = np.array_equal(stored["encoder.lstm.Wh"], run.model.params[2])
    assert is_that_of_now == (share >= 0.5)
    assert metadata["epochs"] == "1" and json.loads(metadata["accuracy"])["exact_match"] == max(0.5, share)


def test_what_is_not_finite_does_not_replace_what_is(tmp_path, monkeypatch):
    script_accuracies(monkeypatch, 0.0, 0.0, 0.0, 0.0)
    run = run_of(make_plan(), tmp_path)

    def poison(report):
        if report.epoch == 2:
            run.model.params[2][0, 0] = np.nan
            raise KeyboardInterrupt

    with pytest.raises(CheckpointError, match=r"not written: .* encoder.lstm.Wh holds values that are not finite"):
        run.run(on_interval=poison)
    assert np.isfinite(read_safetensors(tmp_path / MODEL)[0]["encoder.lstm.Wh"]).all()


def test_a_training_that_diverges_keeps_the_best_before(tmp_path):
    run = run_of(make_plan(), tmp_path)

    def poison(result):
        run.model.params[-1][...] = np.nan

    with pytest.raises(TrainingDivergedError, match="epoch 2"):
        run.run(on_epoch=poison)
    assert kept_epochs(tmp_path) == "1" and run_of(make_plan(), tmp_path).can_resume


# ---------------------------------------------------------------------------------------------------- resuming


def stop_after(folder, iterations, *, keep=False, **changes):
    """A run that is stopped on purpose after so many iterations in all; it must not have come to its end."""
    run = run_of(make_plan(**changes), folder)
    if run.can_resume:
        run.resume()

    def on_iteration():
        if run.trainer.current_iteration == iterations:
            raise TrainingStoppedError(keep)

    with pytest.raises(TrainingStoppedError):
        run.run(on_iteration=on_iteration)
    return run


SMALL_BATCHES = {"recipe": Recipe(**(vars(RECIPE) | {"batch_size": 4, "epochs": 2}))}
"""Some fifty iterations an epoch: two whole intervals between reports, and a rest."""


@pytest.fixture(scope="module")
def whole_of_small_batches(tmp_path_factory):
    return run_whole(tmp_path_factory.mktemp("small batches"), **SMALL_BATCHES)


@pytest.mark.parametrize("stops", [[1], [20], [25, 26], [44], [46, 60, 61, 89]])
@pytest.mark.parametrize("keep", [False, True])
def test_stopped_between_any_two_iterations_it_goes_on_to_the_same(whole_of_small_batches, tmp_path, stops, keep):
    per_epoch = len(TRAIN) // 4
    assert per_epoch == 45
    for stop in stops:
        run = stop_after(tmp_path, stop, keep=keep, **SMALL_BATCHES)
        assert len(run.results) == stop // per_epoch
        assert (tmp_path / MODEL).is_file() == (keep or stop > per_epoch)
    resumed = run_of(make_plan(**SMALL_BATCHES), tmp_path)
    resumed.resume()
    resumed.run()
    assert_same_training(whole_of_small_batches, resumed)
    assert {path.name for path in tmp_path.iterdir()} == {MODEL, LOG_FILE, STATE_FILE}


def test_the_same_process_can_go_on_too(whole_of_small_batches, tmp_path):
    run = stop_after(tmp_path, 30, **SMALL_BATCHES)
    run.run()
    assert_same_training(whole_of_small_batches, run)


def test_a_stop_that_keeps_better_parameters_does_not_change_what_is_chosen_later(tmp_path, monkeypatch):
    script_accuracies(monkeypatch, 0.5, 0.5, 0.7, 0.7)
    stop_after(tmp_path, 8, keep=True)
    assert json.loads(read_safetensors(tmp_path / MODEL)[1]["accuracy"])["exact_match"] == 0.7
    script_accuracies(monkeypatch, 0.6, 0.6, 0.4)
    resumed = run_of(make_plan(), tmp_path)
    resumed.resume()
    assert json.loads(read_safetensors(tmp_path / MODEL)[1]["accuracy"])["exact_match"] == 0.5
    resumed.run()
    assert kept_epochs(tmp_path) == "2"


OTHER_PLANS: dict[str, dict[str, Any]] = {
    "seed": {"seed": 1},
    "recipe": {"recipe": Recipe(**(vars(RECIPE) | {"learning_rate": 0.02}))},
    "hidden_size": {"recipe": Recipe(**(vars(RECIPE) | {"hidden_size": 9}))},
    "model_class": {"model_class": "PeekySeq2seq"},
    "train_digest": {"train": TRAIN.take([1, 0, *range(2, len(TRAIN))])},
    "test_digest": {"test": TEST.take(range(len(TEST) - 1))},
    "data": {"data": "another place"},
}


@pytest.mark.parametrize("differs", OTHER_PLANS)
def test_the_state_of_another_plan_is_refused_with_what_differs(whole, differs):
    run = run_of(make_plan(**OTHER_PLANS[differs]), whole.folder)
    before = named_parameters(run.model)["encoder.lstm.Wh"].copy()
    with pytest.raises(CheckpointError, match=rf"belongs to another run, with another.* {differs}\b"):
        run.resume()
    np.testing.assert_array_equal(run.model.params[2], before)
    assert run.results == []


def test_without_a_state_there_is_nothing_to_go_on_from(tmp_path):
    run = run_of(make_plan(), tmp_path / "none")
    assert not run.can_resume
    with pytest.raises(CheckpointError, match="none: holds no run to go on from"):
        run.resume()


@pytest.mark.parametrize("size", [0, 7, 100, 1000, -1])
def test_a_truncated_state_is_refused(whole, tmp_path, size):
    (tmp_path / STATE_FILE).write_bytes((whole.folder / STATE_FILE).read_bytes()[:size])
    with pytest.raises(CheckpointError, match=STATE_FILE):
        run_of(make_plan(), tmp_path).resume()


def test_a_model_in_the_place_of_a_state_is_refused(whole, tmp_path):
    shutil.copy(whole.folder / MODEL, tmp_path / STATE_FILE)
    with pytest.raises(CheckpointError, match="is damaged"):
        run_of(make_plan(), tmp_path).resume()


@pytest.fixture(scope="module")
def state(whole):
    """Bytes of a state, and a run that can be made to resume from others."""
    return (whole.folder / STATE_FILE).read_bytes()


@given(data=st.data())
def test_a_state_with_other_bytes_in_it_is_refused_or_read(state, tmp_path_factory, data):
    content = bytearray(state)
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    folder = tmp_path_factory.getbasetemp()
    (folder / STATE_FILE).write_bytes(bytes(content))
    run = run_of(make_plan(), folder)
    try:
        run.resume()
    except CheckpointError as error:
        assert STATE_FILE in str(error)


# --------------------------------------------------------------------------------------------- what goes wrong


def test_a_folder_that_cannot_be_written_to_shows_before_the_training(tmp_path):
    (tmp_path / "file").write_text("in the way")
    run = run_of(make_plan(), tmp_path / "file")
    with pytest.raises(OSError) as caught:
        run.run(on_interval=lambda report: pytest.fail("the training began"))
    assert caught.value.filename == str(tmp_path / "file" / LOG_FILE)


def test_when_the_disk_fills_up_the_last_epoch_stays(whole, tmp_path, monkeypatch):
    run = run_of(make_plan(), tmp_path)
    original = Path.write_bytes

    def fill_up(result):
        def write(self, content):
            original(self, content[:3])
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", write)

    with pytest.raises(OSError, match="No space left") as caught:
        run.run(on_epoch=fill_up)
    assert caught.value.filename is not None
    monkeypatch.undo()
    assert kept_epochs(tmp_path) == "1"
    resumed = run_of(make_plan(), tmp_path)
    resumed.resume()
    resumed.run()
    assert_same_training(whole, resumed)


def test_more_than_there_is_does_not_fill_a_batch():
    recipe = Recipe(**(vars(RECIPE) | {"batch_size": len(TRAIN) + 1}))
    with pytest.raises(ValueError, match=f"the {len(TRAIN)} pairs to train on do not fill a batch of {len(TRAIN) + 1}"):
        make_plan(recipe=recipe)
    make_plan(recipe=Recipe(**(vars(RECIPE) | {"batch_size": len(TRAIN)})))


def test_sizes_that_could_not_be_loaded_again_are_refused(tmp_path):
    plan = make_plan(recipe=Recipe(**(vars(RECIPE) | {"hidden_size": 4097})))
    with pytest.raises(ValueError, match="hidden_size is 4097; expected a whole number from 1 to 4096"):
        run_of(plan, tmp_path)


# --------------------------------------------------------------------------------------- data of other widths


def test_a_corpus_of_another_width_is_trained_and_used_in_its_width(tmp_path):
    wider = Corpus(CORPUS.questions, CORPUS.answers, question_length=33)
    train, test = split_by_day(wider, 0.2, seed=3)
    run = run_of(make_plan(train=train, test=test, recipe=Recipe(**(vars(RECIPE) | {"epochs": 1}))), tmp_path)
    pipeline = run.run()
    assert (pipeline.source_length, pipeline.target_length) == (33, 10)
    assert len(pipeline.trace("2/10/93").source) == 33


@pytest.mark.parametrize("width", [27, 29, 40])
def test_an_evaluation_is_what_the_pipeline_decodes_whatever_the_corpus_is_padded_to(width, monkeypatch):
    pipeline = make_pipeline(**DATES)
    questions = [question for question in CORPUS.questions if len(question) <= 27][:40]
    outputs = pipeline.decode(questions)
    answers = [output if i % 4 else "1970-01-01" for i, output in enumerate(outputs)]
    answers = [answer.replace("_", "-") for answer in answers]
    right = sum(output == answer for output, answer in zip(outputs, answers, strict=True))
    assert 0 < right < 40
    for batch_size in (256, 40, 7):
        monkeypatch.setitem(pipeline_module._BATCH_SIZES, "cpu", batch_size)
        evaluation = evaluate_pipeline(pipeline, Corpus(questions, answers, question_length=width))
        assert evaluation.total == Accuracy(40, right)


def test_an_evaluation_of_what_the_model_cannot_read_is_refused():
    pipeline = make_pipeline()
    with pytest.raises(ValueError, match=r"text 2, 'abcdefab', has 8 characters; at most 7 fit"):
        evaluate_pipeline(pipeline, Corpus(["a", "abcdefab"], ["b", "b"]))
    with pytest.raises(ValueError, match=r"text 1, 'x'"):
        evaluate_pipeline(pipeline, Corpus(["x"], ["b"]))


def test_untrained_models_are_as_good_as_guessing():
    """The evaluation is not fooled: parameters that were never trained get nothing right."""
    assert evaluate_pipeline(make_pipeline(**DATES), TEST).exact_match == 0.0
