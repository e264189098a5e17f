"""The gallery of mistakes, measured: the right code and every mistake, trained alike from several seeds.

`python -m core gallery` trains them and writes `gallery.json`; the one that ships is `GALLERY_FOLDER`. Of every run it
holds the loss, the exact match and, from the first seed, where the model looks. Mistakes of the picture need no
training: they are drawn from the right model.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from core.analysis.metrics import evaluate_pipeline
from core.backend.numpy_backend import CPU
from core.data.corpus import Corpus
from core.decoding.pipeline import Pipeline
from core.decoding.pretrained import PARAMETER_FILE, load_pipeline
from core.decoding.trace import DecodingTrace
from core.files.atomic_write import write_atomically
from core.files.checked_json import expect, is_count, is_number, is_share, read_json
from core.files.places import PRETRAINED_FOLDER
from core.training.mistakes import MISTAKES, TRAINABLE, never_seen
from core.training.options import GeneratedData, TrainingOptions
from core.training.recipe import PRESET_PAIRS, RECIPES, Recipe
from core.training.trainer import TrainingDivergedError, TrainingReport
from core.training.training_run import EpochResult, TrainingPlan, TrainingRun

GALLERY_FOLDER = PRETRAINED_FOLDER / "gallery"
GALLERY_FILE = "gallery.json"

RIGHT = "none"
"""The entry of the right code."""

SEEDS = (0, 1, 2)

DATES = ("september 27, 1994", "2/10/93", "JUN 17, 2013", "Wednesday, February 26, 1997", "june 7, 1850")
"""The dates whose maps are kept. The last one is of a year that no model was trained on, so that an answer is wrong."""

_WEIGHT_DIGITS = 3
_LOSS_DIGITS = 4
_SHARE_DIGITS = 5


class GalleryError(ValueError):
    """A gallery cannot be used or made; the message names the file, what was found, what to do."""


class LossPoint(NamedTuple):
    """Mean training loss of the iterations since the point before; iterations are counted over all epochs, from 1."""

    iteration: int
    loss: float


@dataclass(frozen=True)
class EpochPoint:
    """What an epoch reached: iterations so far, mean training loss, exact match on the test set (0 to 1)."""

    epoch: int
    iteration: int
    loss: float
    exact_match: float

    def __post_init__(self) -> None:
        expect("epoch", self.epoch, is_count(self.epoch))
        expect("iteration", self.iteration, is_count(self.iteration))
        expect("loss", self.loss, is_number(self.loss))
        expect("exact_match", self.exact_match, is_share(self.exact_match))


@dataclass(frozen=True)
class GalleryRun:
    """One training.

    Attributes:
        seed: of the first parameters and the order of the data.
        intervals: the loss over the run; it ends early where the loss was no number any more.
        epochs: what the epochs reached, as far as the run came.
        exact_match: share of its test set that the kept parameters answer right, 0 to 1; 0 where none were kept.
        exact_match_unseen: where days of the test set are in the training set, the same over held-out days that are
            not; else None.
    """

    seed: int
    intervals: tuple[LossPoint, ...]
    epochs: tuple[EpochPoint, ...]
    exact_match: float
    exact_match_unseen: float | None

    def __post_init__(self) -> None:
        expect("seed", self.seed, is_count(self.seed))
        good = all(is_count(point.iteration) and is_number(point.loss) for point in self.intervals)
        expect("intervals", self.intervals, good)
        expect("exact_match", self.exact_match, is_share(self.exact_match))
        unseen = self.exact_match_unseen
        expect("exact_match_unseen", unseen, unseen is None or is_share(unseen))


@dataclass(frozen=True)
class GalleryMap:
    """Where a model looks: T_enc source characters, T_dec written ones, (T_dec, T_enc) weights of three decimals."""

    source: str
    output: str
    weights: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        expect("source", self.source, isinstance(self.source, str) and bool(self.source))
        expect("output", self.output, isinstance(self.output, str) and len(self.output) == len(self.weights))
        rows = all(len(row) == len(self.source) and all(map(is_share, row)) for row in self.weights)
        expect("weights", self.weights, rows)


@dataclass(frozen=True)
class GalleryEntry:
    """What a mistake does: its runs, by seed, and the maps of the first seed by date."""

    runs: tuple[GalleryRun, ...]
    maps: Mapping[str, GalleryMap]


@dataclass(frozen=True)
class Gallery:
    """Everything that was measured.

    Attributes:
        recipe: of the right code; a mistake may change it, see `core.training.mistakes`.
        data: where the dates came from, in words.
        test_pairs: dates that the right code was tested on.
        dates: the texts of the maps.
        seeds: of every entry's runs.
        entries: by the mistake's name, `RIGHT` first.
    """

    recipe: Recipe
    data: str
    test_pairs: int
    dates: tuple[str, ...]
    seeds: tuple[int, ...]
    entries: Mapping[str, GalleryEntry] = field(default_factory=dict)

    def __post_init__(self) -> None:
        expect("data", self.data, isinstance(self.data, str))
        expect("test_pairs", self.test_pairs, is_count(self.test_pairs))
        expect("dates", self.dates, all(isinstance(text, str) for text in self.dates))
        expect("seeds", self.seeds, bool(self.seeds) and all(map(is_count, self.seeds)))
        for name, entry in self.entries.items():
            expect("entries", name, name == RIGHT or name in MISTAKES)
            seeds = [run.seed for run in entry.runs]
            expect(f"runs of {name}", seeds, seeds == list(self.seeds[: len(seeds)]))
            expect(f"maps of {name}", list(entry.maps), set(entry.maps) <= set(self.dates))

    @property
    def missing(self) -> tuple[str, ...]:
        """The entries that are not there, or not with all their runs; none once the gallery is finished."""
        runs = {name: len(entry.runs) for name, entry in self.entries.items()}
        return tuple(name for name in (RIGHT, *MISTAKES) if runs.get(name, 0) < len(self.seeds))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "recipe": self.recipe.to_dict(),
            "data": self.data,
            "test_pairs": self.test_pairs,
            "dates": list(self.dates),
            "seeds": list(self.seeds),
            "entries": {name: _entry_to_dict(entry) for name, entry in self.entries.items()},
        }


def _entry_to_dict(entry: GalleryEntry) -> dict[str, Any]:
    runs = [asdict(run) | {"intervals": [point._asdict() for point in run.intervals]} for run in entry.runs]
    return {"runs": runs, "maps": {text: asdict(shown) for text, shown in entry.maps.items()}}


# ---- reading --------------------------------------------------------------------------------------------------------


def read_gallery(folder: Path = GALLERY_FOLDER) -> Gallery:
    """The gallery in a folder; finished or not, see `Gallery.missing`.

    Raises:
        GalleryError: there is none, or the file is damaged or not a gallery's; says what to do.
    """
    remedy = "make one with `python -m core gallery`"
    return read_json(folder / GALLERY_FILE, "a gallery", _gallery, GalleryError, remedy)


def _gallery(values: Mapping[str, Any]) -> Gallery:
    return Gallery(
        recipe=Recipe.from_dict(values["recipe"]),
        data=values["data"],
        test_pairs=values["test_pairs"],
        dates=tuple(values["dates"]),
        seeds=tuple(values["seeds"]),
        entries={name: _entry(entry) for name, entry in values["entries"].items()},
    )


def _entry(values: Mapping[str, Any]) -> GalleryEntry:
    runs = []
    for run in values["runs"]:
        points = tuple(LossPoint(**point) for point in run["intervals"])
        epochs = tuple(EpochPoint(**point) for point in run["epochs"])
        runs.append(GalleryRun(**run | {"intervals": points, "epochs": epochs}))
    maps = {}
    for text, shown in values["maps"].items():
        weights = tuple(tuple(row) for row in shown["weights"])
        maps[text] = GalleryMap(**shown | {"weights": weights})
    return GalleryEntry(tuple(runs), maps)


# ---- making ---------------------------------------------------------------------------------------------------------

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
    gallery = Gallery(recipe, plan.data, len(plan.test), tuple(dates), tuple(seeds))
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


# ---- as a table -----------------------------------------------------------------------------------------------------


def table_of(gallery: Gallery) -> str:
    """What the mistakes do, as a table in Markdown: of loss and exact match the mean and the range over the seeds."""
    lines = ["| mistake | sits in | training loss at the end | exact match | caught by |", "|---|---|---|---|---|"]
    for name, entry in gallery.entries.items():
        label, where, check = "the right code", "", ""
        if name != RIGHT:
            label, where, check = name, MISTAKES[name].where, f"`{MISTAKES[name].caught_by}`"
        losses = [run.intervals[-1].loss for run in entry.runs if run.intervals]
        shares = [100 * run.exact_match for run in entry.runs]
        unseen = [100 * run.exact_match_unseen for run in entry.runs if run.exact_match_unseen is not None]
        exact = f"{_spread(shares, 2)} %" + (f"; of days never seen {_spread(unseen, 2)} %" if unseen else "")
        lines.append(f"| {label} | {where} | {_spread(losses, 4)} | {exact} | {check} |")
    return "\n".join(lines)


def _spread(values: Sequence[float], digits: int) -> str:
    if not values:
        return "-"
    mean, low, high = (f"{value:.{digits}f}" for value in (sum(values) / len(values), min(values), max(values)))
    return mean if low == high else f"{mean} ({low} to {high})"
