"""The arrays of the layer lab that a person types, pastes or copies."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np
import streamlit as st

from core.analysis.layer_lab import LARGEST, ArraySpec
from viz_app.pages.lab import session
from viz_app.pages.lab.arrays import LONGEST, ArrayTextError, format_array, parse_array, with_cells
from viz_app.pages.lab.view import LabView, arrays_of, with_array
from viz_app.pages.lab.words import LETTERS, array_sentence, edges
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.messages import say

_ROW_HEIGHT: Final = 30


def show_heading(
    name: str, axes: tuple[str, ...], shape: tuple[int, ...], view: LabView, _: Translator, mark: str = ""
) -> None:
    """Name, shape and axes of an array, above the table of the sample that is shown."""
    whole = _("of {shape}").format(shape=f"({', '.join(axes)}) = {shape}")
    text = f"{whole} · {mark}" if mark else whole
    heading = Markup('<p class="array-head"><code>{}</code> {}<small>{}</small></p>')
    st.html(heading.format(shown_name(ArraySpec(name, axes), view), text, edges(axes, _)))


def shown_name(spec: ArraySpec, view: LabView) -> str:
    """What is shown of an array, as Python writes it: a sample of it, or all of a parameter."""
    return f"{spec.name}[{view.n}]" if spec.has_samples else spec.name


def edit_array(spec: ArraySpec, view: LabView, _: Translator) -> None:
    """A table of the sample that is shown, and the whole array as text."""
    # Half a second to load, and of no use to other pages.
    import pandas as pd

    edited = spec.name in dict(view.edits)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        show_heading(spec.name, spec.axes, spec.shape(view.sizes), view, _, _("typed") if edited else "")
        _offer_text(spec, view, _)
    _say_error(f"typed_{spec.name}", _)
    sample = spec.sample(arrays_of(session.view_of_tables())[spec.name], view.n)
    table = np.atleast_2d(sample)
    key = f"lab_table_{spec.name}_{session.version_of_tables()}"
    column = partial(
        st.column_config.NumberColumn,
        required=True,
        min_value=-LARGEST,
        max_value=LARGEST,
        step=None,
        format="%.4g",
        width=58,
    )
    names = [str(k) for k in range(table.shape[1])]
    config = {name: column(name) for name in names}
    axes = spec.axes_of_sample
    corner = st.column_config.Column(f"{LETTERS[axes[0]]}\\{LETTERS[axes[-1]]}", width=40)
    st.data_editor(
        pd.DataFrame(table, columns=names),
        key=key,
        width="content",
        hide_index=sample.ndim == 1,
        column_config={"_index": corner, **config},
        row_height=_ROW_HEIGHT,
        on_change=partial(_typed, spec, key),
        alt=_("{array}: a table of numbers to edit").format(array=shown_name(spec, view)),
    )


def _typed(spec: ArraySpec, key: str) -> None:
    """Take over what has been typed into a table. All its cells are taken: the table keeps them all."""
    view, start = session.requested(), session.view_of_tables()
    sample = spec.sample(arrays_of(start)[spec.name], start.n)
    try:
        table = with_cells(np.atleast_2d(sample), st.session_state[key]["edited_rows"])
    except ArrayTextError as error:
        session.keep_error(f"typed_{spec.name}", error)
        return
    array = arrays_of(view)[spec.name].copy()
    spec.sample(array, view.n)[...] = table.reshape(sample.shape)
    session.keep_typed(with_array(view, spec.name, array))


def _offer_text(spec: ArraySpec, view: LabView, _: Translator) -> None:
    with st.popover("NumPy", key=f"lab_text_{spec.name}"):
        st.text(_("The whole array, to copy"))
        st.code(format_array(arrays_of(view)[spec.name]), language="python", height=150)
        with st.form(f"lab_paste_{spec.name}", border=False):
            st.text_area(
                _("Paste an array: np.array(...), nested lists, or what print shows"),
                key=f"lab_pasted_{spec.name}",
                max_chars=LONGEST,
                height=120,
            )
            st.form_submit_button(_("Use these numbers"), on_click=partial(_paste, spec))
        _say_error(f"pasted_{spec.name}", _)


def _say_error(place: str, _: Translator) -> None:
    if error := session.error_at(place):
        say(array_sentence(error, _), "error", f"lab_{place}_error")


def _paste(spec: ArraySpec) -> None:
    """Take over a pasted array: a whole one, or the sample that is shown."""
    view = session.requested()
    shape = spec.shape(view.sizes)
    array = arrays_of(view)[spec.name].copy()
    shapes = (shape, shape[1:]) if spec.has_samples else (shape,)
    try:
        pasted = parse_array(st.session_state[f"lab_pasted_{spec.name}"], *shapes)
    except ArrayTextError as error:
        session.keep_error(f"pasted_{spec.name}", error)
        return
    if pasted.shape == shape:
        array = pasted
    else:
        array[view.n] = pasted
    session.show(with_array(view, spec.name, array))
