"""The Step page as Streamlit runs it: what a visitor asks for, what they get, and what it costs the server."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.data.dates import FAMILIES
from core.decoding.pretrained import available_models
from viz_app.export.files import FILES
from viz_app.session import models
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.narration import narrate

PAGE_SCRIPT = Path(__file__).resolve().parents[4] / "viz_app" / "main.py"
FIRST = "september 27, 1994"
EXAMPLES = [family.example for family in FAMILIES]


def unpacked(sent: dict[str, Any]) -> dict[str, Any]:
    """As `unpacked` in viz_app/components/shared/mounting.js."""
    together: dict[str, Any] = {}
    for text in sent.pop("packed", []):
        together |= json.loads(text)
    return together | sent


class Visit:
    """A visitor on the Step page."""

    def __init__(self, locale: str = "en-US", **query: str) -> None:
        self.app = AppTest.from_file(str(PAGE_SCRIPT), default_timeout=30)
        self.app.context["locale"] = locale
        self.app.query_params.update(query)
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception

    def type(self, text: str) -> None:
        """Come by the address of a text, as the stage writes it and as people edit it."""
        self.app.query_params.update(text=text, step="10")
        self.run()

    def choose(self, key: str, value: str) -> None:
        self.app.button_group(key).set_value(value)
        self.run()

    def press(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click()
        self.run()

    @property
    def stage(self) -> dict[str, Any]:
        """What the browser's part of the stage was given."""
        (stage,) = [given for given in self._components() if "steps" in given]
        return stage

    @property
    def field(self) -> dict[str, Any]:
        """What the browser's part of the field was given."""
        (field,) = [given for given in self._components() if "examples" in given]
        return field

    def _components(self) -> list[dict[str, Any]]:
        return [unpacked(json.loads(component.proto.json)) for component in self.app.get("bidi_component")]

    @property
    def output(self) -> str:
        return "".join(step["character"] for step in self.stage["steps"])

    @property
    def typed(self) -> str:
        return "".join(self.stage["source"][: self.stage["textLength"]])

    def messages(self, tone: str) -> list[str]:
        """Sentences on the page that stand apart from the field, as HTML."""
        pattern = rf'<p class="message {tone}" role="\w+" dir="auto">(.*)</p>'
        bodies = [element.proto.body for element in self.app.html]
        return [match[1] for body in bodies if (match := re.fullmatch(pattern, body, re.DOTALL))]

    def said(self, tone: str) -> list[str]:
        """Sentences on the page, as HTML."""
        said = self.field["said"]
        kept = [self.field["strings"]["kept"].format(text=said["kept"])] if said["kept"] else said["notes"]
        beside = [said["problem"]] if said["problem"] else []
        return [*self.messages(tone), *map(html.escape, beside if tone == "error" else kept)]

    @property
    def url(self) -> dict[str, str]:
        return dict(self.app.query_params)


@pytest.fixture
def decoded(pipelines):
    """The texts that the models were asked to decode."""
    return lambda: [(name, text) for name, pipeline in pipelines.items() for text in pipeline.asked]


# --- Arriving ---------------------------------------------------------------------------------------------------------


def test_a_picture_at_once_for_one_decoding(decoded):
    visit = Visit()
    assert (visit.typed, visit.output, visit.stage["step"]) == (FIRST, "1994-09-27", 9)
    assert visit.field["said"] == visit.stage["said"]
    assert visit.stage["said"]["typed"] == visit.stage["question"]["text"] == FIRST
    assert decoded() == [("date-attention", FIRST)]
    assert visit.url == {}
    assert visit.said("error") == visit.said("note") == []


def test_running_again_or_a_second_visitor_decodes_nothing(decoded):
    Visit().run()
    Visit(locale="ko-KR")
    assert decoded() == [("date-attention", FIRST)]


def test_plotly_is_not_loaded_before_somebody_asks(pipelines):
    visit = Visit()
    assert len(visit.app.get("plotly_chart")) == 0
    assert [expander.label for expander in visit.app.expander] == [
        "Beam search: more than one beginning kept",
        "The same map as a plotly figure: zoom, hover, and steps of its own",
    ]


def test_every_step_is_told_in_the_visitors_language(pipelines):
    visit = Visit(locale="ja-JP")
    trace = pipelines["date-attention"].trace(FIRST)
    told = [narrate(trace, step, translator("ja")) for step in range(10)]
    assert [step["sentence"] for step in visit.stage["steps"]] == told
    assert visit.stage["strings"]["play"] == "再生"


# --- Asking for a date ------------------------------------------------------------------------------------------------


def test_an_address_of_another_date_costs_one_decoding(decoded):
    visit = Visit(step="3")
    visit.type("2/10/93")
    assert (visit.typed, visit.output, visit.stage["step"]) == ("2/10/93", "1993-02-10", 9)
    assert visit.stage["link"] == {"text": "2/10/93", "lang": "en"}
    assert decoded() == [("date-attention", FIRST), ("date-attention", "2/10/93")]


def test_there_is_an_example_of_every_family(pipelines):
    assert Visit().field["examples"] == EXAMPLES


def test_what_the_browser_may_ask_by_itself(pipelines):
    stage = Visit(text="2/10/93").stage
    assert stage["question"] == {"model": "date-attention", "text": "2/10/93", "changes": ""}
    assert (stage["api"], stage["firstText"], stage["heard"]) == ("/api/trace", FIRST, 0)
    assert Visit().field["random"] == "/api/date"


def test_below_another_address_everything_is_asked_there(pipelines, monkeypatch):
    monkeypatch.setattr("viz_app.pages.step.page.st.get_option", lambda name: "/school/dates/")
    visit = Visit()
    assert (visit.stage["api"], visit.field["random"]) == ("/school/dates/api/trace", "/school/dates/api/date")
    assert {file["address"] for file in visit.stage["files"]} == {"/school/dates/api/file"}


def test_another_model_decodes_the_same_text(decoded):
    visit = Visit(text="2/10/93")
    assert visit.stage["steps"][0]["weights"] is not None
    visit.choose("model", "date-seq2seq")
    assert visit.typed == "2/10/93"
    assert visit.stage["steps"][0]["weights"] is None
    assert [expander.label for expander in visit.app.expander] == ["Beam search: more than one beginning kept"]
    assert visit.url == {"text": "2/10/93", "model": "date-seq2seq", "lang": "en"}
    assert visit.stage["question"]["model"] == "date-seq2seq"
    assert decoded() == [("date-attention", "2/10/93"), ("date-seq2seq", "2/10/93")]


def test_the_model_is_described_and_its_accuracy_said(pipelines):
    texts = [text.value for text in Visit(model="date-peeky").app.text]
    assert texts[:2] == [
        "It reads the date into one vector and shows this vector to every step.",
        "Of 5,000 held-out dates in its seven ways of writing, 99.9 % right.",
    ]


# --- Mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "   ", "x", "y" * 30, "9\N{EYES}", "a\x00b", "\u202e1", "y" * 100_000])
def test_a_mistake_is_told_and_the_last_good_picture_stays(decoded, text):
    visit = Visit()
    visit.type("2/10/93")
    before = visit.stage
    visit.type(text)
    assert len(visit.said("error")) == 1
    assert visit.stage["said"] == visit.field["said"] != before["said"]
    assert visit.stage | {"said": 0} == before | {"said": 0}
    visit.type(" 2/10/93")
    assert visit.said("error") == []
    assert decoded() == [("date-attention", FIRST), ("date-attention", "2/10/93")]


def test_a_mistake_is_told_in_another_language_when_that_changes(pipelines):
    visit = Visit()
    visit.type("x")
    visit.choose("lang", "ja")
    (sentence,) = visit.said("error")
    assert sentence.startswith("モデルが学習していない文字があります:1文字目の&#x27;x&#x27;")
    assert visit.field["said"]["typed"] == "x"


def test_what_was_put_right_is_said(pipelines):
    visit = Visit()
    visit.type("２/１０/９３ ")
    assert visit.typed == visit.stage["link"]["text"] == visit.field["said"]["typed"] == "2/10/93"
    assert len(visit.said("note")) == 2
    assert visit.said("error") == []


def test_a_link_full_of_mistakes_is_answered_with_sentences(decoded):
    visit = Visit(text="<b>x</b>", model="<i>", step="11", lang="tlh", scale="red", padding="2")
    errors = visit.said("error")
    assert len(errors) == 6
    assert "“&lt;i&gt;”" in errors[1]
    assert "&#x27;&lt;&#x27; at position 1" in errors[5]
    assert "<" not in "".join(errors)
    assert (visit.typed, visit.stage["step"], visit.stage["scale"]) == (FIRST, 9, "ink")
    assert decoded() == [("date-attention", FIRST)]


def test_a_good_part_of_a_bad_link_is_kept(pipelines):
    visit = Visit(text="2/10/93", model="none", step="3", lang="ko", scale="greys", padding="1")
    stage = visit.stage
    assert (visit.typed, stage["step"], stage["language"], stage["scale"], stage["padding"]) == (
        "2/10/93",
        2,
        "ko",
        "greys",
        True,
    )
    assert len(visit.said("error")) == 1


def test_an_enormous_link_is_answered(pipelines):
    visit = Visit(text="y" * 100_000)
    assert len(visit.said("error")) == 1
    assert visit.field["said"]["typed"] == "y" * 100
    visit.run()
    assert len(visit.said("error")) == 1


def test_a_broken_model_is_a_calm_sentence(pipelines, caplog):
    del pipelines["date-peeky"]
    visit = Visit(model="date-peeky")
    assert visit.messages("error") == [
        "Something went wrong on this page. It has been noted; reloading the page may help."
    ]
    assert "KeyError: 'date-peeky'" in caplog.text


def test_a_model_that_is_deleted_while_the_page_is_drawn_is_told_as_one_that_is_gone(pipelines, monkeypatch, caplog):
    there = iter([True])
    monkeypatch.setattr("viz_app.session.models.is_gone", lambda name: name == "run-7" and not next(there, False))
    monkeypatch.setattr("viz_app.session.models.names", lambda: ["date-attention", "run-7"])
    monkeypatch.setattr("viz_app.session.models.is_of_run", lambda name: False)

    def pipeline(name):
        if name == "run-7":
            raise models.GoneModelError("there is no model 'run-7'")
        return pipelines[name]

    monkeypatch.setattr("viz_app.session.models.pipeline", pipeline)
    visit = Visit(model="run-7")
    assert visit.stage["question"]["model"] == "date-attention"
    assert "run-7" in visit.said("error")[0]
    assert "could not be drawn" not in caplog.text


# --- Sharing, languages, files ----------------------------------------------------------------------------------------


def test_a_link_carries_the_whole_view(pipelines):
    visit = Visit(text="2/10/93", model="date-peeky", step="4", lang="ja", scale="greys", padding="1")
    assert visit.stage["link"] == visit.url
    widgets = {key: visit.app.button_group(key).value for key in ("lang", "model")}
    assert widgets == {"lang": "ja", "model": "date-peeky"}
    other = Visit(locale="ko-KR", **visit.stage["link"])
    assert other.stage == visit.stage


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_can_be_changed_and_the_view_stays(pipelines, language):
    visit = Visit(text="2/10/93", step="4")
    visit.choose("lang", language)
    assert (visit.typed, visit.stage["step"], visit.stage["language"]) == ("2/10/93", 3, language)
    assert visit.field["strings"]["date"] == translator(language)("Date")


def words(visit: Visit) -> set[str]:
    """Every text on the page that is not the visitor's own."""
    app = visit.app
    labels = [widget.label for kind in (app.button, app.text_input, app.expander) for widget in kind]
    options: Iterable[str] = [option for group in app.button_group for option in group.formatted_values or []]
    labels += [file["label"] for file in visit.stage["files"]]
    labels += [group.proto.label for group in app.button_group]
    stage = visit.stage
    sentences = [step["sentence"] for step in stage["steps"]]
    html = [html.proto.body for html in app.html if "<style>" not in html.proto.body]
    strings = [*stage["strings"].values(), *visit.field["strings"].values()]
    return {*labels, *options, *html, *sentences, *strings, *(text.value for text in app.text)}


@pytest.mark.parametrize("locale", ["ja-JP", "ko-KR"])
def test_nothing_stays_english_in_another_language(pipelines, locale):
    english = words(Visit())
    assert len(english) > 60
    assert english & words(Visit(locale=locale)) <= {"Attention", *EXAMPLES}


def test_files_are_offered_by_the_stage(pipelines):
    files = Visit(text="2/10/93").stage["files"]
    assert [file["label"] for file in files] == [
        "Web page (HTML)",
        "Table (CSV)",
        "Everything (JSON)",
        "NumPy arrays (NPZ)",
    ]
    assert [file["format"] for file in files] == list(FILES)


def test_the_shipped_models_are_offered():
    """The one test of this file that loads real parameters."""
    visit = Visit(text="2/10/93")
    assert visit.output == "1993-02-10"
    assert len(visit.app.button_group("model").options) == len(available_models()) > 0


# --- Right or wrong ---------------------------------------------------------------------------------------------------


def judged(visit: Visit) -> str:
    """The verdict's line, as it is drawn: sign and judgement; empty where there is none."""
    verdict = visit.field["said"]["verdict"]
    return f"{verdict['tone']}: {verdict['line']}" if verdict else ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2/10/93", "right: Right"),
        ("27 september 1994", "wrong: Wrong: 1994-09-27 is right; outside what the model was trained on"),
        ("2016-02-03", "wrong: Wrong: 2016-02-03 is right; outside what the model was trained on"),
        ("1/1/45", "wrong: Wrong: 2045-01-01 or 1945-01-01 is right; outside what the model was trained on"),
        ("2/30/93", "wrong: Not a real day; outside what the model was trained on"),
        ("hello", "open: No date that can be read; outside what the model was trained on"),
    ],
)
def test_the_answer_is_judged(pipelines, text, line):
    assert judged(Visit(text=text)) == line


def test_a_picture_that_stays_is_named_and_not_judged(pipelines):
    visit = Visit(text="2/10/93")
    assert judged(visit) and visit.said("note") == []
    visit.type("１９９４年")
    assert visit.said("note") == ["The picture still shows “2/10/93”."]
    assert not judged(visit)
    visit.type("2/10/93")
    assert judged(visit) and visit.said("note") == []


def test_who_takes_the_last_choice_away_has_it_still(pipelines):
    visit = Visit()
    for key in ("lang", "model"):
        visit.app.button_group(key).unselect(visit.app.button_group(key).value)
        visit.run()
    assert [visit.app.button_group(key).value for key in ("lang", "model")] == ["en", "date-attention"]
    assert visit.output == "1994-09-27"
