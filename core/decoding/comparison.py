"""Two decodings next to each other: where they part, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.backend.arrays import FloatArray
from core.decoding.trace import DecodingTrace
from core.files.wording import counted


@dataclass(frozen=True, eq=False)
class Comparison:
    """How a decoding differs from an original of the same number of steps.

    Attributes:
        differs: (T_dec,) bool, the written character is another.
        parts_at: the first such step; None where both write the same.
        probability_change: (T_dec,) float32: by how much the probability of the original's character moved at each
            step, -1 to 1. After the two have parted, the steps were fed different characters.
        weight_change: (T_dec, T_enc) float32, changed minus original weights; None where one has no attention or
            another T_enc.
    """

    differs: NDArray[np.bool_]
    parts_at: int | None
    probability_change: FloatArray
    weight_change: FloatArray | None


def compare(original: DecodingTrace, changed: DecodingTrace) -> Comparison:
    """Compare a decoding with its original.

    Args:
        original, changed: of any two texts or models.
    Raises:
        ValueError: they differ in the number of steps or in the vocabulary.
    """
    if len(original) != len(changed) or original.vocabulary != changed.vocabulary:
        raise ValueError(
            f"got decodings of {len(original)} and {counted(len(changed), 'step')} over {len(original.vocabulary)} and "
            f"{counted(len(changed.vocabulary), 'character')}; expected two that agree in both"
        )
    differs = original.output_ids != changed.output_ids
    steps = np.arange(len(original))
    written = original.output_ids
    return Comparison(
        differs=differs,
        parts_at=int(np.argmax(differs)) if differs.any() else None,
        probability_change=changed.probabilities[steps, written] - original.probabilities[steps, written],
        weight_change=_weight_change(original, changed),
    )


def _weight_change(original: DecodingTrace, changed: DecodingTrace) -> FloatArray | None:
    before, after = original.weights, changed.weights
    if before is None or after is None or before.shape != after.shape:
        return None
    return after - before
