"""The Truth page as Streamlit runs it: verdict, measures, maps, and the run over the held-out dates."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.alignment import score_alignment
from core.analysis.influence import causal_map
from core.analysis.map_agreement import compare_maps
from core.analysis.saliency import saliency
from core.analysis.truth import Truth, measure_truth
from core.data.accuracy import Accuracy, Evaluation
from core.data.corpus import Corpus
from core.data.dates import make_pairs
from core.data.gold import gold_padded
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pipeline import Pipeline
from core.models.spec import ModelSpec
from tests.viz_app.conftest import clear_caches
from tests.viz_app.fake_models import MODELS
from viz_app.figures.gold import gold_shapes
from viz_app.pages.truth import measuring
from viz_app.text.i18n import translator
from viz_app.text.tables import number, percent

PAGE = "from viz_app.pages.truth.page import truth_page\ntruth_page()"
FIRST = "september 27, 1994"
CLASSES = {"date-attention": "AttentionSeq2seq", "date-peeky": "PeekySeq2seq", "date-seq2seq": "Seq2seq"}
CORPUS = Corpus.from_pairs(make_pairs(12, seed=3))
_ = translator("en")


def small(name: str) -> Pipeline:
    """A model that has learnt nothing."""
    spec = ModelSpec(CLASSES[name], 4, 6, DATE_VOCABULARY, True, "_", 29, 10)
    model = spec.build()
    rng = np.random.default_rng(5)
    for parameter in model.params:
        parameter[...] = rng.normal(size=parameter.shape)
    accuracy = json.dumps(Evaluation(Accuracy(5, 1), {}).to_dict())
    return Pipeline(name, model, spec, digest=f"digest of {name}", metadata={"accuracy": accuracy})


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Pipeline]]:
    """Small models in the place of the real ones; nothing was measured of them before."""
    pipelines = {name: small(name) for name in MODELS}
    monkeypatch.setattr("viz_app.session.models.load", pipelines.__getitem__)
    monkeypatch.setattr("viz_app.session.models.names", lambda: MODELS)
    monkeypatch.setattr("viz_app.pages.truth.measuring.held_out_dates", lambda: CORPUS)
    monkeypatch.setattr("viz_app.pages.truth.measuring.shipped_truth", lambda pipeline: None)
    clear_caches()
    yield pipelines
    clear_caches()


class HeldUp:
    """A measuring that waits at a quarter until it may go on."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()

    def measure(self, pipeline: Pipeline, corpus: Corpus, progress: Any) -> Truth:
        progress(1, 4)
        self.started.set()
        assert self.go_on.wait(30)
        progress(2, 4)
        return measure_truth(pipeline, corpus)


@pytest.fixture
def held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldUp]:
    hold = HeldUp()
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", hold.measure)
    yield hold
    hold.go_on.set()


@pytest.fixture
def pipeline(models: dict[str, Pipeline]) -> Pipeline:
    return models["date-attention"]


class Visit:
    """A visitor of the Truth page."""

    def __init__(self, locale: str = "en-US", **query: str) -> None:
        self.app = AppTest.from_string(PAGE, default_timeout=60)
        self.app.context["locale"] = locale
        self.app.query_params.update(query)
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception

    def press(self, key: str) -> None:
        self.app.button(key).click()
        self.run()

    def has(self, key: str) -> bool:
        return key in [button.key for button in self.app.button]

    @property
    def html(self) -> str:
        return "\n".join(html.proto.body for html in self.app.html if "<style>" not in html.proto.body)

    def said(self, tone: str) -> list[str]:
        return re.findall(rf'<p class="message {tone}" role="\w+" dir="auto">(.*?)</p>', self.html)

    @property
    def verdict(self) -> str:
        (box,) = re.findall(r'<div class="verdict \w+" role="status">(.*)</div>', self.html)
        return unescape(re.sub("<.*?>", " ", box))

    def table(self, caption: str) -> list[list[str]]:
        """The rows of a table, without its head."""
        (body,) = re.findall(rf"<caption>{re.escape(caption)}</caption>.*?<tbody>(.*?)</tbody>", self.html)
        rows = re.findall("<tr>(.*?)</tr>", body)
        return [[unescape(cell) for cell in re.findall("<t[hd].*?>(.*?)</t[hd]>", row)] for row in rows]

    @property
    def values(self) -> list[str]:
        return re.findall("<dd><strong>(.*?)</strong>", self.html)

    @property
    def figures(self) -> list[dict[str, Any]]:
        return [json.loads(chart.proto.spec) for chart in self.app.get("plotly_chart")]

    def words(self) -> set[str]:
        """Every text on the page."""
        app = self.app
        labels = [
            widget.label for kind in (app.button, app.toggle, app.text) for widget in kind if hasattr(widget, "label")
        ]
        return {unescape(text) for text in [*labels, *re.findall(">([^<>]+)<", self.html)]}


# --- One date ---------------------------------------------------------------------------------------------------------


def test_the_page_says_what_the_oracle_says(pipeline: Pipeline) -> None:
    visit = Visit(text="2/30/93")
    output = pipeline.trace("2/30/93").output
    assert f"There is no day “2/30/93”, so no answer is right; the model wrote {output}." in visit.verdict
    assert "There was no day in the training that does not exist." in visit.verdict


def test_measures_are_those_of_core(pipeline: Pipeline) -> None:
    visit = Visit(text="2/10/93")
    trace = pipeline.trace("2/10/93")
    assert trace.weights is not None
    gold = gold_padded("2/10/93", 29)
    scores = score_alignment(trace.weights, gold, 7)
    total = scores.total
    assert visit.values == [
        percent(total.argmax_on_gold, _),
        percent(total.mass_on_gold, _),
        number(total.alignment_error_rate),
        percent(total.coverage, _),
        f"{number(total.entropy)} bits",
        percent(total.mass_on_padding, _),
    ]
    rows = visit.table("Step by step")
    assert [row[3] for row in rows] == ["93", "93", "9", "3", "–", "2", "2", "–", "1", "0"]
    assert [row[5] for row in rows] == [percent(step.mass_on_gold, _) for step in scores.steps]
    assert [row[6] for row in rows] == [number(step.entropy) for step in scores.steps]
    hits = {None: "–", 0.0: "no", 1.0: "yes"}
    assert [row[4] for row in rows] == [hits[step.argmax_on_gold] for step in scores.steps]


def test_gold_is_outlined_and_can_be_left_out(pipeline: Pipeline) -> None:
    visit = Visit()
    gold = gold_padded(FIRST, 29)
    (figure,) = visit.figures
    assert len(figure["layout"]["shapes"]) == len(gold_shapes(gold)) == 16
    visit.app.toggle("truth_outlined").set_value(False)
    visit.run()
    (figure,) = visit.figures
    assert not figure["layout"].get("shapes")


def test_a_text_without_gold_is_measured_without_it(pipeline: Pipeline) -> None:
    visit = Visit(text="tomorrow")
    assert "No day can be read in “tomorrow”" in visit.verdict
    assert len(visit.said("note")) == 1
    assert visit.values[:4] == ["–", "–", "–", "–"] and visit.values[4] != "–"
    assert len(visit.app.toggle) == 0


def test_nothing_is_computed_before_somebody_asks(models: dict[str, Pipeline], monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        pytest.fail("computed before anybody asked")

    for name in ("causal_map", "saliency"):
        monkeypatch.setattr(f"viz_app.session.pool_work.{name}", forbidden)
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", forbidden)
    visit = Visit()
    assert visit.has("truth_compare") and visit.has("truth_run")


# --- Maps -------------------------------------------------------------------------------------------------------------


def test_the_maps_and_their_agreement_are_those_of_core(pipeline: Pipeline) -> None:
    visit = Visit(text="2/10/93")
    visit.press("truth_compare")
    assert len(visit.figures) == 4
    trace, influence, slopes = pipeline.trace("2/10/93"), causal_map(pipeline, "2/10/93"), saliency(pipeline, "2/10/93")
    assert trace.weights is not None
    pairs: list[tuple[Any, Any]] = [
        (trace.weights, influence.forced.moved),
        (trace.weights, slopes.norm),
        (influence.forced.moved, slopes.norm),
    ]
    agreements = [compare_maps(a[:, :7], b[:, :7], least=0.01) for a, b in pairs]
    rows = visit.table("Rank correlation of the maps, step by step")
    assert [row[0] for row in rows] == ["Attention and influence", "Attention and saliency", "Influence and saliency"]
    assert [row[1] for row in rows] == [number(agreement.mean) for agreement in agreements]
    assert [row[3:] for row in rows] == [list(map(number, agreement.steps)) for agreement in agreements]


def test_gradient_times_input_stands_in_the_place_of_saliency(pipeline: Pipeline) -> None:
    visit = Visit(text="2/10/93")
    visit.press("truth_compare")
    visit.app.segmented_control("truth_saliency").set_value("times_input")
    visit.run()
    trace, influence, slopes = pipeline.trace("2/10/93"), causal_map(pipeline, "2/10/93"), saliency(pipeline, "2/10/93")
    assert trace.weights is not None
    signed = slopes.times_input
    (drawn,) = visit.figures[-1]["data"]
    sizes = np.abs(signed) / np.abs(signed).sum(axis=1, keepdims=True)
    z = np.frombuffer(b64decode(drawn["z"]["bdata"]), drawn["z"]["dtype"]).reshape(10, 29)
    np.testing.assert_allclose(z, sizes, rtol=1e-5)
    minus = np.array(drawn["text"])[:, :7] == "\N{MINUS SIGN}"
    np.testing.assert_array_equal(minus, (signed[:, :7] < 0) & (sizes[:, :7] >= 0.02))
    assert minus.any() and not minus.all()
    shown = f"{signed[0, 2]:+.3f}".replace("-", "\N{MINUS SIGN}")
    assert f"gradient times input {shown}" in drawn["hovertext"][0][2]
    rows = visit.table("Rank correlation of the maps, step by step")
    pairs: list[tuple[Any, Any]] = [
        (trace.weights, influence.forced.moved),
        (trace.weights, np.abs(signed)),
        (influence.forced.moved, np.abs(signed)),
    ]
    agreements = [compare_maps(a[:, :7], b[:, :7], least=0.01) for a, b in pairs]
    assert [row[0] for row in rows][1:] == ["Attention and gradient times input", "Influence and gradient times input"]
    assert [row[1] for row in rows] == [number(agreement.mean) for agreement in agreements]


def test_maps_are_of_the_text_that_was_asked_for(pipeline: Pipeline) -> None:
    visit = Visit(text="2/10/93")
    visit.press("truth_compare")
    visit.app.text_input("text").set_value("3/4/05")
    next(button for button in visit.app.button if button.label == "Decode").click()
    visit.run()
    assert visit.has("truth_compare") and len(visit.figures) == 1


@pytest.mark.parametrize("model", ["date-peeky", "date-seq2seq"])
def test_without_attention_the_rest_still_works(models: dict[str, Pipeline], model: str) -> None:
    visit = Visit(text="2/10/93", model=model)
    assert "“2/10/93” means 1993-02-10" in visit.verdict
    assert [note.split(",")[0] for note in visit.said("note")] == [
        "This model has no attention",
        "This model has no attention that could be changed.",
    ]
    assert not visit.has("truth_run")
    visit.press("truth_compare")
    assert len(visit.figures) == 2
    assert [row[0] for row in visit.table("Rank correlation of the maps, step by step")] == ["Influence and saliency"]


# --- The held-out dates -----------------------------------------------------------------------------------------------


def expect_truth(visit: Visit, truth: Truth) -> None:
    rows = visit.table("Answers that are right to the last character, by what was done to the attention")
    assert [row[0] for row in rows] == [
        "as it is",
        "All on the largest",
        "No padding",
        "Where it should look",
        "Even",
        "Shuffled",
    ]
    assert [row[1] for row in rows] == [percent(e.exact_match, _, 2) for e in truth.experiments.values()]
    steps = visit.table("By the step")
    assert [row[3] for row in steps] == [number(step.entropy) for step in truth.alignment.whole.steps]
    families = visit.table("By the way the date is written")
    assert [int(row[1]) for row in families] == [group.n for group in truth.alignment.families.values()]
    rates = [number(group.total.alignment_error_rate, 3) for group in truth.alignment.families.values()]
    assert [row[4] for row in families] == rates


def test_what_was_measured_before_is_shown_at_once(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = measure_truth(pipeline, CORPUS)
    monkeypatch.setattr("viz_app.pages.truth.measuring.shipped_truth", lambda pipeline: truth)
    visit = Visit()
    expect_truth(visit, truth)
    assert "Measured before this model was shipped." in visit.html


def test_a_damaged_file_of_measurements_is_as_good_as_none(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    def damaged(pipeline: Pipeline) -> Truth:
        raise ValueError("not the measurements of a model")

    monkeypatch.setattr("viz_app.pages.truth.measuring.shipped_truth", damaged)
    visit = Visit()
    assert visit.has("truth_run") and visit.said("error") == []
    assert "not the measurements of a model" in caplog.text


def test_one_click_measures_for_every_visitor(pipeline: Pipeline) -> None:
    visit = Visit()
    visit.press("truth_run")
    measuring.measurements().wait()
    for later in (visit, Visit()):
        later.run()
        expect_truth(later, measure_truth(pipeline, CORPUS))
        assert "Measured on this server" in later.html


def test_a_run_is_seen_by_all_and_stopped_by_who_started_it(pipeline: Pipeline, held_up: HeldUp) -> None:
    visit = Visit()
    visit.press("truth_run")
    held_up.started.wait(10)
    visit.run()
    other, elsewhere = Visit(), Visit(model="date-peeky")
    assert visit.has("truth_stop") and not other.has("truth_stop")
    assert not other.has("truth_run") and not elsewhere.has("truth_stop")
    assert [p.proto.text for p in other.app.get("progress")] == ["Decoding the held-out dates: 25 %"]
    visit.press("truth_stop")
    held_up.go_on.set()
    measuring.measurements().wait()
    visit.run()
    assert visit.has("truth_run")
    assert "Measured" not in visit.html


def test_a_run_that_fails_is_told(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("viz_app.pages.truth.measuring.measure_truth", lambda *_: 1 / 0)
    visit = Visit()
    visit.press("truth_run")
    measuring.measurements().wait()
    visit.run()
    assert visit.said("error") == ["The measuring has failed. It has been noted; it can be tried again."]
    assert "ZeroDivisionError" in caplog.text


# --- Bad input, languages ---------------------------------------------------------------------------------------------


def test_a_link_full_of_nonsense_keeps_the_page(pipeline: Pipeline) -> None:
    visit = Visit(text="<b>\u202e", model="<i>", step="99", lang="tlh", scale="red", padding="7")
    assert len(visit.said("error")) == 6
    assert FIRST in visit.verdict
    assert "<b>" not in visit.html and "<i>" not in visit.html


def test_what_was_typed_is_never_read_as_html(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    trace = replace(pipeline.trace(FIRST), output="<script>12")
    monkeypatch.setattr("viz_app.session.models.trace", lambda *_: trace)
    visit = Visit()
    assert "<script>12" in visit.verdict and "<script>" not in visit.html


@pytest.mark.parametrize("locale", ["ja-JP", "ko-KR"])
def test_nothing_stays_english_in_another_language(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    truth = measure_truth(pipeline, CORPUS)
    monkeypatch.setattr("viz_app.pages.truth.measuring.shipped_truth", lambda pipeline: truth)

    def all_words(locale: str) -> set[str]:
        visit = Visit(locale=locale, text="thursday, june 6, 2008")
        visit.press("truth_compare")
        return {word for word in visit.words() if re.search("[a-zA-Z]{3}", word)}

    english = all_words("en-US")
    assert len(english) > 80
    examples = {group for group in english if re.search(r"\d{2}", group) and len(group) < 30 and "%" not in group}
    assert (english & all_words(locale)) - examples <= {"june", "Attention"}
