"""What a visitor looks at, in one typed value: `ViewState`, its form in the URL, and its place in the session.

Who writes the URL: the browser's part of a page writes `step`, `stage`, `scale` and `padding` as they change, without
a trip to the server; this module writes the rest when another text, model or language is shown. Who reads it: this
module, parameter by parameter, whatever differs from what it last read or wrote. So a link, an edited address and the
browser's Back button all work, and a click that comes together with an older address is not undone by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import streamlit as st

from core.analysis.running_code import STAGES
from core.training.mistakes import MISTAKES
from core.training.slips import SLIPS
from viz_app.figures.colours import DEFAULT_SCALE, SCALES
from viz_app.session import changes, models
from viz_app.session.changes import Changes
from viz_app.text.i18n import LANGUAGES, language_of, preferred_language
from viz_app.text.messages import Problem

FIRST_TEXT: Final = "september 27, 1994"
FIRST_MODEL: Final = "date-attention"
FIRST_STAGE: Final = "weights"
"""Of the Inside page: what the map of the Step page shows."""
FIRST_BUG: Final = "context-not-fed"
STEPS: Final = len("YYYY-MM-DD")

# The parameters that the server writes; the stage writes the others.
_OURS: Final = frozenset({"text", "model", "lang", "changes", "run", "bug", "quiz"})
LARGEST_SEED: Final = 9999
"""Of a quiz."""

_LARGEST_RUN: Final = 999_999_999
_WHOLE: Final = re.compile("0|[1-9][0-9]{0,8}", re.ASCII)

_REQUESTED: Final = "view_requested"
_PROBLEMS: Final = "view_problems"
_GOOD_TEXT: Final = "view_good_text"
_SEEN: Final = "view_url_as_last_seen"
_HEARD: Final = "view_times_told"
_SAID: Final = "view_that_the_url_stands_for"


@dataclass(frozen=True)
class ViewState:
    """Everything that a link to a view has to say.

    Attributes:
        text: the source text.
        model: one of `models.names()`.
        step: the current step, counted from 1 as people do.
        lang: one of `LANGUAGES`.
        scale: one of `SCALES`.
        padding: whether the columns of the trailing padding are shown.
        changes: what is changed in the decoding.
        stage: the one that the Inside page has open, of `core.analysis.running_code.STAGES`.
        run: number of the training run that the Train page shows; 0 for the latest.
        bug: the one that the Bugs page shows, a key of `core.training.mistakes.MISTAKES` or `slips.SLIPS`.
        quiz: seed of the quiz that the Bugs page shows; 0 for the gallery.
    """

    text: str = FIRST_TEXT
    model: str = FIRST_MODEL
    step: int = STEPS
    lang: str = "en"
    scale: str = DEFAULT_SCALE
    padding: bool = False
    changes: Changes = ()
    stage: str = FIRST_STAGE
    run: int = 0
    bug: str = FIRST_BUG
    quiz: int = 0


def to_parameters(view: ViewState) -> dict[str, str]:
    """Every parameter of the URL of a view, the defaults too."""
    values = {field.name: getattr(view, field.name) for field in fields(view)} | {"padding": int(view.padding)}
    return {name: str(value) for name, value in values.items()} | {"changes": changes.to_query(view.changes)}


def to_query(view: ViewState) -> dict[str, str]:
    """The parameters that the URL of a view needs: the language, and whatever is not the default.

    The language is always said, since its default is the reader's browser and not the writer's.
    """
    defaults = to_parameters(ViewState())
    return {name: value for name, value in to_parameters(view).items() if name == "lang" or value != defaults[name]}


def from_query(query: Mapping[str, str], view: ViewState) -> tuple[ViewState, tuple[Problem, ...]]:
    """`view`, changed as the parameters ask; those that cannot be used are left out and reported."""
    values: dict[str, Any] = {}
    problems = []
    for name in to_parameters(view).keys() & query.keys():
        if name == "changes":
            values[name], unread = changes.from_query(query[name])
            problems += [Problem(name, "" if number is None else str(number)) for number, _ in unread]
            continue
        try:
            values[name] = _parse(name, query[name])
        except ValueError:
            problems.append(Problem(name, query[name]))
    return replace(view, **values), tuple(sorted(problems))


def _parse(name: str, value: str) -> str | int | bool:
    """The value of a parameter; ValueError where it has none."""
    if name == "text":
        return value
    if name in ("run", "quiz"):
        return _whole(name, value, _LARGEST_RUN if name == "run" else LARGEST_SEED)
    if name == "step":
        return 1 + [str(i + 1) for i in range(STEPS)].index(value)
    if name == "padding":
        return bool(["0", "1"].index(value))
    if name == "lang":
        return _language(value)
    choices = {"model": models.names(), "scale": list(SCALES), "stage": list(STAGES), "bug": [*MISTAKES, *SLIPS]}[name]
    return choices[choices.index(value)]


def _language(value: str) -> str:
    if (language := language_of(value)) is None:
        raise ValueError(f"lang is {value[:20]!a}; expected one of {', '.join(LANGUAGES)}")
    return language


def _whole(name: str, value: str, largest: int) -> int:
    if not _WHOLE.fullmatch(value) or int(value) > largest:
        raise ValueError(f"{name} is {value[:20]!a}; expected a whole number up to {largest}")
    return int(value)


def requested() -> ViewState:
    """What this visitor asks for now: what was last passed to `request`, and what has changed in the URL since."""
    session = st.session_state
    query, seen = st.query_params.to_dict(), session.get(_SEEN, {})
    news: dict[str, str] = {}
    if query != seen:  # asked seven times a page, of which one has news at most
        before, now = _with_defaults(seen), _with_defaults(query)
        news = {name: value for name, value in now.items() if value != before[name]}
    if news:
        session[_REQUESTED], session[_PROBLEMS] = from_query(news, session.get(_REQUESTED, _first_view()))
    if news.keys() & _OURS:
        session.pop(_SAID, None)
    session[_SEEN] = query
    view: ViewState = session.setdefault(_REQUESTED, _first_view())
    if models.is_gone(view.model):
        session[_PROBLEMS] = (Problem("model", view.model),)
        session[_REQUESTED] = view = replace(view, model=FIRST_MODEL)
    return view


def request(**wishes: Any) -> None:
    """Ask for another view, from a widget's callback.

    Another text or model is shown from its last step; another text loses the changes that name characters.
    """
    if wishes.keys() & {"text", "model"}:
        wishes = {"step": STEPS, **wishes}
    if "text" in wishes:
        wishes = {"changes": changes.for_any_text(requested().changes), **wishes}
    st.session_state[_REQUESTED] = replace(requested(), **wishes)
    # Where the first drawing was cut short by this wish, the address stands for no view yet, and not for this one.
    st.session_state.setdefault(_SAID, {})
    st.session_state[_PROBLEMS] = ()


def record_told(told: Mapping[str, Any]) -> None:
    """Note the text and the step, counted from 0, that the stage shows by itself; what is neither is left out.

    It has written them into the address already. They count for the model that is asked for only: a click that asks
    for another may be told before what the stage had shown.
    """
    now = requested()
    count = told.get("count")
    if isinstance(count, int):
        st.session_state[_HEARD] = count
    step, text = told.get("step"), told.get("text")
    if told.get("model") != now.model or not isinstance(text, str) or not isinstance(step, int):
        return
    if step not in range(STEPS):
        return
    if text != now.text:
        now = replace(now, text=text, changes=changes.for_any_text(now.changes))
        st.session_state[_PROBLEMS] = ()
        st.session_state[_SAID] = _what_the_url_says(now)
    st.session_state[_REQUESTED] = replace(now, step=step + 1)


def record_step(view: ViewState, step: object) -> None:
    """Note the step, counted from 0, to which a page has gone; what is no step is left out.

    It counts for the text and model of `view` only: a click that asks for another text may be told before it.
    """
    now = requested()
    if isinstance(step, int) and step in range(STEPS) and (now.text, now.model) == (view.text, view.model):
        st.session_state[_REQUESTED] = replace(now, step=step + 1)


def record_stage(stage: object) -> None:
    """Note the stage that the Inside page has open; what is none is left out."""
    if isinstance(stage, str) and stage in STAGES:
        st.session_state[_REQUESTED] = replace(requested(), stage=stage)


def heard() -> int:
    """How many times the stage has told what it shows."""
    count: int = st.session_state.get(_HEARD, 0)
    return count


def problems() -> tuple[Problem, ...]:
    """What could not be used of the URL that this view came from."""
    found: tuple[Problem, ...] = st.session_state.get(_PROBLEMS, ())
    return found


def last_good_text() -> str:
    """The text of the picture that stays when the next text cannot be read."""
    text: str = st.session_state.get(_GOOD_TEXT, FIRST_TEXT)
    return text


def record_shown(view: ViewState) -> None:
    """Remember the view that is on the screen, and write it into the URL when it is not the one that came from there.

    A URL that asks for what cannot be shown stays as it is, with a sentence beside it, until something else is chosen.
    """
    session = st.session_state
    session[_GOOD_TEXT] = view.text
    says = _what_the_url_says(view)
    if session.setdefault(_SAID, says) == says:
        return
    session[_SAID] = says
    session[_SEEN] = to_query(view)
    st.query_params.from_dict(to_query(view))


def _what_the_url_says(view: ViewState) -> dict[str, str]:
    """Of that which Python writes into the address."""
    on_screen = to_parameters(view)
    return {name: on_screen[name] for name in _OURS}


def set_widget(key: str, value: object) -> None:
    """Give a widget the value that the view has; to be called before the widget is made."""
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value


def _first_view() -> ViewState:
    return ViewState(lang=preferred_language(st.context.locale))


def _with_defaults(query: Mapping[str, str]) -> dict[str, str]:
    """What a URL says with all that it leaves unsaid; parameters that are not ours are left out."""
    unsaid = to_parameters(_first_view())
    return {name: query.get(name, value) for name, value in unsaid.items()}
