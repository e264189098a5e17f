"""Reading every distinct prefix of a batch once: exact, and two to three times less work for dates.

Two texts that begin alike leave the LSTM in the same state, and dates that are read last character first all begin
with padding and a year. So a batch is read as a tree of prefixes: its nodes at time t are the distinct beginnings of
t + 1 characters, and a node's state is computed from that of its parent. In a batch of 128 dates 48 % of the
(text, time) pairs are distinct, in 5,000 dates 32 %.

Shapes: N texts, T characters, R nodes in all (n_t at time t), H hidden size, V vocabulary size.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.backend import Array, Backend
from core.layers import TimeEmbedding, batch_major
from core.lstm import TimeLSTM, halve_sigmoid_gates

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
    """

    def __init__(self, xs: NDArray[np.integer]) -> None:
        """Args: xs: (N, T) ids in the order they are read."""
        N, T = xs.shape
        order = np.lexsort(xs.T[::-1])
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

    The input projection is a table: only V different rows (E Wx + b) exist, so they are computed once and looked up.
    Forward and backward share the parameters and gradients of the two layers. For NumPy only: a GPU computes all rows
    at once, and would wait for the host to build the tree.
    """

    def __init__(self, embed: TimeEmbedding, lstm: TimeLSTM) -> None:
        self.embed, self.lstm = embed, lstm
        self.cache: tuple[Array, ...] = ()
        self.tree: PrefixTree | None = None

    def forward(self, tree: PrefixTree) -> Array:
        """Args: tree: of the N texts. Returns: hs (N, T, H), as `lstm.forward(embed.forward(xs))`.

        Cost:
            T products (n_t, H) x (H, 4H).
        """
        self.tree = tree
        Wx, Wh, b = self.lstm.params
        table = halve_sigmoid_gates(self.embed.params[0] @ Wx + b)
        halved_Wh = halve_sigmoid_gates(Wh)
        gates = table[tree.ids]
        h, c, tanh_c, h_prev, c_prev = (np.empty((len(tree), len(Wh)), Wh.dtype) for _ in range(5))
        product = np.empty((tree.node_of.shape[1], 4 * len(Wh)), Wh.dtype)
        for t, span in enumerate(tree.spans):
            if t == 0:
                h_prev[span], c_prev[span] = 0, 0
            else:
                before = tree.spans[t - 1]
                np.take(h[before], tree.parents[t], axis=0, out=h_prev[span], mode="clip")
                np.take(c[before], tree.parents[t], axis=0, out=c_prev[span], mode="clip")
                gates[span] += np.matmul(h_prev[span], halved_Wh, out=product[: span.stop - span.start])
            self.lstm.backend.lstm_cell(gates[span], c_prev[span], c[span], tanh_c[span], h[span])
        self.cache = (gates, h_prev, c_prev, tanh_c)
        return batch_major(h[tree.node_of])

    def backward(self, dhs: Array) -> None:
        """Args: dhs: (N, T, H). Fills the gradients of the embedding and the LSTM.

        The gradient of a state that several texts or prefixes share is the sum of theirs.
        """
        tree = self.tree
        assert tree is not None, "backward needs a forward before it"
        gates, h_prev, c_prev, tanh_c = self.cache
        Wh = self.lstm.params[1]
        dz = np.empty_like(gates)
        spare = np.empty((dhs.shape[0], len(Wh)), Wh.dtype)
        dh_next = dc_next = None
        for t in reversed(range(len(tree.spans))):
            span = tree.spans[t]
            count = span.stop - span.start
            dh = _sum_by(tree.node_of[t] - span.start, count, dhs[:, t])
            dc = np.zeros_like(dh) if dc_next is None else dc_next
            if dh_next is not None:
                dh += dh_next
            self.lstm.backend.lstm_cell_backward(
                gates[span], c_prev[span], tanh_c[span], dh, dc, dz[span], spare[:count]
            )
            if t:
                before = tree.spans[t - 1]
                parents, size = tree.parents[t], before.stop - before.start
                dh_next = _sum_by(parents, size, dz[span] @ Wh.T)
                dc_next = _sum_by(parents, size, dc)
        self._fill_gradients(tree.ids, h_prev, dz)

    def _fill_gradients(self, ids: Array, h_prev: Array, dz: Array) -> None:
        E, (Wx, _, _) = self.embed.params[0], self.lstm.params
        dWx, dWh, db = self.lstm.grads
        dtable = _indicator(ids, len(E), dz.dtype) @ dz
        np.matmul(h_prev.T, dz, out=dWh)
        np.matmul(E.T, dtable, out=dWx)
        np.sum(dtable, axis=0, out=db)
        np.matmul(dtable, Wx.T, out=self.embed.grads[0])


def _sum_by(groups: NDArray[np.integer], count: int, rows: Array) -> Array:
    """out[g] = sum of the rows of group g, (count, size); as a product, since `np.add.reduceat` is ten times slower."""
    if count == len(rows):
        # Every row is a group of its own: only their order may differ.
        return rows[np.argsort(groups, kind="stable")]
    return _indicator(groups, count, rows.dtype) @ rows


def _indicator(groups: NDArray[np.integer], count: int, dtype: np.dtype) -> Array:
    return (groups == np.arange(count)[:, None]).astype(dtype)
