"""The method of format 3: a bottom-k sketch of 64 shingles, half of it in the best match."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from rag.index.sketches import sketch

_MIN_OVERLAP = 0.5
_MAX_ARTICLES = 64


def groups(texts: Iterable[str]) -> list[int]:
    """Return the group of each text, added in order."""
    rows: dict[int, list[int]] = defaultdict(list)
    found: list[int] = []
    for number, text in enumerate(texts):
        hashes = sketch(text)
        shared = Counter(row for value in hashes for row in rows[value][:_MAX_ARTICLES])
        best = min(shared.items(), key=lambda pair: (-pair[1], pair[0]), default=(0, 0))
        same = best[1] >= _MIN_OVERLAP * len(hashes)
        found.append(found[best[0]] if same else number)
        for value in hashes:
            rows[value].append(number)
    return found
