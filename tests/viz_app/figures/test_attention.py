"""The plotly figures: every number is the trace's own, and nothing stands in the wrong row or column."""

import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from core.decoding.trace import DecodingTrace
from tests.traces import make_trace
from viz_app.figures.attention import attention_figure
from viz_app.figures.colours import INK, SCALES
from viz_app.figures.grid import plain
from viz_app.text.characters import printable, visible

# Which source character each output character of 1994-09-27 is read from; -1 is the first padding.
READ_FROM = [14, 15, 16, 17, 18, 0, 2, 18, 10, 11]


def weights_of(trace: DecodingTrace) -> np.ndarray:
    return np.asarray(trace.weights)


def diagonal_trace() -> DecodingTrace:
    weights = np.zeros((10, 29), np.float32)
    weights[np.arange(10), READ_FROM] = 1
    return replace(make_trace(), weights=weights)


def as_drawn(figure: go.Figure) -> dict:
    """The figure as a browser gets it: plain JSON, arrays decoded."""
    return json.loads(pio.to_json(pio.from_json(figure.to_json()), engine="json"))


def spelled(axis: dict) -> str:
    """The labels of an axis as they stand on the screen, left to right or top to bottom."""
    start, end = axis["range"]
    labels = sorted(zip(axis["tickvals"], axis["ticktext"], strict=True), reverse=start > end)
    if axis.get("side") != "top":
        # A y axis runs upwards: its range starts at the bottom.
        labels = labels[::-1]
    return "".join(label for _, label in labels)


def test_z_is_exactly_the_weights():
    trace = make_trace()
    figure = attention_figure(trace, padding=True)
    assert figure.data[0].z.dtype == np.float32
    assert figure.data[0].z.tobytes() == weights_of(trace).tobytes()
    shown = attention_figure(trace).data[0].z
    assert np.ascontiguousarray(shown).tobytes() == np.ascontiguousarray(weights_of(trace)[:, :18]).tobytes()


def test_rows_read_downwards_and_columns_in_reading_order():
    layout = attention_figure(diagonal_trace()).to_dict()["layout"]
    assert spelled(layout["yaxis"]) == "1994-09-27"
    assert spelled(layout["xaxis"]) == "september␣27,␣1994+11"


def test_the_hottest_cell_of_a_row_stands_at_the_character_it_was_read_from():
    figure = attention_figure(diagonal_trace())
    heatmap, layout = figure.data[0], figure.layout
    rows = dict(zip(layout.yaxis.tickvals, layout.yaxis.ticktext, strict=True))
    columns = dict(zip(layout.xaxis.tickvals, layout.xaxis.ticktext, strict=True))
    # Without x and y a heatmap counts from 0, as the tick positions do.
    assert heatmap.x is None and heatmap.y is None
    hottest = {i: int(np.argmax(row)) for i, row in enumerate(heatmap.z) if row.max() == 1}
    pairs = [(rows[i], columns[j]) for i, j in hottest.items()]
    assert pairs == [
        ("1", "1"), ("9", "9"), ("9", "9"), ("4", "4"), ("0", "s"), ("9", "p"), ("2", "2"), ("7", "7"),
    ]  # fmt: skip
    assert figure.data[1].z[:, 0].tolist() == [float(source == 18) for source in READ_FROM]
    left, *_between, right = figure.data[1].x
    assert [label for x, label in columns.items() if left < x < right] == ["+11"]


def test_equal_characters_keep_their_own_columns_and_rows():
    layout = attention_figure(make_trace("11/11/11", "2011-11-11")).layout
    assert len(set(layout.xaxis.tickvals)) == 9
    assert len(set(layout.yaxis.tickvals)) == 10


def test_the_scale_is_fixed_from_0_to_1():
    figure = attention_figure(make_trace(), scale="greys")
    for heatmap in figure.data[:2]:
        assert (heatmap.zmin, heatmap.zmax) == (0, 1)
        assert [colour for _, colour in heatmap.colorscale] == list(SCALES["greys"].light)
        assert heatmap.colorscale[0][0] == 0 and heatmap.colorscale[-1][0] == 1


@pytest.mark.parametrize("dark", [False, True])
def test_no_attention_is_the_ground_of_the_page(dark):
    scale = attention_figure(make_trace(), dark=dark).data[0].colorscale
    assert (scale[0][1], scale[-1][1]) == (INK.on(dark=dark)[0], INK.on(dark=dark)[255])


def test_folded_padding_is_narrow_and_shown_padding_is_not():
    trace = make_trace()
    folded = attention_figure(trace).data[1]
    np.testing.assert_array_equal(folded.z, weights_of(trace)[:, 18:])
    assert len(folded.x) == 12 and max(np.diff(folded.x)) < 0.2 and folded.x[0] > 17.5
    assert len(attention_figure(trace, padding=True).data[1].z) == 0
    full = make_trace("TUESDAY, SEPTEMBER 25, 1984 ,")
    figure = attention_figure(full)
    assert len(figure.data[1].z) == 0
    assert figure.data[0].z.shape == (10, 29)


def test_steps_not_reached_are_not_shown():
    trace = make_trace()
    figure = attention_figure(trace, step=3)
    z = figure.data[0].z
    assert np.isnan(z[4:]).all() and not np.isnan(z[:4]).any()
    assert figure.layout.title.text == "september 27, 1994 → 1994"
    assert figure.layout.yaxis.ticktext == ("1", "9", "9", "4") + ("",) * 6
    texts = figure.data[3].text
    assert all("Weight" in text for text in texts[: 4 * 19])
    assert set(texts[4 * 19 :]) == {"not written yet"}


def test_frames_are_the_figures_of_their_steps():
    trace = make_trace()
    frames = attention_figure(trace).frames
    assert [frame.name for frame in frames] == [str(i) for i in range(1, 11)]
    for i, frame in enumerate(frames):
        still = attention_figure(trace, step=i)
        assert frame.traces == (0, 1, 2, 3)
        np.testing.assert_array_equal(frame.data[0].z, still.data[0].z)
        np.testing.assert_array_equal(frame.data[1].z, still.data[1].z)
        assert (frame.data[2].x, frame.data[2].y) == (still.data[2].x, still.data[2].y)
        assert frame.data[3].text == still.data[3].text
        assert frame.layout.title.text == still.layout.title.text
        assert frame.layout.yaxis.ticktext == still.layout.yaxis.ticktext


def test_the_outline_surrounds_the_current_row():
    outline = attention_figure(make_trace(), step=6, padding=True).data[2]
    assert (min(outline.x), max(outline.x)) == (-0.5, 28.5)
    assert (min(outline.y), max(outline.y)) == (5.5, 6.5)


def test_the_slider_stands_at_the_step_and_leads_to_the_frames():
    figure = attention_figure(make_trace(), step=6)
    slider = figure.layout.sliders[0]
    assert slider.active == 6
    assert [step.args[0][0] for step in slider.steps] == [frame.name for frame in figure.frames]


def test_a_click_tells_step_and_source_character():
    trace = make_trace()
    targets = attention_figure(trace, padding=True).data[3]
    assert len(targets.x) == 290
    for x, y, (step, position, weight, score, output, source) in zip(
        targets.x, targets.y, targets.customdata, strict=True
    ):
        assert (step, position) == (y + 1, x + 1)
        assert weight == float(weights_of(trace)[y, x])
        assert score == float(np.asarray(trace.scores)[y, x])
        assert (output, source) == (trace.output[y], visible(trace.source[x]))
    folded = attention_figure(trace).data[3].customdata[18]
    assert folded[:2] == [1, None] and folded[3] is None
    assert folded[2] == pytest.approx(float(weights_of(trace)[0, len(trace.text) :].sum()))


def test_pointing_at_a_cell_shows_characters_weight_and_score():
    trace = make_trace()
    targets = attention_figure(trace).data[3]
    weight, score = weights_of(trace)[2, 3], np.asarray(trace.scores)[2, 3]
    assert targets.text[2 * 19 + 3] == f"Output: <b>9</b><br>Weight: {weight:.4f}<br>Score: {score:.3f}"
    assert "%{text}" in targets.hovertemplate and "%{customdata[5]}" in targets.hovertemplate
    assert targets.marker.opacity == 0 and targets.marker.symbol == "square"


def test_the_figure_takes_its_colours_from_the_template():
    layout = attention_figure(make_trace()).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.font.color is None and layout.title.font.color is None


def test_words_are_translated_and_characters_are_not():
    figure = attention_figure(make_trace("output"), _=lambda message: f"«{message}»")
    assert figure.layout.yaxis.title.text == "«Output»"
    assert figure.layout.updatemenus[0].buttons[0].label == "«Play»"
    assert figure.layout.title.text.startswith("output → ")


HOSTILE = '<script>"&"</script> $x$ =cmd|'


def test_hostile_text_is_shown_as_it_is():
    trace = replace(make_trace(t_enc=len(HOSTILE)), text=HOSTILE, source=HOSTILE)
    drawn = as_drawn(attention_figure(trace))
    title = drawn["layout"]["title"]["text"]
    assert title.startswith('&lt;script&gt;"&amp;"&lt;/script&gt; &#36;x&#36; =cmd|')
    assert drawn["layout"]["xaxis"]["ticktext"][:3] == ["&lt;", "s", "c"]
    assert {cell[5] for cell in drawn["data"][3]["customdata"]} >= {"&lt;", "&gt;", "&amp;", "&#36;"}
    labels = [*drawn["layout"]["xaxis"]["ticktext"], title, *(cell[5] for cell in drawn["data"][3]["customdata"])]
    assert not any("<" in label or "$" in label for label in labels)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a b", "a b"), ("\0\n", "␀␊"), ("\ud800", "�"), ("\u202e", "�"), ("😀", "😀"), ("<", "<")],
)
def test_what_has_no_shape_is_drawn_as_a_sign(text, shown):
    assert printable(text) == shown


def test_a_space_is_visible():
    assert visible(" ") == "␣"


def test_plain_leaves_other_text_alone():
    assert plain("september 27, 1994 → 1994-09-27") == "september 27, 1994 → 1994-09-27"


def test_a_trace_without_attention_is_refused():
    with pytest.raises(ValueError, match=r"'date-seq2seq' has no attention.*load_pretrained"):
        attention_figure(make_trace(attention=False))


@pytest.mark.parametrize("step", [-1, 10])
def test_a_step_that_does_not_exist(step):
    with pytest.raises(ValueError, match=f"There is no step {step}: this trace has steps 0 to 9"):
        attention_figure(make_trace(), step=step)


def test_a_scale_that_does_not_exist():
    with pytest.raises(ValueError, match="no colour scale 'rainbow'; choose one of ink, cividis, greys"):
        attention_figure(make_trace(), scale="rainbow")


def test_drawing_does_not_change_the_trace():
    trace = make_trace()
    before = weights_of(trace).tobytes()
    weights_of(trace).setflags(write=False)
    attention_figure(trace, step=0)
    assert weights_of(trace).tobytes() == before
