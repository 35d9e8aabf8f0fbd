"""Bodies of HTTP messages without their transfer and content codings, bounded in size."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from rag.errors import SourceError

MAX_BODY = 20_000_000
"""Bytes of a body without its codings."""
_MAX_CODINGS = 4
_PIECE = 1 << 16
_GZIP = b"\x1f\x8b"
_MAX_LENGTH_LINE = 64


def decoded(data: bytes, codings: Iterable[str], limit: int = MAX_BODY) -> bytes:
    """Return a body without its codings.

    Crawlers often store the body without a coding and keep the header that names it, so that what is
    plainly not in a coding is taken as it is. Of a body that was cut off, what there is is returned.

    Parameters
    ----------
    codings
        In the order they were applied: the last is undone first.

    Raises
    ------
    SourceError
        Where the body is longer than ``limit``, damaged, or in a coding that cannot be undone.
    """
    named = [name.strip().lower() for name in codings]
    named = [name for name in named if name and name != "identity"]
    if len(named) > _MAX_CODINGS:
        raise SourceError(f"its body is in {len(named)} codings; at most {_MAX_CODINGS} are undone")
    for name in reversed(named):
        undo = _CODINGS.get(name)
        if undo is None:
            raise SourceError(f"its body is in the coding {name[:40]!r}, which cannot be undone")
        data = undo(data, limit)
    return data


def _too_large(limit: int) -> SourceError:
    return SourceError(f"too large: its body has more than {limit:,} bytes when decompressed")


def _chunked(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        end = data.find(b"\n", at, at + _MAX_LENGTH_LINE)
        line = data[at : max(at, end)].split(b";")[0].strip()
        try:
            size = int(line, 16) if line and line[:1] not in b"+-" else -1
        except ValueError:
            size = -1
        if size < 0:
            # Not chunks, or no more of them: what was taken for a length is text.
            return data if not parts else b"".join(parts)
        if size == 0:
            break
        parts.append(data[end + 1 : end + 1 + size])
        at = end + 1 + size
        at += 2 if data[at : at + 2] == b"\r\n" else data[at : at + 1] == b"\n"
    return b"".join(parts)


def _gzip(data: bytes, limit: int) -> bytes:
    if not data.startswith(_GZIP):
        return data
    return _inflated(data, 16 + zlib.MAX_WBITS, limit)


def _deflate(data: bytes, limit: int) -> bytes:
    for bits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        try:
            return _inflated(data, bits, limit)
        except SourceError as error:
            if str(error) == str(_too_large(limit)):
                raise
    return data


def _inflated(data: bytes, bits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    room = limit
    try:
        while data:
            inflate = zlib.decompressobj(bits)
            while data and not inflate.eof:
                part = inflate.decompress(data, room + 1)
                room -= len(part)
                if room < 0:
                    raise _too_large(limit)
                parts.append(part)
                data = inflate.unconsumed_tail
            data = inflate.unused_data if bits > zlib.MAX_WBITS else b""
            if not data.startswith(_GZIP):
                break
    except zlib.error as error:
        raise SourceError(f"its compressed body is damaged ({error})") from None
    return b"".join(parts)


def _brotli(data: bytes, limit: int) -> bytes:
    try:
        # Not a dependency of ours: gradio brings it.
        brotli: Any = import_module("brotli")
    except ImportError:
        raise SourceError("its body is in brotli; pip install brotli to read it") from None
    parts: list[bytes] = []
    room = limit
    try:
        inflate = brotli.Decompressor()
        feed = data
        while not inflate.is_finished():
            part = inflate.process(feed, output_buffer_limit=_PIECE)
            feed = b""
            room -= len(part)
            if room < 0:
                raise _too_large(limit)
            parts.append(part)
            if not part and inflate.can_accept_more_data():
                break
    except brotli.error:
        if not parts:
            return data
        raise SourceError("its brotli body is damaged") from None
    return b"".join(parts)


_CODINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "chunked": _chunked,
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
}
