"""What copying needs of an index to read from and of one to write to, whatever their kinds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol, Self

from rag.index.catalog.meta import BuiltWith, built_with_of
from rag.index.catalog.rows import ArticleRows, checksum_of
from rag.index.checksums import row_checksum

COPIED = "copied"
"""Under which an unfinished copy keeps its `CopyState`."""


@dataclass(frozen=True, slots=True)
class CopyState:
    """How far a copy is: articles up to a row, what they add up to, and a checksum of all of it."""

    source: str
    """The name of the index that is copied, which tells it from others."""
    seq: int = 0
    """The last article's row."""
    digest: int = 0
    """Of the checksums of all articles up to there, in order."""
    articles: int = 0
    chunks: int = 0
    sources: int = 0
    versions: int = 0

    def after(self, rows: Iterable[ArticleRows]) -> CopyState:
        """Return the state with some more articles, ascending."""
        state = self
        for one in rows:
            state = replace(
                state,
                seq=one.seq,
                digest=row_checksum(state.digest, checksum_of(one)),
                articles=state.articles + 1,
                chunks=state.chunks + len(one.chunks),
                sources=state.sources + len(one.sources),
                versions=state.versions + len(one.versions),
            )
        return state

    def record(self) -> dict[str, str | int]:
        """Return it as `of_record` reads it."""
        return asdict(self)

    @classmethod
    def of_record(cls, found: object) -> Self | None:
        """Return what was recorded; None where that is no state of a copy."""
        try:
            return cls(**found) if isinstance(found, dict) and found else None
        except TypeError:
            return None


@dataclass(frozen=True, slots=True)
class IndexDescription:
    """What one revision of an index says of itself."""

    described: dict[str, str]
    """The catalog's description, as JSON by key, without what belongs to one kind of index."""
    probes: Sequence[tuple[str, bytes]]
    """Probe texts and the bytes of their vectors."""
    numbers: dict[str, int]
    """The last numbers that were given to rows."""
    newest: str
    """The newest publication date in ISO form; "" where there is none."""
    articles: int
    chunks: int
    sources: int

    @property
    def revision(self) -> int:
        """The number of commits so far."""
        return int(json.loads(self.described.get("revision", "0")))

    @property
    def built(self) -> BuiltWith:
        """What the index was built with."""
        return built_with_of(json.loads(self.described["built_with"]))


class CopySource(Protocol):
    """One revision of an index."""

    name: str
    """An absolute name, the same whenever the index is opened."""

    def description(self) -> IndexDescription:
        """Return what the revision says of itself."""

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield the articles after a row, with all that belongs to them, ascending, some at a time."""

    def newest_revision(self) -> int:
        """Return the revision that is the newest by now."""


class CopyTarget(Protocol):
    """Where a copy is made; nobody else sees it before `publish`."""

    name: str

    def unfinished(self) -> CopyState | None:
        """Return how far a copy is that was broken off; None where none was begun."""

    def begin(self, description: IndexDescription, state: CopyState) -> None:
        """Begin with no article, dropping what an earlier copy left."""

    def put(self, rows: Sequence[ArticleRows], state: CopyState) -> None:
        """Write articles as they are, all of them and the new state or nothing."""

    def complete(self, description: IndexDescription) -> None:
        """Write the description, and what searching needs besides."""

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield what was written after a row, ascending, some at a time."""

    def publish(self) -> None:
        """Make the copy an index that others see."""
