"""Near copies: the same wire story printed by several outlets, told by shared five-word runs."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence

from rag.patterns import lazily

_RUN = 5
_KEPT = 64
_SHARE = 0.5
_WORD = lazily(r"[\p{L}\p{N}]+")


def sketch(text: str) -> list[int]:
    """Return up to 64 hashes that stand for a text: the smallest of all its five-word runs.

    Two sketches share about as large a part as the texts do (bottom-k sketches, Cohen and Kaplan
    2007, "Summarizing data using bottom-k sketches").
    """
    words = [word.lower() for word in _WORD.findall(text)]
    runs = {" ".join(words[n : n + _RUN]) for n in range(max(1, len(words) - _RUN + 1))}
    digests = (hashlib.blake2b(run.encode(), digest_size=8).digest() for run in runs)
    # Signed, for SQLite's integers.
    return sorted(int.from_bytes(digest, "big", signed=True) for digest in digests)[:_KEPT]


def copy_group(connection: sqlite3.Connection, hashes: Sequence[int]) -> int | None:
    """Return the group of an article in the catalog that is a near copy, or None."""
    if not hashes:
        return None
    marks = ",".join("?" * len(hashes))
    row = connection.execute(
        f"SELECT a.copy_group, count(*) AS shared FROM sketches s JOIN articles a ON a.seq = s.seq"
        f" WHERE s.hash IN ({marks}) GROUP BY s.seq ORDER BY shared DESC, s.seq LIMIT 1",
        tuple(hashes),
    ).fetchone()
    return int(row[0]) if row and row[1] >= _SHARE * len(hashes) else None
