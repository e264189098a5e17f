"""The tree of a beam search, by value."""

from __future__ import annotations

from collections import defaultdict

import pytest

from core.decoding.beam import beam_search
from core.decoding.pretrained import load_pretrained
from viz_app.figures.beam import beam_figure

TREE = beam_search(load_pretrained(device="cpu"), "2/10/93", 4)


@pytest.mark.parametrize("dropped", [False, True])
def test_every_node_is_drawn_with_its_numbers(dropped):
    nodes = beam_figure(TREE, dropped=dropped).data[2]
    shown = [node for node in TREE.nodes if dropped or node.kept]
    assert [tuple(data) for data in nodes.customdata] == [
        (node.id, node.step + 1, node.log_probability, node.total, int(node.kept)) for node in shown
    ]
    assert list(nodes.x) == [node.step + 1 for node in shown]
    assert list(nodes.text) == [node.character for node in shown]


def test_no_two_nodes_lie_on_each_other_and_the_best_continuation_goes_straight_on():
    nodes = beam_figure(TREE, dropped=True).data[2]
    places = list(zip(nodes.x, nodes.y, strict=True))
    assert len(set(places)) == len(places)
    height = {data[0]: y for data, y in zip(nodes.customdata, nodes.y, strict=True)}
    children = defaultdict(list)
    for node in TREE.nodes:
        children[node.parent].append(node)
    for parent, after in children.items():
        best = max(after, key=lambda node: node.total)
        if parent is not None:
            assert height[best.id] == height[parent]


def test_every_branch_starts_where_its_beginning_ends():
    figure = beam_figure(TREE)
    height = {data[0]: y for data, y in zip(figure.data[2].customdata, figure.data[2].y, strict=True)}
    starts = list(zip(figure.data[0].x, figure.data[0].y, strict=True))[::4]
    kept = [node for node in TREE.nodes if node.kept]
    assert starts == [(node.step, 0.0 if node.parent is None else height[node.parent]) for node in kept]


def test_the_best_output_is_drawn_over_the_rest():
    figure = beam_figure(TREE)
    best = TREE.path(TREE.finished[0])
    assert [x for x in figure.data[1].x if x is not None][2::3] == [node.step + 1 for node in best]
    marked = [
        data[0]
        for data, c in zip(figure.data[2].customdata, figure.data[2].marker.color, strict=True)
        if c == "#a33c06"
    ]
    assert marked == [node.id for node in best]


def test_every_output_has_its_sum_beside_it():
    texts = [note.text for note in beam_figure(TREE).layout.annotations]
    assert texts == [f"log p = {TREE.nodes[node].total:.3f}".replace("-", "−") for node in TREE.finished]
