"""Connections to one catalog: one per thread, reopened where another catalog was put in the folder."""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path

from rag.errors import IndexStoreError
from rag.index import catalog

Identity = tuple[int, int]
"""Device and inode of the catalog's file; a `restore` changes them."""


@dataclass(frozen=True, slots=True)
class _Open:
    connection: sqlite3.Connection
    identity: Identity


class Connections:
    """Opens, keeps and closes connections; thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = threading.Lock()
        self._open: dict[threading.Thread, _Open] = {}
        self._closed = False

    def get(self) -> sqlite3.Connection:
        """Return this thread's connection to the catalog that is in the folder now.

        Raises
        ------
        NoIndexError, UnfinishedCopyError, IndexDamagedError, IndexMismatchError
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
        catalog.catalog_exists(self._folder)
        # Read before opening: if the catalog is replaced in between, the next call opens the new one.
        identity = _identity(self._folder)
        made = _Open(catalog.connect(self._folder), identity)
        self._keep(thread, made)
        return made

    def take(self, connection: sqlite3.Connection) -> None:
        """Keep a connection that this thread has opened itself, to create the catalog."""
        self._keep(threading.current_thread(), _Open(connection, _identity(self._folder)))

    def _keep(self, thread: threading.Thread, made: _Open) -> None:
        with self._guard:
            # Threads of a pool end; connections they left open would exhaust the process's file handles.
            for gone in [other for other in self._open if not other.is_alive()]:
                self._open.pop(gone).connection.close()
            self._open[thread] = made

    def close(self) -> None:
        """Close all connections; `get` raises afterwards."""
        with self._guard:
            self._closed = True
            for kept in self._open.values():
                kept.connection.close()
            self._open.clear()


def _identity(folder: Path) -> Identity:
    try:
        found = (folder / catalog.FILE).stat()
    except (OSError, ValueError) as error:
        raise catalog.no_index(folder) from error
    return found.st_dev, found.st_ino
