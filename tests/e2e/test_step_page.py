"""The Step page as a person uses it: typing, stepping, sharing, languages, mistakes, in a real browser."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.data.dates import read_pair
from tests.e2e.browser import settled
from tests.e2e.conftest import speak
from tests.e2e.screen import (
    EXAMPLES,
    FIRST,
    alert,
    button,
    cell,
    cells,
    choose_example,
    expect_step,
    field,
    numbers,
    pipeline,
    show_padding,
    trace_of,
    type_date,
    visible,
    written,
)
from viz_app.text.i18n import LANGUAGES, translator

LANDING_BYTES = 3_200_000


def answer(text: str) -> str:
    pair = read_pair(text)
    assert pair is not None
    return pair.answer


def view(page: Page) -> dict[str, Any]:
    """Everything that a shared link has to reproduce."""
    return {
        "text": field(page).input_value(),
        "written": written(page).all_text_contents(),
        "sentence": page.locator(".sentence").inner_text(),
        "cells": cells(page),
        "language": page.locator(".stage").get_attribute("lang"),
        "decode": page.locator(".decode").inner_text(),
        "scale": page.locator(".scale input:checked").input_value(),
        "padding": page.locator(".padding-choice").is_checked(),
    }


# --- Dates in, conversions out ---------------------------------------------------------------------------------------


def test_first_visit_shows_a_decoding_at_once_in_the_models_numbers(page: Page) -> None:
    expect(field(page)).to_have_value(FIRST)
    expect_step(page, 10)
    assert "".join(written(page).all_text_contents()) == "1994-09-27"

    # The padding is folded and can be shown.
    first_row = page.locator(".row").first.locator(".cell")
    expect(first_row).to_have_count(len(FIRST) + 1)
    weights = trace_of(FIRST).weights
    assert weights is not None
    np.testing.assert_allclose(numbers(page, "weight")[:, -1], weights[:, len(FIRST) :].sum(axis=1), rtol=1e-5)
    show_padding(page)
    np.testing.assert_array_equal(numbers(page, "weight"), weights)
    np.testing.assert_array_equal(numbers(page, "score"), trace_of(FIRST).scores)
    page.locator(".padding-choice").uncheck()
    expect(first_row).to_have_count(len(FIRST) + 1)

    # Greys are grey, and brighter for more weight.
    page.locator(".scale").get_by_text("Book's greys").click()
    shades = []
    for c in [c for row in cells(page) for c in row[: len(FIRST)]]:
        red, green, blue = (int(value) for value in re.findall(r"\d+", c["colour"])[:3])
        assert red == green == blue
        shades.append((c["weight"], red))
    shades.sort()
    # Those of the folded padding are in its parts.
    strips = page.locator(".strip").evaluate_all("all => all.map(e => getComputedStyle(e).fill)")
    assert len(strips) == 10 * 11 and strips[:11] == ["rgb(0, 0, 0)"] * 11 and len(set(strips)) > 1
    assert [grey for _, grey in shades] == sorted(grey for _, grey in shades)


def test_a_typed_date_is_converted_and_a_random_one(page: Page) -> None:
    type_date(page, "December 31, 1999")
    expect_step(page, 10, "December 31, 1999")
    assert "".join(written(page).all_text_contents()) == "1999-12-31"
    expect(page.locator(".map .typed text")).to_have_text([*map(visible, "December 31, 1999"), "+12"])

    # Full-width digits are read, and said to be.
    type_date(page, "２/１０/９３")
    expect_step(page, 10, "2/10/93")
    expect(page.locator(".message.note")).to_be_visible()

    # Letters that Markdown would eat are shown as typed.
    type_date(page, "__may__ 1, 1999 - /2/")
    expect_step(page, 10, "__may__ 1, 1999 - /2/")
    expect(page.locator(".map .typed text")).to_have_text([*map(visible, "__may__ 1, 1999 - /2/"), "+8"])

    # A random date is one that the page converts.
    page.get_by_role("button", name="Random date").click()
    expect(field(page)).not_to_have_value("__may__ 1, 1999 - /2/")
    text = field(page).input_value()
    expect_step(page, 10, text)
    assert read_pair(text) is not None


def test_every_example_converts_and_steps_on_one_screen_of_a_laptop(page: Page) -> None:
    for language in LANGUAGES:
        speak(page, language)
        expect(page.locator(".stage")).to_have_attribute("lang", language)
        settled(page)
        for selector in [".field form", ".sentence", ".map", ".controls", ".output", ".candidates", ".tools"]:
            box = page.locator(selector).bounding_box()
            assert box, (language, selector)
            assert box["y"] >= 0, (language, selector)
            assert box["y"] + box["height"] <= 768, (language, selector)
            assert box["x"] + box["width"] <= 1366, (language, selector)

        for example in EXAMPLES:
            choose_example(page, example)
            expect(field(page)).to_have_value(example)
            expect_step(page, 10, example)
            assert "".join(written(page).all_text_contents()) == answer(example)
            button(page, "first").click()
            button(page, "forward").click()
            expect_step(page, 2, example)


def test_models_without_attention_say_so(page: Page) -> None:
    page.get_by_text("Plain seq2seq", exact=True).click()
    expect(page.locator(".no-attention")).to_be_visible()
    expect(page.get_by_role("grid")).to_have_count(0)
    assert "".join(written(page).all_text_contents()) == pipeline("date-seq2seq").trace(FIRST).output.replace(" ", "␣")
    assert parse_qs(urlsplit(page.url).query)["model"] == ["date-seq2seq"]


# --- Stepping --------------------------------------------------------------------------------------------------------


def test_stepping_by_keyboard_mouse_slider_and_the_map(page: Page) -> None:
    expect_step(page, 10)
    page.keyboard.press("Home")
    expect_step(page, 1)
    page.keyboard.press("ArrowLeft")
    expect_step(page, 1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_step(page, 3)
    page.keyboard.press("ArrowLeft")
    expect_step(page, 2)
    page.keyboard.press("End")
    expect_step(page, 10)

    # By mouse it goes forward and really back.
    button(page, "first").click()
    expect_step(page, 1)
    button(page, "forward").click()
    button(page, "forward").click()
    expect_step(page, 3)
    button(page, "back").click()
    expect_step(page, 2)
    button(page, "last").click()
    expect_step(page, 10)
    # Playwright waits for a button that says it is disabled; a person does not.
    button(page, "forward").click(force=True)
    expect_step(page, 10)

    # The slider goes to any step.
    page.get_by_role("slider").fill("4")
    expect_step(page, 4)
    page.get_by_role("slider").fill("7")
    expect_step(page, 7)

    # A click on a row goes to its step.
    cell(page, 4, 2).click()
    expect_step(page, 5)
    page.locator(".row[data-step='7'] .outline").click()
    expect_step(page, 8)

    # Pointing at a cell names its characters and numbers.
    trace = trace_of(FIRST)
    assert trace.weights is not None
    assert trace.scores is not None
    cell(page, 5, 1).hover()
    tooltip = page.get_by_role("tooltip")
    expect(tooltip.locator(".pair")).to_have_text(f"{visible(trace.output[5])} ← e")
    weight, score = tooltip.locator("dd").all_inner_texts()
    assert np.float32(weight.split()[-1]) == trace.weights[5, 1]
    assert np.float32(score) == trace.scores[5, 1]

    # While typing, keys belong to the field.
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect_step(page, 2)
    field(page).focus()
    page.keyboard.press("End")
    page.keyboard.type("5 x")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    page.keyboard.press("Home")
    page.keyboard.type("1")
    expect(field(page)).to_have_value(f"1{FIRST}5x")
    expect_step(page, 2)


def test_space_plays_to_the_last_step_and_pause_stays_where_it_is(page: Page) -> None:
    page.locator(".speed-choice").select_option("4")
    page.locator(".sentence").click()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    expect(button(page, "play")).to_have_accessible_name("Pause")
    expect_step(page, 10)
    expect(button(page, "play")).to_have_accessible_name("Play")

    # A pause stays where it is.
    button(page, "first").click()
    button(page, "play").click()
    page.wait_for_selector(".output .slot:nth-child(3):not(.ahead)")
    button(page, "play").click()
    expect(button(page, "play")).to_have_accessible_name("Play")
    step = written(page).count()
    # At this speed a running player would have moved twice.
    page.evaluate("new Promise(resume => setTimeout(resume, 600))")
    expect_step(page, step)


def test_stepping_needs_no_trip_to_the_server(open_page: Any) -> None:
    page = open_page(own_window=True)
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.reload()
    settled(page)
    expect_step(page, 10)
    assert sent
    before = len(sent)
    page.keyboard.press("Home")
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    button(page, "first").click()
    page.locator(".scale").get_by_text("Book's greys").click()
    page.locator(".padding-choice").check()
    cell(page, 0, 3).hover()
    # Also not in the moment after, when the address is written.
    page.wait_for_url(re.compile(r"step=1\b.*scale=greys.*padding=1"))
    assert len(sent) == before


# --- Choices ---------------------------------------------------------------------------------------------------------


# --- Sharing ---------------------------------------------------------------------------------------------------------


def test_a_copied_link_shows_the_same_view_to_somebody_else(open_page: Any) -> None:
    page, other = open_page(), open_page(locale="fr-FR")
    type_date(page, "JUN 17, 2013")
    expect_step(page, 10, "JUN 17, 2013")
    page.get_by_role("slider").fill("4")
    page.locator(".scale label").nth(1).click()
    page.locator(".padding-choice").check()
    for language in LANGUAGES:
        speak(page, language)
        expect(page.locator(".stage")).to_have_attribute("lang", language)
        # English, which the browser asks for, is not in the address.
        page.wait_for_url(re.compile(r"^(?!.*lang=)" if language == "en" else rf"lang={language}\b"))
        page.evaluate("navigator.clipboard.writeText('')")
        button(page, "link").click()
        expect(page.locator(".feedback")).not_to_be_empty()
        link = page.wait_for_function("navigator.clipboard.readText()").json_value()
        assert urlsplit(link).netloc == urlsplit(page.url).netloc
        other.goto(link)
        expect_step(settled(other), 4, "JUN 17, 2013")
        assert view(other) == view(page)
        assert view(other)["language"] == language


def origin(page: Page) -> str:
    parts = urlsplit(page.url)
    return f"{parts.scheme}://{parts.netloc}"


def test_the_address_itself_is_a_link_to_the_view_and_reloading_keeps_it(page: Page, open_page: Any) -> None:
    page.get_by_role("slider").fill("3")
    page.wait_for_url(re.compile(r"step=3\b"))
    before = view(page)
    page.reload()
    settled(page)
    expect_step(page, 3)
    assert view(page) == before

    type_date(page, "2/10/93")
    expect_step(page, 10, "2/10/93")
    page.get_by_role("slider").fill("6")
    page.wait_for_url(re.compile(r"step=6\b"))
    other = open_page(page.url.removeprefix(origin(page)))
    expect_step(other, 6, "2/10/93")
    assert view(other) == view(page)


# --- Languages and looks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("locale", "language"), [("ko-KR", "ko"), ("ja-JP", "ja"), ("fr-FR", "en")])
def test_the_browsers_language_is_the_default(open_page: Any, locale: str, language: str) -> None:
    page = open_page(locale=locale)
    expect(page.get_by_role("button", name=translator(language)("Random date"))).to_be_visible()
    expect(page.locator(".stage")).to_have_attribute("lang", language)


def test_changing_the_language_keeps_text_and_step(page: Page) -> None:
    type_date(page, "2/10/93")
    expect_step(page, 10, "2/10/93")
    page.get_by_role("slider").fill("6")
    expect_step(page, 6, "2/10/93")
    english = page.locator(".sentence").inner_text()
    for language in ["ja", "ko"]:
        page.get_by_text(LANGUAGES[language], exact=True).click()
        expect(page.get_by_role("button", name=translator(language)("Random date"))).to_be_visible()
        expect(page.locator(".stage")).to_have_attribute("lang", language)
        expect(field(page)).to_have_value("2/10/93")
        expect_step(page, 6, "2/10/93")
        assert page.locator(".sentence").inner_text() != english
    page.get_by_text(LANGUAGES["en"], exact=True).click()
    expect(page.locator(".sentence")).to_have_text(english)


def test_dark_browsers_get_a_dark_page(open_page: Any) -> None:
    light, dark = open_page(color_scheme="light"), open_page(color_scheme="dark")
    assert lightness(light.locator(".stage"), "background-color") > 0.9
    assert lightness(dark.locator(".stage"), "background-color") < 0.2
    assert lightness(light.locator(".sentence"), "color") < 0.3
    assert lightness(dark.locator(".sentence"), "color") > 0.8
    assert lightness(dark.get_by_test_id("stApp"), "background-color") < 0.2


def lightness(element: Locator, property_name: str) -> float:
    """Mean of red, green and blue of a CSS colour, 0 to 1."""
    colour = element.evaluate("(element, name) => getComputedStyle(element).getPropertyValue(name)", property_name)
    return sum(float(value) for value in re.findall(r"[\d.]+", colour)[:3]) / 3 / 255


def test_a_phone_does_not_scroll_sideways(open_page: Any) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    for language in LANGUAGES:
        speak(page, language)
        expect(page.locator(".stage")).to_have_attribute("lang", language)
        settled(page)
        for selector in ["html", "[data-testid=stMain]"]:
            scrolled, seen = page.locator(selector).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert scrolled <= seen <= 390, (language, selector)
    button(page, "first").tap()
    expect_step(page, 1)


def test_the_written_characters_stay_while_a_long_date_moves_under_a_finger(open_page: Any) -> None:
    text = "THURSDAY, SEPTEMBER 5, 1985"
    page = open_page(f"/?text={quote(text)}", viewport={"width": 320, "height": 844}, is_mobile=True, has_touch=True)
    expect_step(page, 10, text)
    letter = page.locator(".letter[data-step='3']")

    def lefts() -> list[float]:
        return [part.evaluate("part => part.getBoundingClientRect().left") for part in (letter, cell(page, 3, 0))]

    page.locator(".map").evaluate("map => (map.scrollLeft = 0)")
    beside, first = lefts()
    assert beside < first
    page.locator(".map").evaluate("map => (map.scrollLeft = 40)")
    assert lefts() == [beside, first - 40]
    # Not below the cells: a finger finds the letter.
    letter.tap()
    expect_step(page, 4, text)


# --- Mistakes and malice ---------------------------------------------------------------------------------------------


def test_a_mistake_is_told_beside_the_field_and_the_picture_stays(page: Page) -> None:
    mistakes = {
        "september 27; 1994": "';' at position 13",
        "may 5, 1999 🎉": "'🎉' at position 13",
        "Wednesday, September 26, 1997 or so": "35 characters",
        "": "nothing to read",
        "   ": "nothing to read",
    }
    type_date(page, "2/10/93")
    expect_step(page, 10, "2/10/93")
    for text, sentence in mistakes.items():
        type_date(page, text)
        expect(alert(page)).to_contain_text(sentence)
        expect(field(page)).to_have_value(text)
        expect_step(page, 10, "2/10/93")
    type_date(page, "JUN 17, 2013")
    expect_step(page, 10, "JUN 17, 2013")
    expect(alert(page)).to_have_count(0)


def test_a_hostile_link_is_only_ever_text(page: Page) -> None:
    harm = "img[onerror], img[src*='192.0.2.1'], img[src=x], a[href^=javascript], strong, .katex"
    for text in (
        "<img src=x onerror=alert(1)>",
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](http://192.0.2.1/x.png)",
        "**bold** :red[x] $x^2$",
        "\u202egnihtemos",
    ):
        page.goto(f"{origin(page)}/?text={quote(text)}")
        expect(alert(settled(page))).to_be_visible()
        expect(field(page)).to_have_value(text)
        expect_step(page, 10)
        assert page.locator(harm).count() == 0, text


def test_parameters_that_do_not_exist_are_named_and_ignored(open_page: Any) -> None:
    names = ["model", "lang", "step", "scale", "padding"]
    page = open_page("/?" + "&".join(f"{name}={quote(f'<b onclick=alert(1)>*{name}*')}" for name in names))
    expect(alert(page)).to_have_count(len(names))
    for name in names:
        expect(alert(page).filter(has_text=f"<b onclick=alert(1)>*{name}*")).to_have_count(1)
    expect_step(page, 10)
    assert page.locator("b[onclick]").count() == 0


# --- What is loaded, and when ----------------------------------------------------------------------------------------


def test_landing_is_small_and_plotly_comes_only_when_asked_for(open_page: Any) -> None:
    page = open_page(own_window=True)
    sizes: list[float] = []
    names: list[str] = []
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devtools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: names.append(request.url))
    page.reload()
    settled(page)
    expect_step(page, 10)
    page.wait_for_load_state("networkidle")
    assert 100_000 < sum(sizes) < LANDING_BYTES
    assert [name for name in names if "plotly" in name.lower()] == []

    page.get_by_text("plotly figure").click()
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    assert [name for name in names if "plotly" in name.lower()] != []
    # From now on Python draws something of the date that the stage decodes by itself.
    type_date(page, "2/10/93")
    expect(page.locator(".js-plotly-plot")).to_contain_text("2/10/93 → 1993-02-10")
