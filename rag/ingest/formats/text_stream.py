"""Bytes of any length to text, line by line: UTF-8, Windows-1252 in it or instead, UTF-16, UTF-32."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from typing import IO

from rag.errors import SourceError
from rag.text.encodings import is_of_other_script, likely_encodings
from rag.text.normalise import WINDOWS_1252, is_mostly_utf_8, is_wide

PIECE = 1 << 18
"""Bytes of a line that are read at once."""
_SAMPLE = 1 << 16


def text_lines(stream: IO[bytes], limit: int = PIECE) -> Iterator[str]:
    """Yield the text of a stream line by line, line ends kept; a line above ``limit`` bytes comes in pieces.

    A line that is not UTF-8 is in the encoding of the file's script, else, as in files that were put
    together from several, in Windows-1252 or that of its own script.

    Raises
    ------
    SourceError
        Where the stream is marked as UTF-16 or UTF-32 and is not.
    """
    first = stream.readline(limit)
    if is_wide(first):
        yield from _wide_lines(first, stream, limit)
        return
    begun = [first.removeprefix(codecs.BOM_UTF8)]
    while begun[-1] and sum(map(len, begun)) < _SAMPLE:
        begun.append(stream.readline(limit))
    decoder = _Decoder(b"".join(begun))
    lines = chain(begun, iter(lambda: stream.readline(limit), b""))
    line = next(lines)
    while line:
        text, line = decoder.decoded(line, limit)
        yield text
        line += next(lines, b"")


class _Decoder:
    """Decodes the lines of a file that begins with a sample of bytes."""

    def __init__(self, sample: bytes) -> None:
        self._of_file = ""
        """What all lines are in that are no UTF-8; empty: each tells by itself."""
        self._of_lines = ""
        """What lines of another script were in; guessing takes a hundredth of a second."""
        try:
            sample.decode()
        except UnicodeDecodeError:
            if not is_mostly_utf_8(sample):
                self._of_file = next(iter(likely_encodings(sample)), "")

    def decoded(self, line: bytes, limit: int) -> tuple[str, bytes]:
        """Return the text of a line or piece of one, and the bytes of a character that the piece cuts."""
        try:
            return line.decode(), b""
        except UnicodeDecodeError as error:
            if self._of_file:
                return line.decode(self._of_file, WINDOWS_1252), b""
            if len(line) < limit:
                return line.decode(self._encoding(line), WINDOWS_1252), b""
            if error.reason == "unexpected end of data":
                return line[: error.start].decode(), line[error.start :]
        # Half a million bytes are not taken for another encoding because of one.
        return line.decode("utf-8", WINDOWS_1252), b""

    def _encoding(self, line: bytes) -> str:
        if not is_of_other_script(line):
            return "cp1252"
        if self._of_lines:
            with suppress(UnicodeDecodeError):
                line.decode(self._of_lines)
                return self._of_lines
        self._of_lines = next(iter(likely_encodings(line)), "")
        return self._of_lines or "cp1252"


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
