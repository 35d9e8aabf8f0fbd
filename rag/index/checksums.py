"""Checksums of files and rows (XXH3, fast enough to check on every read).

They detect damage, not forgery: whoever can write to the folder can write a checksum too.
"""

from __future__ import annotations

import os
from pathlib import Path

import xxhash

_BLOCK = 1 << 20


class FileChecksum:
    """The checksum of a file's bytes, updated block by block."""

    def __init__(self) -> None:
        self._digest = xxhash.xxh3_128()

    def update(self, block: bytes) -> None:
        """Add the next bytes."""
        self._digest.update(block)

    def hex(self) -> str:
        """Return the checksum so far."""
        return str(self._digest.hexdigest())


def file_checksum(path: Path) -> str:
    """Return a file's checksum as hex; the file is read in blocks and takes no memory."""
    digest = FileChecksum()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hex()


def row_checksum(*fields: object) -> int:
    """Return the checksum of a row's values as a signed 64-bit integer, which SQLite stores."""
    # Lengths in front, so that no two rows concatenate to the same bytes.
    parts = [b"-" if field is None else str(field).encode("utf-8", "replace") for field in fields]
    return _signed(b"".join(b"%d:%b" % (len(part), part) for part in parts))


def chunk_checksum(seq: int, start: int, stop: int, vector: object) -> int:
    """Return the checksum of a chunk's row, as `row_checksum`; a damaged row may hold anything."""
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
