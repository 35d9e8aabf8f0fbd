"""A web archive's bytes, decompressed piece by piece, and the offsets at which reading can go on."""

from __future__ import annotations

import zlib
from typing import IO

from rag.errors import SourceError

GZIP = b"\x1f\x8b"
_PIECE = 1 << 16
_MAX_HEADERS = 1 << 20
"""Bytes of the lines of one record's headers."""


class ArchiveStream:
    """A file of records, plain or gzip-compressed, as one sequence of bytes in bounded memory.

    Damage ends it, as the end of the file does; `error` says so then.

    Parameters
    ----------
    stream
        Positioned at ``offset``.
    """

    def __init__(self, stream: IO[bytes], offset: int = 0) -> None:
        self._stream = stream
        self._offset = offset
        """Of the first byte of the file that is not decompressed yet."""
        self._raw = stream.read(_PIECE)
        self._gzip = self._raw.startswith(GZIP)
        # None between two members of a gzip file.
        self._inflate: zlib._Decompress | None = None
        self._member = offset
        """Where the gzip member begins that the buffer is from."""
        self._member_bytes = 0
        """Bytes of that member before those of the buffer."""
        self._buffer = b""
        self._at = 0
        self._header_bytes = 0
        self.error: str | None = None
        """What is wrong with the file, and at which byte."""

    def begin_record(self) -> tuple[bytes, int | None]:
        """Return the next line that is not blank, and the offset at which reading can go on with it.

        The line is empty at the end. The offset is None inside a gzip member.
        """
        while True:
            self._header_bytes = 0
            if self._at >= len(self._buffer):
                self._fill()
            offset: int | None = self._offset - (len(self._buffer) - self._at)
            if self._gzip:
                offset = None if self._member_bytes + self._at else self._member
            line = self.readline(_PIECE)
            if not line or line.strip():
                return line, offset

    def readline(self, length: int | None = None) -> bytes:
        """Return bytes up to a line feed.

        Raises
        ------
        SourceError
            Where the lines since `begin_record` are longer than headers can be.
        """
        parts: list[bytes] = []
        room = _MAX_HEADERS - self._header_bytes
        if room <= 0:
            raise SourceError(f"headers of more than {_MAX_HEADERS:,} bytes")
        room = min(room, room if length is None else length)
        while room > 0 and (self._at < len(self._buffer) or self._fill()):
            end = self._buffer.find(b"\n", self._at, self._at + room) + 1
            part = self._buffer[self._at : end or self._at + room]
            self._at += len(part)
            self._header_bytes += len(part)
            room -= len(part)
            parts.append(part)
            if end:
                break
        return b"".join(parts)

    def read(self, length: int) -> bytes:
        """Return up to so many bytes, at least one before the end."""
        if self._at >= len(self._buffer) and not self._fill():
            return b""
        part = self._buffer[self._at : self._at + length]
        self._at += len(part)
        return part

    def tell(self) -> int:
        """Return about how far the file was read, in bytes of the file."""
        return self._offset

    def _fill(self) -> bool:
        """Put the next piece into the buffer; False at the end."""
        self._member_bytes += len(self._buffer)
        self._buffer, self._at = b"", 0
        if not self._gzip:
            self._buffer = self._raw or self._stream.read(_PIECE)
            self._raw = b""
            self._offset += len(self._buffer)
            return bool(self._buffer)
        while self.error is None and not self._buffer:
            if self._inflate is None and not self._next_member():
                return False
            self._inflate_piece()
        return bool(self._buffer)

    def _next_member(self) -> bool:
        while True:
            if len(self._raw) < len(GZIP):
                self._raw += self._stream.read(_PIECE)
            # Some writers pad the end of a file.
            padding = len(self._raw) - len(self._raw.lstrip(b"\0"))
            self._offset += padding
            self._raw = self._raw[padding:]
            if not padding or len(self._raw) >= len(GZIP):
                break
        if not self._raw:
            return False
        if not self._raw.startswith(GZIP):
            self.error = f"not gzip from byte {self._offset:,} on; nothing after that was read"
            return False
        self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        self._member, self._member_bytes = self._offset, 0
        return True

    def _inflate_piece(self) -> None:
        assert self._inflate is not None
        if not self._raw:
            self._raw = self._stream.read(_PIECE)
        at_end = not self._raw
        try:
            self._buffer = self._inflate.decompress(self._raw, _PIECE)
        except zlib.error as error:
            self.error = (
                f"damaged in the compressed record at byte {self._member:,} ({error}); "
                "nothing after that was read"
            )
            return
        left = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        self._offset += len(self._raw) - len(left)
        self._raw = left
        if self._inflate.eof:
            self._inflate = None
        elif at_end and not self._buffer:
            self.error = f"cut off in the compressed record at byte {self._member:,}"
