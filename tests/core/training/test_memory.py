"""What a training will take is said before it starts, and is what it then takes."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.corpus import write_corpus
from core.data.dates import make_pairs
from core.models.spec import MAX_SIZE
from core.training import memory as training_memory
from core.training.memory import TooLargeError, memory_available, memory_of_training, say_bytes
from core.training.options import TrainingOptions
from core.training.recipe import Recipe
from core.training.training_data import MAX_PAIRS, FileData, GeneratedData

ROOT = Path(__file__).resolve().parents[3]
GB = 10**9

MEASURE = """
import json, sys, tempfile
from pathlib import Path
from core.training.training_run import TrainingRun, TrainingStoppedError
from core.training.options import TrainingOptions

options = TrainingOptions.from_dict(json.loads(sys.argv[1]))
with tempfile.TemporaryDirectory() as folder:
    run = TrainingRun(options.plan(), Path(folder), device="cpu")

    def stop():
        if run.trainer.current_iteration == 2:
            raise TrainingStoppedError(keep=True)

    try:
        run.run(on_iteration=stop)
    except TrainingStoppedError:
        pass
(peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(peak.split()[1])
"""
"""Two iterations, an evaluation, the model and the state stored: what a training does, in short."""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems count memory differently")
@pytest.mark.parametrize(
    ("recipe", "pairs", "model"),
    [
        (Recipe(hidden_size=8, batch_size=8), 1000, "attention"),
        (Recipe(), 1000, "attention"),
        (Recipe(hidden_size=512, batch_size=32, bidirectional=True), 1000, "attention"),
        (Recipe(hidden_size=64, batch_size=1024, reversed_input=False), 3000, "peeky"),
        (Recipe(hidden_size=64, batch_size=256, score="additive"), 1000, "attention"),
        (Recipe(hidden_size=8, batch_size=64), 100_000, "seq2seq"),
    ],
)
def test_what_is_said_is_what_is_taken(recipe, pairs, model):
    """Never less; up to twice as much, where dates that begin alike are read once."""
    options = TrainingOptions(model=model, recipe=recipe, data=GeneratedData(pairs, 1), device="cpu")
    command = [sys.executable, "-c", MEASURE, json.dumps(options.to_dict())]
    taken = 1024 * int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    assert 1.0 <= options.memory_needed() / taken <= 2.0


def needed(pairs=1000, **changes):
    return memory_of_training("AttentionSeq2seq", Recipe(**changes), pairs, 29, 10)


def test_everything_that_grows_is_counted():
    base = needed()
    assert needed(pairs=2000) > base and needed(wordvec_size=64) > base and needed(batch_size=129) > base
    assert needed(score="additive") > needed(score="general") > base
    assert memory_of_training("AttentionSeq2seq", Recipe(), 1000, 256, 10) > 3 * base / 2
    assert memory_of_training("AttentionSeq2seq", Recipe(), 1000, 29, 100) > base
    assert memory_of_training("PeekySeq2seq", Recipe(), 1000, 29, 10) > memory_of_training(
        "Seq2seq", Recipe(), 1000, 29, 10
    )


def test_a_file_counts_by_its_size_and_its_first_line(tmp_path):
    write_corpus(tmp_path / "dates.txt", make_pairs(3000, 1))
    drawn = TrainingOptions(data=GeneratedData(3000, 1))
    assert TrainingOptions(data=FileData(tmp_path / "dates.txt")).memory_needed() == drawn.memory_needed()
    wide = b"2/10/93".ljust(250) + b"_1993-02-10\n"
    (tmp_path / "wide.txt").write_bytes(wide * 3000)
    options = TrainingOptions(data=FileData(tmp_path / "wide.txt"))
    assert options.memory_needed() == memory_of_training("AttentionSeq2seq", Recipe(), 3000, 250, 10)
    for content in (b"", b"\n" * 50, bytes(range(256)) * 40):
        (tmp_path / "bad.txt").write_bytes(content)
        assert TrainingOptions(data=FileData(tmp_path / "bad.txt")).memory_needed() > 0


# --------------------------------------------------------------------------------------------------- what there is


def test_what_would_exhaust_the_memory_is_refused_with_what_to_lower(monkeypatch):
    monkeypatch.setattr(training_memory, "_SOURCES", (lambda: 3 * GB, lambda: None, lambda: 2 * GB))
    TrainingOptions().check_memory()
    large = replace(TrainingOptions(), recipe=Recipe(hidden_size=MAX_SIZE), data=GeneratedData(1000))
    with pytest.raises(
        TooLargeError, match=r"needs about \d+\.?\d* GB of memory, and there are 2 GB; use a smaller"
    ) as caught:
        large.check_memory()
    assert caught.value.needed == large.memory_needed() > 5 * GB and caught.value.available == 2 * GB
    with pytest.raises(TooLargeError):
        replace(TrainingOptions(), data=GeneratedData(MAX_PAIRS)).check_memory()
    with pytest.raises(TooLargeError):
        replace(TrainingOptions(), recipe=Recipe(batch_size=100_000), data=GeneratedData(200_000)).check_memory()


def test_where_nothing_can_be_told_nothing_is_refused(monkeypatch):
    monkeypatch.setattr(training_memory, "_SOURCES", (lambda: None,))
    assert memory_available() is None
    replace(TrainingOptions(), recipe=Recipe(hidden_size=MAX_SIZE, batch_size=10**6)).check_memory()


def test_there_is_some_memory_here():
    available = memory_available()
    assert available is None or 10**7 < available < 10**15


@pytest.mark.parametrize(("text", "bytes_"), [("", None), ("100", 100 * 2**20), ("0", 0), ("-1", None), ("1 GB", None)])
def test_the_environment_can_allow_less(monkeypatch, text, bytes_):
    monkeypatch.setenv("ATTENTION_TRAINING_MEMORY", text)
    assert training_memory._allowed() == bytes_


def test_what_a_container_leaves(monkeypatch, tmp_path):
    monkeypatch.setattr(training_memory, "_CONTAINER", tmp_path)
    assert training_memory._free_in_container() is None
    (tmp_path / "memory.current").write_text("300\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert training_memory._free_in_container() is None
    (tmp_path / "memory.max").write_text("1000\n")
    assert training_memory._free_in_container() == 700


@pytest.mark.parametrize(("number", "words"), [(12, "12 bytes"), (3_500_000, "3.5 MB"), (1_234_000_000, "1.23 GB")])
def test_bytes_in_words(number, words):
    assert say_bytes(number) == words
