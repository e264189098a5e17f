"""Models of training runs beside those that ship, and a store that fails without a traceback on the page."""

from __future__ import annotations

import errno
import logging
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.decoding.pretrained import available_models
from core.models.parameters import CheckpointError
from core.runs.store import RunStore, RunStoreError
from tests.viz_app.made_runs import TINY, finished_run
from viz_app.session import models, runs

STEP = "from viz_app.pages.step.page import step_page\nstep_page()"
TRAIN = "from viz_app.pages.train.page import train_page\ntrain_page()"


def test_finished_runs_are_models_the_newest_first(store: RunStore) -> None:
    finished_run(store)
    finished_run(store)
    store.add(TINY)
    assert models.names() == [*available_models(), "run-2", "run-1"]


def test_a_run_that_was_stopped_is_no_model_though_it_keeps_its_best(store: RunStore) -> None:
    assert finished_run(store).model_file is not None
    store.finish(1, "stopped")
    runs.refresh()
    assert models.names() == available_models()


def test_looking_makes_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTENTION_RUNS", str(tmp_path / "nothing"))
    runs.refresh()
    assert models.names() == available_models()
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_a_run_decodes_and_is_told_apart(store: RunStore) -> None:
    run = finished_run(store, "my {name} *run*")
    pipeline = models.pipeline("run-1")
    assert (pipeline.name, pipeline.spec.hidden_size, len(models.trace("run-1", "2/10/93").output)) == ("run-1", 6, 10)
    assert models.title("run-1", str) == "Run 1: my {name} *run*"
    assert models.description("run-1", str) == models.description("date-attention", str)
    assert run.exact_match == 0 and models.accuracy("run-1", str).endswith(", 0 % right.")
    store.rename(1, "")
    runs.refresh()
    assert models.title("run-1", str) == "Run 1"


def test_a_deleted_run_is_no_model_any_more(store: RunStore) -> None:
    finished_run(store)
    assert not models.is_gone("run-1")
    assert models.pipeline("run-1") and models.is_known("run-1")
    store.delete(1)
    runs.refresh()
    assert not models.is_known("run-1") and models.is_known("date-attention") and not models.is_known("date")
    assert models.is_gone("run-1") and not models.is_gone("date-attention")
    with pytest.raises(CheckpointError, match="there is no model 'run-1'"):
        models.load("run-1")


def test_a_model_that_is_too_large_is_never_loaded(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished_run(store)
    assert not runs.is_too_large(run)
    monkeypatch.setenv("ATTENTION_MODEL", "1")
    assert run.model_file is not None
    with open(run.model_file, "ab") as file:
        file.truncate(2**20 + 1)
    runs.refresh()
    assert models.names() == available_models()
    with pytest.raises(CheckpointError, match="there is no model 'run-1'"):
        models.load("run-1")
    page = AppTest.from_string(TRAIN, default_timeout=60).run()
    assert not page.exception
    said = "\n".join(element.proto.body for element in page.get("html"))
    assert "takes more than 1 MB, the most that this server shows" in said
    assert not [button for button in page.button if button.key == "train_use"]


@pytest.mark.parametrize("name", ["run-0", "run-01", "run-", "run-1/../2", "run-１", "run-99999999999"])
def test_what_is_no_number_is_no_run(store: RunStore, name: str) -> None:
    assert models.run_of(name) is None
    with pytest.raises(CheckpointError):
        models.load(name)


def test_a_run_is_chosen_and_shown(store: RunStore) -> None:
    finished_run(store, "**mine**")
    app = AppTest.from_string(STEP, default_timeout=60).run()
    [chooser] = [box for box in app.selectbox if box.key == "model_of_run"]
    assert (chooser.options, chooser.value) == (["Run 1: **mine**"], None)
    chooser.select("run-1").run()
    assert app.query_params["model"] == "run-1"
    assert app.button_group("model").value is None
    app.button_group("model").select("date-peeky").run()
    assert app.query_params["model"] == "date-peeky"
    assert app.selectbox("model_of_run").value is None
    assert not app.exception


def test_a_model_that_is_deleted_while_it_is_shown_gives_way_to_the_first(store: RunStore) -> None:
    finished_run(store)
    app = AppTest.from_string(STEP, default_timeout=60)
    app.query_params["model"] = "run-1"
    app.run()
    assert app.selectbox("model_of_run").value == "run-1"
    store.delete(1)
    runs.refresh()
    app.run()
    assert app.button_group("model").value == "date-attention"
    assert "The link asks for the model “run-1”, which does not exist here." in said(app)
    assert not app.exception


def said(app: AppTest) -> str:
    """All HTML of the page."""
    return "".join(element.proto.body for element in app.get("html"))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RunStoreError("/secret: is damaged"), "The training runs cannot be read or stored at the moment."),
        (RunStoreError("/secret: full", disk_full=True), "The server's disk is full"),
        (OSError(errno.ENOSPC, "No space left", "/secret"), "The server's disk is full"),
        (PermissionError(errno.EACCES, "denied", "/secret"), "The training runs cannot be read or stored"),
    ],
)
def test_a_failing_store_is_a_calm_sentence_and_a_traceback_in_the_log(
    error: Exception, expected: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sentences: list[str] = []
    monkeypatch.setattr("viz_app.session.runs.say", lambda sentence, *_: sentences.append(sentence))
    with caplog.at_level(logging.ERROR), runs.show_store_failures(str, "place"):
        raise error
    assert sentences[0].startswith(expected) and "/secret" not in sentences[0]
    assert "/secret" in caplog.text and "Traceback" in caplog.text


def test_other_mistakes_are_not_hidden() -> None:
    with pytest.raises(KeyError), runs.show_store_failures(str, "place"):
        raise KeyError("program")


def test_a_damaged_database_leaves_the_shipped_models(
    store: RunStore, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    finished_run(store)
    store.close()
    store.file.write_bytes(b"nothing like a database" * 100)
    runs.refresh()
    assert models.names() == available_models()
    assert "cannot be read" in caplog.text
