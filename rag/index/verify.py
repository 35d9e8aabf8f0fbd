"""Whether an index is sound: the catalog first, then what is derived from it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np

from rag.errors import IndexDamagedError
from rag.index import catalog, lexical, vectors
from rag.ingest.article import content_hash


def verify_index(folder: Path, *, quick: bool) -> list[str]:
    """Return what is wrong, a line each; empty where the index is sound.

    Parameters
    ----------
    quick
        Look at checksums only; otherwise at every row of the catalog too.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError
        Where the catalog cannot be opened at all.
    """
    connection = catalog.connect(folder)
    try:
        problems = _derived(connection, folder)
        if not quick:
            problems = _catalog(connection) + problems
        return problems
    except (sqlite3.DatabaseError, ValueError, TypeError, KeyError) as error:
        # The last three: values that are there, and are not what presscite writes.
        raise IndexDamagedError(f"{folder}: the catalog cannot be read ({error})") from error
    finally:
        connection.close()


def _derived(connection: sqlite3.Connection, folder: Path) -> list[str]:
    problems = []
    known = catalog.get_derived(connection, vectors.KIND)
    damage = vectors.check(folder, known) if known else None
    if damage:
        problems.append(damage)
    words = catalog.get_derived(connection, lexical.KIND)
    if words:
        found = lexical.check(folder, words)
        if found:
            problems.append(found)
        elif words.revision != catalog.revision(connection):
            problems.append(
                f"lexical: made at revision {words.revision}, "
                f"the catalog is at {catalog.revision(connection)}"
            )
    elif connection.execute("SELECT count(*) FROM chunks").fetchone()[0]:
        problems.append("lexical: no files yet")
    return problems


def _catalog(connection: sqlite3.Connection) -> list[str]:
    problems = [
        f"catalog: {row[0]}"
        for row in connection.execute("PRAGMA integrity_check(20)")
        if row[0] != "ok"
    ]
    built = catalog.built_with(connection)
    if built is None:
        return [*problems, "catalog: it does not say what made it"]
    hashes = dict(connection.execute("SELECT seq, hash FROM articles"))
    last = 0
    while found := catalog.stored(connection, "seq > ?", (last,), limit=100):
        for one in found:
            if content_hash(one.article) != hashes[one.seq]:
                problems.append(f"article {one.article.id}: its content is not what was added")
            rows = connection.execute(
                "SELECT id, start, stop, vector FROM chunks WHERE seq = ?", (one.seq,)
            ).fetchall()
            if not rows:
                problems.append(f"article {one.article.id}: it has no chunks")
            for number, start, end, blob in rows:
                if not 0 <= start < end <= len(one.article.text):
                    problems.append(f"chunk {number}: it lies outside of its article")
                vector = np.frombuffer(blob, "<f4") if len(blob) % 4 == 0 else np.empty(0)
                if len(vector) != built.identity.dimension or not np.isclose(
                    np.linalg.norm(vector), 1, atol=1e-3
                ):
                    problems.append(f"chunk {number}: its vector is no unit vector")
        last = found[-1].seq
    return problems
