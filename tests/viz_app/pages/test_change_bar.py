"""What is changed is named on every page that shows an answer or a map, and can be taken back there."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.decoding.interventions import Argmax, ForceCharacter, Intervention, Mask, SetWeights, Uniform
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.pretrained import load_pretrained

FIRST = "september 27, 1994"
WITH = ["step.page:step_page", "inside:inside_page", "truth.page:truth_page"]
WITHOUT = ["film:film_page", "ladder.page:ladder_page", "bugs.page:bugs_page"]
OFF = intervention_to_dict(Argmax(step=1)) | {"off": True}


def opened(page: str, *changes: Intervention | dict[str, object], **parameters: str) -> AppTest:
    module, name = page.split(":")
    app = AppTest.from_string(f"from viz_app.pages.{module} import {name}\n{name}()", default_timeout=60)
    if changes:
        listed = [change if isinstance(change, dict) else intervention_to_dict(change) for change in changes]
        app.query_params["changes"] = json.dumps(listed)
    for parameter, value in parameters.items():
        app.query_params[parameter] = value
    app.run()
    assert not app.exception
    return app


def buttons(app: AppTest) -> list[str]:
    """The labels of the bar's buttons, without the signs that keep them from being read as Markdown."""
    return [button.label.replace("\\", "") for button in app.button if (button.key or "").startswith("changed_")]


def texts(app: AppTest) -> list[str]:
    return [text.value for text in app.text]


def components(app: AppTest) -> list[dict[str, Any]]:
    """What the components of the page were given."""
    return [json.loads(component.proto.json) for component in app.get("bidi_component")]


def html(app: AppTest) -> str:
    """What is said in HTML, of Streamlit's or of a component's."""
    in_components = json.dumps(components(app), ensure_ascii=False)
    return unescape("".join(element.proto.body for element in app.get("html")) + in_components)


def changes_in(app: AppTest) -> list[dict[str, object]]:
    said = app.query_params.get("changes", "[]")
    return json.loads(said if isinstance(said, str) else said[0])


@pytest.mark.parametrize("page", WITH)
def test_a_page_that_computes_with_the_changes_names_them(page: str) -> None:
    app = opened(page, Uniform(), OFF, ForceCharacter(5, "1"))
    assert buttons(app) == ["Even (every step) ✕", "Step 6: write “1” ✕", "Remove all"]
    assert "Changed:" in texts(app)
    assert "Left out here:" not in texts(app)


@pytest.mark.parametrize("page", WITHOUT)
def test_a_page_that_leaves_them_out_says_so(page: str) -> None:
    app = opened(page, Uniform(), OFF)
    assert buttons(app) == ["Even (every step) ✕", "Remove all"]
    assert "Left out here:" in texts(app)
    assert "This page shows what the models do by themselves." in texts(app)


@pytest.mark.parametrize("page", [*WITH, *WITHOUT])
def test_without_a_change_there_is_no_bar(page: str) -> None:
    assert buttons(opened(page)) == buttons(opened(page, OFF)) == []


@pytest.mark.parametrize("page", ["inside:inside_page", "film:film_page"])
def test_a_change_is_removed_on_any_page(page: str) -> None:
    app = opened(page, Uniform(), OFF, Mask((0,)))
    app.button("changed_0").click().run()
    assert changes_in(app) == [OFF, {"kind": "mask", "positions": [0]}]
    app.button("changed_all").click().run()
    assert (changes_in(app), buttons(app)) == ([], [])


def test_many_changes_take_one_line() -> None:
    app = opened("step.page:step_page", *(ForceCharacter(step, "1") for step in range(10)))
    assert buttons(app) == [f"Step {step}: write “1” ✕" for step in (1, 2, 3)] + ["Remove all"]
    assert "7 more changes" in texts(app)


def test_a_long_change_is_cut_and_told_whole_beside_the_pointer() -> None:
    app = opened("step.page:step_page", SetWeights({i: 0.0625 for i in range(16)}))
    (label, _all) = buttons(app)
    assert len(label) <= 62
    assert label.endswith("… ✕")
    assert "12 more" in (app.button("changed_0").help or "").replace("\\", "")


def test_what_does_not_fit_is_counted_and_not_called_a_change() -> None:
    app = opened("step.page:step_page", Uniform(), Mask((40,)), text="2/10/93")
    assert buttons(app) == ["Even (every step) ✕", "Remove all"]
    assert "Do not fit here, and are left out: 1." in texts(app)


def test_a_model_without_attention_says_that_nothing_fits() -> None:
    app = opened("step.page:step_page", Uniform(), model="date-seq2seq")
    assert buttons(app) == ["Remove all"]
    assert "Do not fit here, and are left out: 1." in texts(app)


@pytest.mark.parametrize("page", WITH)
def test_the_verdict_is_on_the_changed_answer_and_says_so(page: str) -> None:
    changed = load_pretrained(device="cpu").trace(FIRST, [Uniform()]).output
    assert changed != "1994-09-27"
    said = html(opened(page, Uniform()))
    assert "With the changes: " in said
    assert changed in said
    assert "With the changes: Right" not in said
    assert "With the changes" not in html(opened(page))


def test_truth_says_what_of_it_leaves_the_changes_out() -> None:
    by_itself = "Influence, saliency and the held-out dates below are those of the model by itself."
    assert by_itself in texts(opened("truth.page:truth_page", Uniform()))
    assert by_itself not in texts(opened("truth.page:truth_page"))
