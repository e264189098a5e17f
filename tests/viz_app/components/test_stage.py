"""What Python hands to the stage: every number exactly, every text the browser asks for, and nothing it could run."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.traces import make_trace
from viz_app.components.files import component_files
from viz_app.components.stage import stage_payload, stage_strings
from viz_app.figures.colours import GREYS, INK, SCALES, packed_scale

FILES = component_files("stage", plays=True)
TRACE = make_trace()
SENTENCES = [f"sentence {i}" for i in range(10)]


def payload(**options):
    """A payload as the browser receives it: through JSON."""
    return json.loads(json.dumps(stage_payload(TRACE, sentences=SENTENCES, **options), allow_nan=False))


def test_every_weight_and_score_arrives_to_the_bit():
    steps = payload()["steps"]
    for name in ("weights", "scores"):
        arrived = np.array([step[name] for step in steps])
        np.testing.assert_array_equal(arrived.astype(np.float32), getattr(TRACE, name))
        np.testing.assert_array_equal(arrived, getattr(TRACE, name).astype(np.float64))


def test_each_step_says_what_was_read_written_and_possible():
    steps = payload()["steps"]
    assert "".join(step["character"] for step in steps) == TRACE.output == "1994-09-27"
    assert "".join(step["inputCharacter"] for step in steps) == "_1994-09-2"
    assert [step["sentence"] for step in steps] == SENTENCES
    for step, expected in zip(steps, TRACE, strict=True):
        assert step["probability"] == expected.probability
        assert step["candidates"] == [{"character": c, "probability": p} for c, p in expected.candidates(5)]
        assert len(step["candidates"]) == 5


def test_source_is_in_typed_order_and_says_where_padding_begins():
    said = payload()
    assert "".join(said["source"]) == "september 27, 1994".ljust(29)
    assert said["textLength"] == 18


def test_another_text_and_other_parameters_are_another_id():
    ids = {
        stage_payload(trace, sentences=SENTENCES)["id"]
        for trace in (TRACE, make_trace("2/10/93", "1993-02-10"), make_trace("2/10/93", "1993-02-11"))
    }
    assert len(ids) == 2
    assert payload()["id"] == payload(step=3, scale="greys", language="ja")["id"]
    assert TRACE.digest in payload()["id"]


def test_a_changed_text_is_the_same_view_so_that_the_step_stays():
    original = make_trace("2/10/93", "1993-02-10")
    assert payload(original=original)["view"] == f"{TRACE.digest}:2/10/93"
    assert payload()["view"] == f"{TRACE.digest}:{TRACE.text}"


@pytest.mark.parametrize(("asked", "shown"), [(None, 9), (0, 0), (4, 4), (9, 9), (10, 9), (-1, 0), (10**30, 9)])
def test_starts_at_the_step_asked_for_or_its_nearest(asked, shown):
    assert payload(step=asked)["step"] == shown


def test_choices_reach_the_browser_as_they_are():
    said = payload(scale="greys", padding=True, language="ko", link={"text": "2/10/93", "lang": "ko"})
    assert (said["scale"], said["padding"], said["language"]) == ("greys", True, "ko")
    assert said["link"] == {"text": "2/10/93", "lang": "ko"}
    assert said["colours"] == {name: packed_scale(scale) for name, scale in SCALES.items()}
    assert said["colours"]["greys"] == {"light": "".join(GREYS.light).replace("#", "")}
    assert said["colours"]["ink"]["dark"].endswith(INK.dark[255][1:])
    assert (payload()["scale"], payload()["padding"], payload()["link"]) == ("ink", False, {})


def test_without_attention_there_are_no_weights_and_all_the_rest():
    trace = make_trace(attention=False)
    steps = stage_payload(trace, sentences=SENTENCES)["steps"]
    assert all(step["weights"] is None and step["scores"] is None for step in steps)
    assert [step["probability"] for step in steps] == [step.probability for step in trace]


def test_a_missing_sentence_is_named():
    with pytest.raises(ValueError, match="got 9 sentences for 10 steps"):
        stage_payload(TRACE, sentences=SENTENCES[:9])


def test_an_unknown_scale_is_named():
    with pytest.raises(ValueError, match=r"got scale 'jet'; expected one of ink, cividis, greys"):
        payload(scale="jet")


@pytest.mark.parametrize(
    ("text", "name"),
    [("september 27, 1994", "attention-september-27-1994"), ("2/10/93", "attention-2-10-93"), ("/-, ", "attention")],
)
def test_saved_pictures_have_names_for_every_file_system(text, name):
    assert stage_payload(make_trace(text), sentences=SENTENCES)["fileName"] == name


def test_texts_are_english_or_as_translated():
    assert payload()["strings"]["play"] == "Play"
    shouted = stage_strings(str.upper)
    assert payload(strings=shouted)["strings"] == shouted
    assert shouted["play"] == "PLAY"


def test_the_browser_asks_for_exactly_the_texts_there_are():
    html = FILES.html
    js = FILES.js
    asked = set(re.findall(r'data-(?:text|label)="(\w+)"', html))
    asked |= set(re.findall(r"\bstrings\.(\w+)", js))
    # Looked up by a name: the names of characters, and the label of a button that changes.
    looked_up = re.findall(r"const NAMES = new Map\(\[([^;]*)\]\)", js) + re.findall(r"strings\[[^\]]*\?(.*?)\]", js)
    asked |= {word for line in looked_up for word in re.findall(r'"(\w{2,})"', line)}
    assert asked == stage_strings(str).keys()


def test_the_browser_fills_in_exactly_the_names_there_are():
    names = set(re.findall(r"\{(\w+)\}", " ".join(stage_strings(str).values())))
    assert names == {"step", "steps", "character", "output", "input", "weight", "score", "count", "percent", "number"}


def test_nothing_typed_is_ever_read_as_html_or_run():
    js = FILES.js
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval(", "new Function"):
        assert way not in js
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", js)
