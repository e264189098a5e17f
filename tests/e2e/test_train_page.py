"""The Train page as a person uses it: start, watch, pause, resume, stop, use, delete, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from core.data.corpus import QUESTION_LENGTH, Corpus, write_corpus
from core.data.dates import make_pairs
from core.runs.run import Run
from core.runs.store import RunStore
from core.training.training_data import GeneratedData
from tests.e2e.browser import App, running_app, settled
from tests.e2e.conftest import Windows, speak
from tests.e2e.screen import FIRST, written
from tests.viz_app.made_runs import TINY, finished_run
from viz_app.session import models
from viz_app.text.i18n import LANGUAGES, translator

# Longer than any test takes, on a fast machine too: tens of thousands of iterations; and as light as can be.
ENDLESS = replace(TINY, recipe=replace(TINY.recipe, epochs=1000), data=GeneratedData(n=2000))


@pytest.fixture
def store(app: App) -> Iterator[RunStore]:
    """The runs of the app, empty before and after.

    Ask for it before a page: what is open when its run is deleted would miss the run, and log that.
    """
    opened = RunStore(app.runs)
    yield opened
    for run in opened.list():
        opened.delete(run.number)
    opened.close()


def status(page: Page) -> Locator:
    """What becomes of the run that is shown."""
    return page.locator(".train-status")


def curve(page: Page, which: int = 0) -> Locator:
    """A drawn curve: 0 is the loss."""
    return page.locator(".st-key-train_curves svg.curves").nth(which).locator("path.curve")


def press(page: Page, key: str) -> None:
    """Press a button by its key."""
    page.locator(f".st-key-{key} button").click()


def fill(page: Page, name: str, value: object) -> None:
    """Type another number into a field of the settings, and wait until the server has taken it."""
    field, differences = page.locator(f".st-key-train_{name} input"), page.locator(".train-differences")
    before = differences.inner_text()
    field.fill(str(value))
    field.press("Enter")
    # The field shows the number at once; what differs from the preset is told by the server.
    expect(differences).not_to_have_text(before)
    settled(page)


def expect_growing(page: Page) -> None:
    """Wait until the curve of the loss is drawn, and drawn on."""
    expect(curve(page)).to_be_attached()
    way = curve(page).get_attribute("d")
    assert way is not None
    expect(curve(page)).not_to_have_attribute("d", way)


def latest(store: RunStore) -> Run:
    """The run that was started last."""
    return store.list()[0]


def test_by_mouse_from_the_first_page_to_a_stopped_run(store: RunStore, page: Page) -> None:
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_text("No model has been trained here yet.")).to_be_visible()
    # A card can be pressed anywhere.
    card = page.locator(".st-key-train_preset [role=radiogroup] > div").nth(1)
    expect(card).to_contain_text("How the models that ship were made.")
    card.click()
    expect(page.get_by_role("radio", name="The dependable recipe")).to_be_checked()
    settled(page)
    page.locator(".st-key-train_settings_place summary").click()
    for name, value in {"hidden_size": 6, "wordvec_size": 4, "batch_size": 32, "epochs": 1000, "pairs": 2000}.items():
        fill(page, name, value)
    expect(page.locator(".train-differences")).to_contain_text("Hidden size 6 instead of 256")
    press(page, "train_start")
    expect(status(page)).to_contain_text("Training")
    number = latest(store).number
    expect(page).to_have_url(re.compile(rf"run={number}\b"))
    assert latest(store).options == replace(ENDLESS, device="auto")
    expect_growing(page)
    expect(page.locator(".train-samples tbody tr")).to_have_count(10)
    expect(page.locator(".st-key-train_map svg rect")).to_have_count(10 * QUESTION_LENGTH)
    press(page, "train_pause")
    expect(status(page)).to_contain_text("Paused")
    # Closed and opened again, the run is found as it was left.
    page.reload()
    expect(status(settled(page))).to_contain_text("Paused")
    press(page, "train_resume")
    expect(status(page)).to_contain_text("Training")
    expect_growing(page)
    press(page, "train_stop")
    expect(status(page)).to_contain_text("Stopped")
    assert store.get(number).status == "stopped"


def test_by_keyboard(store: RunStore, open_page: Any) -> None:
    store.add(ENDLESS)
    store.ask(latest(store).number, "pause")
    page = open_page("/train")
    page.get_by_role("radio", name="Quick demo").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="The dependable recipe")).to_be_checked()
    settled(page)
    page.get_by_role("button", name="Take these settings").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".train-differences")).to_contain_text("Epochs 1,000")
    settled(page)
    page.get_by_role("button", name="Train", exact=True).focus()
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("Training")
    expect_growing(page)
    # While a script runs for long, Streamlit has a button "Stop" of its own, in the head of the page.
    main = page.get_by_test_id("stMain")
    for name, said in (("Pause", "Paused"), ("Resume", "Training"), ("Stop", "Stopped")):
        main.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Space")
        expect(status(page)).to_contain_text(said)
    page.get_by_role("button", name="Delete", exact=True).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete for good").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".train-row")).to_have_count(1)


def test_deleting_one_run_never_deletes_the_next(store: RunStore, open_page: Any) -> None:
    for _i in range(3):
        store.ask(store.add(ENDLESS).number, "pause")
    numbers = [run.number for run in store.list()]
    page = open_page("/train")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete for good").dblclick()
    expect(page.get_by_text(f"Run {numbers[0]} was deleted.")).to_be_visible()
    expect(page.locator(".train-title h2")).to_have_text(f"Run {numbers[1]}")
    settled(page)
    expect(page.get_by_role("button", name="Delete for good")).to_have_count(0)
    page.mouse.down()
    page.mouse.up()
    settled(page)
    assert [run.number for run in store.list()] == numbers[1:]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".train-title h2")).to_have_text(f"Run {numbers[0]}")
    assert [run.number for run in store.list()] == numbers


def test_on_a_shared_server_a_run_stays_ones_own_through_reload_and_restart(windows: Windows, tmp_path: Any) -> None:
    browser, key = windows.browser, "the key of this test"
    with ExitStack() as apps:
        variables = {"ATTENTION_SHARED": "1", "ATTENTION_TEACHER_KEY": key}
        app = apps.enter_context(running_app(tmp_path / "server.log", **variables))
        owner, other = browser.new_context(locale="en-US"), browser.new_context(locale="en-US")
        mine, foreign = owner.new_page(), other.new_page()
        mine.goto(f"{app.url}/train")
        press(settled(mine), "train_start")
        expect(status(mine)).to_have_text(re.compile("Waiting|Training"))
        [cookie] = [one for one in owner.cookies() if one["name"].startswith("attention_visitor")]
        assert cookie["httpOnly"] and cookie["sameSite"] == "Lax" and not cookie["secure"]
        assert mine.evaluate("document.cookie").find("attention") == -1
        pause = mine.get_by_test_id("stMain").get_by_role("button", name="Pause")
        mine.reload()
        expect(pause).to_be_visible()
        foreign.goto(f"{app.url}/train")
        expect(foreign.get_by_text("Only who started this run can")).to_be_visible()
        foreign.locator(".st-key-train_teacher summary").click()
        foreign.get_by_role("textbox", name="Teacher's key").fill(key)
        foreign.get_by_role("button", name="Open", exact=True).click()
        expect(foreign.get_by_role("region", name="Who did what")).to_contain_text(cookie["value"].split(".")[0])
        press(foreign, "train_stop")
        expect(status(mine)).to_contain_text("Stopped")
        again = apps.enter_context(running_app(tmp_path / "server2.log", **variables))
        mine.goto(f"{again.url}/train")
        expect(mine.get_by_role("button", name="Delete", exact=True)).to_be_visible()
        assert app.trouble() == again.trouble() == []
        for log in (app.log, again.log):
            assert key not in log.read_text(errors="replace")
        owner.close()
        other.close()


def test_a_date_is_typed_and_watched_while_the_picture_moves(store: RunStore, open_page: Any) -> None:
    number = store.add(ENDLESS).number
    page = open_page(f"/train?run={number}")
    expect_growing(page)
    field = page.get_by_role("textbox", name="Date to watch")
    field.fill("2/10")
    # What is half typed stays through a refresh.
    expect_growing(page)
    field.press_sequentially("/93")
    expect(field).to_have_value("2/10/93")
    field.press("Enter")
    expect(page.locator(".train-decoded")).to_contain_text("2/10/93 → ")
    expect(page.locator(".st-key-train_map svg rect")).to_have_count(10 * QUESTION_LENGTH)
    assert store.get(number).watched == "2/10/93"
    field.fill("<b>x</b>")
    field.press("Enter")
    expect(page.locator(".message[role=alert]")).to_contain_text("'<'")


def test_two_visitors_see_one_run(store: RunStore, open_page: Any) -> None:
    number = store.add(ENDLESS).number
    waiting = store.add(ENDLESS).number
    one, other = (open_page(f"/train?run={number}") for _ in range(2))
    expect_growing(one)
    expect_growing(other)
    third = open_page(f"/train?run={waiting}")
    expect(status(third)).to_contain_text("Waiting")
    expect(third.get_by_text("It is the next to be trained.")).to_be_visible()
    press(other, "train_stop")
    # Nobody has touched these two.
    expect(status(one)).to_contain_text("Stopped")
    expect(status(third)).to_contain_text("Training")


def test_a_finished_run_is_used_on_the_other_pages(store: RunStore, open_page: Any, monkeypatch: Any, app: App) -> None:
    monkeypatch.setenv("ATTENTION_RUNS", str(app.runs))
    name = models.name_of_run(finished_run(store, "**mine**").number)
    page = open_page("/train")
    expect(page.get_by_role("heading", name="**mine**")).to_be_visible()
    expect(page.get_by_role("region", name=re.compile("beside the models that ship"))).to_contain_text("85.63 %")
    press(page, "train_use")
    expect(page).to_have_url(re.compile(rf"/\?.*model={name}\b"))
    output = models.load(name).trace(FIRST).output
    expect(written(page)).to_have_text(list(output))
    chosen = page.get_by_role("combobox", name="Trained here")
    expect(chosen).to_have_value(re.compile(r"Run \d+: \*\*mine\*\*"))
    for tab in ("Inside", "Truth"):
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("nav [aria-current=page]")).to_have_text(tab)
        expect(chosen).to_have_value(re.compile(r"Run \d+: \*\*mine\*\*"))
        settled(page)


def test_a_finished_run_is_drawn_by_plotly_when_asked_for_and_downloaded(store: RunStore, open_page: Any) -> None:
    run = finished_run(store)
    page = open_page(f"/train?run={run.number}")
    expect(page.get_by_test_id("stPlotlyChart")).to_have_count(0)
    page.locator(".st-key-train_figure_open summary").click()
    expect(page.locator(".st-key-train_figure .main-svg").first).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Download", exact=True).click()
    for label, file in (("Model (safetensors)", run.model_file), ("Model card (Markdown)", run.folder / "README.md")):
        with page.expect_download() as caught:
            page.get_by_role("button", name=label).click()
        assert file is not None
        assert caught.value.path().read_bytes() == file.read_bytes()
        assert caught.value.suggested_filename == f"run-{run.number}.{'md' if 'card' in label else 'safetensors'}"


def test_a_file_of_dates_is_checked_and_trained_on(store: RunStore, open_page: Any, tmp_path: Any) -> None:
    write_corpus(tmp_path / "good.txt", Corpus.from_pairs(make_pairs(400, seed=2)))
    (tmp_path / "bad.txt").write_text("2/10/93 _1993-02-10\n<b>x</b>\n")
    page = open_page("/train")
    page.locator(".st-key-train_settings_place summary").click()
    page.get_by_role("radio", name="from a file").click()
    expect(page.get_by_text("Choose a file of dates")).to_be_visible()
    chooser = page.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files(tmp_path / "bad.txt")
    expect(page.locator(".message[role=alert]").nth(1)).to_contain_text("Line 2: there is no “_”")
    chooser.set_input_files(tmp_path / "good.txt")
    expect(page.get_by_text("400 dates can be read.")).to_be_visible()
    # The few dates of the file are learnt in a moment; the status is looked for in a run that lasts.
    fill(page, "epochs", 1000)
    press(page, "train_start")
    expect(status(page)).to_contain_text("Training")
    assert latest(store).options.to_dict()["data"]["name"] == "good.txt"


def test_names_and_links_are_never_markup(store: RunStore, open_page: Any) -> None:
    hostile = "<img src=x onerror=alert(1)> **b** [a](javascript:alert(1)) $x$"
    number = store.add(ENDLESS, hostile).number
    store.ask(number, "pause")
    page = open_page(f"/train?run={number}")
    expect(page.locator(".train-title h2")).to_have_text(f"Run {number}: {hostile}")
    expect(page.locator(".train-row .name")).to_have_text(f"Run {number}: {hostile}")
    link = open_page(f"/train?run={quote('<script>alert(1)</script>')}&model=run-{number}")
    expect(link.locator(".message[role=alert]")).to_have_count(2)


def test_every_language_on_a_phone(store: RunStore, open_page: Any) -> None:
    number = finished_run(store).number
    page = open_page(f"/train?run={number}", viewport={"width": 390, "height": 844}, has_touch=True)
    main = page.get_by_test_id("stMain")
    for language in LANGUAGES:
        _ = translator(language)
        speak(page, language)
        expect(page.get_by_role("button", name=_("Use it on the Step page"))).to_be_visible()
        expect(curve(settled(page))).to_be_attached()
        batch = page.get_by_role("spinbutton", name=_("Batch size"))
        if not batch.is_visible():
            page.locator(".st-key-train_settings_place summary").click()
        expect(batch).to_be_visible()
        settled(page)
        assert main.evaluate("element => element.scrollWidth - element.clientWidth") == 0, language


def choices_of(page: Page) -> list[Any]:
    """Everything that is chosen on a page."""
    inputs = "main => Array.from(main.querySelectorAll('input'), input => [input.checked, input.value])"
    lists = page.get_by_test_id("stMultiSelect").all_text_contents()
    return [*page.get_by_test_id("stMain").evaluate(inputs), *lists]


def pick(page: Page, key: str, label: str) -> None:
    """Choose from a list. It closes when the page moves, as at an opening part; then it is opened again."""
    box = page.locator(f".st-key-{key}").get_by_role("combobox")
    option = page.locator("[role=listbox] [role=option]").filter(has_text=label).first
    for _ in range(10):
        box.press("ArrowDown")
        with suppress(PlaywrightTimeoutError):
            option.click(timeout=1000)
            break
    # The list of several choices stays open.
    if page.locator(f".st-key-{key}").get_by_test_id("stMultiSelect").count():
        box.press("Escape")
    expect(page.locator("[role=listbox]")).to_have_count(0)
    settled(page)


def test_what_is_chosen_stays_through_every_language(store: RunStore, open_page: Any) -> None:
    """Streamlit knows a choice by its label: after the second change the browser says one that is none now."""
    run = finished_run(store, "mine").number

    def keeps_its_choices(tab: str) -> None:
        before = choices_of(settled(page))
        for language in ("ja", "ko", "en"):
            speak(page, language)
            expect(page.locator("nav [aria-current=page]")).to_have_text(translator(language)(tab))
            settled(page)
        assert choices_of(page) == before
        expect(page.get_by_test_id("stException")).to_have_count(0)

    def go_to(tab: str) -> None:
        page.get_by_role("link", name=tab, exact=True).click()
        expect(page.locator("nav [aria-current=page]")).to_have_text(tab)
        settled(page)

    page = open_page("/train")
    page.locator(".st-key-train_preset [role=radiogroup] > div").nth(1).click()
    expect(page.locator(".st-key-train_epochs input")).to_have_value("3")
    settled(page).locator(".st-key-train_settings_place summary").click()
    pick(page, "train_score", "scaled dot")
    expect(page.locator(".train-differences")).to_contain_text("scaled dot")
    keeps_its_choices("Train")
    go_to("Bugs")
    page.locator(".st-key-bug label").nth(3).click()
    keeps_its_choices("Bugs")
    go_to("Ladder")
    pick(page, "ladder_beside", "mine")
    expect(page.locator(".ladder .rung")).to_have_count(4)
    keeps_its_choices("Ladder")
    expect(page.locator(".ladder .rung")).to_have_count(4)
    go_to("Step")
    pick(page, "model_of_run", "mine")
    expect(page).to_have_url(re.compile(rf"model=run-{run}\b"))
    page.get_by_role("switch", name="What if …?").check(force=True)
    settled(page)
    pick(page, "change_mask", "3 p")
    page.get_by_role("tab", name="Output").click()
    pick(page, "change_force", "7")
    keeps_its_choices("Step")
