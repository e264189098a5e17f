"""Reading distinct prefixes once must be the same as reading every text by itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backend.numpy_backend import CPU, Backend
from core.layers.basic import TimeEmbedding
from core.layers.fast_lstm import FastLSTM
from core.layers.prefixes import PrefixReader, PrefixTree, _sum_of_neighbours, distinct_texts, prefix_tree_worth_it
from core.models.attention_seq2seq import AttentionSeq2seq
from tests.core.checks import normal

V, D, H = 3, 4, 5


def layers(rng, dtype=np.float64):
    embed = TimeEmbedding(normal(rng, V, D).astype(dtype))
    lstm = FastLSTM(*(normal(rng, *shape).astype(dtype) for shape in ((D, 4 * H), (H, 4 * H), (4 * H,))))
    return embed, lstm


def test_the_tree_of_hand_made_texts():
    #          t = 0: {0, 1};  t = 1: {00, 01, 10};  t = 2: {000, 010, 011, 100}
    tree = PrefixTree(np.array([[0, 1, 1], [1, 0, 0], [0, 0, 0], [0, 1, 0], [0, 0, 0]]))
    assert len(tree) == 9
    assert [(span.start, span.stop) for span in tree.spans] == [(0, 2), (2, 5), (5, 9)]
    assert tree.ids.tolist() == [0, 1, 0, 1, 0, 0, 0, 1, 0]
    assert [parents.tolist() for parents in tree.parents] == [[], [0, 0, 1], [0, 1, 1, 2]]
    assert tree.node_of.tolist() == [[0, 1, 0, 0, 0], [3, 4, 2, 3, 2], [7, 8, 5, 6, 5]]
    assert tree.order.tolist() == [2, 4, 3, 0, 1]


BATCHES = st.integers(1, 6).flatmap(
    lambda T: st.lists(st.lists(st.integers(0, V - 1), min_size=T, max_size=T), min_size=1, max_size=8)
)


@given(BATCHES)
def test_a_node_is_a_distinct_prefix(batch):
    tree = PrefixTree(np.array(batch))
    for t in range(len(batch[0])):
        prefixes = [tuple(text[: t + 1]) for text in batch]
        nodes = tree.node_of[t].tolist()
        assert sorted(set(nodes)) == list(range(tree.spans[t].start, tree.spans[t].stop))
        assert len(set(zip(prefixes, nodes, strict=True))) == len(set(prefixes)) == len(set(nodes))
        for text, node in zip(batch, nodes, strict=True):
            assert tree.ids[node] == text[t]


@given(BATCHES)
def test_distinct_texts_come_once_and_sorted(batch):
    xs = np.array(batch)
    rows, places = distinct_texts(xs)
    assert xs[rows].tolist() == sorted(map(list, set(map(tuple, batch))))
    assert xs[rows][places].tolist() == batch


@given(BATCHES, st.integers(0, 1000))
def test_states_and_gradients_are_those_of_layer_by_layer(batch, seed):
    rng = np.random.default_rng(seed)
    xs = np.array(batch)
    embed, lstm = layers(rng)
    dhs = rng.normal(size=(*xs.shape, H))
    expected_hs = lstm.forward(embed.forward(xs)).copy()
    embed.backward(lstm.backward(dhs))
    expected = [grad.copy() for grad in embed.grads + lstm.grads]

    reader = PrefixReader(embed, lstm)
    np.testing.assert_allclose(reader.forward(PrefixTree(xs)), expected_hs, atol=1e-12)
    reader.backward(dhs)
    for grad, other in zip(embed.grads + lstm.grads, expected, strict=True):
        np.testing.assert_allclose(grad, other, atol=1e-11)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.integers(0, 1000), st.booleans())
def test_rows_of_a_group_are_added_up(drawn, seed, shuffled):
    """With few rows to add and with many, in any order of the rows."""
    rng = np.random.default_rng(seed)
    ordered = np.searchsorted(np.unique(drawn), np.sort(drawn))
    order = rng.permutation(len(drawn)) if shuffled else None
    groups = ordered.copy()
    if order is not None:
        groups[order] = ordered
    rows = rng.normal(size=(len(drawn), 3))
    kept = rows.copy()
    expected = [rows[groups == group].sum(axis=0) for group in range(groups.max() + 1)]
    np.testing.assert_allclose(_sum_of_neighbours(rows, groups, order), expected, atol=1e-14)
    np.testing.assert_array_equal(rows, kept)


def test_float32_stays_float32():
    rng = np.random.default_rng(0)
    embed, lstm = layers(rng, np.float32)
    reader = PrefixReader(embed, lstm)
    xs = rng.integers(0, V, (6, 4))
    hs = reader.forward(PrefixTree(xs))
    reader.backward(np.ones_like(hs))
    assert {hs.dtype, *(grad.dtype for grad in embed.grads + lstm.grads)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("by_prefix", [True, False])
def test_a_model_trains_the_same_either_way(by_prefix):
    rng = np.random.default_rng(1)
    xs, ts = rng.integers(0, 3, (9, 6)), rng.integers(0, 7, (9, 4))
    model = AttentionSeq2seq(7, D, H, rng=np.random.default_rng(2), dtype=np.float64)
    loss = model.forward(xs, ts)
    model.backward()
    grads = [grad.copy() for grad in model.grads]
    assert model.encoder._by_prefix

    logits = model.decoder.forward(ts[:, :-1], model.encoder.forward(xs, by_prefix=by_prefix))
    np.testing.assert_allclose(model.softmax.forward(logits, ts[:, 1:]), loss, rtol=1e-12)
    model.backward()
    for grad, other in zip(model.grads, grads, strict=True):
        np.testing.assert_allclose(grad, other, atol=1e-12)


def test_gradients_of_single_texts_need_reading_them_singly():
    model = AttentionSeq2seq(7, D, H, rng=np.random.default_rng(2), dtype=np.float64)
    xs = np.zeros((3, 4), int)
    dhs = np.random.default_rng(0).normal(size=(3, 4, H))
    model.encoder.forward(xs)
    with pytest.raises(RuntimeError, match="by_prefix=False"):
        model.encoder.backward_to_embeddings(dhs)
    model.encoder.forward(xs, by_prefix=False)
    assert model.encoder.backward_to_embeddings(dhs).shape == (3, 4, D)


def test_a_tree_is_not_built_where_it_would_not_pay():
    same = np.zeros((4, 5), int)
    distinct_from_the_start = np.arange(4)[:, None] + np.zeros((4, 5), int)
    assert prefix_tree_worth_it(same, CPU) is not None
    assert prefix_tree_worth_it(distinct_from_the_start, CPU) is None
    assert prefix_tree_worth_it(same[:1], CPU) is None
    assert prefix_tree_worth_it(same, Backend(np, device="cuda")) is None
