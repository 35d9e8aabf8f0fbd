"""What the catalog says of the index itself: format, revision, what it was built with, probe texts."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from embeddings import EncoderIdentity, Vectors
from rag.errors import IndexDamagedError, IndexStoreError
from rag.index.catalog.schema import FORMAT, put_meta
from rag.index.catalog.transactions import reading, transaction
from rag.index.checksums import row_checksum
from rag.index.chunking import ChunkBudget
from rag.types import Position

_PROBES = "probes_sum"
_POSITIONS = "positions"
_MAX_POSITIONS = 1000
"""Files; of more, the first are forgotten, and would be read again from their beginning."""
_MAX_REVISION = 1 << 62
"""What SQLite's integers hold, with room for one commit more."""


@dataclass(frozen=True, slots=True)
class BuiltWith:
    """What an index was built with; two of them must agree before their vectors are compared."""

    model: str
    identity: EncoderIdentity
    budget: ChunkBudget
    token_encoding: str


@contextmanager
def writing(connection: sqlite3.Connection, *, new_revision: bool = True) -> Iterator[None]:
    """Hold one write transaction, which commits as a new revision.

    Parameters
    ----------
    new_revision
        False where only derived files are recorded.

    Raises
    ------
    IndexStoreError
    """
    committing = False
    try:
        with transaction(connection):
            yield
            if new_revision:
                set_meta(connection, "revision", revision(connection) + 1)
            committing = True
    except sqlite3.DatabaseError as error:
        # A commit can reach the disk and fail after that.
        outcome = (
            "see with `presscite list` what was kept"
            if committing
            else "nothing of this batch was changed"
        )
        raise IndexStoreError(f"the catalog could not be written ({error}); {outcome}") from error


@reading()
def meta(connection: sqlite3.Connection, key: str) -> Any:
    """Return a value of the index's description, or None."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else None


def set_meta(connection: sqlite3.Connection, key: str, value: object) -> None:
    """Write a value of the index's description; inside a transaction."""
    put_meta(connection, key, json.dumps(value))


@reading()
def revision(connection: sqlite3.Connection) -> int:
    """Return the number of commits so far."""
    found = meta(connection, "revision") or 0
    if not isinstance(found, int) or not 0 <= found < _MAX_REVISION:
        raise ValueError(f"revision {found!r}")
    return found


@reading()
def built_with(connection: sqlite3.Connection) -> BuiltWith | None:
    """Return what the index was built with, or None where its making was killed before that was written."""
    found = meta(connection, "built_with")
    return None if found is None else built_with_of(found)


def built_with_of(found: dict[str, Any]) -> BuiltWith:
    """Return what `set_built_with` recorded."""
    return BuiltWith(
        found["model"],
        EncoderIdentity(**found["identity"]),
        ChunkBudget(**found["budget"]),
        found["token_encoding"],
    )


def set_built_with(connection: sqlite3.Connection, built: BuiltWith) -> None:
    """Record what the index is built with; inside `writing`."""
    set_meta(connection, "format", FORMAT)
    set_meta(connection, "built_with", asdict(built))


@reading()
def positions(connection: sqlite3.Connection) -> dict[str, Position]:
    """Return how far files were read whose adding was broken off, by file."""
    found = meta(connection, _POSITIONS) or {}
    return {source: Position(**fields) for source, fields in found.items()}


def set_positions(connection: sqlite3.Connection, found: Mapping[str, Position]) -> None:
    """Record how far files were read; inside a transaction, with the articles up to there."""
    kept = list(found.items())[-_MAX_POSITIONS:]
    if kept or meta(connection, _POSITIONS):
        set_meta(connection, _POSITIONS, {source: asdict(one) for source, one in kept})


@reading()
def probes(connection: sqlite3.Connection, dimension: int) -> tuple[list[str], Vectors]:
    """Return the texts that show whether a model still gives the same vectors, and those it gave.

    Returns
    -------
    tuple[list[str], Vectors]
        The n texts, and their unit vectors, shape (n, dimension).
    """
    rows = connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()
    if not all(isinstance(text, str) and is_vector(blob, dimension) for text, blob in rows):
        raise IndexDamagedError("the catalog's probe texts and vectors are damaged")
    joined = b"".join(blob for _, blob in rows)
    return [text for text, _ in rows], np.frombuffer(joined, "<f4").reshape(-1, dimension)


def has_probes(connection: sqlite3.Connection) -> bool:
    """Whether the probes were written yet."""
    return bool(connection.execute("SELECT count(*) FROM probes").fetchone()[0])


def add_probes(connection: sqlite3.Connection, texts: Sequence[str], vectors: Vectors) -> None:
    """Write the probe texts with the vectors that the model gives them; inside `writing`."""
    rows = [(t, v.astype("<f4").tobytes()) for t, v in zip(texts, vectors, strict=True)]
    connection.executemany("INSERT INTO probes VALUES (?,?)", rows)
    set_meta(connection, _PROBES, _probes_checksum(connection))


def probes_intact(connection: sqlite3.Connection) -> bool:
    """Whether the probes are as written; True in an index from before they had a checksum."""
    recorded = meta(connection, _PROBES)
    return recorded is None or recorded == _probes_checksum(connection)


def raw_probes(connection: sqlite3.Connection) -> list[tuple[object, object]]:
    """Return the rows of the probes as they are; damaged ones may hold anything."""
    return connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()


def _probes_checksum(connection: sqlite3.Connection) -> int:
    return row_checksum(*(field for row in raw_probes(connection) for field in row))


def is_vector(blob: object, dimension: int) -> bool:
    """Whether a value is the bytes of a float32 vector of the dimension."""
    return isinstance(blob, bytes) and len(blob) == 4 * dimension
