"""What a person takes along: every weight in a downloaded file is the one on the screen."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.screen import EXAMPLES, button, choose_example, expect_step, numbers, show_padding, trace_of
from viz_app.text.i18n import LANGUAGES

SVG = "{http://www.w3.org/2000/svg}"


def download(page: Page, control: Locator, folder: Path) -> Path:
    """Click, and keep what the browser is handed under the name it is given."""
    with page.expect_download() as waiting:
        control.click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def files(page: Page, ending: str) -> Locator:
    return page.locator(f".files a[href*='format={ending}']")


def weights_on_screen(page: Page, text: str) -> np.ndarray:
    """(T_dec, 29) float32, checked against the model's, so that equal files are not equally wrong."""
    show_padding(page)
    weights = numbers(page, "weight")
    np.testing.assert_array_equal(weights, trace_of(text).weights)
    return weights


def read_csv(file: Path) -> np.ndarray:
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    weights = np.full((10, 29), np.nan)
    for row in rows:
        weights[int(row["step"]) - 1, int(row["source_position"]) - 1] = float(row["weight"])
    return weights.astype(np.float32)


def read_json(file: Path) -> np.ndarray:
    return np.array(json.loads(file.read_text("utf-8"))["weights"]).astype(np.float32)


def read_npz(file: Path) -> np.ndarray:
    with np.load(file, allow_pickle=False) as arrays:
        weights: np.ndarray = arrays["weights"]
    assert weights.dtype == np.float32
    return weights


READERS: dict[str, Callable[[Path], np.ndarray]] = {"csv": read_csv, "json": read_json, "npz": read_npz}


def fetched(page: Page, link: Locator, folder: Path) -> Path:
    """What a link leads to, without the browser: it takes ten files from a page, and asks before it takes more."""
    answer = page.request.get(link.evaluate("link => link.href"))
    assert answer.ok
    name = answer.headers["content-disposition"].partition('filename="')[2].rstrip('"')
    file = folder / name
    file.write_bytes(answer.body())
    return file


def test_numbers_of_every_example_are_those_on_the_screen(page: Page, tmp_path: Path) -> None:
    for number, example in enumerate(EXAMPLES):
        choose_example(page, example)
        expect_step(page, 10, example)
        weights = weights_on_screen(page, example)
        for ending, read in READERS.items():
            take = fetched if number else download
            file = take(page, files(page, ending), tmp_path)
            assert file.suffix == f".{ending}"
            np.testing.assert_array_equal(read(file), weights)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_as_svg_and_png_and_the_page_offline(
    open_page: Any, browser: Browser, tmp_path: Path, language: str
) -> None:
    page = open_page(f"/?lang={language}&text=JUN+17,+2013")
    expect_step(page, 10, "JUN 17, 2013")
    weights = weights_on_screen(page, "JUN 17, 2013")
    drawing = download(page, button(page, "svg"), tmp_path)
    picture = download(page, button(page, "png"), tmp_path)

    boxes = cell_boxes(ElementTree.parse(drawing).getroot())
    assert len(boxes) == weights.size
    shown = np.array([[boxes[row, column]["weight"] for column in range(29)] for row in range(10)])
    np.testing.assert_array_equal(shown.astype(np.float32), weights)

    with Image.open(picture) as image:
        pixels = image.convert("RGB")
    for box in boxes.values():
        # The picture is drawn at twice the drawing's size.
        assert pixels.getpixel((round(2 * box["x"]), round(2 * box["y"]))) == pytest.approx(box["colour"], abs=1)

    file = download(page, files(page, "html"), tmp_path)

    requests: list[str] = []
    errors: list[str] = []
    context = browser.new_context(offline=True)
    alone = context.new_page()
    alone.on("request", lambda request: requests.append(request.url))
    alone.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    alone.on("pageerror", lambda error: errors.append(str(error)))
    alone.goto(file.as_uri())
    expect(alone.locator("html")).to_have_attribute("lang", language)
    expect(alone.locator("svg .cell").first).to_be_visible()
    values = alone.locator(".numbers data").evaluate_all("all => all.map(element => Number(element.value))")
    np.testing.assert_array_equal(np.array(values).astype(np.float32).reshape(10, 29), weights)

    alone.locator("[data-go=first]").click()
    expect(alone.locator("tr.ahead")).to_have_count(9)
    alone.keyboard.press("ArrowRight")
    expect(alone.locator("tr.current")).to_have_attribute("data-step", "2")
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert errors == []
    context.close()


def cell_boxes(root: ElementTree.Element) -> dict[tuple[int, int], dict[str, Any]]:
    """By (row, column): weight, colour and centre of every cell of a drawing."""
    (heatmap,) = root.findall(f"{SVG}svg")
    boxes = {}
    cells = [rect for rect in heatmap.iter(f"{SVG}rect") if "data-weight" in rect.attrib]
    # What the padding gets together has no colour: its parts have.
    for rect in (cell for cell in cells if "transparent" not in cell.attrib["style"]):
        x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
        boxes[int(rect.attrib["data-row"]), int(rect.attrib["data-column"])] = {
            "weight": float(rect.attrib["data-weight"]),
            "x": float(heatmap.attrib["x"]) + x + width / 2,
            "y": float(heatmap.attrib["y"]) + y + height / 2,
            "colour": colour_of(rect.attrib),
        }
    return boxes


def colour_of(attributes: dict[str, str]) -> tuple[int, ...]:
    """Red, green and blue of `fill: rgb(0, 32, 81)`."""
    fill = attributes["style"].split("fill: rgb(")[1].split(")")[0]
    return tuple(int(value) for value in fill.split(","))


def test_an_unfinished_picture_holds_no_later_step(page: Page, tmp_path: Path) -> None:
    expect_step(page, 10)
    page.get_by_role("slider").fill("4")
    drawing = ElementTree.parse(download(page, button(page, "svg"), tmp_path)).getroot()
    assert {row for row, _ in cell_boxes(drawing)} == {0, 1, 2, 3}
    letters = [text.text for group in drawing.iter(f"{SVG}g") if group.get("class") == "letter" for text in group]
    assert [letter for letter in letters if letter] == list("1994")
    assert drawing.findtext(f"{SVG}title") == "september 27, 1994 → 1994"


def test_pictures_of_a_changed_decoding_say_so_in_words_and_in_data(open_page: Any, tmp_path: Path) -> None:
    changes = [{"kind": "uniform"}, {"kind": "force", "step": 5, "character": "1"}]
    page = open_page(f"/?lang=ja&step=10&changes={json.dumps(changes)}")
    expect(page.locator(".output .slot:not(.ahead)")).to_have_count(10)
    drawing = download(page, button(page, "svg"), tmp_path)
    assert drawing.stem == "attention-september-27-1994-changed-step-10"
    root = ElementTree.parse(drawing).getroot()
    assert json.loads(root.findtext(f"{SVG}metadata") or "") == changes
    lines = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert "変更: 均等(全ステップ)" in lines
    with Image.open(download(page, button(page, "png"), tmp_path)) as image:
        assert json.loads(image.info["changes"]) == changes
    assert b"changes" not in download_of_the_unchanged(open_page, tmp_path)


def download_of_the_unchanged(open_page: Any, folder: Path) -> bytes:
    page = open_page("/?lang=ja")
    expect_step(page, 10)
    return download(page, button(page, "png"), folder).read_bytes()
