"""Where things are on the Step page, for the tests that use it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, expect

from core.data.dates import FAMILIES
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.decoding.trace import DecodingTrace

FIRST = "september 27, 1994"
EXAMPLES = [family.example for family in FAMILIES]


@cache
def pipeline(name: str = "date-attention") -> Pipeline:
    """The model that the page shows, loaded apart from the app."""
    return load_pretrained(name, device="cpu")


def trace_of(text: str) -> DecodingTrace:
    """What the page has to show for a text."""
    return pipeline().trace(text)


def visible(character: str) -> str:
    """A character as the stage draws it."""
    return "␣" if character == " " else character


def field(page: Page) -> Locator:
    """The text field."""
    return page.locator(".entry, [data-testid=stTextInput] input")


def type_date(page: Page, text: str) -> None:
    """Replace what is in the field, and press Enter."""
    field(page).fill(text)
    field(page).press("Enter")


def choose_example(page: Page, text: str) -> None:
    """Click an example."""
    page.get_by_role("radio", name=text, exact=True).click()


def button(page: Page, action: str) -> Locator:
    """A button of the stage: first, back, play, forward, last, png, svg or link."""
    return page.locator(f"[data-action={action}]")


def alert(page: Page) -> Locator:
    """The sentence that says what was wrong."""
    return page.locator(".message[role=alert]")


def written(page: Page) -> Locator:
    """The output so far, an element an output character."""
    return page.locator(".output .slot:not(.ahead)")


def cell(page: Page, row: int, column: int) -> Locator:
    """A cell of the heatmap, counted from 0."""
    return page.locator(f".cell[data-row='{row}'][data-column='{column}']")


def cells(page: Page) -> list[list[dict[str, Any]]]:
    """The grid, row by row: weight, score and colour of every cell, later steps included."""
    flat = page.locator(".cell").evaluate_all(
        """cells => cells.map(cell => ({row: Number(cell.dataset.row), weight: Number(cell.dataset.weight),
        score: Number(cell.dataset.score), colour: getComputedStyle(cell).fill}))"""
    )
    rows: list[list[dict[str, Any]]] = [[] for _ in range(1 + max(c["row"] for c in flat))]
    for c in flat:
        rows[c.pop("row")].append(c)
    return rows


def numbers(page: Page, name: str) -> np.ndarray:
    """(T_dec, columns) float32 weights or scores of the cells on the screen."""
    return np.array([[c[name] for c in row] for row in cells(page)]).astype(np.float32)


def show_padding(page: Page) -> None:
    """Show every one of the 29 columns, and wait for them."""
    page.locator(".padding-choice").check()
    expect(page.locator(".row").first.locator(".cell")).to_have_count(29)


def expect_step(page: Page, step: int, text: str = FIRST) -> None:
    """Wait until this step, counted from 1, is shown in every part of the stage, and the later ones nowhere."""
    expect(written(page)).to_have_text([visible(c) for c in trace_of(text).output[:step]])
    expect(page.get_by_role("slider")).to_have_value(str(step))
    expect(page.locator(".row[aria-current=step]")).to_have_attribute("data-step", str(step - 1))
    expect(page.locator(".row .cell[data-column='0']").filter(visible=True)).to_have_count(step)
    # As many as are written, from the first to the last of them.
    for row in (0, step - 1):
        expect(cell(page, row, 0)).to_be_visible()
