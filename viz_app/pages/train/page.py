"""The Train page: choose how a model learns, watch it, stop it, and use it on the other pages.

Nothing is trained here. The page puts runs into the store and shows what the workers write down there
(`core.runs.store`), so that neither a slow training nor a closed browser is felt by anybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

from core.backend.devices import DEVICES, has_cupy
from core.data.corpus import CorpusError
from core.data.dates import FAMILIES, FAMILY_NAMES
from core.data.source_text import SourceTextError, read_source
from core.data.vocabulary import DATE_VOCABULARY
from core.decoding.pretrained import available_models
from core.exhibits.model_card import CARD_FILE
from core.models.spec import MAX_SIZE
from core.runs.run import NAME_LENGTH, Progress, Run, Snapshot, may_control
from core.runs.store import NoSuchRunError, RunStore, RunStoreError
from core.training.options import MAX_EPOCHS
from core.training.plan import MODELS
from core.training.training_data import MAX_PAIRS, MAX_SEED, FileData
from viz_app.components.pictures import pictures
from viz_app.figures.svg.weights import fold_padding, weights_svg
from viz_app.figures.training import training_svgs
from viz_app.pages import frame
from viz_app.pages.train import settings as train_settings
from viz_app.pages.train import words as train_words
from viz_app.pages.train.settings import DATA_KINDS, PRESETS, Settings
from viz_app.pages.train.uploads import MEGABYTES_AT_MOST, Dates, TooLongError, as_file, read_dates
from viz_app.session import models, runs, state
from viz_app.session.state import ViewState
from viz_app.text.characters import printable, visible
from viz_app.text.i18n import Translator, translator
from viz_app.text.messages import error_sentence, problem_sentence, say, show_failures
from viz_app.text.tables import percent, table

# The Truth page's style has the tables'.
_FOLDER: Final = Path(__file__).parent
_STYLE: Final = "".join(
    f"<style>{path.read_text('utf-8')}</style>" for path in (_FOLDER.parent / "tables.css", _FOLDER / "train.css")
)
_SECONDS_BETWEEN_LOOKS: Final = 1.0
_MOVING: Final = frozenset({"queued", "running"})
_LISTED_AT_MOST: Final = 20
_PICTURES_KEPT: Final = 32
_LARGEST: Final = {"learning_rate": 10.0, "max_grad": 1000.0}


_MINE: Final = "train_my_last_run"
_FAILURE: Final = "train_failure"
_BAD_NAME: Final = "train_bad_name"
_CHECKED: Final = "train_checked_file"
_ALL_RUNS: Final = "train_all_runs"

Request = Literal["pause", "resume", "stop"]


def train_page() -> None:
    """The page, from top to bottom."""
    requested = state.requested()
    _ = translator(requested.lang)
    st.html(_STYLE)
    with st.container(key="train"):
        for number, problem in enumerate(state.problems()):
            say(problem_sentence(problem, _), "error", f"problem_{number}_{problem.parameter}")
        _show_form(requested, _)
        with runs.show_store_failures(_, "train_store"):
            _show_runs(requested, _)
    state.record_shown(_with_readable_text(requested))


def _with_readable_text(view: ViewState) -> ViewState:
    try:
        return replace(view, text=read_source(view.text, DATE_VOCABULARY).text)
    except SourceTextError:
        return replace(view, text=state.last_good_text())


def _heading(text: str) -> None:
    st.html(f'<h2 class="train-part">{escape(text)}</h2>')


def _subheading(text: str) -> None:
    st.html(f"<h3>{escape(text)}</h3>")


# --- What to train ----------------------------------------------------------------------------------------------------


def _show_form(requested: ViewState, _: Translator) -> None:
    settings = train_settings.current()
    state.set_widget("train_preset", settings.preset)
    st.radio(
        _("Preset"),
        PRESETS,
        key="train_preset",
        format_func=partial(train_words.preset_name, _=_),
        captions=[train_words.preset_sentence(name, _) for name in PRESETS],
        horizontal=True,
        label_visibility="collapsed",
        on_change=lambda: train_settings.choose_preset(st.session_state.train_preset),
    )
    with st.container(key="train_first", horizontal=True, vertical_alignment="center"):
        _segmented("model", settings, list(MODELS), _)
        place = st.container(key="train_go", width="content")
        sentence = train_words.differences(settings, _)
        st.html(f'<p class="train-differences" role="status">{escape(sentence)}</p>')
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
    _say_failure(settings, _)


def _choose_all(settings: Settings, _: Translator) -> Dates | None:
    """Every setting; returns the dates where they come from a file that can be used."""
    attention = settings.model == "attention"
    model, training, data = st.columns(3, gap="medium")
    with model:
        _subheading(_("Model"))
        _select("score", settings, _, disabled=not attention)
        _choose_direction(settings, _)
        with st.container(horizontal=True):
            _whole("hidden_size", settings, 1, MAX_SIZE, _, step=16)
            _whole("wordvec_size", settings, 1, MAX_SIZE, _, step=4)
        _toggle("reversed_input", settings, _)
    with training:
        _subheading(_("How it learns"))
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
        _subheading(_("What it learns from"))
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
        train_words.setting_names(_)["families"],
        FAMILY_NAMES,
        selection_mode="multi",
        key="train_families",
        format_func=examples.__getitem__,
        on_change=_take_families,
    )
    return None


def _upload(_: Translator) -> Dates | None:
    file = st.file_uploader(
        _("A text file, a date a line: the date, spaces up to the same width on every line, “_”, YYYY-MM-DD"),
        key="train_file",
        max_upload_size=MEGABYTES_AT_MOST,
    )
    if file is None:
        return None
    # Read once, not with every click.
    known = st.session_state.get(_CHECKED)
    if known is None or known[0] != file.file_id:
        known = st.session_state[_CHECKED] = (file.file_id, _checked(file.name, file.getvalue()))
    found: Dates | CorpusError | TooLongError = known[1]
    if isinstance(found, Dates):
        say(_("{count} dates can be read.").format(count=f"{found.pairs:,}"), "note", "train_file_good")
        return found
    if isinstance(found, TooLongError):
        sentence = _("The file is too large; {size} MB is the most that is read.").format(size=MEGABYTES_AT_MOST)
        say(sentence, "error", "train_file_bad")
        return None
    for number, line in enumerate(train_words.file_refusal(found, _)):
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
        train_settings.options_of(settings).check_memory()
    except ValueError as error:
        return train_words.refusal(settings, error, _)
    if pairs is not None and pairs < train_settings.least_pairs(settings):
        return train_words.too_few(settings, _)
    return ""


def _start(text: str, dates: Dates | None) -> None:
    """Put a run with the chosen settings into the queue, and show it. A double click makes one run."""
    settings = train_settings.current()
    wanted = (settings, dates)
    try:
        store = runs.store()
        if _is_under_way(store, wanted):
            return
        run = _add(store, settings, dates)
        store.watch(run.number, text)
        runs.refresh()
    except (RunStoreError, OSError, ValueError) as error:
        st.session_state[_FAILURE] = error
        return
    st.session_state.setdefault(runs.KEYS, {})[run.number] = run.key
    st.session_state[_MINE] = (run.number, wanted)
    state.request(run=run.number)


def _is_under_way(store: RunStore, wanted: tuple[Settings, Dates | None]) -> bool:
    """Has this visitor just asked for the same? It would give the same model."""
    number, last = st.session_state.get(_MINE, (0, None))
    try:
        return last == wanted and store.get(number).status in _MOVING
    except NoSuchRunError:
        return False


def _add(store: RunStore, settings: Settings, dates: Dates | None) -> Run:
    if dates is None:
        return store.add(train_settings.options_of(settings))
    with as_file(dates.content) as file:
        data = FileData(file, dates.name, settings.data_seed)
        return store.add(train_settings.options_of(settings, data))


def _say_failure(settings: Settings, _: Translator) -> None:
    error = st.session_state.pop(_FAILURE, None)
    if isinstance(error, ValueError):
        say(train_words.refusal(settings, error, _), "error", "train_failure")
    elif error is not None:
        with runs.show_store_failures(_, "train_failure"):
            raise error


# --- The fields of the form -------------------------------------------------------------------------------------------


def _take(name: str) -> None:
    value = st.session_state[f"train_{name}"]
    if value is not None:
        train_settings.change(**{name: value})


def _take_families() -> None:
    chosen = st.session_state.train_families
    train_settings.change(families=tuple(name for name in FAMILY_NAMES if name in chosen))


def _field(name: str, settings: Settings, _: Translator) -> dict[str, Any]:
    """What all fields have in common: the name of the setting, and its value put before the field is made."""
    key, value = f"train_{name}", getattr(settings, name)
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return {"label": train_words.setting_names(_)[name], "key": key, "on_change": partial(_take, name)}


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
    names = train_words.choices(name, _)
    st.selectbox(
        **_field(name, settings, _), options=values or list(names), format_func=names.__getitem__, disabled=disabled
    )


def _segmented(name: str, settings: Settings, values: Sequence[str], _: Translator) -> None:
    st.segmented_control(
        **_field(name, settings, _),
        options=values,
        format_func=train_words.choices(name, _).__getitem__,
        required=True,
        label_visibility="collapsed",
    )


def _choose_direction(settings: Settings, _: Translator) -> None:
    names = train_words.directions(_)
    st.selectbox(**_field("bidirectional", settings, _), options=list(names), format_func=names.__getitem__)


def _toggle(name: str, settings: Settings, _: Translator) -> None:
    st.toggle(**_field(name, settings, _))


# --- Runs -------------------------------------------------------------------------------------------------------------


def _show_runs(requested: ViewState, _: Translator) -> None:
    if not runs.store_exists():
        say(_("No model has been trained here yet. Choose one of the three above and press Train."), "note", "no_runs")
        return
    store = runs.store()
    runs.keep_training()
    listed = store.list()
    run = next((run for run in listed if run.number == requested.run), None)
    if requested.run and run is None:
        sentence = _("There is no training run {number}; it may have been deleted.").format(number=requested.run)
        say(sentence, "error", "no_such_run")
    if not requested.run and listed:
        run = listed[0]
    if run is not None:
        with st.container(key="train_run"):
            _show_run(run, requested, _)
    if listed:
        _list_runs(run, requested, _)
    elif not requested.run:
        say(_("No model has been trained here yet. Choose one of the three above and press Train."), "note", "no_runs")


def _show_run(run: Run, view: ViewState, _: Translator) -> None:
    _show_title(run, _)
    _show_controls(run, view, _)
    if run.problem:
        say(train_words.ending_words(run, _), "error", "train_ending")
    if st.session_state.pop(_BAD_NAME, False):
        sentence = _("A name has at most {most} characters, all of which can be seen.").format(most=NAME_LENGTH)
        say(sentence, "error", "train_bad_name")
    moving = run.status in _MOVING
    seen = (run.status, run.request)
    # Only while something moves: a finished run costs the server nothing.
    st.fragment(_follow, run_every=_SECONDS_BETWEEN_LOOKS if moving else None)(run.number, seen, view, _)
    _offer_figure(run.number, _)


def _show_title(run: Run, _: Translator) -> None:
    title, words = models.run_title(run, _), train_words.few_words(run, _)
    sign, status = train_words.SIGNS[run.status], train_words.status_words(run, _)
    st.html(
        f'<div class="train-title"><h2>{escape(title)}</h2><p class="train-status {run.status}" role="status">'
        f'<span aria-hidden="true">{sign}</span> {escape(status)}</p><p class="train-words">{escape(words)}</p></div>'
    )


def _show_controls(run: Run, view: ViewState, _: Translator) -> None:
    with st.container(key="train_controls", horizontal=True, vertical_alignment="center"):
        if run.status == "finished" and run.model_file is not None:
            st.button(
                _("Use it on the Step page"),
                key="train_use",
                type="primary",
                on_click=partial(_use, models.name_of_run(run.number)),
            )
        if _mine(run):
            _offer_requests(run, _)
        if run.status in _MOVING or run.status == "finished":
            _choose_watched(run, view, _)
        if run.model_file is not None and run.status not in _MOVING:
            _offer_files(run, _)
        st.button(_("Take these settings"), key="train_take", on_click=partial(train_settings.take, run.options))
        if _mine(run):
            _offer_rename(run, _)
            _offer_delete(run, _)
        else:
            st.text(_("Only who started this run can pause, stop or delete it."), width="content")


def _mine(run: Run) -> bool:
    return may_control(run, st.session_state.get(runs.KEYS, {}).get(run.number, ""))


def _offer_requests(run: Run, _: Translator) -> None:
    offered: list[tuple[Request, str]] = []
    if run.status in _MOVING:
        offered = [("pause", _("Pause")), ("stop", _("Stop"))]
    elif run.can_resume:
        offered = [("resume", _("Resume"))]
    for what, label in offered:
        st.button(
            label,
            key=f"train_{what}",
            type="primary" if what == "resume" else "secondary",
            disabled=bool(run.request),
            on_click=partial(_request, run.number, what),
        )


def _request(number: int, what: Request) -> None:
    _try(lambda: runs.store().ask(number, what))
    runs.refresh()


def _try(action: Callable[[], object]) -> None:
    """Do something with the store, from a widget's callback; what goes wrong is told when the page is drawn.

    A run that is gone meanwhile needs no words: the page says that there is none.
    """
    try:
        action()
    except NoSuchRunError:
        pass
    except (RunStoreError, OSError) as error:
        st.session_state[_FAILURE] = error


def _use(name: str) -> None:
    runs.refresh()
    state.request(model=name)
    frame.go_to("")


def _choose_watched(run: Run, view: ViewState, _: Translator) -> None:
    """The date whose attention is drawn; the other pages show it too."""
    state.set_widget("train_text", view.text[:100])
    with (
        st.form("train_watch", border=False, width="content"),
        st.container(horizontal=True, vertical_alignment="center"),
    ):
        st.text_input(_("Date to watch"), key="train_text", max_chars=100, label_visibility="collapsed", width=230)
        st.form_submit_button(_("Watch this date"), on_click=partial(_watch, run.number))
    try:
        read_source(view.text, DATE_VOCABULARY)
    except SourceTextError as error:
        say(error_sentence(error, _), "error", "train_text_error")


def _watch(number: int) -> None:
    text = st.session_state.train_text
    state.request(text=text)
    _try(lambda: runs.store().watch(number, text))


def _offer_files(run: Run, _: Translator) -> None:
    """What the run has made, as files; each is read when somebody asks for it."""
    with st.popover(_("Download")):
        files = (
            (_("Model (safetensors)"), run.model_file, "safetensors", "application/octet-stream"),
            (_("Model card (Markdown)"), run.folder / CARD_FILE, "md", "text/markdown"),
        )
        for label, file, ending, mime in files:
            if file is not None and file.is_file():
                name = f"{models.name_of_run(run.number)}.{ending}"
                st.download_button(
                    label, file.read_bytes, name, mime, key=f"train_file_{ending}", on_click="ignore", width="stretch"
                )


def _offer_rename(run: Run, _: Translator) -> None:
    with st.popover(_("Rename")), st.form("train_rename", border=False):
        key = f"train_name_of_{run.number}"
        st.session_state.setdefault(key, run.name)
        st.text_input(_("Name of the run"), key=key, max_chars=NAME_LENGTH)
        st.form_submit_button(_("Rename"), on_click=partial(_rename, run.number))


def _rename(number: int) -> None:
    name = st.session_state[f"train_name_of_{number}"]
    try:
        _try(lambda: runs.store().rename(number, name))
    except ValueError:
        st.session_state[_BAD_NAME] = True
    runs.refresh()


def _offer_delete(run: Run, _: Translator) -> None:
    with st.popover(_("Delete")):
        st.text(_("The model, its curves and its settings will be gone for everybody."))
        st.button(_("Delete for good"), key="train_delete", type="primary", on_click=partial(_delete, run.number))


def _delete(number: int) -> None:
    _try(lambda: runs.store().delete(number))
    runs.refresh()
    state.request(run=0)


# --- A run, as it goes ------------------------------------------------------------------------------------------------


def _follow(number: int, seen: tuple[str, str], view: ViewState, _: Translator) -> None:
    """What moves while a run is trained, drawn anew about every second."""
    with show_failures(_), runs.show_store_failures(_, "train_live"):
        store = runs.store()
        runs.keep_training()
        run = store.get(number)
        if (run.status, run.request) != seen:
            # Its buttons, its title and the list are another now.
            runs.refresh()
            st.rerun()
        st.html(_progress(run, store.place_in_queue(number), _))
        # The map beside the curves: on a laptop's screen both are seen at once.
        curves, learnt = st.columns([8, 5], gap="medium")
        with curves:
            _draw_curves(store, run, view)
            if run.status == "finished" and run.model_file is not None:
                _compare(run, view, _)
        with learnt:
            _draw_snapshot(store, run, view, _)


def _progress(run: Run, place: int, _: Translator) -> str:
    words = train_words.progress_words(run, place, _)
    label = escape(_("How much of the training is done"))
    bar = f'<progress max="1" value="{run.done:.4f}" aria-label="{label}">{percent(run.done, _)}</progress>'
    best = ""
    if run.exact_match is not None:
        said = _("Right on {share} of the dates held out").format(share=train_words.accuracy_words(run, _))
        best = f"<strong>{escape(said)}</strong>"
    return f'<div class="train-progress">{bar}<p>{escape(words)} {best}</p></div>'


def _draw_curves(store: RunStore, run: Run, view: ViewState) -> None:
    if run.iterations:
        pictures(
            _curves(store.folder, run.number, run.progress, run.epochs, view.lang), "train_curves", language=view.lang
        )


@st.cache_resource(max_entries=_PICTURES_KEPT, show_spinner=False)
def _curves(folder: Path, number: int, progress: Progress, epochs: int, language: str) -> list[str]:
    """The curves of a run that has come so far, drawn once for all who watch it."""
    store = runs.store()
    points = store.intervals(number)
    return training_svgs(points, store.epochs(number), progress.iterations, epochs, _=translator(language))


def _draw_snapshot(store: RunStore, run: Run, view: ViewState, _: Translator) -> None:
    snapshot = store.snapshot(run.number)
    if snapshot is None:
        return
    _draw_map(run, snapshot, view, _)
    st.html(f'<div lang="{view.lang}">{_samples(snapshot, _)}</div>')


def _samples(snapshot: Snapshot, _: Translator) -> str:
    right, wrong = escape(_("right")), escape(_("wrong"))
    rows = []
    for sample in snapshot.samples:
        good = sample.guess == sample.target
        sign = (
            f'<span class="{"right" if good else "wrong"}"><span aria-hidden="true">{"✓" if good else "✗"}</span> '
            f"{right if good else wrong}</span>"
        )
        rows.append(
            f'<tr><td class="sign">{sign}</td><th scope="row">{escape(sample.question)}</th>'
            f"<td>{_guess(sample.guess, sample.target)}</td><td>{escape(sample.target)}</td></tr>"
        )
    header = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", _("Question"), _("Guess"), _("Target")))
    caption = escape(_("Dates held out, after {count} iterations").format(count=f"{snapshot.iteration:,}"))
    return (
        f'<div class="numbers train-samples"><table><caption>{caption}</caption>'
        f"<thead><tr>{header}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _guess(guess: str, target: str) -> str:
    """The guess, its wrong characters underlined."""
    return "".join(
        escape(visible(character)) if target[i : i + 1] == character else f"<u>{escape(visible(character))}</u>"
        for i, character in enumerate(guess)
    )


def _draw_map(run: Run, snapshot: Snapshot, view: ViewState, _: Translator) -> None:
    """The attention on the watched date: of the last snapshot, or of the finished model."""
    text, output, weights = snapshot.text, snapshot.output, snapshot.weights
    if run.status == "finished" and run.model_file is not None:
        trace = models.trace(models.name_of_run(run.number), _with_readable_text(view).text)
        text, output, weights = trace.text, trace.output, None if trace.weights is None else trace.weights.tolist()
    st.html(f'<p class="train-decoded">{escape(printable(f"{text} → {output}"))}</p>')
    if weights is None:
        say(_("This model has no attention to draw."), "note", "train_no_attention")
        return
    label = _("Attention weights: a row for every written character, a column for every typed one")
    title = _("Input, in reading order; · is the padding")
    svg = weights_svg(*fold_padding(weights, text), output, label=label, title=title, scale=view.scale)
    pictures([svg], key="train_map", language=view.lang)


# --- A run that is over -----------------------------------------------------------------------------------------------


def _compare(run: Run, view: ViewState, _: Translator) -> None:
    """The run beside the models that ship: exact match, by the way the date was written."""
    names = [models.name_of_run(run.number), *available_models()]
    pipelines = {name: models.pipeline(name) for name in names}
    families: dict[str, str | None] = {_("all"): None} | {family.example: family.name for family in FAMILIES}
    rows = [
        [written_like, *(percent(models.share_right(name, family), _, 2) for name in names)]
        for written_like, family in families.items()
    ]
    header = [_("Dates like"), *(models.title(name, _) for name in names)]
    caption = _("How often the whole date is right, on dates held out, beside the models that ship")
    html = table(header, rows, caption)
    digests = {pipeline.metadata.get("test_digest") for pipeline in pipelines.values()}
    note = "" if len(digests) == 1 else _("The models were not all measured on the same dates.")
    st.html(f'<div lang="{view.lang}">{html}<p class="train-note">{escape(note)}</p></div>')


@st.fragment
def _offer_figure(number: int, _: Translator) -> None:
    """The curves as a plotly figure. It is large: neither server nor browser loads it before somebody opens this."""
    label = _("The same curves as a plotly figure: zoom, hover")
    figure = st.expander(label, key="train_figure_open", on_change="rerun")
    if not figure.open:
        return
    from viz_app.figures.training import training_figure

    with show_failures(_), runs.show_store_failures(_, "train_figure_trouble"), figure:
        store = runs.store()
        run = store.get(number)
        drawn = training_figure(store.intervals(number), store.epochs(number), run.iterations, _=_)
        st.plotly_chart(drawn, key="train_figure", alt=label)


def _list_runs(shown: Run | None, view: ViewState, _: Translator) -> None:
    """All runs, drawn anew while one that is not shown above moves."""
    _heading(_("All training runs"))
    others = any(run.status in _MOVING and (shown is None or run.number != shown.number) for run in runs.store().list())
    st.fragment(_draw_list, run_every=4 * _SECONDS_BETWEEN_LOOKS if others else None)(
        shown.number if shown else 0, view, _
    )


def _draw_list(shown: int, view: ViewState, _: Translator) -> None:
    with show_failures(_), runs.show_store_failures(_, "train_list"):
        listed = runs.store().list()
        now = datetime.now(UTC)
        every = st.session_state.get(_ALL_RUNS, False)
        for run in listed if every else listed[:_LISTED_AT_MOST]:
            with st.container(key=f"train_row_{run.number}", horizontal=True, vertical_alignment="center"):
                label = _("Shown above") if run.number == shown else _("Show")
                if st.button(label, key=f"train_show_{run.number}", disabled=run.number == shown):
                    state.request(run=run.number)
                    st.rerun()
                st.html(_row(run, now, view, _))
        if len(listed) > _LISTED_AT_MOST and not every:
            label = _("Show all {count}").format(count=len(listed))
            st.button(label, key="train_all", on_click=partial(st.session_state.update, {_ALL_RUNS: True}))


def _row(run: Run, now: datetime, view: ViewState, _: Translator) -> str:
    cells = (
        ("name", models.run_title(run, _)),
        ("words", train_words.few_words(run, _)),
        ("status", f"{train_words.SIGNS[run.status]} {train_words.status_words(run, _)}"),
        ("accuracy", train_words.accuracy_words(run, _)),
        ("when", train_words.when(run.created, now, _)),
    )
    inside = "".join(f'<span class="{kind}">{escape(text)}</span>' for kind, text in cells)
    return f'<div class="train-row" lang="{view.lang}">{inside}</div>'
