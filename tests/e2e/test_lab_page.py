"""The layer lab as a person uses it: typing into tables, pasting, copying, sharing, in a real browser."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, Position, expect

from core.analysis.layer_lab import draw, run
from tests.e2e.browser import settled
from tests.e2e.conftest import speak
from viz_app.pages.lab.arrays import parse_array
from viz_app.pages.lab.view import LabView, arrays_of, result_of, with_array
from viz_app.text.i18n import LANGUAGES, translator

# Sizes of the editable table in pixels.
INDEX, COLUMN, ROW = 40, 58, 30


def table(page: Page, name: str) -> Locator:
    """A table of results, by the name that it shows."""
    return page.locator(f'table[aria-label="{name}"]')


def numbers(page: Page, name: str) -> np.ndarray:
    """The exact numbers of a table of results."""
    rows = (
        table(page, name)
        .locator("tbody tr")
        .evaluate_all(
            "rows => rows.map(row => [...row.querySelectorAll('[data-value]')].map(cell => Number(cell.dataset.value)))"
        )
    )
    return np.array(rows)


def expect_results(page: Page, view: LabView) -> None:
    """Wait until the page shows what the layer makes of this view."""
    result = result_of(view)
    last = view.lab.inputs[-1].name
    shown = {f"{view.lab.output.name}[{view.n}]": result.output, f"d{last}[{view.n}]": result.gradients[last]}
    for name, array in shown.items():
        first = table(page, name).locator("td").first
        expect(first).to_have_attribute("data-value", repr(float(array[view.n].flat[0])))
    for name, array in shown.items():
        np.testing.assert_array_equal(numbers(page, name), np.atleast_2d(array[view.n]))


def type_into(page: Page, which: int, cell: tuple[int, ...], text: str) -> None:
    """Select a cell of an editable table, (row, column) or (column,), open it, type another number, and press Enter."""
    row, column = cell if len(cell) == 2 else (0, *cell)
    left = INDEX if len(cell) == 2 else 0
    place: Position = {"x": left + COLUMN * (column + 0.5), "y": ROW * (row + 1.5) + 5}
    grid = page.get_by_test_id("stDataFrame").nth(which)
    cell_there = grid.locator(f"[data-testid=glide-cell-{column + bool(left)}-{row}]")
    selected = cell_there.and_(page.locator("[aria-selected=true]"))
    # Streamlit's table takes the first click after it was loaded or left as one on the table, not on the cell.
    for _ in range(3):
        grid.locator(".dvn-scroller").click(position=place)
        with suppress(AssertionError):
            expect(selected).to_have_count(1, timeout=2000)
            break
    # The editor of a cell is loaded when the first one opens; what is typed before that is lost.
    page.keyboard.press("Enter")
    field = page.locator("#portal input")
    field.fill(text)
    field.press("Enter")
    expect(field).to_have_count(0)


def query(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_the_lab_is_a_click_away_and_shows_something_at_once(page: Page) -> None:
    page.get_by_role("link", name="Layer lab").click()
    expect_results(page, LabView())
    result = run("TimeAttention", draw("TimeAttention", LabView().sizes, 0))
    assert result.weights is not None
    np.testing.assert_array_equal(numbers(page, "weights[0]"), result.weights[0])
    expect(page.locator(".check .word")).to_have_text(["✓ they agree"] * 2)
    expect(page.locator(".message")).to_have_count(0)


def test_a_typed_number_changes_the_results_and_the_link(open_page) -> None:
    page = open_page("/lab?layer=Attention")
    view = LabView(layer="Attention")
    expect_results(page, view)
    h = arrays_of(view)["h"]
    h[0, 1] = 2.5
    typed = with_array(view, "h", h)
    type_into(page, 1, (1,), "2.5")
    expect_results(page, typed)
    # The table keeps what was typed, and takes more.
    h[0, 2] = -4
    hs = arrays_of(view)["hs"]
    hs[0, 3, 1] = 0.5
    twice = with_array(with_array(view, "h", h), "hs", hs)
    type_into(page, 1, (2,), "-4")
    expect_results(page, with_array(view, "h", h))
    type_into(page, 0, (3, 1), "0.5")
    expect_results(page, twice)
    expect_results(open_page(f"/lab?{urlsplit(page.url).query}"), twice)
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Undo").click()
    expect_results(page, typed)
    page.get_by_role("button", name="Back to the draw").click()
    expect_results(page, view)
    assert "h" not in query(settled(page))


def test_typed_numbers_of_two_samples_stay(open_page) -> None:
    page = open_page("/lab?layer=WeightSum")
    view = LabView(layer="WeightSum")
    a = arrays_of(view)["a"]
    a[0, 0] = 1
    expect_results(page, view)
    type_into(page, 1, (0,), "1")
    expect_results(page, with_array(view, "a", a))
    page.get_by_role("radio", name="2", exact=True).click()
    second = LabView(layer="WeightSum", n=2)
    expect_results(page, with_array(second, "a", a))
    a[2, 4] = 3
    type_into(page, 1, (4,), "3")
    expect_results(page, with_array(second, "a", a))


def test_paste_and_copy(open_page) -> None:
    page = open_page("/lab?layer=Attention")
    view = LabView(layer="Attention")
    expect_results(page, view)
    page.get_by_role("button", name="NumPy").nth(1).click()
    field = page.get_by_role("textbox", name="Paste an array")
    use = page.get_by_role("button", name="Use these numbers")
    field.fill("[[1, 2], [3]]")
    use.click()
    expect(page.locator(".message[role=alert]")).to_contain_text("The rows are not all alike")
    expect_results(page, view)
    field.fill("np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])")
    use.click()
    pasted = with_array(view, "h", np.eye(4)[:3])
    expect_results(page, pasted)
    expect(page.locator(".message")).to_have_count(0)
    page.get_by_test_id("stPopoverBody").get_by_test_id("stCode").hover()
    page.get_by_test_id("stPopoverBody").get_by_role("button", name="Copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    np.testing.assert_array_equal(parse_array(copied, (3, 4)), np.eye(4)[:3])


def test_by_keyboard(open_page) -> None:
    page = open_page("/lab?layer=WeightSum")
    expect_results(page, LabView(layer="WeightSum"))
    page.get_by_role("radio", name="WeightSum").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect_results(page, LabView(layer="AttentionWeight"))
    seed = page.get_by_role("spinbutton", name="Seed")
    seed.fill("12")
    seed.press("Enter")
    expect_results(page, LabView(layer="AttentionWeight", seed=12))
    page.go_back()
    expect_results(page, LabView(layer="AttentionWeight"))


def test_every_language_on_a_phone(open_page) -> None:
    page = open_page("/lab", viewport={"width": 390, "height": 844}, has_touch=True)
    for language in LANGUAGES:
        speak(page, language)
        expect(page.get_by_text(translator(language)("4. Is the gradient right?"), exact=True)).to_be_visible()
        expect_results(page, LabView())
        main = page.get_by_test_id("stMain")
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0


def test_the_source_is_that_of_the_running_code(open_page) -> None:
    page = open_page("/lab?layer=WeightSum")
    expect_results(page, LabView(layer="WeightSum"))
    page.get_by_text("The code that ran: WeightSum.forward, WeightSum.backward").click()
    expect(page.get_by_text("return (a[:, None, :] @ hs)[:, 0]")).to_be_visible()
