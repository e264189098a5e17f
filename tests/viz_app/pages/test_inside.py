"""The Inside page: what the browser gets is the trace, bit for bit, and what is between two numbers of it adds up."""

from __future__ import annotations

import base64
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.analysis.inside import lstm_cell_inside
from core.analysis.running_code import CODE_OF_STAGE, STAGES, source_of
from core.decoding.interventions import AttentionChange, ForceCharacter, Intervention, Mask, Uniform
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pretrained
from core.layers.scores import SCORES
from core.models.mistaken import PositionScore
from tests.core.small_models import DATES
from tests.core.small_models import make_pipeline as small_pipeline
from viz_app.components import inside as inside_module
from viz_app.components.inside import CANDIDATES, inside_payload, inside_strings, packed
from viz_app.figures.colours import GREYS, packed_scale
from viz_app.text.i18n import LANGUAGES, translator

PAGE = "from viz_app.pages.inside import inside_page\n\ninside_page()\n"
FIRST = "september 27, 1994"
ATTENTION_ARRAYS = {"scores", "weights", "softmax", "context", "part_context", "by_source"}


@cache
def pipeline(name: str = "date-attention") -> Pipeline:
    return load_pretrained(name, device="cpu")


def unpacked(array: dict[str, Any]) -> np.ndarray:
    data = np.frombuffer(base64.b64decode(array["data"]), dtype=np.dtype(array["dtype"]).newbyteorder("<"))
    return data.reshape(array["shape"])


def arrays(payload: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: unpacked(array) for name, array in payload["arrays"].items()}


# --- Payload ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64", ">f4"])
def test_an_array_survives_packing_bit_for_bit(dtype):
    array = np.array([[0.1, -0.0, 1e-40], [np.pi, 3e38, -1]]).astype(dtype)[:, ::2]
    again = unpacked(json.loads(json.dumps(packed(array))))
    assert again.dtype.itemsize == array.dtype.itemsize
    np.testing.assert_array_equal(again, array)
    assert np.signbit(again[0, 1]) == np.signbit(array[0, 1])


def test_the_arrays_are_the_traces():
    trace = pipeline().trace(FIRST)
    sent = arrays(inside_payload(pipeline(), trace))
    for name in ("hs_enc", "hs_dec", "scores", "weights", "context", "logits", "probabilities"):
        assert sent[name].dtype == np.float32
        np.testing.assert_array_equal(sent[name], getattr(trace, name))
    np.testing.assert_array_equal(sent["features"], np.concatenate([trace.context, trace.hs_dec], axis=1))


def test_the_parts_of_every_logit_add_up():
    payload = inside_payload(pipeline(), pipeline().trace("2/10/93"))
    sent = arrays(payload)
    total = sent["part_context"] + sent["part_state"] + sent["part_bias"]
    np.testing.assert_allclose(total, sent["logits"], rtol=1e-5, atol=2e-5)
    best = np.array(payload["best"])
    assert best.shape == (10, CANDIDATES)
    chosen = np.take_along_axis(sent["part_context"], best, axis=1)
    np.testing.assert_allclose(sent["by_source"].sum(axis=2), chosen, rtol=1e-5, atol=2e-5)


def test_the_best_characters_come_most_probable_first():
    payload = inside_payload(pipeline(), pipeline().trace(FIRST))
    for best, probabilities in zip(payload["best"], arrays(payload)["probabilities"], strict=True):
        assert best == sorted(range(len(probabilities)), key=lambda v: -probabilities[v])[:CANDIDATES]


def test_the_date_is_read_last_character_first():
    payload = inside_payload(pipeline(), pipeline().trace(FIRST))
    assert payload["readAt"] == list(range(28, -1, -1))
    assert "".join(payload["source"]) == FIRST.ljust(29)
    assert "".join(payload["inputs"]) == "_1994-09-2"
    assert "".join(payload["output"]) == "1994-09-27"


def test_the_gates_make_the_states():
    trace = pipeline().trace(FIRST)
    cells = inside_payload(pipeline(), trace, with_cells=True)["cells"]
    for which, states in (("encoder", trace.hs_enc), ("decoder", trace.hs_dec)):
        cell = {name: unpacked(array) for name, array in cells[which].items() if isinstance(array, dict)}
        np.testing.assert_array_equal(cell["hidden"], states)
        made = cell["f"] * cell["cell_before"] + cell["g"] * cell["i"]
        np.testing.assert_allclose(made, cell["cell"], rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(cell["o"] * np.tanh(cell["cell"]), cell["hidden"], rtol=1e-5, atol=1e-5)
    assert cells["encoder"]["seen"] == list(lstm_cell_inside(pipeline(), trace, "encoder").seen)
    assert cells["decoder"]["seen"] == list(lstm_cell_inside(pipeline(), trace, "decoder").seen)
    assert cells["encoder"]["seen"][15].strip() == "994"


def test_the_gates_are_sent_only_when_asked_for():
    assert inside_payload(pipeline(), pipeline().trace(FIRST))["cells"] is None


@pytest.mark.parametrize(
    ("name", "own", "code"),
    [("date-peeky", {"part_peek"}, "PeekyDecoder.run"), ("date-seq2seq", set(), "Decoder.run")],
)
def test_a_model_without_attention_has_the_chain_without_it(name, own, code):
    trace = pipeline(name).trace(FIRST)
    payload = inside_payload(pipeline(name), trace)
    sent = arrays(payload)
    assert not ATTENTION_ARRAYS & set(sent)
    assert set(sent) & {"part_peek"} == own
    total = sent["part_state"] + sent["part_bias"] + sent.get("part_peek", 0)
    np.testing.assert_allclose(total, trace.logits, rtol=1e-5, atol=2e-5)
    assert payload["code"]["features"] == [code]
    assert "scores" not in payload["code"]


def test_every_stage_shows_the_code_as_it_is_running():
    payload = inside_payload(pipeline(), pipeline().trace(FIRST))
    assert payload["code"] == {stage: list(names) for stage, names in CODE_OF_STAGE.items()}
    assert payload["sources"]["AttentionWeight.forward"] == source_of("AttentionWeight.forward")
    assert set(payload["sources"]) == {name for names in CODE_OF_STAGE.values() for name in names}


def test_a_changed_attention_is_what_is_shown_beside_what_the_softmax_gives():
    plain, changed = pipeline().trace(FIRST), pipeline().trace(FIRST, interventions=[Uniform(step=2)])
    payload = inside_payload(pipeline(), changed)
    sent = arrays(payload)
    np.testing.assert_array_equal(sent["weights"][2], np.full(29, np.float32(1 / 29)))
    assert plain.weights is not None
    np.testing.assert_allclose(sent["softmax"][2], plain.weights[2], rtol=1e-5, atol=1e-9)
    assert payload["edits"] == [["Uniform.edit"] if step == 2 else [] for step in range(10)]
    assert payload["sources"]["Uniform.edit"] == source_of("Uniform.edit")
    unchanged = inside_payload(pipeline(), plain)
    assert payload["id"] != unchanged["id"]
    assert payload["view"] == unchanged["view"]


def test_changes_are_told_step_by_step_in_their_order():
    changes: list[Intervention] = [Mask((0,), step=3), Uniform(), ForceCharacter(4, "1")]
    payload = inside_payload(pipeline(), pipeline().trace(FIRST, interventions=changes))
    assert payload["edits"][3] == ["Mask.edit", "Uniform.edit"]
    assert payload["edits"][4] == ["Uniform.edit"]
    assert payload["forced"] == [4]
    assert inside_payload(pipeline(), pipeline().trace(FIRST))["forced"] == []


@pytest.mark.parametrize("name", sorted({kind.__name__ for kind in AttentionChange.__subclasses__()}))
def test_the_code_of_every_change_of_the_attention_can_be_shown(name):
    assert "def edit(self, log_weights" in source_of(f"{name}.edit")


@pytest.mark.parametrize(
    "variant",
    [
        {"score": "scaled-dot"},
        {"score": "general", "bidirectional": True},
        {"score": "additive", "reversed_input": False},
        {"mistake": "weights-without-encoder"},
        {"mistake": "context-not-fed"},
        {"model_class": "PeekySeq2seq", "bidirectional": True},
    ],
)
def test_what_another_kind_of_model_shows_adds_up(variant: dict[str, Any]):
    own = small_pipeline(**DATES, **variant, scale=0.5)
    trace = own.trace("2/10/93")
    payload = inside_payload(own, trace, with_cells=True)
    sent = arrays(payload)
    assert payload["bothWays"] == own.spec.bidirectional
    parts = [sent[name] for name in ("part_context", "part_peek", "part_state", "part_bias") if name in sent]
    np.testing.assert_allclose(np.sum(np.broadcast_arrays(*parts), axis=0), sent["logits"], rtol=1e-4, atol=1e-4)
    assert (
        ("part_context" in sent)
        == ("by_source" in sent)
        == (own.model.has_attention and own.spec.mistake != "context-not-fed")
    )
    assert ("products" in sent) == (payload["score"] is not None) == own.model.has_attention
    if "products" in sent:
        np.testing.assert_allclose(sent["products"].sum(axis=2), sent["scores"], rtol=1e-4, atol=1e-4)
    json.dumps(payload, allow_nan=False)


def test_every_score_function_has_its_equation_in_the_browser():
    script = (Path(inside_module.__file__).parent / "inside" / "stages.js").read_text("utf-8")
    for score in (*SCORES.values(), PositionScore):
        assert re.search(rf"^  {score.__name__}: \{{\s+code: ", script, re.MULTILINE)


@pytest.mark.parametrize(("step", "kept"), [(None, 9), (0, 0), (4, 4), (99, 9), (-1, 0)])
def test_the_step_is_one_of_the_trace(step, kept):
    assert inside_payload(pipeline(), pipeline().trace(FIRST), step=step)["step"] == kept


def test_a_stage_is_open_and_the_book_tells_of_every_stage_that_the_model_has():
    assert inside_payload(pipeline(), pipeline().trace(FIRST))["stage"] == "weights"
    for name, section in (("date-attention", "8.2.2"), ("date-peeky", "7.4.2"), ("date-seq2seq", "7.3.2")):
        payload = inside_payload(pipeline(name), pipeline(name).trace(FIRST), stage="logits")
        assert payload["stage"] == "logits"
        assert payload["sections"].keys() == payload["code"].keys()
        assert payload["sections"]["features"] == section
    with pytest.raises(ValueError, match=r"'cell'.*hs_enc, h, products"):
        inside_payload(pipeline(), pipeline().trace(FIRST), stage="cell")


def test_every_stage_has_a_name_and_a_sentence():
    strings = inside_strings(str)
    assert all(strings[stage] and strings[f"told_{stage}"] for stage in STAGES)
    script = (Path(inside_module.__file__).parent / "inside" / "stages.js").read_text("utf-8")
    assert tuple(re.findall(r"^  (\w+): \{ shape: ", script, re.MULTILINE)) == STAGES


def test_an_unknown_scale_is_named():
    with pytest.raises(ValueError, match=r"'rainbow'.*ink, cividis, greys"):
        inside_payload(pipeline(), pipeline().trace(FIRST), scale="rainbow")


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_text_is_translated(language):
    english, other = inside_strings(str), inside_strings(translator(language))
    assert {key for key in english if english[key] == other[key]} == set()


# --- Page -------------------------------------------------------------------------------------------------------------


def visit(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.context["locale"] = "en-US"
    app.query_params.update(query)
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> dict[str, Any]:
    (component,) = app.get("bidi_component")
    return json.loads(component.proto.json)


def sentences(app: AppTest) -> list[str]:
    return [html.proto.body for html in app.html if 'class="message' in html.proto.body]


def test_the_page_shows_what_the_link_says():
    payload = shown(visit(text="2/10/93", step="3", lang="ja", scale="greys"))
    assert ("".join(payload["source"]).strip(), payload["step"], payload["language"]) == ("2/10/93", 2, "ja")
    assert payload["scale"] == packed_scale(GREYS)
    assert payload["strings"] == inside_strings(translator("ja"))
    np.testing.assert_array_equal(arrays(payload)["weights"], pipeline().trace("2/10/93").weights)


def test_the_page_opens_the_stage_of_the_link():
    assert shown(visit(stage="context"))["stage"] == "context"
    app = visit(stage="cell")
    assert shown(app)["stage"] == "weights"
    assert "“stage=cell”" in "".join(sentences(app))


def test_the_page_shows_the_changes_of_the_link():
    payload = shown(visit(changes='[{"kind":"uniform"}]'))
    np.testing.assert_array_equal(arrays(payload)["weights"], np.full((10, 29), np.float32(1 / 29)))


def test_what_is_wrong_with_a_link_is_said_and_the_rest_kept():
    app = visit(text="2/10/93", step="11", model="<i>")
    assert len(sentences(app)) == 2
    assert "“11”" in "".join(sentences(app)) and "<i>" not in "".join(sentences(app))
    assert "".join(shown(app)["source"]).strip() == "2/10/93"


def test_another_text_is_opened_up_from_its_last_step():
    app = visit(step="3")
    app.text_input("text").set_value("june 7, 1992")
    app.button("FormSubmitter:date-Decode").click().run()
    payload = shown(app)
    assert ("".join(payload["source"]).strip(), payload["step"]) == ("june 7, 1992", 9)
