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

    A line that is UTF-8 but for a few bytes keeps its characters. Another one is in the encoding of the
    file's script, else, as in files that were put together from several, in Windows-1252 or that of its
    own script. The character that the end of the file cuts is left out.

    Raises
    ------
    SourceError
        Where the stream is marked as UTF-16 or UTF-32 and is not.
    """
    first = stream.readline(limit)
    if is_wide(first):
        yield from _wide_lines(first, stream, limit)
        return
    if first.startswith(codecs.BOM_UTF8):
        mark = len(codecs.BOM_UTF8)
        # A piece that is shorter than the limit would be the end of its line.
        first = first[mark:] + (b"" if first.endswith(b"\n") else stream.readline(mark))
    begun = [first]
    while begun[-1] and sum(map(len, begun)) < _SAMPLE:
        begun.append(stream.readline(limit))
    decoder = _Decoder(b"".join(begun))
    for piece in chain(begun, iter(lambda: stream.readline(limit), b"")):
        if piece:
            yield decoder.decoded(piece, limit)


class _Decoder:
    """Decodes the lines of a file that begins with a sample of bytes."""

    def __init__(self, sample: bytes) -> None:
        self._of_file = ""
        """What all lines are in that are no UTF-8; empty: each tells by itself."""
        self._of_lines = ""
        """What lines of another script were in; guessing takes a hundredth of a second."""
        self._long: codecs.IncrementalDecoder | None = None
        """Decodes the line that came in part, and holds the bytes of a character that a piece cuts."""
        try:
            sample.decode()
        except UnicodeDecodeError:
            if not is_mostly_utf_8(sample):
                self._of_file = next(iter(likely_encodings(sample)), "")

    def decoded(self, piece: bytes, limit: int) -> str:
        """Return the text of a line, or of a piece of one that is longer than the limit."""
        ends = len(piece) < limit or piece.endswith(b"\n")
        decoder, self._long = self._long, None
        if decoder is None:
            with suppress(UnicodeDecodeError):
                return piece.decode()
            # What follows of a long line may still be UTF-8, and a few bytes that are none are mended.
            latin = "cp1252" if ends else "utf-8"
            decoder = codecs.getincrementaldecoder(self._encoding(piece, latin))(WINDOWS_1252)
        if not ends:
            self._long = decoder
        return decoder.decode(piece)

    def _encoding(self, line: bytes, latin: str) -> str:
        """Return what a line that is not all UTF-8 is in: ``latin`` where it is of no other script."""
        # Of a file that is in another encoding, a few letters can be UTF-8 by chance.
        if (not self._of_file or is_of_other_script(line, 0)) and is_mostly_utf_8(line):
            return "utf-8"
        if self._of_file:
            return self._of_file
        if not is_of_other_script(line):
            return latin
        if self._of_lines:
            with suppress(UnicodeDecodeError):
                codecs.getincrementaldecoder(self._of_lines)().decode(line)
                return self._of_lines
        self._of_lines = next(iter(likely_encodings(line)), "")
        return self._of_lines or latin


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
