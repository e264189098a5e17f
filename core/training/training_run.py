"""A training run on disk: data in, a model that says where it came from out; stopped and resumed at will.

A run's folder holds
    model.safetensors   the best parameters so far, with everything needed to use them
    log.json            what every epoch reached
    state.safetensors   parameters, moments and random state after the last whole epoch, or later where the training
                        was stopped on purpose, to resume from
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np

from core.analysis.metrics import evaluate_pipeline
from core.backend.devices import get_backend
from core.backend.numpy_backend import Backend
from core.data.accuracy import Evaluation
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import PARAMETER_FILE, load_pipeline
from core.files.atomic_write import write_atomically
from core.models.parameters import (
    CheckpointError,
    assign_parameters,
    cast,
    named_parameters,
    save_parameters,
)
from core.models.seq2seq import Seq2seq
from core.training.optimizers import OPTIMIZERS
from core.training.plan import TrainingPlan
from core.training.state import restore_state, state_of
from core.training.trainer import EpochResult, Trainer, TrainingReport

LOG_FILE = "log.json"
STATE_FILE = "state.safetensors"
# What the whole epochs had kept, while the parameters of a stop in the middle of the next are in its place.
_EPOCH_FILE = "epoch.safetensors"


class TrainingStoppedError(Exception):
    """Raised in the callback `on_iteration` to end a training between two iterations; nothing is lost.

    Args:
        keep: also store the parameters as the run's model, if they are the best so far, as a stop by Ctrl-C does.
    """

    def __init__(self, keep: bool) -> None:
        super().__init__(keep)
        self.keep = keep


class TrainingRun:
    """Trains a plan in a folder. `run` may be interrupted, and called again by a later process after `resume`."""

    def __init__(self, plan: TrainingPlan, folder: Path, *, device: str = "auto", dtype: type = np.float32) -> None:
        """Args: plan: what to train. folder: where to. dtype: of the stored parameters, float32 or float16."""
        self.plan = plan
        self.folder = folder
        self.dtype = dtype
        self.backend: Backend = get_backend(device)
        self.results: list[EpochResult] = []
        rng = np.random.default_rng(plan.seed)
        self.model = plan.spec.build(rng=rng, initialiser=plan.recipe.initialiser, backend=self.backend)
        self.optimizer = OPTIMIZERS[plan.recipe.optimizer](plan.recipe.learning_rate, backend=self.backend)
        iterations = len(plan.train) // plan.recipe.batch_size * plan.recipe.epochs
        self.trainer = Trainer(
            self.model,
            self.optimizer,
            rng=rng,
            schedule=lambda i: plan.recipe.learning_rate_at(i, iterations),
        )

    @property
    def can_resume(self) -> bool:
        """Does the folder hold a state to go on from?"""
        return (self.folder / STATE_FILE).is_file()

    def run(
        self,
        *,
        on_interval: Callable[[TrainingReport], None] | None = None,
        on_iteration: Callable[[], None] | None = None,
        on_epoch: Callable[[EpochResult], None] | None = None,
    ) -> Pipeline:
        """Train what is left of the plan, and return the best epoch's model as it was stored.

        Args:
            on_interval, on_iteration, on_epoch: told how it goes, as by `Trainer.fit`.
        Raises:
            KeyboardInterrupt: handed on after the parameters were stored, if they are the best so far. The state is
                that after the last whole epoch.
            TrainingStoppedError: handed on from `on_iteration`, after the state was stored.
            TrainingDivergedError: the loss is not finite.
            OSError: the folder cannot be written to, which shows before the training starts.
        """
        self._store_log()
        recipe = self.plan.recipe
        x, t = self.plan.train.arrays(DATE_VOCABULARY)
        if recipe.reversed_input:
            x = x[:, ::-1]
        seconds_before = 0.0

        def finish_epoch(report: TrainingReport) -> None:
            nonlocal seconds_before
            result = EpochResult(
                report.epoch, report.loss, self._evaluate(self.model).exact_match, report.seconds - seconds_before
            )
            seconds_before = report.seconds
            self._store_epoch(result)
            if on_epoch:
                on_epoch(result)

        try:
            self.trainer.fit(
                x,
                t,
                max_epoch=recipe.epochs - self.trainer.current_epoch,
                batch_size=recipe.batch_size,
                max_grad=recipe.max_grad,
                on_interval=on_interval,
                on_iteration=on_iteration,
                on_epoch=finish_epoch,
            )
        except KeyboardInterrupt:
            self._keep_stopped()
            raise
        except TrainingStoppedError as stop:
            self.store_state()
            if stop.keep:
                self._keep_stopped()
            raise
        return load_pipeline(self.folder / PARAMETER_FILE, self.folder.name, self.backend)

    def resume(self) -> None:
        """Continue from the state stored in the folder, to the same parameters as without a break.

        Raises:
            CheckpointError: there is no state, it is damaged, or it belongs to another plan; says what differs.
        """
        if not self.can_resume:
            raise CheckpointError(f"{self.folder}: holds no run to go on from; its first epoch was never finished")
        self.results = restore_state(self.folder / STATE_FILE, self.plan.identity(), self.trainer)
        if (self.folder / _EPOCH_FILE).is_file():
            (self.folder / _EPOCH_FILE).replace(self.folder / PARAMETER_FILE)

    def _evaluate(self, model: Seq2seq) -> Evaluation:
        return evaluate_pipeline(Pipeline("", model, self.plan.spec, digest=""), self.plan.test)

    def _store_epoch(self, result: EpochResult) -> None:
        self._keep_if_best(result.exact_match, epochs=result.epoch)
        self.results.append(result)
        self._store_log()
        self.store_state()

    def store_state(self) -> None:
        """Store all that is needed to go on from here: at the end of an epoch, or in the callback `on_iteration`.

        Raises:
            OSError: it cannot be written; an older state is as it was.
        """
        write_atomically(self.folder / STATE_FILE, state_of(self.plan.identity(), self.trainer, self.results))

    def _store_log(self) -> None:
        log = json.dumps([asdict(result) for result in self.results], indent=2)
        write_atomically(self.folder / LOG_FILE, f"{log}\n".encode())

    def _keep_stopped(self) -> None:
        """Store the parameters of a run that is stopped, if they are the best so far; `resume` takes them back.

        Going on, the run chooses among whole epochs, as it would have without the stop.
        """
        file, aside = self.folder / PARAMETER_FILE, self.folder / _EPOCH_FILE
        kept = file.read_bytes() if self.results else None
        if kept is not None:
            write_atomically(aside, kept)
        self._keep_if_best(self._evaluate(self.model).exact_match, epochs=self.trainer.current_epoch)
        if kept == file.read_bytes():
            aside.unlink()

    def _keep_if_best(self, exact_match: float, epochs: int) -> None:
        """Store the parameters unless an earlier epoch was better; of equals the later one stays, it trained longer."""
        if any(result.exact_match > exact_match for result in self.results):
            return
        file = self.folder / PARAMETER_FILE
        # The accuracy that the file states is that of the numbers in the file, which float16 rounds.
        stored = self.plan.spec.build(backend=self.backend)
        rounded = {name: cast(array, self.dtype) for name, array in named_parameters(self.model).items()}
        assign_parameters(stored, rounded, f"{file}: not written")
        metadata = self.plan.spec.to_metadata() | self.plan.to_metadata()
        metadata |= {"epochs": str(epochs), "accuracy": json.dumps(self._evaluate(stored).to_dict())}
        save_parameters(file, stored, metadata, self.dtype)
