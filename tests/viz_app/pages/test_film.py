"""The Film page: the payload holds what every frame decodes, and the page around it says what is wrong."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.alignment import score_alignment
from core.analysis.answers import answer_of
from core.data.gold import gold_padded
from core.data.source_text import AnyText, SourceText
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace
from core.exhibits.film import Film, Frame, load_frames, read_film
from core.models.spec import ModelSpec
from tests.traces import make_trace
from tests.viz_app.conftest import clear_caches
from viz_app.components.film import film_payload
from viz_app.session import films
from viz_app.text.i18n import translator

PAGE = "from viz_app.pages.film import film_page\nfilm_page()"
FIRST = "september 27, 1994"
_ = translator("en")


def frame(iteration: int, **changes: Any) -> Frame:
    values: dict[str, Any] = {
        "file": f"{iteration}.safetensors",
        "digest": f"{iteration:064d}",
        "iteration": iteration,
        "loss": 1.25 if iteration else None,
        "exact_match": 0.12345,
        "alignment_error_rate": 0.5,
    }
    return Frame(**values | changes)


FILM = Film(Path(), 350, 5166, ((20, 3.5), (40, 1.25)), (frame(0), frame(40), frame(1050)))


def payload_of(*outputs: str, text: str = FIRST) -> dict[str, Any]:
    """What the browser is told where the frames write these."""
    return film_payload(FILM, [make_trace(text, output, seed=i) for i, output in enumerate(outputs)], _=_)


# --- The payload ------------------------------------------------------------------------------------------------------


def test_a_frame_is_what_its_model_decodes() -> None:
    film = read_film()
    pipelines = load_frames(film, "cpu")
    traces = [pipeline.trace("2/10/93") for pipeline in pipelines]
    payload = film_payload(film, traces)
    assert json.loads(json.dumps(payload, allow_nan=False)) == payload
    assert payload["id"] == f"{film.digest}:2/10/93"
    assert "".join(payload["source"]) == "2/10/93".ljust(29) and payload["textLength"] == 7
    assert payload["losses"] == [list(point) for point in film.losses]
    for shown, trace, kept in zip(payload["frames"], traces, film.frames, strict=True):
        assert "".join(shown["output"]) == trace.output and shown["iteration"] == kept.iteration
        np.testing.assert_array_equal(np.array(shown["weights"], np.float32), trace.weights)
        chosen = trace.probabilities[np.arange(10), trace.output_ids]
        assert shown["probabilities"] == chosen.tolist()
        assert shown["probability"] == pytest.approx(np.prod(chosen.astype(np.float64)))
        assert trace.weights is not None
        total = score_alignment(trace.weights, gold_padded("2/10/93", 29), 7).total
        assert shown["errorRate"] == total.alignment_error_rate
        assert shown["right"] == [a == b for a, b in zip(trace.output, "1993-02-10", strict=True)]
        assert shown["whole"] == (trace.output == "1993-02-10") and "".join(shown["expected"]) == "1993-02-10"
        assert shown["loss"] == kept.loss
    assert [shown["whole"] for shown in payload["frames"]][::11] == [False, True]
    assert payload["frames"][0]["errorRate"] > payload["frames"][-1]["errorRate"]


def test_the_sentence_tells_the_moment_and_the_answer() -> None:
    first, second, third = (
        shown["sentence"] for shown in payload_of("1994-09-27", "1994-01-12", "1994-09-27")["frames"]
    )
    assert first == "Untrained: it writes 1994-09-27, which is right."
    assert second == "After 40 iterations, or 0.11 epochs: it writes 1994-01-12; 7 of 10 characters are right."
    assert third == "After 1,050 iterations, or 3.00 epochs: it writes 1994-09-27, which is right."


def test_the_measures_are_those_of_the_frame_and_of_the_date() -> None:
    shown = payload_of("1994-09-27", "1994-09-27", "1994-09-27")["frames"]
    untrained, trained = (
        dict(zip(("loss", "right", "whole", "date", "all"), s["measures"], strict=True)) for s in shown[:2]
    )
    assert untrained["loss"][1] == "–" and trained["loss"][1] == "1.2500"
    assert trained["right"] == ["Right answers", "12.3 %", "on 5,166 held-out dates"]
    assert trained["all"][1:] == ["0.50", "on 5,166 held-out dates"] and trained["date"][2] == "this date"
    assert trained["date"][1] == f"{shown[1]['errorRate']:.2f}"


@pytest.mark.parametrize(
    ("text", "why"), [("tomorrow", "No date that can be read"), ("2/30/93", "Not a real day")], ids=["words", "date"]
)
def test_where_nothing_is_right_nothing_is_called_wrong(text: str, why: str) -> None:
    shown = payload_of("1993-02-30", "1994-01-12", "1994-09-27", text=text)["frames"][1]
    assert (shown["right"], shown["whole"], shown["expected"], shown["errorRate"]) == (None, None, None, None)
    said = f"it writes 1994-01-12 ({why}; outside what the model was trained on)"
    assert shown["sentence"] == f"After 40 iterations, or 0.11 epochs: {said}."


def test_of_two_right_answers_the_nearer_one_counts() -> None:
    assert answer_of(make_trace("10/02/1993", "1993-10-02")).expected == "1993-10-02"
    answer = answer_of(make_trace("10/02/1993", "1993-02-11"))
    assert answer.expected == "1993-02-10" and answer.right == (True,) * 9 + (False,) and answer.whole is False


def test_a_trace_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="got 1 traces for 3 frames"):
        payload_of("1994-09-27")


# --- The page ---------------------------------------------------------------------------------------------------------


class FakeFrame:
    """A model of a frame: what it writes depends on the frame alone."""

    def __init__(self, number: int) -> None:
        self.number, self.asked = number, 0

    def read(self, text: AnyText) -> SourceText:
        return small().read(text)

    def trace(self, text: AnyText) -> DecodingTrace:
        self.asked += 1
        return make_trace(self.read(text).text, f"199{self.number}-09-27", seed=self.number)


def small() -> Pipeline:
    spec = ModelSpec("AttentionSeq2seq", 2, 2, DATE_VOCABULARY, True, "_", 29, 10)
    return Pipeline("small", spec.build(), spec, digest="")


@pytest.fixture
def frames(pipelines: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[FakeFrame]]:
    """Made-up models in the place of the film's."""
    fakes = [FakeFrame(i) for i in range(3)]
    monkeypatch.setattr("viz_app.session.films.read_film", lambda: FILM)
    monkeypatch.setattr("viz_app.session.films.load_frames", lambda film, device: tuple(fakes))
    yield fakes


def visit(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.context["locale"] = "en-US"
    app.query_params.update(query)
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def said(app: AppTest) -> list[str]:
    return [
        unescape(sentence)
        for html in app.html
        for sentence in re.findall(r'<p class="message \w+" role="\w+" dir="auto">(.*?)</p>', html.proto.body)
    ]


def shown(app: AppTest) -> dict[str, Any]:
    """The payload of the component on the page."""
    (component,) = app.get("bidi_component")
    payload: dict[str, Any] = json.loads(component.proto.json)
    return payload


def test_every_frame_decodes_a_date_once(frames: list[FakeFrame]) -> None:
    app = visit()
    assert ["".join(f["output"]) for f in shown(app)["frames"]] == [f"199{i}-09-27" for i in range(3)]
    app.text_input("text").set_value("2/10/93")
    app.button[0].click()
    run(app)
    assert "".join(shown(app)["source"]).strip() == "2/10/93"
    run(app)
    assert [f.asked for f in frames] == [2, 2, 2]


def test_a_text_that_cannot_be_read_leaves_the_film_where_it_was(frames: list[FakeFrame]) -> None:
    app = visit(text="日")
    assert "has not learned" in said(app)[0]
    assert "".join(shown(app)["source"]).strip() == FIRST


@pytest.mark.parametrize("bad", ["0", "4", "-1", "1.5", "x", "", "<b>", "1" * 200])
def test_a_frame_that_there_is_not_is_said_until_something_else_is_chosen(frames: list[FakeFrame], bad: str) -> None:
    app = visit(frame=bad)
    (sentence,) = said(app)
    assert f"frame={bad[:40]}" in sentence and "does not exist here" in sentence
    assert said(run(app)) == [sentence]
    app.text_input("text").set_value("2/10/93")
    app.button[0].click()
    assert said(run(app)) == []


@pytest.mark.parametrize("good", ["1", "3"])
def test_a_frame_that_there_is_needs_no_words(frames: list[FakeFrame], good: str) -> None:
    assert said(visit(frame=good)) == []


def test_a_film_that_is_not_there_is_one_sentence(
    frames: list[FakeFrame], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("viz_app.session.films.read_film", lambda: read_film(tmp_path))
    assert said(visit()) == ["The film cannot be shown: its files on this server are missing or damaged."]


def test_the_decodings_belong_to_the_film(frames: list[FakeFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    films.traces("2/10/93")
    films.traces(" 2/10/93 ")
    assert frames[0].asked == 1
    other = dataclasses.replace(FILM, frames=(frame(0), frame(40), frame(1051)))
    films.loaded.clear()
    monkeypatch.setattr("viz_app.session.films.read_film", lambda: other)
    films.traces("2/10/93")
    assert frames[0].asked == 2
    clear_caches()
