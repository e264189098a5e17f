"""The curves of the gallery over the seeds, and its maps; a gallery that is missing or damaged is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.exhibits.gallery import EpochPoint, GalleryEntry, GalleryMap, GalleryRun, LossPoint
from tests.traces import make_trace
from tests.viz_app import made_up_gallery
from viz_app.pages.bugs.gallery import (
    accuracy_line,
    first_that_differs,
    look_alike,
    loss_line,
    map_of,
    shipped_gallery,
)


def run(losses: list[float], shares: list[float]) -> GalleryRun:
    points = tuple(LossPoint(20 * (i + 1), loss) for i, loss in enumerate(losses))
    epochs = tuple(EpochPoint(i + 1, 60 * (i + 1), 1.0, share) for i, share in enumerate(shares))
    return GalleryRun(0, points, epochs, 1.0, None)


def test_means_and_ranges_are_over_the_seeds_that_came_so_far() -> None:
    entry = GalleryEntry((run([4.0, 2.0, 1.0], [0.25, 0.75]), run([2.0], []), run([3.0, 4.0], [0.5])), {})
    losses, accuracies = loss_line(entry, "loss", 1), accuracy_line(entry, "share", 2)
    assert (losses.name, losses.colour, accuracies.name, accuracies.colour) == ("loss", 1, "share", 2)
    assert losses.points == [(20, 3.0), (40, 3.0), (60, 1.0)]
    assert losses.band == [(20, 2.0, 4.0), (40, 2.0, 4.0), (60, 1.0, 1.0)]
    assert accuracies.points == [(1, 0.375), (2, 0.75)]
    assert accuracies.band == [(1, 0.25, 0.5), (2, 0.75, 0.75)]


def test_a_decoding_as_a_map() -> None:
    trace = make_trace()
    map_ = map_of(trace)
    assert (map_.source, map_.output) == (trace.source, trace.output)
    np.testing.assert_array_equal(np.array(map_.weights, np.float32), trace.weights)
    with pytest.raises(ValueError, match="has no attention"):
        map_of(make_trace(attention=False))


def test_the_first_date_is_taken_whose_maps_a_person_can_tell_apart() -> None:
    one = GalleryMap("ab", "x", ((0.5, 0.5),))
    hardly, clearly = (replace(one, weights=((0.5 + by, 0.5 - by),)) for by in (0.04, 0.06))
    other = replace(one, output="y")
    assert look_alike(one, hardly) and not look_alike(one, clearly) and not look_alike(one, other)
    assert first_that_differs([("a", one, hardly), ("b", one, clearly), ("c", one, other)]) == "b"
    assert first_that_differs([("a", one, one)]) is None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place for the gallery that ships."""
    monkeypatch.setattr("viz_app.pages.bugs.gallery.GALLERY_FOLDER", tmp_path)
    shipped_gallery.cache_clear()
    yield tmp_path
    shipped_gallery.cache_clear()


def test_the_shipped_gallery_is_read_once(folder: Path) -> None:
    gallery = made_up_gallery.make_gallery(folder)
    assert shipped_gallery() == gallery
    assert shipped_gallery() is shipped_gallery()


def test_without_a_gallery_or_with_a_damaged_one_there_is_none(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert shipped_gallery() is None and caplog.text == ""
    shipped_gallery.cache_clear()
    (folder / "gallery.json").write_text('{"entries": 3}')
    assert shipped_gallery() is None
    assert "the gallery of bugs cannot be shown" in caplog.text
