"""Small whole models with parameters far from zero, each beside the equations written out, and batches for them."""

import itertools

import numpy as np

from core.backend.numpy_backend import CPU
from core.layers.scores import SCORES
from core.models.attention_seq2seq import AttentionSeq2seq
from core.models.peeky import PeekySeq2seq
from core.models.seq2seq import Seq2seq
from tests.core import reference
from tests.core.checks import LAYOUTS

V, D, H = 6, 3, 4
N, T_ENC, T_DEC = 2, 5, 3
START = 1

BOOK_MODELS = {
    "plain": (Seq2seq, "plain", "dot", False),
    "peeky": (PeekySeq2seq, "peeky", "dot", False),
    "attention": (AttentionSeq2seq, "attention", "dot", False),
}
"""Class, kind of the reference, score, and whether the encoder reads both ways."""

VARIANTS = {
    "plain both ways": (Seq2seq, "plain", "dot", True),
    "peeky both ways": (PeekySeq2seq, "peeky", "dot", True),
    **{
        f"{score}{' both ways' if both_ways else ''}": (AttentionSeq2seq, "attention", score, both_ways)
        for score, both_ways in itertools.product(SCORES, (False, True))
        if (score, both_ways) != ("dot", False)
    },
}
"""The same of what the book has not."""


def make(name, dtype=np.float64, seed=50, scale=0.7, backend=CPU):
    """A model whose parameters are far from zero, so that no gradient is too small to be wrong, and its reference."""
    model_class, kind, score, both_ways = (BOOK_MODELS | VARIANTS)[name]
    rng = np.random.default_rng(seed)
    model = model_class(V, D, H, dtype=dtype, score=score, bidirectional=both_ways, backend=backend)
    for parameter in model.params:
        parameter[...] = backend.asarray((scale * rng.standard_normal(parameter.shape)).astype(dtype))
    params = [backend.to_numpy(parameter) for parameter in model.params]
    return model, reference.Model(kind, params, score, both_ways)


def batch(n=N, layout="contiguous", seed=51, backend=CPU):
    """xs (n, T_enc) and ts (n, T_dec + 1) of random ids."""
    rng = np.random.default_rng(seed)
    ts = rng.integers(0, V, (n, T_DEC + 1))
    ts[:, 0] = START
    xs = LAYOUTS[layout](rng.integers(0, V, (n, T_ENC)))
    return backend.asarray(xs), backend.asarray(LAYOUTS[layout](ts))
