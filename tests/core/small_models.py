"""Untrained models with parameters far from zero, as pipelines and on disk: nothing in them is near a tie."""

import numpy as np

from core.data.vocabulary import DATE_VOCABULARY, Vocabulary
from core.decoding.pipeline import Pipeline
from core.models.spec import ModelSpec

LETTERS = Vocabulary("_abcdef ")
"""A small vocabulary in an order that is not sorted."""

DATES = {"vocabulary": DATE_VOCABULARY, "source_length": 29, "target_length": 10}
"""Changes of a spec that let it read dates."""

CLASSES = ("Seq2seq", "PeekySeq2seq", "AttentionSeq2seq")


def make_spec(model_class="AttentionSeq2seq", **changes):
    fields = {
        "model_class": model_class,
        "wordvec_size": 3,
        "hidden_size": 6,
        "vocabulary": LETTERS,
        "reversed_input": True,
        "start_character": "_",
        "source_length": 7,
        "target_length": 4,
    }
    return ModelSpec(**(fields | changes))


def make_model(spec, *, seed=1, scale=2.0, dtype=np.float32):
    """A model of a spec whose every parameter, biases included, is normal with standard deviation `scale`."""
    rng = np.random.default_rng(seed)
    model = spec.build(dtype=dtype)
    for parameter in model.params:
        parameter[...] = scale * rng.standard_normal(parameter.shape)
    return model


def make_pipeline(model_class="AttentionSeq2seq", *, seed=1, scale=2.0, **changes):
    spec = make_spec(model_class, **changes)
    return Pipeline("small", make_model(spec, seed=seed, scale=scale), spec, digest="d" * 64)
