"""Every text of the screen is in every catalogue, translated, with its placeholders, and compiled."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from viz_app.text.i18n import LANGUAGES, LOCALE, preferred_language, translator

ROOT = LOCALE.parents[2]
UPDATE = "see docs/translating.md"
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]


def texts_in_code() -> set[str]:
    """Every literal text in a call of `_` in the code of the screen."""
    where = [("viz_app/**.py", "python")]
    messages = [message for _, _, message, _, _ in extract_from_dir(ROOT, where, keywords={"_": None})]
    return {message if isinstance(message, str) else message[0] for message in messages}


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def entries(path: Path) -> dict[str, str]:
    """Texts and their translations, the header left out."""
    return {str(message.id): str(message.string) for message in catalogue(path) if message.id}


def po(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "messages.po"


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w*\}", text))


def test_texts_are_found_in_the_code() -> None:
    assert {"Decode", "Layer lab", "Copy link", "Attention weight", "{attention}; {certainty}."} <= texts_in_code()


def test_no_text_hides_in_an_f_string() -> None:
    """There `pybabel extract` does not find it."""
    hidden = []
    for path in sorted(LOCALE.parents[1].rglob("*.py")):
        strings = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)]
        calls = [node for string in strings for node in ast.walk(string) if isinstance(node, ast.Call)]
        marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "_"]
        hidden += [f"{path.name}: {ast.unparse(call)}" for call in marked]
    assert hidden == []


def test_template_holds_the_texts_of_the_code() -> None:
    assert set(entries(LOCALE / "messages.pot")) == texts_in_code(), UPDATE


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_catalogue_holds_the_texts_of_the_code(language: str) -> None:
    assert set(entries(po(language))) == texts_in_code(), UPDATE


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_no_translation_is_missing_or_fuzzy(language: str) -> None:
    assert [text for text, translation in entries(po(language)).items() if not translation.strip()] == []
    assert [message.id for message in catalogue(po(language)) if message.id and message.fuzzy] == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_keep_their_placeholders(language: str) -> None:
    changed = {a: b for a, b in entries(po(language)).items() if placeholders(a) != placeholders(b)}
    assert changed == {}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_translations_differ_from_english(language: str) -> None:
    """A text may stay as it is only where it is a name or made of placeholders."""
    same = {text for text, translation in entries(po(language)).items() if text == translation}
    assert {text for text in same if re.search("[a-z]{2}", re.sub(r"\{\w*\}", "", text))} <= {"Attention"}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_compiled_catalogue_is_the_edited_one(language: str) -> None:
    compiled = gettext.translation("messages", LOCALE, languages=[language])
    assert isinstance(compiled, gettext.GNUTranslations)
    assert {text: compiled.gettext(text) for text in entries(po(language))} == entries(po(language)), UPDATE


def test_a_translator_speaks_its_language() -> None:
    assert [translator(language)("Decode") for language in LANGUAGES] == ["Decode", "変換する", "변환하기"]


def test_a_text_without_translation_stays_english() -> None:
    assert translator("ja")("not in any catalogue") == "not in any catalogue"


def test_unknown_language_is_named() -> None:
    with pytest.raises(KeyError, match=r"'tlh'.*en, ja, ko"):
        translator("tlh")


@pytest.mark.parametrize(
    ("browser", "language"),
    [("ja-JP", "ja"), ("ko", "ko"), ("KO_kr", "ko"), ("en-GB", "en"), ("de-AT", "en"), ("jav", "en"), ("", "en")],
)
def test_language_of_a_browser(browser: str, language: str) -> None:
    assert preferred_language(browser) == language


def test_language_of_no_browser() -> None:
    assert preferred_language(None) == "en"
