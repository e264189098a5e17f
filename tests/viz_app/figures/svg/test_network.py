"""The diagrams of the networks: which cells there are, which wires are marked, and where they end."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from core.models.spec import MODEL_CLASSES
from viz_app.figures.svg.network import network_svg

ACCENT = "light-dark(#b8420a,#f5a05c)"
TEXT, OUTPUT = "september 27, 1994", "1994-09-27"

classes = pytest.mark.parametrize("model_class", MODEL_CLASSES)


def draw(model_class: str, **options: bool) -> ET.Element:
    svg = network_svg(
        model_class,
        TEXT,
        OUTPUT,
        label='the "diagram"',
        reversed_input=options.get("reversed_input", True),
        bidirectional=options.get("bidirectional", False),
    )
    return ET.fromstring(svg)


def words(root: ET.Element) -> list[str]:
    return ["".join(text.itertext()) for text in root.iter("text")]


def new_wires(root: ET.Element) -> list[str]:
    return [path.get("d", "") for path in root.iter("path") if path.get("class") == "wire new"]


def boxes(root: ET.Element, name: str) -> list[tuple[float, float]]:
    """Left and right ends of the boxes with a name."""
    children = list(root)
    found = [children[i - 1] for i, child in enumerate(children) if child.tag == "text" and child.text == name]
    return [(x := float(rect.get("x", "")), x + float(rect.get("width", ""))) for rect in found]


def ends(way: str) -> tuple[float, float]:
    """Where a way of upright and level stretches ends."""
    x, y = map(float, re.findall(r"M([\d.]+) ([\d.]+)", way)[0])
    for direction, to in re.findall(r"([HV])([\d.]+)", way):
        x, y = (float(to), y) if direction == "H" else (x, float(to))
    return x, y


def reached(root: ET.Element, name: str) -> list[bool]:
    """For every box with a name, whether a marked wire ends at it from below or above."""
    ways = [ends(way) for way in new_wires(root)]
    rects = {child.get("x"): child for child in root.iter("rect")}
    found = []
    for left, right in boxes(root, name):
        rect = next(r for x, r in rects.items() if x and float(x) == left)
        top = float(rect.get("y", ""))
        bottom = top + float(rect.get("height", ""))
        found.append(any(left <= x <= right and (abs(y - bottom) <= 1 or abs(y - top) <= 1) for x, y in ways))
    return found


@classes
def test_there_are_three_cells_on_each_side_with_the_characters_they_read(model_class: str) -> None:
    said = words(draw(model_class))
    assert said.count("LSTM") == 6 and said.count("Affine") == 3
    # Read from the end: 4, 9 ... s; fed: the start, 1 ... 2; written: 1, 9 ... 7.
    assert sorted(word for word in said if len(word) == 1 and word != "h") == sorted("49s" + "_12" + "197")


def test_plain_has_one_marked_wire_from_cell_to_cell() -> None:
    root = draw("Seq2seq")
    (wire,) = new_wires(root)
    lstms = boxes(root, "LSTM")
    start = float(re.findall(r"M([\d.]+)", wire)[0])
    assert start == lstms[2][1] and ends(wire)[0] == lstms[3][0] - 1
    assert words(root).count("h") == 1 and "Attention" not in words(root)


def test_peeky_reaches_every_cell_and_every_affine_layer() -> None:
    root = draw("PeekySeq2seq")
    lstms, affines = [rect for rect in boxes(root, "LSTM")], boxes(root, "Affine")
    tops = {round(x) for x, y in map(ends, new_wires(root)) if y < 120}
    bottoms = {round(x) for x, y in map(ends, new_wires(root)) if y > 140}
    assert all(any(left < x < right for x in tops) for left, right in affines) and len(tops) >= 3
    assert all(any(left < x < right for x in bottoms) for left, right in lstms[3:])
    assert not any(left < x < right for x in bottoms for left, right in lstms[:3])


def test_attention_takes_all_encoder_states_to_every_affine_layer() -> None:
    root = draw("AttentionSeq2seq")
    assert words(root).count("Attention") == 3 and {"hs_enc", "context"} <= set(words(root))
    starts = {float(re.findall(r"M([\d.]+)", way)[0]) for way in new_wires(root)}
    assert all(any(left < x < right for x in starts) for left, right in boxes(root, "LSTM"))
    assert all(reached(root, "Affine")) and all(reached(root, "Attention"))


@classes
def test_what_is_new_is_marked_by_more_than_colour(model_class: str) -> None:
    root = draw(model_class)
    widths = {path.get("class"): float(path.get("stroke-width", "")) for path in root.iter("path")}
    assert widths["wire new"] >= 2 * widths["wire"]
    assert all(ACCENT in (path.get("style") or "") for path in root.iter("path") if path.get("class") == "wire new")


@classes
def test_everything_is_inside_the_picture(model_class: str) -> None:
    root = draw(model_class, bidirectional=True)
    left, top, width, height = map(float, root.get("viewBox", "").split())
    for rect in root.iter("rect"):
        x, y, w, h = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert left <= x and x + w <= left + width and top <= y and y + h <= top + height
    for path in root.iter("path"):
        x, y = ends(path.get("d", ""))
        assert left <= x <= left + width and top <= y <= top + height


def test_the_other_order_and_the_second_direction_are_drawn() -> None:
    forwards = words(draw("Seq2seq", reversed_input=False))
    assert forwards.count("s") == 1 and forwards.count("e") == 1 and forwards.count("4") == 1
    one, two = (len(list(draw("Seq2seq", bidirectional=both).iter("path"))) for both in (False, True))
    assert two == one + 2


def test_texts_are_escaped_and_short_ones_do_not_fail() -> None:
    svg = network_svg("Seq2seq", "<", "1", label='<b>"')
    root = ET.fromstring(svg)
    assert root.get("aria-label") == '<b>"' and "<" in words(root)
    assert words(root).count("1") == 1


@pytest.mark.parametrize(("source", "output"), [("", "1"), ("1", "")])
def test_a_text_without_a_character_is_refused(source: str, output: str) -> None:
    with pytest.raises(ValueError, match="expected a character in each"):
        network_svg("Seq2seq", source, output, label="")


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="no diagram of 'Transformer'; expected one of Seq2seq, Peeky"):
        network_svg("Transformer", TEXT, OUTPUT, label="")
