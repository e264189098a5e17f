"""The colour scales: the published tables, brighter for more at every step, and as even as they claim."""

from __future__ import annotations

import numpy as np
import plotly.colors
import pytest

from viz_app.figures.colours import CIVIDIS, DEFAULT_SCALE, GREYS, SCALES, ink_on


def rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def luminance(colours) -> np.ndarray:
    """Relative luminance of sRGB colours, 0 to 1."""
    channels = np.array([rgb(colour) for colour in colours]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def lightness(colours) -> np.ndarray:
    """CIE L* of sRGB colours."""
    y = luminance(colours)
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize("name", SCALES)
def test_256_colours_brighter_for_more(name):
    steps = np.diff(lightness(SCALES[name]))
    assert len(SCALES[name]) == 256
    # 8 bits a channel allow a step down by rounding, no more.
    assert steps.min() > -0.15
    assert lightness(SCALES[name])[-1] - lightness(SCALES[name])[0] > 75


def test_cividis_is_even():
    windows = lightness(CIVIDIS)[::15]
    steps = np.diff(windows)
    assert steps.max() < 1.5 * steps.min()


def test_cividis_is_the_published_one():
    published = plotly.colors.sequential.Cividis
    assert (CIVIDIS[0], CIVIDIS[128], CIVIDIS[-1]) == ("#00224e", "#7d7c78", "#fee838")
    ours = [rgb(CIVIDIS[round(255 * i / (len(published) - 1))]) for i in range(len(published))]
    theirs = [rgb(colour) for colour in published]
    assert np.abs(np.array(ours) - theirs).max() <= 8


def test_greys_are_the_books_black_for_nothing_and_white_for_all():
    assert (GREYS[0], GREYS[-1]) == ("#000000", "#ffffff")
    # One of the nine of ColorBrewer lies at a quarter.
    assert GREYS[64] == "#525252"
    assert all(len(set(rgb(colour))) == 1 for colour in GREYS)


def test_scales_by_name_begin_with_the_default():
    assert next(iter(SCALES)) == DEFAULT_SCALE == "cividis"
    assert SCALES == {"cividis": CIVIDIS, "greys": GREYS}


@pytest.mark.parametrize("name", SCALES)
def test_ink_can_be_read_on_every_colour(name):
    grounds, inks = luminance(SCALES[name]), luminance(map(ink_on, SCALES[name]))
    # WCAG 2.2, 1.4.3; one of black and white always has as much.
    contrast = (np.maximum(grounds, inks) + 0.05) / (np.minimum(grounds, inks) + 0.05)
    assert contrast.min() >= 4.5
