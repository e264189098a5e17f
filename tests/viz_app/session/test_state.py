"""A view survives the way into a URL and back, and whatever else a URL says breaks nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.analysis.running_code import STAGES
from core.decoding.interventions import ForceCharacter, Temperature, Uniform
from core.training.mistakes import MISTAKES
from viz_app.figures.colours import SCALES
from viz_app.session.changes import Change, Changes
from viz_app.session.state import LARGEST_SEED, STEPS, ViewState, from_query, to_query
from viz_app.text.i18n import LANGUAGES
from viz_app.text.messages import Problem

MODELS = ["date-attention", "date-peeky", "date-seq2seq"]

views = st.builds(
    ViewState,
    text=st.text(),
    model=st.sampled_from(MODELS),
    step=st.integers(1, STEPS),
    lang=st.sampled_from(list(LANGUAGES)),
    scale=st.sampled_from(list(SCALES)),
    padding=st.booleans(),
    changes=st.lists(
        st.builds(
            Change,
            st.builds(ForceCharacter, st.integers(0, 9), st.characters(codec="utf-8"))
            | st.builds(Temperature, st.floats(0.1, 10.0)),
            st.booleans(),
        ),
        max_size=5,
    ).map(tuple),
    stage=st.sampled_from(list(STAGES)),
    run=st.integers(0, 999_999_999),
    bug=st.sampled_from(list(MISTAKES)),
    quiz=st.integers(0, LARGEST_SEED),
)


@pytest.fixture(autouse=True, scope="module")
def models() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("viz_app.session.models.names", lambda: MODELS)
        yield


# --- View and parameters ----------------------------------------------------------------------------------------------


def test_parameters_of_a_view() -> None:
    view = ViewState(text="2/10/93", model="date-peeky", step=3, lang="ko", scale="greys", padding=True)
    assert to_query(view) == {
        "text": "2/10/93",
        "model": "date-peeky",
        "step": "3",
        "lang": "ko",
        "scale": "greys",
        "padding": "1",
    }


def test_a_url_leaves_out_defaults_but_says_the_language() -> None:
    assert to_query(ViewState()) == {"lang": "en"}


@given(views)
def test_there_and_back(view: ViewState) -> None:
    assert from_query(to_query(view), ViewState(lang="ja")) == (view, ())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "date"),
        ("model", ""),
        ("model", "../date-attention"),
        ("bug", ""),
        ("bug", "none"),
        ("stage", "cell"),
        ("stage", "Weights"),
        ("quiz", "-1"),
        ("quiz", "07"),
        ("quiz", str(LARGEST_SEED + 1)),
        ("quiz", "٣"),
        ("step", "0"),
        ("step", str(STEPS + 1)),
        ("step", "-1"),
        ("step", "1.0"),
        ("step", " 3"),
        ("step", "３"),
        ("step", "9" * 10_000),
        ("lang", "tlh"),
        ("lang", "-ja"),
        ("scale", "viridis"),
        ("padding", "true"),
        ("padding", ""),
        ("run", "-1"),
        ("run", "01"),
        ("run", "１"),
        ("run", "9" * 10_000),
    ],
)
def test_a_bad_value_is_reported_and_the_rest_is_kept(name: str, value: str) -> None:
    here = ViewState(text="2/10/93", model="date-peeky", step=4, lang="ko", scale="greys", padding=True)
    query = {**to_query(here), name: value}
    assert from_query(query, here) == (here, (Problem(name, value),))


def test_parameters_of_others_are_ignored() -> None:
    assert from_query({"utm_source": "x", "Text": "y", "embed": "true"}, ViewState()) == (ViewState(), ())


@pytest.mark.parametrize(("tag", "language"), [("ja-JP", "ja"), ("KO_kr", "ko"), ("JA", "ja"), ("en-GB", "en")])
def test_a_language_may_be_named_as_browsers_do(tag, language):
    view, problems = from_query({"lang": tag}, ViewState())
    assert (view.lang, problems) == (language, ())


@given(st.dictionaries(st.sampled_from(["text", "model", "step", "lang", "scale", "padding", "run", "x"]), st.text()))
def test_any_query_is_answered(query: dict[str, str]) -> None:
    view, problems = from_query(query, ViewState())
    assert view.text == query.get("text", ViewState().text)
    assert all(query[problem.parameter] == problem.value for problem in problems)


# --- View, URL and session --------------------------------------------------------------------------------------------


def page() -> None:
    """A page that reads and shows the view as the real ones do; texts with an "x" cannot be read."""
    from dataclasses import replace

    import streamlit as st

    from viz_app.session import state

    asked = state.requested()
    readable = "x" not in asked.text
    view = replace(asked, text=asked.text.strip() if readable else state.last_good_text())
    state.record_shown(view)
    st.session_state["result"] = (view, state.problems())
    st.button("text", on_click=lambda: state.request(text=" 2/10/93"))
    st.button("bad text", on_click=lambda: state.request(text="x"))
    st.button("model", on_click=lambda: state.request(model="date-peeky"))
    st.button("lang", on_click=lambda: state.request(lang="ko"))
    st.button("step", on_click=lambda: state.record_step(asked, 2))

    def no_step() -> None:
        for step in (10, -1, "1", None, 1.5):
            state.record_step(asked, step)

    st.button("no step", on_click=no_step)

    def stages() -> None:
        state.record_stage("scores")
        for stage in ("cell", "", None, 3, ["logits"]):
            state.record_stage(stage)

    st.button("stages", on_click=stages)

    def text_then_step() -> None:
        state.request(text="2/10/93")
        state.record_step(asked, 2)

    st.button("text, then step", on_click=text_then_step)

    def told(**more: object) -> None:
        state.record_told({"model": "date-attention", "text": "8/21/01", "step": 3, "count": 1} | more)

    st.button("told", on_click=told)
    st.button("told the model's step", on_click=lambda: told(text=asked.text))

    def told_nonsense() -> None:
        for more in ({"text": 1}, {"step": 10}, {"step": "1"}, {"step": None}, {"model": "date-peeky"}):
            told(count="x", **more)
        state.record_told({})

    st.button("told nonsense", on_click=told_nonsense)
    st.session_state["heard"] = state.heard()
    st.button("nothing")


class Visit:
    """A visitor's session: what the browser's URL says, what is on the screen."""

    def __init__(self, locale: str = "en-US", **query: str) -> None:
        self.app = AppTest.from_function(page)
        self.app.context["locale"] = locale
        self.browse(**query)

    def browse(self, **query: str) -> None:
        """Come by another URL, as by the browser's Back button."""
        self.app.query_params.clear()
        self.app.query_params.update(query)
        self.app.run()
        assert not self.app.exception

    def click(self, label: str) -> None:
        next(button for button in self.app.button if button.label == label).click()
        self.app.run()
        assert not self.app.exception

    @property
    def url(self) -> dict[str, str]:
        return dict(self.app.query_params)

    @property
    def view(self) -> ViewState:
        return self.app.session_state["result"][0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.app.session_state["result"][1]


def test_first_visit_has_the_defaults_and_leaves_the_url_alone() -> None:
    visit = Visit()
    assert (visit.view, visit.problems, visit.url) == (ViewState(), (), {})


def test_a_wish_that_cuts_the_first_drawing_short_reaches_the_address() -> None:
    visit = Visit()
    del visit.app.session_state["view_that_the_url_stands_for"]  # as if it had not been drawn to its end
    visit.click("text")
    assert visit.view.text == "2/10/93" and visit.url == {"text": "2/10/93", "lang": "en"}


def test_first_visit_speaks_the_browsers_language() -> None:
    assert Visit(locale="ko-KR").view == ViewState(lang="ko")


def test_the_urls_language_is_stronger_than_the_browsers() -> None:
    assert Visit(locale="ko-KR", lang="ja").view == ViewState(lang="ja")


def test_a_link_gives_its_view() -> None:
    there = ViewState(text="2/10/93", model="date-seq2seq", step=2, lang="ja", scale="greys", padding=True)
    visit = Visit(**to_query(there))
    assert (visit.view, visit.url) == (there, to_query(there))


def test_what_is_asked_for_is_written_into_the_url() -> None:
    visit = Visit(locale="ja-JP")
    visit.click("text")
    assert visit.view == ViewState(text="2/10/93", lang="ja")
    assert visit.url == {"text": "2/10/93", "lang": "ja"}
    visit.click("model")
    assert visit.url == {"text": "2/10/93", "lang": "ja", "model": "date-peeky"}
    visit.click("lang")
    assert visit.url == {"text": "2/10/93", "lang": "ko", "model": "date-peeky"}


def test_a_new_text_or_model_starts_at_the_last_step_and_a_language_does_not() -> None:
    visit = Visit(step="4", scale="greys")
    visit.click("lang")
    assert visit.view == ViewState(step=4, scale="greys", lang="ko")
    visit.click("text")
    assert visit.view == ViewState(text="2/10/93", scale="greys", lang="ko")
    visit.browse(step="4")
    visit.click("model")
    assert visit.view == ViewState(model="date-peeky")


def test_a_step_that_is_reached_counts_for_its_own_text_only() -> None:
    visit = Visit()
    visit.click("step")
    assert visit.view.step == 3
    visit.click("no step")
    assert visit.view.step == 3
    visit.click("text, then step")
    assert (visit.view.text, visit.view.step) == ("2/10/93", STEPS)


def test_the_stage_that_the_inside_page_has_open_is_kept_and_no_other_word() -> None:
    visit = Visit()
    visit.click("stages")
    assert visit.view.stage == "scores"
    visit.click("text")
    assert visit.view.stage == "scores"


def test_what_the_stage_shows_by_itself_is_taken_over_and_not_written_again() -> None:
    """The stage has written the address: were it written again, it would stand twice in the browser's history."""
    changes: Changes = (Change(Uniform()), Change(ForceCharacter(1, "8")))
    visit = Visit(changes=to_query(ViewState(changes=changes))["changes"])
    before = visit.url
    visit.click("told")
    assert visit.view == ViewState(text="8/21/01", step=4, changes=changes[:1])
    assert (visit.url, visit.app.session_state["heard"]) == (before, 1)
    visit.click("lang")
    assert visit.url == to_query(visit.view) and visit.url["text"] == "8/21/01"


def test_of_the_same_text_only_the_step_is_taken_over() -> None:
    changes: Changes = (Change(ForceCharacter(1, "8")),)
    visit = Visit(changes=to_query(ViewState(changes=changes))["changes"])
    visit.click("told the model's step")
    assert visit.view == ViewState(step=4, changes=changes)


def test_what_the_stage_cannot_show_is_left_out() -> None:
    visit = Visit()
    visit.click("told nonsense")
    assert (visit.view, visit.app.session_state["heard"]) == (ViewState(), 0)


def test_the_address_as_the_stage_has_written_it_is_no_news() -> None:
    visit = Visit()
    visit.click("told")
    visit.browse(text="8/21/01", step="4")
    assert (visit.view.text, visit.view.step) == ("8/21/01", 4)
    visit.browse(text="8/21/01", step="4", lang="ko")
    assert visit.view == ViewState(text="8/21/01", step=4, lang="ko")


def test_another_text_loses_the_changes_that_name_characters() -> None:
    changes: Changes = (Change(Uniform()), Change(ForceCharacter(1, "8"), on=False))
    visit = Visit(changes=to_query(ViewState(changes=changes))["changes"])
    assert visit.view.changes == changes
    visit.click("model")
    assert visit.view.changes == changes
    visit.click("text")
    assert visit.view.changes == changes[:1]
    assert visit.url["changes"] == '[{"kind":"uniform"}]'


def test_changes_that_cannot_be_read_are_reported_by_their_numbers() -> None:
    visit = Visit(changes='[{"kind":"uniform"},{"kind":"?"},7]')
    assert visit.view.changes == (Change(Uniform()),)
    assert visit.problems == (Problem("changes", "2"), Problem("changes", "3"))
    assert Visit(changes="[").problems == (Problem("changes", ""),)


def test_back_and_forward_change_the_view() -> None:
    visit = Visit()
    visit.click("text")
    there = visit.url
    visit.browse()
    assert visit.view == ViewState()
    assert visit.url == {}
    visit.browse(**there)
    assert visit.view == ViewState(text="2/10/93")
    visit.browse(step="3")
    assert visit.view == ViewState(step=3)


def test_a_click_is_not_undone_by_what_the_stage_wrote_before_it() -> None:
    visit = Visit()
    visit.app.query_params.update({"step": "3", "scale": "greys"})
    visit.click("text")
    assert visit.view == ViewState(text="2/10/93", scale="greys")
    assert visit.url == {"text": "2/10/93", "lang": "en", "scale": "greys"}


def test_a_text_that_cannot_be_read_keeps_the_last_good_one() -> None:
    visit = Visit()
    visit.click("text")
    good = visit.url
    visit.click("bad text")
    assert (visit.view.text, visit.url) == ("2/10/93", good)
    visit.click("nothing")
    assert (visit.view.text, visit.url) == ("2/10/93", good)
    visit.click("lang")
    assert visit.url == {**good, "lang": "ko"}


def test_a_link_that_asks_too_much_stays_until_something_is_chosen() -> None:
    bad = {"text": "x", "model": "none", "step": "99"}
    visit = Visit(**bad, scale="greys")
    for _ in range(2):
        assert visit.view == ViewState(scale="greys")
        assert visit.problems == (Problem("model", "none"), Problem("step", "99"))
        assert visit.url == {**bad, "scale": "greys"}
        visit.click("nothing")
    visit.click("text")
    assert (visit.view, visit.problems) == (ViewState(text="2/10/93", scale="greys"), ())
    assert visit.url == to_query(replace(ViewState(), text="2/10/93", scale="greys"))


def test_visitors_do_not_share_a_view() -> None:
    one, other = Visit(), Visit()
    one.click("text")
    other.click("nothing")
    assert other.view == ViewState()
