"""The Bugs page as a person uses it: the gallery by mouse and keyboard, and a quiz up to its score."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.browser import running_app, settled
from tests.e2e.conftest import Windows, speak
from tests.e2e.screen import type_date
from viz_app.pages.bugs.gallery import shipped_gallery
from viz_app.pages.bugs.gallery_view import BUGS
from viz_app.pages.bugs.quiz import Question, draw_questions
from viz_app.pages.bugs.words import bug_name, bug_words
from viz_app.text.i18n import LANGUAGES, translator

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
SEED = 7


def name(bug: str, language: str = "en") -> str:
    """What the page calls a bug."""
    return bug_name(bug, translator(language))


def title(page: Page) -> Locator:
    """The name of the bug that is shown."""
    return page.locator(".bug-title h2")


def choice(page: Page, index: int) -> Locator:
    """An answer that is offered, counted from 0."""
    return page.locator(f".st-key-quiz_choice_{index} button")


def questions() -> tuple[Question, ...]:
    """What the quiz asks."""
    gallery = shipped_gallery()
    assert gallery is not None
    return draw_questions(gallery, SEED)


def expect_drawn(page: Page) -> None:
    """Wait until both maps are drawn, row by row."""
    for side in ("right", "wrong"):
        expect(page.locator(f".st-key-bug_map_{side} svg rect").first).to_be_visible()


# --- The gallery ------------------------------------------------------------------------------------------------------


def test_bugs_are_turned_over_by_mouse_and_keyboard(open_page: Any) -> None:
    bugs = list(BUGS)
    page = open_page("/bugs")
    expect(title(page)).to_have_text(name(bugs[0]))
    expect_drawn(page)
    page.get_by_role("button", name="Next").click()
    expect(title(page)).to_have_text(name(bugs[1]))
    page.wait_for_url(re.compile(f"bug={bugs[1]}"))
    settled(page).keyboard.press("ArrowRight")
    expect(title(page)).to_have_text(name(bugs[2]))
    settled(page).keyboard.press("ArrowLeft")
    expect(title(page)).to_have_text(name(bugs[1]))
    page.get_by_text(name("wrong-first-state"), exact=True).click()
    expect(title(page)).to_have_text(name("wrong-first-state"))
    expect(page.get_by_role("radio", name=name("wrong-first-state"))).to_be_checked()
    page.go_back()
    page.go_forward()
    expect(title(page)).to_have_text(name("wrong-first-state"))


def test_everything_about_a_bug_is_on_the_page(open_page: Any) -> None:
    page = open_page("/bugs?bug=context-not-fed")
    expect(page.locator(".code pre")).to_have_count(1)
    expect(page.locator(".code .added").last).to_contain_text("return self.affine.forward(hs_dec)")
    expect_drawn(page)
    for key, axis in (("bug_losses", "iteration"), ("bug_accuracies", "epoch")):
        curves = page.locator(f".st-key-{key} svg.curves")
        expect(curves.locator("path.band")).to_have_count(2)
        expect(curves.locator("text", has_text=re.compile(f"^{axis}$"))).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("^Measured after training"))).to_be_visible()
    expect(page.get_by_text("test_the_context_not_fed_to_the_affine_layer")).to_be_visible()
    # Another date of the gallery is drawn at once.
    page.get_by_role("radio", name="2/10/93").click()
    expect(page.locator(".st-key-bug_map_right svg text", has_text=re.compile("^/$")).first).to_be_visible()


def test_a_picture_that_lies_is_drawn_for_the_typed_date(open_page: Any) -> None:
    page = open_page("/bugs?bug=labels-reversed")
    expect_drawn(page)
    type_date(page, "3/4/05")
    expect(page.get_by_text("writes 2005-03-04").first).to_be_visible()
    firsts = [
        page.locator(f".st-key-bug_map_{side} svg rect title").all_text_contents()[:29] for side in ("right", "wrong")
    ]
    weights = [[told.rsplit(": ", 1)[1] for told in row] for row in firsts]
    assert weights[1] == weights[0][::-1] != weights[0]
    type_date(page, "x" * 40)
    expect(page.locator(".message[role=alert]")).to_be_visible()
    expect(page.get_by_text("writes 2005-03-04").first).to_be_visible()


@pytest.mark.parametrize("bug", ["softmax-wrong-axis", "teacher-forced-map", None])
def test_a_phone_does_not_scroll_sideways_in_any_language(open_page: Any, bug: str | None) -> None:
    page = open_page(f"/bugs?bug={bug}" if bug else f"/bugs?quiz={SEED}", **PHONE)
    for language in LANGUAGES:
        speak(page, language)
        expect(page.get_by_role("radio", name=translator(language)("Quiz"))).to_be_visible()
        if bug:
            expect(title(page)).to_have_text(name(bug, language))
        expect(page.locator(".drawing svg").first).to_be_visible()
        main = settled(page).get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0


# --- The quiz ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_quiz_to_its_score_by_number_keys(open_page: Any, language: str) -> None:
    _ = translator(language)
    page = open_page(f"/bugs?quiz={SEED}&lang={language}")
    right = 0
    for i, question in enumerate(questions()):
        asked = _("Question {number} of {count}: which bug is it?").format(number=i + 1, count=len(questions()))
        expect(page.locator("h2.question")).to_have_text(asked)
        expect(choice(page, 3)).to_contain_text(name(question.choices[3], language))
        key = question.choices.index(question.answer) if i % 3 else 0
        settled(page).keyboard.press(str(key + 1))
        given = question.choices[key]
        right += given == question.answer
        expect(page.locator(".verdict")).to_contain_text(bug_words(question.answer, _).telling)
        expect(page.locator(".verdict")).to_have_class(f"verdict {'right' if given == question.answer else 'wrong'}")
        expect(page.locator(".answered .right")).to_contain_text(name(question.answer, language))
        settled(page).keyboard.press("ArrowRight")
    score = _("{right} of {count} right").format(right=right, count=len(questions()))
    expect(page.locator("h2.question")).to_have_text(score)


def test_a_quiz_by_mouse_and_another_one(open_page: Any) -> None:
    page = open_page("/bugs")
    page.get_by_role("radio", name="Quiz").click()
    page.wait_for_url(re.compile(r"quiz=\d+"))
    first = page.url
    for _step in range(len(questions())):
        choice(page, 1).click()
        settled(page).locator(".st-key-quiz_next button").click()
        settled(page)
    expect(page.get_by_role("region", name="Your answers").locator("tbody tr")).to_have_count(len(questions()))
    page.get_by_role("button", name="Other questions").click()
    expect(page.locator("h2.question")).to_contain_text("Question 1 of")
    page.wait_for_url(lambda url: url != first)
    page.get_by_role("radio", name="Gallery").click()
    expect(title(page)).to_be_visible()


def test_a_link_full_of_nonsense(open_page: Any) -> None:
    page = open_page(f"/bugs?bug={quote('<b>9</b>')}&quiz=-3&text={quote('<i>')}&step=99&lang=tlh&model=none")
    expect(page.locator(".message[role=alert]")).to_have_count(6)
    expect(title(page)).to_have_text(name("context-not-fed"))


def test_the_first_visitor_of_a_server_may_come_by_a_link(browser: Browser, tmp_path: Path) -> None:
    with running_app(tmp_path / "server.log") as just_started:
        windows = Windows(browser, just_started)
        page = windows.open("/bugs?bug=context-not-fed")
        expect(title(page)).to_have_text(name("context-not-fed"))
        windows.take_back(keep=False)
        assert windows.watch.complaints == []
