"""A model as a small diagram: the cells, and the wires between them, those marked that make it what it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator, untranslated

# Lengths in pixels. Three cells stand for all of an encoder, three for all of a decoder.
_WIDTH: Final = 446
_TOP: Final = 10
_HEIGHT: Final = 222
_ENCODER: Final = (26, 86, 150)
_DECODER: Final = (224, 304, 394)
_ATTENTION_SHIFT: Final = 18
_BUS: Final = 132
_READ: Final = 204
_WRITTEN: Final = 28
_CAPTION: Final = 226


class _Shape(NamedTuple):
    """Size and top of the boxes of a kind."""

    width: int
    height: int
    top: int

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def bottom(self) -> int:
        return self.top + self.height


_LSTM: Final = _Shape(46, 30, 152)
_AFFINE: Final = _Shape(54, 24, 42)
_ATTENTION: Final = _Shape(56, 24, 92)


def network_svg(
    model_class: str,
    source: str,
    output: str,
    *,
    label: str,
    reversed_input: bool = True,
    bidirectional: bool = False,
    _: Translator = untranslated,
) -> Markup:
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
    diagram = _Diagram()
    _draw_cells(diagram, source[::-1] if reversed_input else source, output)
    if bidirectional:
        _draw_backward_cells(diagram)
    _NEW_WIRES[model_class](diagram, _)
    captions = [(_middle(_ENCODER), _CAPTION, _("Encoder")), (_middle(_DECODER), _CAPTION, _("Decoder"))]
    return render(
        "figures/svg/network.svg.jinja",
        top=_TOP,
        width=_WIDTH,
        height=_HEIGHT,
        label=label,
        captions=captions,
        **vars(diagram),
    )


class _Box(NamedTuple):
    x: float
    shape: _Shape
    name: str
    new: bool = False


class _Wire(NamedTuple):
    """A way of level (H) and upright (V) stretches, as in the `d` of a path."""

    way: str
    new: bool = False
    arrow: bool = False
    dotted: bool = False

    @property
    def head(self) -> str:
        """The corners of the arrow's head, where the way ends."""
        start, size = self.way[1:].replace("V", " V").replace("H", " H").split(), 5
        x, y = float(start[0]), float(start[1])
        dx, dy = 0.0, 0.0
        for stretch in start[2:]:
            to = float(stretch[1:])
            dx, dy = (0.0, 1.0 if to > y else -1.0) if stretch[0] == "V" else (1.0 if to > x else -1.0, 0.0)
            x, y = (x, to) if stretch[0] == "V" else (to, y)
        back_x, back_y = x - size * dx, y - size * dy
        sides = [(back_x + side * size * 0.7 * dy, back_y + side * size * 0.7 * dx) for side in (1, -1)]
        return " ".join(f"{a:g},{b:g}" for a, b in [(x, y), *sides])


@dataclass
class _Diagram:
    """What the template draws: texts as (x, y, text), names of wires with their anchor behind."""

    boxes: list[_Box] = field(default_factory=list)
    wires: list[_Wire] = field(default_factory=list)
    characters: list[tuple[float, float, str]] = field(default_factory=list)
    names: list[tuple[float, float, str, str]] = field(default_factory=list)

    def box(self, x: float, shape: _Shape, name: str, *, new: bool = False) -> None:
        self.boxes.append(_Box(x, shape, name, new))

    def wire(self, way: str, *, new: bool = False, arrow: bool = False, dotted: bool = False) -> None:
        self.wires.append(_Wire(way, new, arrow, dotted))

    def name(self, x: float, y: float, name: str, anchor: str = "middle") -> None:
        """What a marked wire carries."""
        self.names.append((x, y, name, anchor))


# --- What all models have ---------------------------------------------------------------------------------------------


def _draw_cells(diagram: _Diagram, read: str, output: str) -> None:
    for x, character in zip(_ENCODER, _three(read), strict=True):
        diagram.box(x, _LSTM, "LSTM")
        diagram.characters.append((x, _READ + 4, character))
        diagram.wire(f"M{x} {_READ - 12}V{_LSTM.bottom + 1}", arrow=True)
    for x, character, written in zip(_DECODER, _three("_" + output[:-1]), _three(output), strict=True):
        diagram.box(x, _LSTM, "LSTM")
        diagram.box(x, _AFFINE, "Affine")
        diagram.characters += [(x, _READ + 4, character), (x, _WRITTEN, written)]
        diagram.wire(f"M{x} {_READ - 12}V{_LSTM.bottom + 1}", arrow=True)
        diagram.wire(f"M{x - 16} {_LSTM.top}V{_AFFINE.bottom + 1}", arrow=True)
        diagram.wire(f"M{x} {_AFFINE.top}V{_WRITTEN + 3}", arrow=True)
    for first, second, last in (_ENCODER, _DECODER):
        # Between the second and the last there are more, which are not drawn.
        y, half = _LSTM.middle, _LSTM.width / 2
        diagram.wire(f"M{first + half:g} {y:g}H{second - half - 1:g}", arrow=True)
        diagram.wire(f"M{second + half:g} {y:g}H{last - half - 1:g}", arrow=True, dotted=True)


def _draw_backward_cells(diagram: _Diagram) -> None:
    """The other half of the cells, which reads from the other end."""
    y, half = _LSTM.middle + 8, _LSTM.width / 2
    first, second, last = _ENCODER
    diagram.wire(f"M{second - half:g} {y:g}H{first + half + 1:g}", arrow=True)
    diagram.wire(f"M{last - half:g} {y:g}H{second + half + 1:g}", arrow=True, dotted=True)


def _three(text: str) -> tuple[str, str, str]:
    """The first, the second and the last character; of a shorter text nothing twice."""
    return text[0], text[1:2], text[-1] if len(text) > 2 else ""


def _middle(columns: tuple[int, ...]) -> float:
    return (columns[0] + columns[-1]) / 2


# --- What makes the difference ----------------------------------------------------------------------------------------


def _draw_plain(diagram: _Diagram, _: Translator) -> None:
    _hand_over(diagram, new=True)
    diagram.name((_ENCODER[-1] + _DECODER[0]) / 2, _LSTM.middle - 8, "h")


def _draw_peeky(diagram: _Diagram, _: Translator) -> None:
    _hand_over(diagram, new=False)
    right = _DECODER[-1] + _ATTENTION_SHIFT
    diagram.wire(f"M{_ENCODER[-1]} {_LSTM.top}V{_BUS}H{right}", new=True)
    for x in _DECODER:
        diagram.wire(f"M{x + _ATTENTION_SHIFT} {_BUS}V{_AFFINE.bottom + 1}", new=True, arrow=True)
        diagram.wire(f"M{x + 8} {_BUS}V{_LSTM.top - 1}", new=True, arrow=True)
    diagram.name((_ENCODER[-1] + _DECODER[0]) / 2, _BUS - 8, "h")


def _draw_attention(diagram: _Diagram, _: Translator) -> None:
    _hand_over(diagram, new=False)
    tap = _ATTENTION_SHIFT + 16
    diagram.wire(f"M{_ENCODER[0]} {_BUS}H{_DECODER[-1] + tap}", new=True)
    for x in _ENCODER:
        diagram.wire(f"M{x} {_LSTM.top}V{_BUS}", new=True)
    for x in _DECODER:
        diagram.box(x + _ATTENTION_SHIFT, _ATTENTION, _("Attention"), new=True)
        diagram.wire(f"M{x + tap} {_BUS}V{_ATTENTION.bottom + 1}", new=True, arrow=True)
        diagram.wire(f"M{x + 6} {_LSTM.top}V{_ATTENTION.bottom + 1}", new=True, arrow=True)
        diagram.wire(f"M{x + _ATTENTION_SHIFT} {_ATTENTION.top}V{_AFFINE.bottom + 1}", new=True, arrow=True)
    diagram.name((_ENCODER[0] + _ENCODER[1]) / 2, _BUS - 8, "hs_enc")
    diagram.name(_DECODER[1] + _ATTENTION_SHIFT + 6, _ATTENTION.top - 8, "context", "start")


_NEW_WIRES: Final[dict[str, Callable[[_Diagram, Translator], None]]] = {
    "Seq2seq": _draw_plain,
    "PeekySeq2seq": _draw_peeky,
    "AttentionSeq2seq": _draw_attention,
}


def _hand_over(diagram: _Diagram, new: bool) -> None:
    """From the encoder's last cell to the decoder's first."""
    half = _LSTM.width / 2
    diagram.wire(f"M{_ENCODER[-1] + half:g} {_LSTM.middle:g}H{_DECODER[0] - half - 1:g}", new=new, arrow=True)
