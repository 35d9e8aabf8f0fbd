"""All rows that belong to an article, as they are stored: read from one catalog, put into another."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import IndexDamagedError
from rag.index.catalog.articles import StoredArticle, article_of_columns
from rag.index.catalog.meta import is_vector
from rag.index.catalog.schema import put_meta
from rag.index.catalog.transactions import reading
from rag.index.checksums import chunk_checksum, row_checksum
from rag.text.content_hash import content_hash

COLUMNS = (
    "seq", "id", "text", "title", "outlet", "outlet_key", "published", "url", "authors", "language",
    "hash", "copy_group", "sum", "retells", "date_origin", "published_at", "pages", "collection",
    "collection_key",
)  # fmt: skip
"""The columns of an article's own row."""
_NUMBERED = ("articles", "chunks", "versions")
"""Tables whose rows have numbers that are never given twice."""
_OWN_META = ("sum", "tables")
"""Checksums of a catalog's description and tables, which each catalog has for itself."""


@dataclass(frozen=True, slots=True)
class ArticleRows:
    """An article's rows in all tables."""

    article: tuple[Any, ...]
    """The values of `COLUMNS`."""
    sources: list[tuple[str, int]]
    """Each with its position."""
    versions: list[tuple[int, str, str, str, str, int]]
    """Number, article id, hash, when it was replaced, record, checksum."""
    sketch: list[int]
    paragraphs: list[tuple[int, int]]
    """Hash, and 1 where no chunk holds it."""
    chunks: list[tuple[int, int, int, bytes, int]]
    """Number, start, end, vector, checksum; empty where they were not asked for."""

    @property
    def seq(self) -> int:
        """The article's row."""
        return int(self.article[0])

    def value(self, column: str) -> Any:  # a column holds what it holds
        """Return a value of the article's own row."""
        return self.article[COLUMNS.index(column)]


def checksum_of(rows: ArticleRows) -> int:
    """Return a checksum of all rows of an article, by which two indexes are compared."""
    return row_checksum(
        rows.article,
        rows.sources,
        rows.versions,
        sorted(rows.sketch),
        sorted(rows.paragraphs),
        [(number, start, stop, recorded) for number, start, stop, _, recorded in rows.chunks],
        b"".join(vector for *_, vector, _ in rows.chunks).hex(),
    )


def check_rows(rows: ArticleRows, dimension: int) -> StoredArticle:
    """Return the article of some rows, after checking them and those of its chunks and versions.

    Raises
    ------
    IndexDamagedError
        Where one is not as it was written.
    """
    stored = article_of_columns(rows.value, [name for name, _ in rows.sources])
    name, length = stored.article.id, len(stored.article.text)
    if content_hash(stored.article) != rows.value("hash"):
        raise _damaged(f"article {name}: its content is not what was added", "the article")
    for number, start, stop, vector, recorded in rows.chunks:
        intact = is_vector(vector, dimension) and 0 <= start < stop <= length
        if not intact or chunk_checksum(rows.seq, start, stop, vector) != recorded:
            raise _damaged(f"chunk {number}: its row is not as it was written", f"article {name}")
    for number, *values, recorded in rows.versions:
        if row_checksum(rows.seq, *values) != recorded:
            raise _damaged(f"version {number}: its row is not as it was written", f"article {name}")
    return stored


def _damaged(what: str, article: str) -> IndexDamagedError:
    return IndexDamagedError(f"{what}; restore a snapshot, or remove {article} and add it again")


@reading()
def rows_of(
    connection: sqlite3.Connection, seqs: Sequence[int], *, chunks: bool = True
) -> dict[int, ArticleRows]:
    """Return all rows of those of these articles that exist, ascending; nothing is checked."""
    wanted = (json.dumps(list(seqs)),)

    def by_article(columns: str, table: str, order: str) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for seq, *values in connection.execute(
            f"SELECT seq, {columns} FROM {table} WHERE seq IN (SELECT value FROM json_each(?))"
            f" ORDER BY {order}",
            wanted,
        ):
            found.setdefault(seq, []).append(values[0] if len(values) == 1 else tuple(values))
        return found

    sources = by_article("source, position", "sources", "seq, position, source")
    versions = by_article("id, article_id, hash, replaced, record, sum", "versions", "seq, id")
    sketches = by_article("hash", "sketches", "seq, hash")
    paragraphs = by_article("hash, left_out", "paragraphs", "seq, hash")
    held = by_article("id, start, stop, vector, sum", "chunks", "seq, id") if chunks else {}
    return {
        row[0]: ArticleRows(
            row,
            sources.get(row[0], []),
            versions.get(row[0], []),
            sketches.get(row[0], []),
            paragraphs.get(row[0], []),
            held.get(row[0], []),
        )
        for row in connection.execute(
            f"SELECT {', '.join(COLUMNS)} FROM articles"
            " WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq",
            wanted,
        )
    }


@reading()
def seqs_after(connection: sqlite3.Connection, seq: int, limit: int) -> list[int]:
    """Return the next articles' rows after one, ascending."""
    rows = connection.execute(
        "SELECT seq FROM articles WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    )
    return [row[0] for row in rows]


def put_rows(connection: sqlite3.Connection, rows: Iterable[ArticleRows]) -> None:
    """Write articles with all their rows as they are; inside a transaction."""
    marks = ",".join("?" * len(COLUMNS))
    for one in rows:
        seq, group = one.seq, one.value("copy_group")
        connection.execute(
            f"INSERT INTO articles ({', '.join(COLUMNS)}) VALUES ({marks})", one.article
        )
        connection.executemany(
            "INSERT INTO sources VALUES (?,?,?)", ((name, seq, at) for name, at in one.sources)
        )
        connection.executemany(
            "INSERT INTO versions (id, seq, article_id, hash, replaced, record, sum)"
            " VALUES (?,?,?,?,?,?,?)",
            ((number, seq, *values) for number, *values in one.versions),
        )
        put_sketched(connection, seq, group, one.sketch)
        connection.executemany(
            "INSERT OR REPLACE INTO paragraphs VALUES (?,?,?,?)",
            ((value, group, seq, outside) for value, outside in one.paragraphs),
        )
        put_chunks(connection, ((seq, chunk) for chunk in one.chunks))


def put_chunks(
    connection: sqlite3.Connection, chunks: Iterable[tuple[int, tuple[int, int, int, bytes, int]]]
) -> None:
    """Write chunks, each with its article's row; one that is there already stays."""
    connection.executemany(
        "INSERT OR IGNORE INTO chunks (id, seq, start, stop, vector, sum) VALUES (?,?,?,?,?,?)",
        ((number, seq, *values) for seq, (number, *values) in chunks),
    )


def put_sketched(
    connection: sqlite3.Connection,
    seq: int,
    group: int,
    values: Iterable[int],
    table: str = "sketches",
) -> None:
    """Record that an article of a near-duplicate group has these values, also where it is not held itself.

    Parameters
    ----------
    table
        ``sketches``, or ``paragraphs``.
    """
    more = "" if table == "sketches" else ",0"
    connection.executemany(
        f"INSERT OR IGNORE INTO {table} VALUES (?,?,?{more})",
        ((value, group, seq) for value in values),
    )


@reading()
def groups_of_values(
    connection: sqlite3.Connection, table: str, values: Iterable[int]
) -> dict[int, int]:
    """Return for those of these values that stand in a table in how many near-duplicate groups they do."""
    rows = connection.execute(
        f"SELECT hash, count(DISTINCT copy_group) FROM {table}"
        " WHERE hash IN (SELECT value FROM json_each(?)) GROUP BY hash",
        (json.dumps(list(values)),),
    )
    return dict(rows.fetchall())


@reading()
def numbers(connection: sqlite3.Connection) -> dict[str, int]:
    """Return the last number that each table has given to a row."""
    given = dict(connection.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
    return {table: int(given.get(table, 0)) for table in _NUMBERED}


def set_numbers(connection: sqlite3.Connection, given: Mapping[str, int]) -> None:
    """Set the last numbers that were given, so that rows are numbered as in the catalog they are from."""
    connection.execute("DELETE FROM sqlite_sequence")
    connection.executemany("INSERT INTO sqlite_sequence VALUES (?,?)", given.items())


@reading()
def described(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what a catalog says of itself, as JSON by key, without checksums of its own."""
    rows = connection.execute("SELECT key, value FROM meta ORDER BY key").fetchall()
    return {key: value for key, value in rows if key not in _OWN_META}


def describe(connection: sqlite3.Connection, values: Mapping[str, str]) -> None:
    """Write what `described` returned; inside a transaction."""
    for key, value in values.items():
        put_meta(connection, key, value)


@reading()
def probe_rows(connection: sqlite3.Connection) -> list[tuple[str, bytes]]:
    """Return the probe texts with the bytes of their vectors."""
    return connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()


def put_probes(connection: sqlite3.Connection, rows: Iterable[tuple[str, bytes]]) -> None:
    """Write probe texts with their vectors, as they are; inside a transaction."""
    connection.execute("DELETE FROM probes")
    connection.executemany("INSERT INTO probes VALUES (?,?)", rows)


def watch_changes(connection: sqlite3.Connection) -> None:
    """Keep from here on a temporary list of the articles whose rows change; see `changed`."""
    connection.execute("PRAGMA recursive_triggers = ON")
    connection.execute("CREATE TEMP TABLE changed (seq INTEGER PRIMARY KEY)")
    for table in ("articles", "sources", "versions"):
        for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
            connection.execute(
                f"CREATE TEMP TRIGGER watch_{table}_{event} AFTER {event} ON main.{table} BEGIN"
                f" INSERT OR IGNORE INTO changed VALUES ({row}.seq); END"
            )


def changed(connection: sqlite3.Connection) -> list[int]:
    """Return the articles whose rows changed since `forget_changes`, ascending."""
    return [row[0] for row in connection.execute("SELECT seq FROM temp.changed ORDER BY seq")]


def forget_changes(connection: sqlite3.Connection) -> None:
    """Empty the list of changed articles."""
    connection.execute("DELETE FROM temp.changed")
