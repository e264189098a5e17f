"""The Train page as Streamlit runs it: from the form to a run in the store, and what is said of every run."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.data.corpus import Corpus, write_corpus
from core.data.dates import FAMILY_NAMES, make_pairs
from core.exhibits.film import FilmError, read_film
from core.runs.run import IntervalPoint, Problem, Progress, Sample, Snapshot, Status
from core.runs.store import RunStore, RunStoreError
from core.training.options import TrainingOptions
from core.training.recipe import RECIPES
from core.training.training_data import FileData, GeneratedData
from tests.viz_app.made_runs import TINY, finished_run
from viz_app.pages.train.settings import PRESETS
from viz_app.session import models, visitor
from viz_app.text.i18n import LANGUAGES, translator

PAGE = "from viz_app.pages.train.page import train_page\ntrain_page()"


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started by a test of the page."""
    monkeypatch.setattr("viz_app.session.runs.ensure_workers", lambda store: None)


class Visit:
    """A visitor's session on the page."""

    def __init__(self, **query: str) -> None:
        self.app = AppTest.from_string(PAGE, default_timeout=60)
        for name, value in query.items():
            self.app.query_params[name] = value
        self.run()

    def run(self) -> Visit:
        self.app.run()
        assert not self.app.exception
        return self

    def press(self, key: str) -> Visit:
        self.app.button(key).click()
        return self.run()

    def html(self) -> str:
        return "".join(element.proto.body for element in self.app.get("html"))

    def curves(self) -> list[str]:
        """Every picture with axes."""
        parts = [json.loads(part.proto.json) for part in self.app.get("bidi_component")]
        return [svg for part in parts for svg in part.get("svgs", []) if 'class="curves"' in svg]

    def text(self) -> str:
        return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", self.html(), flags=re.DOTALL)))

    def alerts(self) -> list[str]:
        found = re.findall(r'<p class="message error" role="alert" dir="auto">(.*?)</p>', self.html(), re.DOTALL)
        return [unescape(text) for text in found]

    def has(self, key: str) -> bool:
        return any(button.key == key for button in self.app.button)

    def train(self) -> Visit:
        return self.press("train_start")

    @property
    def refused(self) -> bool:
        return bool(self.app.button("train_start").proto.disabled)


# --- From the form to a run -------------------------------------------------------------------------------------------


def test_before_the_first_run_the_page_says_what_to_do_and_stores_nothing(tmp_path: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "runs"))
    visit = Visit()
    assert "No model has been trained here yet." in visit.text() and visit.alerts() == []
    assert list(tmp_path.iterdir()) == []
    loss, match = visit.curves()
    last = read_film().frames[-1]
    assert f"Iteration {last.iteration:,}\nLoss: " in loss
    assert f"Iteration {last.iteration:,}\nExact match on dates held out: {100 * last.exact_match:.4g} %" in match


def test_without_a_film_the_idle_page_still_says_what_to_do(
    tmp_path: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise FilmError("no film")

    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr("viz_app.pages.train.example.read_film", missing)
    streamlit.cache_resource.clear()
    visit = Visit()
    assert "No model has been trained here yet." in visit.text() and visit.curves() == []
    assert "no training to show" in caplog.text
    streamlit.cache_resource.clear()


def test_a_run_that_waits_has_the_frames_of_its_curves(store: RunStore) -> None:
    store.add(TINY)
    curves = Visit(run="1").curves()
    assert len(curves) == 3 and not any('class="curve"' in curve for curve in curves)
    store.ask(1, "stop")
    assert Visit(run="1").curves() == []


def test_one_click_trains_the_first_preset(store: RunStore) -> None:
    visit = Visit(text="2/10/93").train()
    [run] = store.list()
    assert run.options == TrainingOptions.preset("quick")
    assert (run.status, run.watched, visit.app.query_params["run"]) == ("queued", "2/10/93", "1")
    assert "It is the next to be trained." in visit.text() and "Waiting" in visit.text()


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_keeps_the_model(preset: str, store: RunStore) -> None:
    visit = Visit()
    visit.app.button_group("train_model").select("peeky").run()
    visit.app.radio("train_preset").set_value(preset).run()
    visit.train()
    assert store.get(1).options == replace(TrainingOptions.preset(preset), model="peeky")


def test_everything_on_the_form_is_in_the_run(store: RunStore) -> None:
    visit = Visit()
    app = visit.app
    app.radio("train_preset").set_value("book").run()
    app.selectbox("train_score").select("additive").run()
    app.selectbox("train_bidirectional").select(True).run()
    app.selectbox("train_optimizer").select("sgd").run()
    numbers = {"hidden_size": 34, "wordvec_size": 6, "batch_size": 16, "epochs": 4, "seed": 9, "pairs": 800}
    for name, value in {**numbers, "data_seed": 3, "learning_rate": 0.25, "max_grad": 2.0}.items():
        app.number_input(f"train_{name}").set_value(value).run()
    app.toggle("train_reversed_input").set_value(False).run()
    app.selectbox("train_device").select("cpu").run()
    for family in set(FAMILY_NAMES) - {"numeric", "month"}:
        app.button_group("train_families").unselect(family).run()
    assert "Hidden size 34 instead of 256" in visit.text()
    visit.train()
    recipe = replace(
        RECIPES["book"],
        score="additive",
        bidirectional=True,
        optimizer="sgd",
        hidden_size=34,
        wordvec_size=6,
        batch_size=16,
        epochs=4,
        learning_rate=0.25,
        max_grad=2.0,
        reversed_input=False,
    )
    data = GeneratedData(n=800, seed=3, families=("month", "numeric"))
    assert store.get(1).options == TrainingOptions("attention", recipe, 9, data, "cpu")


def test_gradients_need_not_be_clipped(store: RunStore) -> None:
    visit = Visit()
    visit.app.toggle("train_clipped").set_value(False).run()
    assert visit.app.number_input("train_max_grad").proto.disabled
    visit.train()
    assert store.get(1).options.recipe.max_grad is None


def test_a_double_click_makes_one_run_and_other_settings_another(store: RunStore) -> None:
    visit = Visit().train().train()
    assert len(store.list()) == 1
    visit.app.number_input("train_seed").set_value(1).run()
    visit.train()
    assert len(store.list()) == 2
    store.ask(2, "stop")
    visit.train()
    assert len(store.list()) == 3


def odd(app: AppTest) -> None:
    app.selectbox("train_bidirectional").select(True).run()
    app.number_input("train_hidden_size").set_value(33).run()


def nothing_to_write(app: AppTest) -> None:
    for family in FAMILY_NAMES:
        app.button_group("train_families").unselect(family).run()


def too_few(app: AppTest) -> None:
    app.number_input("train_pairs").set_value(40).run()


@pytest.mark.parametrize(
    ("choose", "sentence"),
    [
        (odd, "The hidden size is 33."),
        (nothing_to_write, "Choose at least one way to write a date."),
        (too_few, "There are too few dates"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_it_starts(
    choose: Callable[[AppTest], None], sentence: str, store: RunStore
) -> None:
    visit = Visit()
    assert not visit.refused
    choose(visit.app)
    assert visit.refused and [alert.startswith(sentence) for alert in visit.alerts()] == [True]
    assert store.list() == []


def test_what_would_exhaust_the_memory_is_refused(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.training.options.memory_available", lambda: 10**8)
    visit = Visit()
    assert visit.refused
    assert re.fullmatch(
        r"This training needs about [\d.]+ (MB|GB) of memory, and there are 100 MB\. Use a smaller hidden size, "
        r"smaller batches or less data\.",
        visit.alerts()[0],
    )


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {
            "hidden_size": st.integers(-(2**53), 2**53),
            "batch_size": st.integers(-(2**53), 2**53),
            "epochs": st.integers(-(2**53), 2**53),
            "seed": st.integers(-(2**53), 2**53),
            "learning_rate": st.floats(),
            "max_grad": st.floats(),
        }
    )
)
def test_whatever_numbers_a_browser_sends_are_answered(store: RunStore, numbers: dict[str, Any]) -> None:
    visit = Visit()
    for name, value in numbers.items():
        visit.app.number_input(f"train_{name}").set_value(value)
    visit.run()
    assert visit.refused == bool(visit.alerts())


# --- Files ------------------------------------------------------------------------------------------------------------


def with_file(content: bytes, name: str = "dates.txt") -> Visit:
    visit = Visit()
    visit.app.button_group("train_kind").select("file").run()
    assert visit.refused and "Choose a file of dates" in visit.text()
    visit.app.file_uploader("train_file").upload(name, content, "text/plain")
    return visit.run()


def corpus_of(n: int, tmp_path: Any) -> bytes:
    write_corpus(tmp_path / "corpus.txt", Corpus.from_pairs(make_pairs(n, seed=2)))
    return (tmp_path / "corpus.txt").read_bytes()


def test_a_run_is_trained_on_a_file(store: RunStore, tmp_path: Any) -> None:
    content = corpus_of(400, tmp_path)
    visit = with_file(content, "<b>my</b>\u202e dates.txt")
    assert "400 dates can be read." in visit.text() and not visit.refused
    visit.train()
    data = store.get(1).options.data
    assert isinstance(data, FileData)
    assert (data.file.read_bytes(), data.name) == (content, "<b>my</b>\N{REPLACEMENT CHARACTER} dates.txt")


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        (b"", ["The file cannot be used: it is empty, too large, or no text."]),
        (
            b"2/10/93 _1993-02-10\n\nx\n<i>9</i> _1993-02-30\n\xff\xfe\n2/10/93_1993-02-10\n",
            [
                "5 lines of the file are bad, so nothing was read. Correct them and upload the file again.",
                "Line 2: it is blank; delete it",
                "Line 3: there is no “_” between question and answer",
                "Line 4: character 1 is '<' (U+003C LESS-THAN SIGN), which the model does not know",
                "Line 5: it is not UTF-8 at byte 1; save the file as UTF-8",
                "Line 6: the length of the question with its padding is 7, of those before 8",
            ],
        ),
        (b"\n" * 30, ["30 lines of the file are bad"]),
        (b"a" * (8 * 2**20 + 1), ["The file is too large; 8 MB is the most that is read."]),
    ],
)
def test_a_bad_file_is_refused_with_its_lines(content: bytes, sentences: list[str], store: RunStore) -> None:
    visit = with_file(content)
    assert visit.refused
    for alert, sentence in zip(visit.alerts(), sentences, strict=False):
        assert alert.startswith(sentence)
    assert len(visit.alerts()) >= len(sentences)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.text(max_size=100))
def test_any_file_is_answered(store: RunStore, content: bytes, name: str) -> None:
    visit = Visit()
    visit.app.button_group("train_kind").select("file").run()
    visit.app.file_uploader("train_file").upload(name or "x", content, "text/plain")
    visit.run()
    assert visit.refused and visit.alerts()


# --- A run and what becomes of it -------------------------------------------------------------------------------------


def test_a_run_can_be_paused_resumed_and_stopped(store: RunStore) -> None:
    visit = Visit().train()
    statuses = []
    for key in ("train_pause", "train_resume", "train_stop", "train_resume"):
        visit.press(key)
        statuses.append(store.get(1).status)
    assert statuses == ["paused", "queued", "stopped", "queued"]


def test_everybody_sees_their_place(store: RunStore) -> None:
    for _i in range(3):
        store.add(TINY)
    assert "It waits for others: place 3 in the queue." in Visit(run="3").text()
    assert "It is the next to be trained." in Visit(run="1").text()


def test_the_latest_run_is_shown_without_a_link_and_any_with_one(store: RunStore) -> None:
    store.add(TINY, "first")
    store.add(TINY, "second")
    assert "<h2>Run 2: second</h2>" in Visit().html()
    visit = Visit(run="1")
    assert "<h2>Run 1: first</h2>" in visit.html()
    visit.press("train_show_2")
    assert "<h2>Run 2: second</h2>" in visit.html() and visit.app.query_params["run"] == "2"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("7", "There is no training run 7; it may have been deleted."),
        ("<b>", "The link asks for the training run “<b>”; runs have whole numbers from 1."),
    ],
)
def test_a_link_to_no_run_is_answered(value: str, sentence: str, store: RunStore) -> None:
    store.add(TINY)
    assert Visit(run=value).alerts() == [sentence]


def test_a_finished_run_shows_what_it_learnt(store: RunStore) -> None:
    run = finished_run(store, "small")
    visit = Visit(run="1")
    assert "Finished" in visit.text() and f"Right on {0:.2f} % of the dates held out" in visit.text()
    snapshot = store.snapshot(1)
    assert snapshot is not None
    for sample in snapshot.samples:
        assert f'<th scope="row">{sample.question}</th>' in visit.html()
    assert visit.html().count("✗") >= len(snapshot.samples)
    trace = models.trace("run-1", "september 27, 1994")
    assert f"september 27, 1994 → {trace.output}" in visit.text()
    curves, map_ = (element.proto for element in visit.app.get("bidi_component"))
    assert curves.json.count("<svg ") == 3 and map_.json.count("<rect") == 290
    assert run.exact_match == 0


def test_a_running_run_shows_the_guesses_with_their_mistakes_and_where_it_looks(store: RunStore) -> None:
    store.add(TINY)
    claimed = store.claim()
    assert claimed is not None
    samples = (Sample("2/10/93", "1993-02-10", "1993-02-11"), Sample("a<b", "1994-09-27", "1994-09-27"))
    weights = tuple(tuple(float(j == i) for j in range(29)) for i in range(10))
    snapshot = Snapshot(40, samples, "2/10/93", "2/10/93".ljust(29), "1993-02-11", weights)
    points = [IntervalPoint(20, 1, 2.0, 0.5, 0.001, 1.0), IntervalPoint(40, 1, 1.0, 0.25, 0.001, 2.0)]
    store.record(1, Progress(1, 40, 80, 2.0, 6.0), points, snapshot)
    visit = Visit(run="1")
    claimed[1].release()
    assert "<td>1993-02-1<u>1</u></td>" in visit.html() and "a&lt;b" in visit.html()
    assert [sign for sign in re.findall("[✓✗]", visit.text())] == ["✗", "✓"]
    assert "Epoch 1 of 2, iteration 40 of 80 · 2 s so far · about 6 s left" in visit.text()
    curves, map_ = (json.loads(element.proto.json)["svgs"] for element in visit.app.get("bidi_component"))
    assert "Iteration 40\nLoss: 1" in curves[0] and "1 ← 2: 1.000" in map_[0]


def test_a_finished_run_is_compared_with_the_models_that_ship(store: RunStore) -> None:
    finished_run(store)
    text = Visit(run="1").text()
    assert "beside the models that ship" in text and "85.63 %" in text
    assert "The models were not all measured on the same dates." in text


def test_a_finished_run_is_used_on_the_step_page(store: RunStore) -> None:
    finished_run(store)
    visit = Visit(run="1").press("train_use")
    assert visit.app.session_state["page_wanted"] == ""
    assert visit.app.query_params["model"] == "run-1"


def test_settings_are_taken_over(store: RunStore) -> None:
    options = replace(TINY, model="peeky", seed=5)
    store.add(options)
    visit = Visit(run="1").press("train_take")
    assert visit.app.number_input("train_hidden_size").value == 6
    visit.train()
    assert store.get(2).options == options


def test_a_run_is_renamed_and_its_name_is_never_markup(store: RunStore) -> None:
    store.add(TINY)
    visit = Visit(run="1")
    visit.app.text_input("train_name_of_1").set_value("<img src=x> **b**")
    [rename] = [button for button in visit.app.button if button.label == "Rename"]
    rename.click()
    visit.run()
    assert store.get(1).name == "<img src=x> **b**"
    assert "&lt;img src=x&gt; **b**" in visit.html() and "<img" not in visit.html()


def test_a_name_that_cannot_be_seen_is_refused(store: RunStore) -> None:
    store.add(TINY, "short")
    visit = Visit(run="1")
    visit.app.text_input("train_name_of_1").set_value("a\u202eb")
    [rename] = [button for button in visit.app.button if button.label == "Rename"]
    rename.click()
    visit.run()
    assert store.get(1).name == "short"
    assert visit.alerts() == ["A name has at most 80 characters, all of which can be seen."]


def test_a_run_is_deleted(store: RunStore) -> None:
    finished_run(store)
    visit = Visit(run="1").press("train_delete_1_for_good")
    assert store.list() == [] and visit.alerts() == []
    assert "No model has been trained here yet." in visit.text()


def test_a_run_that_another_has_deleted_is_missed_calmly(store: RunStore) -> None:
    store.add(TINY)
    visit = Visit(run="1")
    store.delete(1)
    visit.press("train_stop")
    assert visit.alerts() == ["There is no training run 1; it may have been deleted."]


@pytest.mark.parametrize("read", ["get", "place_in_queue", "snapshot"])
def test_a_run_that_another_deletes_while_it_is_drawn_is_missed_calmly(
    read: str, store: RunStore, monkeypatch: Any, caplog: Any
) -> None:
    run = finished_run(store)
    original = getattr(RunStore, read)

    def deleted_just_now(self: RunStore, number: int, *rest: Any) -> Any:
        if self.list():
            self.delete(number)
        return original(self, number, *rest)

    monkeypatch.setattr(RunStore, read, deleted_just_now)
    assert Visit(run="1").run().alerts() == [f"There is no training run {run.number}; it may have been deleted."]
    assert "NoSuchRunError" not in caplog.text


@pytest.mark.parametrize(
    ("status", "problem", "sentence", "resumable"),
    [
        ("interrupted", "died", "The process that trained this run has ended without a word.", True),
        ("failed", "diverged", "The loss grew beyond all numbers.", True),
        ("interrupted", "disk-full", "The server's disk is full.", True),
        ("failed", "memory", "The training took more memory than there is.", True),
        ("failed", "input", "These settings or dates cannot be used: …/data.txt: <b>bad</b>", True),
        ("failed", "error", "The training ended with an error.", True),
    ],
)
def test_a_run_that_ended_before_its_time_says_why(
    status: Status, problem: Problem, sentence: str, resumable: bool, store: RunStore
) -> None:
    run = store.add(TINY)
    claimed = store.claim()
    assert claimed is not None
    store.finish(1, status, problem, f"{run.folder}/data.txt: <b>bad</b>")
    claimed[1].release()
    visit = Visit(run="1")
    assert visit.alerts()[0].startswith(sentence)
    assert visit.has("train_resume") == resumable and visit.has("train_stop") == (status == "interrupted")


def test_a_run_whose_worker_died_offers_to_go_on(store: RunStore) -> None:
    store.add(TINY)
    claimed = store.claim()
    assert claimed is not None
    claimed[1].release()
    visit = Visit(run="1")
    assert visit.alerts()[0].startswith("The process that trained this run has ended without a word.")
    visit.press("train_resume")
    assert store.get(1).status == "queued"


def test_a_paused_run_can_be_stopped(store: RunStore) -> None:
    visit = Visit().train()
    visit.press("train_pause").press("train_stop")
    assert store.get(1).status == "stopped" and not visit.has("train_stop")


def test_a_deleted_run_can_be_had_back_for_a_minute(store: RunStore, monkeypatch: Any) -> None:
    store.add(TINY, "one")
    store.add(TINY, "two")
    visit = Visit(run="2").press("train_delete_2_for_good")
    assert "Run 2 was deleted." in visit.text() and "<h2>Run 1: one</h2>" in visit.html()
    visit.press("train_undo_2")
    assert "<h2>Run 2: two</h2>" in visit.html() and store.count() == 2
    visit.press("train_delete_2_for_good")
    now = time.monotonic
    monkeypatch.setattr("viz_app.pages.train.controls.time.monotonic", lambda: now() + 61)
    assert not visit.run().has("train_undo_2")


def test_the_button_that_deletes_is_of_one_run_alone(store: RunStore) -> None:
    """A second click, meant for the run that is gone, must not find the next one's button."""
    for _i in range(2):
        store.add(TINY)
    visit = Visit(run="2")
    assert visit.has("train_delete_2_for_good")
    visit.press("train_delete_2_for_good")
    assert visit.has("train_delete_1_for_good") and not visit.has("train_delete_2_for_good")


def test_of_many_runs_a_page_is_listed_at_a_time(store: RunStore) -> None:
    for _i in range(45):
        store.add(TINY)

    def listed() -> list[int]:
        return [i for i in range(45, 0, -1) if visit.has(f"train_show_{i}")]

    visit = Visit()
    assert listed() == list(range(45, 25, -1)) and "1 to 20 of 45" in [text.value for text in visit.app.text]
    visit.press("train_older").press("train_older")
    assert listed() == list(range(5, 0, -1)) and visit.app.button("train_older").proto.disabled
    for number in range(1, 6):
        store.delete(number)
    visit.run()
    assert listed() == list(range(25, 5, -1))
    visit.press("train_newer")
    assert listed() == list(range(45, 25, -1)) and visit.app.button("train_newer").proto.disabled


# --- Many visitors ----------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """`browser(cookie)`: from now on pages are opened by a browser with that cookie."""

    def bring(cookie: str | None) -> None:
        cookies = {} if cookie is None else {visitor.cookie_name(): cookie}
        context = SimpleNamespace(cookies=cookies)
        monkeypatch.setattr(
            "viz_app.session.visitor.st", SimpleNamespace(context=context, session_state=streamlit.session_state)
        )

    return bring


@pytest.mark.usefixtures("shared")
def test_only_who_started_a_run_controls_it(store: RunStore) -> None:
    owner = Visit().train()
    assert owner.has("train_stop") and owner.has("train_delete_1_for_good")
    other = Visit(run="1")
    for what in ("pause", "stop", "resume", "delete_1_for_good"):
        assert not other.has(f"train_{what}")
    assert other.has("train_take") and not other.has("train_watch")


@pytest.mark.usefixtures("shared")
def test_who_owns_a_run_is_known_after_a_reload_a_cut_and_a_hundred_others(store: RunStore, browser: Any) -> None:
    mine, others = visitor.new_cookie(), [visitor.new_cookie() for _i in range(150)]
    browser(mine)
    Visit().train()
    assert store.get(1).owner == visitor.number_in(mine)
    browser(others[0])
    assert not Visit(run="1").has("train_stop")
    # A new session, as after every reload, and after a cut that is longer than Streamlit keeps one.
    browser(mine)
    assert Visit(run="1").has("train_stop")
    browser(mine.replace(mine[0], "f" if mine[0] != "f" else "0", 1))
    assert not Visit(run="1").has("train_stop")
    browser(None)
    assert not Visit(run="1").has("train_stop")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("key", ["train_stop", "train_delete_1_for_good"])
def test_a_button_that_was_drawn_before_its_run_changed_hands_does_nothing(key: str, store: RunStore) -> None:
    visit = Visit().train()
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET owner = 'somebody else'")
    visit.press(key)
    assert store.get(1).status == "queued" and store.count() == 1


@pytest.mark.usefixtures("shared")
def test_more_than_is_allowed_is_refused_with_a_sentence(store: RunStore, monkeypatch: Any) -> None:
    monkeypatch.setenv("ATTENTION_QUEUE_EACH", "1")
    visit = Visit().train()
    visit.app.number_input("train_seed").set_value(1).run()
    visit.train()
    assert visit.alerts() == ["No more than 1 of your runs may wait at once. Wait until one is trained, or stop one."]
    assert store.count() == 1
    visit.press("train_pause")
    visit.app.number_input("train_seed").set_value(2).run()
    visit.train()
    assert store.count() == 2
    visit.app.query_params["run"] = "1"
    visit.run()
    visit.press("train_resume")
    assert visit.alerts()[0].startswith("No more than 1 of your runs may wait") and store.get(1).status == "paused"


@pytest.mark.usefixtures("shared")
def test_a_model_that_takes_too_much_of_the_disk_is_refused(store: RunStore, monkeypatch: Any) -> None:
    monkeypatch.setenv("ATTENTION_TRAINING_DISK", "1")
    visit = Visit()
    visit.app.number_input("train_hidden_size").set_value(512).run()
    visit.train()
    assert visit.alerts() == [
        "Its files take more than 1 MB, the most that this server gives to one run. Use a smaller model."
    ]


@pytest.mark.usefixtures("shared")
def test_the_teacher_stops_and_deletes_what_others_started(store: RunStore) -> None:
    Visit().train()
    teacher = Visit(run="1")
    for key, right in (("", False), ("wrong", False), (f" {visitor.keys().teacher} ", True)):
        teacher.app.text_input("train_key").set_value(key)
        [show] = [button for button in teacher.app.button if button.label == "Open"]
        show.click()
        teacher.run()
        assert teacher.has("train_stop") == right
        assert bool(teacher.alerts()) == (not right)
    assert visitor.keys().teacher not in teacher.html()
    teacher.press("train_stop").press("train_close")
    assert store.get(1).status == "stopped" and store.seconds_closed() > 3500
    assert "The teacher has ended training. It can go on in 60 min; what waits keeps its place." in teacher.text()
    visit = Visit().train()
    assert visit.alerts() == ["The teacher has ended training for now. Try again later."] and store.count() == 1
    assert not visit.has("train_close")
    teacher.press("train_open")
    assert store.seconds_closed() == 0
    teacher.press("train_delete_1_for_good")
    assert store.count() == 0
    log = teacher.text()
    for words in ("started", "stopped", "ended training", "let training go on", "deleted"):
        assert words in log
    teacher.press("train_no_teacher")
    assert not teacher.has("train_close")


def test_who_is_alone_has_no_part_for_the_teacher(store: RunStore) -> None:
    assert "train_key" not in [field.key for field in Visit().app.text_input]


# --- What cannot be read ----------------------------------------------------------------------------------------------


def test_a_run_that_cannot_be_read_is_shown_and_deleted_and_the_others_live(store: RunStore) -> None:
    for name in ("one", "two", "three"):
        store.add(TINY, name)
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET options = '{' WHERE number IN (2, 3)")
    visit = Visit()
    assert "Run 1: one" in visit.text() and visit.text().count("What is stored about it cannot be read.") == 2
    sentence = "What is stored about training run {} cannot be read. The others are none the worse."
    assert visit.alerts() == [sentence.format(3)]
    visit.press("train_show_2")
    assert visit.alerts() == [sentence.format(2)]
    visit.press("train_delete_2_for_good")
    assert [run.number for run in store.page()] == [3, 1]


@pytest.mark.usefixtures("shared")
def test_a_run_that_cannot_be_read_is_nobodys(store: RunStore) -> None:
    store.add(TINY)
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET options = '{'")
    assert not Visit(run="1").has("train_delete_1_for_good")


def test_a_snapshot_that_cannot_be_read_leaves_the_rest_of_the_page(store: RunStore) -> None:
    finished_run(store, "small")
    with store.database.transaction(write=True) as connection:
        connection.execute("UPDATE runs SET snapshot = '{'")
    visit = Visit(run="1")
    assert "What this run wrote last cannot be read." in visit.text() and visit.alerts() == []
    assert "Right on 0.00 %" in visit.text()


def test_workers_that_cannot_begin_are_told(store: RunStore) -> None:
    store.add(TINY)
    for _i in range(2):
        store.note_start(good=False)
    assert Visit().alerts() == []
    store.note_start(good=False)
    assert Visit().alerts()[0].startswith("Nothing is trained: the process that does it has ended 3 times")
    store.note_start(good=True)
    assert Visit().alerts() == []


def test_a_busy_store_is_shown_and_says_so_when_it_is_asked_for_more(store: RunStore) -> None:
    store.add(TINY, "one")
    visit = Visit(run="1")
    began = time.monotonic()
    with closing(sqlite3.connect(store.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        visit.press("train_pause")
        assert visit.alerts() == ["The list of training runs is busy at the moment. Try again."]
        assert "Run 1: one" in visit.text()
    assert time.monotonic() - began < 20, "as long as a worker waits"
    visit.press("train_pause")
    assert store.get(1).status == "paused"


# --- A store that fails -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True])
def test_a_store_that_cannot_be_written_is_a_calm_sentence(
    full: bool, store: RunStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RunStoreError("/secret/runs: cannot be written", disk_full=full)

    visit = Visit()
    monkeypatch.setattr(RunStore, "add", fail)
    with caplog.at_level(logging.ERROR):
        visit.train()
    expected = "The server's disk is full" if full else "The training runs cannot be read or stored"
    assert visit.alerts()[0].startswith(expected) and "/secret" not in visit.html()
    assert "/secret/runs" in caplog.text


def test_a_damaged_database_is_a_calm_sentence(store: RunStore) -> None:
    store.add(TINY)
    store.close()
    store.file.write_bytes(b"not a database at all " * 500)
    visit = Visit()
    assert visit.alerts() == ["The training runs cannot be read or stored at the moment. The server's log says why."]
    assert str(store.folder) not in visit.html()


def test_a_folder_that_cannot_be_written_is_a_calm_sentence(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "file" / "runs"))
    visit = Visit()
    visit.train()
    assert visit.alerts() == ["The training runs cannot be read or stored at the moment. The server's log says why."]


# --- Languages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(store: RunStore) -> Iterator[RunStore]:
    """A finished run and one that waits."""
    finished_run(store, "one")
    store.add(replace(TINY, model="peeky"), "two")
    yield store


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language(language: str, several: RunStore) -> None:
    _ = translator(language)
    for run in ("1", "2"):
        visit = Visit(run=run, lang=language)
        assert visit.alerts() == []
        assert _("All training runs") in visit.text()
        assert "{" not in visit.text()
