"""Beam search against an exhaustive search, and against greedy decoding."""

from itertools import product

import numpy as np
import pytest

from core.data.vocabulary import Vocabulary
from core.decoding.beam import MAX_WIDTH, beam_search
from core.decoding.pipeline import Pipeline
from core.layers.functions import softmax
from core.models.spec import MODEL_CLASSES, ModelSpec

CHARACTERS = "ab_ "


def small_pipeline(model_class="AttentionSeq2seq", *, target_length=3, seed=0, scale=3.0):
    """An untrained model over four characters, its weights enlarged so that its probabilities are far from equal."""
    spec = ModelSpec(model_class, 3, 5, Vocabulary(CHARACTERS), True, "_", 4, target_length)
    model = spec.build(rng=np.random.default_rng(seed), dtype=np.float64)
    for param in model.params:
        param *= scale
    return Pipeline("small", model, spec, digest="")


def log_probability(pipeline, text, output):
    """Sum of log probabilities of an output, teacher-forced in one pass: nothing of the search is used."""
    x = pipeline.as_read(pipeline.vocabulary.encode(text.ljust(pipeline.source_length))[None])
    t = pipeline.vocabulary.encode("_" + output)[None]
    model = pipeline.model
    probabilities = softmax(model.decoder.forward(t[:, :-1], model.encoder.forward(x)))[0]
    return float(np.log(probabilities[np.arange(len(output)), t[0, 1:]]).sum())


@pytest.mark.parametrize("model_class", MODEL_CLASSES)
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_as_wide_as_all_beginnings_finds_the_best_of_all_outputs(model_class, seed):
    # Two steps of four characters: four beginnings, so that a width of 4 drops none before the end.
    pipeline = small_pipeline(model_class, target_length=2, seed=seed)
    tree = beam_search(pipeline, "ab", 4)
    outputs = ["".join(characters) for characters in product(CHARACTERS, repeat=2)]
    exact = sorted(((log_probability(pipeline, "ab", o), o) for o in outputs), reverse=True)[:4]
    assert [tree.output(i) for i in tree.finished] == [output for _, output in exact]
    np.testing.assert_allclose([tree.nodes[i].total for i in tree.finished], [total for total, _ in exact], atol=1e-9)


@pytest.mark.parametrize("model_class", MODEL_CLASSES)
@pytest.mark.parametrize("text", ["a", "ba", "b b", "abab"])
def test_width_one_is_greedy(model_class, text):
    pipeline = small_pipeline(model_class, target_length=6, seed=2)
    tree = beam_search(pipeline, text, 1)
    assert [tree.output(i) for i in tree.finished] == [pipeline.trace(text).output]


@pytest.mark.parametrize("width", [1, 2, 3, 5, MAX_WIDTH])
def test_every_node_adds_up_and_can_be_stepped_through(width):
    pipeline = small_pipeline(target_length=4, seed=1)
    tree = beam_search(pipeline, "ab", width)
    for node in tree.nodes:
        path = tree.path(node.id)
        assert [n.step for n in path] == list(range(node.step + 1))
        assert all(n.kept for n in path[:-1])
        assert node.total == pytest.approx(sum(n.log_probability for n in path), abs=1e-12)
        assert node.id == tree.nodes.index(node)
        trace = pipeline.trace("ab", tree.interventions(node.id))
        assert trace.output[: node.step + 1] == tree.output(node.id)
        assert np.log(trace[node.step].probability) == pytest.approx(node.log_probability, abs=1e-6)


@pytest.mark.parametrize("width", [1, 3, MAX_WIDTH])
def test_kept_nodes_are_the_best_of_their_step_in_order(width):
    tree = beam_search(small_pipeline(target_length=5, seed=3), "ba", width)
    for step in range(5):
        nodes = [node for node in tree.nodes if node.step == step]
        assert [node.total for node in nodes] == sorted((node.total for node in nodes), reverse=True)
        assert [node.kept for node in nodes] == [place < width for place in range(len(nodes))]
    assert [tree.nodes[i].total for i in tree.finished] == [node.total for node in nodes if node.kept]


def test_a_wider_beam_can_find_what_greedy_misses():
    found = []
    for seed in range(20):
        pipeline = small_pipeline(target_length=4, seed=seed)
        greedy, wide = (beam_search(pipeline, "ab", width) for width in (1, MAX_WIDTH))
        gain = wide.nodes[wide.finished[0]].total - greedy.nodes[greedy.finished[0]].total
        assert gain >= -1e-12
        found.append(gain > 1e-6)
    assert any(found)


@pytest.mark.parametrize("width", [0, -1, MAX_WIDTH + 1, 2.0, True, "3", None])
def test_a_width_out_of_range_is_refused(width):
    with pytest.raises(ValueError, match="whole number from 1 to 10"):
        beam_search(small_pipeline(), "ab", width)
