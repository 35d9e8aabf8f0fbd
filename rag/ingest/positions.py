"""How far a long file was read, so that an `add` that was broken off goes on there.

A reader calls `begin`, seeks, and tells `Place.reached` once the caller has come back for more. What it
writes into ``options.positions`` is stored by `Index.add` in the transaction of the articles before it.
"""

from __future__ import annotations

import os
from typing import IO

from rag.ingest.options import ReadOptions
from rag.types import Position


class Place:
    """Where to begin in a file, and where to write down how far it was read."""

    def __init__(
        self, source: str, state: str | None, found: Position, options: ReadOptions
    ) -> None:
        self.begin = found
        self._source = source
        self._state = state
        self._options = options

    def reached(self, offset: int, records: int, part: int = 0) -> None:
        """Record that everything before an offset was read and handed over."""
        self._put(Position(self._state or "", offset, records, part))

    def finished(self, records: int) -> None:
        """Record that all of the file was read."""
        self._put(Position(self._state or "", 0, records, 0, finished=True))

    def _put(self, position: Position) -> None:
        if self._state is not None and self._options.positions is not None:
            self._options.positions[self._source] = position


def begin(stream: IO[bytes], source: str, options: ReadOptions) -> Place:
    """Return where to go on in a file: its beginning, unless an earlier `add` was broken off in it.

    A file that has changed since, or is read with other options, is read from its beginning.
    """
    state = _state(stream, options)
    found = None
    if state is not None and options.positions is not None:
        found = options.positions.get(source)
    if found is None or found.state != state:
        return Place(source, state, Position(state or ""), options)
    told = (
        "all of it was read" if found.finished else f"its first {found.records:,} records were read"
    )
    options.note(source, f"{told} before an earlier add was broken off; they are not read again")
    return Place(source, state, found, options)


def _state(stream: IO[bytes], options: ReadOptions) -> str | None:
    """Return what tells this file, read in this way, from others; None where it is no file."""
    try:
        status = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None
    chosen = sorted(options.fields.items())
    label = "" if options.collection is None else f" {options.collection}"
    return f"{status.st_size} {status.st_mtime_ns} {options.date_order} {chosen}{label}"
