"""The HTTP interface: what it answers is what the page shows, and what cannot be answered says why."""

from __future__ import annotations

import io
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.interventions import ForceCharacter, Uniform
from core.decoding.pretrained import load_pretrained
from viz_app.export import files
from viz_app.server import api, openapi
from viz_app.session import models
from viz_app.session.changes import Change, to_query
from viz_app.text.i18n import translator
from viz_app.text.narration import narrate

CLIENT = TestClient(Starlette(routes=[*api.routes(), *openapi.routes()]))
PIPELINE = load_pretrained("date-attention", "cpu")
FIRST = "september 27, 1994"


def ask(**parameters):
    return CLIENT.get("/api/trace", params=parameters)


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_an_answer_is_the_decoding_with_every_number(language):
    answer = ask(text=FIRST, lang=language)
    assert answer.status_code == 200
    content, trace = answer.json(), PIPELINE.trace(FIRST)
    assert (content["output"], content["text"], content["digest"]) == (trace.output, FIRST, PIPELINE.digest)
    weights = np.array([step["weights"] for step in content["steps"]], np.float32)
    np.testing.assert_array_equal(weights, trace.weights)
    scores = np.array([step["scores"] for step in content["steps"]], np.float32)
    np.testing.assert_array_equal(scores, trace.scores)
    assert ask(text=FIRST, lang=f"{language}-XX").content == answer.content
    sentences = [narrate(trace, step, translator(language)) for step in range(len(trace))]
    assert [step["sentence"] for step in content["steps"]] == sentences
    assert content["verdict"]["judgement"] == "right" and content["verdict"]["outside"] == []


@pytest.mark.parametrize(
    ("text", "judgement"),
    [("27 september 1994", "wrong"), ("2/30/93", "not-a-day"), ("hello", "unreadable"), ("2/10/93", "right")],
)
def test_the_verdict_stands_beside_the_answer(text, judgement):
    assert ask(text=text).json()["verdict"]["judgement"] == judgement


def test_changes_are_made_and_told():
    changes = (Change(Uniform()), Change(ForceCharacter(2, "7"), on=False))
    content = ask(text=FIRST, changes=to_query(changes)).json()
    trace = PIPELINE.trace(FIRST, [Uniform()])
    assert content["output"] == trace.output != content["original"] == PIPELINE.trace(FIRST).output
    assert content["changes"] == json.loads(to_query(changes))


def test_a_model_without_attention_has_no_weights():
    content = ask(text=FIRST, model="date-peeky").json()
    assert content["model"] == "date-peeky" and content["steps"][0]["weights"] is None


def test_what_was_put_right_is_said():
    assert ask(text="2/10/93").json()["notes"] == []
    content = ask(text=" ２/１０/９３").json()
    assert content["text"] == "2/10/93" and len(content["notes"]) == 2


def test_asked_again_it_is_neither_sent_nor_decoded(monkeypatch):
    tag = ask(text=FIRST).headers["etag"]
    monkeypatch.setattr(models, "trace", lambda *_: pytest.fail("decoded again"))
    again = CLIENT.get("/api/trace", params={"text": f"  {FIRST}".strip()}, headers={"If-None-Match": tag})
    assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag


def test_the_tag_changes_with_everything_that_changes_the_answer():
    even = to_query((Change(Uniform()),))
    questions = [
        {"text": FIRST},
        {"text": "2/10/93"},
        {"text": FIRST, "lang": "ja"},
        {"text": FIRST, "model": "date-peeky"},
        {"text": FIRST, "changes": even},
        {"text": FIRST.replace("s", "ｓ", 1)},
    ]
    tags = [ask(**question).headers["etag"] for question in questions]
    assert len(set(tags)) == len(questions)
    assert ask(text=FIRST).headers["etag"] == tags[0]


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_an_answer_is_small(encoding):
    with CLIENT.stream("GET", "/api/trace", params={"text": FIRST}, headers={"Accept-Encoding": encoding}) as answer:
        assert answer.headers["content-encoding"] == encoding
        assert len(b"".join(answer.iter_raw())) < 10_000
    assert CLIENT.get("/api/trace", params={"text": FIRST}, headers={"Accept-Encoding": encoding}).json()["steps"]


@pytest.mark.parametrize(
    ("parameters", "status", "reason", "said"),
    [
        ({}, 400, "text-missing", "/api/trace?text="),
        ({"text": "  "}, 422, "text-empty", "Type a date"),
        ({"text": "1" * 30}, 422, "text-too-long", "30 characters"),
        ({"text": "1994年"}, 422, "text-unknown", "年"),
        ({"text": FIRST, "model": "../x"}, 404, "model-unknown", "/api/models"),
        ({"text": FIRST, "lang": "tlh"}, 400, "language-unknown", "en, ja, ko"),
        ({"text": FIRST, "changes": "[1]"}, 400, "change-unreadable", "expected"),
        ({"text": FIRST, "changes": '[{"kind":"force","step":10,"character":"1"}]'}, 422, "change-impossible", "step"),
        ({"text": FIRST, "nonsense": "1"}, 400, "parameter-unknown", "expected model, text"),
        ({"text": "1" * 9000}, 413, "question-too-long", "8000"),
    ],
)
def test_what_cannot_be_answered_says_why(parameters, status, reason, said):
    answer = ask(**parameters)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert (answer.status_code, content["status"], content["reason"]) == (status, status, reason)
    assert said in content["detail"] and content["title"]


def test_a_date_in_another_way_comes_with_readings_that_are_known():
    assert ask(text="1994年9月27日").json()["offered"] == ["9/27/94"]
    assert ask(text="10/02/1993").json()["offered"] == ["10/2/93", "2/10/93"]
    assert ask(text="2/10/93").json()["offered"] == []


def test_a_changed_answer_says_what_was_changed():
    changes = [{"kind": "uniform"}, {"kind": "argmax", "off": True}]
    content = ask(text="2/10/93", lang="ja", changes=json.dumps(changes)).json()
    assert content["changed"] == "変更: 均等(全ステップ)"
    assert content["interventions"] == [{"kind": "uniform"}]
    assert content["fileName"] == "attention-2-10-93-changed"
    assert (ask(text="2/10/93").json()["changed"], ask(text="2/10/93").json()["interventions"]) == ("", [])


def test_an_error_text_speaks_the_language():
    assert (
        ask(text="", lang="ja").json()["detail"]
        == ask(text=" ", lang="ja").json()["detail"]
        != ask(text="").json()["detail"]
    )


def test_a_question_that_waits_lets_others_be_answered(monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(models, "is_known", lambda name: go_on.wait(20))
    # One loop for both questions, as in a server.
    with TestClient(Starlette(routes=[*api.routes(), *openapi.routes()])) as client, ThreadPoolExecutor() as others:
        waiting = others.submit(client.get, "/api/trace", params={"text": FIRST})
        try:
            assert client.get("/api/openapi.json").status_code == 200 and not waiting.done()
        finally:
            go_on.set()
        assert waiting.result(timeout=20).status_code == 200


def test_a_model_that_writes_no_dates_gets_no_verdict(monkeypatch):
    monkeypatch.setattr("viz_app.components.field.verdict_on", lambda trace: None)
    question = api.Question("date-attention", PIPELINE.digest, "1/1/99", (), (), "en", PIPELINE.read("1/1/99"))
    assert api.answer_to(question)["verdict"] is None


def test_a_model_that_is_deleted_meanwhile_is_one_that_there_is_not(monkeypatch, caplog):
    def gone(name):
        raise models.GoneModelError(f"there is no model {name!r}")

    monkeypatch.setattr(models, "pipeline", gone)
    answer = ask(text=FIRST)
    assert (answer.status_code, answer.json()["reason"]) == (404, "model-unknown")
    assert not caplog.records


def test_a_number_that_is_not_finite_is_an_error_and_no_null(monkeypatch, caplog):
    trace = replace(PIPELINE.trace("3/4/56"), scores=np.full((10, 29), np.nan, np.float32))
    monkeypatch.setattr(models, "trace", lambda *_: trace)
    assert ask(text="3/4/56").status_code == 500
    assert "numbers that are not finite" in caplog.text


def test_a_number_has_the_digits_that_a_float32_needs():
    content, weights = ask(text=FIRST).text, PIPELINE.trace(FIRST).weights
    assert weights is not None
    weight = weights[0, 0]
    assert f"{weight!s}"[:9] in content and repr(float(weight)) not in content


def test_what_nobody_expected_is_logged_and_not_shown(monkeypatch, caplog):
    monkeypatch.setattr(models, "is_known", lambda name: 1 / 0)
    with caplog.at_level(logging.ERROR):
        answer = ask(text=FIRST)
    assert answer.status_code == 500 and "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError" in caplog.text


@given(
    text=st.text(max_size=40),
    model=st.sampled_from(["date-attention", "date-seq2seq", "\udc80"]),
    changes=st.text(max_size=30),
)
def test_any_text_is_answered(text, model, changes):
    parameters = {"text": text, "model": model, "changes": changes}
    answer = ask(**{name: value.encode("utf-8", "surrogatepass") for name, value in parameters.items()})
    assert answer.status_code in {200, 400, 404, 422}
    assert set(answer.json().get("output", "")) <= set(DATE_VOCABULARY.characters)


def test_the_models_are_listed():
    listed = {model["name"]: model for model in CLIENT.get("/api/models").json()["models"]}
    assert {"date-attention", "date-peeky", "date-seq2seq"} <= listed.keys()
    assert listed["date-attention"]["digest"] == PIPELINE.digest
    assert [listed[name]["attention"] for name in ("date-attention", "date-peeky")] == [True, False]


def test_the_description_is_that_of_the_answers():
    described = CLIENT.get("/api/openapi.json").json()
    paths = described["paths"]
    assert set(paths) == {route.path for route in api.routes()}
    schema = paths["/api/trace"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    content = ask(text=FIRST).json()
    assert set(schema["properties"]) == set(content)
    assert set(described["components"]["schemas"]["Step"]["properties"]) == set(content["steps"][0])
    assert set(schema["properties"]["verdict"]["anyOf"][0]["properties"]) == set(content["verdict"])
    assert {p["name"] for p in paths["/api/trace"]["get"]["parameters"]} == {"model", "text", "changes", "lang"}


def test_a_text_that_cannot_be_read_is_no_error_to_whoever_looks_at_the_answer():
    """A browser notes every status but 200 in its console."""
    lenient = {"Prefer": "handling=lenient"}
    answer = CLIENT.get("/api/trace", params={"text": "é"}, headers=lenient)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/problem+json")
    assert answer.json() == ask(text="é").json() and answer.json()["status"] == ask(text="é").status_code == 422
    assert CLIENT.get("/api/trace", params={"text": "1", "model": "x"}, headers=lenient).status_code == 404


def test_a_date_is_one_that_can_be_decoded_and_another_every_time():
    dates = {CLIENT.get("/api/date").json()["text"] for _ in range(20)}
    assert len(dates) > 10
    assert {ask(text=text).json()["verdict"]["judgement"] for text in dates} == {"right"}
    assert CLIENT.get("/api/date").headers["cache-control"] == "no-store"


def get_file(**parameters):
    return CLIENT.get("/api/file", params={"text": FIRST} | parameters)


def test_a_decoding_as_a_file_is_what_the_page_shows():
    trace = PIPELINE.trace(FIRST, [Uniform()])
    changes = to_query((Change(Uniform()),))
    assert get_file(format="csv", changes=changes).text == files.to_csv(trace)
    assert get_file(format="json", changes=changes, step="3").json() == json.loads(files.to_json(trace))
    with np.load(io.BytesIO(get_file(format="npz", changes=changes).content), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["weights"], trace.weights)
    page = get_file(format="html", changes=changes, scale="greys", padding="1", lang="ja")
    assert page.text == files.to_html(trace, scale="greys", padding=True, language="ja")
    assert page.headers["content-disposition"] == 'attachment; filename="attention-september-27-1994-changed.html"'


@pytest.mark.parametrize(
    ("parameters", "status", "reason"),
    [
        ({"format": "exe"}, 400, "format-unknown"),
        ({"format": "html", "scale": "jet"}, 400, "scale-unknown"),
        ({"format": "csv", "colour": "red"}, 400, "parameter-unknown"),
        ({"format": "csv", "text": "é"}, 422, "text-unknown"),
        ({"format": "csv", "model": "x"}, 404, "model-unknown"),
    ],
)
def test_a_file_that_cannot_be_made_says_why(parameters, status, reason):
    answer = get_file(**parameters)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_the_page_describes_it_to_people():
    page = CLIENT.get("/api")
    assert page.headers["content-type"].startswith("text/html")
    assert "GET /api/trace" in page.text and "GET /api/models" in page.text and "openapi.json" in page.text
