"""What the pool's processes do: functions that need no screen, so that a process that has them is small."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.analysis.experiments import Progress
from core.analysis.influence import InfluenceMap, causal_map
from core.analysis.saliency import SaliencyMap, saliency
from core.analysis.truth import Truth, measure_truth
from core.data.corpus import read_corpus
from core.data.held_out import held_out_dates
from core.decoding.interventions import Intervention, InterventionError
from core.decoding.pipeline import Pipeline
from core.decoding.trace import DecodingTrace


def decode(pipeline: Pipeline, text: str, interventions: Sequence[Intervention]) -> DecodingTrace:
    """`Pipeline.trace`. Args: text: as the model reads it."""
    return pipeline.trace(text, interventions)


def decode_what_fits(
    pipeline: Pipeline, text: str, interventions: Sequence[Intervention]
) -> tuple[DecodingTrace, frozenset[int]]:
    """Decode with the changes that can be made after those before them.

    Returns:
        the decoding, and the places of those that are left out.
    Cost:
        a decoding for every change.
    """
    trace, unfit = pipeline.trace(text), set()
    fitting: list[Intervention] = []
    for place, change in enumerate(interventions):
        try:
            trace = pipeline.trace(text, [*fitting, change])
            fitting.append(change)
        except InterventionError:
            unfit.add(place)
    return trace, frozenset(unfit)


def influence_and_saliency(pipeline: Pipeline, text: str) -> tuple[InfluenceMap, SaliencyMap]:
    """Both maps of a text; of the influence without the list of all replacements, which is most of it."""
    return replace(causal_map(pipeline, text), replacements=()), saliency(pipeline, text)


def measure_held_out(pipeline: Pipeline, progress: Progress) -> Truth:
    """`measure_truth` over all held-out dates."""
    return measure_truth(pipeline, held_out_dates(), progress)


def count_dates(content: bytes) -> int:
    """How many dates a file in the corpus format holds.

    Raises:
        CorpusError: it is empty or has bad lines; lists the first of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "dates.txt"
        file.write_bytes(content)
        return len(read_corpus(file))
