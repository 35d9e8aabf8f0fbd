"""Which derived files stand for which revision, and the chunks that were removed since they were written."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from rag.index.catalog.transactions import reading


@dataclass(frozen=True, slots=True)
class Derived:
    """What derived files were made from: the revision, its newest chunk, and each file's checksum."""

    revision: int
    last_chunk: int
    files: dict[str, str]
    """Checksums by path, relative to the index folder."""


@reading()
def get_derived(connection: sqlite3.Connection, kind: str) -> Derived | None:
    """Return the derived files of a kind, or None where there are none."""
    row = connection.execute(
        "SELECT revision, last_chunk, files FROM derived WHERE kind = ?", (kind,)
    ).fetchone()
    if row is None:
        return None
    revision, last_chunk, recorded = row
    files = _files(recorded)
    if not files or not isinstance(revision, int) or not isinstance(last_chunk, int):
        # A damaged row is treated as none: the files are made again from the catalog.
        return None
    return Derived(revision, last_chunk, files)


def _files(recorded: object) -> dict[str, str]:
    """Return checksums by path; empty where the value is not one that presscite writes."""
    try:
        files = json.loads(recorded) if isinstance(recorded, str) else None
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
    """Record derived files that stand on disk; readers use them from here on. Inside a transaction."""
    connection.execute(
        "INSERT OR REPLACE INTO derived VALUES (?,?,?,?)",
        (kind, derived.revision, derived.last_chunk, json.dumps(derived.files)),
    )


@reading()
def removed_since(connection: sqlite3.Connection, derived: Derived) -> NDArray[np.int64]:
    """Return the ids of chunks that derived files hold and that were removed after they were written."""
    rows = connection.execute(
        "SELECT chunk FROM removed WHERE revision > ? AND chunk <= ?",
        (derived.revision, derived.last_chunk),
    )
    return np.fromiter((row[0] for row in rows), dtype=np.int64)


def forget_removed(connection: sqlite3.Connection, revision: int) -> None:
    """Delete the marks of chunks removed up to a revision, which no derived file holds any more."""
    connection.execute("DELETE FROM removed WHERE revision <= ?", (revision,))
