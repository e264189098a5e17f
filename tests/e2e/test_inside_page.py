"""The Inside page as a person uses it: stepping, following a character, folding, the gates, the code."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.analysis.inside import lstm_cell_inside
from core.analysis.running_code import source_of
from tests.e2e.conftest import speak
from tests.e2e.screen import FIRST, alert, pipeline, trace_of
from viz_app.text.i18n import LANGUAGES, translator

STAGES = 10


def stage(page: Page, name: str) -> Locator:
    """The stage of a name, which is opened on the line of all stages."""
    page.locator(f"#tab-{name}").click()
    expect(page.locator(".stage")).to_have_attribute("data-id", name)
    return page.locator(".stage")


def number(text: str) -> np.float32:
    """The number at the end of an equation."""
    return np.float32(text.split("=")[-1].strip().replace("−", "-"))


def point_at(page: Page, position: int) -> None:
    page.locator(".chip").nth(position).hover()
    expect(page.locator(".chip[aria-selected=true]")).to_have_attribute("id", f"chip-{position}")


def test_the_numbers_are_the_traces_and_the_axis_that_a_sum_removes_is_marked(open_page):
    page = open_page("/inside?step=6")
    trace = trace_of(FIRST)
    assert trace.scores is not None and trace.weights is not None
    expect(page.get_by_role("tab")).to_have_count(STAGES)
    for name, numbers in (("scores", trace.scores), ("weights", trace.weights)):
        shown = stage(page, name).locator(".maths")
        for position in (0, 4, 20):
            point_at(page, position)
            assert number(shown.inner_text()) == numbers[5, position]
    written = trace.vocabulary.index(trace.output[5])
    assert number(stage(page, "logits").locator(".maths").inner_text()) == trace.logits[5, written]
    assert number(stage(page, "probabilities").locator(".maths").inner_text()) == trace.probabilities[5, written]

    # The axis that a sum removes is marked.
    expect(stage(page, "scores").locator(".axis.gone")).to_have_text("2 hidden Σ")
    expect(stage(page, "products").locator(".axis.gone")).to_have_count(0)
    expect(stage(page, "context").locator(".axis.gone")).to_have_text("1 time Σ")


def test_a_candidates_logit_is_taken_apart(open_page):
    page = open_page("/inside?step=6")
    logits = stage(page, "logits")
    candidate = page.locator(".candidates button").nth(1)
    character = candidate.locator("b").inner_text()
    candidate.click()
    expect(candidate).to_have_attribute("aria-pressed", "true")
    expect(candidate).to_be_focused()
    expect(logits.locator(".maths")).to_contain_text(f"logit['{character}']")
    cells = page.locator(".parts tr.chosen td").all_inner_texts()
    *parts, logit = (float(cell.replace("−", "-")) for cell in cells)
    assert sum(parts) == pytest.approx(logit, abs=0.02)


def test_steps_go_forth_and_back_and_into_the_address(open_page):
    page = open_page("/inside?step=9")
    back, forward = (page.get_by_role("button", name=f"One step {way}") for way in ("back", "forward"))
    forward.click()
    expect(page.locator(".told")).to_contain_text("Step 10 of 10")
    expect(forward).to_have_attribute("aria-disabled", "true")
    for _ in range(3):
        back.click()
    expect(page.locator(".told")).to_contain_text("Step 7 of 10")
    page.locator(".steps label").nth(1).click()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".told")).to_contain_text("Step 3 of 10")
    page.wait_for_url(re.compile("step=3"))
    page.reload()
    expect(page.locator(".told")).to_contain_text("Step 3 of 10")
    page.evaluate("history.pushState(null, '', '?step=99')")
    page.go_back()
    expect(page.locator(".told")).to_contain_text("Step 3 of 10")
    page.go_forward()
    expect(page.locator(".told")).to_contain_text("Step 10 of 10")


def test_the_step_goes_along_to_the_step_page_and_back(open_page):
    page = open_page("/?step=4&text=2/10/93")
    page.get_by_role("link", name="Inside").click()
    expect(page.locator(".told")).to_contain_text("Step 4 of 10")
    page.get_by_role("button", name="One step back").click()
    page.get_by_role("link", name="Step", exact=True).click()
    expect(page.get_by_role("slider", name="Step")).to_have_value("3")
    page.wait_for_url(re.compile("step=3"))


def test_a_character_is_followed_by_pointer_and_keyboard_and_the_code_shown(open_page):
    page = open_page("/inside?step=6")
    # The code of a stage is shown. First: as the pointer leaves a character, the page moves under it.
    stage(page, "products").get_by_role("button", name="AttentionWeight.forward").click()
    expect(page.locator("dialog pre")).to_have_text(source_of("AttentionWeight.forward"), use_inner_text=True)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()

    point_at(page, 3)
    followed = page.locator(".followed")
    expect(followed).to_contain_text("Character 4 of the date: t")
    expect(followed).to_contain_text("26 of 29 characters")
    expect(followed.locator(".read-text")).to_have_text("tember␣27,␣1994" + "·" * 11)
    expect(page.locator(".chip.read")).to_have_count(26)
    units = [int(unit) for unit in re.findall(r"(\d+):\u00a0", followed.text_content() or "")]
    assert units[:3] == np.argsort(-np.abs(trace_of(FIRST).hs_enc[3]), kind="stable")[:3].tolist()
    ribbon = page.locator(".ribbon")
    ribbon.focus()
    ribbon.press("End")
    expect(followed).to_contain_text("1 of 29 characters")
    ribbon.press("ArrowLeft")
    expect(ribbon).to_have_attribute("aria-activedescendant", "chip-27")
    ribbon.press("Home")
    ribbon.press("ArrowRight")
    expect(ribbon).to_have_attribute("aria-activedescendant", "chip-1")
    point_at(page, 3)
    spoken = page.locator("#chip-3").get_attribute("aria-label") or ""
    weight = np.float32(spoken.removeprefix("t, Weight ").replace("−", "-"))
    weights = trace_of(FIRST).weights
    assert weights is not None and weight == weights[5, 3]


def test_a_changed_weight_is_not_called_a_softmax(open_page):
    page = open_page('/inside?step=6&changes=[{"kind":"uniform"}]')
    weights = stage(page, "weights")
    assert number(weights.locator(".maths").inner_text()) == np.float32(1 / 29)
    expect(weights.locator(".equation .hint")).to_contain_text("The attention is changed at this step")
    expect(weights.locator("code")).to_have_text("a = softmax(edit(s))")
    expect(weights.locator(".source").first).to_have_text("Uniform.edit")
    expect(weights.locator(".maths")).not_to_contain_text("Σ")


def test_a_link_with_mistakes_is_answered_and_the_rest_kept(open_page):
    page = open_page("/inside?step=11&text=2/10/93")
    expect(alert(page)).to_have_text("The link asks for step “11”; the steps are numbered from 1 to 10.")
    expect(page.locator(".told")).to_contain_text("Step 10 of 10")
    expect(page.locator(".chip:not(.padding)")).to_have_text(list("2/10/93"))


def test_the_line_of_stages_opens_one_by_keyboard_button_and_address(open_page):
    page = open_page("/inside?step=6&stage=products")
    told, tabs = page.locator(".sentence"), page.get_by_role("tab")
    panel = page.get_by_role("tabpanel", name="3 Products")
    expect(panel.locator("canvas")).to_have_attribute("data-stage", "products")
    expect(panel).to_contain_text("Deep Learning from Scratch 2, section 8.1.4")
    expect(panel.locator(".remark")).to_contain_text("repeat(T, axis=1). The repeat is right here")
    expect(page.get_by_role("tab", selected=True)).to_have_count(1)
    tabs.nth(2).focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(3)).to_be_focused()
    expect(told).to_contain_text("Each row is added up to one number")
    page.wait_for_url(re.compile("stage=scores"))
    page.keyboard.press("End")
    expect(told).to_contain_text("Softmax turns the logits")
    page.get_by_role("button", name="← Logits").click()
    expect(tabs.nth(8)).to_be_focused()
    page.wait_for_url(re.compile("stage=logits"))
    page.reload()
    expect(page.locator(".stage")).to_have_attribute("data-id", "logits")
    # It stays through another step, another language and another model, which has fewer stages.
    page.get_by_role("button", name="One step back").click()
    speak(page, "ja")
    expect(page.get_by_role("tab", selected=True)).to_contain_text("ロジット")
    expect(page.locator(".stage")).to_have_attribute("data-id", "logits")
    page.evaluate("history.pushState(null, '', '?stage=context')")
    page.go_back()
    expect(page.locator(".stage")).to_have_attribute("data-id", "logits")
    page.go_forward()
    expect(page.locator(".stage")).to_have_attribute("data-id", "context")


def test_the_names_on_the_line_do_not_touch(open_page):
    page = open_page("/inside?step=6")
    for width in (1366, 1180, 1000, 390):
        page.set_viewport_size({"width": width, "height": 844})
        for language in LANGUAGES:
            speak(page, language)
            expect(page.get_by_role("tab").first).to_contain_text(translator(language)("Encoder states"))
            boxes = page.locator(".label").evaluate_all(
                "nodes => nodes.map(node => [node.scrollWidth - node.clientWidth, node.getBoundingClientRect()])"
                ".map(([over, { left, right }]) => [over, left, right])"
            )
            assert all(over <= 0 for over, _, _ in boxes), (width, language)
            assert all(right <= left for (_, _, right), (_, left, _) in pairwise(boxes))
            assert page.locator(".inside").evaluate("node => node.scrollWidth <= node.clientWidth")


def test_the_gates_of_the_cell_are_the_models(open_page):
    page = open_page("/inside?step=6")
    page.locator(".open-cell").click()
    expect(page.locator(".row canvas")).to_have_count(7)
    slider = page.get_by_role("slider", name="Unit")
    slider.fill("17")
    point_at(page, 2)
    expect(page.locator(".cell-told")).to_have_text("The encoder while it reads “p”, at time 27 of 29")
    c, h = page.locator(".cell-maths").inner_text().splitlines()
    cell = lstm_cell_inside(pipeline(), trace_of(FIRST), "encoder")
    assert (number(c), number(h)) == (cell.cell[2, 17], cell.hidden[2, 17])
    page.get_by_role("radio", name="Decoder").check()
    expect(page.locator(".cell-told")).to_have_text("The decoder while it reads “-”, at step 6 of 10")
    c, h = page.locator(".cell-maths").inner_text().splitlines()
    cell = lstm_cell_inside(pipeline(), trace_of(FIRST), "decoder")
    assert (number(c), number(h)) == (cell.cell[5, 17], cell.hidden[5, 17])

    # The picture of a unit is spoken with its number.
    expect(page.get_by_role("img", name="Unit 17 over time: cell state and hidden state")).to_be_visible()
    expect(page.locator(".cell figcaption").first).to_have_text("Unit 17 over time: cell state and hidden state")


def test_a_model_without_attention_is_told_calmly(open_page):
    page = open_page("/inside?model=date-peeky")
    expect(page.locator(".no-attention")).to_be_visible()
    expect(page.get_by_role("tab")).to_have_count(STAGES - 5)
    expect(page.locator(".sentence")).to_contain_text("The encoder's last state and the decoder state")
    expect(stage(page, "logits").locator(".parts thead")).to_contain_text("from the encoder's last state")


def test_a_phone_has_every_stage_and_nothing_runs_out_of_it(open_page):
    page = open_page("/inside?step=6", viewport={"width": 390, "height": 844}, has_touch=True)
    for place, language in enumerate(LANGUAGES, start=4):
        speak(page, language)
        page.locator("#tab-scores").tap()
        expect(page.locator(".stage .title")).to_have_text(f"4 · {translator(language)('Scores')}")
        expect(page.get_by_role("tab")).to_have_count(STAGES)
        assert page.locator(".inside").evaluate("node => node.scrollWidth <= node.clientWidth")
        page.locator(".chip").nth(place).tap()
        expect(page.locator(".chip[aria-selected=true]")).to_have_attribute("id", f"chip-{place}")
