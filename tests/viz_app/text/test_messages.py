"""Mistakes become sentences, in every language, and sentences become nothing but text."""

from __future__ import annotations

import logging
import re

import pytest
from streamlit.testing.v1 import AppTest

from core.data.source_text import Change, SourceTextError, read_source
from core.data.vocabulary import DATE_VOCABULARY
from viz_app.text.i18n import LANGUAGES, translator
from viz_app.text.messages import Problem, change_sentence, error_sentence, problem_sentence, readable_sentence

MISTAKES = ["", "y" * 30, "x", "*k*:q:$x$", "{length} {0}", "9\N{EYES}", "\u202e", "\ud83d", "y" * 1_000_000]


def mistake(text: str) -> SourceTextError:
    with pytest.raises(SourceTextError) as caught:
        read_source(text, DATE_VOCABULARY)
    return caught.value


def say_error(text: str, language: str = "en") -> str:
    return error_sentence(mistake(text), translator(language))


def test_nothing_to_read() -> None:
    assert say_error(" ") == "There is nothing to read yet. Type a date, or choose one of the examples."


def test_too_long_says_both_lengths() -> None:
    assert say_error("y" * 35) == "The text has 35 characters, but the model reads at most 29. Please shorten it."
    assert say_error("y" * 35, "ja") == ("入力は35文字ですが、モデルが読めるのは29文字までです。短くしてください。")


def test_unknown_characters_are_named_with_their_positions() -> None:
    assert say_error("1x\N{EYES}") == (
        "The model has not learned these characters: 'x' at position 2, "
        "'\N{EYES}' at position 3. Please replace or delete them."
    )
    assert say_error("1x", "ko") == ("모델이 배우지 않은 문자가 있습니다: 2번째 'x'. 바꾸거나 지워 주세요.")


def test_a_character_that_could_be_taken_for_another_is_named() -> None:
    assert "'\N{CYRILLIC SMALL LETTER A}' (U+0430 CYRILLIC SMALL LETTER A)" in say_error("1\N{CYRILLIC SMALL LETTER A}")
    assert "U+200D ZERO WIDTH JOINER" in say_error("1\N{ZERO WIDTH JOINER}1")
    assert "'年' at position 5" in say_error("1994年")


def test_what_can_be_read_is_said_of_models_of_dates_where_characters_are_unknown() -> None:
    assert readable_sentence(mistake("年"), DATE_VOCABULARY.characters, str).startswith("It reads dates in English")
    assert readable_sentence(mistake("年"), "0123456789+", str) == ""
    assert readable_sentence(mistake("y" * 30), DATE_VOCABULARY.characters, str) == ""


def test_many_unknown_characters_are_counted() -> None:
    assert say_error("x" * 20).endswith("at position 5, 15 more. Please replace or delete them.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: ascii(text)[:20])
def test_every_mistake_has_a_short_sentence_in_every_language(text: str, language: str) -> None:
    sentence = say_error(text, language)
    assert 10 < len(sentence) < 500
    assert not re.search(r"\{(length|limit|characters|character|position|count)\}", sentence.replace(text or " ", ""))


def test_a_brace_among_the_unknown_characters_stays_a_brace() -> None:
    assert "'{' at position 1" in say_error("{")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_has_its_own_sentence(language: str) -> None:
    sentences = [change_sentence(change, translator(language)) for change in Change]
    assert len(set(sentences)) == len(Change)


@pytest.mark.parametrize("name", ["model", "step", "lang", "scale", "padding"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_bad_parameter_is_named_in_every_language(name: str, language: str) -> None:
    assert "<i>7" in problem_sentence(Problem(name, "<i>7"), translator(language))


def test_a_long_parameter_is_cut_and_its_hidden_characters_replaced() -> None:
    sentence = problem_sentence(Problem("scale", "a\x00\u202eb" + "c" * 1000), str)
    assert sentence == f"The link asks for “scale=a��b{'c' * 36}…”, which does not exist here."


# --- On the page ------------------------------------------------------------------------------------------------------


def page() -> None:
    import streamlit as st

    from viz_app.text.messages import say, show_failures

    say("<b>*x*</b> & :red[y] \"'", st.session_state.get("tone", "error"), "here")
    with show_failures(str):
        st.text("before")
        raise ValueError("a secret of the server")
    st.text("after")


def test_a_sentence_is_escaped_and_announced() -> None:
    app = AppTest.from_function(page).run()
    said = app.html[0].proto.body
    assert said == (
        '<p class="message error" role="alert" dir="auto">&lt;b&gt;*x*&lt;/b&gt; &amp; :red[y] &#34;&#39;</p>'
    )
    app.session_state["tone"] = "note"
    assert 'class="message note" role="status"' in app.run().html[0].proto.body


def test_an_unexpected_exception_is_a_sentence_here_and_a_traceback_in_the_log(caplog) -> None:
    with caplog.at_level(logging.ERROR, logger="viz_app.text.messages"):
        app = AppTest.from_function(page).run()
    assert not app.exception
    assert [text.value for text in app.text] == ["before", "after"]
    assert "Something went wrong" in app.html[1].proto.body
    assert "secret" not in "".join(html.proto.body for html in app.html)
    assert "ValueError: a secret of the server" in caplog.text
