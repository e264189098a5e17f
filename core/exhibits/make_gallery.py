"""Makes the gallery of mistakes: every training, measured, and the maps of its first seed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from core.analysis.metrics import evaluate_pipeline
from core.backend.numpy_backend import CPU
from core.data.corpus import Corpus
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import PARAMETER_FILE, load_pipeline
from core.decoding.trace import DecodingTrace
from core.exhibits.gallery import (
    GALLERY_FILE,
    RIGHT,
    EpochPoint,
    Gallery,
    GalleryEntry,
    GalleryError,
    GalleryMap,
    GalleryRun,
    LossPoint,
    read_gallery,
)
from core.files.atomic_write import write_atomically
from core.training.mistaken_code import never_seen
from core.training.mistakes import MISTAKES, TRAINABLE
from core.training.options import TrainingOptions
from core.training.plan import TrainingPlan
from core.training.recipe import PRESET_PAIRS, RECIPES, Recipe
from core.training.trainer import EpochResult, TrainingDivergedError, TrainingReport
from core.training.training_data import GeneratedData
from core.training.training_run import TrainingRun

SEEDS = (0, 1, 2)

DATES = ("september 27, 1994", "2/10/93", "JUN 17, 2013", "Wednesday, February 26, 1997", "june 7, 1850")
"""The dates whose maps are kept. The last one is of a year that no model was trained on, so that an answer is wrong."""

_WEIGHT_DIGITS = 3
_LOSS_DIGITS = 4
_SHARE_DIGITS = 5

Told = Callable[[str, int, EpochResult], None]
"""Told the entry, the seed and what an epoch reached."""


def make_gallery(
    folder: Path,
    *,
    recipe: Recipe | None = None,
    data: GeneratedData | None = None,
    dates: Sequence[str] = DATES,
    seeds: Sequence[int] = SEEDS,
    on_interval: Callable[[TrainingReport], None] | None = None,
    on_epoch: Told | None = None,
) -> Gallery:
    """Train the right code and every mistake; called again, go on after the last run that was finished.

    Args:
        folder: where `gallery.json` goes; it is written anew after every run.
        recipe, data, dates, seeds: see `Gallery`; the recipe "quick" and its number of dates where they are None. Of
            every date in `dates` the right answer must be known.
        on_interval, on_epoch: told how the training goes.
    Raises:
        GalleryError: the folder holds a gallery that was made otherwise, or a damaged one.
        KeyboardInterrupt: handed on; the run under way is lost.
        OSError: the folder cannot be written to.
    """
    recipe, data = recipe or RECIPES["quick"], data or GeneratedData(PRESET_PAIRS["quick"])
    plan = TrainingOptions(recipe=recipe, data=data).plan()
    gallery = Gallery(recipe, plan.to_metadata()["data"], len(plan.test), tuple(dates), tuple(seeds))
    if (folder / GALLERY_FILE).exists():
        gallery = _go_on(gallery, folder)
    _write(gallery, folder)
    for name in (RIGHT, *TRAINABLE):
        options = TrainingOptions(recipe=recipe, data=data, mistake="" if name == RIGHT else name)
        mistaken = plan if name == RIGHT else options.plan()
        done = len(gallery.entries[name].runs) if name in gallery.entries else 0
        for seed in gallery.seeds[done:]:
            told = None if on_epoch is None else _telling(on_epoch, name, seed)
            run, pipeline = _train(replace(mistaken, seed=seed), plan.test, on_interval, told)
            gallery = _with_run(gallery, name, run, pipeline)
            _write(gallery, folder)
    return gallery


def _go_on(wanted: Gallery, folder: Path) -> Gallery:
    found = read_gallery(folder)
    if replace(found, entries={}) != wanted:
        raise GalleryError(
            f"{folder / GALLERY_FILE}: was made with another recipe, other data, dates or seeds; "
            "choose another folder, or delete the file"
        )
    return found


def _telling(on_epoch: Told, name: str, seed: int) -> Callable[[EpochResult], None]:
    return lambda result: on_epoch(name, seed, result)


def _write(gallery: Gallery, folder: Path) -> None:
    content = json.dumps(gallery.to_dict(), allow_nan=False, separators=(",", ":"))
    write_atomically(folder / GALLERY_FILE, f"{content}\n".encode())


def _train(
    plan: TrainingPlan,
    honest: Corpus,
    on_interval: Callable[[TrainingReport], None] | None,
    on_epoch: Callable[[EpochResult], None] | None,
) -> tuple[GalleryRun, Pipeline | None]:
    """Args: honest: held-out dates by day. Returns: what was measured, and the model; None where it was lost."""
    intervals: list[LossPoint] = []
    per_epoch = len(plan.train) // plan.recipe.batch_size

    def note(report: TrainingReport) -> None:
        iteration = (report.epoch - 1) * per_epoch + report.iteration
        intervals.append(LossPoint(iteration, round(report.loss, _LOSS_DIGITS)))
        if on_interval:
            on_interval(report)

    with tempfile.TemporaryDirectory() as folder:
        run = TrainingRun(plan, Path(folder), device=CPU.device)
        # Where the loss is no number any more the run ends; what it has told is what there is to show.
        with suppress(TrainingDivergedError):
            run.run(on_interval=note, on_epoch=on_epoch)
        kept = Path(folder) / PARAMETER_FILE
        pipeline = load_pipeline(kept, plan.mistake or RIGHT, CPU) if kept.is_file() else None
    epochs = tuple(
        EpochPoint(
            result.epoch,
            result.epoch * per_epoch,
            round(result.loss, _LOSS_DIGITS),
            round(result.exact_match, _SHARE_DIGITS),
        )
        for result in run.results
    )
    exact_match = pipeline.accuracy.exact_match if pipeline and pipeline.accuracy else 0.0
    unseen = None
    if pipeline and plan.mistake and TRAINABLE[plan.mistake].where == "data":
        unseen = round(evaluate_pipeline(pipeline, never_seen(honest, plan.train)).exact_match, _SHARE_DIGITS)
    measured = GalleryRun(plan.seed, tuple(intervals), epochs, round(exact_match, _SHARE_DIGITS), unseen)
    return measured, pipeline


def _with_run(gallery: Gallery, name: str, run: GalleryRun, pipeline: Pipeline | None) -> Gallery:
    """The gallery with one more run; the right code's runs are those of the mistaken pictures, too."""
    entries = dict(gallery.entries)
    pictures: dict[str, Callable[[Pipeline, str], DecodingTrace]] = {name: lambda model, text: model.trace(text)}
    if name == RIGHT:
        pictures |= {key: mistake.picture for key, mistake in MISTAKES.items() if mistake.picture}
    for key, picture in pictures.items():
        before = entries.get(key, GalleryEntry((), {}))
        maps = before.maps if before.runs else _maps(pipeline, gallery.dates, picture)
        entries[key] = GalleryEntry((*before.runs, run), maps)
    ordered = {key: entries[key] for key in (RIGHT, *MISTAKES) if key in entries}
    return replace(gallery, entries=ordered)


def _maps(
    pipeline: Pipeline | None, dates: Sequence[str], picture: Callable[[Pipeline, str], DecodingTrace]
) -> dict[str, GalleryMap]:
    if pipeline is None:
        return {}
    return {text: _map(picture(pipeline, text)) for text in dates}


def _map(trace: DecodingTrace) -> GalleryMap:
    assert trace.weights is not None, "every model of the gallery attends"
    weights = tuple(tuple(round(weight, _WEIGHT_DIGITS) for weight in row) for row in trace.weights.tolist())
    return GalleryMap(trace.source, trace.output, weights)
