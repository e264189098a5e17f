"""What if …? The panel, the list, the comparison and the search as Streamlit runs them, with the real model."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from core.data.source_text import SourceText, read_source
from core.data.vocabulary import Vocabulary
from core.decoding.beam import beam_search
from core.decoding.comparison import compare
from core.decoding.interventions import (
    Argmax,
    ForceCharacter,
    Gold,
    Intervention,
    Mask,
    MaskPadding,
    Permute,
    ReplaceCharacter,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.pretrained import available_models, load_pretrained
from tests.viz_app.pages.step.test_page import FIRST, Visit, words
from viz_app.pages.step import editing
from viz_app.pages.step.comparing import Variant, output_table, points
from viz_app.session import models
from viz_app.session.changes import Change
from viz_app.session.state import ViewState
from viz_app.text.change_words import as_label, describe

PIPELINE = load_pretrained(device="cpu")
FORCED = ForceCharacter(5, "1")


def query(*changes: Intervention | dict[str, Any]) -> str:
    return json.dumps([change if isinstance(change, dict) else intervention_to_dict(change) for change in changes])


def made(visit: Visit) -> list[dict[str, Any]]:
    return json.loads(visit.url.get("changes", "[]"))


def opened(**parameters: str) -> Visit:
    visit = Visit(**parameters)
    if not visit.app.toggle("what_if").value:
        visit.app.toggle("what_if").set_value(True)
        visit.run()
    return visit


def expect_decoded(visit: Visit, *changes: Intervention) -> None:
    trace = PIPELINE.trace(visit.field["said"]["typed"], changes)
    assert visit.output == trace.output
    assert trace.weights is not None
    weights = np.array([step["weights"] for step in visit.stage["steps"]], np.float32)
    np.testing.assert_array_equal(weights, trace.weights)


def press(visit: Visit, key: str) -> None:
    visit.app.button(key).click()
    visit.run()


# --- From the field to the stage --------------------------------------------------------------------------------------


def test_a_typed_text_is_read_once_on_its_way_to_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(text: str, vocabulary: Vocabulary, length: int) -> SourceText:
        read.append(text)
        return read_source(text, vocabulary, length)

    monkeypatch.setattr("core.decoding.pipeline.read_source", counted)
    visit = Visit(changes=query(FORCED, Uniform(step=3), Permute(7)))
    visit.type(" ８/21/01")
    assert read == [FIRST, " ８/21/01"]
    assert "".join(visit.stage["source"]) == "8/21/01".ljust(29) and visit.stage["original"]
    visit = Visit(text="8/21/02", changes=query(ReplaceCharacter(0, "7"), Argmax()))
    assert read[2:] == ["8/21/02"]
    assert "".join(visit.stage["source"]) == "7/21/02".ljust(29) and visit.stage["original"]


# --- The panel --------------------------------------------------------------------------------------------------------


def test_the_panel_is_closed_at_first_and_open_where_a_link_brings_changes():
    plain, linked = Visit(), Visit(changes=query(FORCED))
    assert (plain.app.toggle("what_if").value, len(plain.app.tabs), plain.stage["follow"]) == (False, 0, False)
    assert (linked.app.toggle("what_if").value, len(linked.app.tabs), linked.stage["follow"]) == (True, 3, True)


@pytest.mark.parametrize("scope", ["every", "this"])
def test_every_switch_changes_the_decoding_and_back(scope):
    visit = opened(step="3")
    visit.choose("change_scope", scope)
    step = {"every": None, "this": 2}[scope]
    kinds = {
        "argmax": Argmax(step=step),
        "uniform": Uniform(step=step),
        "permute": Permute(0, step=step),
        "gold": Gold(step=step),
        "mask-padding": MaskPadding(step=step),
    }
    for kind, change in kinds.items():
        visit.app.button_group("change_switches").set_value([kind])
        visit.run()
        expect_decoded(visit, change)
        assert made(visit) == [intervention_to_dict(change)]
    visit.app.button_group("change_switches").set_value([])
    visit.run()
    expect_decoded(visit)
    assert made(visit) == []
    assert visit.stage["step"] == 2


def test_temperature_seed_mask_and_weights():
    visit = opened()
    visit.app.select_slider("change_temperature").set_value(2.0)
    visit.run()
    expect_decoded(visit, Temperature(2.0))
    visit.app.select_slider("change_temperature").set_value(1.0)
    visit.run()
    assert made(visit) == []
    visit.app.button_group("change_switches").set_value(["permute"])
    visit.run()
    visit.app.number_input("change_seed").set_value(7)
    visit.run()
    expect_decoded(visit, Permute(7))
    press(visit, "change_reset")
    visit.app.multiselect("change_mask").set_value([0, 3])
    visit.run()
    expect_decoded(visit, Mask((0, 3)))
    visit.app.multiselect("change_mask").set_value([])
    visit.run()
    assert made(visit) == []


@pytest.mark.parametrize(
    ("control", "key", "value", "change"),
    [
        ("button_group", "change_switches", ["uniform"], Uniform(step=2)),
        ("select_slider", "change_temperature", 2.0, Temperature(2.0, step=2)),
        ("multiselect", "change_mask", [0, 3], Mask((0, 3), step=2)),
        ("number_input", "change_weight", 0.5, SetWeights({0: 0.5}, step=2)),
        ("slider", "change_weight_dragged", 0.5, SetWeights({0: 0.5}, step=2)),
    ],
)
def test_a_quick_click_heeds_the_step_that_was_chosen_just_before(control, key, value, change):
    visit = opened(step="3")
    visit.app.button_group("change_scope").set_value("this")
    getattr(visit.app, control)(key).set_value(value)
    visit.run()
    assert made(visit) == json.loads(query(change))
    expect_decoded(visit, change)


def test_a_quick_second_click_removes_the_change_that_it_stood_beside():
    visit = opened(changes=query(Argmax(), FORCED, Mask((0,))))
    first, second = visit.app.button("change_off_0"), visit.app.button("change_off_1")
    first.click()
    second.click()
    visit.run()
    assert made(visit) == json.loads(query(Mask((0,))))


def set_weight(visit: Visit, position: int, weight: float) -> None:
    visit.app.selectbox("change_weight_of").set_value(position)
    visit.run()
    visit.app.number_input("change_weight").set_value(weight)
    visit.run()


def test_weights_are_collected_and_may_not_exceed_one():
    visit = opened()
    set_weight(visit, 0, 0.5)
    set_weight(visit, 3, 0.2)
    visit.app.slider("change_weight_dragged").set_value(0.25)
    visit.run()
    expect_decoded(visit, SetWeights({0: 0.5, 3: 0.25}))
    set_weight(visit, 4, 0.5)
    assert visit.said("error") == ["The weights that are set may add up to 1 at most. Lower another one first."]
    expect_decoded(visit, SetWeights({0: 0.5, 3: 0.25}))


def test_a_character_is_forced_from_the_list():
    visit = opened(step="6")
    visit.app.selectbox("change_force").set_value("1")
    visit.run()
    expect_decoded(visit, FORCED)
    assert (visit.stage["step"], visit.stage["forced"], visit.stage["original"]) == (5, [5], "1994-09-27")


def test_another_character_is_typed_and_the_field_keeps_the_original():
    visit = opened(text="2/10/93")
    visit.app.selectbox("change_position").set_value(0)
    visit.app.selectbox("change_character").set_value("7")
    visit.app.button("FormSubmitter:input-Change").click()
    visit.run()
    expect_decoded(visit, ReplaceCharacter(0, "7"))
    assert (visit.typed, visit.field["said"]["typed"], visit.output) == ("7/10/93", "2/10/93", "1993-07-10")


def test_the_stage_knows_another_decoding_from_another_text():
    one, other, forced = Visit().stage, Visit(text="2/10/93").stage, Visit(changes=query(FORCED)).stage
    assert one["view"] == forced["view"] != other["view"]
    assert len({one["id"], other["id"], forced["id"]}) == 3


# --- The list ---------------------------------------------------------------------------------------------------------


def test_changes_are_switched_removed_and_brought_back():
    visit = Visit(changes=query(FORCED, Temperature(2.0)))
    visit.app.checkbox("change_on_0").uncheck()
    visit.run()
    expect_decoded(visit, Temperature(2.0))
    assert made(visit) == [intervention_to_dict(FORCED) | {"off": True}, intervention_to_dict(Temperature(2.0))]
    press(visit, "change_off_1")
    expect_decoded(visit)
    press(visit, "change_undo")
    press(visit, "change_undo")
    expect_decoded(visit, FORCED, Temperature(2.0))
    assert visit.app.button("change_undo").disabled
    press(visit, "change_reset")
    expect_decoded(visit)


def test_a_link_carries_changes_and_switches():
    visit = Visit(
        text="2/10/93", step="4", changes=query(ForceCharacter(1, "8"), intervention_to_dict(Uniform()) | {"off": True})
    )
    other = Visit(**visit.stage["link"])
    assert other.stage == visit.stage
    assert [box.value for box in other.app.checkbox if str(box.key).startswith("change_on")] == [True, False]


def test_another_text_keeps_what_names_none_of_its_characters():
    stage = Visit(changes=query(Uniform(), FORCED)).stage
    assert json.loads(stage["question"]["changes"]) == json.loads(query(Uniform(), FORCED))
    assert stage["changesOfAnyText"] == '[{"kind":"uniform"}]'


def test_one_decoding_for_the_same_changes():
    models.trace("date-attention", "1/2/93", [Uniform()])
    assert models.trace("date-attention", "1/2/93", [Uniform()]) is models.trace(
        "date-attention", "1/2/93", [Uniform()]
    )
    other = models.trace("date-attention", "1/2/93", [Uniform(step=1)])
    assert other.weights is not None
    assert other.weights[0].max() > 1 / 29 + 0.01


# --- Bad input --------------------------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_told_by_its_number_and_the_rest_kept():
    visit = Visit(changes=query(FORCED, {"kind": "<b>"}, {"kind": "weights", "weights": [[0, -1]]}))
    assert visit.said("error") == [f"Change {n} in the link cannot be read; it is left out." for n in (2, 3)]
    expect_decoded(visit, FORCED)


@pytest.mark.parametrize("bad", ["[", "{}", "x" * 100_000, query(*[Uniform()] * 65), "[" * 2000])
def test_a_list_that_is_none_is_told(bad):
    visit = Visit(changes=bad)
    assert visit.said("error") == ["The list of changes in the link cannot be read; it is left out."]
    expect_decoded(visit)


@pytest.mark.parametrize(
    "misfit",
    [
        ForceCharacter(10, "1"),
        ForceCharacter(0, "é"),
        ForceCharacter(0, "*"),
        ReplaceCharacter(40, "1"),
        Uniform(step=10),
        Mask((29,)),
        Mask(tuple(range(29))),
        SetWeights({40: 0.5}),
    ],
)
def test_what_does_not_fit_is_named_and_left_out(misfit):
    visit = Visit(changes=query(misfit, FORCED))
    expect_decoded(visit, FORCED)
    labels = [box.label for box in visit.app.checkbox if str(box.key).startswith("change_on")]
    assert [label.endswith("does not fit here and is left out") for label in labels] == [True, False]
    assert len(made(visit)) == 2


def test_a_model_without_attention_says_so_and_keeps_what_can_be_kept():
    if "date-seq2seq" not in available_models():
        pytest.fail("pretrained/date-seq2seq is missing")
    visit = Visit(model="date-seq2seq", changes=query(Uniform(), FORCED))
    assert visit.said("note") == ["This model has no attention, so there is none to change."]
    assert visit.output[5] == "1"
    assert visit.app.select_slider("change_temperature").disabled
    assert visit.app.multiselect("change_mask").disabled
    assert not visit.app.selectbox("change_force").disabled


def test_labels_are_never_markdown():
    assert as_label("a*b*_c_ [x](y) `z` :red[q] $e$") == r"a\*b\*\_c\_ \[x\]\(y\) \`z\` \:red\[q\] \$e\$"


# --- Words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (FORCED, "Step 6: write “1”"),
        (ForceCharacter(0, " "), "Step 1: write “␣”"),
        (ReplaceCharacter(0, "7"), "Typed character 1 2: “7” instead"),
        (Temperature(0.5), "Temperature 0.5 (every step)"),
        (Uniform(step=3), "Even (step 4)"),
        (Permute(7), "Shuffled with seed 7 (every step)"),
        (Mask((0, 1, 2, 3, 4, 5)), "Hidden: 1 2, 2 /, 3 1, 4 0, 2 more (every step)"),
        (Mask((20,)), "Hidden: 21 (every step)"),
        (SetWeights({0: 0.5}, step=0), "Weights: 1 2 = 0.5 (step 1)"),
        (Gold(), "Where it should look (every step)"),
    ],
)
def test_every_change_is_told(change, said):
    assert describe(change, "2/10/93", str) == said


@pytest.mark.parametrize("language", ["ja", "ko"])
def test_nothing_in_the_panel_stays_english(language):
    changes = query(FORCED, Uniform(), Permute(3), Mask((0,)), SetWeights({1: 0.5}), MaskPadding(), Temperature(2.0))

    def told(lang: str) -> set[str]:
        visit = Visit(changes=changes, lang=lang)
        app = visit.app
        kinds = (
            app.checkbox,
            app.selectbox,
            app.multiselect,
            app.number_input,
            app.select_slider,
            app.toggle,
            app.tabs,
        )
        captions = {caption.value for caption in app.caption}
        return words(visit) | {widget.label for kind in kinds for widget in kind} | captions

    assert told("en") & told(language) <= {
        "Attention",
        "✕",
        *(option for option in told("en") if re.search(r"\d{4}|/", option)),
    }


# --- Comparing --------------------------------------------------------------------------------------------------------


def test_the_table_marks_what_differs_and_tells_how_probabilities_moved():
    original, changed = PIPELINE.trace(FIRST), PIPELINE.trace(FIRST, [FORCED])
    html = output_table([Variant("one", original), Variant("<two>", changed)], str)
    rows = re.findall(r"<tr>(.*?)</tr>", html)[1:]
    characters = [re.findall(r"<b[^>]*>(.)</b>", row) for row in rows]
    assert ["".join(row) for row in characters] == [original.output, changed.output]
    marked = [
        match is not None
        for match in (re.match("<b class", cell) for cell in re.findall(r"<td>(<b.*?)<small", rows[1]))
    ]
    comparison = compare(original, changed)
    assert marked == comparison.differs.tolist()
    assert re.findall(r"<small[^>]*>(.*?)</small>", rows[1]) == [
        points(float(change)) for change in comparison.probability_change
    ]
    assert "&lt;two&gt;" in html
    assert (points(-0.948), points(0.0001), points(0.05)) == ("−94.8", "±0", "+5.0")


def test_the_parting_step_is_said():
    visit = Visit(changes=query(FORCED))
    html = "".join(block.proto.body for block in visit.app.html)
    assert "The two part at step 6: “1” instead of “0”." in html
    same = "".join(block.proto.body for block in Visit(changes=query(Temperature(1.5))).app.html)
    assert "With the changes the model writes the same." in same


def test_two_variants_at_most_are_pinned_and_come_back():
    visit = Visit(changes=query(FORCED))
    press(visit, "pin")
    assert visit.app.button("pin").disabled
    press(visit, "change_off_0")
    visit.app.button_group("change_switches").set_value(["uniform"])
    visit.run()
    press(visit, "pin")
    press(visit, "change_reset")
    assert visit.app.button("pin").disabled
    table = next(block.proto.body for block in visit.app.html if "<table>" in block.proto.body)
    assert re.findall(r'<th scope="row">(.*?)</th>', table) == [
        "Step",
        "Without changes",
        f"Pinned A: {FIRST}",
        f"Pinned B: {FIRST}",
    ]
    press(visit, "pin_show_A")
    expect_decoded(visit, FORCED)
    press(visit, "pin_drop_A")
    press(visit, "pin_drop_B")
    assert not [button for button in visit.app.button if str(button.key).startswith("pin_")]


def test_the_difference_is_drawn_on_demand():
    visit = Visit(changes=query(Uniform()))
    labels = [expander.label for expander in visit.app.expander]
    assert "Difference of the attention maps" in labels
    assert len(visit.app.get("plotly_chart")) == 0


# --- Beam search ------------------------------------------------------------------------------------------------------


@pytest.fixture
def asking(monkeypatch):
    """The panel's view of the session: `asking["view"]` is what it sees, and what it asks for is put there."""
    session = {"view": ViewState()}
    monkeypatch.setattr("viz_app.session.state.requested", lambda: session["view"])
    monkeypatch.setattr(
        "viz_app.session.state.request", lambda **wishes: session.update(view=replace(session["view"], **wishes))
    )
    monkeypatch.setattr("streamlit.session_state", {})
    return session


def test_following_a_node_makes_its_characters_the_forced_ones(asking):
    tree = beam_search(PIPELINE, FIRST, 3)
    beginning = tree.interventions(tree.finished[1])[:3]
    asking["view"] = ViewState(changes=(Change(Uniform()), Change(ForceCharacter(9, "9"))))
    editing.follow(beginning)
    assert [change.intervention for change in asking["view"].changes] == [Uniform(), *beginning]


def test_a_clicked_candidate_is_forced_replaced_and_let_go(asking):
    editing.force(5, "1")
    assert asking["view"].changes == (Change(FORCED),)
    editing.force(5, "2")
    assert asking["view"].changes == (Change(ForceCharacter(5, "2")),)
    editing.force(5, "2")
    assert asking["view"].changes == ()
    # What a browser may send, whatever the stage's own code would.
    nonsense: list[Any] = [(-1, "1"), ("5", "1"), (None, None), (5, "12"), (5, 1)]
    for step, character in nonsense:
        editing.force(step, character)
    assert asking["view"].changes == ()


def test_a_weight_from_the_map_is_set_at_its_step_and_a_place_is_chosen(asking):
    editing.weigh(2, 14, None)
    assert asking["view"].changes == () and st.session_state["change_weight_of"] == 14
    editing.weigh(2, 14, 0.25)
    assert asking["view"].changes == (Change(SetWeights({14: 0.25}, step=2)),)
    editing.weigh(2, 3, 0.5)
    assert st.session_state["change_weight_of"] == 3
    done = asking["view"].changes
    nonsense: list[Any] = [
        (-1, 3, 0.5),
        (2, -1, 0.5),
        ("2", 3, 0.5),
        (2, None, 0.5),
        (2, 3, 1.5),
        (2, 3, "x"),
        (2, 3, 1e400),
    ]
    nonsense += [(2, 3, float("nan")), (2, True, 0.5), (None, None, None), (2, 3, [0.5])]
    for said in nonsense:
        editing.weigh(*said)
    assert asking["view"].changes == done and st.session_state["change_weight_of"] == 3


def test_width_one_is_greedy_decoding():
    tree = beam_search(PIPELINE, FIRST, 1)
    assert tree.output(tree.finished[0]) == PIPELINE.trace(FIRST).output


@pytest.mark.parametrize("change", [editing.set_input, lambda: editing.set_weight(editing.WEIGHT_KEYS[0])])
def test_a_place_of_the_text_before_changes_nothing(monkeypatch, change):
    """A browser that has not heard of another text yet says a place by its label there, which Streamlit hands over."""
    said = {"change_position": "1 s", "change_weight_of": "1 s", "change_character": "7", editing.WEIGHT_KEYS[0]: 0.5}
    session = type("Session", (dict,), {"__getattr__": dict.__getitem__})(said)
    monkeypatch.setattr("viz_app.pages.step.editing.st.session_state", session)
    monkeypatch.setattr("viz_app.pages.step.editing.state.requested", lambda: ViewState(text="2/10/93"))
    monkeypatch.setattr(editing, "_add", lambda made: pytest.fail(f"{made} was made"))
    change()
