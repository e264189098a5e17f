"""The command line as a person uses it: what is printed where, exit statuses, and no traceback whatever is asked."""

import contextlib
import errno
import io
import json
import os
import pickle
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core.__main__ import COMMANDS, build_parser, main
from core.backend.numpy_backend import CPU
from core.commands import data, decode
from core.commands.plan_options import training_options
from core.commands.progress import ProgressBar
from core.commands.shared import say_device
from core.data.corpus import Corpus, read_corpus, write_corpus
from core.data.dates import FAMILIES, make_pairs
from core.decoding.greedy import greedy_decode
from core.decoding.pretrained import available_models, load_pretrained
from core.decoding.trace_json import trace_from_dict
from core.exhibits.film import read_film
from core.models.parameters import named_parameters, read_safetensors, save_parameters
from core.models.seq2seq import Seq2seq
from core.runs.store import RunStore
from core.training.options import TrainingOptions
from core.training.trainer import EpochResult, TrainingReport
from core.training.training_data import GeneratedData
from tests.core.small_models import make_model, make_spec
from tests.devices import has_gpu
from tests.fake_device import FakeCupyBackend

ROOT = Path(__file__).resolve().parents[3]

TINY = ["--n", "240", "--data-seed", "3", "--hidden-size", "8", "--wordvec-size", "4", "--batch-size", "32"]
TINY += ["--learning-rate", "0.01", "--epochs", "3", "--device", "cpu"]


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(capsys):
    """Run a command in this process."""

    def run_command(*arguments):
        capsys.readouterr()
        status: Any
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            status = exit_.code
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Result(status, out, err)

    return run_command


def start(*arguments, **options):
    """Run a command in a process of its own, its output buffered as usual."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | {"env": environment}
    # Where the tests run in the background of a shell, Ctrl-C is ignored, and whoever they start would ignore it too.
    heeding = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        [sys.executable, "-m", "core", *arguments], cwd=ROOT, preexec_fn=heeding, **(pipes | options)
    )


def one_sentence(result, status=1):
    """The one line on standard error."""
    assert (result.status, result.out) == (status, "")
    assert result.err.startswith("core: ") and result.err.count("\n") == 1 and result.err.endswith("\n")
    return result.err


# -------------------------------------------------------------------------------------------------------- decode


def test_decode_prints_a_conversion_a_line(run):
    result = run("decode", "september 27, 1994", "2/10/93", " ＪＵＮ 17,　2013 ")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines() == [
        "september 27, 1994 -> 1994-09-27",
        "2/10/93 -> 1993-02-10",
        "JUN 17, 2013 -> 2013-06-17",
    ]


def test_decode_json_prints_a_whole_trace_a_line(run):
    texts = ["september 27, 1994", "2/10/93"]
    result = run("decode", "--json", *texts)
    assert (result.status, result.err) == (0, "")
    pipeline = load_pretrained(device="cpu")
    lines = result.out.splitlines()
    for line, text in zip(lines, texts, strict=True):
        trace, expected = trace_from_dict(json.loads(line)), pipeline.trace(text)
        for name, value in vars(expected).items():
            np.testing.assert_array_equal(getattr(trace, name), value, err_msg=name)


def test_decode_says_of_an_answer_what_is_wrong_with_it_and_why(run):
    result = run("decode", "2/10/93", "27 september 1994", "hello", "2/30/93", "june 7, 1985", "june 7, 2020")
    assert result.status == 0
    answers = [line.split(" -> ") for line in result.out.splitlines()]
    assert [text for text, _answer in answers][:2] == ["2/10/93", "27 september 1994"]
    said = result.err.splitlines()
    assert [line.split(": ")[1] for line in said] == ["text 2", "text 3", "text 4", "text 6"]
    outside = "outside what the model was trained on: "
    assert said[0] == (
        f"core: text 2: wrong, 1994-09-27 is right; {outside}it is written in none of the seven ways. "
        "Did you mean '9/27/94'?"
    )
    assert "no date that can be read, so the answer means nothing" in said[1]
    assert "not a real day, so no answer is right" in said[2]
    assert f"{outside}its year is not one of 1970 to 2017." in said[3]


def test_decode_offers_a_reading_of_what_it_cannot_read(run):
    assert "Did you mean '9/27/94'?" in one_sentence(run("decode", "1994年9月27日"))
    assert "Did you mean '10/2/93' or '2/10/93'?" in one_sentence(run("decode", "10.02.1993."))
    assert "Did you mean" not in one_sentence(run("decode", "né"))


def test_decode_json_holds_the_verdict(run):
    lines = [json.loads(line) for line in run("decode", "--json", "2/10/93", "27 september 1994").out.splitlines()]
    assert [line["verdict"]["judgement"] for line in lines] == ["right", "wrong"]
    assert [line["verdict"]["expected"] for line in lines] == ["1993-02-10", "1994-09-27"]


@pytest.mark.parametrize("json_too", [[], ["--json"]])
def test_decode_names_what_it_cannot_read_and_answers_the_rest(run, json_too):
    texts = ["2/10/93", "né", "", "   ", "x" * 30, "a" * 10**6, "🎉", "\udcff", "2/11/93"]
    result = run("decode", *json_too, "--", *texts)
    assert result.status == 1
    outputs = [json.loads(line)["output"] if json_too else line.split(" -> ")[1] for line in result.out.splitlines()]
    assert outputs == ["1993-02-10", "1993-02-11"]
    errors = result.err.splitlines()
    assert [error.partition(": The text")[0].partition(": The model")[0] for error in errors] == [
        f"core: text {number}" for number in range(2, 9)
    ]
    assert "'é' (U+00E9 LATIN SMALL LETTER E WITH ACUTE) at position 2" in errors[0]
    assert "is empty" in errors[1] and "is empty" in errors[2]
    assert "has 30 characters; the model reads at most 29" in errors[3] and "1000000 characters" in errors[4]
    assert "U+1F389 PARTY POPPER" in errors[5] and "U+DCFF" in errors[6]


def test_decode_reads_one_date_a_line_from_standard_input():
    content = "JUN 17, 2013\r\n\nx\udcff\n2/10/93".encode("utf-8", "surrogateescape")
    with start("decode") as process:
        out, err = process.communicate(content, timeout=60)
    assert process.returncode == 1
    assert out.decode().splitlines() == ["JUN 17, 2013 -> 2013-06-17", "2/10/93 -> 1993-02-10"]
    assert [line[:13] for line in err.decode().splitlines()] == ["core: text 2:", "core: text 3:"]
    assert "U+DCFF at position 2" in err.decode()


WAYS_TO_SAVE = ["utf-8", "utf-8-sig", "utf-16"]


@pytest.mark.parametrize("encoding", WAYS_TO_SAVE)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_command_reads_a_file_as_people_save_it(run, tmp_path, monkeypatch, encoding, end):
    content = f"JUN 17, 2013{end}2/10/93{end}".encode(encoding)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    result = run("decode")
    assert (result.status, result.out) == (0, "JUN 17, 2013 -> 2013-06-17\n2/10/93 -> 1993-02-10\n")
    file = tmp_path / "dates.txt"
    pairs = f"{'JUN 17, 2013':<29}_2013-06-17{end}{'2/10/93':<29}_1993-02-10{end}"
    file.write_bytes(pairs.encode(encoding))
    assert run("decode-corpus", file, "--output", tmp_path / "out").status == 0
    assert (tmp_path / "out" / "answers.txt").read_text().split() == ["2013-06-17", "1993-02-10"]
    assert run("evaluate", file).out.startswith("n            2\nexact_match  1.00000")


def test_decode_of_no_line_prints_nothing(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert vars(run("decode")) == {"status": 0, "out": "", "err": ""}


def test_decode_answers_a_line_before_the_next_is_typed(monkeypatch):
    """What a person types is answered at once, through a pipe too."""
    written: list[str] = []
    monkeypatch.setattr(sys, "stdout", Recorder(written))

    def lines():
        yield "2/10/93\n"
        assert "".join(written) == "2/10/93 -> 1993-02-10\n"
        yield "2/11/93\n"

    monkeypatch.setattr(decode, "_lines_typed", lines)
    assert main(["decode"]) == 0
    assert "".join(written).count("\n") == 2


class Recorder(io.StringIO):
    """Holds back what was not flushed."""

    def __init__(self, written):
        super().__init__()
        self.written, self.held = written, []

    def write(self, text):
        self.held.append(text)
        return len(text)

    def flush(self):
        self.written += self.held
        self.held.clear()


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Keyboard(io.TextIOWrapper):
    def isatty(self):
        return True


def test_decode_tells_a_person_at_a_terminal_what_to_do(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard(io.BytesIO(b"2/10/93\n")))
    result = run("decode")
    assert (result.out, result.err) == ("2/10/93 -> 1993-02-10\n", "Type one date a line; Ctrl-D ends.\n")


def test_decode_without_a_standard_input(run, monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    assert "there is no standard input" in one_sentence(run("decode"))
    assert run("decode", "2/10/93").status == 0


@pytest.mark.parametrize("name", available_models())
def test_decode_with_every_model(run, name):
    result = run("decode", "--model", name, "2/10/93")
    assert result.status == 0 and result.out.startswith("2/10/93 -> ") and len(result.out) == 22


def test_models_that_are_not_there(run, tmp_path):
    assert "there is no model 'nobody'; the repository has: date-attention" in one_sentence(
        run("decode", "--model", "nobody", "x")
    )
    assert "none.safetensors: there is no such file" in one_sentence(
        run("evaluate", "--model", tmp_path / "none.safetensors", "x")
    )
    (tmp_path / "bad.safetensors").write_bytes(b"12345678{}")
    assert "bad.safetensors: not a readable safetensors file" in one_sentence(
        run("decode", "--model", tmp_path / "bad.safetensors", "x")
    )


@pytest.mark.parametrize("command", [["decode", "2/10/93"], ["evaluate", "f"], ["train", *TINY, "--output", "o"]])
def test_a_gpu_that_is_not_there(run, command, tmp_path, monkeypatch):
    if has_gpu():
        assert run("decode", "2/10/93", "--device", "cuda").out == "2/10/93 -> 1993-02-10\n"
        return
    monkeypatch.chdir(tmp_path)
    assert "device='cuda' needs" in one_sentence(run(*command, "--device", "cuda"))
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------ evaluate


@pytest.fixture
def dates(tmp_path):
    """Ninety dates, thirty of them with wrong answers."""
    pairs = make_pairs(90, seed=1)
    wrong = "1970-01-01"
    answers = [wrong if i % 3 == 0 else pair.answer for i, pair in enumerate(pairs)]
    file = tmp_path / "dates.txt"
    write_corpus(file, Corpus([pair.question for pair in pairs], answers))
    return file


def test_evaluate_counts_what_is_right(run, dates):
    result = run("evaluate", dates)
    assert (result.status, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[:2] == [["n", "90"], ["exact_match", "0.66667"]]
    families = [pair.family for pair in make_pairs(90, seed=1)]
    expected = {}
    for family in FAMILIES:
        mine = [i for i, name in enumerate(families) if name == family.name]
        expected[family.name] = (len(mine), sum(i % 3 != 0 for i in mine))
    assert [line[0] for line in lines[2:]] == [family.name for family in FAMILIES]
    for name, share, correct, _, n in lines[2:]:
        assert (int(n.rstrip(")")), int(correct.lstrip("("))) == expected[name]
        assert share == f"{expected[name][1] / expected[name][0]:.5f}"


def test_evaluate_json(run, dates):
    result = run("evaluate", "--json", dates)
    evaluation = json.loads(result.out)
    assert (result.status, result.err) == (0, "")
    assert (evaluation["n"], evaluation["correct"], evaluation["exact_match"]) == (90, 60, 60 / 90)
    assert list(evaluation["families"]) == [family.name for family in FAMILIES]
    assert sum(row["n"] for row in evaluation["families"].values()) == 90


def test_evaluate_reads_a_corpus_padded_to_another_width(run, dates, tmp_path):
    corpus = read_corpus(dates)
    write_corpus(tmp_path / "wide.txt", Corpus(corpus.questions, corpus.answers, question_length=60))
    assert json.loads(run("evaluate", "--json", tmp_path / "wide.txt").out)["correct"] == 60
    write_corpus(tmp_path / "narrow.txt", Corpus(["2/10/93"], ["1993-02-10"], question_length=7))
    assert json.loads(run("evaluate", "--json", tmp_path / "narrow.txt").out)["correct"] == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"", "is empty"),
        (b"hello\n", "line 1: no '_'"),
        (b"2/10/93_1993-02-10\n2/11/93_1993-02-31\n", "line 2: the answer is '1993-02-31'"),
        ("né     _1993-02-10\n".encode(), "line 1: character 2 is 'é'"),
        (b"\xff2/10/93_1993-02-10\n", "line 1: not UTF-8"),
        (b"september 27, 1994 september 27_1994-09-27\n", "a question of 31 characters; date-attention reads at most"),
    ],
)
def test_a_wrong_corpus_is_refused_with_its_lines(run, tmp_path, content, words):
    file = tmp_path / "corpus.txt"
    if content is not None:
        file.write_bytes(content)
    result = run("evaluate", file)
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"core: {file}: ") and words in result.err


def test_a_folder_is_no_corpus(run, tmp_path):
    assert "Is a directory" in one_sentence(run("evaluate", tmp_path))


# ---------------------------------------------------------------------------------------------------------- data


def test_data_writes_the_dates_of_its_seed(run, tmp_path):
    file = tmp_path / "dates.txt"
    assert vars(run("data", "--output", file, "--n", 120, "--seed", 5)) == {"status": 0, "out": "", "err": ""}
    assert read_corpus(file) == Corpus.from_pairs(make_pairs(120, seed=5))
    lines = file.read_text("utf-8").splitlines()
    assert {(len(line), line[29]) for line in lines} == {(40, "_")}
    run("data", "--output", file, "--n", 3, "--seed", -5)
    assert len(read_corpus(file)) == 3


@pytest.mark.parametrize("place", ["", "no/such/folder/dates.txt"])
def test_data_to_a_place_that_cannot_be_written(run, tmp_path, place):
    assert "cannot be written" in one_sentence(run("data", "--n", 3, "--output", tmp_path / place))


# --------------------------------------------------------------------------------------------------------- train


def test_train_writes_a_model_with_its_card_that_the_other_commands_take(run, tmp_path, dates):
    folder = tmp_path / "mine"
    result = run("train", "--output", folder, *TINY, "--model", "peeky", "--dtype", "float16", "--seed", 4)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert [line.split("  ")[0] for line in lines[:3]] == ["epoch 1", "epoch 2", "epoch 3"]
    assert all("loss" in line and "exact match 0.0" in line for line in lines[:3])
    assert lines[3:] == [f"{folder}: exact match 0.00000"]
    assert {path.name for path in folder.iterdir()} == {
        "README.md",
        "log.json",
        "model.safetensors",
        "state.safetensors",
    }
    assert (folder / "README.md").read_text("utf-8").startswith("# mine\n")
    model = folder / "model.safetensors"
    assert json.loads(run("evaluate", dates, "--json", "--model", model).out)["n"] == 90
    trace = json.loads(run("decode", "--json", "--model", model, "2/10/93").out)
    assert trace["weights"] is None and trace["model"] == "model"


def test_train_of_a_file_of_dates(run, tmp_path):
    write_corpus(tmp_path / "dates.txt", make_pairs(240, seed=3))
    options = [option for option in TINY if option not in ("--n", "240")]
    assert run("train", "--output", tmp_path / "a", *options, "--data", tmp_path / "dates.txt").status == 0
    assert run("train", "--output", tmp_path / "b", *TINY).status == 0
    one, other = (read_safetensors(tmp_path / name / "model.safetensors") for name in "ab")
    assert one[1]["data"] == "the file dates.txt, split by day with seed 3"
    for name, array in one[0].items():
        np.testing.assert_array_equal(array, other[0][name])


def test_paths_may_hold_bytes_that_are_no_text(run, tmp_path, store):
    dates = tmp_path / "dates \udcff.txt"
    write_corpus(dates, make_pairs(240, seed=1))
    folder = tmp_path / "a model \udcff"
    result = run("train", *TINY, "--data", dates, "--output", folder)
    assert result.status == 0
    metadata = read_safetensors(folder / "model.safetensors")[1]
    assert metadata["data"].startswith("the file dates ?.txt, ")
    assert (folder / "README.md").read_text("utf-8").startswith("# a model ?")
    assert run("card", folder).status == 0


def interrupting(monkeypatch, epoch, method="show"):
    """Press Ctrl-C when an epoch reports its iterations, or its end."""
    original = getattr(ProgressBar, method)

    def show(self, report):
        original(self, report)
        if report.epoch == epoch:
            raise KeyboardInterrupt

    monkeypatch.setattr(ProgressBar, method, show)


@pytest.mark.parametrize("method", ["show", "show_epoch"])
def test_train_stopped_by_ctrl_c_keeps_the_best_and_goes_on_to_the_same_parameters(run, tmp_path, monkeypatch, method):
    stopped, whole = tmp_path / "stopped", tmp_path / "whole"
    with monkeypatch.context() as patch:
        interrupting(patch, 2, method)
        result = run("train", "--output", stopped, *TINY)
    assert result.status == 130 and result.out.startswith("epoch 1  loss ")
    assert result.err == (
        f"\ncore: stopped; the best parameters so far are in {stopped}; --resume goes on from the last whole epoch\n"
    )
    assert run("decode", "--model", stopped / "model.safetensors", "2/10/93").status == 0

    message = one_sentence(run("train", "--output", stopped, *TINY))
    assert message == f"core: {stopped} holds a run already; add --resume, or choose another folder\n"
    result = run("train", "--output", stopped, *TINY, "--resume")
    assert (result.status, result.err) == (0, "")
    run("train", "--output", whole, *TINY)
    one, other = (read_safetensors(folder / "model.safetensors") for folder in (stopped, whole))
    assert one[1] == other[1]
    for name, array in one[0].items():
        assert array.tobytes() == other[0][name].tobytes()
    again = run("train", "--output", stopped, *TINY, "--resume")
    assert (again.status, again.out) == (0, f"{stopped}: exact match 0.00000\n")


def test_train_stopped_in_its_first_epoch(run, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        interrupting(patch, 1)
        result = run("train", "--output", tmp_path / "m", *TINY)
    assert result.status == 130 and result.err.endswith("the first epoch was not finished\n")
    assert run("decode", "--model", tmp_path / "m" / "model.safetensors", "2/10/93").status == 0
    assert "holds no run to go on from" in one_sentence(run("train", "--output", tmp_path / "m", *TINY, "--resume"))
    assert run("train", "--output", tmp_path / "m", *TINY).status == 0


def test_train_goes_on_with_the_same_settings_only(run, tmp_path):
    run("train", "--output", tmp_path, *TINY)
    message = one_sentence(run("train", "--output", tmp_path, *TINY, "--seed", 1, "--batch-size", 16, "--resume"))
    assert "belongs to another run, with another recipe, another seed; resume with the same settings" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--n", "1"], "split into 1 for training and 0 for testing"),
        (["--n", "60", "--batch-size", "128"], "do not fill a batch of 128"),
        (["--hidden-size", "5000"], "hidden_size is 5000; expected a whole number from 1 to 4096"),
        (["--data", "no-such-file.txt"], "no-such-file.txt: cannot be read"),
        (["--output", "in-the-way"], "in-the-way/log.json: "),
        (["--output", "/proc/nowhere/m"], "/proc/nowhere/m/log.json: "),
    ],
)
def test_train_refuses_what_it_cannot_do_before_it_starts(run, tmp_path, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in-the-way").write_text("a file")
    message = one_sentence(run("train", "--output", "model", *TINY, *options))
    assert words in message
    assert [path.name for path in tmp_path.iterdir()] == ["in-the-way"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--learning-rate", "nan"], "--learning-rate: got 'nan'; expected a number above 0"),
        (["--learning-rate", "inf"], "expected a number above 0"),
        (["--learning-rate", "0"], "expected a number above 0"),
        (["--learning-rate=-1"], "expected a number above 0"),
        (["--learning-rate", "fast"], "got 'fast'; expected a number above 0"),
        (["--epochs", "0"], "--epochs: got 0; expected a whole number of at least 1"),
        (["--epochs", "1.5"], "--epochs: got '1.5'; expected a whole number"),
        (["--batch-size", "0"], "--batch-size: got 0"),
        (["--hidden-size", "1e3"], "--hidden-size: got '1e3'"),
        (["--wordvec-size", "-3"], "--wordvec-size: got -3"),
        (["--n", "0"], "--n: got 0"),
        (["--n", "1000000000000"], "--n: got 1000000000000; expected a whole number of at most"),
        (["--n", "9" * 5000], "--n: got '9999"),
        (["--seed", "-1"], "--seed: got -1; expected a whole number of at least 0"),
        (["--data-seed", "x"], "--data-seed: got 'x'"),
        (["--name", "x" * 81], "--name: the name has 81 characters; expected at most 80"),
        (["--name", "a\u200db"], "--name: the name has characters that cannot be shown"),
        (["--name", "a\ud800b"], "--name: the name has characters that cannot be shown"),
        (["--model", "transformer"], "invalid choice: 'transformer'"),
        (["--preset", "lucky"], "invalid choice: 'lucky'"),
        (["--dtype", "int8"], "invalid choice: 'int8'"),
        (["--device", "tpu"], "invalid choice: 'tpu'"),
    ],
)
def test_train_with_numbers_that_make_no_sense(run, tmp_path, options, words):
    result = run("train", "--output", tmp_path / "model", *options)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("usage: python -m core train") and words in result.err
    assert not (tmp_path / "model").exists()


def test_train_that_diverges(run, tmp_path, monkeypatch):
    forward = Seq2seq.forward
    monkeypatch.setattr(Seq2seq, "forward", lambda *arguments: forward(*arguments) * np.float32("nan"))
    result = run("train", "--output", tmp_path, *TINY)
    assert "the loss is nan at iteration " in one_sentence(result)
    assert result.err.endswith("Use a smaller learning rate, or clip the gradients (max_grad=5.0)\n")


def test_train_on_a_disk_that_fills_up(run, tmp_path, monkeypatch):
    original = Path.write_bytes

    def write(self, content):
        original(self, content[:100])
        if len(content) > 100:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", write)
    result = run("train", "--output", tmp_path, *TINY)
    assert one_sentence(result) == f"core: {tmp_path / 'model.safetensors'}: No space left on device\n"
    assert [path.name for path in tmp_path.iterdir()] == ["log.json"]


# ---------------------------------------------------------------------------------------------- the list of runs


@pytest.fixture
def store(tmp_path, monkeypatch):
    """An empty list of runs, and the one that every command of the test uses."""
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "runs"))
    return RunStore()


@pytest.mark.parametrize(("command", "threads"), [("train", "1"), ("work", "1"), ("decode", None)])
def test_what_trains_computes_with_one_thread_unless_it_is_told_otherwise(command, threads, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    build_parser([command])
    assert os.environ.get("OPENBLAS_NUM_THREADS") == threads
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    build_parser([command])
    assert os.environ["OPENBLAS_NUM_THREADS"] == "2"


def test_the_number_of_threads_is_chosen_before_numpy_loads():
    code = "import sys, core.__main__; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_train_gets_into_the_list_of_runs(run, tmp_path, store):
    options = [
        "--score",
        "general",
        "--bidirectional",
        "--not-reversed",
        "--optimizer",
        "momentum",
        "--max-grad",
        "none",
    ]
    options += ["--families", "numeric", "month", "--mistake", "context-not-fed", "--name", "my run"]
    assert run("train", "--output", tmp_path / "mine", *TINY, *options).status == 0
    mine = store.get(1)
    assert (mine.name, mine.status, mine.folder, mine.options.mistake) == (
        "my run",
        "finished",
        tmp_path / "mine",
        "context-not-fed",
    )
    recipe = mine.options.recipe
    assert (recipe.score, recipe.bidirectional, recipe.reversed_input) == ("general", True, False)
    assert (recipe.optimizer, recipe.max_grad) == ("momentum", None)
    assert mine.options.data == GeneratedData(240, 3, ("month", "numeric"))
    log = json.loads((tmp_path / "mine" / "log.json").read_text("utf-8"))
    assert [result.loss for result in store.epochs(1)] == [row["loss"] for row in log]
    assert len(store.intervals(1)) == 3 and len(store.snapshot(1).samples) == 10


def test_train_without_a_folder_uses_that_of_its_run(run, store):
    result = run("train", *TINY)
    folder = store.get(1).folder
    assert (result.status, result.err) == (0, "") and folder == store.folder / "1"
    assert result.out.endswith(f"{folder}: exact match 0.00000\n") and (folder / "README.md").is_file()
    assert "--resume goes on in a folder; name it with --output" in one_sentence(run("train", *TINY, "--resume"))


def test_a_preset_draws_as_many_dates_as_it_is_meant_for():
    parsed = build_parser(["train"]).parse_args(["train", "--preset", "quick"])
    assert training_options(parsed, seed=0) == TrainingOptions.preset("quick")
    parsed = build_parser(["train"]).parse_args(["train", "--preset", "quick", "--n", "300"])
    assert training_options(parsed, seed=0).data == GeneratedData(300)


def test_what_becomes_of_a_training_is_in_the_list(run, tmp_path, store, monkeypatch):
    with monkeypatch.context() as patch:
        interrupting(patch, 2)
        run("train", "--output", tmp_path / "m", *TINY)
    assert store.get(1).status == "stopped" and len(store.epochs(1)) == 1
    assert run("train", "--output", tmp_path / "m", *TINY, "--resume").status == 0
    assert [(r.number, r.status) for r in store.list()] == [(1, "finished")] and len(store.epochs(1)) == 3
    forward = Seq2seq.forward
    monkeypatch.setattr(Seq2seq, "forward", lambda *arguments: forward(*arguments) * np.float32("nan"))
    run("train", *TINY)
    assert (store.get(2).status, store.get(2).problem) == ("failed", "diverged")


@pytest.mark.parametrize(
    ("request_", "words", "status"),
    [
        ("pause", "paused by the list of runs; --resume goes on from here, with --output ", "paused"),
        ("stop", "stopped; the best parameters so far are in ", "stopped"),
    ],
)
def test_the_page_can_pause_and_stop_what_was_typed(run, tmp_path, store, monkeypatch, request_, words, status):
    original = ProgressBar.show

    def show(self, report):
        original(self, report)
        store.ask(1, request_)

    monkeypatch.setattr("core.runs.recording._SECONDS_BETWEEN_LOOKS", 0.0)
    with monkeypatch.context() as patch:
        patch.setattr(ProgressBar, "show", show)
        result = run("train", "--output", tmp_path / "m", *TINY)
    assert result.status == 130 and f"core: {words}" in result.err and str(tmp_path / "m") in result.err
    assert store.get(1).status == status
    assert run("train", "--output", tmp_path / "m", *TINY, "--resume").status == 0
    run("train", "--output", tmp_path / "whole", *TINY)
    one, other = (read_safetensors(tmp_path / name / "model.safetensors") for name in ("m", "whole"))
    for name, array in one[0].items():
        assert array.tobytes() == other[0][name].tobytes()


def test_a_list_that_cannot_be_used_keeps_nobody_from_training(run, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "file"))
    assert run("train", "--output", tmp_path / "m", *TINY).status == 0
    assert "the run is not in the list of runs" in caplog.text
    for command in (["train", *TINY], ["train", "--output", tmp_path / "n", "--store", tmp_path / "file", *TINY]):
        assert "set ATTENTION_RUNS to another folder" in one_sentence(run(*command))
    assert not (tmp_path / "n").exists()


def test_a_training_too_large_for_the_memory_is_refused(run, tmp_path, store, monkeypatch):
    monkeypatch.setenv("ATTENTION_TRAINING_MEMORY", "64")
    message = one_sentence(run("train", "--output", tmp_path / "m", *TINY, "--hidden-size", "2000"))
    assert (
        "this training needs about " in message and "use a smaller hidden size, smaller batches or less data" in message
    )
    assert store.list() == [] and not (tmp_path / "m").exists()


def test_runs_lists_the_newest_first(run, store):
    assert vars(run("runs")) == {"status": 0, "out": "", "err": ""}
    run("train", *TINY, "--name", "mine")
    store.add(store.get(1).options)
    assert run("runs").out.splitlines() == [
        "   2  queued         0 %",
        "   1  finished     100 %  exact match 0.00000  mine",
    ]


def test_runs_asks_something_of_a_run(run, store):
    run("train", *TINY)
    store.add(store.get(1).options)
    run("runs", "--pause", 2)
    assert store.get(2).status == "paused"
    run("runs", "--stop", 2)
    assert store.get(2).status == "stopped"
    run("runs", "--delete", 1)
    assert [r.number for r in store.list()] == [2] and not (store.folder / "1").exists()
    assert f"there is no run 1 in {store.folder}" in one_sentence(run("runs", "--delete", 1))
    assert "not allowed with" in run("runs", "--delete", 1, "--stop", 1).err


@pytest.mark.parametrize("option", ["--pause", "--resume", "--stop", "--delete"])
def test_a_run_of_a_number_that_no_run_can_have(run, store, option):
    result = run("runs", option, 2**63)
    assert result.status == 2 and f"{option}: got {2**63}; expected a whole number of at most" in result.err
    assert "there is no run" in one_sentence(run("runs", option, 2**63 - 1))


def test_runs_that_cannot_be_read_are_listed_and_deleted(run, store):
    run("train", *TINY, "--name", "mine")
    store.add(store.get(1).options)
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET options = '{' WHERE number = 2")
    result = run("runs")
    assert result.out.splitlines() == ["   2  unreadable", "   1  finished     100 %  exact match 0.00000  mine"]
    assert result.err.startswith("core: the settings of run 2 cannot be read") and result.status == 0
    run("runs", "--delete", 2)
    assert run("runs").err == ""


def test_runs_saves_all_of_them_and_shows_who_did_what(run, store, tmp_path):
    run("train", *TINY, "--name", "mine")
    store.add(store.get(1).options, "theirs", owner="0123456789ab")
    store.delete(2, by="0123456789ab")
    run("runs", "--stop", 1)
    result = run("runs", "--backup", tmp_path / "all.tar")
    assert (result.out, result.err) == (f"{tmp_path / 'all.tar'}: 1 run saved\n", "")
    assert "nowhere" in one_sentence(run("runs", "--backup", tmp_path / "nowhere" / "all.tar"))
    lines = run("runs", "--log").out.splitlines()
    assert [line.split("  ", 1)[1] for line in lines] == [
        "0123456789ab  deleted      2  theirs",
        "0123456789ab  queued       2  theirs",
    ]


def test_work_trains_what_waits(run, store, monkeypatch):
    monkeypatch.setattr(os, "nice", lambda increment: 0)
    run("train", *TINY)
    store.add(store.get(1).options)
    assert vars(run("work")) == {"status": 0, "out": "", "err": ""}
    assert store.get(2).status == "finished"


# ------------------------------------------------------------------------------------------------------- progress


def report(epoch, iteration, seconds, loss=1.5):
    return TrainingReport(epoch, iteration, 40, loss, 1.0, 0.002, seconds)


def test_the_bar_moves_on_a_terminal_and_leaves_nothing_behind(capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressBar(3) as progress:
        progress.show(report(1, 20, 10.0))
        progress.show_epoch(EpochResult(1, 1.25, 0.5, 20.0))
        progress.show(report(2, 40, 80.0, loss=0.5))
    shown = [part for part in terminal.getvalue().split("\r") if part.strip()]
    assert set(shown) == {
        "epoch 1 of 3 [############------------] loss 1.5000, 0:50 left",
        "epoch 2 of 3 [########################] loss 0.5000, 0:40 left",
    }
    assert shown_at_last(terminal.getvalue()).strip() == ""
    assert capsys.readouterr().out == "epoch 1  loss 1.2500  exact match 0.50000\n"


def shown_at_last(written):
    """What a terminal shows of a line that was written over."""
    line = ""
    for part in written.split("\r"):
        line = part + line[len(part) :]
    return line


def test_the_time_left_is_that_of_what_is_left_after_a_resume(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    progress = ProgressBar(4)
    progress.show(report(3, 40, 60.0))
    assert terminal.getvalue().endswith("epoch 3 of 4 [########################] loss 1.5000, 1:00 left")


def test_nothing_moves_in_a_file(capsys):
    with ProgressBar(3) as progress:
        progress.show(report(1, 20, 10.0))
        progress.show_epoch(EpochResult(1, 1.25, 0.5, 20.0))
    assert tuple(capsys.readouterr()) == ("epoch 1  loss 1.2500  exact match 0.50000\n", "")


# --------------------------------------------------------------------------------------------------- spread, card


def test_spread_trains_from_every_seed_but_the_models_own(run, tmp_path, monkeypatch):
    folder = tmp_path / "mine"
    run("train", "--output", folder, *TINY)
    with monkeypatch.context() as patch:
        interrupting(patch, 2)
        assert run("spread", folder, *TINY, "--seeds", 1, 0, 2).status == 130
    result = run("spread", folder, *TINY, "--seeds", 1, 0, 2, "--epochs", 3)
    assert (result.status, result.err) == (0, "")
    lines = [line.split("  ")[0] for line in result.out.splitlines()]
    assert lines == ["seed 1", "epoch 2", "epoch 3", "seed 2", "epoch 1", "epoch 2", "epoch 3"]
    spread = json.loads((folder / "seeds.json").read_text("utf-8"))
    assert [row["seed"] for row in spread["seeds"]] == [1, 0, 2]
    assert [len(row["exact_match"]) for row in spread["seeds"]] == [3, 3, 3]
    assert "## Spread over seeds\n\nThe same recipe, from 3 seeds" in (folder / "README.md").read_text("utf-8")
    log = json.loads((folder / "log.json").read_text("utf-8"))
    assert spread["seeds"][1]["exact_match"] == [row["exact_match"] for row in log]


def test_spread_and_card_need_a_model_with_a_history(run, tmp_path):
    for command in (["spread", tmp_path, *TINY], ["card", tmp_path]):
        assert "model.safetensors: there is no such file" in one_sentence(run(*command))
    spec = make_spec()
    save_parameters(tmp_path / "model.safetensors", make_model(spec), spec.to_metadata())
    for command in (["spread", tmp_path, *TINY], ["card", tmp_path]):
        assert "does not say its recipe, seed" in one_sentence(run(*command))


def test_card_writes_the_card_anew(run, tmp_path):
    run("train", "--output", tmp_path / "mine", *TINY)
    card = tmp_path / "mine" / "README.md"
    content = card.read_bytes()
    card.write_text("something else")
    assert vars(run("card", tmp_path / "mine")) == {"status": 0, "out": "", "err": ""}
    assert card.read_bytes() == content


# ---------------------------------------------------------------------------------------------------------- film


def test_film_keeps_frames_and_writes_a_card(run, tmp_path, monkeypatch):
    folder = tmp_path / "film"
    film = ["film", "--output", folder, *TINY, "--moments", 0, 7]
    with monkeypatch.context() as patch:
        interrupting(patch, 2)
        assert run(*film).status == 130
    result = run(*film)
    assert (result.status, result.err) == (0, "")
    lines = [line.split("  ")[0] for line in result.out.splitlines()]
    assert lines == ["epoch 2", "epoch 3", "iteration 0", "iteration 12", "iteration 18"]
    assert [frame.iteration for frame in read_film(folder).frames] == [0, 12, 18]
    card = folder / "README.md"
    content = card.read_text("utf-8")
    assert "--epochs 3 --n 240 --data-seed 3 --seed 0 --output my-film" in content
    card.unlink()
    assert vars(run("card", folder)) == {"status": 0, "out": "", "err": ""}
    assert card.read_text("utf-8") == content
    assert "holds a film already" in one_sentence(run(*film))


def test_a_film_that_cannot_be_made_is_one_sentence(run, tmp_path):
    film = ["film", "--output", tmp_path / "film", *TINY]
    assert "has no attention" in one_sentence(run(*film, "--model", "peeky"))
    assert "do not fill a batch of 9000" in one_sentence(run(*film, "--batch-size", 9000))
    assert "cannot be read" in one_sentence(run(*film, "--data", tmp_path / "none.txt"))
    (tmp_path / "film.json").write_text("[]")
    assert "not a film" in one_sentence(run("card", tmp_path))
    result = run(*film, "--moments", -1)
    assert result.status == 2 and "expected a whole number of at least 0" in result.err


# ------------------------------------------------------------------------------------------------------- convert


@pytest.fixture
def book(tmp_path):
    """A folder with a corpus and a pickle of float16 arrays, as the book leaves them."""
    write_corpus(tmp_path / "date.txt", make_pairs(300, seed=2))
    spec = make_spec(vocabulary=read_corpus(tmp_path / "date.txt").vocabulary_in_order_seen())
    model = make_model(spec, scale=0.4)
    model.decoder.affine.params[1][spec.start_id] = -100  # no answer has the character that begins answers
    (tmp_path / "book.pkl").write_bytes(pickle.dumps([param.astype(np.float16) for param in model.params]))
    return tmp_path


def add_what_it_answers(folder, reversed_input, count=100):
    """Lines of the corpus that the model answers right, when it reads in this order."""
    corpus = read_corpus(folder / "date.txt")
    spec = make_spec(vocabulary=corpus.vocabulary_in_order_seen())
    model = spec.build()
    model.load_params(folder / "book.pkl")
    x, _ = corpus.take(range(count)).arrays(spec.vocabulary)
    ids = greedy_decode(model, x[:, ::-1] if reversed_input else x, spec.start_id, 10)
    answers = spec.vocabulary.decode_all(ids)
    questions = [*corpus.questions, *corpus.questions[:count]]
    write_corpus(folder / "date.txt", Corpus(questions, [*corpus.answers, *answers]))


def convert(folder, *options):
    sizes = ["--wordvec-size", "3", "--hidden-size", "6", "--vocabulary", folder / "date.txt"]
    return ["convert", folder / "book.pkl", "--output", folder / "book.safetensors", *sizes, *options]


@pytest.mark.parametrize("protocol", range(2, 6))
@pytest.mark.parametrize("not_reversed", [False, True])
@pytest.mark.parametrize("said", [False, True])
def test_convert_turns_a_pickle_of_the_book_into_a_model(run, book, protocol, not_reversed, said):
    add_what_it_answers(book, not not_reversed)
    arrays = pickle.loads((book / "book.pkl").read_bytes())
    with open(book / "book.pkl", "wb") as file:
        pickle.dump(arrays, file, protocol=protocol)
    result = run(*convert(book, *["--not-reversed"] * (not_reversed and said)))
    assert (result.status, result.err) == (0, "")
    last, first, stored = result.out.splitlines()
    assert last.startswith("last character first   ") and last.endswith(" % right of 400")
    assert (first if not_reversed else last).split()[3] == "25.00" != (last if not_reversed else first).split()[3]
    assert stored.endswith(f"book.safetensors: reads the {'first' if not_reversed else 'last'} character first")

    pipeline = load_pretrained(str(book / "book.safetensors"), device="cpu")
    for array, stored in zip(arrays, named_parameters(pipeline.model).values(), strict=True):
        np.testing.assert_array_equal(stored, array.astype(np.float32))
    assert pipeline.spec.reversed_input is not not_reversed
    assert (pipeline.source_length, pipeline.target_length) == (29, 10)
    assert pipeline.metadata["data"] == "converted from book.pkl"
    # The book numbers characters in the order in which it meets them, line by line, question before answer.
    seen = "".join(dict.fromkeys("".join((book / "date.txt").read_text("utf-8").splitlines())))
    assert "".join(pipeline.vocabulary.characters) == seen
    question = read_corpus(book / "date.txt", dates=False).questions[0]
    ids = np.array([[seen.index(character) for character in question.ljust(29)]])
    written = pipeline.model.generate(ids if not_reversed else ids[:, ::-1], seen.index("_"), 10)
    result = run("decode", "--model", book / "book.safetensors", question)
    assert result.out == f"{question} -> {''.join(seen[i] for i in written)}\n"


def test_convert_warns_where_the_answers_are_nonsense(run, book):
    result = run(*convert(book))
    assert result.status == 1 and (book / "book.safetensors").is_file()
    assert "last character first     0.00 % right of 300\nfirst character first    0.00 % right" in result.out
    assert result.err.startswith("core: warning: the model answers hardly anything right in either order; was it ")
    assert "date.txt" in result.err and result.err.count("\n") == 1
    add_what_it_answers(book, reversed_input=True)
    result = run(*convert(book, "--not-reversed"))
    assert result.status == 1
    expected = "warning: more is right when the model reads the last character first; leave out --not-reversed"
    assert result.err == f"core: {expected}\n"


class Hostile:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_convert_refuses_a_hostile_pickle_without_running_it(run, book, protocol):
    marker = book / "was-run"
    arrays = pickle.loads((book / "book.pkl").read_bytes())
    (book / "book.pkl").write_bytes(pickle.dumps([*arrays, Hostile(marker)], protocol=protocol))
    message = one_sentence(run(*convert(book)))
    assert "neither a safetensors file nor a parameter file of the book: it names '" in message
    assert not marker.exists() and not (book / "book.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--hidden-size", "7"], "encoder.lstm.Wh has shape (6, 24), expected (7, 28)"),
        (["--model", "seq2seq"], "does not fit Seq2seq: decoder.affine.W has shape (12, "),
        (["--hidden-size", "4097"], "hidden_size is 4097; expected a whole number from 1 to 4096"),
        (["--vocabulary", "none.txt"], "none.txt: cannot be read"),
    ],
)
def test_convert_names_what_does_not_fit(run, book, options, words):
    assert words in one_sentence(run(*convert(book, *options)))
    assert not (book / "book.safetensors").exists()


def test_convert_of_what_is_not_there_or_cannot_be_written(run, book, tmp_path):
    (tmp_path / "file").write_text("in the way")
    result = run(*convert(book, "--output", tmp_path / "file" / "x.safetensors"))
    assert one_sentence(result).startswith(f"core: {tmp_path / 'file' / 'x.safetensors'}: ")
    (book / "book.pkl").unlink()
    assert "book.pkl: there is no such file" in one_sentence(run(*convert(book)))


def test_convert_needs_a_name_by_which_the_file_can_be_loaded(run, book):
    result = run(*convert(book, "--output", book / "book.st"))
    assert result.status == 2 and "expected a name ending in .safetensors" in result.err


def test_a_converted_model_has_no_card(run, book):
    run(*convert(book, "--output", book / "model.safetensors"))
    assert "does not say its recipe, seed, epochs, train_pairs" in one_sentence(run("card", book))


# ------------------------------------------------------------------------------------------- whatever is asked


def test_help_lists_the_commands(run):
    result = run("--help")
    assert result.status == 0 and result.err == ""
    for name, command in COMMANDS.items():
        assert f"\n    {name} " in result.out or f"\n    {name}\n" in result.out
        assert command.help.split()[0] in result.out


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_help_of_a_command(run, command):
    result = run(command, "--help")
    assert result.status == 0 and result.err == ""
    assert result.out.startswith(f"usage: python -m core {command} ")
    assert "%(" not in result.out and "None" not in result.out


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["decode", "--loudly"], ["train", "--output", "x", "--fast"], ["evaluate"], ["evaluate", "a", "b"]],
)
def test_wrong_usage_is_status_2_with_the_usage(run, arguments):
    result = run(*arguments)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith("usage: python -m core") and "error: " in result.err


def test_too_little_memory_is_one_sentence(run, monkeypatch):
    def exhaust(*_):
        raise MemoryError

    monkeypatch.setattr(data, "make_pairs", exhaust)
    assert "more memory than there is" in one_sentence(run("data", "--output", "x"))


def test_output_that_nobody_reads_any_more_ends_quietly():
    with start("decode", *["2/10/93"] * 200) as process:
        assert process.stdout.readline() == b"2/10/93 -> 1993-02-10\n"
        process.stdout.close()
        error = process.stderr.read()
        assert (process.wait(60), error) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full (Linux)")
@pytest.mark.parametrize("command", ["decode", "evaluate"])
def test_output_to_a_full_disk_is_one_sentence(command, dates):
    """`decode` writes as it goes, `evaluate` at its end."""
    arguments = {"decode": "2/10/93", "evaluate": str(dates)}
    with open("/dev/full", "wb") as full, start(command, arguments[command], stdout=full) as process:
        error = process.stderr.read()
        assert (process.wait(60), error) == (1, b"core: No space left on device\n")


def test_ctrl_c_while_waiting_for_a_date():
    with start("decode") as process:
        process.stdin.write(b"2/10/93\n")
        process.stdin.flush()
        assert select.select([process.stdout], [], [], 60)[0], "the first date was not answered"
        assert process.stdout.readline() == b"2/10/93 -> 1993-02-10\n"
        process.send_signal(signal.SIGINT)
        error = process.stderr.read()
        assert (process.wait(60), error) == (130, b"\ncore: stopped\n")


def test_characters_that_a_terminal_does_not_have_are_escaped(tmp_path):
    (tmp_path / "greek.txt").write_text("αβγ _δεζ\n", encoding="utf-8")
    spec = make_spec(vocabulary=read_corpus(tmp_path / "greek.txt", None, dates=False).vocabulary_in_order_seen())
    save_parameters(tmp_path / "greek.safetensors", make_model(spec), spec.to_metadata())
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    with start("decode", "--model", str(tmp_path / "greek.safetensors"), "αβγ", env=environment) as process:
        out, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (0, b"")
    assert out.startswith(b"\\u03b1\\u03b2\\u03b3 -> ")


def test_streams_are_left_as_they_are_where_they_are_not_files(monkeypatch):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["decode", "2/10/93"]) == 0
    assert out.getvalue() == "2/10/93 -> 1993-02-10\n"


# ---- the device -----------------------------------------------------------------------------------------------------


def test_a_person_is_told_where_it_computes(monkeypatch, capsys):
    arguments = ["decode", "9/27/94", "--device", "cpu"]
    assert main(arguments) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(arguments) == 0
    assert capsys.readouterr().err == f"core: computing on {CPU.describe()}\n"


def test_of_a_gpu_every_log_is_told(capsys):
    gpu = FakeCupyBackend()
    gpu.xp.cuda = SimpleNamespace(
        runtime=SimpleNamespace(getDevice=lambda: 1, getDeviceProperties=lambda k: {"name": f"GPU {k}".encode()})
    )
    say_device(gpu)
    assert capsys.readouterr().err == f"core: computing on GPU 1 (CuPy {np.__version__})\n"
