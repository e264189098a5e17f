"""A running app and a real Chromium for the tests of this folder.

`page` is the app's first page in an English browser; `open_page(...)` opens further ones, in another language,
colour scheme or size. A test fails when any of its pages prints an error to the console, throws, opens a dialog, or
contacts a host other than the app, and when the server logs an error or a warning.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browser import (
    HOW_TO_GET,
    OPENING_SEEN,
    TIMEOUT_MS,
    App,
    Watch,
    find_chromium,
    launch,
    running_app,
    settled,
)
from viz_app.text.i18n import LANGUAGES

OpenPage = Callable[..., Page]

expect.set_options(timeout=TIMEOUT_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a Chromium, skip what needs one and say how to get it; where REQUIRE_BROWSER is set it fails instead."""
    if os.environ.get("REQUIRE_BROWSER") or find_chromium():
        return
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=HOW_TO_GET))


# Scope "package": Playwright keeps an event loop running in this thread, which the other folders' tests must not see.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    executable = find_chromium()
    if executable is None:
        pytest.fail(HOW_TO_GET)
    with sync_playwright() as playwright:
        chromium = launch(playwright, executable)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The real app, started once for all tests of this folder."""
    with running_app(tmp_path_factory.mktemp("app") / "server.log") as running:
        yield running


@pytest.fixture
def app_url(app: App) -> str:
    """Where the app listens, as in http://127.0.0.1:8501, without a slash at the end."""
    return app.url


class Windows:
    """Windows of the browser, each a context of its own with one page, kept from test to test.

    A new context reads, compiles and runs all of Streamlit's client anew, which takes three times as long as to open
    the app again in one that has done so. What a test can leave behind is put back: the address, what the page has
    stored, the mouse, emulated media and size. A test that changes more than that asks for a window of its own.
    """

    def __init__(self, browser: Browser, app: App) -> None:
        self.browser = browser
        self.app = app
        self.watch = Watch(app.host)
        self.free: dict[str, list[Page]] = defaultdict(list)
        self.used: list[tuple[str, Page]] = []

    def open(self, path: str = "/", own_window: bool = False, first_visit: bool = False, **options: Any) -> Page:
        """A settled page of the app; with `own_window` in a window that no other test has or gets.

        With `first_visit` in one that has not seen the stage's opening yet; the others have.
        """
        # Steps are shown at once: a test that looks at the way between them asks for motion.
        looks: dict[str, Any] = {
            "viewport": {"width": 1366, "height": 768},
            "color_scheme": "light",
            "reduced_motion": "reduce",
        }
        looks |= {name: options.pop(name) for name in looks.keys() & options.keys()}
        settings: dict[str, Any] = {"locale": "en-US", **options}
        key = "" if own_window or first_visit else repr(sorted(settings.items()))
        page = self.free[key].pop() if self.free[key] else self._new_window({**settings, **looks}, first_visit)
        self.used.append((key, page))
        # Size and media are changed in an open window as well as in a new one.
        page.set_viewport_size(looks["viewport"])
        page.emulate_media(color_scheme=looks["color_scheme"], reduced_motion=looks["reduced_motion"])
        page.goto(self.app.url + path)
        return settled(page)

    def _new_window(self, settings: dict[str, Any], first_visit: bool) -> Page:
        context = self.browser.new_context(accept_downloads=True, **settings)
        context.set_default_timeout(TIMEOUT_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.app.url)
        if not first_visit:
            context.add_init_script(OPENING_SEEN)
        self.watch.follow(context)
        return context.new_page()

    def take_back(self, keep: bool) -> None:
        """Empty the windows of a test for the next one, or close them."""
        for key, page in self.used:
            if keep and key and page.context.pages == [page]:
                page.evaluate("localStorage.clear(), sessionStorage.clear()")
                page.context.clear_cookies()
                page.mouse.move(0, 0)
                # Nothing runs on it, and it is of the app's own site: for another one Chromium would end the process
                # that has Streamlit's client compiled.
                page.goto(self.app.url + "/_stcore/health")
                self.free[key].append(page)
            else:
                page.context.close()
        self.used.clear()


@pytest.fixture(scope="package")
def windows(browser: Browser, app: App) -> Windows:
    """The windows that the tests of this folder share one after another."""
    return Windows(browser, app)


def speak(page: Page, language: str) -> None:
    """Choose a language. Then wait for a word of it: the page is that of the other one until it is drawn."""
    page.get_by_role("radio", name=LANGUAGES[language], exact=True).check(force=True)


@pytest.fixture
def open_page(windows: Windows, app: App, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """`open_page(path="/", own_window=False, **context)`: a settled page of the app, apart from all others.

    Keyword arguments go to Playwright's `new_context`: `locale="ko-KR"`, `color_scheme="dark"`, `viewport={...}`.
    """
    earlier = len(app.trouble())
    failed = request.session.testsfailed
    windows.watch.complaints.clear()
    yield windows.open
    windows.take_back(keep=request.session.testsfailed == failed)
    assert windows.watch.complaints == []
    assert app.trouble()[earlier:] == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The app's first page, settled, in an English browser at 1366x768."""
    return open_page()
