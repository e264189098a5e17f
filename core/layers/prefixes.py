"""Reading every distinct prefix of a batch once: exact, and two to three times less work for dates.

Two texts that begin alike leave the LSTM in the same state, and dates that are read last character first all begin
with padding and a year. So a batch is read as a tree of prefixes: its nodes at time t are the distinct beginnings of
t + 1 characters, and a node's state is computed from that of its parent. In a batch of 128 dates 48 % of the
(text, time) pairs are distinct, in 5,000 dates 32 %.

Shapes: N texts, T characters, R nodes in all (n_t at time t), H hidden size, V vocabulary size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import Array
from core.backend.numpy_backend import CPU, Backend
from core.layers.basic import TimeEmbedding, batch_major, sum_rows_by_id
from core.layers.fast_lstm import FastLSTM

# Looking states up and adding gradients together costs about a tenth of the work.
_WORTH_IT = 0.9


class PrefixTree:
    """The distinct prefixes of a batch of id sequences.

    Nodes are numbered by time, then by prefix.

    Attributes:
        ids: (R,) the character that each node adds to its parent.
        spans: T slices, the nodes of each time.
        parents: T arrays (n_t,): for every node of time t its parent, counted within time t - 1; empty for t = 0.
        node_of: (T, N), the node that text n has reached at time t.
        order: (N,) the texts in the order of their prefixes; those that share a node are neighbours in it.
    """

    def __init__(self, xs: NDArray[np.integer]) -> None:
        """Args: xs: (N, T) ids in the order they are read."""
        N, T = xs.shape
        self.order = order = np.lexsort(xs.T[::-1])
        ordered = xs[order]
        # A sorted text starts a new prefix at time t if it differs from the one before it at or before t.
        is_new = np.ones((T, N), dtype=bool)
        is_new[:, 1:] = np.logical_or.accumulate(ordered[1:] != ordered[:-1], axis=1).T
        node_of = (np.cumsum(is_new.ravel()) - 1).reshape(T, N)
        first_texts = [np.flatnonzero(row) for row in is_new]
        ends = np.cumsum([len(first) for first in first_texts]).tolist()
        starts = [0, *ends[:-1]]

        self.spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        self.ids = np.concatenate([ordered[first, t] for t, first in enumerate(first_texts)])
        self.parents = [np.empty(0, dtype=np.intp)]
        self.parents += [node_of[t - 1, first_texts[t]] - starts[t - 1] for t in range(1, T)]
        self.node_of = np.empty_like(node_of)
        self.node_of[:, order] = node_of

    def __len__(self) -> int:
        return len(self.ids)


def distinct_texts(xs: NDArray[np.integer]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which texts to decode so that every text is decoded, and none twice.

    Of 5,000 dates 2 % were there before, of 50,000 a sixth, of a million five sixths. Those that begin alike come next
    to each other, so that every batch of them shares what it can.

    Args: xs: (N, T) ids in the order they are read.
    Returns:
        rows: (M,), a row of xs for every distinct text, in the order of their prefixes.
        places: (N,), for every text its place in `rows`.
    """
    order = np.lexsort(xs.T[::-1])
    ordered = xs[order]
    is_first = np.ones(len(xs), np.bool_)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    places = np.empty(len(xs), np.intp)
    places[order] = np.cumsum(is_first) - 1
    return order[is_first], places


def prefix_tree_worth_it(xs: Array, backend: Backend) -> PrefixTree | None:
    """The tree of a batch, or None where reading along it would not pay: on a GPU, or with few common prefixes.

    Args: xs: (N, T) ids in the order they are read.
    """
    if backend.device != "cpu" or len(xs) < 2:
        return None
    tree = PrefixTree(xs)
    return tree if len(tree) < _WORTH_IT * xs.size else None


class PrefixReader:
    """An encoder's embedding and LSTM, read along a `PrefixTree`; the same results as layer by layer.

    Forward and backward share the parameters and gradients of the two layers. For NumPy only: a GPU computes all rows
    at once, and would wait for the host to build the tree.
    """

    def __init__(self, embed: TimeEmbedding, lstm: FastLSTM) -> None:
        self.embed, self.lstm = embed, lstm
        self.cache: tuple[Any, ...] = ()
        self.tree: PrefixTree | None = None

    def forward(self, tree: PrefixTree) -> Array:
        """Args: tree: of the N texts. Returns: hs (N, T, H), as `lstm.forward(embed.forward(xs))`.

        Cost:
            T products (n_t, H + D + 1) x (H + D + 1, 4H).
        """
        self.tree = tree
        E, Wh = self.embed.params[0], self.lstm.params[1]
        H, D = len(Wh), E.shape[1]
        weights = self.lstm.joined_weights()
        rows = np.empty((len(tree), H + D + 1), Wh.dtype)
        # `take` copies rows in a third to two thirds of the time that indexing with an array needs.
        rows[:, H : H + D] = E.take(tree.ids, axis=0)
        rows[:, H + D] = 1
        h, c, tanh_c = (np.empty((len(tree), H), Wh.dtype) for _ in range(3))
        # In blocks of a time each, as `lstm_cell` wants them.
        numbers = np.empty(4 * h.size, Wh.dtype)
        gates = [numbers[4 * H * span.start : 4 * H * span.stop].reshape(4, -1, H) for span in tree.spans]
        c_prev = [np.zeros((tree.spans[0].stop, H), Wh.dtype)]
        rows[tree.spans[0], :H] = 0
        for t, span in enumerate(tree.spans):
            if t:
                before, parents = tree.spans[t - 1], tree.parents[t]
                rows[span, :H] = h[before].take(parents, axis=0)
                c_prev.append(c[before].take(parents, axis=0))
            self.lstm.backend.lstm_step(rows[span], weights, gates[t], c_prev[t], c[span], tanh_c[span], h[span])
        self.cache = (rows, gates, c_prev, tanh_c)
        return batch_major(h.take(tree.node_of, axis=0))

    def backward(self, dhs: Array) -> None:
        """Args: dhs: (N, T, H). Fills the gradients of the embedding and the LSTM.

        The gradient of a state that several texts or prefixes share is the sum of theirs.
        """
        tree = self.tree
        assert tree is not None, "backward needs a forward before it"
        rows, gates, c_prev, tanh_c = self.cache
        Wh_T = self.lstm.backend.transposed(self.lstm.params[1])
        dz = np.empty((len(tree), len(Wh_T)), dhs.dtype)
        spare = np.empty((dhs.shape[0], len(Wh_T)), dhs.dtype)
        nodes_at_the_end = tree.spans[-1].stop - tree.spans[-1].start
        dh, dc = (np.zeros((nodes_at_the_end, dhs.shape[2]), dhs.dtype) for _ in range(2))
        for t in reversed(range(len(tree.spans))):
            span = tree.spans[t]
            of_texts = _sum_of_neighbours(dhs[:, t], tree.node_of[t] - span.start, tree.order)
            scratch = spare[: len(dh)].reshape(gates[t].shape)
            self.lstm.backend.lstm_cell_backward(gates[t], c_prev[t], tanh_c[span], of_texts, dh, dc, dz[span], scratch)
            if t:
                dh, dc = (_sum_of_neighbours(rows, tree.parents[t]) for rows in (dz[span] @ Wh_T, dc))
        self.lstm.fill_gradients(rows, dz)
        sum_rows_by_id(tree.ids, dz @ self.lstm.params[0].T, self.embed.grads[0])


def _sum_of_neighbours(rows: Array, groups: NDArray[np.integer], order: NDArray[np.integer] | None = None) -> Array:
    """out[g] = sum of the rows of group g = 0, 1, ...

    Most groups are of one row, at least late in a text: those are copied, and what is left is added row by row. Where
    that is much, a product with zeros and ones is faster. (`np.add.reduceat` takes twice as long as the products.)

    Args:
        rows: (n, size).
        groups: (n,), the group of each row.
        order: (n,), rows so that equal groups are neighbours and ascend; as they are if None.
    """
    ordered = groups if order is None else groups[order]
    is_first = np.ones(len(rows), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
    first: NDArray[np.integer] = np.flatnonzero(is_first)
    rest: NDArray[np.integer] = np.flatnonzero(~is_first)
    if len(rest) > len(first) / 2:
        return CPU.one_hot(groups, len(first), rows.dtype) @ rows
    if order is not None:
        first, rest = order[first], order[rest]
    out = rows[first]
    for group, row in zip(groups[rest].tolist(), rest.tolist(), strict=True):
        total = out[group]
        np.add(total, rows[row], out=total)
    return out
