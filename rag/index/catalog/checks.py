"""What `verify` reads of the catalog without trusting it, and what `repair` writes again."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Mapping

from rag.index.catalog.articles import StoredArticle, collection_key, outlet_key
from rag.index.catalog.copies import put_sketch
from rag.index.catalog.paragraphs import put_paragraphs


def integrity_problems(connection: sqlite3.Connection) -> Iterator[str]:
    """Yield what SQLite finds wrong with the file, and rows that belong to no article."""
    for (problem,) in connection.execute("PRAGMA integrity_check(20)"):
        if problem != "ok":
            yield problem
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} belongs to no article"


def article_rows(connection: sqlite3.Connection) -> list[int]:
    """Return every article's row, ascending."""
    return [row[0] for row in connection.execute("SELECT seq FROM articles ORDER BY seq")]


def hash_and_keys(connection: sqlite3.Connection, seq: int) -> tuple[object, object, object]:
    """Return an article's content hash and the keys its outlet and its collection are filtered by."""
    digest, outlet, collection = connection.execute(
        "SELECT hash, outlet_key, collection_key FROM articles WHERE seq = ?", (seq,)
    ).fetchone()
    return digest, outlet, collection


def chunk_rows(
    connection: sqlite3.Connection, seq: int
) -> list[tuple[int, int, int, object, object]]:
    """Return ``(id, start, end, vector, checksum)`` of an article's chunks as they are."""
    return connection.execute(
        "SELECT id, start, stop, vector, sum FROM chunks WHERE seq = ?", (seq,)
    ).fetchall()


def sketch_of(connection: sqlite3.Connection, seq: int) -> set[int]:
    """Return the sketch that is stored for an article under its near-duplicate group."""
    rows = connection.execute(
        "SELECT sketches.hash FROM sketches JOIN articles USING (seq, copy_group) WHERE seq = ?",
        (seq,),
    )
    return {row[0] for row in rows}


def paragraphs_of(connection: sqlite3.Connection, seq: int) -> dict[int, bool]:
    """Return the paragraphs that are stored for an article under its near-duplicate group."""
    rows = connection.execute(
        "SELECT paragraphs.hash, left_out FROM paragraphs JOIN articles USING (seq, copy_group)"
        " WHERE seq = ?",
        (seq,),
    )
    return {value: bool(outside) for value, outside in rows}


def rebuild_indexes(connection: sqlite3.Connection) -> None:
    """Build SQLite's own indexes again from their tables. Inside `writing`."""
    connection.execute("REINDEX")


def rewrite_derived_values(
    connection: sqlite3.Connection,
    stored: StoredArticle,
    sketch: Collection[int],
    paragraphs: Mapping[int, bool],
) -> None:
    """Write again what an article's own row gives: keys, sketch, paragraphs. Inside `writing`."""
    keys = (outlet_key(stored.article), collection_key(stored.article))
    connection.execute(
        "UPDATE articles SET outlet_key = ?, collection_key = ? WHERE seq = ?"
        " AND (outlet_key, collection_key) IS NOT (?, ?)",
        (*keys, stored.seq, *keys),
    )
    if sketch_of(connection, stored.seq) != set(sketch):
        connection.execute("DELETE FROM sketches WHERE seq = ?", (stored.seq,))
        put_sketch(connection, stored.seq, stored.copy_group, sketch)
    if paragraphs_of(connection, stored.seq) != paragraphs:
        connection.execute("DELETE FROM paragraphs WHERE seq = ?", (stored.seq,))
        put_paragraphs(connection, stored.seq, stored.copy_group, paragraphs)
