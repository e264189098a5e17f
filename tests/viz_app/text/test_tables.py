"""Tables: names of any length as headings."""

from __future__ import annotations

import pytest

from viz_app.text.characters import shortened
from viz_app.text.tables import column_name, table


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Run 3: short", "Run 3: short"),
        ("x" * 24, "x" * 24),
        ("x" * 80, "x" * 23 + "…"),
        ("日本語の名前" * 8, "日本語の名前日本語の名…"),
        ("", ""),
    ],
)
def test_a_long_name_is_cut_by_the_room_it_takes(name: str, shown: str) -> None:
    assert shortened(name) == shown


def test_a_cut_heading_has_the_whole_name_to_point_at_and_no_name_is_markup() -> None:
    name = "<b>" + 40 * "x"
    html = table(["a", column_name(name), column_name("<i>")], [["1", "2", "3"]], "c")
    assert f'<span title="&lt;b&gt;{40 * "x"}">&lt;b&gt;{20 * "x"}…</span>' in html
    assert '<th scope="col">&lt;i&gt;</th>' in html
