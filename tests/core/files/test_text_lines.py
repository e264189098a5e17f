"""Lines of text files, however they were saved."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.files.text_lines import text_lines, utf8_lines

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\ufeff"))


@given(st.lists(TEXTS, min_size=1), st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"]), st.booleans())
def test_every_way_to_save_gives_the_same_lines(texts, encoding, from_windows):
    content = "".join(text + ("\r\n" if from_windows else "\n") for text in texts)
    mark = "\ufeff" if encoding.startswith("utf-16") else ""
    assert list(text_lines(io.BytesIO(f"{mark}{content}".encode(encoding)))) == texts


@given(st.binary(max_size=60))
def test_any_bytes_are_lines(content):
    lines = list(utf8_lines(io.BytesIO(content)))
    assert not any(b"\n" in line for line in lines)
    assert len(list(text_lines(io.BytesIO(content)))) == len(lines)


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"])
def test_an_empty_file_has_no_lines(content):
    assert list(utf8_lines(io.BytesIO(content))) == []


def test_half_a_character_is_told():
    assert list(text_lines(io.BytesIO(b"\xff\xfe1\x002"))) == ["1\ufffd"]
    assert list(text_lines(io.BytesIO(b"1\xff"))) == ["1\udcff"]
