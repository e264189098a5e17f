"""Templates: what is filled in is text, what is missing is an error, and every template of the screen can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

import viz_app
from viz_app.text import html
from viz_app.text.html import Markup, render
from viz_app.text.tables import explained, table

FOLDER = Path(viz_app.__file__).parent
TEMPLATES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.jinja"))


def test_a_text_stays_text_and_markup_stays_markup() -> None:
    rows = [["<b>&", "\"'"], [Markup("<i>1</i>"), "2"]]
    said = table(["a<b", ""], rows, "<&>")
    assert '<th scope="row">&lt;b&gt;&amp;</th><td>&#34;&#39;</td>' in said
    assert '<th scope="row"><i>1</i></th><td>2</td>' in said
    assert said.count("&lt;&amp;&gt;") == 2 and '<th scope="col">a&lt;b</th>' in said


def test_line_breaks_of_a_template_are_not_sent() -> None:
    assert explained([("n", "v", "a\nmeaning")]) == (
        '<dl class="explained"><div><dt>n</dt><dd><strong>v</strong> a\nmeaning</dd></div></dl>'
    )


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'caption' is undefined"):
        render("text/table.html.jinja", header=[], rows=[], prose=False)


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_template_can_be_read(name: str) -> None:
    assert html._ENVIRONMENT.get_template(name).name == name
