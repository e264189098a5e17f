"""The gallery of mistakes, measured: the right code and every mistake, trained alike from several seeds.

`python -m core gallery` trains them and writes `gallery.json`; the one that ships is `GALLERY_FOLDER`. Of every run it
holds the loss, the exact match and, from the first seed, where the model looks. Mistakes of the picture need no
training: they are drawn from the right model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from core.files.checked_json import expect, is_count, is_number, is_share, read_json
from core.files.places import PRETRAINED_FOLDER
from core.files.wording import percentage
from core.training.mistakes import MISTAKES
from core.training.recipe import Recipe

GALLERY_FOLDER = PRETRAINED_FOLDER / "gallery"
GALLERY_FILE = "gallery.json"

RIGHT = "none"
"""The entry of the right code."""


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


def table_of(gallery: Gallery) -> str:
    """What the mistakes do, as a table in Markdown: of loss and exact match the mean and the range over the seeds."""
    lines = ["| mistake | sits in | training loss at the end | exact match | caught by |", "|---|---|---|---|---|"]
    for name, entry in gallery.entries.items():
        label, where, check = "the right code", "", ""
        if name != RIGHT:
            label, where, check = name, MISTAKES[name].where, f"`{MISTAKES[name].caught_by}`"
        losses = [run.intervals[-1].loss for run in entry.runs if run.intervals]
        unseen = [run.exact_match_unseen for run in entry.runs if run.exact_match_unseen is not None]
        exact = f"{_spread([run.exact_match for run in entry.runs], percentage)} %"
        exact += f"; of days never seen {_spread(unseen, percentage)} %" if unseen else ""
        lines.append(f"| {label} | {where} | {_spread(losses, '{:.4f}'.format)} | {exact} | {check} |")
    return "\n".join(lines)


def _spread(values: Sequence[float], say: Callable[[float], str]) -> str:
    if not values:
        return "-"
    mean, low, high = (say(value) for value in (sum(values) / len(values), min(values), max(values)))
    return mean if low == high else f"{mean} ({low} to {high})"
