"""Screenshots of every page in every language, colour scheme and size, on one sheet to judge a change by eye.

python -m tests.e2e.contact_sheet --output contact-sheet      all pictures, and overviews of them
python -m tests.e2e.contact_sheet --views train bugs           those of some pages
python -m tests.e2e.contact_sheet --readme docs/step-page.png only the README's picture
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, expect, sync_playwright

from core.runs.store import RunStore
from core.runs.worker import work
from core.training.options import TrainingOptions
from tests.e2e.browser import HOW_TO_GET, OPENING_SEEN, find_chromium, launch, running_app, settled
from viz_app.text.i18n import LANGUAGES

SCHEMES = ("light", "dark")
SIZES = ((1366, 768), (1920, 1080), (390, 844))
OVERVIEW_WIDTH = 2400
# Streamlit scrolls this element, not the document.
SCROLLER = '[data-testid="stMain"]'


@dataclass(frozen=True)
class View:
    """A page at a telling moment.

    Attributes:
        name, path, parameters: what it is called, and its address.
        drawn: the element whose presence says that it is drawn.
        opened: what has to be clicked before.
        shown: what the picture of the screen has to begin with; the top of the page where it is empty.
    """

    name: str
    path: str
    parameters: dict[str, str]
    drawn: str
    opened: str = ""
    shown: str = ""


STEP = View("step", "/", {"text": "september 27, 1994", "step": "6"}, "[role=grid]")
LAB = View("lab", "/lab", {"layer": "TimeAttention"}, ".array.check")
CHANGES = '[{"kind":"force","step":5,"character":"1"},{"kind":"temperature","value":2.0}]'
WHAT_IF = View("what-if", "/", {"text": "september 27, 1994", "step": "6", "changes": CHANGES}, "[role=grid]")
BEAM = View(
    "beam",
    "/",
    {"text": "2/10/93", "step": "6"},
    ".st-key-beam_tree .scatterlayer",
    opened=".st-key-beam_open summary",
    shown=".st-key-beam_open",
)
INSIDE = View("inside", "/inside", {"text": "september 27, 1994", "step": "6"}, ".inside .followed, .inside .maths")
TRUTH = View("truth", "/truth", {"text": "september 27, 1994"}, ".st-key-truth_map .main-svg")
LADDER = View("ladder", "/ladder", {"text": "september 27, 1994"}, "svg.curves")
FILM = View("film", "/film", {"text": "september 27, 1994", "frame": "7"}, ".film .charts svg")
TRAIN = View("train", "/train", {"run": "1"}, ".st-key-train_map svg")
TRAIN_SETTINGS = View(
    "train-settings",
    "/train",
    {"run": "2"},
    ".st-key-train_batch_size input",
    opened=".st-key-train_settings_place summary",
)
BUGS = View("bugs", "/bugs", {"bug": "softmax-wrong-axis"}, ".st-key-bug_losses .curves")
QUIZ = View("quiz", "/bugs", {"quiz": "1"}, ".st-key-quiz_loss .curves")
VIEWS = (STEP, WHAT_IF, BEAM, INSIDE, TRUTH, LAB, LADDER, FILM, TRAIN, TRAIN_SETTINGS, BUGS, QUIZ)


@dataclass(frozen=True)
class Shot:
    """One picture to take."""

    view: View
    language: str
    scheme: str
    size: tuple[int, int]

    @property
    def name(self) -> str:
        """The picture's file name without suffix."""
        width, height = self.size
        return f"{self.view.name}-{width}x{height}-{self.language}-{self.scheme}"

    @property
    def address(self) -> str:
        """Path and query of the page."""
        return f"{self.view.path}?{urlencode({**self.view.parameters, 'lang': self.language})}"


def all_shots(views: Sequence[View] = VIEWS) -> list[Shot]:
    """The views in every size, language and colour scheme, in the order of the overview."""
    combinations = product(views, SIZES, SCHEMES, LANGUAGES)
    return [Shot(view, language, scheme, size) for view, size, scheme, language in combinations]


@contextmanager
def opened(browser: Browser, app_url: str, shot: Shot) -> Iterator[Page]:
    """The shot's page, drawn, in a browser context of its own."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        has_touch=width < 600,
    )
    context.add_init_script(OPENING_SEEN)
    page = context.new_page()
    page.goto(app_url + shot.address)
    settled(page)
    if shot.view.opened:
        page.locator(shot.view.opened).click()
    # On a phone the stages of the Inside page are folded.
    page.locator(shot.view.drawn).locator("visible=true").first.wait_for()
    # Streamlit loads the code of a kind of widget when it first meets one, and holds its place meanwhile.
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => true)")
    yield page
    context.close()


def take(page: Page, shot: Shot, folder: Path) -> list[Path]:
    """Take a picture of the screen and, where the page is longer than the screen, one of the whole page."""
    width, height = shot.size
    if shot.view.shown:
        page.locator(shot.view.shown).evaluate("element => element.scrollIntoView()")
    screen = folder / f"{shot.name}.png"
    page.screenshot(path=screen, animations="disabled")
    length = page.locator(SCROLLER).evaluate("element => element.scrollHeight")
    if length <= height:
        return [screen]
    whole = folder / f"{shot.name}-whole.png"
    page.set_viewport_size({"width": width, "height": length})
    page.screenshot(path=whole, animations="disabled")
    return [screen, whole]


def overview(pictures: dict[str, list[Path]]) -> str:
    """An HTML page of all pictures, a section a view, each with its name and a link to its full size."""
    sections = "\n".join(f'<section id="{name}">{figures(paths)}</section>' for name, paths in pictures.items())
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Contact sheet</title>
<style>
  body {{ margin: 0; background: #777; color: #fff; font: 14px sans-serif }}
  section {{ display: grid; grid-template-columns: repeat(6, 1fr); gap: 12px; align-items: start; padding: 16px }}
  figure {{ margin: 0 }}
  .wide {{ grid-column: span 2 }}
  img {{ width: 100%; display: block }}
</style>
{sections}
</html>
"""


def figures(pictures: list[Path]) -> str:
    """The pictures of a view: of a screen three in a row, of a phone six."""
    return "\n".join(
        f'<figure class="{"narrow" if "-390x" in p.stem else "wide"}"><a href="{escape(p.name)}">'
        f'<img src="{escape(p.name)}" alt=""></a><figcaption>{escape(p.stem)}</figcaption></figure>'
        for p in pictures
    )


def make_sheet(browser: Browser, app_url: str, folder: Path, views: Sequence[View] = VIEWS) -> None:
    """Take all pictures into `folder`; then overview.html of all, and a picture of its part for each view."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[str, list[Path]] = {view.name: [] for view in views}
    for shot in all_shots(views):
        with opened(browser, app_url, shot) as page:
            pictures[shot.view.name] += take(page, shot, folder)
        print(shot.name)
    for of_view in pictures.values():
        # The whole pages after the screens: a row of the sheet then holds the languages in order.
        of_view.sort(key=lambda picture: picture.stem.endswith("-whole"))
    sheet = folder / "overview.html"
    sheet.write_text(overview(pictures), encoding="utf-8")
    wall = browser.new_page(viewport={"width": OVERVIEW_WIDTH, "height": 1000})
    wall.goto(sheet.resolve().as_uri())
    for name in pictures:
        wall.locator(f"#{name}").screenshot(path=folder / f"overview-{name}.png")
    print(sheet)


def train_something(folder: Path) -> None:
    """Give the Train page what it shows: a finished run, and one that waits for somebody to go on."""
    store = RunStore(folder)
    store.add(TrainingOptions.preset("quick"))
    paused = store.add(replace(TrainingOptions.preset("book"), model="peeky", seed=3))
    store.ask(paused.number, "pause")
    work(store, limit=1)
    store.close()


def main() -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.contact_sheet", description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("contact-sheet"), help="folder for the pictures")
    names = {view.name: view for view in VIEWS}
    parser.add_argument("--views", nargs="+", choices=names, default=list(names), metavar="NAME", help=", ".join(names))
    parser.add_argument("--readme", type=Path, metavar="FILE", help="take only the README's picture, into FILE")
    arguments = parser.parse_args()
    executable = find_chromium()
    if executable is None:
        print(HOW_TO_GET, file=sys.stderr)
        return 1
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "server.log") as app,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, executable)
        if arguments.readme:
            shot = Shot(STEP, "en", "light", SIZES[0])
            with opened(browser, app.url, shot) as page:
                page.screenshot(path=arguments.readme, animations="disabled")
        else:
            train_something(app.runs)
            make_sheet(browser, app.url, arguments.output, [names[name] for name in arguments.views])
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
