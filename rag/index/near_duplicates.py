"""Near copies: the same wire story printed by several outlets, told by shared five-word runs."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Sequence

from rag.text.patterns import lazily

_RUN = 5
_KEPT = 64
_SHARE = 0.5
# Articles looked at for one run, so that adding costs no more in a larger archive.
_HOLDERS = 64
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
    shared: Counter[int] = Counter()
    for value in hashes:
        # The first that hold it: all that a sentence printed everywhere would bring tells nothing more, and
        # the copies of one story are among the first of each of its runs.
        rows = connection.execute(
            "SELECT seq FROM sketches WHERE hash = ? ORDER BY seq LIMIT ?", (value, _HOLDERS)
        )
        shared.update(row[0] for row in rows)
    if not shared:
        return None
    seq, count = min(shared.items(), key=lambda pair: (-pair[1], pair[0]))
    if count < _SHARE * len(hashes):
        return None
    row = connection.execute("SELECT copy_group FROM articles WHERE seq = ?", (seq,)).fetchone()
    return int(row[0]) if row else None
