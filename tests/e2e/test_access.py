"""For every visitor: pages are links with titles, in the language of the page, and what has the focus can be seen."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import settled
from tests.e2e.conftest import speak
from tests.e2e.focus_rings import FOCUS_RINGS
from tests.e2e.screen import expect_step
from viz_app.text.i18n import LANGUAGES, translator, untranslated
from viz_app.text.page_titles import page_titles, tab_title

PATHS = tuple(page_titles(untranslated))

# What says that a page is drawn, by its path.
DRAWN = {
    "": "[role=grid]",
    "inside": ".inside canvas",
    "truth": ".st-key-truth_map .main-svg",
    "lab": ".array.check",
    "ladder": "svg.curves",
    "film": ".film .charts svg",
    "train": ".st-key-train_preset",
    "bugs": ".st-key-bug_losses .curves",
}
# All rules of axe-core, those for trial too, but for those of level AAA and the obsolete ones (docs/access.md).
RUN_AXE = """async (rules) => {
  const left_out = ["wcag2aaa", "wcag2a-obsolete"];
  const all = axe.getRules().filter(({ tags }) => !left_out.some((tag) => tags.includes(tag)));
  const values = rules ?? all.map(({ ruleId }) => ruleId);
  const { violations } = await axe.run(document, { resultTypes: ["violations"], runOnly: { type: "rule", values } });
  const told = (id, { target, html }) => `${id}: ${target.flat().pop()} ${html.slice(0, 200)}`;
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => told(id, node)));
}"""
# Of a language and of colours only.
TEXT_RULES = [
    "label-content-name-mismatch",
    "button-name",
    "link-name",
    "aria-input-field-name",
    "valid-lang",
    "html-has-lang",
]
COLOUR_RULES = ["color-contrast", "link-in-text-block"]


def links(page: Page) -> Locator:
    """The links to the pages, in their order."""
    return page.get_by_role("navigation").get_by_role("link")


def test_a_page_is_opened_in_a_tab_of_its_own_with_the_view_as_it_is_now(open_page: Any) -> None:
    page = open_page("/?text=2/10/93&step=4&quiz=3")
    expect_step(page, 4, "2/10/93")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("step=3"))
    truth = links(page).nth(PATHS.index("truth"))
    truth.hover()
    hrefs = [urlsplit(href) for href in links(page).evaluate_all("links => links.map(link => link.href)")]
    assert [href.path.strip("/") for href in hrefs] == list(PATHS)
    for path, href in zip(PATHS, hrefs, strict=True):
        view = {name: values[0] for name, values in parse_qs(href.query).items()}
        assert view.items() >= {"text": "2/10/93", "step": "3", "lang": "en"}.items()
        assert ("quiz" in view) == (path in ("", "bugs"))
    with page.context.expect_page() as opened:
        links(page).nth(PATHS.index("inside")).click(modifiers=["ControlOrMeta"])
    inside = settled(opened.value)
    expect(inside.locator(".told")).to_contain_text("Step 3 of 10")
    expect(inside).to_have_title("Inside · Attention, step by step")
    inside.close()
    expect_step(page, 3, "2/10/93")
    expect(page).to_have_title("Step · Attention, step by step")


def test_every_page_says_its_title_and_its_language_as_soon_as_it_speaks_it(open_page: Any) -> None:
    page = open_page("/")
    for number, path in enumerate(PATHS):
        links(page).nth(number).click()
        language = ("ja", "ko")[number % 2]
        page.get_by_role("radio", name=LANGUAGES[language], exact=True).click(force=True)
        expect(page).to_have_title(tab_title(path, translator(language)))
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page.locator("nav [aria-current=page]")).to_have_text(page_titles(translator(language))[path])
        settled(page)


def complaints_of_axe(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe-core finds on the page."""
    page.evaluate(AXE_SCRIPT)
    return list(page.evaluate(RUN_AXE, rules))


def without_ring(page: Page) -> list[str]:
    """The controls whose focus cannot be seen; there have to be some whose focus can."""
    controls = page.evaluate(FOCUS_RINGS)
    assert len(controls) > 15
    return [f"{control['contrast']}: {control['html']}" for control in controls if control["contrast"] < 3]


def test_axe_finds_nothing_and_every_focus_is_seen(open_page: Any) -> None:
    page = open_page("/?step=6")
    found = {}
    for number, path in enumerate(PATHS):
        links(page).nth(number).click()
        page.locator(DRAWN[path]).first.wait_for()
        settled(page)
        # From the keyboard: with a pointer no ring is due.
        page.keyboard.press("Tab")
        found[path, "light"] = complaints_of_axe(page) + without_ring(page)
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".stApp")).to_have_css("color-scheme", "dark")
        found[path, "dark"] = complaints_of_axe(page, COLOUR_RULES) + without_ring(page)
        page.emulate_media(color_scheme="light")
        expect(page.locator(".stApp")).to_have_css("color-scheme", "light")
        # The language last, and another one on the way back.
        language = ("ja", "ko")[number % 2]
        speak(page, language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        found[path, language] = complaints_of_axe(settled(page), TEXT_RULES)
        speak(page, "en")
        expect(page.locator("html")).to_have_attribute("lang", "en")
    assert {where: what for where, what in found.items() if what} == {}
