"""Checksums of files and rows, quick enough to be looked at every time (XXH3: gigabytes a second).

They tell damage, not forgery: whoever can write to the folder can write a sum too.
"""

from __future__ import annotations

import os
from pathlib import Path

import xxhash

_BLOCK = 1 << 20


class FileSum:
    """The checksum of a file's bytes, as they come."""

    def __init__(self) -> None:
        self._digest = xxhash.xxh3_128()

    def update(self, block: bytes) -> None:
        """Take the next bytes in."""
        self._digest.update(block)

    def hex(self) -> str:
        """Return the checksum so far."""
        return str(self._digest.hexdigest())


def file_sum(path: Path) -> str:
    """Return a file's checksum as hex; the file is read in blocks and takes no memory."""
    digest = FileSum()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hex()


def article_sum(*fields: object) -> int:
    """Return the checksum of an article's row as a signed 64-bit integer, as SQLite holds them."""
    # Lengths in front, so that no two rows run together to the same bytes.
    parts = [b"-" if field is None else str(field).encode("utf-8", "replace") for field in fields]
    return _signed(b"".join(b"%d:%b" % (len(part), part) for part in parts))


def chunk_sum(seq: int, start: int, stop: int, vector: object) -> int:
    """Return the checksum of a chunk's row, as `article_sum`; a damaged row may hold anything."""
    held = vector if isinstance(vector, bytes) else repr(vector).encode()
    return _signed(f"{seq} {start} {stop} ".encode() + held)


def _signed(content: bytes) -> int:
    value: int = xxhash.xxh3_64_intdigest(content)
    return value - (1 << 64) if value >= 1 << 63 else value


def sync_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the platform can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
