"""The Film page as a person uses it: playing, scrubbing, the keyboard and the address, in a real browser."""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from core.decoding.trace import DecodingTrace
from core.exhibits.film import load_frames, read_film
from tests.e2e.browser import settled
from tests.e2e.screen import FIRST, button, choose_example, type_date, visible
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.tables import percent

FILM = read_film()
FRAMES = len(FILM.frames)


@cache
def traces_of(text: str = FIRST) -> list[DecodingTrace]:
    """What every frame has to show for a text."""
    return [pipeline.trace(text) for pipeline in load_frames(FILM, "cpu")]


def written(page: Page) -> Locator:
    """The output at the frame, an element an output character."""
    return page.locator(".film .output .chip")


def thumbnails(page: Page) -> Locator:
    """The frames of the strip."""
    return page.locator(".film .strip button")


def expect_frame(page: Page, frame: int, text: str = FIRST) -> None:
    """Wait until this frame, counted from 1, is shown in every part of the film."""
    trace = traces_of(text)[frame - 1]
    expect(written(page)).to_have_text([visible(c) for c in trace.output])
    expect(page.get_by_role("slider")).to_have_value(str(frame))
    expect(page.locator(".film .strip [aria-current=true]")).to_have_count(1)
    expect(thumbnails(page).nth(frame - 1)).to_have_attribute("aria-current", "true")
    assert trace.weights is not None
    weights = page.locator(".film .cell").evaluate_all("cells => cells.map(cell => Number(cell.dataset.weight))")
    n = len(text)
    for row, weight in enumerate(trace.weights):
        shown = weights[row * (n + 1) : (row + 1) * (n + 1)]
        assert shown[:n] == [float(w) for w in weight[:n]]
        assert shown[n] == pytest.approx(float(weight[n:].sum()), abs=1e-6)


def expect_address(page: Page, frame: int) -> None:
    """Wait until the address names the frame."""
    expect(page).to_have_url(re.compile(rf"[?&]frame={frame}(&|$)"))


def test_the_film_opens_at_its_end_and_steps_without_the_server(open_page: Any) -> None:
    page = open_page("/film", own_window=True)
    expect_frame(page, FRAMES)
    page.context.set_offline(True)
    button(page, "first").click()
    expect_frame(page, 1)
    expect(page.locator(".film .sentence")).to_contain_text("Untrained")
    button(page, "forward").click()
    expect_frame(page, 2)
    button(page, "back").click()
    expect_frame(page, 1)
    expect(button(page, "back")).to_have_attribute("aria-disabled", "true")
    button(page, "last").click()
    expect_frame(page, FRAMES)
    thumbnails(page).nth(6).click()
    expect_frame(page, 7)
    expect_address(page, 7)
    page.context.set_offline(False)


def test_the_keyboard_moves_the_film(open_page: Any) -> None:
    page = open_page("/film?frame=3")
    expect_frame(page, 3)
    for key, frame in (("ArrowRight", 4), ("ArrowLeft", 3), ("Home", 1), ("End", FRAMES)):
        page.keyboard.press(key)
        expect_frame(page, frame)
    expect_address(page, FRAMES)
    page.locator(".speed-choice").select_option("4")
    page.locator(".film .sentence").click()
    page.keyboard.press("Space")
    expect(button(page, "play")).to_have_class(re.compile("playing"))
    expect_frame(page, FRAMES)
    expect(button(page, "play")).not_to_have_class(re.compile("playing"))


def test_play_starts_over_and_pauses(open_page: Any) -> None:
    page = open_page("/film?frame=5")
    expect_frame(page, 5)
    button(page, "play").click()
    expect(page.get_by_role("slider")).to_have_value("6")
    button(page, "play").click()
    expect(button(page, "play")).to_have_attribute("aria-label", "Play")
    frame = int(page.get_by_role("slider").input_value())
    assert frame in (6, 7)
    expect_frame(page, frame)


def test_the_charts_are_scrubbed_with_the_mouse(open_page: Any) -> None:
    page = open_page("/film")
    expect_frame(page, FRAMES)
    chart = page.locator(".film .charts svg").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    first = thumbnails(page).first.bounding_box()
    assert box and first
    y = box["y"] + box["height"] / 2
    page.mouse.move(first["x"] + first["width"] / 2, y)
    page.mouse.down()
    expect_frame(page, 1)
    page.mouse.move(first["x"] + 2.4 * first["width"], y)
    page.mouse.up()
    expect_frame(page, 3)
    page.mouse.move(first["x"], y)
    expect_frame(page, 3)


def test_right_and_wrong_are_told_by_more_than_colour(open_page: Any) -> None:
    page = open_page("/film?frame=7")
    output = traces_of()[6].output
    wrong = [i for i, (a, b) in enumerate(zip(output, "1994-09-27", strict=True)) if a != b]
    assert 0 < len(wrong) < 10
    marked = page.locator(".film .output li").evaluate_all("items => items.map(item => item.className === 'wrong')")
    assert [i for i, one in enumerate(marked) if one] == wrong
    expect(page.locator(".film .output li").nth(wrong[0])).to_have_attribute("aria-label", re.compile("wrong"))
    expect(page.locator(".film .expected .differs .chip")).to_have_text([visible("1994-09-27"[i]) for i in wrong])
    values = page.locator(".film .measures dd")
    expect(values.nth(1)).to_have_text(percent(FILM.frames[6].exact_match, translator("en"), 1))
    expect(values.nth(4)).to_have_text(f"{FILM.frames[6].alignment_error_rate:.2f}")


def test_another_date_stays_at_the_moment(open_page: Any) -> None:
    page = open_page("/film?frame=9")
    expect_frame(page, 9)
    type_date(page, "2/10/93")
    expect_frame(page, 9, "2/10/93")
    expect_address(page, 9)
    choose_example(page, "JUN 17, 2013")
    expect_frame(page, 9, "JUN 17, 2013")
    page.get_by_role("radio", name="한국어").click()
    expect(page.locator(".film")).to_have_attribute("lang", "ko")
    expect_frame(page, 9, "JUN 17, 2013")
    expect_address(page, 9)


def test_other_pages_keep_the_date_and_the_film_its_frame(open_page: Any) -> None:
    page = open_page("/film?frame=4&text=2/10/93")
    expect_frame(page, 4, "2/10/93")
    page.get_by_role("link", name="Truth", exact=True).click()
    expect(page.locator(".verdict")).to_contain_text("“2/10/93” means 1993-02-10")
    page.get_by_role("link", name="Film", exact=True).click()
    expect_frame(page, 4, "2/10/93")
    # The film that was left listens no more: it would take the key from this one.
    page.keyboard.press("ArrowLeft")
    expect_frame(page, 3, "2/10/93")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_on_a_phone(open_page: Any, language: str) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    page = open_page(f"/film?lang={language}&frame=12", **phone)
    _ = translator(language)
    expect(page.get_by_role("group", name=_("Moments of the training"))).to_be_visible()
    main = settled(page).get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0
    # The strip has been moved so that the frame that is shown can be seen, and the words of the charts with it.
    box, timeline = thumbnails(page).nth(11).bounding_box(), page.locator(".film .timeline").bounding_box()
    assert box and timeline and timeline["x"] <= box["x"]
    assert box["x"] + box["width"] <= timeline["x"] + timeline["width"] + 1
    title = page.locator(".film .charts p").first.bounding_box()
    assert title and title["x"] >= timeline["x"]


def test_a_link_full_of_nonsense(open_page: Any) -> None:
    page = open_page(f"/film?text={quote('<b>9</b>')}&frame=13&lang=tlh&scale=red")
    expect(page.locator(".message[role=alert]")).to_have_count(4)
    expect(page.locator(".message").filter(has_text="frame=13")).to_be_visible()
    expect_frame(page, FRAMES)
    type_date(page, "2/10/93")
    expect_frame(page, FRAMES, "2/10/93")
    expect(page.locator(".message[role=alert]")).to_have_count(0)
