"""The colour scales: the published tables, more or less light for more at every step, as even as they claim."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import plotly.colors
import pytest

import viz_app
from viz_app.figures.colours import CIVIDIS, DEFAULT_SCALE, GREYS, GROUNDS, INK, SCALES, ink_on


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


def cielab(colours) -> np.ndarray:
    """CIE L*a*b* of sRGB colours under D65, (n, 3)."""
    channels = np.array([rgb(colour) for colour in colours]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ratios = linear @ np.transpose(to_xyz) / np.sum(to_xyz, axis=1)
    x, y, z = np.where(ratios > 216 / 24389, np.cbrt(ratios), (24389 / 27 * ratios + 16) / 116).T
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


TABLES = {f"{name} on {ground}": getattr(SCALES[name], ground) for name in SCALES for ground in ("light", "dark")}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_256_colours_with_more_or_less_light_for_more(table):
    values = lightness(table)
    steps = np.diff(values) * np.sign(values[-1] - values[0])
    assert len(table) == 256
    # 8 bits a channel allow a step back by rounding, no more.
    assert steps.min() > -0.15
    assert abs(values[-1] - values[0]) > 70


def test_no_attention_is_the_ground_of_the_page():
    config = tomllib.loads((Path(viz_app.__file__).parents[1] / ".streamlit" / "config.toml").read_text("utf-8"))
    grounds = tuple(config["theme"][ground]["backgroundColor"] for ground in ("light", "dark"))
    assert (INK.light[0], INK.dark[0]) == GROUNDS == grounds


@pytest.mark.parametrize("table", [INK.light, INK.dark], ids=["light", "dark"])
def test_ink_is_even(table):
    """Equal steps in CIELAB, by a conversion of its own."""
    values = lightness(table)[::15]
    steps = np.abs(np.diff(values))
    assert steps.max() < 1.1 * steps.min()
    # A straight line: every colour lies between its neighbours, as far as 8 bits a channel can.
    lab = cielab(table)
    expected = lab[0] + np.linspace(0, 1, 256)[:, None] * (lab[-1] - lab[0])
    assert np.linalg.norm(lab - expected, axis=1).max() < 0.9


def test_a_scale_as_css_follows_the_page_where_it_differs():
    assert INK.css(1) == f"light-dark({INK.light[255]},{INK.dark[255]})"
    assert (INK.css_ink(1), INK.css_ink(0)) == ("light-dark(#ffffff,#000000)", "light-dark(#000000,#ffffff)")
    assert GREYS.css(float("nan")) == "#000000" and GREYS.css(2) == "#ffffff"


def test_cividis_is_even():
    windows = lightness(CIVIDIS.light)[::15]
    steps = np.diff(windows)
    assert steps.max() < 1.5 * steps.min()


def test_cividis_is_the_published_one():
    published = plotly.colors.sequential.Cividis
    assert (CIVIDIS.light[0], CIVIDIS.light[128], CIVIDIS.light[-1]) == ("#00224e", "#7d7c78", "#fee838")
    ours = [rgb(CIVIDIS.light[round(255 * i / (len(published) - 1))]) for i in range(len(published))]
    theirs = [rgb(colour) for colour in published]
    assert np.abs(np.array(ours) - theirs).max() <= 8


def test_greys_are_the_books_black_for_nothing_and_white_for_all():
    assert (GREYS.light[0], GREYS.light[-1]) == ("#000000", "#ffffff")
    # One of the nine of ColorBrewer lies at a quarter.
    assert GREYS.light[64] == "#525252"
    assert all(len(set(rgb(colour))) == 1 for colour in GREYS.light)


def test_scales_by_name_begin_with_the_default():
    assert next(iter(SCALES)) == DEFAULT_SCALE == "ink"
    assert SCALES == {"ink": INK, "cividis": CIVIDIS, "greys": GREYS}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_ink_can_be_read_on_every_colour(table):
    grounds, inks = luminance(table), luminance([ink_on(colour) for colour in table])
    # WCAG 2.2, 1.4.3; one of black and white always has as much.
    contrast = (np.maximum(grounds, inks) + 0.05) / (np.minimum(grounds, inks) + 0.05)
    assert contrast.min() >= 4.5
