"""Feedback kept in an index's folder, in a file of its own: the index is never touched.

Each record is one transaction of SQLite: it is kept whole or not at all, whoever else writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, fields
from datetime import UTC, date, datetime
from pathlib import Path

from eval.feedback.records import Feedback, KeptFeedback
from rag.errors import IndexStoreError, QueryError

FILE = "feedback.sqlite"
MAX_RECORDS = 100_000
"""Records of one index; further ones are refused."""
_BUSY_SECONDS = 10.0
_COLUMNS = tuple(field.name for field in fields(Feedback))
_FORMAT = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, verdict TEXT NOT NULL,
    question TEXT NOT NULL, answer TEXT, article_id TEXT, content_hash TEXT, start INTEGER,
    "end" INTEGER, as_of TEXT);
CREATE INDEX IF NOT EXISTS feedback_question ON feedback (question);
PRAGMA user_version = {_FORMAT}
"""
_NAMES = ", ".join(f'"{name}"' for name in _COLUMNS)


class FeedbackStore:
    """The feedback of one index; safe from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def add(self, feedback: Feedback, at: datetime | None = None) -> int:
        """Keep a record and return its number; of one that is there already, that one's.

        Parameters
        ----------
        at
            When it was given, with a time zone; None: now.

        Raises
        ------
        QueryError
            Where there are too many.
        IndexStoreError
            Where the file cannot be written.
        """
        values = _row(feedback)
        same = " AND ".join(f'"{name}" IS ?' for name in _COLUMNS)
        moment = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
        marks = ", ".join("?" for _ in values)
        with self._writing() as connection:
            # Said again, it would only count twice; said after something else, it is news.
            last = connection.execute(
                "SELECT max(id) FROM feedback WHERE question = ?",
                (values[_COLUMNS.index("question")],),
            ).fetchone()
            known = connection.execute(
                f"SELECT id FROM feedback WHERE {same} AND id = ?", (*values, last[0])
            ).fetchone()
            if known:
                return int(known[0])
            (count,) = connection.execute("SELECT count(*) FROM feedback").fetchone()
            if count >= MAX_RECORDS:
                raise QueryError(
                    f"there are {count:,} records of feedback already, as many as are kept; export "
                    f"them with `presscite feedback --json` and remove some with --remove"
                )
            cursor = connection.execute(
                f"INSERT INTO feedback (at, {_NAMES}) VALUES (?, {marks})", (moment, *values)
            )
            return int(cursor.lastrowid or 0)

    def all(self) -> list[KeptFeedback]:
        """Return every record, oldest first; none where nobody has said anything.

        Raises
        ------
        IndexStoreError
        """
        if not self._path.is_file():
            return []
        with self._open(write=False) as connection:
            if not _begun(connection):
                return []
            rows = connection.execute(f"SELECT id, at, {_NAMES} FROM feedback ORDER BY id")
            return [
                KeptFeedback(number, datetime.fromisoformat(at), _feedback(row))
                for number, at, *row in rows
            ]

    def remove(self, number: int) -> bool:
        """Remove a record; returns whether there was one of that number.

        Raises
        ------
        IndexStoreError
        """
        if not self._path.is_file():
            return False
        with self._writing() as connection:
            return connection.execute("DELETE FROM feedback WHERE id = ?", (number,)).rowcount > 0

    def copy_to(self, folder: Path) -> bool:
        """Copy all records to another folder that has none yet; returns whether there were any to copy.

        Raises
        ------
        IndexStoreError
        """
        target = FeedbackStore(folder)
        if not self._path.is_file() or target._path.exists():
            return False
        with self._open(write=False) as ours:
            if not _begun(ours):
                return False
            with target._open(write=True) as theirs:
                ours.backup(theirs)
        return True

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._open(write=True) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _open(self, *, write: bool) -> Iterator[sqlite3.Connection]:
        address = f"{self._path.absolute().as_uri()}?mode={'rwc' if write else 'ro'}"
        try:
            connection = sqlite3.connect(
                address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None
            )
            with closing(connection):
                (found,) = connection.execute("PRAGMA user_version").fetchone()
                if found > _FORMAT:
                    raise IndexStoreError(
                        f"{self._path}: the feedback has format {found}, this presscite reads "
                        f"format {_FORMAT}; use the matching version"
                    )
                if write and found < _FORMAT:
                    connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA};COMMIT")
                yield connection
        except (sqlite3.Error, ValueError) as error:
            raise IndexStoreError(
                f"{self._path}: the feedback cannot be {'kept' if write else 'read'} ({error}); "
                f"check the folder's rights, or move the file away"
            ) from error


def _begun(connection: sqlite3.Connection) -> bool:
    """Return whether a file has its schema, which is missing where its first writer was killed before it."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return bool(found)


def _row(feedback: Feedback) -> tuple[object, ...]:
    """Return a record's values in the order of the columns."""
    values = astuple(feedback)
    # No encoding has lone surrogates, which a request can name.
    plain = (v.encode("utf-8", "replace").decode() if isinstance(v, str) else v for v in values)
    return tuple(v.isoformat() if isinstance(v, date) else v for v in plain)


def _feedback(row: list[object]) -> Feedback:
    values = dict(zip(_COLUMNS, row, strict=True))
    as_of = values["as_of"]
    values["as_of"] = date.fromisoformat(str(as_of)) if as_of else None
    return Feedback(**values)  # type: ignore[arg-type]
