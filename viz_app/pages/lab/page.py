"""The layer lab: one layer of attention on arrays that a person types, draws or pastes, forward and backward."""

from __future__ import annotations

import random
from functools import partial
from html import escape
from pathlib import Path
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.analysis.layer_lab import DOUTS, LARGEST, LAYERS, LIMITS, ArraySpec, LabResult
from core.analysis.running_code import source_of
from viz_app.figures.array_table import array_table
from viz_app.figures.colours import SCALES
from viz_app.pages.lab import view as lab_state
from viz_app.pages.lab.arrays import LONGEST, ArrayTextError, format_array, parse_array, with_cells
from viz_app.pages.lab.view import LabView
from viz_app.pages.lab.words import EQUATIONS, LETTERS, about, array_sentence, edges, experiment
from viz_app.session import state
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import problem_sentence, say

_STYLE: Final = f"<style>{Path(__file__).with_name('lab.css').read_text('utf-8')}</style>"
_ROW_HEIGHT: Final = 30


def lab_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    view = lab_state.requested()
    st.html(_STYLE)
    with st.container(key="lab", gap="xsmall"):
        _choose(view, _)
        for problem in lab_state.problems():
            say(problem_sentence(problem, _), "error", f"lab_problem_{problem.parameter}")
        _explain(view, _)
        result = lab_state.result_of(view)
        given, forward, backward = st.columns(3, gap="medium")
        with given:
            _show_inputs(view, _)
        with forward:
            _show_forward(view, result, _)
        with backward:
            _show_backward(view, result, _)
        _show_check(view, result, _)
        _show_code(view, _)
    if not lab_state.fits_a_link(view):
        say(_("The typed numbers are too many for a link; copy them as NumPy text instead."), "note", "lab_link")
    lab_state.record_shown(view)


def _part(title: str) -> None:
    st.html(f'<h2 class="lab-part">{escape(title)}</h2>')


# --- Choosing ---------------------------------------------------------------------------------------------------------


def _choose(view: LabView, _: Translator) -> None:
    state.set_widget("lab_layer", view.layer)
    with st.container(key="lab_layers", horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Layer"), list(LAYERS), key="lab_layer", required=True, on_change=partial(_ask, "layer", "lab_layer")
        )
        for name in view.lab.sizes:
            _put(f"lab_{name}", getattr(view, name))
            label = "T_enc" if name == "T" and "T_dec" in view.lab.sizes else name
            lengths = range(1, LIMITS[name] + 1)
            st.selectbox(label, lengths, key=f"lab_{name}", width=76, on_change=partial(_ask, name, f"lab_{name}"))
        _put("lab_seed", view.seed)
        last = lab_state.LARGEST_SEED
        st.number_input(
            _("Seed"), 0, last, step=1, key="lab_seed", width=124, on_change=partial(_ask, "seed", "lab_seed")
        )
        st.button(_("Draw anew"), key="lab_draw", on_click=_draw_anew)
        st.button(_("Undo"), key="lab_undo", on_click=lab_state.undo, disabled=not lab_state.can_undo())
        st.button(_("Back to the draw"), key="lab_reset", on_click=_reset, disabled=not view.edits)


def _put(key: str, value: int) -> None:
    """Give a widget the value that the view has; to be called before the widget is made."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def _ask(name: str, key: str) -> None:
    lab_state.request(**{name: st.session_state[key]})


def _draw_anew() -> None:
    lab_state.request(seed=random.randint(0, lab_state.LARGEST_SEED))


def _reset() -> None:
    lab_state.request(seed=lab_state.requested().seed)


def _explain(view: LabView, _: Translator) -> None:
    for sentence in (about(view.layer, _), experiment(view.layer, _)):
        st.html(f'<p class="lab-words">{escape(sentence)}</p>')
    with st.container(
        key="lab_sample", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.latex(EQUATIONS[view.layer], width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.text(_("Sample n shown (axis 0):"), width="content")
            _put("lab_n", view.n)
            st.segmented_control(
                _("Sample n shown (axis 0):"),
                range(view.N),
                key="lab_n",
                required=True,
                label_visibility="collapsed",
                on_change=partial(_ask, "n", "lab_n"),
            )


# --- Inputs -----------------------------------------------------------------------------------------------------------


def _show_inputs(view: LabView, _: Translator) -> None:
    _part(_("1. Inputs"))
    for spec in view.lab.inputs:
        _edit(spec, view, _)


def _choose_dout(view: LabView, _: Translator) -> None:
    drawn = "dout" not in dict(view.edits)
    state.set_widget("lab_dout", view.dout if drawn else None)
    names = {"random": _("random"), "ones": _("all ones")}
    with st.container(key="lab_douts", horizontal=True, vertical_alignment="center"):
        st.text(_("Gradient of the output:"), width="content")
        st.segmented_control(
            _("Gradient of the output:"),
            DOUTS,
            key="lab_dout",
            format_func=names.__getitem__,
            required=True,
            label_visibility="collapsed",
            on_change=partial(_ask, "dout", "lab_dout"),
        )


def _edit(spec: ArraySpec, view: LabView, _: Translator) -> None:
    """A table of the sample that is shown, and the whole array as text."""
    # Half a second to load, and of no use to other pages.
    import pandas as pd

    edited = spec.name in dict(view.edits)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"):
        _heading(spec.name, spec.axes, spec.shape(view.sizes), view, _, _("typed") if edited else "")
        _offer_text(spec, view, _)
    _say_complaint(f"typed_{spec.name}", _)
    sample = lab_state.arrays_of(lab_state.start())[spec.name][view.n]
    table = np.atleast_2d(sample)
    key = f"lab_table_{spec.name}_{lab_state.version()}"
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
    corner = st.column_config.Column(f"{LETTERS[spec.axes[1]]}\\{LETTERS[spec.axes[-1]]}", width=40)
    st.data_editor(
        pd.DataFrame(table, columns=names),
        key=key,
        width="content",
        hide_index=sample.ndim == 1,
        column_config={"_index": corner, **config},
        row_height=_ROW_HEIGHT,
        on_change=partial(_typed, spec.name, key),
        alt=_("{array}: a table of numbers to edit").format(array=_shown_name(spec.name, view)),
    )


def _typed(name: str, key: str) -> None:
    """Take over what has been typed into a table. All its cells are taken: the table keeps them all."""
    view, start = lab_state.requested(), lab_state.start()
    sample = lab_state.arrays_of(start)[name][start.n]
    try:
        table = with_cells(np.atleast_2d(sample), st.session_state[key]["edited_rows"])
    except ArrayTextError as error:
        lab_state.complain(f"typed_{name}", error)
        return
    array = lab_state.arrays_of(view)[name].copy()
    array[view.n] = table.reshape(sample.shape)
    lab_state.typed(lab_state.with_array(view, name, array))


def _offer_text(spec: ArraySpec, view: LabView, _: Translator) -> None:
    with st.popover("NumPy", key=f"lab_text_{spec.name}"):
        st.text(_("The whole array, to copy"))
        st.code(format_array(lab_state.arrays_of(view)[spec.name]), language="python", height=150)
        with st.form(f"lab_paste_{spec.name}", border=False):
            st.text_area(
                _("Paste an array: np.array(...), nested lists, or what print shows"),
                key=f"lab_pasted_{spec.name}",
                max_chars=LONGEST,
                height=120,
            )
            st.form_submit_button(_("Use these numbers"), on_click=partial(_paste, spec))
        _say_complaint(f"pasted_{spec.name}", _)


def _say_complaint(place: str, _: Translator) -> None:
    if error := lab_state.complaint(place):
        say(array_sentence(error, _), "error", f"lab_{place}_error")


def _paste(spec: ArraySpec) -> None:
    """Take over a pasted array: a whole one, or the sample that is shown."""
    view = lab_state.requested()
    shape = spec.shape(view.sizes)
    array = lab_state.arrays_of(view)[spec.name].copy()
    try:
        pasted = parse_array(st.session_state[f"lab_pasted_{spec.name}"], shape, shape[1:])
    except ArrayTextError as error:
        lab_state.complain(f"pasted_{spec.name}", error)
        return
    if pasted.shape == shape:
        array = pasted
    else:
        array[view.n] = pasted
    lab_state.show(lab_state.with_array(view, spec.name, array))


# --- Results ----------------------------------------------------------------------------------------------------------


def _show_forward(view: LabView, result: LabResult, _: Translator) -> None:
    _part(_("2. Forward"))
    if result.weights is not None and view.lab.weights is not None:
        name = {"AttentionWeight": "a", "Attention": "attention_weight"}.get(view.layer, "weights")
        spec = ArraySpec(name, view.lab.weights)
        _show(spec, result.weights, view, _, colours=SCALES["cividis"], total="Σ")
    if view.layer != "AttentionWeight":
        _show(view.lab.output, result.output, view, _)
    _choose_dout(view, _)
    _edit(view.lab.arrays[-1], view, _)


def _show_backward(view: LabView, result: LabResult, _: Translator) -> None:
    _part(_("3. Backward"))
    for spec in view.lab.inputs:
        _show(ArraySpec(f"d{spec.name}", spec.axes), result.gradients[spec.name], view, _)


def _show(
    spec: ArraySpec,
    array: NDArray[np.float64],
    view: LabView,
    _: Translator,
    colours: tuple[str, ...] = (),
    total: str = "",
) -> None:
    """The sample that is shown, as a table."""
    _heading(spec.name, spec.axes, array.shape, view, _)
    table = array_table(
        array[view.n],
        label=_shown_name(spec.name, view),
        rows=LETTERS[spec.axes[1]],
        columns=LETTERS[spec.axes[-1]],
        colours=colours,
        total=total,
    )
    st.html(f'<div class="array-scroll">{table}</div>')


def _heading(
    name: str, axes: tuple[str, ...], shape: tuple[int, ...], view: LabView, _: Translator, mark: str = ""
) -> None:
    whole = _("of {shape}").format(shape=f"({', '.join(axes)}) = {shape}")
    marked = f" · {mark}" if mark else ""
    st.html(
        f'<p class="array-head"><code>{escape(_shown_name(name, view))}</code> {escape(whole)}{escape(marked)}'
        f"<small>{escape(edges(axes, _))}</small></p>"
    )


def _shown_name(name: str, view: LabView) -> str:
    return f"{name}[{view.n}]"


# --- Check and code ---------------------------------------------------------------------------------------------------


def _show_check(view: LabView, result: LabResult, _: Translator) -> None:
    _part(_("4. Is the gradient right?"))
    words = _(
        "Every number of every input is moved a little up and down (by 0.00001), and the loss L = sum(output × dout) "
        "is computed anew with forward alone. Its slope has to be what backward says. All samples, in float64."
    )
    st.html(f'<p class="lab-words">{escape(words)}</p>')
    heads = [
        _("gradient"),
        _("largest difference"),
        _("relative to the gradient"),
        _("worst at"),
        _("backward says"),
        _("the slope is"),
        _("verdict"),
    ]
    lines = []
    for name, check in result.checks.items():
        verdict = _("✓ they agree") if check.agrees() else _("✗ they differ")
        place = f"[{', '.join(map(str, check.worst))}]"
        numbers = f"<td>{check.max_absolute:.1e}</td><td>{check.max_relative:.1e}</td><td>d{name}{place}</td>"
        values = f"<td>{check.analytic:.9f}</td><td>{check.numerical:.9f}</td>"
        lines.append(f'<tr><th scope="row">d{name}</th>{numbers}{values}<td class="word">{escape(verdict)}</td></tr>')
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    label = escape(_("4. Is the gradient right?"))
    st.html(
        f'<div class="array-scroll"><table class="array check" aria-label="{label}"><thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
    if not all(check.agrees() for check in result.checks.values()):
        say(
            _(
                "With numbers as large as these it is the slope that is inexact: a step of 0.00001 is too coarse for a "
                "steep softmax, and too fine for the 16 digits of a large L. Try numbers nearer to 1."
            ),
            "note",
            "lab_inexact",
        )


def _show_code(view: LabView, _: Translator) -> None:
    with st.expander(_("The same in a notebook")):
        st.code(lab_state.notebook(view), language="python")
    with st.expander(_("The code that ran: {name}").format(name=f"{view.layer}.forward, {view.layer}.backward")):
        for method in ("forward", "backward"):
            st.code(source_of(f"{view.layer}.{method}"), language="python")
