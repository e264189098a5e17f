"""What if …? Changes of a decoding as a person makes them: by mouse, by keyboard, by link."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from core.decoding.beam import beam_search
from core.decoding.interventions import (
    ForceCharacter,
    Intervention,
    Mask,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.interventions_json import intervention_to_dict
from tests.e2e.browser import settled
from tests.e2e.conftest import speak
from tests.e2e.screen import FIRST, alert, cell, field, numbers, pipeline, show_padding, type_date, visible, written
from viz_app.text.i18n import LANGUAGES, translator


def link(*changes: Intervention | dict[str, Any], **others: str) -> str:
    items = [change if isinstance(change, dict) else intervention_to_dict(change) for change in changes]
    return "/?" + urlencode({**others, "changes": json.dumps(items)})


def expect_changed(page: Page, *changes: Intervention, text: str = FIRST) -> None:
    """Wait until the stage shows the decoding with these changes, with the original under it where it differs."""
    trace, original = pipeline().trace(text, changes), pipeline().trace(text)
    step = int(page.get_by_role("slider", name="Step").input_value())
    expect(written(page)).to_have_text([visible(c) for c in trace.output[:step]])
    if changes:
        expect(page.locator(".original [role=listitem]")).to_have_text([visible(c) for c in original.output])
        differs = [i for i in range(10) if trace.output[i] != original.output[i]]
        expect(page.locator(".original .differs")).to_have_text([visible(original.output[i]) for i in differs])
    else:
        expect(page.locator(".without")).to_be_hidden()


def expect_changes_in_url(page: Page, *changes: Intervention) -> None:
    """Wait until the address says these changes: the server writes it when the page is drawn, after the stage."""
    wanted = json.dumps([intervention_to_dict(change) for change in changes], separators=(",", ":"))
    said = "JSON.stringify(JSON.parse(new URLSearchParams(location.search).get('changes') || '[]'))"
    page.wait_for_function(f"wanted => {said} === wanted", arg=wanted)


def what_if(page: Page) -> Locator:
    return page.get_by_role("switch", name="What if …?")


def candidate(page: Page, character: str) -> Locator:
    return page.locator(".candidates button", has=page.locator(".chip", has_text=re.compile(rf"^{character}$")))


def active(page: Page) -> Locator:
    """The list of changes."""
    return page.locator(".st-key-change_list").get_by_role("checkbox")


def go_to(page: Page, step: int) -> None:
    page.get_by_role("slider", name="Step").fill(str(step))
    page.wait_for_url(re.compile(rf"step={step}\b"))


# --- Forcing a character ----------------------------------------------------------------------------------------------


def test_a_candidate_is_forced_by_keyboard_or_mouse_and_any_character_from_the_list(page: Page) -> None:
    # Forced and let go by keyboard.
    go_to(page, 1)
    candidate(page, "2").focus()
    page.keyboard.press("Enter")
    expect_changed(page, ForceCharacter(0, "2"))
    expect(candidate(page, "2")).to_have_attribute("aria-pressed", "true")
    candidate(page, "2").focus()
    page.keyboard.press("Enter")
    expect_changed(page)
    expect(candidate(page, "2")).to_have_attribute("aria-pressed", "false")

    # Clicked, it is written, and the rest decoded from there.
    go_to(page, 6)
    candidate(page, "1").click()
    expect_changed(page, ForceCharacter(5, "1"))
    # The step did not jump, and the whole output is that of the forced decoding.
    expect(page.get_by_role("slider", name="Step")).to_have_value("6")
    page.keyboard.press("End")
    expect_changed(page, ForceCharacter(5, "1"))
    expect_changes_in_url(page, ForceCharacter(5, "1"))
    expect(page.locator(".parting")).to_have_text("The two part at step 6: “1” instead of “0”.")

    # Any character can be forced from the list.
    what_if(page).check(force=True)
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    go_to(page, 3)
    page.get_by_role("tab", name="Output").click()
    box = page.get_by_role("combobox", name="At step 3 write")
    box.fill("z")
    expect(page.get_by_role("option", name="%")).to_have_count(0)
    box.fill("y")
    page.get_by_role("option", name=re.compile("^y ")).click()
    expect_changed(page, ForceCharacter(2, "y"))


# --- The panel --------------------------------------------------------------------------------------------------------


def test_the_panel_changes_the_weights_and_follows_the_step(page: Page) -> None:
    # The temperature, by keyboard.
    what_if(page).check(force=True)
    slider = page.get_by_role("slider", name="Temperature")
    slider.focus()
    slider.press("ArrowRight")
    expect(active(page)).to_have_count(1)
    expect_changed(page, Temperature(1.5))
    show_padding(page)
    trace = pipeline().trace(FIRST, [Temperature(1.5)])
    assert (numbers(page, "weight") == trace.weights).all()

    # Hidden characters get no weight.
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    # The list of choices closes, or moves on and on, where it is opened while the page below it still moves.
    settled(page)
    box = page.get_by_role("combobox", name="Hide characters")
    box.click()
    page.get_by_role("option", name="1 s", exact=True).click()
    expect_changed(page, Mask((0,)))
    assert (numbers(page, "weight")[:, 0] == 0).all()

    # A typed weight is taken, and the rest renormalised.
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    weight = page.get_by_role("spinbutton", name="Weight")
    weight.fill("0.9")
    weight.press("Enter")
    expect(active(page)).to_have_count(1)
    expect_changed(page, SetWeights({0: 0.9}))
    shown = numbers(page, "weight")
    assert shown[:, 0] == pytest.approx(0.9)
    assert shown.sum(axis=1) == pytest.approx(1)

    # The panel follows the step.
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    scope = page.get_by_role("radio", name="Only step")
    expect(scope).to_have_text("Only step 10")
    page.keyboard.press("Home")
    expect(scope).to_have_text("Only step 1")
    scope.click()
    page.get_by_role("button", name="Even", exact=True).click()
    expect_changed(page, Uniform(step=0))
    assert numbers(page, "weight")[0] == pytest.approx(1 / 29)
    page.keyboard.press("End")
    expect(scope).to_have_text("Only step 10")
    expect(page.get_by_role("slider", name="Step")).to_have_value("10")


def test_the_input_is_edited_and_the_original_kept(page: Page) -> None:
    type_date(page, "2/10/93")
    settled(page)
    what_if(page).check(force=True)
    page.get_by_role("tab", name="Input").click()
    box = page.get_by_role("combobox", name="type")
    box.fill("7")
    page.get_by_role("option", name="7", exact=True).click()
    page.get_by_role("button", name="Change", exact=True).click()
    expect_changed(page, ReplaceCharacter(0, "7"), text="2/10/93")
    assert "".join(written(page).all_text_contents()) == "1993-07-10"
    expect(field(page)).to_have_value("2/10/93")


# --- The list ---------------------------------------------------------------------------------------------------------


def test_changes_are_switched_off_removed_and_brought_back(open_page: Any) -> None:
    two = (ForceCharacter(5, "1"), Mask((0,)))
    page = open_page(link(*two))
    expect_changed(page, *two)
    active(page).first.uncheck(force=True)
    expect_changed(page, two[1])
    active(page).first.check(force=True)
    expect_changed(page, *two)
    page.get_by_role("button", name="✕", exact=True).nth(1).click()
    expect_changed(page, two[0])
    page.get_by_role("button", name="Undo").click()
    expect_changed(page, *two)
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    expect_changes_in_url(page)
    page.get_by_role("button", name="Undo").click()
    expect_changed(page, *two)


def test_a_link_shows_the_same_view_to_somebody_else(page: Page, open_page: Any) -> None:
    go_to(page, 6)
    candidate(page, "1").click()
    expect_changed(page, ForceCharacter(5, "1"))
    what_if(page).check(force=True)
    page.get_by_role("button", name="No padding").click()
    expect(active(page)).to_have_count(2)
    settled(page)
    page.locator("[data-action=link]").click()
    expect(page.locator(".feedback")).not_to_be_empty()
    copied = urlsplit(page.evaluate("navigator.clipboard.readText()"))
    other = open_page(f"{copied.path}?{copied.query}", locale="ko-KR")
    for name in (".sentence", ".output", ".original", ".st-key-change_list", ".outputs"):
        told = page.locator(name).text_content()
        assert told
        expect(other.locator(name)).to_have_text(told)
    assert (numbers(other, "weight") == numbers(page, "weight")).all()


def test_another_date_keeps_what_names_none_of_its_characters(open_page: Any) -> None:
    page = open_page(link(Uniform(), Mask((0,))))
    type_date(page, "2/10/93")
    expect_changed(page, Uniform(), text="2/10/93")
    expect_changes_in_url(page, Uniform())


# --- Bad links --------------------------------------------------------------------------------------------------------


def test_a_bad_list_is_told_and_the_rest_kept(open_page: Any) -> None:
    page = open_page(link({"kind": "force", "step": 5, "character": "1"}, {"kind": "<b>bold</b>"}, step="6"))
    expect(alert(page)).to_have_text("Change 2 in the link cannot be read; it is left out.")
    expect_changed(page, ForceCharacter(5, "1"))


def test_a_list_that_is_none_is_told(page: Page, app_url: str) -> None:
    for bad in ("[", "x" * 3000, "[" * 300, json.dumps([{"kind": "uniform"}] * 65)):
        page.goto(f"{app_url}/?{urlencode({'changes': bad})}")
        expect(alert(settled(page))).to_have_text("The list of changes in the link cannot be read; it is left out.")
        expect_changed(page)


def test_what_does_not_fit_is_named_and_left_out(open_page: Any) -> None:
    good = ForceCharacter(5, "1")
    page = open_page(
        link(
            good,
            ForceCharacter(30, "1"),
            ForceCharacter(1, "é"),
            Mask((40,)),
            {"kind": "force", "step": 2, "character": "*"},
        )
    )
    expect_changed(page, good)
    expect(page.get_by_text("does not fit here and is left out")).to_have_count(4)
    expect(page.locator(".st-key-change_list em, .st-key-change_list strong")).to_have_count(0)


# --- Comparing --------------------------------------------------------------------------------------------------------


def test_two_variants_are_pinned_and_the_maps_subtracted(open_page: Any) -> None:
    page = open_page(link(ForceCharacter(5, "1")))
    page.get_by_role("button", name="Pin this variant").click()
    expect(page.get_by_role("rowheader", name=re.compile("^Pinned A"))).to_be_visible()
    page.get_by_role("button", name="✕", exact=True).click()
    expect_changed(page)
    page.get_by_role("button", name="Even", exact=True).click()
    expect_changed(page, Uniform())
    page.get_by_role("button", name="Pin this variant").click()
    expect(page.locator(".outputs tbody tr")).to_have_count(4)
    page.get_by_text("Difference of the attention maps").click()
    expect(page.locator(".st-key-difference .js-plotly-plot")).to_be_visible()
    page.get_by_role("button", name="Back to A").click()
    expect_changed(page, ForceCharacter(5, "1"))
    page.get_by_role("button", name="Unpin A").click()
    expect(page.get_by_role("rowheader", name=re.compile("^Pinned A"))).to_have_count(0)


# --- Beam search ------------------------------------------------------------------------------------------------------


def test_a_beam_output_a_node_and_a_beginning_are_stepped_through(page: Page) -> None:
    page.get_by_text("Beam search").click()
    tree = beam_search(pipeline(), FIRST, 3)
    outputs = page.locator(".st-key-beam_outputs").get_by_role("button")
    expect(outputs).to_have_count(3)
    outputs.nth(1).click()
    expect_changed(page, *tree.interventions(tree.finished[1]))
    expect(what_if(page)).to_be_checked()

    # A clicked node.
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    dot = page.locator(".st-key-beam_tree .scatterlayer .points path")
    expect(dot).to_have_count(sum(node.kept for node in tree.nodes))
    shown = [node.id for node in tree.nodes if node.kept]
    node = tree.finished[2]
    dot.nth(shown.index(node)).scroll_into_view_if_needed()
    box = dot.nth(shown.index(node)).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect_changed(page, *tree.interventions(node))

    # An inner beginning, by keyboard.
    page.get_by_role("button", name="Reset").click()
    expect_changed(page)
    inner = next(node for node in tree.nodes if node.step == 2 and not node.kept)
    choice = page.get_by_role("combobox", name="Beginnings")
    choice.focus()
    page.keyboard.type(f"{tree.output(inner.id)}  (")
    page.keyboard.press("Enter")
    expect_changed(page, *tree.interventions(inner.id))


# --- Languages --------------------------------------------------------------------------------------------------------


def test_the_panel_speaks_every_language(open_page: Any) -> None:
    page = open_page(link(ForceCharacter(5, "1"), step="6"))
    for language in LANGUAGES:
        _ = translator(language)
        speak(page, language)
        expect(page.locator(".st-key-change_list")).to_contain_text(
            _("Step {step}: write “{character}”").format(step=6, character="1")
        )
        page.get_by_role("button", name=_("Even"), exact=True).click()
        expect(active(page)).to_have_count(2)
        page.get_by_role("button", name="✕", exact=True).nth(1).click()
        expect(active(page)).to_have_count(1)


# --- Moving between pages ---------------------------------------------------------------------------------------------


def test_text_step_and_changes_go_along_to_another_page_and_back(page: Page) -> None:
    type_date(page, "2/10/93")
    expect(written(page)).to_have_text(list("1993-02-10"))
    page.get_by_role("slider", name="Step").fill("4")
    page.get_by_role("link", name="Layer lab").click()
    page.wait_for_url(re.compile("/lab"))
    settled(page)
    page.get_by_role("link", name="Step", exact=True).click()
    expect(field(page)).to_have_value("2/10/93")
    expect(page.get_by_role("slider", name="Step")).to_have_value("4")


# --- The map as a handle ---------------------------------------------------------------------------------------------


def weight_at(page: Page, row: int, column: int) -> float:
    return float(cell(page, row, column).get_attribute("data-weight") or "nan")


def test_a_weight_is_dragged_and_typed_on_the_map(open_page: Any) -> None:
    page = open_page("/?step=1")
    # Without the panel the map is only looked at.
    expect(page.locator(".stage.editable")).to_have_count(0)
    page.get_by_text("What if …?").click()
    expect(page.locator(".stage.editable")).to_have_count(1)
    box = cell(page, 0, 2).bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 40)
    page.mouse.move(x, y - 80)
    # The others give way while it is dragged.
    dragged = weight_at(page, 0, 2)
    assert dragged == pytest.approx(0.5, abs=0.02)
    shares = [
        float(value) for value in page.locator(".cell[data-row='0']").evaluate_all("c => c.map(e => e.dataset.weight)")
    ]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    page.mouse.up()
    changed = page.locator(".st-key-change_list")
    expect(changed).to_contain_text("step 1")
    assert weight_at(page, 0, 2) == pytest.approx(dragged, abs=0.001)
    # A click chooses the place in the panel, and a number typed on the cell is its weight.
    cell(page, 0, 14).click()
    expect(page.get_by_role("combobox", name="Weight of")).to_have_value("15 1")
    cell(page, 0, 14).focus()
    page.keyboard.type(".3")
    expect(page.locator(".weight-entry")).to_have_value(".3")
    page.keyboard.press("Enter")
    expect(page.locator(".weight-entry")).to_have_count(0)
    expect(cell(page, 0, 14)).to_have_attribute("data-weight", re.compile(r"^0\.3"))
    expect(changed.get_by_role("checkbox")).to_have_count(1)
    page.locator(".st-key-change_undo button").click()
    expect(cell(page, 0, 14)).not_to_have_attribute("data-weight", re.compile(r"^0\.3"))
