"""A training run on disk: data in, a model that says where it came from out; stopped and resumed at will.

A run's folder holds
    model.safetensors   the best parameters so far, with everything needed to use them
    log.json            what every epoch reached
    state.safetensors   parameters, moments and random state after the last whole epoch, to resume from
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as to_safetensors

from core.backend import Backend, get_backend
from core.checkpoint import (
    CheckpointError,
    ModelSpec,
    assign_parameters,
    named_parameters,
    read_safetensors,
    save_parameters,
    write_atomically,
)
from core.corpus import ANSWER_LENGTH, QUESTION_LENGTH, START, Corpus
from core.metrics import Evaluation, evaluate_answers
from core.optimizers import Adam
from core.pretrained import PARAMETER_FILE, Pipeline, load_pipeline
from core.recipe import Recipe
from core.trainer import Trainer, TrainingReport
from core.vocabulary import DATE_VOCABULARY

LOG_FILE = "log.json"
STATE_FILE = "state.safetensors"
LICENCE = "MIT"


@dataclass(frozen=True)
class EpochResult:
    """What one epoch reached: mean training loss, exact match on the test set (0 to 1), seconds it took."""

    epoch: int
    loss: float
    exact_match: float
    seconds: float


@dataclass(frozen=True)
class TrainingPlan:
    """Everything that decides the resulting parameters.

    Attributes:
        model_class: name of the class, as in `core.checkpoint.MODEL_CLASSES`.
        recipe, seed: settings, and the start of the random numbers.
        train, test: the test set chooses the best epoch and is what the accuracy is measured on.
        data: where the data came from, in words, for the model card.
    """

    model_class: str
    recipe: Recipe
    seed: int
    train: Corpus
    test: Corpus
    data: str

    @property
    def spec(self) -> ModelSpec:
        """What the model will be."""
        return ModelSpec(
            model_class=self.model_class,
            wordvec_size=self.recipe.wordvec_size,
            hidden_size=self.recipe.hidden_size,
            vocabulary=DATE_VOCABULARY,
            reversed_input=self.recipe.reversed_input,
            start_character=START,
            source_length=QUESTION_LENGTH,
            target_length=ANSWER_LENGTH,
        )

    def to_metadata(self) -> dict[str, str]:
        """The strings that say how the parameters came about."""
        return {
            "recipe": json.dumps(self.recipe.to_dict()),
            "seed": str(self.seed),
            "data": self.data,
            "train_pairs": str(len(self.train)),
            "train_digest": self.train.digest,
            "test_pairs": str(len(self.test)),
            "test_digest": self.test.digest,
            "libraries": json.dumps(
                {"python": platform.python_version()} | {name: version(name) for name in ("numpy", "safetensors")}
            ),
            "licence": LICENCE,
        }


class TrainingRun:
    """Trains a plan in a folder. `run` may be interrupted (KeyboardInterrupt) and called again by a later process."""

    def __init__(self, plan: TrainingPlan, folder: Path, *, device: str = "auto", dtype: type = np.float32) -> None:
        """Args: plan: what to train. folder: where to. dtype: of the stored parameters, float32 or float16."""
        self.plan = plan
        self.folder = folder
        self.dtype = dtype
        self.backend: Backend = get_backend(device)
        self.results: list[EpochResult] = []
        rng = np.random.default_rng(plan.seed)
        self.model = plan.spec.build(rng=rng, initialiser=plan.recipe.initialiser, backend=self.backend)
        self.optimizer = Adam(plan.recipe.learning_rate, backend=self.backend)
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
        on_epoch: Callable[[EpochResult], None] | None = None,
    ) -> Pipeline:
        """Train what is left of the plan, and return the best epoch's model as it was stored.

        Args:
            on_interval, on_epoch: told how it goes.
        Raises:
            KeyboardInterrupt: handed on after the parameters were stored, if they are the best so far.
            TrainingDivergedError: the loss is not finite.
        """
        recipe = self.plan.recipe
        x, t = self.plan.train.arrays(DATE_VOCABULARY)
        if recipe.reversed_input:
            x = x[:, ::-1]
        seconds_before = 0.0

        def finish_epoch(report: TrainingReport) -> None:
            nonlocal seconds_before
            result = EpochResult(
                report.epoch, report.loss, self._evaluate().exact_match, report.seconds - seconds_before
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
                on_epoch=finish_epoch,
            )
        except KeyboardInterrupt:
            self._keep_if_best(self._evaluate().exact_match, epochs=self.trainer.current_epoch)
            raise
        return load_pipeline(self.folder / PARAMETER_FILE, self.folder.name, self.backend)

    def resume(self) -> None:
        """Continue from the last whole epoch stored in the folder, to the same parameters as without a break.

        Raises:
            CheckpointError: there is no state, or it belongs to another plan; says what differs.
        """
        file = self.folder / STATE_FILE
        arrays, metadata = read_safetensors(file)
        stored = json.loads(metadata.get("plan", "{}"))
        differing = [key for key, value in self._identity().items() if stored.get(key) != value]
        if differing:
            raise CheckpointError(
                f"{file}: belongs to another run, its {', '.join(differing)} differ; "
                "resume with the same settings, or choose another folder"
            )
        names = self.model.parameter_names
        assign_parameters(self.model, {name: arrays[name] for name in names}, str(file))
        self.optimizer.m = [self.backend.asarray(arrays[f"m.{name}"].copy()) for name in names]
        self.optimizer.v = [self.backend.asarray(arrays[f"v.{name}"].copy()) for name in names]
        self.results = [EpochResult(**result) for result in json.loads(metadata["results"])]
        self.optimizer.iter = self.trainer.current_iteration = int(metadata["iteration"])
        self.trainer.current_epoch = len(self.results)
        self.trainer.rng.bit_generator.state = json.loads(metadata["random_state"])

    def _identity(self) -> dict[str, str]:
        return self.plan.spec.to_metadata() | {
            key: value for key, value in self.plan.to_metadata().items() if key != "libraries"
        }

    def _evaluate(self) -> Evaluation:
        pipeline = Pipeline("", self.model, self.plan.spec, digest="")
        return evaluate_pipeline(pipeline, self.plan.test)

    def _store_epoch(self, result: EpochResult) -> None:
        self._keep_if_best(result.exact_match, epochs=result.epoch)
        self.results.append(result)
        log = json.dumps([asdict(r) for r in self.results], indent=2)
        write_atomically(self.folder / LOG_FILE, f"{log}\n".encode())
        write_atomically(self.folder / STATE_FILE, self._state())

    def _state(self) -> bytes:
        arrays = named_parameters(self.model)
        for prefix, moments in (("m", self.optimizer.m), ("v", self.optimizer.v)):
            for name, moment in zip(self.model.parameter_names, moments, strict=True):
                arrays[f"{prefix}.{name}"] = np.ascontiguousarray(self.backend.to_numpy(moment))
        metadata = {
            "plan": json.dumps(self._identity()),
            "results": json.dumps([asdict(r) for r in self.results]),
            "iteration": str(self.trainer.current_iteration),
            "random_state": json.dumps(self.trainer.rng.bit_generator.state),
        }
        return to_safetensors(arrays, metadata)

    def _keep_if_best(self, exact_match: float, epochs: int) -> None:
        """Store the parameters unless an earlier epoch was better; of equals the later one stays, it trained longer."""
        if any(result.exact_match > exact_match for result in self.results):
            return
        file = self.folder / PARAMETER_FILE
        metadata = self.plan.spec.to_metadata() | self.plan.to_metadata() | {"epochs": str(epochs)}
        save_parameters(file, self.model, metadata, self.dtype)
        # The accuracy that the file states is that of the numbers in the file, which float16 rounds.
        evaluation = evaluate_pipeline(load_pipeline(file, "", self.backend), self.plan.test)
        save_parameters(file, self.model, metadata | {"accuracy": json.dumps(evaluation.to_dict())}, self.dtype)


def evaluate_pipeline(pipeline: Pipeline, corpus: Corpus, batch_size: int = 256) -> Evaluation:
    """Decode a corpus greedily and count what is right."""
    x, _ = corpus.arrays(pipeline.vocabulary)
    outputs: list[str] = []
    for start in range(0, len(x), batch_size):
        outputs += pipeline.decode_ids(x[start : start + batch_size])
    return evaluate_answers(corpus.questions, outputs, corpus.answers)


def accuracy_of(metadata: dict[str, str]) -> dict[str, Any]:
    """The accuracy that a model's metadata states, as `Evaluation.to_dict`; empty where it states none."""
    stated: dict[str, Any] = json.loads(metadata.get("accuracy", "{}"))
    return stated
