"""A film of one training: the same model at several moments, from untrained to finished, to be scrubbed through.

A film is a folder: the parameters of every moment, and `film.json` with what was measured of each and the loss of the
whole run. `python -m core film` makes one; the one that ships is `FILM_FOLDER`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.analysis.alignment import score_corpus
from core.backend.devices import get_backend
from core.backend.numpy_backend import Backend
from core.data.corpus import Corpus
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import load_pipeline
from core.files.atomic_write import write_atomically
from core.files.checked_json import expect, is_count, is_number, is_share, is_whole, read_json
from core.files.places import PRETRAINED_FOLDER
from core.models.attention_seq2seq import AttentionDecoder
from core.models.parameters import CheckpointError, save_parameters
from core.training.plan import TrainingPlan
from core.training.trainer import EpochResult, TrainingReport
from core.training.training_run import TrainingRun

FILM_FOLDER = PRETRAINED_FOLDER / "film"
FILM_FILE = "film.json"

MOMENTS = (0, 40, 100, 180, 220, 240, 260, 280, 300, 350, 700, 2100)
"""Of the run of `date-attention`, six epochs of 350 iterations. It writes something like a date after 100 iterations,
then nothing seems to happen for another 100; from 220 to 300 the map forms, and the answers become right with it."""

# Beside the frames while the run is under way: what a `TrainingRun` keeps, and what the camera has seen so far.
_RUN_FOLDER = "run"
_SEEN_FILE = "seen.json"


class FilmError(ValueError):
    """A film cannot be used or made; the message names the file, what was found, what to do."""


@dataclass(frozen=True)
class Frame:
    """One moment of a training.

    Attributes:
        file: the parameters, in the film's folder.
        digest: SHA-256 of the parameters, in hexadecimal.
        iteration: how many the model has been trained for.
        loss: mean training loss of the last iterations before; None before the first.
        exact_match: share of the held-out dates that are answered right, 0 to 1.
        alignment_error_rate: over the same dates, 0 to 1, see `core.analysis.alignment`; None where no date has gold.
    """

    file: str
    digest: str
    iteration: int
    loss: float | None
    exact_match: float
    alignment_error_rate: float | None

    def __post_init__(self) -> None:
        expect("file", self.file, isinstance(self.file, str) and Path(self.file).name == self.file != "")
        expect("digest", self.digest, isinstance(self.digest, str))
        expect("iteration", self.iteration, is_count(self.iteration))
        expect("loss", self.loss, self.loss is None or is_number(self.loss))
        expect("exact_match", self.exact_match, is_share(self.exact_match))
        rate = self.alignment_error_rate
        expect("alignment_error_rate", rate, rate is None or is_share(rate))


@dataclass(frozen=True)
class Film:
    """The moments of one training, in order.

    Attributes:
        folder: where the frames are.
        iterations_per_epoch: passes over the data are counted by it.
        test_pairs: held-out dates that the frames were measured on.
        losses: iteration and mean training loss since the one before, over the whole run.
        frames: at least one, the iterations ascending.
    Raises:
        ValueError: one of these is not so.
    """

    folder: Path
    iterations_per_epoch: int
    test_pairs: int
    losses: tuple[tuple[int, float], ...]
    frames: tuple[Frame, ...]

    def __post_init__(self) -> None:
        for name in ("iterations_per_epoch", "test_pairs"):
            value = getattr(self, name)
            expect(name, value, is_whole(value, 1))
        expect("losses", self.losses, all(is_count(i) and is_number(loss) for i, loss in self.losses))
        iterations = [frame.iteration for frame in self.frames]
        expect("frames", iterations, bool(iterations) and iterations == sorted(set(iterations)))

    @property
    def digest(self) -> str:
        """SHA-256 over the parameters of all frames; part of every cache key."""
        return hashlib.sha256("".join(frame.digest for frame in self.frames).encode()).hexdigest()

    def epochs(self, frame: Frame) -> float:
        """How often the model had seen the data at this frame."""
        return frame.iteration / self.iterations_per_epoch

    def to_dict(self) -> dict[str, Any]:
        """Everything but the folder, for JSON."""
        return {
            "iterations_per_epoch": self.iterations_per_epoch,
            "test_pairs": self.test_pairs,
            "losses": [list(point) for point in self.losses],
            "frames": [asdict(frame) for frame in self.frames],
        }


# ---- reading --------------------------------------------------------------------------------------------------------


def read_film(folder: Path = FILM_FOLDER) -> Film:
    """The film in a folder, without its parameters.

    Raises:
        FilmError: there is none, or the file is damaged or not a film's; says what to do.
    """
    remedy = "make one with `python -m core film`"
    return read_json(folder / FILM_FILE, "a film", partial(_film, folder), FilmError, remedy)


def _film(folder: Path, values: Mapping[str, Any]) -> Film:
    return Film(
        folder,
        values["iterations_per_epoch"],
        values["test_pairs"],
        tuple((iteration, loss) for iteration, loss in values["losses"]),
        tuple(Frame(**frame) for frame in values["frames"]),
    )


def load_frames(film: Film, device: str = "auto") -> tuple[Pipeline, ...]:
    """A pipeline for every frame, in order.

    Raises:
        CheckpointError: a frame is missing, damaged or of a model without attention.
        FilmError: a frame is not the one that was measured.
        DeviceError: "cuda" without a GPU.
    """
    backend = get_backend(device)
    return tuple(_load_frame(film, frame, backend) for frame in film.frames)


def _load_frame(film: Film, frame: Frame, backend: Backend) -> Pipeline:
    file = film.folder / frame.file
    pipeline = load_pipeline(file, f"{film.folder.name}/{frame.iteration}", backend)
    _check_attention(file, pipeline)
    if pipeline.digest != frame.digest:
        raise FilmError(
            f"{file}: has the digest {pipeline.digest[:12]}…, not the {frame.digest[:12]}… of {FILM_FILE}; "
            "copy the whole folder anew, or make the film again with `python -m core film`"
        )
    return pipeline


def _check_attention(file: Path, pipeline: Pipeline) -> None:
    if not isinstance(pipeline.model.decoder, AttentionDecoder):
        raise CheckpointError(f"{file}: is a {pipeline.spec.model_class}; a film needs a model with attention")


# ---- making ---------------------------------------------------------------------------------------------------------


def shoot(
    plan: TrainingPlan,
    folder: Path,
    moments: Collection[int] = MOMENTS,
    *,
    device: str = "auto",
    on_interval: Callable[[TrainingReport], None] | None = None,
    on_epoch: Callable[[EpochResult], None] | None = None,
    on_frame: Callable[[Frame], None] | None = None,
) -> Film:
    """Train a plan and keep the model at several moments, in half precision; called again, go on where it stopped.

    Args:
        plan: of a model with attention.
        folder: where the frames and `film.json` go.
        moments: iterations at which to keep it. The training tells of itself every 20 iterations and after every
            epoch: a frame is taken the first time that a moment has been reached. 0 is the untrained model; the end is
            always kept.
        device: "auto", "cpu" or "cuda".
        on_interval, on_epoch: told how the training goes.
        on_frame: told what was measured of every frame, after the training.
    Raises:
        FilmError: the model has no attention, the folder holds a film already, or what an earlier call has left
            there is damaged.
        CheckpointError: what an earlier call has left belongs to another plan; says what differs.
        KeyboardInterrupt: handed on; the next call goes on after the last whole epoch.
        TrainingDivergedError, OSError: as `TrainingRun.run`.
    """
    if (folder / FILM_FILE).exists():
        raise FilmError(f"{folder}: holds a film already; choose another folder, or delete {FILM_FILE} in it")
    camera = _Camera(TrainingRun(plan, folder / _RUN_FOLDER, device=device), folder, moments)
    camera.resume()
    camera.roll(on_interval, on_epoch)
    frames = []
    for iteration, loss in ((iteration, loss) for iteration, loss, kept in camera.seen if kept):
        frames.append(_measured(folder / _file_name(iteration), iteration, loss, plan.test, camera.run.backend))
        if on_frame:
            on_frame(frames[-1])
    losses = tuple((iteration, loss) for iteration, loss, _ in camera.seen if loss is not None)
    film = Film(folder, len(plan.train) // plan.recipe.batch_size, len(plan.test), losses, tuple(frames))
    write_atomically(folder / FILM_FILE, f"{json.dumps(film.to_dict(), indent=1)}\n".encode())
    shutil.rmtree(folder / _RUN_FOLDER)
    return film


def _file_name(iteration: int) -> str:
    return f"{iteration:05d}.safetensors"


def _measured(file: Path, iteration: int, loss: float | None, test: Corpus, backend: Backend) -> Frame:
    """What the numbers in the file are good for, which float16 has rounded."""
    pipeline = load_pipeline(file, file.stem, backend)
    whole = score_corpus(pipeline, test).whole
    return Frame(file.name, pipeline.digest, iteration, loss, whole.exact_match, whole.total.alignment_error_rate)


class _Camera:
    """A training run that is looked at while it goes.

    Attributes:
        seen: iteration, mean loss since the one before, and whether there is a frame; the first is the untrained model.
    """

    def __init__(self, run: TrainingRun, folder: Path, moments: Collection[int]) -> None:
        if not isinstance(run.model.decoder, AttentionDecoder):
            raise FilmError(f"a film shows where a model looks, and a {run.plan.model_class} has no attention")
        self.run = run
        self.folder = folder
        self.moments = frozenset(moments)
        self.seen: list[tuple[int, float | None, bool]] = []

    def resume(self) -> None:
        """Go on from the last whole epoch, where there is one."""
        if not self.run.can_resume:
            return
        self.run.resume()
        file = self.run.folder / _SEEN_FILE
        self.seen = read_json(file, "what the camera has seen", self._seen, FilmError, "start again in another folder")

    def _seen(self, values: Any) -> list[tuple[int, float | None, bool]]:
        trained = self.run.trainer.current_iteration
        seen = [(int(i), loss and float(loss), bool(kept)) for i, loss, kept in values if int(i) <= trained]
        expect("its end", seen[-1:], [iteration for iteration, _, _ in seen[-1:]] == [trained])
        return seen

    def roll(
        self, on_interval: Callable[[TrainingReport], None] | None, on_epoch: Callable[[EpochResult], None] | None
    ) -> None:
        """Train to the end."""
        if not self.seen:
            self._look(None, last=False)

        def look(report: TrainingReport) -> None:
            last = report.epoch == self.run.plan.recipe.epochs and report.iteration == report.iterations
            self._look(report.loss, last)
            if on_interval:
                on_interval(report)

        self.run.run(on_interval=look, on_epoch=on_epoch)

    def _look(self, loss: float | None, last: bool) -> None:
        iteration = self.run.trainer.current_iteration
        before = self.seen[-1][0] if self.seen else -1
        keep = last or any(before < moment <= iteration for moment in self.moments)
        if keep:
            plan = self.run.plan
            metadata = plan.spec.to_metadata() | plan.to_metadata() | {"iteration": str(iteration)}
            save_parameters(self.folder / _file_name(iteration), self.run.model, metadata, np.float16)
        self.seen.append((iteration, loss, keep))
        write_atomically(self.run.folder / _SEEN_FILE, json.dumps(self.seen).encode())
