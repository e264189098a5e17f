"""Axis labels left reversed, seen in the picture itself: a cell's number and labels belong together.

As in `tests/core/training/test_known_mistakes.py`, every check is run on the right picture and on a mistaken one.
"""

import numpy as np
import pytest

from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.greedy import trace_greedy
from core.decoding.trace import DecodingTrace
from core.models.attention_seq2seq import AttentionSeq2seq
from tests.core import reference
from viz_app.components.stage import stage_payload
from viz_app.figures.attention import attention_figure

TEXT, LENGTH, STEPS = "2/10/93", 9, 4
START = DATE_VOCABULARY.id_of("_")


@pytest.fixture(scope="module")
def decoding() -> tuple[DecodingTrace, dict[tuple[int, str, int], float]]:
    """A trace by a model that reads backwards, and every weight by (step, character, how often it came before)."""
    rng = np.random.default_rng(90)
    model = AttentionSeq2seq(len(DATE_VOCABULARY), 3, 4)
    for parameter in model.params:
        parameter[...] = 2.0 * rng.standard_normal(parameter.shape)
    ids = DATE_VOCABULARY.encode(TEXT.ljust(LENGTH))
    trace = trace_greedy(
        model,
        ids,
        text=TEXT,
        vocabulary=DATE_VOCABULARY,
        start_id=START,
        steps=STEPS,
        reversed_input=True,
        name="untrained",
        digest="0",
    )
    _, read_backwards = reference.Model("attention", model.params).generate(ids[None, ::-1], START, STEPS)
    assert not np.allclose(read_backwards, read_backwards[:, ::-1], atol=0.01), "the case tells nothing"
    return trace, cells(TEXT.ljust(LENGTH), read_backwards[:, ::-1])


def cells(labels, weights):
    """{(step, label, how often the label came before): weight}, from left to right."""
    found: dict[tuple[int, str, int], float] = {}
    for j, label in enumerate(labels):
        before = list(labels[:j]).count(label)
        found |= {(i, label, before): float(row[j]) for i, row in enumerate(weights)}
    return found


def check_figure(figure, expected):
    """Read the picture as a person does: columns by their position from left to right, with the label below each."""
    left, right = figure.layout.xaxis.range
    top, bottom = figure.layout.yaxis.range[::-1]
    label_at = dict(zip(figure.layout.xaxis.tickvals, figure.layout.xaxis.ticktext, strict=True))
    z = np.array(figure.data[0].z)
    columns = sorted(range(z.shape[1]), key=lambda j: j if left < right else -j)
    labels = [label_at[j].replace("␣", " ") for j in columns]
    assert top < bottom, "the first output character is not at the top"
    shown = cells(labels, z[:, columns])
    assert shown == pytest.approx({cell: expected.get(cell, -1.0) for cell in shown}, abs=1e-5), (
        "a weight stands at another label"
    )
    assert "".join(labels).startswith(TEXT), "the columns are not in reading order"


def reverse_labels(figure):
    figure.layout.xaxis.ticktext = figure.layout.xaxis.ticktext[::-1]


def reverse_axis(figure):
    figure.layout.xaxis.range = figure.layout.xaxis.range[::-1]


def reverse_numbers(figure):
    figure.data[0].z = np.fliplr(figure.data[0].z)


def turn_upside_down(figure):
    figure.layout.yaxis.range = figure.layout.yaxis.range[::-1]


@pytest.mark.parametrize("padding", [False, True])
@pytest.mark.parametrize("mistake", [reverse_labels, reverse_axis, reverse_numbers, turn_upside_down])
def test_heatmap_labels(decoding, padding, mistake):
    trace, expected = decoding
    figure = attention_figure(trace, padding=padding)
    check_figure(figure, expected)
    mistake(figure)
    with pytest.raises(AssertionError):
        check_figure(figure, expected)


def check_stage(payload, expected):
    weights = [step["weights"] for step in payload["steps"]]
    assert cells(payload["source"], np.array(weights)) == pytest.approx(expected, abs=1e-5)
    assert "".join(payload["source"]).startswith(TEXT)


def test_stage_columns(decoding):
    trace, expected = decoding
    right = stage_payload(trace, sentences=[""] * STEPS)
    check_stage(right, expected)

    source_reversed = {**right, "source": right["source"][::-1]}
    weights_reversed = {**right, "steps": [{**step, "weights": step["weights"][::-1]} for step in right["steps"]]}
    both_reversed = {**source_reversed, "steps": weights_reversed["steps"]}
    for mistaken in (source_reversed, weights_reversed, both_reversed):
        with pytest.raises(AssertionError):
            check_stage(mistaken, expected)
