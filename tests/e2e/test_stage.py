"""The stage's own promises in a browser: whose a key is, a grid for the keyboard, nothing jumps, all is legible."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import speak
from tests.e2e.screen import (
    FIRST,
    button,
    cell,
    choose_example,
    expect_step,
    field,
    show_padding,
    trace_of,
    type_date,
    visible,
    written,
)
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.narration import narrate

LONGEST = "TUESDAY, SEPTEMBER 25, 1984"
STEPS = 10

# Relative luminances and contrast as WCAG defines them; the colours as the browser computed them.
CONTRAST = """
(pairs) => pairs.map(([ink, ground]) => {
  const luminance = (colour) => {
    const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colour.match(/[\\d.]+/g).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
})
"""


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def expect_playing(page: Page, playing: bool) -> None:
    expect(button(page, "play")).to_have_accessible_name("Pause" if playing else "Play")


def boxes(page: Page, *selectors: str) -> list[Any]:
    return [page.locator(selector).first.bounding_box() for selector in selectors]


# --- Whose a key is --------------------------------------------------------------------------------------------------


def test_what_a_mouse_has_clicked_does_not_keep_the_keys(page: Page) -> None:
    choose_example(page, "2/10/93")
    expect_step(page, 10, "2/10/93")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect_step(page, 8, "2/10/93")
    page.locator(".scale").get_by_text("Book's greys").click()
    page.keyboard.press("ArrowLeft")
    expect_step(page, 7, "2/10/93")
    expect(page.locator(".scale input[value=greys]")).to_be_checked()
    cell(page, 3, 1).click()
    page.keyboard.press("ArrowRight")
    expect_step(page, 5, "2/10/93")
    button(page, "back").click()
    page.keyboard.press(" ")
    expect_playing(page, True)
    page.keyboard.press(" ")
    expect_playing(page, False)


def test_what_the_keyboard_has_reached_keeps_its_keys(page: Page) -> None:
    expect_step(page, 10)
    page.get_by_role("radio", name="August 19, 2003", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect_step(page, 10)
    button(page, "play").focus()
    page.keyboard.press("Shift+Tab")
    expect(button(page, "back")).to_be_focused()
    page.keyboard.press(" ")
    page.keyboard.press(" ")
    expect_step(page, 8)
    expect_playing(page, False)
    page.keyboard.press("ArrowLeft")
    expect_step(page, 7)


def test_the_ends_say_so_and_the_browsers_own_shortcuts_are_left_alone(page: Page) -> None:
    # The ends say so, and keep the focus.
    expect(button(page, "forward")).to_have_attribute("aria-disabled", "true")
    button(page, "back").focus()
    for _ in range(STEPS):
        page.keyboard.press("Enter")
    expect_step(page, 1)
    expect(button(page, "back")).to_have_attribute("aria-disabled", "true")
    expect(button(page, "back")).to_be_focused()

    # The browser's own shortcuts are left alone.
    button(page, "last").click()
    button(page, "back").click()
    for keys in ("Alt+ArrowDown", "Control+Home", "Shift+ArrowLeft", "Meta+ArrowLeft"):
        page.keyboard.press(keys)
    expect_step(page, 9)

    # Playing from the end begins again, and a step by hand ends it.
    button(page, "last").click()
    expect_step(page, 10)
    button(page, "play").click()
    expect_step(page, 1)
    expect_playing(page, True)
    page.locator(".output .slot").nth(6).click()
    expect_playing(page, False)
    expect_step(page, 7)


def test_one_press_is_one_step_however_often_python_ran(page: Page) -> None:
    for language in ("ja", "ko", "en"):
        page.get_by_text(LANGUAGES[language], exact=True).click()
        expect(page.locator(".stage")).to_have_attribute("lang", language)
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".stage")).to_have_css("color-scheme", scheme)
    page.keyboard.press("ArrowLeft")
    expect_step(page, 9)


# --- Stepping --------------------------------------------------------------------------------------------------------


def test_nothing_moves_from_step_to_step_and_a_tap_goes_to_its_row(open_page: Any) -> None:
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True)
    places = []
    for step in range(STEPS):
        page.get_by_role("slider").fill(str(step + 1))
        expect_step(page, step + 1)
        places.append(boxes(page, ".sentences", ".map [role=grid]", ".controls", ".candidates", ".numbers"))
    assert all(place == places[0] for place in places)

    # A tap goes to the row and shows the numbers.
    expect_step(page, 10)
    cell(page, 2, 4).tap()
    expect_step(page, 3)
    expect(page.get_by_role("tooltip").locator(".pair")).to_have_text("9 ← e")


# --- What a step shows -----------------------------------------------------------------------------------------------


def test_every_step_shows_its_sentence_shares_and_candidates_and_a_row_of_the_table(page: Page) -> None:
    trace = trace_of(FIRST)
    assert trace.weights is not None
    show_padding(page)
    for step in range(STEPS):
        page.get_by_role("slider").fill(str(step + 1))
        expect(page.locator(".candidates .chip")).to_have_text([visible(c) for c, _ in trace[step].candidates(5)])
        expect(page.locator(".candidates .best .chip")).to_have_text(visible(trace[step].character))
        bars = page.locator(".candidates .fill").evaluate_all("fills => fills.map(f => parseFloat(f.style.inlineSize))")
        np.testing.assert_allclose(bars, [100 * p for _, p in trace[step].candidates(5)], atol=1e-4)
        expect(page.locator(".candidates .share")).to_have_text([percent(p) for _, p in trace[step].candidates(5)])
        assert page.locator(".sentence").inner_text() == narrate(trace, step, translator("en"))
        shares = page.locator(".shares text").all_text_contents()
        assert shares == [whole_percent(weight) for weight in trace.weights[step].tolist()]

    # The table has the numbers of the reached steps.
    page.get_by_role("slider").fill("3")
    page.get_by_text("The weights as a table").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("slider").fill("7")
    expect(page.locator("tbody tr")).to_have_count(7)
    texts = page.locator("tbody td").all_text_contents()
    np.testing.assert_array_equal(np.array(texts, dtype=np.float32).reshape(7, 29), trace.weights[:7])
    expect(page.get_by_role("rowheader", name="Step 7: 9", exact=True).first).to_be_visible()


def percent(probability: float) -> str:
    """Nothing is called 0 % or 100 % that is not, in tenths either."""
    number = f"{100 * probability:.1f}"
    if probability in (0, 1) or number not in ("0.0", "100.0"):
        return f"{number} %"
    return "<0.1 %" if number == "0.0" else ">99.9 %"


def whole_percent(weight: float) -> str:
    """Nothing is called 0 % or 100 % that is not."""
    number = round(100 * weight)
    return "" if number == 0 else ">99 %" if number == 100 and weight < 1 else f"{number} %"


# --- The grid for the keyboard and the screen reader -----------------------------------------------------------------


def focus_grid(page: Page) -> Locator:
    """Tab into the grid from the control behind it."""
    button(page, "first").focus()
    page.keyboard.press("Shift+Tab")
    return page.locator(".cell:focus")


def test_the_grid_is_one_tab_stop_where_arrows_move_and_a_focused_cell_speaks(page: Page) -> None:
    # Spaces can be seen and heard.
    header = page.get_by_role("columnheader", name="space", exact=True)
    expect(header).to_have_text(["␣", "␣"])
    expect(page.get_by_role("columnheader", name="comma", exact=True)).to_have_text([","])
    expect(page.get_by_role("columnheader", name="padding spaces: 11", exact=True)).to_have_text(["+11"])

    # A screen reader finds a grid of the reached rows only.
    page.get_by_role("slider").fill("2")
    expect_step(page, 2)
    grid = page.get_by_role("grid")
    expect(grid).to_have_accessible_name(re.compile("^Attention weights"))
    expect(grid.get_by_role("gridcell")).to_have_count(2 * (len(FIRST) + 1))
    expect(grid.get_by_role("rowheader")).to_have_count(2)
    expect(page.locator(".sentence")).to_have_attribute("aria-live", "polite")
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", "Step 2 of 10")

    # The Tab key stops once, on the strongest cell.
    trace = trace_of(FIRST)
    assert trace.weights is not None
    assert trace.scores is not None
    page.get_by_role("slider").fill("4")
    focused = focus_grid(page)
    expect(focused).to_have_attribute("data-row", "3")
    expect(focused).to_have_attribute("data-column", str(trace.weights[3].argmax()))
    expect(page.locator(".cell[tabindex='0']")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(button(page, "first")).to_be_focused()

    # Arrows move inside the grid and not the step.
    focused = focus_grid(page)
    for keys, row, column in [
        ("Home", 3, 0),
        ("ArrowLeft", 3, 0),
        ("ArrowRight", 3, 1),
        ("ArrowUp", 2, 1),
        ("ArrowDown", 3, 1),
        ("ArrowDown", 3, 1),
        ("End", 3, len(FIRST)),
        ("Control+Home", 0, 0),
        ("Control+End", 3, len(FIRST)),
    ]:
        page.keyboard.press(keys)
        expect(focused).to_have_attribute("data-row", str(row))
        expect(focused).to_have_attribute("data-column", str(column))
    expect_step(page, 4)

    # A focused cell says its numbers, and Enter goes to its step.
    page.get_by_role("slider").fill("6")
    focused = focus_grid(page)
    page.keyboard.press("Control+Home")
    expect(page.get_by_role("tooltip")).to_be_visible()
    name = re.fullmatch(r"writes 1, looks at s: weight (\S+), score (\S+)", focused.get_attribute("aria-label") or "")
    assert name
    assert np.float32(name[1]) == trace.weights[0, 0]
    assert np.float32(name[2]) == trace.scores[0, 0]
    page.keyboard.press("Escape")
    expect(page.locator(".tooltip")).to_be_hidden()
    page.keyboard.press("Enter")
    expect_step(page, 1)
    expect(focused).to_have_attribute("data-row", "0")


# --- The address -----------------------------------------------------------------------------------------------------


def test_python_knowing_an_older_step_undoes_neither_the_step_nor_the_address(open_page: Any) -> None:
    page = open_page("/?step=6&scale=greys")
    expect_step(page, 6)
    page.get_by_role("slider").fill("4")
    page.locator(".padding-choice").check()
    page.wait_for_url(re.compile(r"step=4\b.*padding=1"))
    page.get_by_text(LANGUAGES["ko"], exact=True).click()
    expect(page.locator(".stage")).to_have_attribute("lang", "ko")
    wanted = {"step=4", "scale=greys", "padding=1", "lang=ko"}
    page.wait_for_url(lambda url: wanted <= set(urlsplit(url).query.split("&")))
    expect_step(page, 4)


def test_back_and_forward_restore_the_view_of_each_entry(page: Page) -> None:
    type_date(page, "2/10/93")
    expect_step(page, 10, "2/10/93")
    page.get_by_role("slider").fill("7")
    page.wait_for_url(re.compile(r"step=7\b"))
    type_date(page, "JUN 17, 2013")
    expect_step(page, 10, "JUN 17, 2013")
    page.get_by_role("slider").fill("3")
    page.wait_for_url(re.compile(r"step=3\b"))
    page.go_back()
    expect(field(page)).to_have_value("2/10/93")
    expect_step(page, 7, "2/10/93")
    page.go_forward()
    expect(field(page)).to_have_value("JUN 17, 2013")
    expect_step(page, 3, "JUN 17, 2013")
    # Another language is another entry of the same trace.
    page.get_by_text(LANGUAGES["ko"], exact=True).click()
    expect(page.locator(".stage")).to_have_attribute("lang", "ko")
    page.get_by_role("slider").fill("5")
    page.wait_for_url(re.compile(r"step=5\b"))
    page.go_back()
    expect(page.locator(".stage")).to_have_attribute("lang", "en")
    expect_step(page, 3, "JUN 17, 2013")


def test_other_parameters_are_kept(open_page: Any) -> None:
    page = open_page("/?embed=true&text=2/10/93&note=a%26b")
    expect_step(page, 10, "2/10/93")
    page.keyboard.press("Home")
    page.wait_for_url(re.compile(r"step=1\b"))
    assert query(page)["embed"] == ["true"]
    assert query(page)["note"] == ["a&b"]
    assert query(page)["text"] == ["2/10/93"]


# --- Looks -----------------------------------------------------------------------------------------------------------


def test_every_text_is_legible_on_its_ground(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".stage")).to_have_css("color-scheme", scheme)
        ratios = contrasts(page)
        assert len(ratios) > STEPS * len(FIRST)
        assert min(ratios) >= 4.5, scheme


def contrasts(page: Page) -> list[float]:
    """Of every text of every step on its ground."""
    pairs = []
    for step in range(STEPS):
        page.locator(f".scale input[value={['ink', 'cividis', 'greys'][step % 3]}]").check(force=True)
        page.get_by_role("slider").fill(str(step + 1))
        expect_step(page, step + 1)
        pairs += page.locator(".typed").evaluate_all(
            "all => all.map(g => [g.children[1], g.children[0]].map(e => getComputedStyle(e).fill))"
        )
        pairs += written(page).evaluate_all(
            "all => all.map(g => [g.children[2], g.children[0]].map(e => getComputedStyle(e).fill))"
        )
    page_text = """
        nodes => nodes.map(node => {
          let ground = node;
          const clear = (e) => getComputedStyle(e).backgroundColor === 'rgba(0, 0, 0, 0)';
          while (clear(ground)) ground = ground.parentElement;
          const resolve = (colour) => {
            const pen = document.createElement('canvas').getContext('2d');
            pen.fillStyle = colour;
            pen.fillRect(0, 0, 1, 1);
            return `rgb(${[...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)})`;
          };
          return [resolve(getComputedStyle(node).color), resolve(getComputedStyle(ground).backgroundColor)];
        })
    """
    pairs += page.locator(".stage :is(h2, .sentence, .share, .counter, .play, summary, .legend)").evaluate_all(
        page_text
    )
    ratios: list[float] = page.evaluate(CONTRAST, pairs)
    return ratios


def test_the_smallest_phone_has_room_for_every_finger(open_page: Any) -> None:
    page = open_page(f"/?text={LONGEST}", viewport={"width": 320, "height": 700}, has_touch=True)
    for language in LANGUAGES:
        speak(page, language)
        expect(page.locator(".stage")).to_have_attribute("lang", language)
        expect_step(page, 10, LONGEST)
        stage = page.locator(".stage").bounding_box()
        assert stage
        for target in page.locator(".stage :is(button, select, .switch, .scale label, .slider)").all():
            box, name = target.bounding_box(), (language, target.evaluate("one => one.outerHTML.slice(0, 80)"))
            assert box, name
            assert box["height"] >= 40, name
            assert box["width"] >= 40, name
            assert box["x"] >= stage["x"], name
            assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1, name


def test_the_whole_screen_and_back_and_a_link_to_copy_by_hand(page: Page) -> None:
    button(page, "enlarge").click()
    expect(page.locator(".stage.enlarged")).to_be_visible()
    height = page.evaluate("window.innerHeight")
    box = page.locator(".map [role=grid]").bounding_box()
    assert box
    assert box["height"] > 0.5 * height
    page.keyboard.press("ArrowLeft")
    expect_step(page, 9)
    button(page, "enlarge").click()
    expect(page.locator(".stage.enlarged")).to_have_count(0)
    expect(button(page, "enlarge")).to_have_accessible_name("Fill the screen")

    # A refused clipboard leaves the link to copy by hand.
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }")
    page.get_by_role("slider").fill("5")
    button(page, "link").click()
    link = page.get_by_role("textbox", name="Link to this view")
    expect(link).to_be_focused()
    assert parse_qs(urlsplit(link.input_value()).query)["step"] == ["5"]
    selected = link.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)")
    assert selected == link.input_value()


# --- Motion ----------------------------------------------------------------------------------------------------------


def ribbon_columns(page: Page) -> list[int]:
    """The columns that the ribbons on the stage lead from."""
    return page.locator(".ribbon").evaluate_all("ribbons => ribbons.map(ribbon => Number(ribbon.dataset.column))")


def opacity(part: Locator) -> float:
    """How much of it is seen, 0 to 1."""
    return float(part.evaluate("part => getComputedStyle(part).opacity"))


def looked_at(step: int) -> list[int]:
    """The columns of the source characters that hold at least two percent of a step's attention, the padding as one."""
    weights = trace_of(FIRST).weights
    assert weights is not None
    return [min(j, len(FIRST)) for j, weight in enumerate(weights[step].tolist()) if weight >= 0.02]


def test_the_way_of_a_step_is_drawn_and_ends_in_the_step(open_page: Any) -> None:
    page = open_page("/?step=4", reduced_motion="no-preference")
    expect_step(page, 4)
    # The page's clock stands: every picture is asked for.
    page.clock.install()
    page.clock.pause_at(time.time() + 3600)
    page.keyboard.press("ArrowRight")
    expect(page.locator(".counter")).to_have_text("Step 5 of 10")
    slot = page.locator(".output .slot").nth(4)
    letter = page.locator(".letter").nth(4)
    opacities = []
    for _picture in range(12):
        page.clock.run_for(60)
        opacities.append([opacity(slot.locator("text")), opacity(letter)])
    assert opacities[0] == [0, 0] and opacities[-1] == [1, 1], "it is written last"
    assert opacities == sorted(opacities)
    expect_step(page, 5)
    assert ribbon_columns(page) == looked_at(4) and set(looked_at(4)) == {len(FIRST)}, "it looks behind the text"
    page.clock.resume()
    # Where the slider is dragged to is there at once, and so is every step for who steps faster than it is drawn.
    page.get_by_role("slider").fill("6")
    expect_step(page, 6)
    for key in ["ArrowRight", "ArrowRight", "ArrowLeft"]:
        page.keyboard.press(key)
    expect_step(page, 7)
    assert ribbon_columns(page) == looked_at(6)


def test_pointing_at_a_ribbon_lights_its_cell_and_the_other_way_round(page: Page) -> None:
    page.get_by_role("slider").fill("1")
    expect_step(page, 1)
    (column, *_others) = looked_at(0)
    cell(page, 0, column).hover()
    expect(page.locator(".ribbon.lit")).to_have_count(1)
    expect(page.locator(".typed.lit")).to_have_attribute("data-column", str(column))
    page.mouse.move(5, 5)
    expect(page.locator(".lit")).to_have_count(0)


def test_the_first_visit_plays_once_by_itself(open_page: Any) -> None:
    page = open_page(first_visit=True, reduced_motion="no-preference")
    expect(page.locator(".output .slot:not(.ahead)")).to_have_count(1)
    # Once more, by a clock that the test turns.
    page.evaluate("localStorage.clear()")
    page.clock.install()
    page.reload()
    # Nothing is written, nothing is judged; then it steps, and the answer stands with its verdict.
    expect(page.locator(".output .slot text").first).to_have_css("opacity", "0")
    expect(page.locator(".output .slot:not(.ahead)")).to_have_count(1)
    expect(page.locator(".judged")).to_be_hidden()
    page.clock.run_for(5500)
    expect(page.locator(".aside")).to_contain_text("looks behind the date")
    page.clock.run_for(4000)
    expect_step(page, 10)
    expect(page.locator(".invitation")).to_be_visible()
    expect(page.locator(".judged")).to_contain_text("Right")
    expect(field(page)).to_be_focused()
    page.keyboard.type("2")
    expect(field(page)).to_have_value("2")
    expect(page.locator(".invitation")).to_be_hidden()
    page.reload()
    expect_step(page, 10)
    expect(page.locator(".judged")).to_contain_text("Right")


def test_whatever_a_person_does_ends_the_opening(open_page: Any) -> None:
    page = open_page(first_visit=True, reduced_motion="no-preference")
    expect(page.locator(".output .slot:not(.ahead)")).to_have_count(1)
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 10)
    expect_step(page, 10)
    expect(page.locator(".judged")).to_contain_text("Right")
    # A link to a step opens on that step.
    page.evaluate("localStorage.clear()")
    page.goto(page.url.split("?")[0] + "?step=3")
    expect_step(page, 3)
    expect(page.locator(".judged")).to_contain_text("Right")
