"""Verdicts and tables say what the samples say, by numbers worked out by hand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from benchmarks import results
from benchmarks.plot import growth_svg
from benchmarks.report import quantity, render
from benchmarks.results import CORE, GOALS, LAYER_BY_LAYER, PRODUCTS, PYTORCH, Goal, Report, Result, growth, judge

MACHINE = {"CPU": "a machine", "cores": "2", "PyTorch": "not installed"}

TRAINING = Result(
    results.TRAINING,
    1,
    {CORE: [0.04, 0.10, 0.05], LAYER_BY_LAYER: [0.20, 0.10, 0.10], PRODUCTS: [0.04, 0.08, 0.05]},
)


def point(name, value, core, products, threads=1):
    samples = {CORE: core, PRODUCTS: products}
    return Result(results.TRAINING_RANDOM, threads, samples, sizes=(name, value))


def test_a_ratio_is_the_middle_of_those_of_the_rounds():
    verdict = judge(Goal(results.TRAINING, 0.45, LAYER_BY_LAYER), TRAINING)
    assert verdict.value == pytest.approx(0.5)  # of 0.2, 1.0, 0.5
    assert verdict.spread == pytest.approx((0.35, 0.75))
    assert verdict.reached is False
    assert verdict.missed_by == pytest.approx(0.5 / 0.45 - 1)


def test_reached_is_at_most():
    verdict = judge(Goal(results.TRAINING, 1.0, PRODUCTS), TRAINING)
    assert (verdict.value, verdict.reached, verdict.missed_by) == (1.0, True, 0.0)


def test_a_contender_that_is_not_here_is_no_verdict():
    verdict = judge(Goal(results.TRAINING, 0.9, PYTORCH), TRAINING)
    assert (verdict.value, verdict.reached) == (None, None)


def test_a_value_is_the_middle_of_the_rounds_or_of_the_largest_contender():
    assert judge(Goal(results.TRAINING, 0.25), TRAINING).value == 0.05
    changes = Result(results.CHANGES, 1, {"argmax": [0.001, 0.9, 0.002], "gold": [0.003, 0.003, 0.003]})
    assert judge(Goal(results.CHANGES, 0.005, contender=None), changes).value == 0.003


def test_growth_is_last_by_first():
    points = [point("H", 64, [0.5, 0.25], [0.5, 0.5]), point("H", 128, [9, 9], [9, 9]), point("H", 256, [2, 2], [1, 3])]
    grown = growth("H", points)
    assert grown.samples == {CORE: [4.0, 8.0], PRODUCTS: [2.0, 6.0]}
    assert (grown.piece, grown.unit, grown.threads) == (results.GROWTH.format("H"), "times", 1)
    assert judge(Goal(grown.piece, 1.0, PRODUCTS), grown).value == pytest.approx((2 + 8 / 6) / 2)


def test_goals_are_those_that_were_asked_for():
    asked = {(goal.piece, goal.against): goal.at_most for goal in GOALS}
    assert asked == {
        ("training iteration, dates", "layer by layer"): 0.45,
        ("training iteration, dates", "PyTorch"): 0.90,
        ("training iteration, dates", "products"): 1.05,
        ("5,000 dates decoded", "layer by layer"): 1 / 30,
        ("one date traced", "layer by layer"): 0.35,
        ("growth of a training iteration with T_enc", "products"): 1.0,
        ("growth of a training iteration with H", "products"): 1.0,
        ("growth of a training iteration with N", "products"): 1.0,
        ("memory of a training iteration", "PyTorch"): 1.0,
        ("import", None): 0.25,
        ("streamlit run", None): 4.0,
        ("one date traced with a change", None): 0.005,
        ("causal map of one date", None): 0.3,
        ("table of changes, 5,000 dates", None): 20.0,
        ("a step, click to picture", "idle"): 2.0,
        ("another date, click to picture", "idle"): 2.0,
        ("training iteration on the GPU, dates", "PyTorch"): 1.0,
        ("training iteration on the GPU, dates", "layer by layer"): 0.1,
    }


def test_a_report_survives_json():
    report = Report(MACHINE, [TRAINING, point("N", 4, [1.0], [2.0])], {"importing core": {"numpy": 0.1}})
    assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0123, "s", "12.3 ms"),
        (0.000456, "s", "0.46 ms"),
        (1.0, "s", "1.00 s"),
        (14.04, "s", "14.0 s"),
        (1234.5, "MB", "1,234 MB"),
        (1 / 30, "ratio", "0.0333"),
        (0.45, "ratio", "0.45"),
        (3.04, "times", "3.04 x"),
    ],
)
def test_a_quantity_in_words(value, unit, words):
    assert quantity(value, unit) == words


def lines_of(report, markdown=False):
    return [" ".join(line.split()) for line in render(report, markdown=markdown).splitlines()]


def test_the_text_says_what_is_reached_and_missed():
    lines = lines_of(Report(MACHINE, [TRAINING]))
    assert "training iteration, dates / layer by layer 1 0.50 0.35 to 0.75 0.45 missed by 11%" in lines
    assert "training iteration, dates / products 1 1.00 1.00 to 1.12 1.05 reached" in lines
    assert "training iteration, dates / PyTorch 1 - - 0.90 no PyTorch here" in lines
    assert "training iteration, dates 1 50.0 ms 100 ms - 50.0 ms" in lines
    assert "CPU a machine" in lines
    assert any(line.startswith("PyTorch is not installed") for line in lines)


def test_a_quick_run_claims_nothing():
    text = render(Report(MACHINE, [TRAINING], quick=True), markdown=False)
    assert "reached" not in text and "missed" not in text
    assert "its numbers say nothing" in text


def test_parts_are_compared_with_the_books_way():
    samples = {CORE: [0.01, 0.02], "nothing shared": [0.03, 0.03], LAYER_BY_LAYER: [0.05, 0.05]}
    lines = lines_of(Report(MACHINE, [Result(results.PART.format("encoder"), 1, samples)]))
    assert "encoder 1 15.0 ms 30.0 ms 50.0 ms 0.30" in lines
    assert "Medians" not in lines


def test_how_much_faster_the_books_script_runs_is_a_line():
    samples = {CORE: [0.01, 0.02, 0.01], LAYER_BY_LAYER: [0.02, 0.08, 0.03]}
    lines = lines_of(Report(MACHINE, [Result(results.BOOK_TRAINING, 1, samples)]))
    assert "training iteration of the book's script 1 10.0 ms 30.0 ms 3.0" in lines
    assert "Medians" not in lines


def test_markdown_has_the_same_numbers():
    lines = lines_of(Report(MACHINE, [TRAINING, point("N", 4, [1.0], [2.0])]), markdown=True)
    assert "| training iteration, dates / layer by layer | 1 | 0.50 | 0.35 to 0.75 | 0.45 | missed by 11% |" in lines
    assert "| N = 4 | 1 | 1.00 s | - | 2.00 s | 0.50 | - |" in lines
    assert lines.count("### Must reach") == 1


def test_the_picture_has_a_point_for_every_size_on_logarithmic_axes():
    points = [point("N", n, [n / 1000], [n / 2000]) for n in (1, 10, 100)]
    ignored = [point("N", n, [7.0], [7.0], threads=2) for n in (1, 10, 100)]
    picture = growth_svg(Report(MACHINE, [TRAINING, *points, *ignored]))
    assert picture is not None
    dots = [dot.attrib for dot in ET.fromstring(picture).iter("{http://www.w3.org/2000/svg}circle")]
    circles = [(float(dot["cx"]), float(dot["cy"]), dot["fill"]) for dot in dots]
    assert len(circles) == 6
    core, products = circles[:3], circles[3:]
    steps = [(b[0] - a[0], b[1] - a[1]) for line in (core, products) for a, b in pairwise(line)]
    # Ten times the size is ten times the time: every step is as far to the right and as far up.
    assert [step == pytest.approx(steps[0], abs=0.2) for step in steps] == [True] * 4
    assert steps[0][0] > 0 > steps[0][1]
    assert all(p[1] > c[1] for p, c in zip(products, core, strict=True))  # half the time lies lower
    assert {c[2] for c in core}.isdisjoint(p[2] for p in products)


def test_without_growth_there_is_no_picture():
    assert growth_svg(Report(MACHINE, [TRAINING])) is None
