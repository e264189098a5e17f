"""What is measured is what is named: all dates, every kind of change, every module, real batches."""

from __future__ import annotations

import gc
import json
import pkgutil
import re

import numpy as np
import pytest

import core
from benchmarks import __main__ as command
from benchmarks import decoding, layer_by_layer, memory, parts, pieces, responsiveness, startup, training
from benchmarks.pieces import Plan
from benchmarks.results import Report
from benchmarks.sizes import Sizes, dates, first_parameters, random_ids
from core.decoding.interventions import AttentionChange, ForceCharacter, ReplaceCharacter
from core.decoding.pretrained import load_pretrained
from core.models.attention_seq2seq import AttentionEncoder
from core.models.seq2seq import Seq2seq

SMALL = Sizes(N=4, H=8)


# ---- training -------------------------------------------------------------------------------------------------------


def test_batches_follow_one_another_and_start_again():
    x, t = np.arange(10), 100 + np.arange(10)
    batches = training.Batches(x, t, size=2)
    taken = [batches.take(count) for count in (1, 2, 1, 2)]
    assert [list(x) for x, _ in taken] == [[0, 1], [2, 3, 4, 5], [6, 7], [0, 1, 2, 3]]
    assert all((t == x + 100).all() for x, t in taken)


@pytest.mark.parametrize(
    ("maker", "model"),
    [
        (training.core_training, Seq2seq),
        (training.layer_by_layer_training, layer_by_layer.AttentionSeq2seq),
    ],
)
def test_every_batch_is_trained_on_once(maker, model, monkeypatch):
    seen = []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda self, xs, ts: (seen.append((xs, ts)), forward(self, xs, ts))[1])
    x, t = dates(3 * SMALL.N, seed=0)
    maker(SMALL)(x, t)
    assert [len(xs) for xs, _ in seen] == [SMALL.N] * 3
    rows = sorted(map(tuple, np.concatenate([np.hstack((xs, ts)) for xs, ts in seen])))
    assert rows == sorted(map(tuple, np.hstack((x, t))))


def test_dates_are_read_last_character_first():
    x, t = dates(3, seed=5)
    pipeline = load_pretrained(device="cpu")
    texts = ["".join(pipeline.vocabulary.decode(row))[::-1].rstrip() for row in x]
    assert all(pipeline.read(text).text == text for text in texts)
    assert [pipeline.vocabulary.decode(row)[0] for row in t] == ["_"] * 3


def test_random_sequences_do_not_begin_alike():
    x, _ = random_ids(200, Sizes(T_enc=40), seed=0)
    assert x.shape == (200, 40)
    assert len({tuple(row[:4]) for row in x}) == 200
    assert (x.min(), x.max()) == (0, 58)


def test_parameters_are_those_of_the_model():
    numbers = sum(p.size for p in first_parameters(Sizes()))
    assert numbers == 591_259
    assert {p.dtype for p in first_parameters(Sizes())} == {np.dtype(np.float32)}


def test_the_parts_compute_the_same(monkeypatch):
    """The encoder's gradients and the updated parameters of all contenders agree; every part can be done."""
    made = parts.parts(SMALL)
    assert [set(steps) - {"nothing shared"} for steps in made.values()] == [{"core", "layer by layer"}] * 5
    models = {}
    for name, model in (("core", AttentionEncoder), ("layer by layer", layer_by_layer.TimeEmbedding)):
        backward = model.backward
        monkeypatch.setattr(
            model, "backward", lambda self, d, n=name, f=backward: (f(self, d), models.update({n: self}))
        )
    gradients = {}
    for contender, step in made["encoder"].items():
        step()
        gradients[contender] = models[contender if contender in models else "core"].grads[0].copy()
    for contender in ("nothing shared", "layer by layer"):
        np.testing.assert_allclose(gradients["core"], gradients[contender], rtol=1e-4, atol=1e-5, err_msg=contender)
    for steps in made.values():
        for step in steps.values():
            step()


# ---- decoding -------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_is_measured():
    measured = {type(change) for changes in decoding.CHANGES.values() for change in changes}
    assert measured == {ForceCharacter, ReplaceCharacter, *AttentionChange.__subclasses__()}
    pipeline = load_pretrained(device="cpu")
    plain = pipeline.trace(decoding.TEXT)
    for name, changes in decoding.CHANGES.items():
        trace = pipeline.trace(decoding.TEXT, changes)
        assert trace.interventions == changes
        assert trace.weights is not None and plain.weights is not None
        assert trace.weights.tobytes() != plain.weights.tobytes(), name


# ---- memory ---------------------------------------------------------------------------------------------------------


def test_memory_asked_for_holds_parameters_gradients_and_moments():
    sizes = Sizes(N=2, H=128)
    parameters = sum(p.nbytes for p in first_parameters(sizes)) / 1e6
    asked_for = memory.measure_asked_for("core", list(sizes))
    assert 4 * parameters < asked_for < 20 * parameters


def test_resident_memory_grows_by_what_is_filled():
    gc.collect()
    before = memory._resident()
    filled = np.ones(200_000_000, np.uint8)
    assert 180e6 < memory._resident() - before < 240e6
    assert memory._most_resident() >= before + filled.nbytes * 0.9


# ---- start-up -------------------------------------------------------------------------------------------------------

IMPORT_REPORT = """\
import time: self [us] | cumulative | imported package
import time:       100 |        100 |   _io
import time:      2000 |       2000 |     numpy._core
import time:      3000 |       5000 |   numpy
import time:        50 |       5050 | core.backend.numpy_backend
something else that was printed
import time:       700 |       7000 | babel.core
"""


def test_import_time_is_added_up_by_package():
    assert startup.shares_by_package(IMPORT_REPORT, top=2) == {"numpy": 0.005, "babel": 0.0007, "others": 0.00015}
    assert startup.shares_by_package(IMPORT_REPORT, top=9) == {
        "numpy": 0.005,
        "babel": 0.0007,
        "Python's own modules": 0.0001,
        "core": 0.00005,
        "others": 0.0,
    }


def test_every_module_of_core_is_imported():
    there = [module for module in pkgutil.walk_packages(core.__path__, "core.") if not module.ispkg]
    assert set(startup.CORE_MODULES) == {module.name for module in there} - {"core.__main__"}


# ---- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """The whole command at a size that takes no time."""
    monkeypatch.setattr(pieces, "DATE_MODEL", SMALL)
    growth = (("N", (1, 2)), ("H", (4, 8)))
    quick = Plan(1, 1, 1, dates=4, slow_dates=2, traced=2, streamed=3, growth_rounds=1, growth=growth, starts=1)
    monkeypatch.setattr(pieces, "QUICK", quick)


def test_a_quick_run_measures_prints_and_writes(small, tmp_path, capsys):
    file = tmp_path / "results" / "run.json"
    assert command.main(["--quick", "--pieces", "training", "--output", str(file)]) == 0
    printed = capsys.readouterr().out
    report = Report.from_dict(json.loads(file.read_text()))
    assert [(r.piece, r.threads) for r in report.results] == [
        ("training iteration, dates", 1),
        ("training iteration, no equal beginnings", 1),
    ]
    assert {"core", "layer by layer", "products"} <= set(report.results[0].samples)
    assert not file.with_suffix(".svg").exists()

    assert command.main(["--read", str(file)]) == 0
    assert capsys.readouterr().out == printed
    assert command.main(["--read", str(file), "--markdown"]) == 0
    assert "| training iteration, dates | 1 |" in capsys.readouterr().out


def test_the_books_script_is_measured_beside_the_books_way(small):
    report = pieces.measure(["book"], [1], quick=True)
    assert [r.piece for r in report.results] == [
        "training iteration of the book's script",
        "an answer of the book's script",
    ]
    assert all(set(r.samples) == {"core", "layer by layer"} for r in report.results)


def test_growth_is_written_with_its_picture(small, tmp_path, monkeypatch):
    # That processes are started and measured is tested above.
    monkeypatch.setattr(pieces, "compare", lambda tasks, rounds, threads: {name: [0.1] for name in tasks})
    file = tmp_path / "run.json"
    assert command.main(["--quick", "--pieces", "growth", "--threads", "1", "--output", str(file)]) == 0
    report = Report.from_dict(json.loads(file.read_text()))
    assert [r.sizes for r in report.results] == [("N", 1), ("N", 2), None, ("H", 4), ("H", 8), None]
    assert file.with_suffix(".svg").read_text().startswith("<svg")


def test_memory_is_that_of_every_contender(small, monkeypatch, capsys):
    def measure_apart(task, threads):
        number = {"core": 1.0, "layer by layer": 2.0, "PyTorch": 3.0}[task.settings["contender"]]
        assert task.settings["sizes"] == list(SMALL)
        return {"growth": number, "process": 10 * number} if task.maker == "benchmarks.memory:measure" else 5 * number

    monkeypatch.setattr(pieces, "measure_apart", measure_apart)
    report = pieces.measure(["memory"], [1], quick=True)
    of_core = [(r.piece, r.unit, r.samples["core"], r.samples["layer by layer"]) for r in report.results]
    assert of_core == [
        ("memory of a training iteration", "MB", [1.0], [2.0]),
        ("memory of the training process", "MB", [10.0], [20.0]),
        ("memory asked for (tracemalloc)", "MB", [5.0], [10.0]),
    ]


def test_a_visitor_is_measured_idle_and_beside_a_training(monkeypatch, capsys):
    def click_seconds(rounds, clicks):
        assert (rounds, clicks) == (5, 20)
        return {"idle": [0.01, 0.03], "beside a training": [0.02, 0.03]}, {"idle": [0.1], "beside a training": [0.3]}

    monkeypatch.setattr(responsiveness, "click_seconds", click_seconds)
    assert command.main(["--pieces", "responsiveness"]) == 0
    verdicts, times = capsys.readouterr().out.split("A visitor beside a training")
    words = [line.split("  ")[-1] for line in verdicts.splitlines() if "click to picture / idle" in line]
    assert words == ["reached", "missed by 50%"]
    assert re.search(r"a step, click to picture +20.0 ms +25.0 ms", times)
    assert re.search(r"another date, click to picture +100 ms +300 ms", times)


def test_without_a_browser_a_visitor_cannot_be_measured(monkeypatch, capsys):
    monkeypatch.setattr("tests.e2e.browser.find_chromium", lambda: None)
    assert command.main(["--quick", "--pieces", "responsiveness"]) == 1
    assert "responsiveness needs a browser: no Chromium found" in capsys.readouterr().err


def test_the_command_line_says_what_there_is(capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["--help"])
    assert stopped.value.code == 0
    assert "python -m benchmarks" in capsys.readouterr().out
