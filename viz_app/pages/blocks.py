"""What several pages put on the screen in the same way: styles, words, titles, HTML that tells its language,
and what is chosen from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.analysis.answers import verdict_on
from core.decoding.trace import DecodingTrace
from viz_app.session import state
from viz_app.text.html import Markup
from viz_app.text.i18n import Translator
from viz_app.text.messages import problem_sentence, say
from viz_app.text.verdicts import SIGNS, describe_verdict, verdict_line, verdict_tone, with_changes

_FOLDER: Final = Path(__file__).parent


def use_styles(*files: str) -> None:
    """Load stylesheets by their paths below this folder, before what they are for."""
    st.html(_styles(files))


@cache
def _styles(files: tuple[str, ...]) -> str:
    # Read once: handed over as paths, they would be read again in every run, and take a fifth of its time.
    return "".join(f"<style>{(_FOLDER / file).read_text('utf-8')}</style>" for file in files)


def show_html(html: str, language: str) -> None:
    """Show HTML that tells its language, by which lines are broken and words are read out.

    Args:
        html: escaped unless it is `Markup`.
    """
    st.html(Markup('<div lang="{}">{}</div>').format(language, html))


def on_dark() -> bool:
    """Whether the visitor's page is dark; not where that is not known yet."""
    return st.context.theme.type == "dark"


def paragraph(text: str, kind: str = "") -> Markup:
    """A paragraph of explanation; `kind` is "", "question" or "caution"."""
    return Markup('<p class="{}">{}</p>').format(f"words {kind}".rstrip(), text)


def subtitle(text: str) -> Markup:
    """The title of a small part."""
    return Markup("<h3>{}</h3>").format(text)


def show_part(title: str, lead: str, language: str) -> None:
    """The title of a part of the page, and what it is about."""
    show_html(Markup("<h2>{}</h2>").format(title) + paragraph(lead), language)


def verdict_box(tone: str, title: str, text: str, more: str = "") -> Markup:
    """A judgement: "right", "wrong" or, where it cannot be judged, "open"; `more` is HTML below it."""
    return Markup(
        '<div class="verdict {}" role="status"><p><strong><span aria-hidden="true">{}</span> {}</strong> {}</p>{}</div>'
    ).format(tone, SIGNS[tone], title, text, more)


def show_verdict(trace: DecodingTrace, language: str, _: Translator, *, of: str = "{said}") -> None:
    """One line on whether an answer is right, which opens on why; nothing for a model that cannot write dates.

    Args:
        of: says of which answer, with `{said}` for the verdict.
    """
    verdict = verdict_on(trace)
    if verdict is None:
        return
    tone, told = verdict_tone(verdict), describe_verdict(verdict, language, _)
    reasons = Markup("").join(map(Markup("<p>{}</p>").format, (told.sentence, told.certainty, *told.outside)))
    said = of.replace("{said}", with_changes(verdict_line(verdict, _), trace, _))
    line = Markup(
        '<div class="judged {}"><p role="status"><span aria-hidden="true">{}</span> {}</p>'
        "<details><summary>{}</summary><div>{}</div></details></div>"
    ).format(tone, SIGNS[tone], said, _("Why?"), reasons)
    show_html(line, language)


def show_lead(sentence: str) -> None:
    """Say in one sentence what a page is about."""
    st.html(Markup('<p class="lead">{}</p>').format(sentence))


def choose_one(
    label: str, names: Mapping[Any, str], key: str, on_change: Callable[[], object] | None = None, **options: Any
) -> Any:
    """Buttons beside each other, of which one is pressed.

    Args:
        label: for those who hear the page.
        names: what there is to choose from, and what it is called.
        options: further ones of `st.segmented_control`.
    """
    chosen = None

    def take() -> None:
        if st.session_state[key] is None:
            st.session_state[key] = chosen
        elif on_change is not None:
            on_change()

    # That one is always pressed is a rule of the browser's part alone.
    chosen = st.segmented_control(
        label,
        list(names),
        key=key,
        format_func=names.__getitem__,
        required=True,
        label_visibility="collapsed",
        on_change=take,
        **options,
    )
    return chosen


def choose_from(
    widget: Callable[..., Any],
    label: str,
    options: Sequence[Any],
    key: str,
    format_func: Callable[[Any], str],
    on_change: Callable[[], object] | None = None,
    **more: Any,
) -> Any:
    """A widget whose options may be called otherwise the next time, as in another language.

    The browser says by its label what is chosen. Of a new label it hears only with a value that is put; until then it
    shows the old one, and says it, which Streamlit hands over as if it had been chosen when it is none of the last
    labels. So the choice is put anew whenever a label has changed, and what is no option is never taken for a choice.

    Args:
        widget: `st.selectbox`, `st.radio` or `st.multiselect`; the others take care of this by themselves.
        more: further arguments of the widget.
    """
    session = st.session_state
    told, labels = f"{key}_labels", [format_func(option) for option in options]

    def take() -> None:
        now = session[key]
        if all(value is None or value in options for value in (now if isinstance(now, list) else [now])):
            if on_change is not None:
                on_change()
        else:
            session[key] = chosen

    if key in session and session.get(told, labels) != labels:
        session[key] = session[key]
    session[told] = labels
    chosen = session.get(key)
    chosen = widget(label, options, key=key, format_func=format_func, on_change=take, **more)
    return chosen


def offer_texts(label: str, texts: Sequence[str], key: str, shown: str) -> None:
    """Texts that a click decodes; the one that is shown is pressed."""

    def take() -> None:
        if (text := st.session_state[key]) is not None:
            state.request(text=text)

    state.set_widget(key, shown if shown in texts else None)
    st.pills(
        label,
        texts,
        key=key,
        required=True,
        label_visibility="collapsed",
        on_change=take,
    )


def address(path: str) -> str:
    """An address of the app, a page's or one of the HTTP interface, for a browser that is on any of its pages."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return f"/{base}/{path}" if base else f"/{path}"


def show_problems(_: Translator) -> None:
    """Say what could not be used of the URL."""
    for number, problem in enumerate(state.problems()):
        say(problem_sentence(problem, _), "error", f"problem_{number}_{problem.parameter}")
