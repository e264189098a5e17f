"""The right code and that with a bug, line by line in one piece, or beside each other where they are too unlike."""

from __future__ import annotations

import streamlit as st

from core.training.mistakes import Mistake
from viz_app.pages.blocks import show_html, subtitle
from viz_app.pages.bugs.code_pair import difference, marked
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator


def show_code(mistake: Mistake, view: ViewState, _: Translator) -> None:
    """What the bug changes in the code; nothing where there is no code to show."""
    right, wrong = mistake.right_source, mistake.wrong_source
    if not wrong:
        return
    if not right:
        show_html(subtitle(_("The bug")) + framed(marked(wrong, wrong), _("The bug")), view.lang)
        return
    lines = difference(right, wrong, _("The right code"), _("With the bug"))
    if lines is not None:
        title = _("The right code (−) and what the bug makes of it (+)")
        show_html(subtitle(title) + framed(lines, title), view.lang)
        return
    titles = (_("The right code"), _("With the bug"))
    for place, title, code in zip(st.columns(2, gap="medium"), titles, (right, wrong), strict=True):
        with place:
            show_html(subtitle(title) + framed(marked(code, code), title), view.lang)


def framed(code: Markup, title: str) -> Markup:
    """Code in a box of its own, which is scrolled where it is wide, by keys too: that takes the focus and a name."""
    return Markup('<div class="code" tabindex="0" role="region" aria-label="{}">{}</div>').format(title, code)
