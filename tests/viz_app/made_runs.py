"""Training runs for tests of the pages: so small that one takes a fraction of a second."""

from __future__ import annotations

from dataclasses import replace

from core.runs.run import Run
from core.runs.store import RunStore
from core.runs.worker import work
from core.training.options import TrainingOptions
from core.training.recipe import RECIPES
from core.training.training_data import GeneratedData

TINY = TrainingOptions(
    recipe=replace(RECIPES["dependable"], wordvec_size=4, hidden_size=6, batch_size=32, epochs=2),
    data=GeneratedData(n=300),
    device="cpu",
)


def finished_run(store: RunStore, name: str = "", options: TrainingOptions = TINY) -> Run:
    """Train a run to its end, in this process."""
    number = store.add(options, name).number
    work(store, limit=1)
    return store.get(number)
