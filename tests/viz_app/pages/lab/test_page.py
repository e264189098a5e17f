"""The layer lab as Streamlit runs it, and what a link to it says."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core.analysis.layer_lab import LAYERS, LIMITS, draw, run
from core.analysis.running_code import source_of
from core.layers.scores import SCORES
from viz_app.figures.array_table import array_table
from viz_app.figures.colours import INK
from viz_app.pages.lab.link import LARGEST_SEED, from_query, to_query
from viz_app.pages.lab.view import LabView, arrays_of, changed, notebook, result_of, with_array
from viz_app.text.messages import Problem

PAGE = "from viz_app.pages.lab.page import lab_page\nlab_page()"


class Visit:
    """A visitor of the layer lab."""

    def __init__(self, locale: str = "en-US", **query: str) -> None:
        self.app = AppTest.from_string(PAGE, default_timeout=60)
        self.app.context["locale"] = locale
        self.app.query_params.update(query)
        self.run()

    def run(self) -> None:
        self.app.run()
        assert not self.app.exception

    def choose(self, key: str, value: Any) -> None:
        self.app.button_group(key).set_value(value)
        self.run()

    def size(self, name: str, value: int) -> None:
        self.app.selectbox(f"lab_{name}").set_value(value)
        self.run()

    def press(self, key: str) -> None:
        self.app.button(key).click()
        self.run()

    def paste(self, name: str, text: str) -> None:
        self.app.text_area(f"lab_pasted_{name}").set_value(text)
        next(b for b in self.app.button if b.proto.form_id == f"lab_paste_{name}").click()
        self.run()

    @property
    def html(self) -> str:
        return "\n".join(html.proto.body for html in self.app.html)

    def table(self, name: str) -> np.ndarray:
        """The exact numbers of a table on the page, (rows, columns)."""
        (table,) = re.findall(rf'<table class="array" aria-label="{re.escape(name)}">(.*?)</table>', self.html)
        rows = re.findall(r"<tr>(.*?)</tr>", table)[1:]
        return np.array([[float(value) for value in re.findall(r'data-value="(.*?)"', row)] for row in rows])

    def said(self, tone: str) -> list[str]:
        return re.findall(rf'<p class="message {tone}" role="\w+" dir="auto">(.*?)</p>', self.html)

    @property
    def view(self) -> LabView:
        return self.app.session_state["lab_view"]

    @property
    def url(self) -> dict[str, str]:
        return dict(self.app.query_params)


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_lab_shows_something_at_once() -> None:
    visit = Visit()
    result = run("TimeAttention", draw("TimeAttention", LabView().sizes, 0))
    assert result.weights is not None
    np.testing.assert_array_equal(visit.table("weights[0]"), result.weights[0])
    np.testing.assert_array_equal(visit.table("context[0]"), result.output[0])
    np.testing.assert_array_equal(visit.table("dhs_enc[0]"), result.gradients["hs_enc"][0])
    np.testing.assert_array_equal(visit.table("dhs_dec[0]"), result.gradients["hs_dec"][0])
    assert visit.html.count("✓ they agree") == 2
    assert visit.said("error") == visit.said("note") == []
    assert visit.url == {}


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_runs_and_shows_its_own_code(layer) -> None:
    visit = Visit(seed="1")
    lab = LAYERS[layer]
    visit.choose("lab_layer", lab.kind)
    if lab.score:
        visit.choose("lab_score", layer)
    result = run(layer, draw(layer, LabView().sizes, 1))
    for spec in lab.inputs:
        np.testing.assert_array_equal(visit.table(f"d{spec.name}[0]"), np.atleast_2d(result.gradients[spec.name][0]))
    for spec in lab.parameters:
        np.testing.assert_array_equal(visit.table(f"d{spec.name}"), np.atleast_2d(result.gradients[spec.name]))
    if result.scores is not None:
        np.testing.assert_array_equal(visit.table("scores[0]"), result.scores[0])
    code = "\n".join(block.value for block in visit.app.code)
    assert re.search(rf"^layer = {lab.kind}\(", code, re.MULTILINE)
    kinds = [lab.kind, *([SCORES[lab.score].__name__] if lab.score else [])]
    for method in ("forward", "backward"):
        assert [source_of(f"{kind}.{method}").strip() in code for kind in kinds] == [True] * len(kinds)
    assert visit.url["layer"] == layer


def test_a_parameter_is_pasted_whole_and_is_the_same_for_all_samples() -> None:
    visit = Visit(layer="TimeAttention-general", n="1")
    visit.paste("W", "[[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]")
    dot = run("TimeAttention", draw("TimeAttention", LabView().sizes, 0))
    assert dot.scores is not None
    np.testing.assert_allclose(visit.table("scores[1]"), dot.scores[1], rtol=1e-12)
    assert visit.url["W"] == "1_0_0_0_0_1_0_0_0_0_1_0_0_0_0_1"
    visit.paste("W", "[1, 2, 3, 4]")
    assert "The shape is (4,); here it has to be (4, 4)." in visit.said("error")[0]


def test_another_sample_is_shown() -> None:
    visit = Visit(layer="Attention")
    visit.choose("lab_n", 2)
    result = result_of(visit.view)
    np.testing.assert_array_equal(visit.table("c[2]"), result.output[2:3])
    assert visit.url["n"] == "2"


def test_sizes_and_seed_draw_other_arrays_and_can_be_undone() -> None:
    visit = Visit(layer="WeightSum")
    visit.size("H", 2)
    visit.app.number_input("lab_seed").set_value(11)
    visit.run()
    result = run("WeightSum", draw("WeightSum", visit.view.sizes, 11))
    np.testing.assert_array_equal(visit.table("c[0]"), result.output[:1])
    assert visit.url == {"lang": "en", "layer": "WeightSum", "H": "2", "seed": "11"}
    visit.press("lab_undo")
    visit.press("lab_undo")
    assert visit.url == {"lang": "en", "layer": "WeightSum"}
    assert visit.app.button("lab_undo").disabled


def test_draw_anew_takes_another_seed() -> None:
    visit = Visit()
    seeds = {visit.view.seed}
    for _ in range(3):
        visit.press("lab_draw")
        seeds.add(visit.view.seed)
        assert 0 <= visit.view.seed <= LARGEST_SEED
    assert len(seeds) > 1


def test_fewer_samples_than_the_one_shown() -> None:
    visit = Visit(n="2")
    visit.size("N", 1)
    assert visit.view.n == 0
    assert visit.said("error") == []


def test_ones_as_gradient_of_the_output() -> None:
    visit = Visit(layer="WeightSum")
    visit.choose("lab_dout", "ones")
    arrays = arrays_of(visit.view)
    assert (arrays["dout"] == 1).all()
    np.testing.assert_array_equal(visit.table("dhs[0]"), np.repeat(arrays["a"][0][:, None], 4, axis=1))


def test_a_pasted_array_is_used_and_carried_by_the_url() -> None:
    visit = Visit(layer="Attention", T="2", H="2")
    visit.paste("h", "np.array([[0, 0], [3., 4], [5, 6]])")
    assert visit.said("error") == []
    np.testing.assert_array_equal(visit.table("attention_weight[0]"), [[0.5, 0.5]])
    assert visit.url["h"] == "0_0_3_4_5_6"
    visit.press("lab_reset")
    assert "h" not in visit.url
    visit.press("lab_undo")
    assert visit.url["h"] == "0_0_3_4_5_6"


def test_a_pasted_sample_replaces_the_one_shown() -> None:
    visit = Visit(layer="WeightSum", n="1")
    before = arrays_of(visit.view)["a"]
    visit.paste("a", "[0 0 1 0 0]")
    after = arrays_of(visit.view)
    np.testing.assert_array_equal(visit.table("c[1]"), after["hs"][1, 2:3])
    np.testing.assert_array_equal(after["a"][[0, 2]], before[[0, 2]])


@pytest.mark.parametrize("text", ["", "[[1, 2]", "[1, nan]", "import os", "[" * 11_999, "<b>x</b>"])
def test_a_mistake_is_told_and_the_last_good_result_stays(text) -> None:
    visit = Visit(layer="Attention")
    visit.paste("h", "[1, 2, 3, 4]")
    before = (visit.view, visit.url, visit.table("c[0]").tolist())
    visit.paste("h", text)
    assert len(visit.said("error")) == 1
    assert "<" not in visit.said("error")[0]
    assert (visit.view, visit.url, visit.table("c[0]").tolist()) == before
    visit.paste("h", "[1, 2, 3, 5]")
    assert visit.said("error") == []


def test_where_the_slope_is_inexact_the_page_says_so() -> None:
    visit = Visit(layer="AttentionWeight", N="1", T="2", H="1", hs="1000_999.996", h="1000", dout="1_0")
    assert visit.said("error") == []
    assert "✗ they differ" in visit.html
    assert len(visit.said("note")) == 1


@pytest.mark.parametrize("locale", ["ja-JP", "ko-KR"])
def test_nothing_stays_english_in_another_language(locale) -> None:
    def words(visit: Visit) -> set[str]:
        app = visit.app
        labels = [w.label for kind in (app.button, app.text_area, app.expander, app.number_input) for w in kind]
        labels += [group.proto.label for group in app.button_group] + [text.value for text in app.text]
        html = re.findall(r"<(?:p|small|h2|th|td class=\"word\")[^>]*>([^<]*[a-z]{3}[^<]*)<", visit.html)
        return {*labels, *html}

    english, other = words(Visit()), words(Visit(locale=locale))
    assert len(english) > 15
    assert {text for text in english & other if not re.fullmatch(r"d(hs_enc|hs_dec)", text)} == set()


# --- Links ------------------------------------------------------------------------------------------------------------


@st.composite
def views(draw_value: Any) -> LabView:
    """Any view, some of its arrays typed."""
    sizes = {name: draw_value(st.integers(1, min(limit, 3))) for name, limit in LIMITS.items()}
    view = LabView(
        layer=draw_value(st.sampled_from(list(LAYERS))),
        seed=draw_value(st.integers(0, LARGEST_SEED)),
        n=draw_value(st.integers(0, sizes["N"] - 1)),
        dout=draw_value(st.sampled_from(["random", "ones"])),
        **sizes,
    )
    for name, array in arrays_of(view).items():
        if draw_value(st.booleans()):
            value = draw_value(st.floats(-1000, 1000).map(lambda x: x + 0.0))
            view = with_array(view, name, np.full_like(array, value))
    return view


@given(views())
def test_there_and_back(view) -> None:
    assert from_query(to_query(view)) == (view, ())


def test_a_link_says_the_layer_and_what_is_not_the_default() -> None:
    assert to_query(LabView()) == {"layer": "TimeAttention"}
    view = with_array(LabView(layer="WeightSum", N=1, T=2), "a", np.array([[0.25, -1.0]]))
    assert to_query(view) == {"layer": "WeightSum", "N": "1", "T": "2", "a": "0.25_-1"}


def test_too_many_numbers_are_left_out_and_it_is_said() -> None:
    view = LabView(layer="WeightSum", N=6, T=8, H=8)
    full = with_array(view, "hs", np.random.default_rng(0).uniform(-1, 1, (6, 8, 8)))
    assert to_query(full) == to_query(view)
    visit = Visit(**to_query(view))
    visit.paste("hs", str(arrays_of(full)["hs"].tolist()))
    assert visit.said("note") == ["The typed numbers are too many for a link; copy them as NumPy text instead."]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("layer", "Affine"),
        ("layer", ""),
        ("N", "0"),
        ("N", "7"),
        ("N", "3.0"),
        ("T", "-1"),
        ("T", "９"),
        ("H", "9" * 10_000),
        ("seed", "10000"),
        ("seed", "1e3"),
        ("n", "3"),
        ("n", "x"),
        ("dout", "twos"),
        ("dout", "1_2"),
        ("hs_enc", "1_2_3"),
        ("hs_enc", "_".join(["nan"] * 60)),
        ("hs_enc", "_".join(["1e9"] * 60)),
        ("hs_enc", "1" * 1_000_000),
        ("hs_dec", ""),
    ],
)
def test_a_bad_value_is_reported_and_the_rest_is_kept(name, value) -> None:
    good = {"layer": "TimeAttention", "T_dec": "3", "seed": "5"}
    view, problems = from_query(good | {name: value})
    assert problems == (Problem(name, value),)
    assert view == LabView(seed=0 if name == "seed" else 5)


@given(st.dictionaries(st.sampled_from([*to_query(LabView()), "N", "n", "dout", "hs_enc", "hs", "a"]), st.text()))
def test_any_query_is_answered(query) -> None:
    view, problems = from_query(query)
    assert {problem.parameter for problem in problems} <= set(query)
    assert result_of(view).output.size


def test_a_tampered_link_is_answered_with_sentences() -> None:
    visit = Visit(layer="<b>", N="99", hs_dec="1_2")
    assert len(visit.said("error")) == 3
    assert "<b>" not in "".join(visit.said("error"))
    assert visit.view == LabView()
    assert visit.url == {"layer": "<b>", "N": "99", "hs_dec": "1_2"}
    visit.size("T_dec", 2)
    assert visit.said("error") == []
    assert visit.url == {"lang": "en", "layer": "TimeAttention", "T_dec": "2"}


def test_the_language_and_the_date_of_the_other_pages_stay_in_the_link() -> None:
    visit = Visit(lang="ja", text="2/10/93", step="3")
    visit.size("H", 2)
    assert visit.url == {"lang": "ja", "text": "2/10/93", "step": "3", "layer": "TimeAttention", "H": "2"}


# --- Views ------------------------------------------------------------------------------------------------------------


def test_an_array_typed_back_to_the_draw_is_not_edited() -> None:
    view = LabView()
    drawn = arrays_of(view)["hs_dec"]
    edited = with_array(view, "hs_dec", drawn + 1)
    assert [name for name, _ in edited.edits] == ["hs_dec"]
    assert with_array(edited, "hs_dec", drawn) == view


def test_what_keeps_typed_numbers() -> None:
    edited = with_array(with_array(LabView(), "hs_dec", np.ones((3, 3, 4))), "dout", np.ones((3, 3, 4)))
    assert changed(edited, n=1).edits == edited.edits
    assert [name for name, _ in changed(edited, dout="ones").edits] == ["hs_dec"]
    assert changed(edited, H=3).edits == changed(edited, layer="Attention").edits == changed(edited, seed=0).edits == ()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("edit", [False, True])
@pytest.mark.parametrize("dout", ["random", "ones"])
def test_the_notebook_gives_what_the_page_shows(layer, edit, dout) -> None:
    view = LabView(layer=layer, N=2, T=3, T_dec=2, H=2, seed=9, dout=dout)
    first = view.lab.inputs[0]
    if edit:
        view = with_array(view, first.name, np.linspace(-1, 1, 12).reshape(2, 3, 2))
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(notebook(view), names)
    result = result_of(view)
    np.testing.assert_array_equal(names[view.lab.output.name], result.output)
    for spec in view.lab.given:
        np.testing.assert_array_equal(names[spec.name], arrays_of(view)[spec.name])
        np.testing.assert_array_equal(names[f"d{spec.name}"], result.gradients[spec.name])
    assert printed.getvalue().splitlines() == [str(check) for check in result.checks.values()]


# --- Tables -----------------------------------------------------------------------------------------------------------


def test_a_table_shows_three_decimals_and_holds_every_bit() -> None:
    table = array_table(np.array([[1 / 3, -2.0], [0.0, 1e-9]]), label="<x>", rows="j", columns="k")
    assert re.findall(r"<td[^>]*>(.*?)</td>", table) == ["0.333", "−2.000", "0.000", "1.0e−09"]
    assert re.findall(r'data-value="(.*?)"', table) == ["0.3333333333333333", "-2.0", "0.0", "1e-09"]
    assert 'aria-label="&lt;x&gt;"' in table
    assert '<th class="corner">j\\k</th><th scope="col">0</th><th scope="col">1</th>' in table
    assert table.count('<th scope="row">') == 2


def test_weights_are_coloured_and_summed() -> None:
    table = array_table(np.array([0.0, 1.0]), label="a", scale=INK, total="Σ")
    assert (
        f'style="background:light-dark({INK.light[0]},{INK.dark[0]});color:light-dark(#000000,#ffffff)">0.000' in table
    )
    assert (
        f'style="background:light-dark({INK.light[255]},{INK.dark[255]});color:light-dark(#ffffff,#000000)">' in table
    )
    assert '<td class="total">1.000</td>' in table
    assert "corner" not in table
