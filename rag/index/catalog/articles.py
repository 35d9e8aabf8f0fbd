"""Articles with their sources: written, removed, looked up; every row is checked as it is read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from embeddings import Vectors
from rag.errors import IndexDamagedError
from rag.index.catalog.copies import put_sketch
from rag.index.catalog.meta import revision
from rag.index.catalog.transactions import reading
from rag.index.checksums import chunk_checksum, row_checksum
from rag.index.identity import ROW_SEPARATOR
from rag.types import Article

_COLUMNS = (
    "seq, id, text, title, outlet, published, url, authors, language, copy_group, retells,"
    " date_origin, published_at, pages, collection, sum"
)
_BLOCK = 100
"""Articles read at a time where all of them are, so that an archive is never in memory at once."""
_ROWS = 10_000
"""Rows without their texts that are read at a time."""
_MAX_CORRECTED = 10
"""Rows under one headline that are looked at."""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the catalog holds it."""

    seq: int
    """Its row."""
    article: Article
    copy_group: int
    """Near-duplicates share it."""


def insert_article(
    connection: sqlite3.Connection,
    article: Article,
    content_hash: str,
    spans: Sequence[tuple[int, int]],
    vectors: Vectors,
    copy_group: int | None,
    sketch: Sequence[int],
) -> int:
    """Write an article with its chunks and vectors; returns its row. Inside `writing`.

    Parameters
    ----------
    copy_group
        The group of a near-duplicate; None: a new group.
    """
    cursor = connection.execute(
        "INSERT INTO articles (id, text, title, outlet, outlet_key, published, url, authors,"
        " language, hash, retells, date_origin, published_at, pages, collection, collection_key)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            article.id,
            article.text,
            article.title,
            article.outlet,
            outlet_key(article),
            article.published.isoformat() if article.published else None,
            article.url,
            json.dumps(article.authors, ensure_ascii=False),
            article.language,
            content_hash,
            article.retells,
            article.date_origin,
            article.published_at,
            _pages(article),
            article.collection,
            collection_key(article),
        ),
    )
    seq = int(cursor.lastrowid or 0)
    group = copy_group or seq
    connection.execute(
        "UPDATE articles SET copy_group = ?, sum = ? WHERE seq = ?",
        (group, _article_checksum(article, group), seq),
    )
    blobs = (vector.astype("<f4").tobytes() for vector in vectors)
    connection.executemany(
        "INSERT INTO chunks (seq, start, stop, vector, sum) VALUES (?,?,?,?,?)",
        (
            (seq, start, end, blob, chunk_checksum(seq, start, end, blob))
            for (start, end), blob in zip(spans, blobs, strict=True)
        ),
    )
    put_sketch(connection, seq, group, sketch)
    return seq


def outlet_key(article: Article) -> str | None:
    """Return what an article's outlet is filtered by."""
    return article.outlet.casefold() if article.outlet else None


def collection_key(article: Article) -> str | None:
    """Return what an article's collection is filtered by."""
    return article.collection.casefold() if article.collection else None


def _pages(article: Article) -> str | None:
    return json.dumps(article.pages) if article.pages else None


def _article_checksum(article: Article, copy_group: int) -> int:
    published = article.published.isoformat() if article.published else None
    authors = json.dumps(article.authors, ensure_ascii=False)
    return _checksum(
        article.id, article.text, article.title, article.outlet, published, article.url, authors,
        article.language, copy_group, article.retells, article.date_origin, article.published_at,
        _pages(article), article.collection,
    )  # fmt: skip


def _checksum(*fields: object) -> int:
    """Return the checksum of a row's values, in the order of `_COLUMNS`.

    Those after the near-duplicate group are part of it where the row has them, so that rows written by
    older formats keep theirs, and a migration need not read every text.
    """
    required, retells, *later = fields[:9], *fields[9:]
    named = (f"{number} {value}" for number, value in enumerate(later) if value is not None)
    return row_checksum(*required, *(() if retells is None else (retells,)), *named)


def delete_article(connection: sqlite3.Connection, seq: int) -> None:
    """Remove an article, leaving a mark for each of its chunks. Inside `writing`."""
    connection.execute(
        "INSERT INTO removed SELECT id, ? FROM chunks WHERE seq = ?",
        (revision(connection) + 1, seq),
    )
    for table in ("chunks", "sketches", "paragraphs", "sources", "versions", "articles"):
        connection.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))


def move_article(
    connection: sqlite3.Connection, stored: StoredArticle, collection: str | None
) -> None:
    """Put an article into another collection, or into none; its text and vectors stay. Inside `writing`.

    Its chunks get new numbers, so that derived files take them for new ones, under the new label.
    """
    moved = replace(stored.article, collection=collection)
    seq = stored.seq
    connection.execute(
        "UPDATE articles SET collection = ?, collection_key = ?, sum = ? WHERE seq = ?",
        (collection, collection_key(moved), _article_checksum(moved, stored.copy_group), seq),
    )
    last = _first(connection, "SELECT coalesce(max(id), 0) FROM chunks WHERE seq = ?", seq)
    connection.execute(
        "INSERT INTO removed SELECT id, ? FROM chunks WHERE seq = ?",
        (revision(connection) + 1, seq),
    )
    connection.execute(
        "INSERT INTO chunks (seq, start, stop, vector, sum)"
        " SELECT seq, start, stop, vector, sum FROM chunks WHERE seq = ? ORDER BY id",
        (seq,),
    )
    connection.execute("DELETE FROM chunks WHERE seq = ? AND id <= ?", (seq, last))


# Sources


def link_source(connection: sqlite3.Connection, source: str, seq: int) -> None:
    """Record that an article was added from a source. Inside `writing`."""
    connection.execute(
        "INSERT OR REPLACE INTO sources SELECT ?, ?, coalesce(max(position) + 1, 0)"
        " FROM sources WHERE seq = ?",
        (source, seq, seq),
    )


@reading()
def row_of_source(connection: sqlite3.Connection, source: str) -> int | None:
    """Return the row of the article that was last added from a source, or None."""
    return _first(connection, "SELECT seq FROM sources WHERE source = ?", source)


@reading()
def source_count(connection: sqlite3.Connection, seq: int) -> int:
    """Return how many sources an article has."""
    return _first(connection, "SELECT count(*) FROM sources WHERE seq = ?", seq) or 0


# Look-ups


@reading()
def row_of_id(connection: sqlite3.Connection, article_id: str) -> int | None:
    """Return the row of an article's id, or None."""
    if not _can_be_stored(article_id):
        return None
    return _first(connection, "SELECT seq FROM articles WHERE id = ?", article_id)


@reading()
def row_of_content(
    connection: sqlite3.Connection, article_id: str, content_hash: str
) -> int | None:
    """Return the row of an article of this id with this content, or None."""
    statement = "SELECT seq FROM articles WHERE id = ? AND hash = ?"
    return _first(connection, statement, article_id, content_hash)


def contents(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the id and the content hash of every article, in no order."""
    with reading():
        cursor = connection.execute("SELECT id, hash FROM articles")
    while True:
        with reading():
            rows = cursor.fetchmany(_ROWS)
        if not rows:
            return
        yield from rows


@reading()
def rows_of_url(connection: sqlite3.Connection, url: str) -> list[int]:
    """Return the rows of the articles at an address."""
    return [row[0] for row in connection.execute("SELECT seq FROM articles WHERE url = ?", (url,))]


@reading()
def rows_under_headline(connection: sqlite3.Connection, group: int, article: Article) -> list[int]:
    """Return the newest rows of a near-duplicate group that have an article's title, outlet and day.

    Those with a URL are known by that.
    """
    day = article.published.isoformat() if article.published else None
    rows = connection.execute(
        "SELECT seq FROM articles WHERE copy_group = ? AND title IS ? AND outlet_key IS ?"
        " AND published IS ? AND url IS NULL ORDER BY seq DESC LIMIT ?",
        (group, article.title, outlet_key(article), day, _MAX_CORRECTED),
    )
    return [row[0] for row in rows]


@reading()
def id_of_row(connection: sqlite3.Connection, seq: int) -> str | None:
    """Return the id of a row's article, whatever its other values; None where there is no such row."""
    row = connection.execute("SELECT id FROM articles WHERE seq = ?", (seq,)).fetchone()
    return row[0] if row else None


def _first(connection: sqlite3.Connection, statement: str, *values: object) -> int | None:
    row = connection.execute(statement, values).fetchone()
    return int(row[0]) if row else None


@reading()
def article_by_id(connection: sqlite3.Connection, article_id: str) -> StoredArticle | None:
    """Return the article of an id, or None.

    Raises
    ------
    IndexDamagedError
        Where its row is not as it was written.
    """
    seq = row_of_id(connection, article_id)
    return None if seq is None else articles_of(connection, [seq])[seq]


@reading()
def articles_of(connection: sqlite3.Connection, seqs: Sequence[int]) -> dict[int, StoredArticle]:
    """Return the articles of these rows that exist, in two queries.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    wanted = (json.dumps(list(seqs)),)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM articles WHERE seq IN (SELECT value FROM json_each(?))"
        " ORDER BY seq",
        wanted,
    ).fetchall()
    sources: dict[int, list[str]] = {}
    for seq, source in connection.execute(
        "SELECT seq, source FROM sources WHERE seq IN (SELECT value FROM json_each(?))"
        " ORDER BY seq, position, source",
        wanted,
    ):
        sources.setdefault(seq, []).append(source)
    return {row[0]: _stored(row, sources.get(row[0], ())) for row in rows}


@reading()
def articles_after(connection: sqlite3.Connection, seq: int) -> list[StoredArticle]:
    """Return some of the articles after a row, in the order they were added; empty at the end.

    Raises
    ------
    IndexDamagedError
        Where a row is not as it was written.
    """
    rows = connection.execute(
        "SELECT seq FROM articles WHERE seq > ? ORDER BY seq LIMIT ?", (seq, _BLOCK)
    ).fetchall()
    return list(articles_of(connection, [row[0] for row in rows]).values())


def article_of_columns(value: Callable[[str], Any], sources: Sequence[str]) -> StoredArticle:
    """Return the article of a row, wherever it was read from.

    Parameters
    ----------
    value
        Returns what a column holds.

    Raises
    ------
    IndexDamagedError
        Where it is not as it was written.
    """
    return _stored(tuple(value(name) for name in _COLUMNS.split(", ")), sources)


def _stored(row: tuple[Any, ...], sources: Sequence[str]) -> StoredArticle:
    seq, name, text, title, outlet, published, url, authors, language, group, *more, recorded = row
    if _checksum(*row[1:-1]) != recorded:
        raise IndexDamagedError(
            f"article {name}: its row is not as it was written; "
            f"restore a snapshot, or remove the article and add it again"
        )
    retells, date_origin, published_at, pages, collection = more
    article = Article(
        id=name,
        text=text,
        title=title,
        outlet=outlet,
        published=date.fromisoformat(published) if published else None,
        url=url,
        authors=tuple(json.loads(authors)),
        language=language,
        sources=tuple(sources),
        retells=retells,
        date_origin=date_origin,
        published_at=published_at,
        pages=tuple(json.loads(pages)) if pages else (),
        collection=collection,
    )
    return StoredArticle(seq, article, group)


@reading()
def ids_by_reference(
    connection: sqlite3.Connection, reference: str, *, stems: bool = True
) -> list[str]:
    """Return the ids of the articles meant by an id, a URL or a path; see `Index.resolve`."""
    if not _can_be_stored(reference):
        return []
    absolute = str(Path(reference).expanduser().absolute()) if "\0" not in reference else ""
    # Rows of a file are "path#name"; "$" is the character after "#", so this is a range of the index.
    first, end = f"{absolute}{ROW_SEPARATOR}", f"{absolute}{chr(ord(ROW_SEPARATOR) + 1)}"
    for statement, values in (
        ("SELECT id FROM articles WHERE id = ?", (reference,)),
        ("SELECT id FROM articles WHERE url = ? ORDER BY seq", (reference,)),
        (
            "SELECT id FROM articles WHERE seq IN (SELECT seq FROM sources"
            " WHERE source IN (?, ?) OR source >= ? AND source < ?) ORDER BY seq",
            (reference, absolute, first, end),
        ),
    ):
        rows = connection.execute(statement, values).fetchall()
        if rows:
            return [row[0] for row in rows]
    if not stems or "/" in reference:
        return []
    pairs = connection.execute("SELECT s.source, a.id FROM sources s JOIN articles a USING (seq)")
    return sorted({name for source, name in pairs if _stem(source) == reference})


def _can_be_stored(text: str) -> bool:
    """Whether text is valid Unicode; no lone surrogate is ever written."""
    return text.encode("utf-8", "ignore").decode() == text


def _stem(source: str) -> str:
    return Path(source.split(ROW_SEPARATOR, maxsplit=1)[0]).stem


@reading()
def any_collection(connection: sqlite3.Connection) -> bool:
    """Whether an article has a label."""
    found = "SELECT 1 FROM articles WHERE collection_key IS NOT NULL LIMIT 1"
    return connection.execute(found).fetchone() is not None


@reading()
def counts(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many articles, chunks, sources and outlets there are."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks),"
        " (SELECT count(*) FROM sources), (SELECT count(DISTINCT outlet_key) FROM articles)"
    ).fetchone()
    return dict(zip(("articles", "chunks", "sources", "outlets"), row, strict=True))


@reading()
def months_of_outlets(connection: sqlite3.Connection) -> list[tuple[str | None, str | None, int]]:
    """Return ``(outlet, month, articles)``: the outlet as first written, the month as "2026-05".

    Outlets that differ in case alone are one; None stands for articles without an outlet, or a date.
    """
    rows = connection.execute(
        "SELECT first.outlet, counted.month, counted.articles FROM"
        " (SELECT min(seq) AS seq, outlet_key, substr(published, 1, 7) AS month,"
        " count(*) AS articles FROM articles GROUP BY outlet_key, month) AS counted"
        " LEFT JOIN (SELECT outlet_key, min(seq) AS seq FROM articles GROUP BY outlet_key) AS named"
        " ON named.outlet_key IS counted.outlet_key"
        " LEFT JOIN articles AS first ON first.seq = named.seq"
        " ORDER BY counted.month, named.seq"
    )
    return [(outlet or None, month or None, int(articles)) for outlet, month, articles in rows]


@reading()
def newest_day(connection: sqlite3.Connection) -> str:
    """Return the newest publication date in ISO form, or "" where no article has one."""
    (found,) = connection.execute("SELECT max(published) FROM articles").fetchone()
    return str(found or "")
