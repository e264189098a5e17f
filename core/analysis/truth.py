"""Is attention the explanation? Everything that is measured for the answer, over all held-out dates, and its file.

The two halves of the evidence belong together: how often a model looks where the answer stands
(`core.analysis.alignment`), and what becomes of its answers when it is made to look elsewhere
(`core.analysis.experiments`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.analysis.alignment import score_corpus
from core.analysis.alignment_measures import CorpusAlignment
from core.analysis.experiments import EXPERIMENTS, Progress, run_experiments
from core.data.accuracy import Evaluation
from core.data.corpus import Corpus
from core.decoding.pipeline import Pipeline
from core.files.atomic_write import write_atomically
from core.files.checked_json import read_json
from core.files.places import PRETRAINED_FOLDER

TRUTH_FILE = "truth.json"


@dataclass(frozen=True)
class Truth:
    """What was measured of a model with attention.

    Attributes:
        alignment: attention against gold, with the names of the model, of its parameters and of the dates.
        experiments: how many answers are right with the attention changed, by the names of `EXPERIMENTS`.
    """

    alignment: CorpusAlignment
    experiments: dict[str, Evaluation]

    def to_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        table = {name: evaluation.to_dict() for name, evaluation in self.experiments.items()}
        return {"alignment": self.alignment.to_dict(), "experiments": table}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Truth:
        """Read what `to_dict` wrote.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: it is something else.
        """
        table = {name: Evaluation.from_dict(values["experiments"][name]) for name in EXPERIMENTS}
        return cls(CorpusAlignment.from_dict(values["alignment"]), table)


def measure_truth(pipeline: Pipeline, corpus: Corpus, progress: Progress | None = None) -> Truth:
    """Measure the attention of a model over a corpus, and what its answers owe to it.

    Args:
        pipeline: a model with attention.
        corpus: questions that fit the model.
        progress: told after every batch how many decodings of how many are done; what it raises ends the work.
    Raises:
        ValueError: the model has no attention, or a question does not fit it; says which.
    Cost:
        every date is decoded seven times; some 20 s for 5,000 dates and H = 256 on one CPU core.
    """
    total = len(corpus) * (1 + len(EXPERIMENTS))
    alignment = score_corpus(pipeline, corpus, None if progress is None else lambda done, _: progress(done, total))
    count = None if progress is None else lambda done, _: progress(len(corpus) + done, total)
    return Truth(alignment, run_experiments(pipeline, corpus, progress=count))


# ---- the file -------------------------------------------------------------------------------------------------------


def write_truth(folder: Path, truth: Truth) -> None:
    """Write `truth.json` into a model's folder.

    Raises:
        OSError: it cannot be written.
    """
    write_atomically(folder / TRUTH_FILE, (json.dumps(truth.to_dict(), indent=1) + "\n").encode())


def read_truth(folder: Path, digest: str) -> Truth | None:
    """What `write_truth` wrote into a folder; None where it wrote nothing, or of parameters of another digest.

    Args:
        folder: of the model.
        digest: SHA-256 of its parameters.
    Raises:
        ValueError: the file is not what `write_truth` writes, or cannot be read; says what to do.
    """
    file = folder / TRUTH_FILE
    if not file.is_file():
        return None
    remedy = f"write it anew with `python -m core explain {folder}`"
    truth = read_json(file, "the measurements of a model", Truth.from_dict, ValueError, remedy)
    return truth if truth.alignment.digest == digest else None


def shipped_truth(pipeline: Pipeline) -> Truth | None:
    """What was measured of exactly these parameters before they were shipped; None where nothing was.

    Raises:
        ValueError: as `read_truth`.
    """
    return read_truth(PRETRAINED_FOLDER / pipeline.name, pipeline.digest)
