"""Versions of an article that a newer one replaced: kept with the newer one, shown, never searched."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rag.errors import IndexDamagedError
from rag.index.catalog.transactions import reading
from rag.index.checksums import row_checksum
from rag.text.article_records import article_of, article_record
from rag.types import Article, Version

Row = tuple[str, str, str, str]
"""Article id, content hash, when it was replaced ("" where that is now), and the article as JSON."""

_COLUMNS = "seq, article_id, hash, replaced, record, sum"


@reading()
def version_rows(connection: sqlite3.Connection, seq: int, stored: Article | None) -> list[Row]:
    """Return the versions that an article replaced, oldest first, and last the article itself.

    They are what `keep_versions` gives to the article that replaces this one.

    Parameters
    ----------
    stored
        The article; None where its row is damaged, and no version can be made of it.
    """
    kept = connection.execute(
        "SELECT article_id, hash, replaced, record FROM versions WHERE seq = ? ORDER BY id", (seq,)
    ).fetchall()
    digest = connection.execute("SELECT hash FROM articles WHERE seq = ?", (seq,)).fetchone()
    own = (
        []
        if stored is None
        else [(stored.id, digest[0], "", json.dumps(article_record(stored), ensure_ascii=False))]
    )
    return [*kept, *own]


def keep_versions(connection: sqlite3.Connection, seq: int, rows: Sequence[Row]) -> None:
    """Give an article the versions before it, those of `version_rows`. Inside `writing`."""
    (own,) = connection.execute("SELECT hash FROM articles WHERE seq = ?", (seq,)).fetchone()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    for article_id, digest, replaced, record in rows:
        if digest == own:
            # A correction that was taken back: the text is the current one again.
            continue
        values = (seq, article_id, digest, replaced or now, record)
        connection.execute(
            "INSERT INTO versions (seq, article_id, hash, replaced, record, sum)"
            " VALUES (?,?,?,?,?,?)",
            (*values, row_checksum(*values)),
        )


@reading()
def versions_of(connection: sqlite3.Connection, seq: int) -> list[Version]:
    """Return the versions before an article, oldest first.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM versions WHERE seq = ? ORDER BY id", (seq,)
    ).fetchall()
    return [_version(row) for row in rows]


@reading()
def successor(connection: sqlite3.Connection, article_id: str) -> str | None:
    """Return the id of the article that replaced the one of an id, or None where none did."""
    row = connection.execute(
        "SELECT a.id FROM versions v JOIN articles a USING (seq) WHERE v.article_id = ?"
        " ORDER BY v.id DESC",
        (article_id.encode("utf-8", "replace").decode(),),
    ).fetchone()
    return row[0] if row else None


@reading()
def damaged_versions(connection: sqlite3.Connection) -> list[int]:
    """Return the ids of the rows of versions that are not as they were written."""
    rows = connection.execute(f"SELECT id, {_COLUMNS} FROM versions")
    return [row[0] for row in rows if row_checksum(*row[1:-1]) != row[-1]]


def _version(row: tuple[Any, ...]) -> Version:
    *values, recorded = row
    if row_checksum(*values) != recorded:
        raise IndexDamagedError(
            f"a version of article row {values[0]}: not as it was written; restore a snapshot"
        )
    _, _, digest, replaced, record = values
    return Version(article_of(json.loads(record)), digest, datetime.fromisoformat(replaced))
