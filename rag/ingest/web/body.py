"""The body of an answer: read piece by piece, decompressed piece by piece, and counted both ways."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from rag.ingest.web.errors import FetchError

ACCEPTED_ENCODINGS = "gzip, deflate"
_PIECE = 1 << 16


def read_body(pieces: Iterable[bytes], encoding: str, *, wire_bytes: int, body_bytes: int) -> bytes:
    """Return a body decompressed.

    Parameters
    ----------
    pieces
        As they come over the wire.
    encoding
        The ``Content-Encoding`` header; empty for none.
    wire_bytes, body_bytes
        The most bytes before and after decompression.

    Raises
    ------
    FetchError
        Where there are more, or the body is not in that encoding or in one that was not asked for.
    """
    encoding = encoding.strip().lower()
    counted = _counted(pieces, wire_bytes)
    if encoding in ("", "identity"):
        body = counted
    elif encoding in ("gzip", "x-gzip", "deflate"):
        body = inflate(counted, body_bytes)
    else:
        raise FetchError(f"its body is in the encoding {encoding[:40]!r}, which was not asked for")
    whole = bytearray()
    for piece in body:
        whole += piece
        if len(whole) > body_bytes:
            raise FetchError(f"too large: more than {body_bytes:,} bytes")
    return bytes(whole)


def inflate(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Yield the bytes of a gzip, zlib or raw deflate stream, in pieces of bounded size.

    Raises
    ------
    FetchError
        Where it is damaged, cut off, or larger than ``most`` bytes.
    """
    unpacker = None
    total = 0
    for data in pieces:
        while data:
            if unpacker is None:
                unpacker = zlib.decompressobj(_window(data))
            try:
                out = unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                raise FetchError(f"its compressed body is damaged ({error})") from None
            total += len(out)
            if total > most:
                raise FetchError(f"too large: more than {most:,} bytes after decompression")
            if out:
                yield out
            data = unpacker.unconsumed_tail
            if unpacker.eof:
                # Another member of a gzip file may follow; anything else after it is dropped.
                data = unpacker.unused_data
                if data[:2] != b"\x1f\x8b":
                    return
                unpacker = None
    if unpacker is not None and not unpacker.eof:
        raise FetchError("its compressed body is cut off", passing=True)


def _window(data: bytes) -> int:
    """Return zlib's name of the wrapping that the first bytes show."""
    if data[:1] == b"\x1f":
        return zlib.MAX_WBITS | 16
    # A zlib header says "deflate" in its low bits and is a multiple of 31; some servers leave it out.
    with_header = data[0] & 0x0F == 8 and (
        len(data) == 1 or int.from_bytes(data[:2], "big") % 31 == 0
    )
    return zlib.MAX_WBITS if with_header else -zlib.MAX_WBITS


def _counted(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > most:
            raise FetchError(f"too large: more than {most:,} bytes")
        yield piece
