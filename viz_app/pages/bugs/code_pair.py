"""Two pieces of code beside each other, the lines that differ marked: HTML in which the code is nothing but text."""

from __future__ import annotations

import ast
from difflib import SequenceMatcher
from typing import Final

from viz_app.text.html import Markup

# Of two functions that have less in common, every line would be marked.
_LEAST_ALIKE: Final = 0.4


def marked(code: str, other: str) -> Markup:
    """The code, with marks on the lines that `other` does not have; without marks where the two have little in common.

    What only the docstrings say differently is not marked.

    Args:
        code, other: source texts, each of one function.
    Returns:
        a `pre` element, a `span` a line, those that differ of class "differs".
    """
    lines, others = code.rstrip().splitlines(), other.rstrip().splitlines()
    matcher = SequenceMatcher(a=lines, b=others, autojunk=False)
    same = {i for block in matcher.get_matching_blocks() for i in range(block.a, block.a + block.size)}
    if matcher.ratio() < _LEAST_ALIKE:
        same = set(range(len(lines)))
    same |= _docstring_lines(code)
    return Markup("<pre>{}</pre>").format(Markup("").join(_span(line, i not in same) for i, line in enumerate(lines)))


def difference(right: str, wrong: str, right_name: str, wrong_name: str) -> Markup | None:
    """Both codes as one, what the bug takes away before what it puts there; None where they have little in common.

    Docstrings are left out.

    Args:
        right, wrong: source texts, each of one function.
        right_name, wrong_name: what the lines of either are called for those who hear the page.
    Returns:
        a `pre` element, a `span` a line, those of one code only of class "removed" or "added".
    """
    code, others = without_docstring(right), without_docstring(wrong)
    matcher = SequenceMatcher(a=code, b=others, autojunk=False)
    if matcher.ratio() < _LEAST_ALIKE:
        return None
    html = Markup("")
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            html += Markup("").join(Markup("<span>  {}</span>").format(line) for line in code[start:end])
            continue
        sides = (("removed", right_name, code[start:end]), ("added", wrong_name, others[other_start:other_end]))
        for side, name, changed in sides:
            sign = {"removed": "\N{MINUS SIGN}", "added": "+"}[side]
            span = Markup('<span class="differs {}" title="{}">{} {}</span>')
            html += Markup("").join(span.format(side, name, sign, line) for line in changed)
    return Markup("<pre>{}</pre>").format(html)


def without_docstring(code: str) -> list[str]:
    """The lines of a function's source but for its docstring."""
    skipped = _docstring_lines(code)
    return [line for i, line in enumerate(code.rstrip().splitlines()) if i not in skipped]


def _docstring_lines(code: str) -> set[int]:
    """The lines, from 0, of the function's docstring."""
    function = ast.parse(code).body[0]
    first = function.body[0] if isinstance(function, ast.FunctionDef) else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant):
        return set()
    return set(range(first.lineno - 1, first.end_lineno or first.lineno))


def _span(line: str, differs: bool) -> Markup:
    span = Markup('<span class="differs">{}</span>' if differs and line.strip() else "<span>{}</span>")
    return span.format(line or " ")
