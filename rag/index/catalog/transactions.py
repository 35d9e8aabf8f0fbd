"""Transactions and errors of the catalog: rolled back whatever happens, busy told from damaged."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import IndexDamagedError, IndexStoreError

# What SQLite reports of the disk, the system or other processes, and not of the file's content.
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NOT_DAMAGE = BUSY | {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}


def unreadable(what: str, error: Exception) -> IndexStoreError:
    """Return the error to raise where a catalog could not be read.

    Parameters
    ----------
    what
        What could not be read, as the message begins.

    Returns
    -------
    IndexStoreError
        An `IndexDamagedError` only where SQLite, or a value that is not what presscite writes, says so.
    """
    if primary_code(error) in _NOT_DAMAGE:
        return IndexStoreError(f"{what} cannot be read now ({error}); try again")
    return IndexDamagedError(
        f"{what} cannot be read ({error}); restore a snapshot, or add the articles to a new index"
    )


def primary_code(error: Exception) -> int | None:
    """Return SQLite's result code without its extension; None where SQLite did not raise the error."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


@contextmanager
def reading() -> Iterator[None]:
    """Raise what `unreadable` returns where a statement fails or a value is not what presscite writes."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        raise unreadable("the catalog", error) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold a write transaction; whatever is raised inside rolls it back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise


def back_up(connection: sqlite3.Connection, path: Path) -> None:
    """Copy what a connection's transaction sees into a new catalog file, without a journal beside it."""
    copy = sqlite3.connect(path, isolation_level=None)
    try:
        connection.backup(copy)
        # One file, so that it can be read where nothing can be written.
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        copy.close()


def begin(connection: sqlite3.Connection) -> None:
    """Begin a read transaction: every statement until `roll_back` sees one revision."""
    connection.execute("BEGIN")


def roll_back(connection: sqlite3.Connection) -> None:
    """End a transaction without its changes; SQLite itself may have ended it after an error."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
