"""Near-duplicates: one wire story printed by several outlets, detected by shared 5-word shingles."""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Sequence

from rag.index import catalog
from rag.text.patterns import lazily

_SHINGLE_WORDS = 5
_SKETCH_SIZE = 64
_MIN_OVERLAP = 0.5
# Articles read for one shingle, so that adding costs no more in a larger archive.
_MAX_ARTICLES = 64
_WORD = lazily(r"[\p{L}\p{N}]+")


def sketch(text: str) -> list[int]:
    """Return a bottom-k sketch: the 64 smallest hashes of a text's 5-word shingles, ascending.

    The overlap of two sketches estimates that of the texts (Cohen and Kaplan 2007, "Summarizing data
    using bottom-k sketches").
    """
    words = [word.lower() for word in _WORD.findall(text)]
    starts = range(max(1, len(words) - _SHINGLE_WORDS + 1))
    shingles = {" ".join(words[n : n + _SHINGLE_WORDS]) for n in starts}
    digests = (hashlib.blake2b(one.encode(), digest_size=8).digest() for one in shingles)
    # Signed, for SQLite's integers.
    return sorted(int.from_bytes(digest, "big", signed=True) for digest in digests)[:_SKETCH_SIZE]


def find_copy_group(connection: sqlite3.Connection, hashes: Sequence[int]) -> int | None:
    """Return the group of the article in the catalog that overlaps most with a sketch, or None."""
    shared: Counter[int] = Counter()
    for value in hashes:
        # The first rows suffice: copies of one story are among the first of each of its shingles, and all
        # articles that hold a boilerplate sentence would say nothing more.
        shared.update(catalog.rows_sharing(connection, value, _MAX_ARTICLES))
    if not shared:
        return None
    seq, count = min(shared.items(), key=lambda pair: (-pair[1], pair[0]))
    if count < _MIN_OVERLAP * len(hashes):
        return None
    return catalog.group_of_row(connection, seq)
