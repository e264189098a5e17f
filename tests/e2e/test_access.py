"""For every visitor: pages are links with titles, in the language of the page, and what has the focus can be seen."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page, expect

from tests.e2e.browser import settled
from tests.e2e.screen import expect_step
from viz_app.text.i18n import LANGUAGES, translator, untranslated
from viz_app.text.page_titles import page_titles, tab_title

PATHS = tuple(page_titles(untranslated))


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
