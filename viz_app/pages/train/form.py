"""The form of the Train page: what to train, and on what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import streamlit as st

from core.backend.devices import DEVICES, has_cupy
from core.data.corpus import CorpusError
from core.data.dates import FAMILIES, FAMILY_NAMES
from core.models.spec import MAX_SIZE
from core.runs.limits import limits
from core.runs.run import Run
from core.runs.store import NoSuchRunError, RunStore, RunStoreError
from core.training.options import MAX_EPOCHS
from core.training.plan import MODELS
from core.training.training_data import MAX_PAIRS, MAX_SEED, FileData
from viz_app.pages.blocks import choose_from, choose_one
from viz_app.pages.train.attempts import keep_failure, show_failure
from viz_app.pages.train.refusals import file_refusal, refusal, too_few
from viz_app.pages.train.settings import (
    DATA_KINDS,
    PRESETS,
    Settings,
    change_settings,
    choose_preset,
    current_settings,
    least_pairs,
    options_of,
)
from viz_app.pages.train.uploads import MEGABYTES_AT_MOST, Dates, TooLongError, as_file, read_dates
from viz_app.pages.train.words import choices, differences, directions, preset_name, preset_sentence, setting_names
from viz_app.session import runs, state, visitor
from viz_app.session.heavy import trouble_sentence
from viz_app.session.pool import PoolError
from viz_app.session.state import ViewState
from viz_app.session.uploads import was_left_out
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator, counted
from viz_app.text.messages import say

_LARGEST: Final = {"learning_rate": 10.0, "max_grad": 1000.0}
_MINE: Final = "train_my_last_run"
_CHECKED: Final = "train_checked_file"


def show_form(requested: ViewState, _: Translator) -> None:
    """The presets, the settings, and the button that starts a run."""
    settings = current_settings()
    state.set_widget("train_preset", settings.preset)
    choose_from(
        st.radio,
        _("Preset"),
        PRESETS,
        key="train_preset",
        format_func=partial(preset_name, _=_),
        captions=[preset_sentence(name, _) for name in PRESETS],
        horizontal=True,
        label_visibility="collapsed",
        on_change=lambda: choose_preset(st.session_state.train_preset),
    )
    with st.container(key="train_first", horizontal=True, vertical_alignment="center"):
        _segmented("model", settings, list(MODELS), _)
        place = st.container(key="train_go", width="content")
        differing = Markup('<p class="train-differences" role="status">{}</p>')
        st.html(differing.format(differences(settings, _)))
    with st.expander(_("Settings"), key="train_settings_place"):
        dates = _choose_all(settings, _)
    objection = _objection(settings, dates, _)
    if objection:
        say(objection, "error", "train_objection")
    waits_for_file = settings.kind == "file" and dates is None
    if waits_for_file:
        say(_("Choose a file of dates, or let them be drawn at random."), "note", "train_no_file")
    place.button(
        _("Train"),
        key="train_start",
        type="primary",
        on_click=partial(_start, requested.text, dates),
        disabled=bool(objection) or waits_for_file,
    )
    show_failure(settings, _)


def _choose_all(settings: Settings, _: Translator) -> Dates | None:
    """Every setting; returns the dates where they come from a file that can be used."""
    attention = settings.model == "attention"
    model, training, data = st.columns(3, gap="medium")
    with model:
        st.html(_part(_("Model")))
        _select("score", settings, _, disabled=not attention)
        _choose_direction(settings, _)
        with st.container(horizontal=True):
            _whole("hidden_size", settings, 1, MAX_SIZE, _, step=16)
            _whole("wordvec_size", settings, 1, MAX_SIZE, _, step=4)
        _toggle("reversed_input", settings, _)
    with training:
        st.html(_part(_("How it learns")))
        with st.container(horizontal=True):
            _select("optimizer", settings, _)
            _fraction("learning_rate", settings, 1e-6, _, step=0.001)
        with st.container(horizontal=True):
            _whole("batch_size", settings, 1, MAX_PAIRS, _, step=32)
            _whole("epochs", settings, 1, MAX_EPOCHS, _)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _fraction("max_grad", settings, 1e-6, _, step=1.0, disabled=not settings.clipped)
            _whole("seed", settings, 0, MAX_SEED, _)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _toggle("clipped", settings, _)
            _select("device", settings, _, values=DEVICES if has_cupy() else DEVICES[:2])
    with data:
        st.html(_part(_("What it learns from")))
        _segmented("kind", settings, list(DATA_KINDS), _)
        return _choose_dates(settings, _)


def _choose_dates(settings: Settings, _: Translator) -> Dates | None:
    if settings.kind == "file":
        dates = _upload(_)
        _whole("data_seed", settings, 0, MAX_SEED, _)
        return dates
    with st.container(horizontal=True):
        _whole("pairs", settings, 1, MAX_PAIRS, _, step=5000)
        _whole("data_seed", settings, 0, MAX_SEED, _)
    examples = {family.name: family.example for family in FAMILIES}
    state.set_widget("train_families", list(settings.families))
    st.pills(
        setting_names(_)["families"],
        FAMILY_NAMES,
        selection_mode="multi",
        key="train_families",
        format_func=examples.__getitem__,
        on_change=_take_families,
    )
    return None


def _upload(_: Translator) -> Dates | None:
    most = limits().uploads
    bounds = _("At most {size} MB a file, and {most} MB for all files that this page holds.")
    file = st.file_uploader(
        _("A text file, a date a line: the date, spaces up to the same width on every line, “_”, YYYY-MM-DD"),
        key="train_file",
        max_upload_size=MEGABYTES_AT_MOST,
        help=None if most is None else bounds.format(size=MEGABYTES_AT_MOST, most=most),
    )
    if file is None:
        return None
    if was_left_out(file.file_id):
        sentence = _(
            "The files of this page would take more than {most} MB together. Remove one, or open the page anew."
        )
        say(sentence.format(most=most), "error", "train_file_left_out")
        return None
    # Read once, not with every click.
    known = st.session_state.get(_CHECKED)
    try:
        if known is None or known[0] != file.file_id:
            known = st.session_state[_CHECKED] = (file.file_id, _checked(file.name, file.getvalue()))
    except PoolError as error:
        say(trouble_sentence(error, _), "error", "train_file_not_checked")
        return None
    found: Dates | CorpusError | TooLongError = known[1]
    if isinstance(found, Dates):
        good = counted(found.pairs, _("1 date can be read."), _("{count} dates can be read."))
        say(good, "note", "train_file_good")
        return found
    if isinstance(found, TooLongError):
        sentence = _("The file is too large; {size} MB is the most that is read.").format(size=MEGABYTES_AT_MOST)
        say(sentence, "error", "train_file_bad")
        return None
    for number, line in enumerate(file_refusal(found, _)):
        say(line, "error", f"train_file_bad_{number}")
    return None


def _checked(name: str, content: bytes) -> Dates | CorpusError | TooLongError:
    try:
        return read_dates(name, content)
    except (CorpusError, TooLongError) as error:
        return error


def _objection(settings: Settings, dates: Dates | None, _: Translator) -> str:
    """Why these settings cannot be trained; empty where they can."""
    pairs = settings.pairs if settings.kind == "generated" else dates.pairs if dates else None
    try:
        options_of(settings).check_memory()
    except ValueError as error:
        return refusal(settings, error, _)
    if pairs is not None and pairs < least_pairs(settings):
        return too_few(settings, _)
    return ""


def _start(text: str, dates: Dates | None) -> None:
    """Put a run with the chosen settings into the queue, and show it. A double click makes one run."""
    settings = current_settings()
    wanted = (settings, dates)
    try:
        store = runs.store()
        if _is_under_way(store, wanted):
            return
        run = _add(store, settings, dates)
        store.watch(run.number, text)
        runs.refresh()
    except (RunStoreError, OSError, ValueError) as error:
        keep_failure(error)
        return
    st.session_state[_MINE] = (run.number, wanted)
    state.request(run=run.number)


def _is_under_way(store: RunStore, wanted: tuple[Settings, Dates | None]) -> bool:
    """Has this visitor just asked for the same? It would give the same model."""
    number, last = st.session_state.get(_MINE, (0, None))
    try:
        return last == wanted and runs.is_moving(store.get(number))
    except NoSuchRunError:
        return False


def _add(store: RunStore, settings: Settings, dates: Dates | None) -> Run:
    if dates is None:
        return store.add(options_of(settings), owner=visitor.number(), limits=limits())
    with as_file(dates.content) as file:
        data = FileData(file, dates.name, settings.data_seed)
        return store.add(options_of(settings, data), owner=visitor.number(), limits=limits())


# --- The fields of the form -------------------------------------------------------------------------------------------


def _take(name: str) -> None:
    value = st.session_state[f"train_{name}"]
    if value is not None:
        change_settings(**{name: value})


def _take_families() -> None:
    chosen = st.session_state.train_families
    change_settings(families=tuple(name for name in FAMILY_NAMES if name in chosen))


def _field(name: str, settings: Settings, _: Translator) -> dict[str, Any]:
    """What all fields have in common: the name of the setting, and its value put before the field is made."""
    key, value = f"train_{name}", getattr(settings, name)
    state.set_widget(key, value)
    return {"label": setting_names(_)[name], "key": key, "on_change": partial(_take, name)}


def _whole(name: str, settings: Settings, low: int, high: int, _: Translator, *, step: int = 1) -> None:
    st.number_input(**_field(name, settings, _), min_value=low, max_value=high, step=step)


def _fraction(name: str, settings: Settings, low: float, _: Translator, *, step: float, disabled: bool = False) -> None:
    st.number_input(
        **_field(name, settings, _),
        min_value=low,
        max_value=_LARGEST[name],
        step=step,
        format="%g",
        disabled=disabled,
    )


def _select(
    name: str, settings: Settings, _: Translator, *, values: Sequence[str] = (), disabled: bool = False
) -> None:
    names = choices(name, _)
    choose_from(
        st.selectbox,
        **_field(name, settings, _),
        options=values or list(names),
        format_func=names.__getitem__,
        disabled=disabled,
    )


def _segmented(name: str, settings: Settings, values: Sequence[str], _: Translator) -> None:
    named = choices(name, _)
    choose_one(names={value: named[value] for value in values}, **_field(name, settings, _))


def _choose_direction(settings: Settings, _: Translator) -> None:
    names = directions(_)
    field = _field("bidirectional", settings, _)
    choose_from(st.selectbox, **field, options=list(names), format_func=names.__getitem__)


def _toggle(name: str, settings: Settings, _: Translator) -> None:
    st.toggle(**_field(name, settings, _))


def _part(title: str) -> Markup:
    return Markup('<h2 class="train-choices">{}</h2>').format(title)
