"""The lines of a text file as people save it: UTF-8 or UTF-16, from any system. Files of dates are read so.

>>> import io
>>> list(text_lines(io.BytesIO("\\ufeff2/10/93\\r\\nJUN 17".encode("utf-16-le"))))
['2/10/93', 'JUN 17']
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

_UTF_16: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def utf8_lines(stream: BinaryIO) -> Iterator[bytes]:
    r"""The lines in UTF-8 without their ends, `\n` or `\r\n`, each as soon as it can be read.

    A byte order mark is dropped; with that of UTF-16 the text is read as such, what is none becoming U+FFFD. In every
    other encoding the bytes are handed on as they are, for the reader to name.
    """
    first = stream.readline()
    encoding = _UTF_16.get(first[:2]) if first[:4] != codecs.BOM_UTF32_LE else None
    lines = _with_first(first.removeprefix(codecs.BOM_UTF8), stream)
    for line in lines if encoding is None else _transcoded(_with_first(first[2:], stream), encoding):
        yield line.removesuffix(b"\n").removesuffix(b"\r")


def text_lines(stream: BinaryIO) -> Iterator[str]:
    """The same as texts; a byte that is no text is half of a surrogate pair, which whoever checks the text can name."""
    return (line.decode(errors="surrogateescape") for line in utf8_lines(stream))


def _with_first(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
        yield from rest


def _transcoded(lines: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    held = ""
    for line in lines:  # which may end in the middle of a character
        *whole, held = (held + decoder.decode(line)).split("\n")
        yield from (text.encode() + b"\n" for text in whole)
    held += decoder.decode(b"", final=True)
    if held:
        yield held.encode()
