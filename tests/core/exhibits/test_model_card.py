"""Model cards: every number from the files beside them, wrapped, never rounded up, and a command that works."""

import json
import shlex
import shutil
from dataclasses import replace

import pytest

from core.__main__ import build_parser
from core.commands.plan_options import make_plan, training_options
from core.data.corpus import Corpus, split_by_day, write_corpus
from core.data.dates import make_pairs
from core.decoding.pretrained import load_pretrained
from core.exhibits.model_card import CARD_FILE, card_of, write_card
from core.exhibits.seeds import SPREAD_FILE
from core.layers.scores import SCORES
from core.models.parameters import CheckpointError, read_safetensors, save_parameters
from core.training.mistakes import TRAINABLE, trainable
from core.training.plan import TrainingPlan
from core.training.recipe import RECIPES, Recipe
from core.training.training_data import FileData, GeneratedData, to_metadata
from core.training.training_run import TrainingRun
from tests.core.small_models import make_model

RECIPE = Recipe(wordvec_size=4, hidden_size=8, batch_size=32, epochs=2, learning_rate=0.01)
MODEL = "model.safetensors"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards") / "my-model"
    train_set, test_set = split_by_day(Corpus.from_pairs(make_pairs(240, seed=3)), 0.1, seed=3)
    plan = TrainingPlan("AttentionSeq2seq", RECIPE, 7, train_set, test_set, GeneratedData(240, 3))
    TrainingRun(plan, folder).run()
    return folder


@pytest.fixture
def folder(trained, tmp_path):
    """A copy to change."""
    return shutil.copytree(trained, tmp_path / "my-model")


def change_metadata(folder, **changes):
    pipeline = load_pretrained(str(folder / MODEL), device="cpu")
    metadata = {key: value for key, value in (pipeline.metadata | changes).items() if value is not None}
    save_parameters(folder / MODEL, pipeline.model, metadata)


def command_of(card):
    return card.split("```\n")[1].rstrip("\n")


def planned(command):
    """The plan that a command asks for, and its options."""
    words = shlex.split(command)[3:]
    arguments = build_parser(words).parse_args(words)
    return make_plan(training_options(arguments, arguments.seed)), arguments


def tables(card):
    """Every row of every table, by its first cell."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in card.splitlines() if line[:1] == "|"]
    return {row[0]: row[1:] for row in rows}


# ------------------------------------------------------------------------------------------------ what it says


def test_every_number_is_that_of_the_files(trained):
    card = card_of(trained)
    _, metadata = read_safetensors(trained / MODEL)
    rows = tables(card)
    assert card.startswith("# my-model\n\nAn encoder-decoder LSTM with dot-product attention that turns")
    assert rows["class"] == ["`AttentionSeq2seq`"]
    assert rows["sizes"] == ["V = 59, D = 4, H = 8"]
    assert rows["reads"] == ["29 characters, padded with spaces, last character first"]
    assert rows["writes"] == ["10 characters, after the start character `_`"]
    assert rows["parameters' SHA-256"] == [f"`{load_pretrained(str(trained / MODEL), device='cpu').digest}`"]
    assert rows["licence"] == ["MIT"] and rows["stored as"] == ["float32"]
    accuracy = json.loads(metadata["accuracy"])
    assert rows["**all**"][:2] == [str(accuracy["n"]), str(accuracy["correct"])]
    for example, family in (("`2/10/93`", "numeric"), ("`JUN 17, 2013`", "month-upper")):
        assert rows[example][:2] == [str(accuracy["families"][family][key]) for key in ("n", "correct")]
    assert rows["training"] == [metadata["train_pairs"], f"`{metadata['train_digest']}`"]
    assert rows["held out"] == [metadata["test_pairs"], f"`{metadata['test_digest']}`"]
    assert rows["seed"] == ["7"] and rows["kept"] == ["the parameters after 2 of 2 epochs"]
    assert rows["optimiser"] == ["Adam, batches of 32, gradients clipped at a length of 5"]
    assert rows["learning rate"] == [
        "0.01 after a climb of 200 iterations, held until 50 % of the run, then falling in a line to 2 % of it"
    ]
    log = json.loads((trained / "log.json").read_text("utf-8"))
    for row in log:
        assert rows[str(row["epoch"])][0] == f"{row['loss']:.4f}"
    pipeline = load_pretrained(str(trained / MODEL), device="cpu")
    for text in ("27 september 1994", "2/30/93", "tomorrow"):
        assert rows[f"`{text}`"][1] == f"`{pipeline.trace(text).output}`"


@pytest.mark.parametrize(
    ("model_class", "words"),
    [
        ("Seq2seq", "without attention that turns an English date"),
        ("PeekySeq2seq", "whose decoder sees the encoder's last state at every step that turns an English date"),
    ],
)
def test_other_models_are_called_what_they_are(folder, model_class, words):
    become(folder, model_class=model_class, reversed_input=False)
    card = card_of(folder)
    assert " ".join(card.split()).startswith(f"# my-model An encoder-decoder LSTM {words}")
    assert tables(card)["reads"] == ["29 characters, padded with spaces, first character first"]


def become(folder, recipe=RECIPE, **changes):
    """Put an untrained model of another kind in the place of the trained one."""
    spec = replace(load_pretrained(str(folder / MODEL), device="cpu").spec, **changes)
    metadata = read_safetensors(folder / MODEL)[1] | spec.to_metadata() | {"recipe": json.dumps(recipe.to_dict())}
    save_parameters(folder / MODEL, make_model(spec), metadata)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (RECIPES["book"].to_dict(), "0.001, constant"),
        ({"warmup": 0}, "0.01, held until 50 % of the run, then falling in a line to 2 % of it"),
        ({"hold": 1.0}, "0.01 after a climb of 200 iterations, then constant"),
    ],
)
def test_other_learning_rates_in_words(folder, changes, words):
    recipe = json.loads(read_safetensors(folder / MODEL)[1]["recipe"])
    change_metadata(folder, recipe=json.dumps(recipe | changes))
    assert tables(card_of(folder))["learning rate"] == [words]


@pytest.mark.parametrize(
    ("correct", "n", "words"),
    [
        (10_000, 10_000, "100.00 %"),
        (99_999, 100_000, "99.99 %"),
        (5165, 5166, "99.98 %"),
        (57, 100, "57.00 %"),
        (29, 100, "29.00 %"),
        (1, 3, "33.33 %"),
        (2, 3, "66.66 %"),
        (0, 5, "0.00 %"),
    ],
)
def test_shares_are_rounded_down(folder, correct, n, words):
    row = {"n": n, "correct": correct, "exact_match": correct / n}
    change_metadata(folder, accuracy=json.dumps(row | {"families": {"numeric": row, "other": row}}))
    rows = tables(card_of(folder))
    assert rows["**all**"] == [str(n), str(correct), f"**{words}**"]
    assert rows["`2/10/93`"] == rows["anything else"] == [str(n), str(correct), words]
    wrong = f"Of the {n} held-out dates above it answers {n - correct} wrong."
    assert (wrong in card_of(folder)) == (correct < n)


def test_lines_are_wrapped_and_tables_are_whole(trained):
    card = card_of(trained)
    in_table = False
    for before, line in zip(card.splitlines(), card.splitlines()[1:], strict=False):
        assert line == line.rstrip()
        if line.startswith("|"):
            in_table = True
            if before.startswith("|"):
                assert line.count("|") == before.count("|"), "a row has another number of cells"
            else:
                assert before == "", "a table needs an empty line above it"
        elif "python -m core" not in line:
            assert len(line) <= 100
    assert in_table and card.endswith("\n") and not card.endswith("\n\n") and "\n\n\n" not in card
    assert [line for line in card.splitlines() if line.startswith("#")] == [
        "# my-model",
        "## Accuracy",
        "## Data and training",
        "## Where it fails",
        "## Reproduce",
    ]


def test_a_model_that_cannot_read_a_text_refuses_it(tmp_path):
    questions = [question for question, _ in Corpus.from_pairs(make_pairs(2000, seed=3)) if len(question) <= 12]
    answers = dict(Corpus.from_pairs(make_pairs(2000, seed=3)))
    narrow = Corpus(questions, [answers[question] for question in questions], question_length=12)
    train_set, test_set = split_by_day(narrow, 0.1, seed=3)
    recipe = Recipe(**(vars(RECIPE) | {"epochs": 1}))
    plan = TrainingPlan("AttentionSeq2seq", recipe, 7, train_set, test_set, GeneratedData(240, 3))
    TrainingRun(plan, tmp_path).run()
    rows = tables(card_of(tmp_path))
    assert rows["`27 september 1994`"] == ["1994-09-27", "refused"]
    assert rows["`2/30/93`"][1] != "refused"


# ---------------------------------------------------------------------------------------- the spread over seeds


def spread(recipe, *rows):
    seeds = [{"seed": seed, "exact_match": shares} for seed, shares in enumerate(rows)]
    return json.dumps({"recipe": recipe.to_dict(), "test_pairs": 5166, "seeds": seeds})


def test_the_spread_over_seeds_is_a_table(folder):
    (folder / SPREAD_FILE).write_text(spread(RECIPE, [0.5, 0.99999], [0.25, 1.0]), encoding="utf-8")
    card = card_of(folder)
    section = card[card.index("## Spread over seeds") : card.index("## Where it fails")]
    assert "The same recipe, from 2 seeds" in section and "on the same 5166 held-out dates" in " ".join(section.split())
    assert "| seed | after epoch 1 | after epoch 2 |" in section
    assert tables(section)["0"] == ["50.00 %", "99.99 %"] and tables(section)["1"] == ["25.00 %", "100.00 %"]


def test_a_spread_of_another_recipe_says_what_is_different(folder):
    other = Recipe(**(vars(RECIPE) | {"epochs": 3, "learning_rate": 0.02}))
    (folder / SPREAD_FILE).write_text(spread(other, [0.5], [0.6]), encoding="utf-8")
    assert "The same recipe, but with learning_rate 0.02, epochs 3, from 2 seeds" in card_of(folder)


# ------------------------------------------------------------------------------------------------- the command


def test_what_no_option_gives_has_no_command(folder):
    become(folder, Recipe(warmup=3))
    assert "trained from Python" in card_of(folder) and "python -m core train --" not in card_of(folder)
    become(folder, Recipe())
    assert "trained from Python" not in card_of(folder)
    change_metadata(folder, data="elsewhere", data_values=None)
    assert "trained from Python" in card_of(folder)


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        (Recipe(), "--epochs 3"),
        (Recipe(epochs=6), "--epochs 6"),
        (RECIPES["book"], "--preset book --epochs 10"),
        (RECIPES["quick"], "--preset quick --epochs 3"),
        (Recipe(hidden_size=128, batch_size=64, learning_rate=0.004), None),
        (Recipe(optimizer="momentum", max_grad=None), "--max-grad none --epochs 3 --optimizer momentum"),
        (Recipe(max_grad=0.25, reversed_input=False, bidirectional=True), None),
        (replace(RECIPES["book"], optimizer="sgd", bidirectional=True), None),
        (RECIPE, None),
    ],
)
@pytest.mark.parametrize("name", ["attention", "peeky", "seq2seq"])
def test_the_command_trains_the_same_again(folder, recipe, options, name):
    """Its options, read by the command line, give the recipe and the data of the model."""
    model_class = {"attention": "AttentionSeq2seq", "peeky": "PeekySeq2seq", "seq2seq": "Seq2seq"}[name]
    become(folder, recipe, model_class=model_class)
    metadata = read_safetensors(folder / MODEL)[1]
    command = command_of(card_of(folder))
    if options is not None:
        assert command == (
            f"python -m core train --model {name} {options} --n 240 --data-seed 3 --seed 7 --dtype float32 "
            "--output my-model"
        )
    plan, arguments = planned(command)
    assert (plan.recipe, plan.seed, plan.model_class) == (recipe, 7, model_class)
    assert (plan.train.digest, plan.test.digest) == (metadata["train_digest"], metadata["test_digest"])
    assert plan.to_metadata()["data"] == metadata["data"]
    assert arguments.dtype == "float32"


@pytest.mark.parametrize("score", SCORES)
def test_the_command_names_the_score(folder, score):
    become(folder, Recipe(score=score), score=score)
    assert planned(command_of(card_of(folder)))[0].spec.score == score


@pytest.mark.parametrize("name", TRAINABLE)
def test_the_command_builds_the_same_mistake_in(folder, name):
    recipe = trainable(name).recipe(Recipe(epochs=4))
    become(folder, recipe, mistake=name, reversed_input=recipe.reversed_input)
    card = card_of(folder)
    assert f"**A mistake is built in on purpose: {name}.**" in card
    assert ("No day of the held-out set is in" in " ".join(card.split())) == (name != "days-in-both-sets")
    assert ("whose days are mostly in the training set" in " ".join(card.split())) == (name == "days-in-both-sets")
    command = command_of(card)
    assert f"--model attention --epochs 4 --mistake {name} --n 240" in command
    plan, _ = planned(command)
    assert (plan.recipe, plan.spec.mistake) == (recipe, name)


def test_what_is_unusual_is_told(folder):
    recipe = Recipe(
        optimizer="adagrad",
        max_grad=None,
        bidirectional=True,
        initialiser=replace(Recipe().initialiser, scaled_affine=False),
    )
    become(folder, recipe, score="additive", bidirectional=True)
    card = card_of(folder)
    rows = tables(card)
    assert card.startswith("# my-model\n\nAn encoder-decoder LSTM with additive attention that turns")
    assert rows["optimiser"] == ["AdaGrad, batches of 128, gradients not clipped"]
    assert rows["start"][0].endswith(", affine weight normal with standard deviation 1")
    assert rows["reads"][0].endswith("last character first, and the other way, with half of its units each")


def test_the_command_names_a_file_of_dates(folder, tmp_path, monkeypatch):
    write_corpus(tmp_path / "my dates.txt", make_pairs(240, seed=3))
    change_metadata(folder, **to_metadata(FileData(tmp_path / "my dates.txt", seed=3), "day"))
    command = command_of(card_of(folder))
    assert "--data 'my dates.txt' --data-seed 3" in command
    monkeypatch.chdir(tmp_path)
    plan, _ = planned(command)
    assert plan.train.digest == read_safetensors(folder / MODEL)[1]["train_digest"]


# --------------------------------------------------------------------------------------------- files that lack


@pytest.mark.parametrize("key", ["recipe", "seed", "epochs", "data", "train_digest", "test_pairs", "accuracy"])
def test_a_model_without_its_history_has_no_card(folder, key):
    change_metadata(folder, **{key: None})
    with pytest.raises(CheckpointError, match=rf"my-model.model.safetensors: does not say its {key}; a card is for"):
        card_of(folder)


@pytest.mark.parametrize("key", ["licence", "libraries"])
def test_what_is_not_stated_is_called_so(folder, key):
    change_metadata(folder, **{key: None})
    assert "not stated" in card_of(folder)


@pytest.mark.parametrize("content", ["{", "\xff"])
def test_a_broken_file_is_named(folder, content):
    (folder / "log.json").write_text(content, encoding="latin1")
    with pytest.raises(CheckpointError, match=r"log\.json: not readable as JSON"):
        card_of(folder)


@pytest.mark.parametrize("content", ["[1]", '[{"epoch": 1}]'])
def test_a_file_that_says_something_else_is_refused(folder, content):
    (folder / "log.json").write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"log\.json: not the log of a training"):
        card_of(folder)


@pytest.mark.parametrize("content", ["", "[1]", '{"seeds": []}'])
def test_a_spread_that_is_none_is_refused(folder, content):
    (folder / SPREAD_FILE).write_text(content, encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"seeds\.json: not (the accuracies of several seeds|readable as JSON)"):
        card_of(folder)


@pytest.mark.parametrize("value", ["", "{}", "[]", "null", '{"n": 1}', "[" * 100_000])
@pytest.mark.parametrize("key", ["accuracy", "recipe"])
def test_metadata_that_says_something_else_is_refused(folder, key, value):
    change_metadata(folder, **{key: value})
    with pytest.raises(CheckpointError, match="do not tell a whole history"):
        card_of(folder)


def test_a_folder_without_a_model_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"model.safetensors: there is no such file"):
        write_card(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_without_a_log_there_is_no_table_of_epochs(folder):
    (folder / "log.json").unlink()
    assert "training loss" not in card_of(folder)


def test_a_card_is_written_beside_the_model_and_named_after_its_folder(folder, monkeypatch):
    write_card(folder)
    assert (folder / CARD_FILE).read_text("utf-8") == card_of(folder)
    monkeypatch.chdir(folder)
    assert card_of(type(folder)(".")).startswith("# my-model\n")
