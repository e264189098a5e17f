"""The Ladder page as Streamlit runs it: three rungs and the visitor's own, with the numbers of models and files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.answers import answer_of
from core.data.dates import FAMILIES
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.exhibits.seeds import Spread, write_spread
from core.models.parameters import CheckpointError
from core.runs.store import RunStore
from core.training.recipe import Recipe
from core.training.trainer import EpochResult
from tests.traces import make_trace
from tests.viz_app.conftest import clear_caches
from tests.viz_app.made_runs import TINY, finished_run
from viz_app.pages.ladder.comparison import accuracy_line, seeds_sentence
from viz_app.pages.ladder.rung_html import ladder_html, what_is_new
from viz_app.pages.ladder.rungs import SHIPPED, Rung, rungs_of
from viz_app.session import models
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.tables import percent

PAGE = "from viz_app.pages.ladder.page import ladder_page\nladder_page()"
FIRST = "september 27, 1994"
_ = translator("en")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """The caches of the app are empty before and after."""
    clear_caches()
    yield
    clear_caches()


def visit(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.context["locale"] = "en-US"
    app.query_params.update(query)
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def drawings(app: AppTest) -> str:
    """The HTML of the drawings on the page."""
    return "\n".join(json.loads(part.proto.json).get("html", "") for part in app.get("bidi_component"))


def sections(html: str) -> list[str]:
    return re.findall(r'<section class="rung".*?</section>', html, re.DOTALL)


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<svg.*?</svg>", " ", html)))


def said(app: AppTest) -> list[str]:
    bodies = [html.proto.body for html in app.html]
    return [
        unescape(s)
        for body in bodies
        for s in re.findall(r'<p class="message \w+" role="\w+" dir="auto">(.*?)</p>', body)
    ]


# --- What the models do -----------------------------------------------------------------------------------------------


# Plain seq2seq gets the last one wrong.
@pytest.mark.parametrize("text", [FIRST, "tuesday, september 25, 1984", "JUN 17, 2013", "12/19/77"])
def test_every_rung_shows_what_its_model_does(text: str) -> None:
    shown = sections(drawings(visit(text=text)))
    assert len(shown) == 3
    for number, (name, section) in enumerate(zip(SHIPPED, shown, strict=True), start=1):
        pipeline = load_pretrained(name, "cpu")
        trace = pipeline.trace(text)
        answer = answer_of(trace)
        assert section.count(f">{number}. ") == 1
        letters = re.findall(r"<b style=[^>]*>(.)</b>", section)
        assert "".join(letters) == trace.output
        assert ("✓" in section) == (answer.whole is True)
        assert re.findall(r'<strong class="(\w+)"', section) == ["right" if answer.whole else "wrong"]
        marked = [kind == "wrong" for kind in re.findall(r'<li class="(\w+)"', section)]
        assert answer.right is not None and marked == [not right for right in answer.right]
        shares = [int(share) for share in re.findall(r'<small aria-hidden="true">\D*(\d+)</small>', section)]
        assert shares == [int(100 * step.probability + 1e-6) for step in trace]
        assert percent(answer.probability, _, 1) in plain(section)
        assert ('class="weights"' in section) == (name == "date-attention")
        assert ("No heatmap" in section) == (name != "date-attention")
        assert section.count('class="network"') == 1


def test_the_padding_stands_in_narrow_columns_of_the_heatmap() -> None:
    section = sections(drawings(visit(text="2/10/93")))[2]
    trace = load_pretrained("date-attention", "cpu").trace("2/10/93")
    assert trace.weights is not None
    told = re.findall(r"<title>(.) ← (.): ([\d.]+)</title>", section)
    assert [[float(weight) for *_pair, weight in told[29 * i : 29 * i + 29]] for i in range(10)] == [
        [pytest.approx(float(weight), abs=0.0006) for weight in row] for row in trace.weights
    ]
    assert "".join(source for _written, source, _weight in told[:29]) == "2/10/93".ljust(29, "·")


def test_where_no_answer_is_right_none_is_called_so() -> None:
    for section in sections(drawings(visit(text="2/30/93"))):
        assert "Not a real day; outside what the model was trained on" in section
        assert '<li class="wrong"' not in section and "✗ Not a real day" in section and section.count("✗") == 1


def test_a_text_that_cannot_be_read_leaves_the_rungs_where_they_were() -> None:
    app = visit(text="日本")
    assert "has not learned" in said(app)[0] and len(sections(drawings(app))) == 3


def test_nothing_that_is_typed_becomes_markup() -> None:
    trace = make_trace("<b>&", "1994-09-27")
    shown = [replace(rung, trace=trace) for rung in rungs_of([], FIRST)]
    html = ladder_html(shown, "greys", "en", _)
    assert "<b>&" not in html and "&lt;" in html


# --- What the files say -----------------------------------------------------------------------------------------------


def test_the_table_has_the_numbers_of_the_files() -> None:
    app = visit()
    (body,) = [html.proto.body for html in app.html if "by the way they are written" in html.proto.body]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", body)]
    assert rows[0] == ["Written like", "Plain seq2seq", "Peeky", "Attention"]
    measured = [json.loads(load_pretrained(name, "cpu").metadata["accuracy"]) for name in SHIPPED]
    for family, row in zip(FAMILIES, rows[1:], strict=False):
        shares = [percent(one["families"][family.name]["exact_match"], _, 1) for one in measured]
        assert row == [family.example, *shares]
    assert rows[-1] == ["All", *(percent(one["exact_match"], _, 1) for one in measured)]


def test_the_curves_are_those_of_the_seeds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("viz_app.pages.ladder.comparison.PRETRAINED_FOLDER", tmp_path)
    spread = Spread(Recipe(), 100, {3: (0.2, 0.9), 0: (0.1, 0.8), 1: (0.4, 1.0)})
    (tmp_path / "date-peeky").mkdir()
    write_spread(tmp_path / "date-peeky", spread)
    shown = rungs_of([], FIRST)
    lines = [accuracy_line(rung, i, _) for i, rung in enumerate(shown)]
    assert [line.name for line in lines] == ["Plain seq2seq", "Peeky", "Attention"]
    assert lines[1].points == [(1.0, 0.1), (2.0, 0.8)] and lines[1].band == [(1.0, 0.1, 0.4), (2.0, 0.8, 1.0)]
    assert lines[0].points == [] and not lines[0].band
    assert "(Peeky: 3 seeds)" in seeds_sentence(shown, _)
    (tmp_path / "date-peeky" / "seeds.json").write_text("{")
    clear_caches()
    assert accuracy_line(shown[1], 1, _).points == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_words(language: str) -> None:
    html = drawings(visit(lang=language))
    assert f'<div class="ladder" lang="{language}">' in html
    assert ("The encoder hands" in html) == (language == "en")


# --- The visitor's own models -----------------------------------------------------------------------------------------


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two finished runs: copies of shipped models under the names of runs."""
    real = {"run-1": "date-peeky", "run-7": "date-attention"}
    made = {
        "run-1": SimpleNamespace(number=1, name="", options=SimpleNamespace(model="peeky")),
        "run-7": SimpleNamespace(number=7, name="mine <b>", options=SimpleNamespace(model="attention")),
    }
    monkeypatch.setattr("viz_app.session.models.names", lambda: [*SHIPPED, *real])
    monkeypatch.setattr("viz_app.session.models.run_of", made.get)
    monkeypatch.setattr("viz_app.session.models.load", lambda name: load_pretrained(real.get(name) or name, "cpu"))
    store = SimpleNamespace(epochs=lambda number: [EpochResult(1, 0.5, 0.25, 9.0), EpochResult(2, 0.1, 0.75, 9.0)])
    monkeypatch.setattr("viz_app.pages.ladder.comparison.runs", SimpleNamespace(store=lambda: store))
    return list(real)


def test_own_models_stand_beside_those_that_ship(own: list[str]) -> None:
    app = visit()
    assert len(sections(drawings(app))) == 3
    app.multiselect("ladder_beside").set_value(own)
    run(app)
    shown = sections(drawings(app))
    assert len(shown) == 5 and "mine &lt;b&gt;" in shown[4] and "<b>&lt;" not in shown[4]
    assert 'class="weights"' not in shown[3] and 'class="weights"' in shown[4]
    rung = Rung("run-7", None, load_pretrained("date-attention", "cpu"), make_trace())
    line = accuracy_line(rung, 4, _)
    assert line.points == [(1.0, 0.25), (2.0, 0.75)] and not line.band


def test_the_model_of_the_link_stands_there_at_once(own: list[str]) -> None:
    assert len(sections(drawings(visit(model="run-7")))) == 4


def test_a_run_of_the_store_stands_there_with_its_own_curve(store: RunStore) -> None:
    run = finished_run(store, "mine", replace(TINY, recipe=replace(TINY.recipe, bidirectional=True, score="general")))
    app = visit(model=f"run-{run.number}")
    own = sections(drawings(app))[3]
    output = models.load(f"run-{run.number}").trace(FIRST).output
    assert "".join(re.findall(r"<b style=[^>]*>(.)</b>", own)) == output
    assert f"Run {run.number}: mine" in own and "“general”" in own and "both ends" in own
    rung = rungs_of([f"run-{run.number}"], FIRST)[3]
    epochs = store.epochs(run.number)
    assert accuracy_line(rung, 3, _).points == [(float(e.epoch), e.exact_match) for e in epochs] and len(epochs) == 2


def test_an_own_model_that_is_damaged_is_said_to_be(own: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    app = visit()

    def load(name: str) -> Pipeline:
        if name in own:
            raise CheckpointError("damaged")
        return load_pretrained(name, "cpu")

    monkeypatch.setattr("viz_app.session.models.load", load)
    app.multiselect("ladder_beside").set_value(["run-7"])
    run(app)
    assert len(sections(drawings(app))) == 3
    (sentence,) = said(app)
    assert sentence.startswith("“Run 7: mine <b>” cannot stand here: it cannot read this text, or its file")


def test_the_words_of_a_variant_are_said() -> None:
    rung = rungs_of([], FIRST)[2]
    spec = replace(rung.pipeline.spec, score="additive", bidirectional=True, mistake="context-not-fed")
    rung.pipeline.spec = spec
    words = what_is_new(rung, _)
    assert "“additive”" in words and "both ends" in words and "mistake" in words
