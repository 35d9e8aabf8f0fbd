"""Bytes of any length to text, line by line: UTF-8, Windows-1252 in it or instead, UTF-16, UTF-32."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import IO

from rag.errors import SourceError
from rag.text.encodings import likely_encodings
from rag.text.normalise import WINDOWS_1252, is_wide

PIECE = 1 << 18
"""Bytes of a line that are read at once."""


def text_lines(stream: IO[bytes], limit: int = PIECE) -> Iterator[str]:
    """Yield the text of a stream line by line, line ends kept; a line above ``limit`` bytes comes in pieces.

    A line that is not UTF-8 is Windows-1252 or of another script's encoding, as in files that were put
    together from several.

    Raises
    ------
    SourceError
        Where the stream is marked as UTF-16 or UTF-32 and is not.
    """
    first = stream.readline(limit)
    if is_wide(first):
        yield from _wide_lines(first, stream, limit)
        return
    line = first.removeprefix(codecs.BOM_UTF8)
    while line:
        text, line = _decoded(line, limit)
        yield text
        line += stream.readline(limit)


def _decoded(line: bytes, limit: int) -> tuple[str, bytes]:
    """Return the text of a line or piece of one, and the bytes of a character that the piece cuts."""
    try:
        return line.decode(), b""
    except UnicodeDecodeError as error:
        if len(line) < limit:
            (encoding, *_) = [*likely_encodings(line), "cp1252"]
            return line.decode(encoding, WINDOWS_1252), b""
        if error.reason == "unexpected end of data":
            return line[: error.start].decode(), line[error.start :]
    # Half a million bytes are not taken for another encoding because of one.
    return line.decode("utf-8", WINDOWS_1252), b""


def _wide_lines(first: bytes, stream: IO[bytes], limit: int) -> Iterator[str]:
    four = first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE))
    decoder = codecs.getincrementaldecoder("utf-32" if four else "utf-16")()
    pending, data = "", first
    try:
        while data:
            *lines, pending = (pending + decoder.decode(data)).split("\n")
            yield from (f"{line}\n" for line in lines)
            if len(pending) > limit:
                yield pending
                pending = ""
            data = stream.read(limit)
        yield pending + decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise SourceError(f"not text: marked {error.encoding}, but it is not") from None
