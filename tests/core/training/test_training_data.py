"""The data of a training as a model file says them: in words for people, as values for programs."""

import json
from pathlib import Path

import pytest

from core.data.held_out import DATA_PAIRS, DATA_SEED
from core.decoding.pretrained import available_models, load_pretrained
from core.training.training_data import FileData, GeneratedData, command_options, from_metadata, to_metadata

DATA = [
    (GeneratedData(DATA_PAIRS, DATA_SEED), []),
    (GeneratedData(2000, DATA_SEED), ["--n 2000"]),
    (GeneratedData(DATA_PAIRS, -7), ["--data-seed -7"]),
    (GeneratedData(9, 1, ("numeric", "month")), ["--n 9", "--data-seed 1", "--families month numeric"]),
    (FileData(Path("dates.txt")), ["--data dates.txt"]),
    (
        FileData(Path("a, split by day with seed 3"), seed=5),
        ["--data 'a, split by day with seed 3'", "--data-seed 5"],
    ),
]


@pytest.mark.parametrize(("data", "options"), DATA)
@pytest.mark.parametrize("by", ["day", "pair"])
def test_a_model_file_gives_back_its_data_with_the_options_for_them(data, options, by):
    metadata = to_metadata(data, by)
    assert f"split by {by} with" in metadata["data"]
    assert from_metadata(metadata) == data and command_options(data) == options


@pytest.mark.parametrize(("data", "options"), DATA)
@pytest.mark.parametrize("by", ["day", "pair"])
def test_the_first_model_files_have_only_the_words(data, options, by):
    assert from_metadata({"data": to_metadata(data, by)["data"]}) == data


def test_the_values_hold_where_the_words_say_something_else():
    metadata = to_metadata(GeneratedData(500, 2), "day") | {"data": "dates of another kind"}
    assert from_metadata(metadata) == GeneratedData(500, 2)


def test_where_a_file_lay_stays_at_home():
    metadata = to_metadata(FileData(Path("some/folder/upload-17"), "my dates.txt", 3), "day")
    assert metadata["data"] == "the file my dates.txt, split by day with seed 3"
    assert json.loads(metadata["data_values"]) == {
        "kind": "file", "file": "my dates.txt", "name": "my dates.txt", "seed": 3
    }  # fmt: skip


@pytest.mark.parametrize("words", ["", "dates", "converted from book.pkl", "make_pairs(a, seed=1), split"])
def test_data_from_elsewhere_are_none(words):
    assert from_metadata({"data": words}) is None


@pytest.mark.parametrize("values", ["", "[]", "{}", '{"kind": "cloud"}', '{"kind": "generated", "n": 0}'])
def test_values_that_are_no_data_are_refused(values):
    with pytest.raises(ValueError):
        from_metadata({"data": "", "data_values": values})


def test_a_preset_has_its_own_number_of_dates():
    quick, usual = GeneratedData(20_000), GeneratedData(DATA_PAIRS)
    assert command_options(quick, "quick") == [] and command_options(usual, "quick") == ["--n 50000"]
    assert command_options(quick) == ["--n 20000"]


@pytest.mark.parametrize("name", available_models())
def test_the_data_of_the_models_that_ship_are_read(name):
    assert from_metadata(load_pretrained(name, "cpu").metadata) is not None
