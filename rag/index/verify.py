"""Whether an index is sound: every row of the catalog, and the files derived from it; and its mending."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rag.errors import IndexDamagedError
from rag.index import catalog, dense, lexical, schema
from rag.index.checksums import chunk_sum
from rag.index.integrity import damage
from rag.index.lock import writer_lock
from rag.index.near_duplicates import sketch
from rag.index.writer import PROBES, Writer
from rag.text.content_hash import content_hash

_AGAIN = 5
"""How often derived files are looked at again while somebody writes."""


def verify_index(folder: Path, *, quick: bool) -> list[str]:
    """Return what is wrong, a line each; empty where the index is sound.

    Parameters
    ----------
    quick
        Look at checksums of files only; otherwise at every row of the catalog too.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError
        Where the catalog cannot be opened at all.
    """
    connection = schema.connect(folder)
    try:
        connection.execute("BEGIN")
        problems = [] if quick else list(_catalog(connection))
        found = list(_derived(connection, folder))
        connection.execute("ROLLBACK")
        for _ in range(_AGAIN):
            if not found:
                break
            # Files that a writer replaced while they were looked at are not missing.
            at = catalog.revision(connection)
            connection.execute("BEGIN")
            found = list(_derived(connection, folder))
            connection.execute("ROLLBACK")
            if catalog.revision(connection) == at:
                break
        return [*problems, *found]
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        # The last three: values that are there, and are not what presscite writes.
        raise IndexDamagedError(f"{folder}: the catalog cannot be read ({error})") from error
    finally:
        connection.close()


def repair_index(folder: Path) -> None:
    """Make everything anew that is derived from articles and vectors, where it is not sound.

    Nothing is embedded again. Articles, chunks and vectors themselves are never touched: what is damaged
    there stays named by `verify_index`.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError, IndexLockedError, IndexStoreError
    """
    connection = schema.connect(folder)
    try:
        with writer_lock(folder):
            built = catalog.built_with(connection)
            if built is None:
                raise IndexDamagedError(f"{folder}: the catalog does not say what made it")
            with catalog.writing(connection, new_revision=False):
                connection.execute("REINDEX")
                _mend_rows(connection)
            Writer(connection, folder, built, _no_texts).derive()
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        raise IndexDamagedError(f"{folder}: the catalog cannot be read ({error})") from error
    finally:
        connection.close()


def _no_texts(texts: object) -> np.ndarray:
    raise AssertionError(f"mending embeds nothing: {texts!r}")


def _derived(connection: sqlite3.Connection, folder: Path) -> Iterator[str]:
    at = catalog.revision(connection)
    for kind in (dense.KIND, lexical.KIND):
        known = catalog.get_derived(connection, kind)
        for name, digest in known.files.items() if known else ():
            problem = damage(folder, name, digest)
            if problem:
                yield problem
        if kind == lexical.KIND and known and known.revision != at:
            yield f"{kind}: made at revision {known.revision}, the catalog is at {at}"
        if not known and connection.execute("SELECT 1 FROM chunks LIMIT 1").fetchone():
            yield f"{kind}: no files yet"


def _catalog(connection: sqlite3.Connection) -> Iterator[str]:
    for (problem,) in connection.execute("PRAGMA integrity_check(20)"):
        if problem != "ok":
            yield f"catalog: {problem}"
    if not schema.tables_are_whole(connection):
        yield "catalog: the description of its tables is not as it was written"
    if not schema.meta_is_whole(connection):
        yield "catalog: what it says of the index is not as it was written"
    for table, row, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"catalog: row {row} of {table} belongs to no article"
    built = catalog.built_with(connection)
    if built is None:
        yield "catalog: it does not say what made it"
        return
    dimension = built.identity.dimension
    for (blob,) in connection.execute("SELECT vector FROM probes"):
        if not _is_unit(blob, dimension):
            yield "catalog: a probe's vector is no unit vector"
    probes = {row[0] for row in connection.execute("SELECT text FROM probes")}
    if probes and probes != set(PROBES):
        yield "catalog: the probe texts are not presscite's"
    if not catalog.probes_are_whole(connection):
        yield "catalog: the probes' vectors are not as they were written"
    for (seq,) in connection.execute("SELECT seq FROM articles ORDER BY seq").fetchall():
        yield from _article(connection, seq, dimension)


def _article(connection: sqlite3.Connection, seq: int, dimension: int) -> Iterator[str]:
    try:
        (one,) = catalog.stored(connection, "seq = ?", (seq,))
    except IndexDamagedError as error:
        yield str(error)
        return
    article = one.article
    digest, key = connection.execute(
        "SELECT hash, outlet_key FROM articles WHERE seq = ?", (seq,)
    ).fetchone()
    if content_hash(article) != digest:
        yield f"article {article.id}: its content is not what was added"
    if key != (article.outlet.casefold() if article.outlet else None):
        yield f"article {article.id}: its outlet cannot be filtered by"
    if not article.sources:
        yield f"article {article.id}: no source is known for it"
    if _sketch(connection, seq) != set(sketch(article.text)):
        yield f"article {article.id}: near copies of it cannot be told"
    rows = connection.execute(
        "SELECT id, start, stop, vector, sum FROM chunks WHERE seq = ?", (seq,)
    ).fetchall()
    if not rows:
        yield f"article {article.id}: it has no chunks"
    for number, start, end, blob, kept in rows:
        place = f"article {article.id}, chunk {number}"
        if not 0 <= start < end <= len(article.text):
            yield f"{place}: it lies outside of its article"
        if not _is_unit(blob, dimension):
            yield f"{place}: its vector is no unit vector"
        elif chunk_sum(seq, start, end, blob) != kept:
            yield f"{place}: its row is not as it was written"


def _is_unit(blob: object, dimension: int) -> bool:
    if not isinstance(blob, bytes) or len(blob) != 4 * dimension:
        return False
    return bool(np.isclose(np.linalg.norm(np.frombuffer(blob, "<f4")), 1, atol=1e-3))


def _sketch(connection: sqlite3.Connection, seq: int) -> set[int]:
    rows = connection.execute("SELECT hash FROM sketches WHERE seq = ?", (seq,))
    return {row[0] for row in rows}


def _mend_rows(connection: sqlite3.Connection) -> None:
    """Write again what an article's own row tells: its sketch, and the key its outlet is found by."""
    for (seq,) in connection.execute("SELECT seq FROM articles ORDER BY seq").fetchall():
        try:
            (one,) = catalog.stored(connection, "seq = ?", (seq,))
        except IndexDamagedError:
            continue
        outlet = one.article.outlet
        connection.execute(
            "UPDATE articles SET outlet_key = ? WHERE seq = ? AND outlet_key IS NOT ?",
            (key := outlet.casefold() if outlet else None, seq, key),
        )
        wanted = set(sketch(one.article.text))
        if _sketch(connection, seq) != wanted:
            connection.execute("DELETE FROM sketches WHERE seq = ?", (seq,))
            connection.executemany(
                "INSERT INTO sketches VALUES (?,?)", [(value, seq) for value in wanted]
            )
