"""Chunks and their vectors: by id, by filter, and all of them in blocks."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.errors import IndexDamagedError
from rag.index.catalog.articles import StoredArticle, articles_of
from rag.index.catalog.meta import is_vector
from rag.index.catalog.transactions import reading
from rag.index.checksums import chunk_checksum
from rag.text.keys import language_key, outlet_key
from rag.types import Chunk, Filters

# Rows read at a time where all of them are: some megabytes of vectors.
_BLOCK = 8192
Blocks = Iterator[tuple[NDArray[np.int64], Vectors]]


@dataclass(frozen=True, slots=True)
class ChunkFeatures:
    """What ranking needs of a chunk: no text."""

    vector: Vectors
    """Unit vector, shape (dimension,)."""
    published: date | None
    copy_group: int
    """Near-duplicates of one article share it."""
    article: int
    """The row of its article."""


@dataclass(frozen=True, slots=True)
class ChunkText:
    """What the lexical index holds of a chunk."""

    id: int
    text: str
    title: str | None
    outlet: str | None
    """Case-folded."""
    published: date | None
    language: str | None
    collection: str | None
    """Case-folded."""


@reading()
def chunks(
    connection: sqlite3.Connection, ids: Sequence[int]
) -> dict[int, tuple[Chunk, StoredArticle, Vectors]]:
    """Return the chunks of these ids that exist, with their articles and unit vectors.

    Raises
    ------
    IndexDamagedError
        Where a chunk or its article is not as it was written.
    """
    rows = _rows(
        connection,
        "SELECT id, seq, start, stop, vector, sum FROM chunks"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    owners = articles_of(connection, sorted({row[1] for row in rows}))
    found = {}
    for number, seq, start, end, vector, recorded in rows:
        if chunk_checksum(seq, start, end, vector) != recorded:
            raise _damaged(number)
        owner = owners[seq]
        text = owner.article.text[start:end]
        if not 0 <= start < end <= len(owner.article.text):
            raise IndexDamagedError(f"chunk {number} lies outside of article {owner.article.id}")
        chunk = Chunk(number, owner.article.id, start, end, text)
        found[number] = (chunk, owner, np.frombuffer(vector, dtype="<f4"))
    return found


@reading()
def chunk_features(
    connection: sqlite3.Connection, ids: Sequence[int], dimension: int
) -> dict[int, ChunkFeatures]:
    """Return what ranking needs of those of these chunks that exist, in one query, without any text.

    Raises
    ------
    IndexDamagedError
        Where a chunk's row is not as it was written; the article's row is checked by `chunks`.
    """
    rows = _rows(
        connection,
        "SELECT c.id, c.seq, c.start, c.stop, c.vector, c.sum, a.published, a.copy_group"
        " FROM chunks c JOIN articles a ON a.seq = c.seq"
        " WHERE c.id IN (SELECT value FROM json_each(?)) ORDER BY c.id",
        (json.dumps(list(ids)),),
    )
    numbers, vectors = _checked_vectors([row[:6] for row in rows], dimension)
    return {
        int(number): ChunkFeatures(
            vector, date.fromisoformat(row[6]) if row[6] else None, int(row[7]), int(row[1])
        )
        for number, vector, row in zip(numbers, vectors, rows, strict=True)
    }


@dataclass(frozen=True, slots=True)
class FilterNames:
    """The stored names that the filters by name mean; None where there is no such filter."""

    outlets: tuple[str, ...] | None = None
    """As `articles.outlet_key`."""
    languages: tuple[str, ...] | None = None
    collections: tuple[str, ...] | None = None
    """As `articles.collection_key`."""

    def by_field(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield ``outlet``, ``language``, ``collection`` where they are filtered by, with their names."""
        fields = (
            ("outlet", self.outlets),
            ("language", self.languages),
            ("collection", self.collections),
        )
        yield from ((field, names) for field, names in fields if names is not None)


@reading()
def filter_names(connection: sqlite3.Connection, filters: Filters) -> FilterNames:
    """Return the stored names that the filters by name mean.

    Outlets and collections are named whatever the case, accents and apostrophes; a language tag means all
    stored ones of its primary subtag.
    """

    def stored(column: str, asked: str | None, key: Callable[[str], str]) -> tuple[str, ...] | None:
        if asked is None:
            return None
        rows = connection.execute(
            f"SELECT DISTINCT {column} FROM articles WHERE {column} IS NOT NULL"
        )
        return tuple(sorted(name for (name,) in rows if key(name) == key(asked)))

    return FilterNames(
        stored("outlet_key", filters.outlet, outlet_key),
        stored("language", filters.language, language_key),
        stored("collection_key", filters.collection, outlet_key),
    )


@reading()
def filter_ids(connection: sqlite3.Connection, filters: Filters) -> NDArray[np.int64]:
    """Return the ids of all chunks that filters let through, ascending."""
    condition, values = filter_clause(filters, filter_names(connection, filters))
    # Sorted here and handed over as one text: SQLite would read every vector to sort by id, and a row a
    # chunk costs Python more than the search itself (docs/decisions.md).
    (ids,) = connection.execute(
        "SELECT group_concat(c.id) FROM articles a JOIN chunks c ON c.seq = a.seq"
        f" WHERE {condition}",
        values,
    ).fetchone()
    return np.sort(np.fromstring(ids or "", dtype=np.int64, sep=","))


def filter_clause(filters: Filters, names: FilterNames) -> tuple[str, list[object]]:
    """Return filters as an SQL condition on ``articles a`` with its values.

    An article without a date matches no ``since`` or ``until``, and every ``as_of``.
    """
    parts, values = ["1"], list[object]()
    if filters.since:
        parts.append("a.published >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        parts.append("a.published <= ?")
        values.append(filters.until.isoformat())
    for field, stored in names.by_field():
        column = field if field == "language" else f"{field}_key"
        parts.append(f"a.{column} IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(stored))
    if filters.as_of:
        parts.append("(a.published <= ? OR a.published IS NULL)")
        values.append(filters.as_of.isoformat())
    return " AND ".join(parts), values


@reading()
def undated(connection: sqlite3.Connection, filters: Filters) -> int:
    """Return how many articles without a date the filters by name let through."""
    condition, values = filter_clause(Filters(), filter_names(connection, filters))
    row = connection.execute(
        f"SELECT count(*) FROM articles a WHERE a.published IS NULL AND {condition}", values
    ).fetchone()
    return int(row[0])


@reading()
def has_chunks(connection: sqlite3.Connection) -> bool:
    """Whether the index holds any chunk."""
    return connection.execute("SELECT 1 FROM chunks LIMIT 1").fetchone() is not None


@reading()
def last_chunk(connection: sqlite3.Connection) -> int:
    """Return the highest id of a chunk; 0 where there is none."""
    return int(connection.execute("SELECT coalesce(max(id), 0) FROM chunks").fetchone()[0])


@reading()
def chunk_count(connection: sqlite3.Connection) -> int:
    """Return how many chunks there are."""
    return int(connection.execute("SELECT count(*) FROM chunks").fetchone()[0])


@reading()
def vectors_after(
    connection: sqlite3.Connection, chunk: int, dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return ids, shape (n,), and vectors, shape (n, dimension), of the chunks after one."""
    blocks = list(vector_blocks(connection, dimension, after=chunk))
    if not blocks:
        return np.empty(0, np.int64), np.empty((0, dimension), np.float32)
    ids, vectors = zip(*blocks, strict=True)
    return np.concatenate(ids), np.concatenate(vectors)


def vector_blocks(connection: sqlite3.Connection, dimension: int, *, after: int = 0) -> Blocks:
    """Yield ids and vectors of all chunks after one, ascending, some thousand at a time.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    statement = (
        "SELECT id, seq, start, stop, vector, sum FROM chunks WHERE id > ? ORDER BY id LIMIT ?"
    )
    while rows := _rows(connection, statement, (after, _BLOCK)):
        yield _checked_vectors(rows, dimension)
        after = rows[-1][0]


@reading()
def vectors_of(
    connection: sqlite3.Connection, ids: Sequence[int], dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return ids and vectors, as `vectors_after`, of those of these chunks that exist."""
    statement = (
        "SELECT id, seq, start, stop, vector, sum FROM chunks"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    return _checked_vectors(_rows(connection, statement, (json.dumps(list(ids)),)), dimension)


@reading()
def _rows(
    connection: sqlite3.Connection, statement: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    return connection.execute(statement, values).fetchall()


def _checked_vectors(
    rows: Sequence[tuple[Any, ...]], dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    for number, seq, start, stop, vector, recorded in rows:
        if not is_vector(vector, dimension) or chunk_checksum(seq, start, stop, vector) != recorded:
            raise _damaged(number)
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    joined = b"".join(row[4] for row in rows)
    return ids, np.frombuffer(joined, dtype="<f4").reshape(len(rows), dimension)


def _damaged(number: int) -> IndexDamagedError:
    return IndexDamagedError(
        f"chunk {number}: its row is not as it was written; "
        f"restore a snapshot, or remove its article and add it again"
    )


def chunk_texts(connection: sqlite3.Connection, after: int) -> Iterator[ChunkText]:
    """Yield what the lexical index holds of the chunks after one, ascending.

    Raises
    ------
    IndexDamagedError
    """
    spans = connection.execute(
        "SELECT c.id, c.seq, c.start, c.stop FROM chunks c JOIN articles a ON a.seq = c.seq"
        " WHERE c.id > ? ORDER BY c.id",
        (after,),
    )
    # An article's text is fetched once for all of its chunks: SQL's substr would scan it for each.
    known = None
    for number, seq, start, stop in spans:
        try:
            if seq != known:
                known = seq
                text, title, outlet, day, language, label = _searched_fields(connection, seq)
            if not isinstance(start, int) or not isinstance(stop, int):
                raise ValueError("its offsets have the wrong type")
        except ValueError as error:
            raise IndexDamagedError(
                f"chunk {number} is not as it was written ({error}); "
                f"restore a snapshot, or remove its article and add it again"
            ) from error
        yield ChunkText(number, text[start:stop], title, outlet, day, language, label)


def _searched_fields(
    connection: sqlite3.Connection, seq: int
) -> tuple[str, str | None, str | None, date | None, str | None, str | None]:
    """Return the text, title, outlet, day, language, label of an article after checking their types."""
    text, *fields = connection.execute(
        "SELECT text, title, outlet_key, published, language, collection_key FROM articles"
        " WHERE seq = ?",
        (seq,),
    ).fetchone()
    if not isinstance(text, str):
        raise ValueError("its article's text has the wrong type")
    if not all(field is None or isinstance(field, str) for field in fields):
        raise ValueError("a field of its article has the wrong type")
    title, outlet, published, language, label = fields
    day = date.fromisoformat(published) if published else None
    return text, title, outlet, day, language, label
