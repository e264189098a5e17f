"""Beam search on the Step page: the tree on demand, and any node of it stepped through as a decoding of its own."""

from __future__ import annotations

from typing import Final

import streamlit as st

from core.data.source_text import SourceTextError
from core.decoding.beam import MAX_WIDTH, BeamTree, beam_search
from core.decoding.interventions import AttentionChange
from viz_app.pages.step import editing
from viz_app.session import models
from viz_app.session.changes import active
from viz_app.session.decoded import Decoded
from viz_app.session.state import ViewState
from viz_app.text.characters import visible, with_minus
from viz_app.text.i18n import Translator
from viz_app.text.messages import error_sentence, say

_FIRST_WIDTH: Final = 3
_TREES_AT_MOST: Final = 200


def offer(view: ViewState, decoded: Decoded, _: Translator) -> None:
    """The tree, made when somebody opens it."""
    part = st.expander(_("Beam search: more than one beginning kept"), key="beam_open", on_change="rerun")
    if not part.open:
        return
    with part:
        _show(view, decoded, _)


def _show(view: ViewState, decoded: Decoded, _: Translator) -> None:
    st.session_state.setdefault("beam_width", _FIRST_WIDTH)
    with st.container(key="beam", horizontal=True, vertical_alignment="center", gap="large"):
        width = st.slider(
            _("Width"), 1, MAX_WIDTH, key="beam_width", width=320, help=_("How many beginnings are kept at each step")
        )
        dropped = st.checkbox(_("Show what was dropped, too"), key="beam_dropped")
    try:
        tree = _tree(models.pipeline(view.model).digest, decoded.trace.text, width, view.model)
    except SourceTextError as error:
        say(error_sentence(error, _), "error", "beam_error")
        return
    if width == 1:
        st.caption(_("Width 1 is greedy decoding: always the most probable character, as without changes."))
    if any(isinstance(change, AttentionChange) for change in active(view.changes)):
        st.caption(_("The search looks where the model looks by itself; changes of the attention do not count here."))
    st.caption(_("Click a node to step through that beginning above, or choose an output:"))
    _choose_output(tree, _)
    _choose_beginning(tree, _)
    from viz_app.figures.beam import beam_figure

    st.plotly_chart(
        beam_figure(tree, dropped=dropped, _=_),
        key="beam_tree",
        on_select=lambda: _follow_click(tree),
        selection_mode="points",
        alt=_("Tree of the beam search"),
        config={"displayModeBar": False},
    )


def _choose_output(tree: BeamTree, _: Translator) -> None:
    """The finished outputs, most probable first."""
    with st.container(key="beam_outputs", horizontal=True, gap="xsmall"):
        for node in tree.finished:
            st.button(_name_node(tree, node), key=f"beam_output_{node}", on_click=_follow, args=(tree, node))


def _choose_beginning(tree: BeamTree, _: Translator) -> None:
    """Every node of the tree in a list: the way to the inner ones without a mouse."""
    st.selectbox(
        _("Beginnings"),
        [node.id for node in tree.nodes],
        index=None,
        key="beam_beginning",
        format_func=lambda node: _name_node(tree, node),
        placeholder=_("Choose any beginning of the tree"),
        label_visibility="collapsed",
        on_change=lambda: _follow_choice(tree),
        width=400,
    )


def _name_node(tree: BeamTree, node: int) -> str:
    total = with_minus(f"{tree.nodes[node].total:.3f}")
    return f"{''.join(map(visible, tree.output(node)))}  (log p = {total})"


def _follow_choice(tree: BeamTree) -> None:
    node = st.session_state.beam_beginning
    st.session_state.beam_beginning = None
    if node in range(len(tree.nodes)):
        _follow(tree, node)


def _follow_click(tree: BeamTree) -> None:
    points = st.session_state.beam_tree["selection"]["points"]
    chosen = points[0].get("customdata") if points else None
    if chosen and chosen[0] in range(len(tree.nodes)):
        _follow(tree, int(chosen[0]))


def _follow(tree: BeamTree, node: int) -> None:
    editing.follow(tree.interventions(node))


# In this process: the widest search takes 3.5 ms, to have it from the pool 1 ms, and the page around it 20.
@st.cache_resource(max_entries=_TREES_AT_MOST, show_spinner=False)
def _tree(digest: str, text: str, width: int, _name: str) -> BeamTree:
    return beam_search(models.pipeline(_name), text, width)
