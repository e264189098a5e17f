"""Where a model's parameters lie, so that another process can load it too; and how large a model is served."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.backend.numpy_backend import CPU
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pipeline, load_pretrained
from core.models.parameters import CheckpointError


@dataclass(frozen=True)
class ModelFile:
    """A model that a process can load by itself. Two are equal where the model is.

    Attributes:
        name: of the model.
        file: its parameters; None for one that ships.
        digest: SHA-256 of the parameters that are meant.
    """

    name: str
    file: Path | None
    digest: str

    def load(self) -> Pipeline:
        """The model, for the caller alone, on the CPU.

        Raises:
            CheckpointError: its file is gone, damaged, or another by now.
        """
        file = self.file
        pipeline = load_pretrained(self.name, device="cpu") if file is None else load_pipeline(file, self.name, CPU)
        if pipeline.digest != self.digest:
            raise CheckpointError(f"the parameters of {self.name!r} are others by now; load the page anew")
        return pipeline


def bytes_of(pipeline: Pipeline) -> int:
    """About what a model holds in memory: its parameters, and the LSTMs' once more as they are multiplied."""
    return 2 * int(sum(parameter.nbytes for parameter in pipeline.model.params))
