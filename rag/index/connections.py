"""Connections to one catalog: one a thread, for as long as the thread lives and the catalog stands there."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexStoreError, NoIndexError
from rag.index import schema

Identity = tuple[int, int]
"""Device and number of the catalog's file: another one stands there after a `restore`."""


@dataclass(frozen=True, slots=True)
class _Open:
    connection: sqlite3.Connection
    identity: Identity


class Connections:
    """Opens, keeps and closes them; safe from many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._open: dict[threading.Thread, _Open] = {}
        self._closed = False

    def get(self) -> sqlite3.Connection:
        """Return this thread's connection to the catalog that stands in the folder now.

        Raises
        ------
        NoIndexError, IndexDamagedError, IndexMismatchError
        IndexStoreError
            After `close`.
        """
        return self._get().connection

    def identity(self) -> Identity:
        """Return which catalog this thread's connection is open on."""
        return self._get().identity

    def _get(self) -> _Open:
        thread = threading.current_thread()
        kept = self._open.get(thread)
        if kept is not None:
            if kept.connection.in_transaction or _identity(self._folder) == kept.identity:
                return kept
            # Forgotten before anything can fail, so that the next call of this thread opens one again.
            with self._guard:
                self._open.pop(thread, None)
            kept.connection.close()
        if self._closed:
            raise IndexStoreError(f"{self._folder}: this index was closed; open it again")
        schema.is_there(self._folder)
        # Before opening: where another catalog comes in between, the next call opens that one.
        identity = _identity(self._folder)
        made = _Open(schema.connect(self._folder), identity)
        self._keep(thread, made)
        return made

    def take(self, connection: sqlite3.Connection) -> None:
        """Keep a connection that this thread has opened itself, to make the catalog."""
        self._keep(threading.current_thread(), _Open(connection, _identity(self._folder)))

    def _keep(self, thread: threading.Thread, made: _Open) -> None:
        with self._guard:
            # A pool's threads come and go; what they left open would fill the process's table of files.
            for gone in [other for other in self._open if not other.is_alive()]:
                self._open.pop(gone).connection.close()
            self._open[thread] = made

    def close(self) -> None:
        """Close all of them; none can be had afterwards."""
        with self._guard:
            self._closed = True
            for kept in self._open.values():
                kept.connection.close()
            self._open.clear()


def _identity(folder: Path) -> Identity:
    try:
        found = (folder / schema.FILE).stat()
    except OSError as error:
        raise NoIndexError(
            f"{folder}: no index there; make one with: presscite add SOURCE --index {folder}"
        ) from error
    return found.st_dev, found.st_ino
