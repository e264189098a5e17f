"""The source code that ran: which methods compute a stage of a decoding, and their text."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from core.backend.numpy_backend import Backend
from core.decoding.interventions import (
    Argmax,
    Gold,
    Mask,
    MaskPadding,
    Permute,
    SetWeights,
    Temperature,
    Uniform,
)
from core.decoding.pipeline import Pipeline
from core.layers.attention import Attention, AttentionWeight, TimeAttention, WeightSum
from core.layers.basic import Embedding, Softmax, TimeAffine, TimeEmbedding
from core.layers.fast_lstm import FastLSTM
from core.layers.functions import softmax
from core.layers.lstm import LSTM, TimeBiLSTM, TimeLSTM
from core.layers.scores import SCORES
from core.models.attention_seq2seq import AttentionDecoder, AttentionEncoder
from core.models.mistaken import MISTAKEN_PARTS
from core.models.peeky import PeekyDecoder
from core.models.seq2seq import Decoder, Encoder

CODE_OF_STAGE: Mapping[str, tuple[str, ...]] = {
    "hs_enc": ("Encoder.read", "TimeLSTM.forward", "LSTM.forward", "FastLSTM.forward"),
    "h": ("LSTM.forward", "TimeLSTM.forward", "FastLSTM.forward"),
    "cell": ("LSTM.forward", "Backend.lstm_cell"),
    "products": ("AttentionWeight.forward", "DotScore.forward"),
    "scores": ("AttentionWeight.forward", "DotScore.forward"),
    "weights": ("Softmax.forward", "Backend.softmax"),
    "weighted_states": ("WeightSum.forward", "TimeAttention.forward"),
    "context": ("WeightSum.forward", "TimeAttention.forward"),
    "features": ("AttentionDecoder.run",),
    "logits": ("TimeAffine.forward",),
    "probabilities": ("softmax",),
}
"""Where the attention model computes each stage: names for `source_of`, the plainest first.

A decoding runs `TimeAttention`, `DotScore` and `FastLSTM`, which do for all steps and texts at once what
`AttentionWeight`, `WeightSum` and `LSTM` do for one; `TimeLSTM` is the loop over `LSTM`. The plain ones are equal to
them by test, and say in their docstrings what a model runs instead.
"""

STAGES = tuple(stage for stage in CODE_OF_STAGE if stage != "cell")
"""The stages between the states and the character, in order; the LSTM cell, which makes the states, is none of them."""

_STAGES_OF_ATTENTION = frozenset({"products", "scores", "weights", "weighted_states", "context"})


def code_of_stages(pipeline: Pipeline) -> dict[str, tuple[str, ...]]:
    """`CODE_OF_STAGE` for any model: the methods that this one runs, mistaken ones included.

    Returns:
        names for `source_of`, by stage; the stages of attention are missing where there is none.
    """
    decoder = pipeline.model.decoder
    own: dict[str, tuple[str, ...]] = {"features": (f"{type(decoder).__name__}.run",)}
    if pipeline.spec.bidirectional:
        read, *one_way = CODE_OF_STAGE["hs_enc"]
        own["hs_enc"] = (read, "TimeBiLSTM.forward", *one_way)
    if not isinstance(decoder, AttentionDecoder):
        return {s: own.get(s, names) for s, names in CODE_OF_STAGE.items() if s not in _STAGES_OF_ATTENTION}
    score, weights = (
        f"{type(layer).__name__}.forward" for layer in (decoder.attention.score, decoder.attention.softmax)
    )
    if score != "DotScore.forward":
        own |= dict.fromkeys(("products", "scores"), (score, "TimeAttention.forward"))
    return {**CODE_OF_STAGE, **own, "weights": (weights, "Backend.softmax")}


_SHOWN_CLASSES = (
    Embedding, TimeEmbedding, TimeAffine, Softmax,
    LSTM, TimeLSTM, TimeBiLSTM, FastLSTM,
    WeightSum, AttentionWeight, Attention, TimeAttention, *SCORES.values(),
    Encoder, AttentionEncoder, Decoder, PeekyDecoder, AttentionDecoder,
    *MISTAKEN_PARTS,
    Temperature, Argmax, Uniform, Permute, Mask, MaskPadding, Gold, SetWeights,
)  # fmt: skip

_SHOWN: dict[str, Callable[..., Any]] = {
    f"{shown.__name__}.{name}": function
    for shown in _SHOWN_CLASSES
    for name, function in inspect.getmembers(shown, inspect.isfunction)
    if not name.startswith("_")
} | {
    "Backend.sigmoid": Backend.sigmoid,
    "Backend.softmax": Backend.softmax,
    "Backend.lstm_cell": Backend.lstm_cell,
    "Backend.lstm_cell_backward": Backend.lstm_cell_backward,
    "softmax": softmax,
}


def source_of(name: str) -> str:
    """The source code of a method as it is running, such as `source_of("AttentionWeight.forward")`.

    Args:
        name: `Class.method` of a layer, encoder, decoder or change of the attention, a fused operation `Backend.…`, or
            `softmax`.
    Raises:
        ValueError: anything else.
    """
    if name not in _SHOWN:
        raise ValueError(f"no source code is shown for {name[:60]!r}; expected one of {', '.join(sorted(_SHOWN))}")
    return textwrap.dedent(inspect.getsource(_SHOWN[name]))
