"""The colour scales of every attention picture: 256 colours each, from weight 0 to weight 1.

Tables and not a plotting library's colour maps, so that the stage, the figures and the exports show one weight in one
colour, and none of them has to import a library for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

GROUNDS: Final = ("#ffffff", "#12161c")
"""What the pages stand on, light and dark, as `.streamlit/config.toml` says it."""

_WHITE_D65: Final = (0.95047, 1.0, 1.08883)
_FROM_RGB: Final = (
    (0.4124564, 0.3575761, 0.1804375),
    (0.2126729, 0.7151522, 0.072175),
    (0.0193339, 0.119192, 0.9503041),
)
_TO_RGB: Final = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.969266, 1.8760108, 0.041556),
    (0.0556434, -0.2040259, 1.0572252),
)

_Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Scale:
    """A scale on light and on dark ground.

    Attributes:
        light, dark: 256 colours as "#rrggbb", weight 0 first. Pictures for paper take the light ones.
    """

    light: tuple[str, ...]
    dark: tuple[str, ...]

    def on(self, *, dark: bool) -> tuple[str, ...]:
        """The 256 colours on such ground."""
        return self.dark if dark else self.light

    def css(self, share: float) -> str:
        """The colour of a share as CSS that follows the page from light to dark; a NaN has the colour of 0."""
        return following(*(colours[shade(share)] for colours in (self.light, self.dark)))

    def css_ink(self, share: float) -> str:
        """What can be read on `css`."""
        return following(*(ink_on(colours[shade(share)]) for colours in (self.light, self.dark)))


def following(light: str, dark: str) -> str:
    """A CSS colour that follows the page from light to dark."""
    return light if light == dark else f"light-dark({light},{dark})"


def shade(share: float) -> int:
    """The index of a share's colour; one outside 0 to 1, or NaN, gets the nearest end or the lowest."""
    return round(255 * min(max(share, 0.0), 1.0)) if share == share else 0


def _cielab(colour: str) -> _Triple:
    """CIE 1976 L*a*b* of "#rrggbb", sRGB under D65."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    xyz = [sum(m * c for m, c in zip(row, linear, strict=True)) for row in _FROM_RGB]
    ratios = [value / white for value, white in zip(xyz, _WHITE_D65, strict=True)]
    x, y, z = (ratio ** (1 / 3) if ratio > 216 / 24389 else (24389 / 27 * ratio + 16) / 116 for ratio in ratios)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _srgb(lab: _Triple) -> str:
    """The reverse of `_cielab`, to the nearest of 256 levels a channel."""
    lightness, a, b = lab
    y = (lightness + 16) / 116
    cubes = [(f**3 if f**3 > 216 / 24389 else (116 * f - 16) * 27 / 24389) for f in (y + a / 500, y, y - b / 200)]
    xyz = [cube * white for cube, white in zip(cubes, _WHITE_D65, strict=True)]
    linear = [min(max(sum(m * c for m, c in zip(row, xyz, strict=True)), 0.0), 1.0) for row in _TO_RGB]
    channels = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in linear)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)


def _line(first: str, last: str) -> tuple[str, ...]:
    """256 colours on the straight line between two in CIELAB: equal steps look equal, and lightness changes evenly."""
    ends = list(zip(_cielab(first), _cielab(last), strict=True))
    lines = [[start + (end - start) * i / 255 for i in range(256)] for start, end in ends]
    return tuple(_srgb((lightness, a, b)) for lightness, a, b in zip(*lines, strict=True))


# Nothing is the ground itself; all is dark blue ink on white, and pale blue light on the dark ground. Of one hue: what
# differs is lightness, which every eye sees.
INK: Final = Scale(light=_line(GROUNDS[0], "#04426f"), dark=_line(GROUNDS[1], "#a9d8ff"))

# Perceptually uniform, and nearly the same picture with and without red-green colour blindness.
# Source: Nuñez, Anderton, Renslow 2018, "Optimizing colormaps with consideration for color vision deficiency",
# PLOS ONE 13(7): e0199239; the 256 colours as matplotlib publishes them (CC0).
_CIVIDIS_RGB: Final = """
    00224e 00234f 002451 002553 002554 002656 002758 002859 00285b 00295d 002a5f 002a61 002b62 002c64 002c66 002d68
    002e6a 002e6c 002f6d 00306f 003070 003170 003171 013271 053371 083370 0c3470 0f3570 123570 143670 163770 18376f
    1a386f 1c396f 1e3a6f 203a6f 213b6e 233c6e 243c6e 263d6e 273e6e 293f6e 2a3f6d 2b406d 2d416d 2e416d 2f426d 31436d
    32436d 33446d 34456c 35456c 36466c 38476c 39486c 3a486c 3b496c 3c4a6c 3d4a6c 3e4b6c 3f4c6c 404c6c 414d6c 424e6c
    434e6c 444f6c 45506c 46516c 47516c 48526c 49536c 4a536c 4b546c 4c556c 4d556c 4e566c 4f576c 50576c 51586d 52596d
    535a6d 545a6d 555b6d 555c6d 565c6d 575d6d 585e6d 595e6e 5a5f6e 5b606e 5c616e 5d616e 5e626e 5e636f 5f636f 60646f
    61656f 62656f 636670 646770 656870 656870 666970 676a71 686a71 696b71 6a6c71 6b6d72 6c6d72 6c6e72 6d6f72 6e6f73
    6f7073 707173 717274 727274 727374 737475 747475 757575 767676 777776 777777 787877 797977 7a7a78 7b7a78 7c7b78
    7d7c78 7e7c78 7e7d78 7f7e78 807f78 817f78 828079 838179 848279 858279 868379 878478 888578 898578 8a8678 8b8778
    8c8878 8d8878 8e8978 8f8a78 908b78 918b78 928c78 928d78 938e78 948e77 958f77 969077 979177 989277 999277 9a9376
    9b9476 9c9576 9d9576 9e9676 9f9775 a09875 a19975 a29975 a39a74 a49b74 a59c74 a69c74 a79d73 a89e73 a99f73 aaa073
    aba072 aca172 ada272 aea371 afa471 b0a571 b1a570 b3a670 b4a76f b5a86f b6a96f b7a96e b8aa6e b9ab6d baac6d bbad6d
    bcae6c bdae6c beaf6b bfb06b c0b16a c1b26a c2b369 c3b369 c4b468 c5b568 c6b667 c7b767 c8b866 c9b965 cbb965 ccba64
    cdbb63 cebc63 cfbd62 d0be62 d1bf61 d2c060 d3c05f d4c15f d5c25e d6c35d d7c45c d9c55c dac65b dbc75a dcc859 ddc858
    dec958 dfca57 e0cb56 e1cc55 e2cd54 e4ce53 e5cf52 e6d051 e7d150 e8d24f e9d34e ead34c ebd44b edd54a eed649 efd748
    f0d846 f1d945 f2da44 f3db42 f5dc41 f6dd3f f7de3e f8df3c f9e03a fbe138 fce236 fde334 fee434 fee535 fee636 fee838
"""
_CIVIDIS_COLOURS: Final = tuple(f"#{colour}" for colour in _CIVIDIS_RGB.split())
CIVIDIS: Final = Scale(_CIVIDIS_COLOURS, _CIVIDIS_COLOURS)

# The book draws its maps with matplotlib's `Greys_r`: black is 0, white is 1.
# Source: ColorBrewer 2.0, sequential "Greys" of 9 classes (Brewer, Harrower; Apache 2.0), dark to light.
_GREY_LEVELS: Final = (0x00, 0x25, 0x52, 0x73, 0x96, 0xBD, 0xD9, 0xF0, 0xFF)


def _grey(position: float) -> str:
    """The grey at 0 <= position <= 1, linear between the nine published ones."""
    x = position * (len(_GREY_LEVELS) - 1)
    left = min(int(x), len(_GREY_LEVELS) - 2)
    level = round(_GREY_LEVELS[left] + (_GREY_LEVELS[left + 1] - _GREY_LEVELS[left]) * (x - left))
    return f"#{level:02x}{level:02x}{level:02x}"


_GREY_COLOURS: Final = tuple(_grey(i / 255) for i in range(256))
GREYS: Final = Scale(_GREY_COLOURS, _GREY_COLOURS)

SCALES: Final[dict[str, Scale]] = {"ink": INK, "cividis": CIVIDIS, "greys": GREYS}
DEFAULT_SCALE: Final = "ink"


def packed_scale(scale: Scale) -> dict[str, str]:
    """A scale for the browser: the hexadecimal digits of its colours in one string, `dark` where it differs."""
    digits = {name: "".join(colour[1:] for colour in colours) for name, colours in vars(scale).items()}
    return digits if scale.dark != scale.light else {"light": digits["light"]}


def ink_on(colour: str) -> str:
    """Black or white, whichever contrasts more with "#rrggbb": at least 4.58 to 1 on every colour there is."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"
