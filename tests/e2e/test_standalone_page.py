"""The saved page in a real browser: opened from the disk, with nobody to ask for anything."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.traces import make_trace
from viz_app.export.files import to_html, to_svg

OpenFile = Callable[..., Page]


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path):
    """`open_file(text, name="page.html", **context)`: the text as a file in a fresh browser context, offline."""
    contexts = []
    complaints: list[str] = []
    requests: list[str] = []

    def open_file(text: str, name: str = "page.html", **options) -> Page:
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        file = tmp_path / name
        file.write_text(text, "utf-8")
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on("request", lambda request: requests.append(request.url))
        page = context.new_page()
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith("file:")] == []


def rows_shown(page: Page) -> int:
    return sum(row.is_visible() for row in page.locator("g.row").all())


def test_it_opens_at_its_step(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace(), step=6))
    expect(page.locator("output")).to_have_text("Step 7 of 10")
    assert rows_shown(page) == 7
    expect(page.locator("g.current")).to_have_attribute("data-step", "7")


def test_stepping_by_button_key_slider_and_click(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace()))
    step = page.locator("output")
    page.get_by_role("button", name="First step").click()
    expect(step).to_have_text("Step 1 of 10")
    page.get_by_role("button", name="One step back").click()
    expect(step).to_have_text("Step 1 of 10")
    page.get_by_role("button", name="One step forward").click()
    expect(step).to_have_text("Step 2 of 10")
    page.keyboard.press("ArrowRight")
    expect(step).to_have_text("Step 3 of 10")
    page.keyboard.press("ArrowLeft")
    expect(step).to_have_text("Step 2 of 10")
    page.get_by_role("slider").fill("5")
    expect(step).to_have_text("Step 5 of 10")
    page.locator("g.row[data-step='4'] .cell").nth(3).click()
    expect(step).to_have_text("Step 4 of 10")
    page.locator("tr[data-step='9']").click()
    expect(step).to_have_text("Step 9 of 10")
    assert rows_shown(page) == 9
    page.get_by_role("button", name="Last step").click()
    expect(step).to_have_text("Step 10 of 10")
    page.keyboard.press("ArrowRight")
    expect(step).to_have_text("Step 10 of 10")


def test_playing_runs_to_the_end_and_pausing_stays(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace()))
    page.clock.install()
    play = page.locator("[data-go=play]")
    play.click()
    expect(page.locator("output")).to_have_text("Step 1 of 10")
    page.clock.run_for(2400)
    expect(page.locator("output")).to_have_text("Step 4 of 10")
    play.click()
    page.clock.run_for(2400)
    expect(page.locator("output")).to_have_text("Step 4 of 10")
    play.click()
    page.clock.run_for(60_000)
    expect(page.locator("output")).to_have_text("Step 10 of 10")
    expect(play).to_have_text("Play")


def test_pointing_at_a_cell_reads_its_numbers(open_file: OpenFile) -> None:
    trace = make_trace()
    page = open_file(to_html(trace))
    page.locator("g.row[data-step='2'] .cell").nth(5).hover()
    assert trace.weights is not None and trace.scores is not None
    numbers = f"weight {trace.weights[1, 5]:.4f}, score {trace.scores[1, 5]:.3f}"
    expect(page.locator(".readout")).to_have_text(f"writes 9, looks at m: {numbers}")


def test_the_outline_surrounds_the_row_of_the_step(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace(), step=4))
    outline = page.locator(".outline").bounding_box()
    row = page.locator("g.row[data-step='5'] .cell").first.bounding_box()
    assert outline is not None and row is not None
    assert outline["y"] < row["y"] < row["y"] + row["height"] < outline["y"] + outline["height"] < row["y"] + 40


def test_without_javascript_everything_is_there(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace(), step=0), java_script_enabled=False)
    assert rows_shown(page) == 10
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator("tr[data-step='10'] .words")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1366])
def test_it_is_no_wider_than_the_screen(open_file: OpenFile, width: int) -> None:
    page = open_file(to_html(make_trace()), viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_model_without_attention(open_file: OpenFile) -> None:
    page = open_file(to_html(make_trace(attention=False)))
    expect(page.get_by_text("This model has no attention")).to_be_visible()
    expect(page.locator("tr[data-step='1']")).to_be_visible()


def test_the_picture_opens_by_itself(open_file: OpenFile) -> None:
    page = open_file(to_svg(make_trace()), "map.svg")
    assert page.locator("rect.cell").count() == 290
    assert page.locator("rect.cell").first.is_visible()
