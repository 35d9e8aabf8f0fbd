"""The head: names the newest complete revision. Written last, in new rows; the newest whole one counts."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from rag.errors import IndexDamagedError
from rag.index.catalog import BuiltWith
from rag.index.catalog.meta import built_with_of
from rag.index.checksums import row_checksum
from rag.index.milvus.schema import NO_VECTOR, Names
from rag.index.milvus.server import Server, literals

_KEPT = 3
"""Heads that stay: a reader may be between finding one and reading it."""
_HISTORY = 50
_PIECE = 15_000
"""Characters of a piece: at most 60 kB."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts that a commit carries on."""

    articles: int = 0
    chunks: int = 0
    sources: int = 0
    body_terms: int = 0
    """Terms of all chunks' texts: BM25 compares a chunk's length with the mean."""
    title_terms: int = 0

    def plus(self, other: Totals, sign: int = 1) -> Totals:
        """Return the sums, or with ``sign`` -1 the differences."""
        mine, others = asdict(self), asdict(other)
        return Totals(**{name: mine[name] + sign * others[name] for name in mine})


@dataclass(frozen=True, slots=True)
class Head:
    """A revision: the description of the index and what its rows add up to."""

    serial: int
    """Grows with every head, also where no article changed."""
    revision: int
    described: dict[str, str]
    """The rows of the catalog that tell what the index was built with, as JSON by key."""
    probes: list[tuple[str, str]] = field(default_factory=list)
    """Texts and their vectors in hexadecimal."""
    numbers: dict[str, int] = field(default_factory=dict)
    """The last numbers that were given to articles, chunks and versions."""
    totals: Totals = Totals()
    newest: str = ""
    """The newest publication date, in ISO form; it may be older articles' after a removal."""
    history: list[tuple[int, float]] = field(default_factory=list)
    """When earlier revisions were replaced (seconds since 1970), oldest first."""
    writer: str = ""
    copied: dict[str, Any] = field(default_factory=dict)
    """How far the copy is that is made here; empty in an index."""

    @property
    def built(self) -> BuiltWith | None:
        """What the index was built with."""
        found = self.described.get("built_with")
        return built_with_of(json.loads(found)) if found else None

    @property
    def identity(self) -> tuple[int, str]:
        """Tells it from all heads of this index, and from those of another one put in its place."""
        return self.serial, self.writer

    def following(self, **changes: Any) -> Head:  # fields of this class
        """Return the next head."""
        return replace(self, serial=self.serial + 1, **changes)

    def with_history(self) -> list[tuple[int, float]]:
        """Return the history of a head that replaces this one."""
        return [*self.history, (self.revision, time.time())][-_HISTORY:]


def read_head(server: Server, names: Names) -> Head | None:
    """Return the newest head that is whole; None where there is none.

    Raises
    ------
    IndexDamagedError
        Where it is not as it was written.
    """
    rows = server.query(
        names.heads, 'kind == "head"', ["serial", "piece", "pieces", "content", "key"]
    )
    pieces: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        # By their numbers: a request that was repeated may have left a piece twice.
        pieces[row["key"].rpartition("-")[0]][int(row["piece"])] = row
    whole = {
        key: [row for _, row in sorted(own.items())]
        for key, own in pieces.items()
        if len(own) == next(iter(own.values()))["pieces"]
    }
    if not whole:
        return None
    # Of two of one number, which writers that both believe to be alone might write, the same for all.
    newest = max(whole, key=lambda key: (int(whole[key][0]["serial"]), key))
    content = "".join(row["content"] for row in whole[newest])
    try:
        recorded, _, text = content.partition(" ")
        if row_checksum(text) != int(recorded):
            raise ValueError("its checksum")
        found = json.loads(text)
        found["totals"] = Totals(**found["totals"])
        for pairs in ("probes", "history"):
            found[pairs] = [tuple(pair) for pair in found[pairs]]
        return Head(**found)
    except (ValueError, TypeError, KeyError) as error:
        raise IndexDamagedError(
            f"{server.address}: the newest head is not as it was written ({error}); "
            f"copy the index again, or add the articles to a new collection"
        ) from error


def publish(server: Server, names: Names, head: Head) -> None:
    """Make a head the newest: from here on its revision is what readers see."""
    text = json.dumps(asdict(head), ensure_ascii=False)
    pieces = list(_pieces(f"{row_checksum(text)} {text}"))
    rows = [
        {
            "key": f"{head.serial}-{head.writer}-{number}",
            "nothing": NO_VECTOR,
            "serial": head.serial,
            "piece": number,
            "pieces": len(pieces),
            "kind": "head",
            "content": piece,
        }
        for number, piece in enumerate(pieces)
    ]
    # Not as new rows: the client repeats a request whose acknowledgement was lost.
    server.put(names.heads, rows, new=False)


def forget_older(server: Server, names: Names, head: Head) -> None:
    """Delete heads that nobody reads any more."""
    old = server.query(names.heads, f'kind == "head" and serial <= {head.serial - _KEPT}', ["key"])
    if old:
        # Keys are numbers and our own hexadecimal names.
        server.delete(names.heads, f"key in {literals([row['key'] for row in old])}")


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
