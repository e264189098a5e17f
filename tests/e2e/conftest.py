"""A running app and a real Chromium for the tests of this folder.

`page` is a fresh browser context on the app's first page; `open_page(...)` opens further ones, in another language,
colour scheme or size. A test fails when any of its pages prints an error to the console, throws, opens a dialog, or
contacts a host other than the app, and when the server logs an error or a warning.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.browser import HOW_TO_GET, TIMEOUT_MS, App, Watch, find_chromium, launch, running_app, settled

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


@pytest.fixture
def open_page(browser: Browser, app: App) -> Iterator[OpenPage]:
    """`open_page(path="/", **context)`: a settled page of the app in a browser context of its own.

    Keyword arguments go to Playwright's `new_context`: `locale="ko-KR"`, `color_scheme="dark"`, `viewport={...}`.
    """
    watch = Watch(app.host)
    contexts = []
    earlier = len(app.trouble())

    def open_page(path: str = "/", **options: Any) -> Page:
        settings: dict[str, Any] = {"locale": "en-US", "viewport": {"width": 1366, "height": 768}, **options}
        context = browser.new_context(accept_downloads=True, **settings)
        context.set_default_timeout(TIMEOUT_MS)
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
        contexts.append(context)
        watch.follow(context)
        page = context.new_page()
        page.goto(app.url + path)
        return settled(page)

    yield open_page
    for context in contexts:
        context.close()
    assert watch.complaints == []
    assert app.trouble()[earlier:] == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    """The app's first page, settled, in a fresh English browser at 1366x768."""
    return open_page()
