"""The layer lab: one layer of attention on arrays that a person types, draws or pastes, forward and backward."""

from __future__ import annotations

import random
from functools import partial
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from core.analysis.layer_lab import LAYERS, LIMITS, ArraySpec, LabResult
from core.analysis.running_code import source_of
from core.layers.scores import SCORES
from viz_app.figures.array_table import array_table
from viz_app.figures.colours import DEFAULT_SCALE, SCALES, Scale
from viz_app.pages.blocks import choose_one, use_styles
from viz_app.pages.lab import session
from viz_app.pages.lab.inputs import edit_array, show_heading, shown_name
from viz_app.pages.lab.link import LARGEST_SEED, fits_a_link
from viz_app.pages.lab.view import LabView, notebook, result_of
from viz_app.pages.lab.words import LETTERS, about, equation, experiment, remark
from viz_app.session import state
from viz_app.text.html import Markup, render
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import problem_sentence, say

_WORDS: Final = Markup('<p class="lab-words">{}</p>')
_SCROLLED: Final = Markup('<div class="array-scroll">{}</div>')


def lab_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    view = session.requested()
    use_styles("lab/lab.css")
    with st.container(key="lab", gap="xsmall"):
        _choose(view, _)
        for problem in session.problems():
            say(problem_sentence(problem, _), "error", f"lab_problem_{problem.parameter}")
        _explain(view, _)
        result = result_of(view)
        given, forward, backward = st.columns(3, gap="medium")
        with given:
            _show_title(_("1. Inputs"))
            for spec in view.lab.given:
                edit_array(spec, view, _)
        with forward:
            _show_forward(view, result, _)
        with backward:
            _show_backward(view, result, _)
        _show_check(view, result, _)
        _show_code(view, _)
    if not fits_a_link(view):
        say(_("The typed numbers are too many for a link; copy them as NumPy text instead."), "note", "lab_link")
    session.record_shown(view)


def _show_title(title: str) -> None:
    st.html(Markup('<h2 class="lab-part">{}</h2>').format(title))


# --- Choosing ---------------------------------------------------------------------------------------------------------


def _choose(view: LabView, _: Translator) -> None:
    state.set_widget("lab_layer", view.lab.kind)
    kinds = list(dict.fromkeys(layer.kind for layer in LAYERS.values()))
    with st.container(key="lab_layers", horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            _("Layer"), kinds, key="lab_layer", required=True, on_change=partial(_request, "layer", "lab_layer")
        )
        for name in view.lab.sizes:
            state.set_widget(f"lab_{name}", getattr(view, name))
            label = "T_enc" if name == "T" and "T_dec" in view.lab.sizes else name
            lengths = range(1, LIMITS[name] + 1)
            st.selectbox(label, lengths, key=f"lab_{name}", width=76, on_change=partial(_request, name, f"lab_{name}"))
        state.set_widget("lab_seed", view.seed)
        last = LARGEST_SEED
        st.number_input(
            _("Seed"), 0, last, step=1, key="lab_seed", width=124, on_change=partial(_request, "seed", "lab_seed")
        )
        st.button(_("Draw anew"), key="lab_draw", on_click=_draw_anew)
        st.button(_("Undo"), key="lab_undo", on_click=session.undo, disabled=not session.can_undo())
        st.button(_("Back to the draw"), key="lab_reset", on_click=_reset, disabled=not view.edits)


def _request(name: str, key: str) -> None:
    if (value := st.session_state[key]) is not None:
        session.request(**{name: value})


def _draw_anew() -> None:
    session.request(seed=random.randint(0, LARGEST_SEED))


def _reset() -> None:
    session.request(seed=session.requested().seed)


def _explain(view: LabView, _: Translator) -> None:
    for sentence in filter(None, (about(view.layer, _), remark(view.layer, _), experiment(view.layer, _))):
        st.html(_WORDS.format(sentence))
    if view.lab.score:
        _choose_score(view, _)
    with st.container(
        key="lab_sample", horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.latex(equation(view.layer), width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.text(_("Sample n shown (axis 0):"), width="content")
            state.set_widget("lab_n", view.n)
            samples = {n: str(n) for n in range(view.N)}
            choose_one(_("Sample n shown (axis 0):"), samples, "lab_n", on_change=partial(_request, "n", "lab_n"))


def _choose_score(view: LabView, _: Translator) -> None:
    state.set_widget("lab_score", view.layer)
    names = {name: layer.score for name, layer in LAYERS.items() if layer.score}
    with st.container(key="lab_scores", horizontal=True, vertical_alignment="center"):
        st.text(_("Score function:"), width="content")
        choose_one(_("Score function:"), names, "lab_score", on_change=partial(_request, "layer", "lab_score"))


# --- Results ----------------------------------------------------------------------------------------------------------


def _choose_dout(view: LabView, _: Translator) -> None:
    drawn = "dout" not in dict(view.edits)
    state.set_widget("lab_dout", view.dout if drawn else None)
    names = {"random": _("random"), "ones": _("all ones")}
    with st.container(key="lab_douts", horizontal=True, vertical_alignment="center"):
        st.text(_("Gradient of the output:"), width="content")
        choose_one(_("Gradient of the output:"), names, "lab_dout", on_change=partial(_request, "dout", "lab_dout"))


def _show_forward(view: LabView, result: LabResult, _: Translator) -> None:
    _show_title(_("2. Forward"))
    if result.scores is not None:
        _show(ArraySpec("scores", ("N", "T_dec", "T_enc")), result.scores, view, _)
    if result.weights is not None and view.lab.weights is not None:
        name = {"AttentionWeight": "a", "Attention": "attention_weight"}.get(view.layer, "weights")
        spec = ArraySpec(name, view.lab.weights)
        _show(spec, result.weights, view, _, scale=SCALES[DEFAULT_SCALE], total="Σ")
    if view.layer != "AttentionWeight":
        _show(view.lab.output, result.output, view, _)
    _choose_dout(view, _)
    edit_array(view.lab.arrays[-1], view, _)


def _show_backward(view: LabView, result: LabResult, _: Translator) -> None:
    _show_title(_("3. Backward"))
    for spec in view.lab.given:
        _show(ArraySpec(f"d{spec.name}", spec.axes), result.gradients[spec.name], view, _)


def _show(
    spec: ArraySpec,
    array: NDArray[np.float64],
    view: LabView,
    _: Translator,
    scale: Scale | None = None,
    total: str = "",
) -> None:
    """The sample that is shown, as a table."""
    show_heading(spec.name, spec.axes, array.shape, view, _)
    table = array_table(
        spec.sample(array, view.n),
        label=shown_name(spec, view),
        rows=LETTERS[spec.axes_of_sample[0]],
        columns=LETTERS[spec.axes_of_sample[-1]],
        scale=scale,
        total=total,
    )
    st.html(_SCROLLED.format(table))


# --- Check and code ---------------------------------------------------------------------------------------------------


def _show_check(view: LabView, result: LabResult, _: Translator) -> None:
    _show_title(_("4. Is the gradient right?"))
    words = _(
        "Every number of every input is moved a little up and down (by 0.00001), and the loss L = sum(output × dout) "
        "is computed anew with forward alone. Its slope has to be what backward says. All samples, in float64."
    )
    st.html(_WORDS.format(words))
    heads = [
        _("gradient"),
        _("largest difference"),
        _("relative to the gradient"),
        _("worst at"),
        _("backward says"),
        _("the slope is"),
        _("verdict"),
    ]
    st.html(
        render(
            "pages/lab/check.html.jinja",
            label=_("4. Is the gradient right?"),
            header=heads,
            checks=result.checks,
            agree=_("✓ they agree"),
            differ=_("✗ they differ"),
        )
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
        st.code(notebook(view), language="python")
    kinds = [view.lab.kind, *([SCORES[view.lab.score].__name__] if view.lab.score else [])]
    methods = [f"{kind}.{method}" for kind in kinds for method in ("forward", "backward")]
    with st.expander(_("The code that ran: {name}").format(name=", ".join(methods))):
        for method in methods:
            st.code(source_of(method), language="python")
