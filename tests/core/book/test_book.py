"""The modules under the book's names: first parameters, gradients, updates, files, data, errors."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from core import book
from core.__main__ import main
from core.book import config, session
from core.book.ch07.peeky_seq2seq import PeekySeq2seq
from core.book.ch07.seq2seq import Decoder, Encoder, Seq2seq
from core.book.ch08.attention_layer import TimeAttention
from core.book.ch08.attention_seq2seq import AttentionEncoder, AttentionSeq2seq
from core.book.common import functions, layers, optimizer, time_layers, util
from core.book.common.base_model import BaseModel, NoParametersError
from core.book.common.trainer import Trainer, remove_duplicate
from core.book.dataset import sequence
from core.book.installing import MODULES
from core.data.corpus import CorpusError
from core.models.book_pickle import read_book_pickle
from core.models.parameters import CheckpointError
from core.training.trainer import Trainer as CoreTrainer
from tests.core.book import literal
from tests.devices import GPUS

ROOT = Path(__file__).resolve().parents[3]

PAIRS: dict[str, tuple[Any, Any]] = {
    "seq2seq": (Seq2seq, literal.Seq2seq),
    "peeky": (PeekySeq2seq, literal.PeekySeq2seq),
    "attention": (AttentionSeq2seq, literal.AttentionSeq2seq),
}
V, D, H = 11, 5, 6

OURS: Any = SimpleNamespace(Trainer=Trainer, eval_seq2seq=util.eval_seq2seq, Adam=optimizer.Adam, SGD=optimizer.SGD)
"""Ours under the names that `literal` has."""


def without_seconds(out):
    return re.sub(r"time \d+\[s\]", "time 0[s]", out)


def two_models(kind, seed=4):
    """This project's and the literal one, both after `np.random.seed`."""
    models = []
    for model_class in PAIRS[kind]:
        np.random.seed(seed)
        models.append(model_class(V, D, H))
    return models


def a_batch(N=7, T_enc=9, T_dec=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, V, (N, T_enc)), rng.integers(0, V, (N, T_dec + 1))


def assert_close(ours, judge, **tolerance):
    for mine, theirs in zip(ours, judge, strict=True):
        assert mine.dtype == theirs.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, **tolerance)


# ---- the numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PAIRS)
def test_the_seed_decides_the_first_parameters_as_in_the_book(kind):
    ours, judge = two_models(kind)
    for mine, theirs in zip(ours.params, judge.params, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    after = np.random.rand()
    np.random.seed(4)
    PAIRS[kind][1](V, D, H)
    assert np.random.rand() == after, "as many numbers were drawn"


def test_parts_built_alone_draw_from_the_same_stream():
    np.random.seed(2)
    ours = Encoder(V, D, H).params + Decoder(V, D, H).params
    np.random.seed(2)
    judge = literal.Encoder(V, D, H).params + literal.Decoder(V, D, H).params
    for mine, theirs in zip(ours, judge, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("kind", PAIRS)
def test_loss_and_gradients_are_those_of_the_equations(kind):
    ours, judge = two_models(kind)
    x, t = a_batch()
    np.testing.assert_allclose(ours.forward(x, t), judge.forward(x, t), rtol=1e-6)
    ours.backward()
    judge.backward()
    assert_close(ours.grads, judge.grads, rtol=1e-4, atol=1e-7)
    assert ours.generate(x[:1], 3, 8) == judge.generate(x[:1], 3, 8)


@pytest.mark.parametrize("kind", PAIRS)
@pytest.mark.parametrize("name", ["Adam", "SGD"])
def test_parameters_after_thirty_iterations_are_those_of_the_equations(kind, name, capsys):
    ours, judge = two_models(kind)
    x, t = a_batch(N=60)
    losses, printed = [], []
    for model, home in ((ours, OURS), (judge, literal)):
        np.random.seed(8)
        trainer = home.Trainer(model, getattr(home, name)(0.01))
        trainer.fit(x, t, max_epoch=6, batch_size=12, max_grad=1.0, eval_interval=2)
        losses.append(trainer.loss_list)
        printed.append(without_seconds(capsys.readouterr().out))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-5)
    assert_close(ours.params, judge.params, rtol=0, atol=5e-5)
    assert printed[0] == printed[1] and printed[0].startswith("| epoch 1 |  iter 1 / 5 | time 0[s] | loss 2.4")


@pytest.mark.parametrize("name", ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSprop", "Adam"])
def test_every_optimizer_goes_downhill(name):
    params, grads = [np.array([3.0, -2.0])], [np.zeros(2)]
    chosen = getattr(optimizer, name)(lr=0.1)
    for _ in range(200):
        grads[0][...] = params[0]
        chosen.update(params, grads)
    assert np.abs(params[0]).max() < (2.0 if name == "AdaGrad" else 0.2)


def test_nesterov_is_momentum_seen_from_where_the_ball_will_be():
    """With theta the place of the classical form: theta' = theta + v', param = theta + momentum v."""
    param, theta, v = np.array([2.0]), np.array([2.0]), np.array([0.0])
    chosen = optimizer.Nesterov(0.1, 0.9)
    for _ in range(5):
        gradient = 2 * (theta + 0.9 * v)
        v = 0.9 * v - 0.1 * gradient
        theta = theta + v
        chosen.update([param], [2 * param])
        np.testing.assert_allclose(param, theta + 0.9 * v)


def test_layers_of_the_first_chapters():
    rng = np.random.default_rng(0)
    x, W, b, t = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5), np.array([0, 4, 2, 2])
    affine, matmul, sigmoid, loss = layers.Affine(W, b), layers.MatMul(W), layers.Sigmoid(), layers.SoftmaxWithLoss()

    def value(_):
        return float(loss.forward(sigmoid.forward(affine.forward(x)) + matmul.forward(x), t))

    value(None)
    dscore = loss.backward()
    dx = affine.backward(sigmoid.backward(dscore)) + matmul.backward(dscore)
    for variable, gradient in ((x, dx), (b, affine.grads[1]), (W, affine.grads[0] + matmul.grads[0])):
        np.testing.assert_allclose(gradient, check_numbers(value, variable), atol=1e-5)
    assert float(loss.forward(x @ W, np.eye(5)[t])) == float(loss.forward(x @ W, t))


def check_numbers(f, x, step=1e-5):
    """The gradient of f by central differences."""
    gradient = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        kept = x[place]
        x[place] = kept + step
        above = f(x)
        x[place] = kept - step
        gradient[place] = (above - f(x)) / (2 * step)
        x[place] = kept
    return gradient


def test_functions():
    x = np.array([[-1.0, 0.0, 2.0]])
    np.testing.assert_allclose(functions.sigmoid(x), literal.sigmoid(x))
    np.testing.assert_allclose(functions.softmax(x), literal.softmax(x))
    np.testing.assert_array_equal(functions.relu(x), [[0, 0, 2]])
    expected = -np.log(literal.softmax(x)[0, 2] + 1e-7)
    for y, t in ((functions.softmax(x), np.array([2])), (functions.softmax(x)[0], np.array([0, 0, 1]))):
        np.testing.assert_allclose(functions.cross_entropy_error(y, t), expected)


# ---- attention ------------------------------------------------------------------------------------------------------


def test_the_attention_keeps_lists_as_in_the_book():
    rng = np.random.default_rng(1)
    hs_enc, hs_dec = rng.normal(size=(3, 5, 4)), rng.normal(size=(3, 2, 4))
    layer, judge = TimeAttention(), literal.TimeAttention()
    assert layer.attention_weights is None and layer.layers == []
    np.testing.assert_allclose(layer.forward(hs_enc, hs_dec), judge.forward(hs_enc, hs_dec))
    weights = layer.attention_weights
    assert isinstance(weights, list) and [w.shape for w in weights] == [(3, 5), (3, 5)]
    np.testing.assert_allclose(np.array(weights), np.array(judge.attention_weights))
    np.testing.assert_allclose(np.array([*weights, weights[-1]])[2], judge.attention_weights[1])
    weights.append(weights[0])
    assert np.array(weights).shape == (3, 3, 5) and np.asarray(weights, "f").dtype == np.float32
    for mine, theirs in zip(layer.layers, judge.layers, strict=True):
        np.testing.assert_allclose(mine.attention_weight, theirs.attention_weight)
        for ours, expected in zip(mine.backward(hs_dec[:, 0]), theirs.backward(hs_dec[:, 0]), strict=True):
            np.testing.assert_allclose(ours, expected)


def test_a_model_shows_where_it_looked():
    model, judge = two_models("attention")
    x, t = a_batch(N=1)
    model.forward(x, t)
    judge.forward(x, t)
    d = np.array(model.attention.attention_weights)
    np.testing.assert_allclose(d, judge.decoder.attention.attention_weights, rtol=1e-5)
    assert d.reshape(d.shape[0], d.shape[2]).shape == (4, 9)
    model.generate(x, 3, 2)
    assert len(model.attention.attention_weights) == 1, "of the last step"


# ---- training -------------------------------------------------------------------------------------------------------


def test_without_an_interval_no_line_is_printed(capsys):
    model, _ = two_models("attention")
    trainer = Trainer(model, optimizer.Adam())
    x, t = a_batch(N=20)
    trainer.fit(x, t, max_epoch=2, batch_size=5, eval_interval=None)
    assert (capsys.readouterr().out, trainer.loss_list, trainer.current_epoch) == ("", [], 2)


def test_a_readers_own_optimizer_is_used(capsys):
    ours, judge = two_models("seq2seq")
    x, t = a_batch(N=20)
    for model, home in ((ours, OURS), (judge, literal)):
        np.random.seed(0)
        home.Trainer(model, literal.Adam()).fit(x, t, max_epoch=2, batch_size=5, max_grad=0.5)
    assert_close(ours.params, judge.params, rtol=0, atol=1e-5)


def test_a_model_that_derives_from_nothing_trains_with_both_trainers(capsys):
    class Line:
        def __init__(self):
            self.params, self.grads = [np.zeros(2)], [np.zeros(2)]

        def forward(self, x, t):
            self.x, self.error = x, x * self.params[0][0] + self.params[0][1] - t
            return (self.error**2).mean()

        def backward(self):
            self.grads[0][...] = (2 * self.error * self.x).mean(), 2 * self.error.mean()

    x = np.linspace(-1, 1, 40)
    trainers: list[Any] = [Trainer, CoreTrainer]
    for trainer_class in trainers:
        line = Line()
        trainer_class(line, optimizer.SGD(0.3)).fit(x, 3 * x + 1, max_epoch=60, batch_size=10)
        np.testing.assert_allclose(line.params[0], [3, 1], atol=1e-3)


def test_shared_weights_are_updated_once_with_the_sum_of_their_gradients():
    W, other = np.ones((2, 3)), np.ones((3, 2))
    params, grads = remove_duplicate([W, other, W, W.T], [np.full((2, 3), 1.0), other, W * 2, np.full((3, 2), 4.0)])
    assert params[0] is W and params[1] is other and len(params) == 2
    np.testing.assert_array_equal(grads[0], np.full((2, 3), 7.0))


def test_the_loss_is_plotted(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    plt = importlib.import_module("matplotlib.pyplot")
    seen = []
    monkeypatch.setattr(plt, "show", lambda: seen.append(plt.gca()))
    trainer = Trainer(*two_models("seq2seq"))
    trainer.loss_list, trainer.eval_interval = [3.0, 2.0], 20
    trainer.plot(ylim=(0, 4))
    (axes,) = seen
    assert axes.get_xlabel() == "iterations (x20)" and axes.get_ylabel() == "loss" and axes.get_ylim() == (0, 4)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [3, 2])
    plt.close("all")


def test_an_answer_is_printed_with_a_mark(capsys):
    class Model:
        def generate(self, xs, start_id, sample_size):
            return [xs[0, 0], start_id][:sample_size]

    letters = dict(enumerate("abcde"))
    question = np.array([[0, 1, 2]])
    assert util.eval_seq2seq(Model(), question, np.array([[4, 0, 4]]), letters, verbose=True) == 1
    assert util.eval_seq2seq(Model(), question, np.array([[4, 0, 3]]), letters, True, True) == 0
    assert util.eval_seq2seq(Model(), question, np.array([[4, 0, 3]]), letters) == 0
    expected = ["Q abc", "T ae", "\033[92m☑\033[0m ae", "---", "Q cba", "T ad", "\033[91m☒\033[0m ae", "---"]
    assert capsys.readouterr().out.splitlines() == expected


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PAIRS)
def test_parameters_go_both_ways_between_this_project_and_the_book(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours, judge = two_models(kind)
    ours.save_params()
    file = tmp_path / f"{type(ours).__name__}.pkl"
    other = PAIRS[kind][1](V, D, H)
    other.load_params()
    judge.save_params("other.pkl")
    again = PAIRS[kind][0](V, D, H)
    again.load_params("other.pkl")
    for original, by_the_book, by_us in zip(ours.params, other.params, again.params, strict=True):
        expected = original.astype(np.float16).astype("f")
        np.testing.assert_array_equal(by_the_book, expected)
        np.testing.assert_array_equal(by_us, expected)
    assert [array.dtype for array in read_book_pickle(file)] == [np.float16] * len(ours.params)
    names = file.read_bytes()
    assert b"cnumpy.core.multiarray\n" in names and b"_core" not in names, "NumPy 1 knows no numpy._core"


def test_a_model_from_nothing_but_base_model_is_saved_and_loaded(tmp_path):
    class Mine(BaseModel):
        def __init__(self):
            self.params = [np.ones((2, 3), "f"), np.zeros(4, "f")]

    mine, other = Mine(), Mine()
    mine.params[1][2] = 0.5
    mine.save_params(tmp_path / "mine.pkl")
    other.load_params(str(tmp_path / "mine.pkl"))
    assert other.params[1].tolist() == [0, 0, 0.5, 0]
    mine.params[0][0] = 1e6
    with pytest.raises(CheckpointError, match=r"not written: params\[0\] are not finite numbers in float16"):
        mine.save_params(tmp_path / "mine.pkl")
    other.params = other.params[:1]
    with pytest.raises(CheckpointError, match=r"has 2 arrays; expected 1"):
        other.load_params(tmp_path / "mine.pkl")
    for method in (mine.forward, mine.backward):
        with pytest.raises(NotImplementedError):
            method()


def test_parameters_that_are_not_there_are_told_as_in_the_book(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="run the script that trains") as caught:
        two_models("seq2seq")[0].load_params()
    assert isinstance(caught.value, NoParametersError) and caught.value.filename == "Seq2seq.pkl"


def test_a_hostile_file_is_not_run(tmp_path):
    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'was-run'}",)

    (tmp_path / "bad.pkl").write_bytes(pickle.dumps([Hostile()]))
    with pytest.raises(CheckpointError, match=r"it names 'posix[.]system'"):
        two_models("seq2seq")[0].load_params(tmp_path / "bad.pkl")
    assert not (tmp_path / "was-run").exists()


# ---- data -----------------------------------------------------------------------------------------------------------

CORPORA = {
    "the first space in an answer's padding": "12+34_46 \n5+78 _83 \n",
    "a letter only in answers": "ab _x\nba _y\nc  _x\n",
    "Japanese": "平成三年_1991\n昭和元年_1926\n",
    "a space at the start": " 1 _1 \n22 _ 2\n",
}


@pytest.mark.parametrize("text", CORPORA.values(), ids=CORPORA)
@pytest.mark.parametrize("seed", [1984, 7, None])
def test_a_corpus_is_numbered_shuffled_and_split_as_in_the_book(folder, text, seed):
    (folder / "own.txt").write_text(text * 8, encoding="utf-8")
    judge = literal.Sequence(folder)
    np.random.seed(3)
    theirs = judge.load_data("own.txt", seed)
    after = np.random.rand()
    np.random.seed(3)
    ours = sequence.load_data("own.txt", seed)
    assert np.random.rand() == after
    assert sequence.get_vocab() == judge.get_vocab()
    assert list(sequence.get_vocab()[0]) == list(judge.get_vocab()[0])
    for mine, expected in zip((*ours[0], *ours[1]), (*theirs[0], *theirs[1]), strict=True):
        assert mine.dtype == np.int64
        np.testing.assert_array_equal(mine, expected)


def test_a_second_corpus_goes_on_numbering(folder):
    judge = literal.Sequence(folder)
    for name in ("addition.txt", "date.txt", "addition.txt"):
        theirs, ours = judge.load_data(name), sequence.load_data(name)
        np.testing.assert_array_equal(ours[1][0], theirs[1][0])
    assert sequence.get_vocab() == judge.get_vocab()


def test_a_corpus_that_is_not_there_says_where_it_was_looked_for_and_what_to_do(folder):
    with pytest.raises(CorpusError) as caught:
        sequence.load_data("none.txt")
    message = str(caught.value)
    assert message.startswith("none.txt: there is no such file in ") and str(folder) in message
    assert "python -m core data --output date.txt" in message


# ---- install, and the command ---------------------------------------------------------------------------------------


def test_every_module_is_there_by_both_names(folder):
    book.install()
    for name, modules in MODULES.items():
        for module in modules:
            found = importlib.import_module(f"{name}.{module}")
            assert getattr(importlib.import_module(name), module) is found
            if name in ("ch07", "ch08"):
                assert importlib.import_module(module) is found
    from common.time_layers import TimeLSTM  # type: ignore[import-not-found]

    assert TimeLSTM is time_layers.TimeLSTM


def test_star_imports_bring_numpy_along(folder):
    book.install()
    for module in ("common.np", "common.layers", "common.time_layers"):
        names: dict[str, object] = {}
        exec(f"from {module} import *", names)
        assert names["np"] is np
        with pytest.raises(ImportError):
            exec(f"from {module} import nothing", names)


def test_import_core_is_enough():
    program = "import core; core.book.install(); from seq2seq import Seq2seq; print(Seq2seq.__module__)"
    printed = subprocess.check_output([sys.executable, "-c", program], text=True, cwd=ROOT)
    assert printed == "core.book.ch07.seq2seq\n"


def test_a_readers_own_file_stays_where_it_is_asked_for(folder, capsys):
    (folder / "attention_seq2seq.py").write_text("AttentionSeq2seq = 'mine'\n")
    (folder / "look.py").write_text("from attention_seq2seq import AttentionSeq2seq\nprint(AttentionSeq2seq)\n")
    assert main(["book", "look.py"]) == 0
    out, err = capsys.readouterr()
    assert "core.book.ch08" in out
    assert err == (
        "core: this project's classes instead of attention_seq2seq.py; with --own attention_seq2seq yours is run\n"
    )
    literal.forget()
    assert main(["book", "--own", "attention_seq2seq", "look.py"]) == 0
    assert capsys.readouterr() == ("mine\n", "")
    with pytest.raises(ValueError, match="own names 'gru'; expected some of attention_layer, "):
        book.install(own=["gru"])


def test_a_script_gets_its_arguments_its_name_and_its_status(folder, capsys):
    (folder / "sub").mkdir()
    (folder / "sub" / "beside.py").write_text("word = 'found'\n")
    lines = "import sys, beside\nprint(__name__, sys.argv[1:], beside.word)\nsys.exit(3)\n"
    (folder / "sub" / "script.py").write_text(lines)
    path = list(sys.path)
    with pytest.raises(SystemExit) as caught:
        main(["book", "sub/script.py", "--device", "x", "y"])
    assert caught.value.code == 3 and sys.path == path
    assert capsys.readouterr().out == "__main__ ['--device', 'x', 'y'] found\n"


ERRORS = {
    "from dataset import sequence\nsequence.load_data('no.txt')": "core: no.txt: there is no such file in ",
    "from seq2seq import Seq2seq\nSeq2seq(9, 2, 2).load_params()": "core: Seq2seq.pkl: there is no such file; run ",
    "import matplotlib.pyplot as plt": "core: the plots need matplotlib, which is not installed; `pip install ",
    "from common.trainer import Trainer\nTrainer(None, None).plot()": "core: the plots need matplotlib, ",
}


@pytest.mark.parametrize("script", ERRORS)
def test_what_the_book_s_modules_miss_is_one_sentence(folder, capsys, monkeypatch, script):
    (folder / "script.py").write_text(script)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoMatplotlib(), *sys.meta_path])
    assert main(["book", "script.py"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(ERRORS[script]) and err.count("\n") == 1


class NoMatplotlib:
    """Finds that matplotlib is not installed."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])
        return None


@pytest.mark.parametrize(
    ("script", "shown"),
    [
        ("def f():\n    return 1 / 0\nf()", ["line 3, in <module>", "line 2, in f", "ZeroDivisionError"]),
        ("open('no-such-file')", ["line 1, in <module>", "FileNotFoundError"]),
        ("import no_such_module", ["line 1, in <module>", "ModuleNotFoundError"]),
        ("from common.util import preprocess", ["line 1, in <module>", "ImportError: cannot import name 'preprocess'"]),
        ("def f(:", ["line 1", "SyntaxError"]),
    ],
)
def test_a_readers_own_mistake_is_shown_from_the_script_on(folder, capsys, script, shown):
    (folder / "script.py").write_text(script)
    assert main(["book", "script.py"]) == 1
    err = capsys.readouterr().err
    assert all(words in err for words in shown)
    assert "runpy" not in err and "running.py" not in err


def test_a_script_that_is_not_there(folder, capsys):
    assert main(["book", "none.py"]) == 1
    assert capsys.readouterr().err == "core: none.py: there is no such file; give a Python script\n"


# ---- a GPU ----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=GPUS)
def gpu(request, monkeypatch):
    """A GPU, as `common.config.GPU` would choose it."""
    backend = GPUS[request.param]()
    monkeypatch.setattr(session, "_gpu", lambda: backend)
    monkeypatch.setattr(config, "GPU", True)
    return backend


@pytest.mark.parametrize("kind", PAIRS)
def test_the_same_script_on_a_gpu(gpu, kind, tmp_path, capsys):
    x, t = a_batch(N=20)
    letters = {i: chr(97 + i) for i in range(V)}
    ours, judge = two_models(kind)
    printed = []
    for model, home, adam in ((ours, OURS, optimizer.Adam()), (judge, literal, literal.Adam())):
        np.random.seed(8)
        home.Trainer(model, adam).fit(x, t, max_epoch=2, batch_size=5, max_grad=1.0)
        home.eval_seq2seq(model, x[:1], t[:1], letters, verbose=True)
        printed.append(without_seconds(capsys.readouterr().out))
    assert printed[0] == printed[1]
    ours.save_params(tmp_path / "gpu.pkl")
    judge.load_params(tmp_path / "gpu.pkl")
    ours.load_params(tmp_path / "gpu.pkl")
    np.testing.assert_allclose(float(ours.forward(x, t)), judge.forward(x, t), rtol=1e-5)
    if kind == "attention":
        expected = np.array(judge.decoder.attention.attention_weights)
        np.testing.assert_allclose(np.array(ours.attention.attention_weights), expected, rtol=1e-4)


def test_the_device_can_be_chosen_in_the_script(gpu, folder):
    config.GPU = False
    names: dict[str, object] = {}
    book.install()
    exec("from common import config\nconfig.GPU = True\nfrom common.np import *", names)
    assert names["np"] is gpu.xp and names["GPU"] is True


def test_cuda_without_a_gpu_is_one_sentence(folder, capsys, monkeypatch):
    (folder / "script.py").write_text("print('ran')")
    monkeypatch.setattr("core.backend.devices.has_cupy", lambda: False)
    assert main(["book", "--device", "cuda", "script.py"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("core: device='cuda' needs CuPy")


# ---- the document ---------------------------------------------------------------------------------------------------


def test_the_notebook_of_the_document_prints_what_it_says(folder, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "book.md").read_text("utf-8"), re.DOTALL)
    said = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    exec(compile(code, "book.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == said


def test_the_document_lists_what_is_there():
    text = (ROOT / "docs" / "book.md").read_text("utf-8")
    for name, modules in MODULES.items():
        (row,) = re.findall(rf"^\| `{name}` \| (.*) \|$", text, re.MULTILINE)
        assert sorted(re.findall("`(.*?)`", row)) == sorted(modules)


# ---- an encoder of the reader's own ---------------------------------------------------------------------------------


def test_an_encoder_with_a_backward_of_its_own_is_read_character_by_character():
    """Reading equal beginnings once goes round the LSTM, whose numbers the reader's `backward` asks for."""

    class Own(AttentionEncoder):
        def backward(self, dhs):
            self.embed.backward(self.lstm.backward(dhs))

    x = np.tile(np.arange(9) % V, (6, 1))
    x[:, -1] = np.arange(6)
    dhs = np.random.default_rng(0).normal(size=(6, 9, H)).astype("f")
    grads = []
    for encoder_class in (Own, literal.AttentionEncoder):
        np.random.seed(3)
        encoder = encoder_class(V, D, H)
        encoder.forward(x)
        encoder.backward(dhs)
        grads.append(encoder.grads)
    assert_close(*grads, rtol=1e-4, atol=1e-6)
