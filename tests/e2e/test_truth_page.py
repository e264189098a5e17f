"""The Truth page as a person uses it: verdicts, outlines, maps, and a run that can be stopped, in a real browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from core.analysis.alignment import score_alignment
from core.data.gold import gold_padded
from tests.e2e.browser import settled
from tests.e2e.conftest import speak
from tests.e2e.screen import FIRST, field, pipeline, trace_of, type_date
from viz_app.figures.gold import gold_shapes
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.tables import percent


def verdict(page: Page) -> Locator:
    """The box with the oracle's verdict."""
    return page.locator(".verdict")


def outlines(page: Page) -> Locator:
    """The lines around gold cells."""
    return page.locator(".st-key-truth_map .shapelayer path")


def expect_gold(page: Page, text: str, shown: bool = True) -> None:
    """Wait until the gold characters of a text are outlined, or none."""
    expect(outlines(page)).to_have_count(len(gold_shapes(gold_padded(text, 29))) if shown else 0)


def test_the_page_is_a_click_away_and_keeps_the_text(page: Page) -> None:
    type_date(page, "2/10/93")
    expect(page.locator(".map .typed text").first).to_have_text("2")
    page.get_by_role("link", name="Truth", exact=True).click()
    expect(verdict(page)).to_contain_text("“2/10/93” means 1993-02-10")
    expect(field(page)).to_have_value("2/10/93")
    expect_gold(page, "2/10/93")
    page.get_by_role("link", name="Step", exact=True).click()
    expect(field(page)).to_have_value("2/10/93")


def test_what_is_wrong_is_said_and_why(open_page: Any) -> None:
    page = open_page(f"/truth?text={quote('2/30/93')}")
    expect(verdict(page)).to_contain_text("Not a real day")
    output = trace_of("june 7, 1850").output
    assert output != "1850-06-07"
    type_date(page, "june 7, 1850")
    expect(verdict(page)).to_contain_text(f"means 1850-06-07, but the model wrote {output}")
    expect(verdict(page)).to_contain_text("1970 to 2017")
    type_date(page, "tomorrow")
    expect(verdict(page)).to_contain_text("Not judged")
    expect_gold(page, "tomorrow", shown=False)
    type_date(page, "x")
    expect(page.locator(".message[role=alert]")).to_be_visible()
    expect(verdict(page)).to_contain_text("tomorrow")


def test_measures_and_outlines_are_those_of_the_date(open_page: Any) -> None:
    page = open_page("/truth")
    weights = trace_of(FIRST).weights
    assert weights is not None
    total = score_alignment(weights, gold_padded(FIRST, 29), len(FIRST)).total
    first = percent(total.argmax_on_gold, translator("en"))
    expect(page.locator(".explained").first.locator("dd strong").first).to_have_text(first)
    expect_gold(page, FIRST)
    toggle = page.get_by_role("switch", name="Outline the gold characters")
    toggle.focus()
    page.keyboard.press("Space")
    expect_gold(page, FIRST, shown=False)


def test_three_maps_stand_side_by_side(open_page: Any) -> None:
    page = open_page("/truth?text=2/10/93")
    page.get_by_role("button", name="Compute influence and saliency").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
    tops = [box["y"] for box in (c.bounding_box() for c in page.get_by_test_id("stPlotlyChart").all()[1:]) if box]
    assert max(tops) - min(tops) < 2
    table = page.get_by_role("region", name="Rank correlation of the maps, step by step")
    expect(table.locator("tbody tr")).to_have_count(3)
    # Pointing at a cell tells its numbers.
    page.locator(".st-key-truth_compared_1 .nsewdrag").hover(position={"x": 10, "y": 10})
    expect(page.locator(".st-key-truth_compared_1 .hovertext")).to_contain_text("probability moved by")
    # Gradient times input has a sign, and is chosen by keyboard too.
    page.get_by_role("radio", name="Length of the gradient").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(table).to_contain_text("Attention and gradient times input")
    expect(page.locator(".st-key-truth_compared_2 .heatmap-label text", has_text="\N{MINUS SIGN}")).not_to_have_count(0)


def test_a_run_is_watched_by_others_and_stopped_by_its_owner(open_page: Any) -> None:
    page, other = open_page("/truth"), open_page("/truth?text=2/10/93")
    page.locator(".st-key-truth_run button").click()
    expect(page.locator(".st-key-truth_progress")).to_be_visible()
    # The app answers meanwhile, and tells whoever looks.
    type_date(other, "august 3, 1999")
    expect(verdict(other)).to_contain_text("1999-08-03")
    expect(other.locator(".st-key-truth_progress")).to_be_visible()
    expect(other.locator(".st-key-truth_run")).to_have_count(0)
    expect(other.locator(".st-key-truth_stop")).to_have_count(0)
    page.locator(".st-key-truth_stop button").click()
    for one in (page, other):
        expect(one.locator(".st-key-truth_run button")).to_be_visible()


def test_a_model_without_attention(open_page: Any) -> None:
    page = open_page("/truth?model=date-peeky")
    expect(verdict(page)).to_contain_text(pipeline("date-peeky").trace(FIRST).output)
    expect(page.get_by_text("This model has no attention, so there is nothing")).to_be_visible()
    page.get_by_role("button", name="Compute influence and saliency").click()
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(2)


def test_every_language_on_a_phone(open_page: Any) -> None:
    page = open_page("/truth", viewport={"width": 390, "height": 844}, has_touch=True)
    main = page.get_by_test_id("stMain")
    # The last one's button is pressed; then the maps are there in every language.
    for language in LANGUAGES:
        compute = page.get_by_role("button", name=translator(language)("Compute influence and saliency"))
        speak(page, language)
        expect(compute).to_be_visible()
        settled(page)
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0, language
    compute.click()
    for language in LANGUAGES:
        speak(page, language)
        heading = translator(language)("Is attention the explanation?")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        expect(page.get_by_test_id("stPlotlyChart")).to_have_count(4)
        settled(page)
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0, language


def test_a_link_full_of_nonsense(open_page: Any) -> None:
    page = open_page(f"/truth?text={quote('<b>9</b>')}&model=none&step=99&lang=tlh&scale=red&padding=7")
    expect(page.locator(".message[role=alert]")).to_have_count(6)
    expect(verdict(page)).to_contain_text(FIRST)


def test_no_table_is_cut_on_a_laptop(open_page: Any) -> None:
    page = open_page("/truth")
    tables = page.locator(".numbers")
    for language in LANGUAGES:
        speak(page, language)
        heading = translator(language)("Is attention the explanation?")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        settled(page)
        expect(tables).to_have_count(4)
        cut = tables.evaluate_all("all => all.map(one => one.scrollWidth - one.clientWidth)")
        assert cut == [0, 0, 0, 0], language
