"""Files of a decoding: every weight the trace's own, every text as it was typed, no request to anybody."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from core.decoding.interventions import ForceCharacter, Mask, ReplaceCharacter, Uniform
from core.decoding.interventions_json import intervention_to_dict
from core.decoding.trace import DecodingTrace
from core.decoding.trace_json import TraceFormatError
from tests.traces import make_trace
from viz_app.export.files import file_name, from_json, to_csv, to_html, to_json, to_npz, to_svg, to_table
from viz_app.figures.attention import attention_figure
from viz_app.figures.colours import INK
from viz_app.text.characters import printable
from viz_app.text.narration import narrate

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "\"'&lt;]]>",
    "=cmd|' /C calc'!A0",
    "+-@\t=\r",
    "😀\u202e\0\ufffe",
    "]]></style>",
]


TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


def weights_of(trace: DecodingTrace) -> np.ndarray:
    return np.asarray(trace.weights)


def hostile_trace(text: str, **options) -> DecodingTrace:
    """A trace of a model whose vocabulary holds whatever the text holds."""
    trace = make_trace(t_enc=len(text) + 2, **options)
    others = [c for c in map(chr, range(0x100, 0x200)) if c not in text]
    vocabulary = tuple([*dict.fromkeys(text), *others][: len(trace.vocabulary)])
    output = "".join(vocabulary[i] for i in trace.output_ids)
    return replace(trace, text=text, source=text + "  ", vocabulary=vocabulary, output=output)


class Page(HTMLParser):
    """What a browser reads out of a page: elements in order, with attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append((self.elements[-1][0] if self.elements else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


# ---- JSON and NPZ ---------------------------------------------------------------------------------------------------


def assert_same(got: DecodingTrace, expected: DecodingTrace) -> None:
    for field in fields(DecodingTrace):
        one, other = getattr(got, field.name), getattr(expected, field.name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype and one.tobytes() == other.tobytes(), field.name
        else:
            assert one == other, field.name


@pytest.mark.parametrize("attention", [True, False])
def test_json_comes_back_to_the_last_bit(attention):
    trace = make_trace(attention=attention)
    assert_same(from_json(to_json(trace)), trace)


@pytest.mark.parametrize("text", HOSTILE)
def test_json_of_hostile_text_comes_back(text):
    trace = hostile_trace(text)
    assert to_json(trace).isascii()
    assert_same(from_json(to_json(trace)), trace)


@given(TEXTS, arrays(np.float32, (10, 1), elements=st.floats(width=32, allow_nan=False)))
def test_json_of_any_text_and_numbers_comes_back(text, scores):
    trace = hostile_trace(text)
    trace = replace(trace, scores=np.repeat(scores, len(trace.source), axis=1))
    assert_same(from_json(to_json(trace)), trace)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,",
        '{"format": "decoding-trace"',
        "\ufeff{}",
        "9" * 5000,
        "[" * 100_000,
        "[1e400]",
        "[NaN]",
        r'["\ud800"]',
    ],
)
def test_what_is_not_json_is_refused(text):
    with pytest.raises(TraceFormatError, match=r"^this is not"):
        from_json(text)


def test_other_json_is_refused():
    with pytest.raises(TraceFormatError, match="format: got None"):
        from_json("{}")


@pytest.mark.parametrize("attention", [True, False])
def test_npz_holds_every_member_without_pickle(attention):
    trace = replace(make_trace(attention=attention), interventions=(ForceCharacter(0, "1"),))
    loaded = np.load(io.BytesIO(to_npz(trace)), allow_pickle=False)
    for field in fields(DecodingTrace):
        value = getattr(trace, field.name)
        if value is None:
            assert field.name not in loaded
        elif isinstance(value, np.ndarray):
            assert loaded[field.name].dtype == value.dtype
            np.testing.assert_array_equal(loaded[field.name], value)
        elif isinstance(value, str):
            assert str(loaded[field.name]) == value
    assert tuple(loaded["vocabulary"]) == trace.vocabulary
    assert json.loads(str(loaded["interventions"])) == [{"kind": "force", "step": 0, "character": "1"}]
    assert (str(loaded["format"]), int(loaded["version"])) == ("decoding-trace", 1)


def test_the_same_trace_gives_the_same_file():
    assert to_npz(make_trace()) == to_npz(make_trace())


# ---- CSV ------------------------------------------------------------------------------------------------------------


def test_csv_holds_every_number_exactly():
    trace = make_trace()
    rows = list(csv.DictReader(io.StringIO(to_csv(trace))))
    assert [float(row["weight"]) for row in rows] == weights_of(trace).astype(float).ravel().tolist()
    assert [float(row["score"]) for row in rows] == np.asarray(trace.scores).astype(float).ravel().tolist()
    assert [float(row["probability"]) for row in rows] == [step.probability for step in trace for _ in trace.source]


def test_csv_reads_back_with_pandas():
    trace = make_trace()
    table = pd.read_csv(io.StringIO(to_csv(trace)), dtype={"output_character": "str", "weight": "float32"})
    assert table["weight"].to_numpy().tobytes() == weights_of(trace).tobytes()
    assert "".join(table["output_character"][::29]) == trace.output
    assert "".join(table["source_character"][:29]) == trace.source


def test_csv_rows_name_their_characters():
    trace = make_trace()
    for row in csv.DictReader(io.StringIO(to_csv(trace))):
        i, j = int(row["step"]) - 1, int(row["source_position"]) - 1
        assert (row["output_character"], row["source_character"]) == (trace.output[i], trace.source[j])
        assert row["padding"] == str(j >= 18)
        assert float(row["weight"]) == float(weights_of(trace)[i, j])


def test_csv_without_attention_has_empty_numbers():
    rows = list(csv.DictReader(io.StringIO(to_csv(make_trace(attention=False)))))
    assert len(rows) == 290
    assert {(row["score"], row["weight"]) for row in rows} == {("", "")}
    assert float(rows[0]["probability"]) == make_trace(attention=False)[0].probability


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_can_be_a_formula(text):
    trace = hostile_trace(text)
    rows = list(csv.reader(io.StringIO(to_csv(trace), newline="")))
    header, cells = rows[0], rows[1:]
    assert header[1] == "output_character" and header[4] == "source_character"
    for row in cells:
        assert len(row) == 10
        for name, cell in zip(header, row, strict=True):
            if name.endswith("_character"):
                assert len(cell) == 1
            elif name in {"changes", "interventions"}:
                assert cell in {"", "[]"}
            else:
                assert cell in {"True", "False"} or float(cell) == float(cell)
    assert "".join(row[4] for row in cells[: len(trace.source)]) == trace.source


def test_the_table_is_tidy():
    table = to_table(make_trace())
    assert table.shape == (290, 10)
    assert not table.duplicated(["step", "source_position"]).any()
    np.testing.assert_allclose(table.groupby("step")["weight"].sum(), 1, atol=1e-6)


# ---- SVG ------------------------------------------------------------------------------------------------------------


def cells_of(svg: str) -> list[list[ElementTree.Element]]:
    rows = [g for g in ElementTree.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "row"]
    return [[rect for rect in row.iter(f"{SVG}rect")] for row in rows]


def texts_of(svg: str) -> list[tuple[float, float, str]]:
    """Position and text of every label."""
    labels = ElementTree.fromstring(svg).iter(f"{SVG}text")
    return [(float(label.get("x", "")), float(label.get("y", "")), label.text or "") for label in labels]


def test_svg_holds_every_weight_and_score_exactly():
    trace = make_trace()
    cells = cells_of(to_svg(trace, padding=True))
    got = [[float(cell.get("data-weight", "nan")) for cell in row] for row in cells]
    assert got == weights_of(trace).astype(float).tolist()
    got = [[float(cell.get("data-score", "nan")) for cell in row] for row in cells]
    assert got == np.asarray(trace.scores).astype(float).tolist()


def test_svg_labels_stand_beside_what_they_name():
    weights = np.zeros((10, 29), np.float32)
    weights[3, 17] = 1  # '4' is read from the '4' of 1994
    svg = to_svg(replace(make_trace(), weights=weights), padding=True)
    inked = [cell for row in cells_of(svg) for cell in row if cell.get("fill") == INK.light[255]]
    assert [cell.get("data-weight") for cell in inked] == ["1.0"]
    x, y = float(inked[0].get("x", "")) + 13.5, float(inked[0].get("y", "")) + 13.5
    texts = [
        (float(t.get("x", "")), float(t.get("y", "")), t.text) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]
    above = [text for left, top, text in texts if left == x and top < y]
    beside = [text for left, top, text in texts if left < 44 and abs(top - y) < 10]
    assert above == ["4"] and beside == ["4"]
    assert inked[0].findtext(f"{SVG}title", "").startswith("writes 4, looks at 4: weight 1.0000, score ")


def test_svg_reads_downwards_and_in_reading_order():
    svg = to_svg(make_trace("2/10/93", "1993-02-10"))
    texts = [
        (float(t.get("x", "")), float(t.get("y", "")), t.text or "")
        for t in ElementTree.fromstring(svg).iter(f"{SVG}text")
    ]
    assert "".join(text for left, _, text in sorted(texts, key=lambda t: t[1]) if left == 30) == "1993-02-10"
    assert "".join(text for _, top, text in sorted(texts) if top == 80) == "2/10/93+22"
    tops = [float(row[0].get("y", "")) for row in cells_of(svg)]
    assert tops == sorted(tops)


def test_svg_leaves_out_steps_not_reached():
    svg = to_svg(make_trace(), step=3)
    assert len(cells_of(svg)) == 4
    assert "september 27, 1994 → 1994<" in svg
    outline = [r for r in ElementTree.fromstring(svg).iter(f"{SVG}rect") if r.get("class") == "outline"]
    assert [float(r.get("y", "")) + 1.5 for r in outline] == [float(cells_of(svg)[3][0].get("y", ""))]
    assert "outline" not in to_svg(make_trace())


def test_svg_draws_folded_padding_in_narrow_columns():
    trace = make_trace()
    for i, row in enumerate(cells_of(to_svg(trace))):
        assert [float(cell.get("data-weight", "nan")) for cell in row] == weights_of(trace)[i].tolist()
        assert row[20].get("fill") == INK.light[round(255 * float(weights_of(trace)[i, 20]))]
        assert f"looks at ·: weight {weights_of(trace)[i, 20]:.4f}" in row[20].findtext(f"{SVG}title", "")
        assert {cell.get("width") for cell in row[18:]} == {"3.64"} and row[17].get("width") == "27.0"


@pytest.mark.parametrize("text", HOSTILE)
def test_svg_of_hostile_text_is_well_formed_and_runs_nothing(text):
    root = ElementTree.fromstring(to_svg(hostile_trace(text)))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {
        "svg", "title", "desc", "rect", "text", "g", "defs", "linearGradient", "stop",
    }  # fmt: skip
    assert (root.findtext(f"{SVG}title") or "").startswith(printable(text))


@pytest.mark.parametrize("weight", [-0.5, 1.5, float("nan")])
def test_svg_of_impossible_weights_is_still_a_picture(weight):
    weights = np.full((10, 29), weight, np.float32)
    fills = {cell.get("fill") for row in cells_of(to_svg(replace(make_trace(), weights=weights))) for cell in row}
    assert fills <= {INK.light[0], INK.light[255]}


def test_svg_without_attention_is_refused():
    with pytest.raises(ValueError, match="has no attention"):
        to_svg(make_trace(attention=False))


# ---- The stand-alone page -------------------------------------------------------------------------------------------


def test_page_holds_every_weight_exactly():
    trace = make_trace()
    values = [float(data["value"] or "") for data in Page(to_html(trace)).all("data")]
    assert values == weights_of(trace).astype(float).ravel().tolist()


def test_page_tells_every_step_and_its_candidates():
    trace = make_trace()
    page = to_html(trace)
    said = [text for _tag, text in Page(page).texts]
    for i, step in enumerate(trace):
        assert narrate(trace, i, str).replace(" %", "\N{NO-BREAK SPACE}%") in said
        for candidate in step.candidates():
            assert f'data-probability="{candidate.probability!r}"' in page


def test_page_asks_nobody_for_anything():
    page = to_html(make_trace())
    addresses = re.findall(r"""(?:src|href|url|action)\s*[=(]\s*["']?([^"'\s>)]+)""", page)
    assert set(addresses) == {"data:,", "#attention-scale"}
    assert set(re.findall(r"\w+://[^\"'\s<]+", page)) == {"http://www.w3.org/2000/svg"}


def test_page_forbids_requests_and_all_scripts_but_its_own():
    page = to_html(make_trace())
    policy = next(m["content"] for m in Page(page).all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none';")
    for tag in ("script", "style"):
        code = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert len(code) == 1
        digest = base64.b64encode(hashlib.sha256(code[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("attention", [True, False])
def test_page_shows_hostile_text_as_text(text, attention):
    trace = hostile_trace(text, attention=attention)
    page = Page(to_html(trace))
    expected = printable(f"{trace.text} → {trace.output}")
    for tag in ("title", "h1"):
        assert "".join(data for name, data in page.texts if name == tag).strip().startswith(expected)
    harmless = Page(to_html(hostile_trace("x" * len(text), attention=attention)))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in harmless.elements]
    assert [sorted(attributes) for _, attributes in page.elements] == [sorted(a) for _, a in harmless.elements]
    to_html(trace).encode("utf-8")


def test_page_without_attention_says_so():
    page = to_html(make_trace(attention=False))
    assert "This model has no attention" in page
    assert "<script>" not in page and "data-weight" not in page
    assert "To write" not in page and "from its memory of the whole text" in page


@pytest.mark.parametrize("language", ["en", "ja", "ko"])
def test_page_names_its_language(language):
    assert f'<html lang="{language}">' in to_html(make_trace(), language=language)


def test_page_opens_at_the_step():
    assert next(i["value"] for i in Page(to_html(make_trace(), step=3)).all("input")) == "4"


@pytest.mark.parametrize("attention", [True, False])
def test_page_of_a_step_that_does_not_exist(attention):
    with pytest.raises(ValueError, match="There is no step 10"):
        to_html(make_trace(attention=attention), step=10)


# ---- Changes ---------------------------------------------------------------------------------------------------------

CHANGES = (Uniform(), ForceCharacter(5, "="), ReplaceCharacter(0, "@"))
IN_WORDS = ["Even (every step)", "Step 6: write “=”", "Typed character 1: “@” instead"]
AS_DATA = [intervention_to_dict(change) for change in CHANGES]


def changed_trace(**options) -> DecodingTrace:
    return replace(make_trace(**options), interventions=CHANGES)


def test_json_says_the_changes_in_words_and_in_data():
    told = json.loads(to_json(changed_trace()))
    assert (told["changes"], told["interventions"]) == (IN_WORDS, AS_DATA)
    assert json.loads(to_json(make_trace()))["changes"] == []
    assert from_json(to_json(changed_trace())).interventions == CHANGES


def test_json_names_its_units():
    units = json.loads(to_json(make_trace()))["units"]
    assert units["weights"] == units["probabilities"] == "shares of 1; every row sums to 1"
    assert {"scores", "logits"} < units.keys()


def test_npz_says_the_changes_in_words_and_in_data():
    loaded = np.load(io.BytesIO(to_npz(changed_trace())), allow_pickle=False)
    assert str(loaded["changes"]) == "; ".join(IN_WORDS)
    assert json.loads(str(loaded["interventions"])) == AS_DATA
    assert str(np.load(io.BytesIO(to_npz(make_trace())))["changes"]) == ""


def test_every_row_of_a_csv_says_the_changes_and_none_is_a_formula():
    rows = list(csv.DictReader(io.StringIO(to_csv(changed_trace()))))
    assert {row["changes"] for row in rows} == {"; ".join(IN_WORDS)}
    assert [json.loads(row["interventions"]) for row in rows] == [AS_DATA] * 290
    assert not re.match("[=+@-]", rows[0]["changes"] + rows[0]["interventions"])


def test_svg_says_the_changes_below_the_map_and_in_data():
    svg = to_svg(changed_trace())
    root, plain = ElementTree.fromstring(svg), ElementTree.fromstring(to_svg(make_trace()))
    line = "Changed: " + "; ".join(IN_WORDS)
    x, y, _text = next(label for label in texts_of(svg) if label[2].startswith("Changed: "))
    assert (x, y) == (44, float(root.get("viewBox", "").split()[3]) - 14)
    assert line in (root.findtext(f"{SVG}desc") or "")
    assert json.loads(root.get("data-interventions", "")) == AS_DATA
    assert "Changed" not in to_svg(make_trace())
    assert plain.get("data-interventions") is None
    assert float(root.get("height", "")) == float(plain.get("height", "")) + 22


@pytest.mark.parametrize("sign", ["1", "年"])
def test_svg_with_many_changes_stays_as_wide(sign):
    many = tuple(ForceCharacter(step % 10, sign) for step in range(64))
    svg = to_svg(replace(make_trace(), interventions=many))
    assert ElementTree.fromstring(svg).get("width") == ElementTree.fromstring(to_svg(make_trace())).get("width")
    (said,) = [text for _x, _y, text in texts_of(svg) if text.startswith("Changed: ")]
    assert said.endswith("…")
    assert len(said) < 120


@pytest.mark.parametrize("attention", [True, False])
def test_page_says_the_changes_in_words_and_in_data(attention):
    page = Page(to_html(changed_trace(attention=attention)))
    assert "Changed: " + "; ".join(IN_WORDS) in [text for _tag, text in page.texts]
    (shown,) = [attributes for attributes in page.all("p") if attributes.get("class") == "changed"]
    assert json.loads(shown["data-interventions"] or "") == AS_DATA
    assert "Changed: " not in to_html(make_trace(attention=attention))


def test_the_figure_of_plotly_says_the_changes_at_every_step():
    figure = attention_figure(changed_trace())
    assert figure.layout.title.subtitle.text == "Changed: " + "; ".join(IN_WORDS)
    assert all(frame.layout.title.subtitle.text is None for frame in figure.frames)
    assert attention_figure(make_trace()).layout.title.subtitle.text is None


def test_changes_of_hostile_characters_break_no_file():
    for sign in '"<&;,\n{}\x00':
        trace = replace(make_trace(), interventions=(ForceCharacter(0, sign), Mask((0, 1))))
        root = ElementTree.fromstring(to_svg(trace))
        assert json.loads(root.get("data-interventions", ""))[0]["character"] == sign
        assert len(list(csv.reader(io.StringIO(to_csv(trace), newline="")))) == 291
        assert Page(to_html(trace)).all("p")


# ---- The verdict -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "output", "tone", "line"),
    [
        ("september 27, 1994", "1994-09-27", "right", "Right"),
        ("september 27, 1994", "1994-09-24", "wrong", "Wrong: 1994-09-27 is right"),
        ("hello", "1971-03-03", "open", "No date that can be read; outside what the model was trained on"),
    ],
)
def test_page_judges_the_answer(text, output, tone, line):
    page = to_html(make_trace(text, output))
    assert f'<div class="judged {tone}">' in page
    assert line in [said.strip() for _tag, said in Page(page).texts]


def test_page_judges_a_changed_answer_as_a_changed_one():
    assert "With the changes: Right" in to_html(changed_trace())


# ---- File names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("september 27, 1994", "attention-september-27-1994"),
        ("2/10/93", "attention-2-10-93"),
        ("../../etc/passwd", "attention-etc-passwd"),
        ("日付", "attention"),
        ("CON.", "attention-con"),
        ("a" * 500, "attention-" + "a" * 70),
    ],
)
def test_file_names_are_safe(text, name):
    trace = replace(make_trace(), text=text)
    assert file_name(trace) == name
    assert file_name(replace(trace, interventions=CHANGES)) == f"{name[:72]}-changed"


@given(st.text(max_size=300))
def test_any_text_gives_a_safe_file_name(text):
    assert re.fullmatch(r"attention[a-z0-9-]{0,71}", file_name(replace(make_trace(), text=text)))
