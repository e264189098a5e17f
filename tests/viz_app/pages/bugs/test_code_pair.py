"""Code beside code: every line is there, those that differ are marked, and nothing in it is markup."""

from __future__ import annotations

import re
from html import unescape

import pytest

from core.training.mistakes import MISTAKES
from viz_app.pages.bugs.code_pair import difference, marked

RIGHT = 'def f(x):\n    """Double."""\n    y = 2 * x\n\n    return y\n'
WRONG = 'def f(x):\n    """Double, wrongly,\n    in two lines.\n    """\n    y = 3 * x\n\n    return y\n'


def lines(html: str) -> list[tuple[str, bool]]:
    """Every line, and whether it is marked."""
    return [(unescape(text), bool(mark)) for mark, text in re.findall(r"<span( class=\"differs\")?>(.*?)</span>", html)]


def test_lines_that_the_other_does_not_have_are_marked_but_not_docstrings() -> None:
    assert [line for line, mark in lines(marked(RIGHT, WRONG)) if mark] == ["    y = 2 * x"]
    assert [line for line, mark in lines(marked(WRONG, RIGHT)) if mark] == ["    y = 3 * x"]


def test_of_functions_that_have_little_in_common_nothing_is_marked() -> None:
    other = "def g(a, b):\n    z = a\n    for i in range(b):\n        z += i\n    return z\n"
    assert not any(mark for _, mark in lines(marked(RIGHT, other)))


def test_code_is_nothing_but_text() -> None:
    html = marked("def f():\n    return '<b>&amp;</b>' < 3\n", "def f():\n    return 1\n")
    assert lines(html)[1][0] == "    return '<b>&amp;</b>' < 3"
    assert "<b>" not in html


@pytest.mark.parametrize("bug", MISTAKES)
def test_all_of_the_code_that_runs_is_shown(bug: str) -> None:
    mistake = MISTAKES[bug]
    for code, other in ((mistake.right_source, mistake.wrong_source), (mistake.wrong_source, mistake.right_source)):
        if code and other:
            shown = [line if line != " " else "" for line, _ in lines(marked(code, other))]
            assert shown == code.rstrip().splitlines()


def test_one_block_has_what_is_taken_away_before_what_comes_in_its_place() -> None:
    html = difference(RIGHT, WRONG, "right & good", "bug") or ""
    assert re.findall(r'<span(?: class="differs (\w+)" title="(.*?)")?>(.*?)</span>', html) == [
        ("", "", "  def f(x):"),
        ("removed", "right &amp; good", "\N{MINUS SIGN}     y = 2 * x"),
        ("added", "bug", "+     y = 3 * x"),
        ("", "", "  "),
        ("", "", "      return y"),
    ]
    other = "def g(a, b):\n    z = a\n    for i in range(b):\n        z += i\n    return z\n"
    assert difference(RIGHT, other, "", "") is None
