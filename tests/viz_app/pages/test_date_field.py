"""The head of the pages about a date: a date in another script or order is offered in a way that the models know."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.viz_app.pages.test_change_bar import WITH, components, html, opened

LADDER, FILM, STEP = "ladder.page:ladder_page", "film:film_page", "step.page:step_page"


def offers(app: AppTest) -> list[str]:
    buttons = [button for button in app.button if (button.key or "").startswith("offer_")]
    in_field = [reading for given in components(app) for reading in given.get("said", {}).get("offered", ())]
    # The stage of the Step page is given the same as the field.
    beside = [f"Decode {reading}?" for reading in dict.fromkeys(in_field)]
    return [button.label.replace("\\", "") for button in buttons] + beside


@pytest.mark.parametrize("page", [*WITH, FILM, LADDER])
@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("1994年9月27日", ["9/27/94"]),
        ("2016-02-03", ["2/3/16"]),
        ("10/02/1993", ["10/2/93", "2/10/93"]),
        ("2/10/93", []),
        ("hello", []),
        ("年", []),
    ],
)
def test_a_reading_is_offered_on_every_page(page: str, text: str, offered: list[str]) -> None:
    assert offers(opened(page, text=text)) == [f"Decode {reading}?" for reading in offered]


def test_nothing_is_offered_where_there_is_no_field() -> None:
    assert offers(opened("bugs.page:bugs_page", text="2016-02-03")) == []


def test_a_click_decodes_what_is_offered() -> None:
    app = opened(FILM, text="10.02.1993")
    app.button("offer_1").click().run()
    assert app.text_input("text").value == "2/10/93"
    assert offers(app) == []
    assert "Right" in html(app)


def test_what_can_be_read_is_said_in_the_words_of_a_visitor() -> None:
    said = html(opened(STEP, text="1994年9月27日"))
    assert "'年' at position 5" in said
    assert "It reads dates in English, such as “september 27, 1994” or “2/10/93”." in said
    assert "U+5E74" not in said


def test_nothing_is_offered_that_the_model_cannot_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viz_app.session.models.offered_readings", lambda text: ("9/27/94", "x" * 40))
    assert offers(opened(STEP, text="1994年9月27日")) == ["Decode 9/27/94?"]
    monkeypatch.setattr("viz_app.session.models.knows_dates", lambda vocabulary: False)
    assert offers(opened(STEP, text="1994年9月27日")) == []


# --- The verdict beside the answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("2/10/93", "Right"),
        ("27 september 1994", "Wrong: 1994-09-27 is right; outside what the model was trained on"),
        ("2/30/93", "Not a real day; outside what the model was trained on"),
        ("hello", "No date that can be read; outside what the model was trained on"),
    ],
)
@pytest.mark.parametrize("page", [STEP, "inside:inside_page", FILM, LADDER])
def test_every_answer_has_its_verdict_and_why(page: str, text: str, line: str) -> None:
    app = opened(page, text=text)
    said = html(app)
    assert line in said
    assert "Why?" in said


def test_the_gallery_judges_what_is_written() -> None:
    assert "writes 1994-09-27 – ✓ Right" in html(opened("bugs.page:bugs_page", text="september 27, 1994"))
