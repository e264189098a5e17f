"""The training loop against a loop written out; what it reports; the book's measure of one question."""

import logging
import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from core.models.seq2seq import Seq2seq
from core.training.optimizers import SGD, Adam
from core.training.trainer import Trainer, TrainingDivergedError, TrainingReport, eval_seq2seq
from tests.core.checks import LAYOUTS
from tests.core.small_models import LETTERS, make_model, make_spec

N = 23


@pytest.fixture
def data():
    rng = np.random.default_rng(30)
    t = rng.integers(1, len(LETTERS), (N, 5))
    t[:, 0] = LETTERS.id_of("_")
    return rng.integers(1, len(LETTERS), (N, 7)), t


def model_and_optimizer(kind="AttentionSeq2seq"):
    return make_model(make_spec(kind), scale=0.5), Adam(0.01)


def clipped(grads, max_grad):
    norm = math.sqrt(sum(float((grad.astype(np.float64) ** 2).sum()) for grad in grads))
    return norm, [grad * min(1.0, max_grad / (norm + 1e-6)) for grad in grads]


# ------------------------------------------------------------------------------------------------- what it does


@pytest.mark.parametrize("kind", ["Seq2seq", "PeekySeq2seq", "AttentionSeq2seq"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_fit_is_a_loop_over_shuffled_batches(data, kind, layout):
    """Two epochs of four batches of five; three samples are left out, others in each epoch."""
    x, t = data
    model, optimizer = model_and_optimizer(kind)
    reports: list[TrainingReport] = []
    trainer = Trainer(model, optimizer, rng=np.random.default_rng(1), schedule=lambda i: 0.01 / (i + 1))
    given = LAYOUTS[layout](x), LAYOUTS[layout](t)
    trainer.fit(*given, max_epoch=2, batch_size=5, max_grad=0.05, eval_interval=3, on_interval=reports.append)

    plain, plain_optimizer = model_and_optimizer(kind)
    rng, losses, norms = np.random.default_rng(1), [], []
    for _ in range(2):
        order = rng.permutation(N)
        for i in range(4):
            rows = order[5 * i : 5 * i + 5]
            losses.append(float(plain.forward(x[rows], t[rows])))
            plain.backward()
            norm, grads = clipped(plain.grads, 0.05)
            norms.append(norm)
            plain_optimizer.lr = 0.01 / len(losses)
            plain_optimizer.update(plain.params, grads)

    for name, got, expected in zip(model.parameter_names, model.params, plain.params, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6, err_msg=name)
    means = [np.mean(losses[0:3]), losses[3], np.mean(losses[4:7]), losses[7]]
    assert trainer.loss_list == pytest.approx(means, rel=1e-5)
    assert [report.loss for report in reports] == trainer.loss_list
    assert [(r.epoch, r.iteration, r.iterations) for r in reports] == [(1, 3, 4), (1, 4, 4), (2, 3, 4), (2, 4, 4)]
    assert [r.learning_rate for r in reports] == [0.01 / i for i in (3, 4, 7, 8)]
    assert [r.gradient_norm for r in reports] == pytest.approx([norms[i] for i in (2, 3, 6, 7)], rel=1e-4)
    assert all(0 < a.seconds <= b.seconds for a, b in pairwise(reports))
    assert (trainer.current_epoch, trainer.current_iteration) == (2, 8)


def test_every_sample_of_an_epoch_is_seen_once(data, monkeypatch):
    x, t = data
    model, optimizer = model_and_optimizer()
    seen: list[Any] = []
    forward = model.forward
    monkeypatch.setattr(model, "forward", lambda xs, ts: seen.extend(map(tuple, xs)) or forward(xs, ts))
    assert len({tuple(row) for row in x}) == N
    Trainer(model, optimizer, rng=np.random.default_rng(2)).fit(x[:20], t[:20], max_epoch=2, batch_size=5)
    assert sorted(seen[:20]) == sorted(seen[20:]) == sorted(map(tuple, x[:20]))
    assert seen[:20] != seen[20:], "the second epoch was not shuffled anew"


def test_questions_stay_with_their_answers(data, monkeypatch):
    x, t = data
    answers = {tuple(q): tuple(a) for q, a in zip(x, t, strict=True)}
    model, optimizer = model_and_optimizer()
    forward = model.forward

    def check(xs, ts):
        assert all(answers[tuple(q)] == tuple(a) for q, a in zip(xs, ts, strict=True))
        return forward(xs, ts)

    monkeypatch.setattr(model, "forward", check)
    Trainer(model, optimizer).fit(x, t, max_epoch=2, batch_size=4)


def test_without_a_limit_nothing_is_clipped_or_reported(data):
    x, t = data
    model, _ = model_and_optimizer()
    plain, _ = model_and_optimizer()
    reports: list[TrainingReport] = []
    trainer = Trainer(model, SGD(0.1), rng=np.random.default_rng(1))
    trainer.fit(x, t, max_epoch=1, batch_size=N, on_interval=reports.append)
    plain.forward(x, t)
    plain.backward()
    for parameter, start, grad in zip(model.params, plain.params, plain.grads, strict=True):
        np.testing.assert_allclose(parameter, start - 0.1 * grad, rtol=1e-4, atol=1e-6)
    assert [report.gradient_norm for report in reports] == [None]
    assert reports[0].learning_rate == 0.1


def test_fit_goes_on_where_the_last_fit_ended(data):
    x, t = data
    at_once, optimizer = model_and_optimizer()
    Trainer(at_once, optimizer, rng=np.random.default_rng(1)).fit(x, t, max_epoch=3, batch_size=5, max_grad=1.0)
    in_parts, optimizer = model_and_optimizer()
    trainer = Trainer(in_parts, optimizer, rng=np.random.default_rng(1))
    epochs = []
    for n in (1, 0, 2):
        trainer.fit(x, t, max_epoch=n, batch_size=5, max_grad=1.0, on_epoch=lambda r: epochs.append(r.epoch))
    assert epochs == [1, 2, 3]
    for one, other in zip(at_once.params, in_parts.params, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_loss_of_an_epoch_is_the_mean_of_its_iterations(data):
    x, t = data
    model, optimizer = model_and_optimizer()
    intervals: list[TrainingReport] = []
    epochs: list[TrainingReport] = []
    trainer = Trainer(model, optimizer, rng=np.random.default_rng(1))
    trainer.fit(x, t, max_epoch=2, batch_size=5, eval_interval=3, on_interval=intervals.append, on_epoch=epochs.append)
    for epoch, (first, second) in zip(epochs, (intervals[:2], intervals[2:]), strict=True):
        assert epoch.loss == pytest.approx((3 * first.loss + second.loss) / 4)
        assert epoch.iteration == epoch.iterations == 4


def test_the_loss_falls(data):
    x, t = data
    model, _ = model_and_optimizer()
    trainer = Trainer(model, Adam(0.02), rng=np.random.default_rng(1))
    trainer.fit(x, t, max_epoch=60, batch_size=N, max_grad=5.0, eval_interval=1)
    assert len(trainer.loss_list) == 60 and trainer.loss_list[-1] < 0.6 * trainer.loss_list[0]


# -------------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("n_x", "n_t", "batch_size", "words"),
    [
        (20, 19, 5, "got 20 questions and 19 answers"),
        (19, 20, 5, "got 19 questions and 20 answers"),
        (20, 20, 21, "batch_size is 21 for 20 samples; expected 1 to 20"),
        (20, 20, 0, "batch_size is 0 for 20 samples"),
        (20, 20, -1, "batch_size is -1 for 20 samples"),
        (0, 0, 5, "batch_size is 5 for 0 samples"),
    ],
)
def test_data_that_does_not_fit_is_refused(data, n_x, n_t, batch_size, words):
    x, t = data
    with pytest.raises(ValueError, match=words):
        Trainer(*model_and_optimizer()).fit(x[:n_x], t[:n_t], batch_size=batch_size)


def test_a_loss_that_is_no_number_ends_the_training_with_what_to_do(data):
    x, t = data
    model, optimizer = model_and_optimizer()
    epochs = []

    def poison(report):
        epochs.append(report.epoch)
        model.params[-1][...] = np.nan

    with pytest.raises(TrainingDivergedError, match=r"loss is nan at iteration 3 of epoch 2; .* smaller learning rate"):
        Trainer(model, optimizer).fit(x, t, max_epoch=9, batch_size=5, eval_interval=3, on_epoch=poison)
    assert epochs == [1]


def test_an_exception_in_a_callback_ends_the_training(data):
    x, t = data

    def stop(report):
        raise KeyboardInterrupt

    trainer = Trainer(*model_and_optimizer())
    with pytest.raises(KeyboardInterrupt):
        trainer.fit(x, t, batch_size=5, eval_interval=2, on_interval=stop)
    assert (trainer.current_epoch, trainer.current_iteration) == (0, 2)


# --------------------------------------------------------------------------------------------- the book's measure


@pytest.mark.parametrize("flat", [True, False])
def test_eval_seq2seq_is_one_for_the_whole_answer_and_nothing_less(flat, caplog):
    model = make_model(make_spec())
    question = LETTERS.encode("baf    ")[None, ::-1]
    guess = model.generate(question, 0, 4)
    correct = np.array([0, *guess]) if flat else np.array([[0, *guess]])
    assert eval_seq2seq(model, question, correct) == 1
    for position in range(1, 5):
        wrong = correct.copy()
        wrong.reshape(-1)[position] = (wrong.reshape(-1)[position] + 1) % len(LETTERS)
        assert eval_seq2seq(model, question, wrong) == 0
    assert caplog.records == []


def test_eval_seq2seq_logs_in_reading_order_when_asked(caplog):
    model = make_model(make_spec())
    question = LETTERS.encode("baf    ")[None, ::-1]
    guess = model.generate(question, 0, 4)
    id_to_char = dict(enumerate(LETTERS.characters))
    with caplog.at_level(logging.INFO, logger="core.training.trainer"):
        eval_seq2seq(model, question, np.array([0, 1, 2, 3, 4]), id_to_char, verbose=True, is_reverse=True)
        eval_seq2seq(model, question, np.array([0, 1, 2, 3, 4]), id_to_char, verbose=True)
    written = LETTERS.decode(guess)
    assert [record.getMessage() for record in caplog.records] == [
        f"question 'baf    ', answer 'abcd', guess '{written}'",
        f"question '    fab', answer 'abcd', guess '{written}'",
    ]


def test_eval_seq2seq_starts_from_the_first_id_of_the_answer(monkeypatch):
    model = make_model(make_spec("Seq2seq"))
    calls = []
    monkeypatch.setattr(Seq2seq, "generate", lambda self, xs, start, n: calls.append((start, n)) or [7, 7])
    assert eval_seq2seq(model, np.zeros((1, 7), int), np.array([5, 7, 7])) == 1
    assert calls == [(5, 2)]
