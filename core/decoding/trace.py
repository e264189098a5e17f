"""The `DecodingTrace`: everything that one greedy decoding computed, in the reading order of the typed text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.decoding.interventions import Intervention


class Candidate(NamedTuple):
    """A character the decoder could have written, and its probability."""

    character: str
    probability: float


@dataclass(frozen=True, eq=False)
class DecodingStep:
    """One row of a `DecodingTrace`: everything that led to one output character.

    Arrays are views into the trace.

    Attributes:
        index: of the step, from 0.
        input_character: what the decoder was fed.
        character, probability: what it wrote, and how probable it held that, 0 to 1.
        scores, weights: (T_enc,) before and after the softmax, in the order of the typed text; None without attention.
        context: (H,); None without attention.
        hidden_state, cell_state: (H,) of the decoder after the step.
        logits, probabilities: (V,).
        vocabulary: the V characters in id order.
    """

    index: int
    input_character: str
    character: str
    probability: float
    scores: FloatArray | None
    weights: FloatArray | None
    context: FloatArray | None
    hidden_state: FloatArray
    cell_state: FloatArray
    logits: FloatArray
    probabilities: FloatArray
    vocabulary: tuple[str, ...]

    def candidates(self, count: int = 5) -> list[Candidate]:
        """The `count` most probable characters, most probable first; ties in vocabulary order."""
        best = np.argsort(-self.probabilities, kind="stable")[:count]
        pairs = zip(best.tolist(), self.probabilities[best].tolist(), strict=True)
        return [Candidate(self.vocabulary[i], probability) for i, probability in pairs]


@dataclass(frozen=True, eq=False)
class DecodingTrace:
    """One decoding, every number kept, the source axis in the reading order of the typed text.

    Where the model reads its input last character first, the reversal is undone in one place (`trace_greedy`):
    column j of every array with a source axis belongs to `source[j]`.

    Attributes:
        text: the typed text as the model read it, without padding.
        source: `text` padded with spaces to T_enc characters.
        output: the T_dec characters written.
        model: name of the model, as in `load_pretrained(model)`.
        digest: SHA-256 of the model's parameters, in hexadecimal.
        vocabulary: the V characters in id order.
        input_ids: (T_dec,) int64, what the decoder was fed; the first is the start character.
        output_ids: (T_dec,) int64, what it wrote.
        hs_enc: (T_enc, H) float32, the encoder's hidden state after reading `source[j]`.
        hs_dec, cs_dec: (T_dec, H) float32, the decoder's hidden and cell state after each step.
        scores: (T_dec, T_enc) float32 before the softmax; None without attention.
        weights: (T_dec, T_enc) float32, rows sum to 1; None without attention. These are the numbers that
            `TimeAttention.attention_weights` held after the step, not a second computation.
        context: (T_dec, H) float32; None without attention.
        logits, probabilities: (T_dec, V) float32.
        interventions: the changes that were made; none for what the model does by itself.
    """

    text: str
    source: str
    output: str
    model: str
    digest: str
    vocabulary: tuple[str, ...]
    input_ids: NDArray[np.int64]
    output_ids: NDArray[np.int64]
    hs_enc: FloatArray
    hs_dec: FloatArray
    cs_dec: FloatArray
    scores: FloatArray | None
    weights: FloatArray | None
    context: FloatArray | None
    logits: FloatArray
    probabilities: FloatArray
    interventions: tuple[Intervention, ...] = ()

    @property
    def attention(self) -> FloatArray | None:
        """(T_dec, T_enc) float32 attention weights, columns in the order of the typed text; None without attention."""
        return self.weights

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays together."""
        return sum(value.nbytes for value in vars(self).values() if isinstance(value, np.ndarray))

    def read_only(self) -> DecodingTrace:
        """The same trace, whose arrays nobody can write to any more: it is shared by all who typed the same text."""
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
        return self

    @property
    def steps(self) -> list[DecodingStep]:
        """The T_dec steps in order."""
        return list(self)

    def __len__(self) -> int:
        return len(self.output_ids)

    def __iter__(self) -> Iterator[DecodingStep]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> DecodingStep:
        written = int(self.output_ids[i])
        return DecodingStep(
            index=range(len(self))[i],
            input_character=self.vocabulary[int(self.input_ids[i])],
            character=self.vocabulary[written],
            probability=float(self.probabilities[i, written]),
            scores=None if self.scores is None else self.scores[i],
            weights=None if self.weights is None else self.weights[i],
            context=None if self.context is None else self.context[i],
            hidden_state=self.hs_dec[i],
            cell_state=self.cs_dec[i],
            logits=self.logits[i],
            probabilities=self.probabilities[i],
            vocabulary=self.vocabulary,
        )


def checked_step(trace: DecodingTrace, step: int | None) -> int:
    """The step, or the last one for None.

    Args:
        trace: one decoding.
        step: from 0, or None.
    Raises:
        ValueError: the trace has no such step; says which it has.
    """
    if step is None:
        return len(trace) - 1
    if not 0 <= step < len(trace):
        raise ValueError(f"There is no step {step}: this trace has steps 0 to {len(trace) - 1}.")
    return step
