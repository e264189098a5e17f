"""A slip that crashes, on the Bugs page: the code with it, and what Python says when that is run."""

from __future__ import annotations

import streamlit as st

from core.training.slips import Slip, crash
from viz_app.pages.blocks import paragraph, show_html, subtitle
from viz_app.pages.bugs.code_pair import difference
from viz_app.pages.bugs.code_view import framed
from viz_app.pages.bugs.slip_words import slip_words
from viz_app.session.state import ViewState
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator


def show_slip(slip: Slip, view: ViewState, _: Translator) -> None:
    """What goes wrong, what Python says of it, the code, and the mend."""
    words, said = slip_words(slip.name, _), crash(slip)
    show_html(paragraph(words.means), view.lang)
    error = Markup('<pre class="crash"><b>{}</b>: {}</pre>').format(said.error, said.message)
    where = _("raised where the result is used, not where the slip is:") if said.is_later else _("raised by this line:")
    line = Markup("<code>{}</code>").format(said.line)
    show_html(
        subtitle(_("What Python says")) + error + paragraph(Markup("{} {}").format(where, line)),
        view.lang,
    )
    lines = difference(slip.right, slip.wrong, _("The right code"), _("With the bug"))
    assert lines is not None, "a slip is one line of the right code"
    title = _("The right code (−) and what the bug makes of it (+)")
    show_html(subtitle(title) + framed(lines, title), view.lang)
    show_html(subtitle(_("How to mend it")) + paragraph(words.mend), view.lang)
    with st.expander(_("The whole of it, to try")):
        st.code(f"import numpy as np\n\n{slip.wrong}\n{slip.use}", language="python")
