"""The Ladder page as a person uses it: three models side by side, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from core.runs.store import RunStore
from tests.e2e.browser import App, settled
from tests.e2e.conftest import speak
from tests.e2e.screen import FIRST, choose_example, field, pipeline, type_date
from tests.viz_app.made_runs import finished_run
from viz_app.pages.ladder.rungs import SHIPPED
from viz_app.text.i18n import LANGUAGES, translator


@pytest.fixture
def store(app: App) -> Iterator[RunStore]:
    """The runs of the app, empty before and after."""
    opened = RunStore(app.runs)
    yield opened
    for run in opened.list():
        opened.delete(run.number)
    opened.close()


def rungs(page: Page) -> Locator:
    """The models on the page."""
    return page.locator(".ladder .rung")


def expect_rungs(page: Page, text: str = FIRST) -> None:
    """Wait until every model shows what it writes."""
    expect(rungs(page)).to_have_count(3)
    for number, name in enumerate(SHIPPED):
        expect(rungs(page).nth(number).locator(".steps b")).to_have_text(list(pipeline(name).trace(text).output))


def test_three_models_in_line_answer_one_date(open_page: Any) -> None:
    page = open_page("/ladder")
    expect_rungs(page)
    for part in (".network", ".steps", ".accuracy"):
        tops = [box["y"] for box in (one.bounding_box() for one in page.locator(f".rung {part}").all()) if box]
        assert len(tops) == 3 and max(tops) - min(tops) < 2
    lefts = [box["x"] for box in (one.bounding_box() for one in rungs(page).all()) if box]
    assert lefts == sorted(lefts) and len(set(lefts)) == 3

    type_date(page, "tuesday, february 29, 2000")
    expect_rungs(page, "tuesday, february 29, 2000")
    choose_example(page, "JUN 17, 2013")
    expect_rungs(page, "JUN 17, 2013")
    expect(rungs(page).nth(2).locator("svg.weights")).to_be_visible()
    expect(rungs(page).nth(0)).to_contain_text("No heatmap")
    expect(rungs(page).nth(1)).to_contain_text("No heatmap")
    expect(page.locator("svg.curves .name")).to_have_count(3)
    expect(page.get_by_role("region", name="Right answers on the held-out dates").locator("tbody tr")).to_have_count(8)

    # The keyboard goes from the field to the examples and the table.
    field(page).focus()
    field(page).fill("2/10/93")
    page.keyboard.press("Enter")
    expect_rungs(page, "2/10/93")
    table = page.get_by_role("region", name="Right answers on the held-out dates")
    table.focus()
    expect(table).to_be_focused()


def test_the_date_goes_along_to_the_film(open_page: Any) -> None:
    page = open_page("/ladder?text=2/10/93")
    expect_rungs(page, "2/10/93")
    page.get_by_role("link", name="Film", exact=True).click()
    expect(page.locator(".film .map .typed").first).to_have_text("2")
    page.get_by_role("link", name="Ladder", exact=True).click()
    expect_rungs(page, "2/10/93")


def test_a_model_trained_here_is_chosen_and_left_out_again(store: RunStore, open_page: Any) -> None:
    name = f"Run {finished_run(store, '<i>mine</i>').number}: <i>mine</i>"
    page = open_page("/ladder")
    expect_rungs(page)
    chooser = page.get_by_role("combobox", name="Beside them, trained here:")
    # The app may know the finished runs of a second ago, from the page that was open before.
    for _ in range(10):
        if chooser.count():
            break
        page.reload()
        expect_rungs(settled(page))
    chooser.click()
    page.get_by_role("option", name=name).click()
    # An open list hides the rest of the page from those who hear it.
    page.keyboard.press("Escape")
    expect(rungs(page)).to_have_count(4)
    expect(rungs(page).nth(3).get_by_role("heading", name=name)).to_be_visible()
    expect(page.locator("svg.curves .name")).to_have_count(4)
    page.get_by_role("button", name="Clear all").click()
    expect(rungs(page)).to_have_count(3)


@pytest.mark.parametrize("name", ["W" * 58, "x" * 80, "とても長い日本語の名前の学習" * 5])
def test_a_model_of_any_name_leaves_page_and_curves_their_width(store: RunStore, open_page: Any, name: str) -> None:
    number = finished_run(store, name).number
    page = open_page(f"/ladder?model=run-{number}", viewport={"width": 390, "height": 844}, has_touch=True)
    # The app may know the finished runs of a second ago, from the page that was open before.
    for _ in range(10):
        if rungs(page).count() == 4:
            break
        settled(page).reload()
        expect(rungs(settled(page)).nth(2)).to_be_attached()
    expect(page.locator("svg.curves .name")).to_have_count(4)
    main = settled(page).get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    axis = page.locator("svg.curves > path").nth(0).bounding_box()
    assert axis and axis["width"] >= 200
    expect(page.locator("svg.curves .name title")).to_have_text([f"Run {number}: {name}"])


def test_every_language_on_a_phone(open_page: Any) -> None:
    page = open_page("/ladder", viewport={"width": 390, "height": 844}, has_touch=True)
    for language in LANGUAGES:
        speak(page, language)
        _ = translator(language)
        for number, title in enumerate((_("Plain seq2seq"), _("Peeky"), _("Attention")), start=1):
            expect(page.get_by_role("heading", name=f"{number}. {title}")).to_be_attached()
        expect_rungs(page)
        main = settled(page).get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0
        tops = [box["y"] for box in (one.bounding_box() for one in rungs(page).all()) if box]
        assert tops == sorted(tops) and len(set(tops)) == 3


def test_a_link_full_of_nonsense(open_page: Any) -> None:
    page = open_page(f"/ladder?text={quote('<b>9</b>')}&model=run-99&step=99&lang=tlh&scale=red&padding=7")
    expect(page.locator(".message[role=alert]")).to_have_count(6)
    expect_rungs(page)
    page = open_page(f"/ladder?text={quote('9/9/99')}&scale=greys")
    expect_rungs(page, "9/9/99")
