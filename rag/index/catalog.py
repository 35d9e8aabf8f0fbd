"""The truth of an index: one SQLite file with articles, chunks, vectors and what made them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from embeddings import EncoderIdentity, Vectors
from rag.errors import IndexDamagedError, IndexStoreError
from rag.index.checksums import article_sum, chunk_sum
from rag.index.chunking import ChunkBudget
from rag.index.schema import FORMAT, put_meta
from rag.types import Article, Chunk, Filters

_ARTICLE = (
    "seq, id, text, title, outlet, published, url, authors, language, retells, copy_group, sum"
)
# Rows read at a time where all of them are: some megabytes of vectors.
_BLOCK = 8192
_PROBES = "probes_sum"


@dataclass(frozen=True, slots=True)
class BuiltWith:
    """What an index was made with; two of them must agree before their vectors meet."""

    model: str
    identity: EncoderIdentity
    budget: ChunkBudget
    token_encoding: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as the catalog holds it: with its row and the group of its near copies."""

    seq: int
    article: Article
    copy_group: int


@dataclass(frozen=True, slots=True)
class ChunkFeatures:
    """What ranking needs of a chunk: no text."""

    vector: Vectors
    """Unit vector, shape (dimension,)."""
    published: date | None
    copy_group: int
    """Near-duplicates of one article share it."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What a derived file was made from: the revision, its newest chunk, and each file's SHA-256."""

    revision: int
    last_chunk: int
    files: dict[str, str]


@contextmanager
def writing(connection: sqlite3.Connection, *, new_revision: bool = True) -> Iterator[None]:
    """One transaction: all of it or nothing, and a new revision if all, unless only files are derived."""
    committing = False
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            if new_revision:
                set_meta(connection, "revision", revision(connection) + 1)
            committing = True
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.DatabaseError as error:
        # A commit can reach the disk and fail after that.
        told = "look whether it holds" if committing else "nothing was changed"
        raise IndexStoreError(f"the catalog could not be written ({error}); {told}") from error


_MOST_REVISIONS = 1 << 62
"""What SQLite can count to, and one commit more."""


@contextmanager
def _reading() -> Iterator[None]:
    """Say that the catalog is damaged where what is read is not what presscite writes."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        problem = " ".join(str(error).split())
        raise IndexDamagedError(
            f"the catalog does not read as it was written ({problem})"
        ) from error


@_reading()
def meta(connection: sqlite3.Connection, key: str) -> Any:
    """Return a value of the index's description, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def set_meta(connection: sqlite3.Connection, key: str, value: object) -> None:
    """Write a value of the index's description; inside a transaction."""
    put_meta(connection, key, json.dumps(value))


@_reading()
def revision(connection: sqlite3.Connection) -> int:
    """Return the number of commits so far."""
    found = meta(connection, "revision") or 0
    if not isinstance(found, int) or not 0 <= found < _MOST_REVISIONS:
        raise ValueError(f"revision {found!r}")
    return found


@_reading()
def built_with(connection: sqlite3.Connection) -> BuiltWith | None:
    """Return what the index was made with, or None before its first article."""
    found = meta(connection, "built_with")
    if found is None:
        return None
    return BuiltWith(
        found["model"],
        EncoderIdentity(**found["identity"]),
        ChunkBudget(**found["budget"]),
        found["token_encoding"],
    )


def set_built_with(connection: sqlite3.Connection, built: BuiltWith) -> None:
    """Record what the index is made with; inside `writing`."""
    set_meta(connection, "format", FORMAT)
    set_meta(connection, "built_with", asdict(built))


def insert_article(
    connection: sqlite3.Connection,
    article: Article,
    content_hash: str,
    spans: Sequence[tuple[int, int]],
    vectors: Vectors,
    copy_group: int | None,
    sketch: Sequence[int],
) -> int:
    """Write an article with its chunks and vectors; returns its row. Inside `writing`."""
    cursor = connection.execute(
        "INSERT INTO articles (id, text, title, outlet, outlet_key, published, url, authors,"
        " language, hash, retells) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (
            article.id,
            article.text,
            article.title,
            article.outlet,
            article.outlet.casefold() if article.outlet else None,
            article.published.isoformat() if article.published else None,
            article.url,
            json.dumps(article.authors, ensure_ascii=False),
            article.language,
            content_hash,
            article.retells,
        ),
    )
    seq = int(cursor.lastrowid or 0)
    group = copy_group or seq
    connection.execute(
        "UPDATE articles SET copy_group = ?, sum = ? WHERE seq = ?",
        (group, _sum_of(article, group), seq),
    )
    blobs = (vector.astype("<f4").tobytes() for vector in vectors)
    connection.executemany(
        "INSERT INTO chunks (seq, start, stop, vector, sum) VALUES (?,?,?,?,?)",
        (
            (seq, start, end, blob, chunk_sum(seq, start, end, blob))
            for (start, end), blob in zip(spans, blobs, strict=True)
        ),
    )
    connection.executemany(
        "INSERT OR IGNORE INTO sketches VALUES (?,?)", ((value, seq) for value in sketch)
    )
    return seq


def _sum_of(article: Article, copy_group: int) -> int:
    published = article.published.isoformat() if article.published else None
    authors = json.dumps(article.authors, ensure_ascii=False)
    return _row_sum(
        article.id, article.text, article.title, article.outlet, published, article.url, authors,
        article.language, article.retells, copy_group,
    )  # fmt: skip


def _row_sum(*fields: object) -> int:
    """Return the checksum of a row; ``retells`` is part of it where the row has one.

    So rows written by format 2 keep theirs, and a migration need not read every text.
    """
    *told, retells, copy_group = fields
    return article_sum(*told, copy_group, *(() if retells is None else (retells,)))


def delete_article(connection: sqlite3.Connection, seq: int) -> None:
    """Take an article out, leaving a mark for each of its chunks. Inside `writing`."""
    connection.execute(
        "INSERT INTO removed SELECT id, ? FROM chunks WHERE seq = ?",
        (revision(connection) + 1, seq),
    )
    for table in ("chunks", "sketches", "sources", "articles"):
        connection.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))


def link_source(connection: sqlite3.Connection, source: str, seq: int) -> None:
    """Note that an article was added from a source. Inside `writing`."""
    connection.execute(
        "INSERT OR REPLACE INTO sources SELECT ?, ?, coalesce(max(position) + 1, 0)"
        " FROM sources WHERE seq = ?",
        (source, seq, seq),
    )


@_reading()
def stored(
    connection: sqlite3.Connection, where: str, values: Sequence[object], *, limit: int = -1
) -> list[Stored]:
    """Return the articles a condition selects, oldest row first.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    rows = connection.execute(
        f"SELECT {_ARTICLE} FROM articles WHERE {where} ORDER BY seq LIMIT ?",
        (*values, limit),
    ).fetchall()
    sources: dict[int, list[str]] = {}
    for seq, source in connection.execute(
        "SELECT seq, source FROM sources WHERE seq IN (SELECT value FROM json_each(?))"
        " ORDER BY position, source",
        (json.dumps([row[0] for row in rows]),),
    ):
        sources.setdefault(seq, []).append(source)
    found = []
    for row in rows:
        seq, name, text, title, outlet, published, url, authors, language, retells, group, kept = (
            row
        )
        if _row_sum(*row[1:-1]) != kept:
            raise IndexDamagedError(
                f"article {name}: its row is not as it was written; "
                f"restore a snapshot, or remove the article and add it again"
            )
        article = Article(
            id=name,
            text=text,
            title=title,
            outlet=outlet,
            published=date.fromisoformat(published) if published else None,
            url=url,
            authors=tuple(json.loads(authors)),
            language=language,
            sources=tuple(sources.get(seq, ())),
            retells=retells,
        )
        found.append(Stored(seq, article, group))
    return found


@_reading()
def chunks(
    connection: sqlite3.Connection, ids: Sequence[int]
) -> dict[int, tuple[Chunk, Stored, NDArray[np.float32]]]:
    """Return the chunks of these ids that still exist, with their articles and vectors.

    Raises
    ------
    IndexDamagedError
        Where a chunk or its article is not as it was written.
    """
    marks = ",".join("?" * len(ids))
    rows = connection.execute(
        f"SELECT id, seq, start, stop, vector, sum FROM chunks WHERE id IN ({marks})",
        tuple(ids),
    ).fetchall()
    seqs = sorted({row[1] for row in rows})
    owners = {
        one.seq: one for one in stored(connection, f"seq IN ({','.join('?' * len(seqs))})", seqs)
    }
    found = {}
    for number, seq, start, end, vector, kept in rows:
        if chunk_sum(seq, start, end, vector) != kept:
            raise _damaged_chunk(number)
        owner = owners[seq]
        text = owner.article.text[start:end]
        if not 0 <= start < end <= len(owner.article.text):
            raise IndexDamagedError(f"chunk {number} lies outside of article {owner.article.id}")
        chunk = Chunk(number, owner.article.id, start, end, text)
        found[number] = (chunk, owner, np.frombuffer(vector, dtype="<f4"))
    return found


@_reading()
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
    numbers, vectors = _vectors_of([row[:6] for row in rows], dimension)
    return {
        int(number): ChunkFeatures(
            vector, date.fromisoformat(row[6]) if row[6] else None, int(row[7])
        )
        for number, vector, row in zip(numbers, vectors, rows, strict=True)
    }


@_reading()
def undated(connection: sqlite3.Connection, filters: Filters) -> int:
    """Return how many articles without a date the filters by name let through."""
    condition, values = filter_clause(Filters(outlet=filters.outlet, language=filters.language))
    (count,) = connection.execute(
        f"SELECT count(*) FROM articles a WHERE a.published IS NULL AND {condition}", values
    ).fetchone()
    return int(count)


def filter_clause(filters: Filters) -> tuple[str, list[object]]:
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
    if filters.outlet is not None:
        parts.append("a.outlet_key = ?")
        values.append(filters.outlet.casefold())
    if filters.language is not None:
        parts.append("a.language = ?")
        values.append(filters.language.lower())
    if filters.as_of:
        parts.append("(a.published <= ? OR a.published IS NULL)")
        values.append(filters.as_of.isoformat())
    return " AND ".join(parts), values


@_reading()
def newest_day(connection: sqlite3.Connection) -> str:
    """Return the newest publication date in ISO form, or "" where no article has one."""
    (found,) = connection.execute("SELECT max(published) FROM articles").fetchone()
    return str(found or "")


@_reading()
def allowed_chunks(connection: sqlite3.Connection, filters: Filters) -> NDArray[np.int64]:
    """Return the ids of all chunks that filters let through, ascending."""
    condition, values = filter_clause(filters)
    rows = connection.execute(
        f"SELECT c.id FROM articles a JOIN chunks c ON c.seq = a.seq WHERE {condition}"
        " ORDER BY c.id",
        values,
    )
    return np.fromiter((row[0] for row in rows), dtype=np.int64)


@_reading()
def probes(connection: sqlite3.Connection, dimension: int) -> tuple[list[str], Vectors]:
    """Return the texts that tell whether a model still gives the same vectors, and those it gave."""
    rows = connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()
    if not all(isinstance(text, str) and _is_vector(blob, dimension) for text, blob in rows):
        raise IndexDamagedError(
            "the catalog's probe texts and vectors are not as they were written"
        )
    joined = b"".join(blob for _, blob in rows)
    return [text for text, _ in rows], np.frombuffer(joined, "<f4").reshape(-1, dimension)


def add_probes(connection: sqlite3.Connection, texts: Sequence[str], vectors: Vectors) -> None:
    """Write the probe texts with the vectors that the model gives them."""
    rows = [(t, v.astype("<f4").tobytes()) for t, v in zip(texts, vectors, strict=True)]
    connection.executemany("INSERT INTO probes VALUES (?,?)", rows)
    set_meta(connection, _PROBES, probes_sum(connection))


def probes_are_whole(connection: sqlite3.Connection) -> bool:
    """Say whether the probes are as they were written; True in an index from before they had a checksum."""
    told = meta(connection, _PROBES)
    return told is None or told == probes_sum(connection)


def probes_sum(connection: sqlite3.Connection) -> int:
    """Return the checksum of the probes as they are; damaged rows may hold anything."""
    rows = connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()
    return article_sum(*(field for row in rows for field in row))


def _is_vector(blob: object, dimension: int) -> bool:
    return isinstance(blob, bytes) and len(blob) == 4 * dimension


def _damaged_chunk(number: int) -> IndexDamagedError:
    return IndexDamagedError(
        f"chunk {number}: its row is not as it was written; "
        f"restore a snapshot, or remove its article and add it again"
    )


@_reading()
def vectors_after(
    connection: sqlite3.Connection, last_chunk: int, dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return ids, shape (n,), and vectors, shape (n, dimension), of the chunks after one."""
    blocks = list(vector_blocks(connection, dimension, after=last_chunk))
    if not blocks:
        return np.empty(0, np.int64), np.empty((0, dimension), np.float32)
    ids, vectors = zip(*blocks, strict=True)
    return np.concatenate(ids), np.concatenate(vectors)


def vector_blocks(
    connection: sqlite3.Connection, dimension: int, *, after: int = 0
) -> Iterator[tuple[NDArray[np.int64], Vectors]]:
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
        yield _vectors_of(rows, dimension)
        after = rows[-1][0]


@_reading()
def vectors_of(
    connection: sqlite3.Connection, ids: Sequence[int], dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    """Return ids and vectors, as `vectors_after`, of those of these chunks that exist."""
    statement = (
        "SELECT id, seq, start, stop, vector, sum FROM chunks"
        " WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    )
    return _vectors_of(_rows(connection, statement, (json.dumps(list(ids)),)), dimension)


@_reading()
def _rows(
    connection: sqlite3.Connection, statement: str, values: Sequence[object]
) -> list[tuple[Any, ...]]:
    return connection.execute(statement, values).fetchall()


def _vectors_of(
    rows: Sequence[tuple[Any, ...]], dimension: int
) -> tuple[NDArray[np.int64], Vectors]:
    for number, seq, start, stop, vector, kept in rows:
        if not _is_vector(vector, dimension) or chunk_sum(seq, start, stop, vector) != kept:
            raise _damaged_chunk(number)
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    joined = b"".join(row[4] for row in rows)
    return ids, np.frombuffer(joined, dtype="<f4").reshape(len(rows), dimension)


@_reading()
def get_derived(connection: sqlite3.Connection, kind: str) -> Derived | None:
    """Return what a derived file was made from, or None where there is none."""
    row = connection.execute(
        "SELECT revision, last_chunk, files FROM derived WHERE kind = ?", (kind,)
    ).fetchone()
    if row is None:
        return None
    at, last, told = row
    files = _files(told)
    if not files or not isinstance(at, int) or not isinstance(last, int):
        # Derived is derived: it is made anew, as where there is none.
        return None
    return Derived(at, last, files)


def _files(told: object) -> dict[str, str]:
    """Return files by their checksums; nothing where that is not what was written."""
    try:
        files = json.loads(told) if isinstance(told, str) else None
    except ValueError:
        return {}
    if not isinstance(files, dict):
        return {}
    for name, digest in files.items():
        # Inside the folder, whatever a damaged row says.
        if not isinstance(digest, str) or PurePosixPath(name).is_absolute() or ".." in name:
            return {}
    return files


def set_derived(connection: sqlite3.Connection, kind: str, derived: Derived) -> None:
    """Record a derived file that now stands on disk; readers use it from here on."""
    connection.execute(
        "INSERT OR REPLACE INTO derived VALUES (?,?,?,?)",
        (kind, derived.revision, derived.last_chunk, json.dumps(derived.files)),
    )
