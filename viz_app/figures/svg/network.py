"""A model as a small diagram: the cells, and the wires between them, those marked that make it what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Final

from viz_app.text.characters import visible
from viz_app.text.i18n import Translator, untranslated

# Lengths in pixels. Three cells stand for all of an encoder, three for all of a decoder.
_WIDTH: Final = 446
_TOP: Final = 10
_HEIGHT: Final = 222
_ENCODER: Final = (26, 86, 150)
_DECODER: Final = (224, 304, 394)
_LSTM: Final = (46, 30, 152)
_AFFINE: Final = (54, 24, 42)
_ATTENTION: Final = (56, 24, 92)
_ATTENTION_SHIFT: Final = 18
_BUS: Final = 132
_READ: Final = 204
_WRITTEN: Final = 28
_CAPTION: Final = 226

_NEW: Final = "light-dark(#b8420a,#f5a05c)"
_MONO: Final = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def network_svg(
    model_class: str,
    source: str,
    output: str,
    *,
    label: str,
    reversed_input: bool = True,
    bidirectional: bool = False,
    _: Translator = untranslated,
) -> str:
    """Draw how a model's encoder, decoder and affine layers are wired.

    The wires that tell it from a simpler one are thick and in a colour of their own, and named: of plain seq2seq the
    only way from the encoder to the decoder, of Peeky the same vector to every cell and affine layer, of attention the
    states of all encoder cells to every affine layer. Words and lines are in the colour of the page's own text.

    Args:
        model_class: "Seq2seq", "PeekySeq2seq" or "AttentionSeq2seq".
        source, output: what stands at the cells; the first, the second and the last character of each are shown.
        label: what the picture shows, for those who hear the page.
        reversed_input: whether the last character is read first.
        bidirectional: whether a second row of cells reads the other way round.
        _: translates the words of the picture.
    Returns:
        an SVG element of some 5 kB; it runs nothing and contacts nobody.
    Raises:
        ValueError: an unknown class, or a text or an answer without a character; says which.
    """
    if model_class not in _NEW_WIRES:
        raise ValueError(f"there is no diagram of {model_class!r}; expected one of {', '.join(_NEW_WIRES)}")
    if not source or not output:
        raise ValueError(f"got the source {source!r} and the output {output!r}; expected a character in each")
    read = source[::-1] if reversed_input else source
    parts = [
        f'<svg class="network" viewBox="0 {_TOP} {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'aria-label="{escape(label)}" font-size="12" style="max-width:100%;height:auto">',
        *_cells(read, output, bidirectional, _),
        *_NEW_WIRES[model_class](_),
        "</svg>",
    ]
    return "".join(parts)


# --- What all models have ---------------------------------------------------------------------------------------------


def _cells(read: str, output: str, bidirectional: bool, _: Translator) -> Iterator[str]:
    fed = "_" + output[:-1]
    for x, character in zip(_ENCODER, _three(read), strict=True):
        yield _box(x, _LSTM, "LSTM")
        yield _character(x, _READ, character)
        yield _wire(f"M{x} {_READ - 12}V{_bottom(_LSTM) + 1}", arrow=True)
    for x, character, written in zip(_DECODER, _three(fed), _three(output), strict=True):
        yield _box(x, _LSTM, "LSTM")
        yield _box(x, _AFFINE, "Affine")
        yield _character(x, _READ, character)
        yield _character(x, _WRITTEN - 4, written)
        yield _wire(f"M{x} {_READ - 12}V{_bottom(_LSTM) + 1}", arrow=True)
        yield _wire(f"M{x - 16} {_LSTM[2]}V{_bottom(_AFFINE) + 1}", arrow=True)
        yield _wire(f"M{x} {_AFFINE[2]}V{_WRITTEN + 3}", arrow=True)
    for columns in (_ENCODER, _DECODER):
        yield from _recurrent(columns, 0)
    if bidirectional:
        yield from _backwards()
    yield _text((_ENCODER[0] + _ENCODER[-1]) / 2, _CAPTION, _("Encoder"), 'opacity="0.75"')
    yield _text((_DECODER[0] + _DECODER[-1]) / 2, _CAPTION, _("Decoder"), 'opacity="0.75"')


def _recurrent(columns: tuple[int, ...], shift: int) -> Iterator[str]:
    """From cell to cell; between the second and the last there are more, which are not drawn."""
    y, half = _middle(_LSTM) + shift, _LSTM[0] / 2
    first, second, last = columns
    yield _wire(f"M{first + half:g} {y:g}H{second - half - 1:g}", arrow=True)
    yield _wire(f"M{second + half:g} {y:g}H{last - half - 1:g}", arrow=True, dotted=True)


def _backwards() -> Iterator[str]:
    """The other half of the cells, which reads from the other end."""
    y, half = _middle(_LSTM) + 8, _LSTM[0] / 2
    first, second, last = _ENCODER
    yield _wire(f"M{second - half:g} {y:g}H{first + half + 1:g}", arrow=True)
    yield _wire(f"M{last - half:g} {y:g}H{second + half + 1:g}", arrow=True, dotted=True)


def _three(text: str) -> tuple[str, str, str]:
    """The first, the second and the last character; of a shorter text nothing twice."""
    return text[0], text[1:2], text[-1] if len(text) > 2 else ""


# --- What makes the difference ----------------------------------------------------------------------------------------


def _plain(_: Translator) -> Iterator[str]:
    yield _hand_over(new=True)
    yield _name((_ENCODER[-1] + _DECODER[0]) / 2, _middle(_LSTM) - 8, "h")


def _peeky(_: Translator) -> Iterator[str]:
    yield _hand_over(new=False)
    right = _DECODER[-1] + _ATTENTION_SHIFT
    yield _wire(f"M{_ENCODER[-1]} {_LSTM[2]}V{_BUS}H{right}", new=True)
    for x in _DECODER:
        yield _wire(f"M{x + _ATTENTION_SHIFT} {_BUS}V{_bottom(_AFFINE) + 1}", new=True, arrow=True)
        yield _wire(f"M{x + 8} {_BUS}V{_LSTM[2] - 1}", new=True, arrow=True)
    yield _name((_ENCODER[-1] + _DECODER[0]) / 2, _BUS - 8, "h")


def _attention(_: Translator) -> Iterator[str]:
    yield _hand_over(new=False)
    tap = _ATTENTION_SHIFT + 16
    yield _wire(f"M{_ENCODER[0]} {_BUS}H{_DECODER[-1] + tap}", new=True)
    for x in _ENCODER:
        yield _wire(f"M{x} {_LSTM[2]}V{_BUS}", new=True)
    for x in _DECODER:
        yield _box(x + _ATTENTION_SHIFT, _ATTENTION, _("Attention"), new=True)
        yield _wire(f"M{x + tap} {_BUS}V{_bottom(_ATTENTION) + 1}", new=True, arrow=True)
        yield _wire(f"M{x + 6} {_LSTM[2]}V{_bottom(_ATTENTION) + 1}", new=True, arrow=True)
        yield _wire(f"M{x + _ATTENTION_SHIFT} {_ATTENTION[2]}V{_bottom(_AFFINE) + 1}", new=True, arrow=True)
    yield _name((_ENCODER[0] + _ENCODER[1]) / 2, _BUS - 8, "hs_enc")
    yield _name(_DECODER[1] + _ATTENTION_SHIFT + 6, _ATTENTION[2] - 8, "context", "start")


_NEW_WIRES: Final[dict[str, Callable[[Translator], Iterator[str]]]] = {
    "Seq2seq": _plain,
    "PeekySeq2seq": _peeky,
    "AttentionSeq2seq": _attention,
}


def _hand_over(new: bool) -> str:
    """From the encoder's last cell to the decoder's first."""
    half = _LSTM[0] / 2
    return _wire(f"M{_ENCODER[-1] + half:g} {_middle(_LSTM):g}H{_DECODER[0] - half - 1:g}", new=new, arrow=True)


# --- Shapes -----------------------------------------------------------------------------------------------------------

# Width, height and top of a box.
_Box = tuple[int, int, int]


def _middle(box: _Box) -> float:
    return box[2] + box[1] / 2


def _bottom(box: _Box) -> int:
    return box[2] + box[1]


def _box(x: float, box: _Box, name: str, new: bool = False) -> str:
    width, height, top = box
    look = f'class="new" style="stroke:{_NEW}" stroke-width="2"' if new else 'stroke="currentColor" opacity="0.75"'
    rect = f'<rect x="{x - width / 2:g}" y="{top}" width="{width}" height="{height}" rx="4" fill="none" {look}/>'
    return rect + _text(x, _middle(box) + 4, name, 'font-size="11"')


def _wire(way: str, *, new: bool = False, arrow: bool = False, dotted: bool = False) -> str:
    if new:
        look = f'class="wire new" style="stroke:{_NEW}" stroke-width="2.5"'
    else:
        look = 'class="wire" stroke="currentColor" stroke-width="1.2" opacity="0.7"'
    dots = ' stroke-dasharray="2 4"' if dotted else ""
    head = _head(way, new) if arrow else ""
    return f'<path d="{way}" fill="none" {look}{dots}/>{head}'


def _head(way: str, new: bool) -> str:
    """The arrow's head, where the way ends; its last stretch is upright (V) or level (H)."""
    start, size = way[1:].replace("V", " V").replace("H", " H").split(), 5
    x, y = float(start[0]), float(start[1])
    direction = (0.0, 0.0)
    for stretch in start[2:]:
        to = float(stretch[1:])
        direction = (0.0, 1.0 if to > y else -1.0) if stretch[0] == "V" else (1.0 if to > x else -1.0, 0.0)
        x, y = (x, to) if stretch[0] == "V" else (to, y)
    dx, dy = direction
    back = (x - size * dx, y - size * dy)
    sides = [(back[0] + side * size * 0.7 * dy, back[1] + side * size * 0.7 * dx) for side in (1, -1)]
    points = " ".join(f"{a:g},{b:g}" for a, b in [(x, y), *sides])
    look = f'style="fill:{_NEW}"' if new else 'fill="currentColor" opacity="0.7"'
    return f'<polygon points="{points}" {look}/>'


def _character(x: float, y: float, character: str) -> str:
    return _text(x, y + 4, visible(character), f'font-size="14" font-family="{_MONO}"') if character else ""


def _name(x: float, y: float, name: str, anchor: str = "middle") -> str:
    """What a marked wire carries."""
    style = f'style="fill:{_NEW}" font-weight="700" font-size="11" font-family="{_MONO}"'
    return f'<text class="new" x="{x:g}" y="{y:g}" text-anchor="{anchor}" {style}>{escape(name)}</text>'


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="currentColor" {style}>{escape(text)}</text>'
