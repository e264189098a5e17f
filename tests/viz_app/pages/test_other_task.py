"""Models of another task, such as the addition of chapter 7: every page has at least a sentence for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.corpus import START, Corpus, write_corpus
from core.decoding import pretrained
from core.files.places import PRETRAINED_FOLDER
from core.models.parameters import save_parameters
from core.models.spec import ModelSpec
from tests.viz_app.conftest import clear_caches

PAGES = {
    "step.page": "step_page",
    "inside": "inside_page",
    "truth.page": "truth_page",
    "ladder.page": "ladder_page",
    "film": "film_page",
    "bugs.page": "bugs_page",
    "lab.page": "lab_page",
    "train.page": "train_page",
}
OF_ONE_MODEL = ("step.page", "inside", "truth.page")
SUMS = Corpus(["12+34", "5+678", "901+2"], ["46", "683", "903"], 7, 4)


@pytest.fixture(scope="module", params=["AttentionSeq2seq", "PeekySeq2seq"], autouse=True)
def addition(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A model of sums lies beside those that ship."""
    folder = tmp_path_factory.mktemp("pretrained")
    for shipped in PRETRAINED_FOLDER.iterdir():
        (folder / shipped.name).symlink_to(shipped)
    spec = ModelSpec(request.param, 4, 6, SUMS.vocabulary(), True, START, 7, 4)
    (folder / "addition").mkdir()
    save_parameters(folder / "addition" / pretrained.PARAMETER_FILE, spec.build(), spec.to_metadata())
    write_corpus(folder / "addition.txt", SUMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pretrained, "PRETRAINED_FOLDER", folder)
        clear_caches()
        yield folder
    clear_caches()


def opened(page: str, text: str) -> tuple[AppTest, str]:
    """A page with the model of sums chosen, and all that it says."""
    test = AppTest.from_string(f"from viz_app.pages.{page} import {PAGES[page]}\n\n{PAGES[page]}()\n")
    test.query_params.update(model="addition", text=text)
    test.run(timeout=60)
    assert not test.exception
    return test, " ".join(element.proto.body for element in test.get("html"))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("text", ["12+34", "september 27, 1994"])
def test_no_page_fails(page: str, text: str) -> None:
    opened(page, text)


@pytest.mark.parametrize("page", OF_ONE_MODEL)
def test_a_text_that_the_model_cannot_read_is_told_with_what_it_reads(page: str) -> None:
    _test, said = opened(page, "september 27, 1994")
    assert "The text has 18 characters, but the model reads at most 7." in said
    assert "This model reads other texts: at most 7 characters, each of them one of ␣" not in said
    assert "This model reads other texts: at most 7 characters, each of them one of  +0123456789_" in said


def test_its_maps_can_be_compared() -> None:
    test, _said = opened("truth.page", "12+34")
    test.button(key="truth_compare").click().run(timeout=60)
    assert not test.exception and len(test.get("plotly_chart")) >= 2


def test_its_held_out_dates_are_none() -> None:
    _test, said = opened("truth.page", "12+34")
    assert "cannot read all the held-out dates" in said or "This model has no attention" in said
