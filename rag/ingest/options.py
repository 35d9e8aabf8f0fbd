"""How sources are read: what the user chose, and where notes on what was read go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from rag.ingest.notes import Note, OnNote, ignore
from rag.text.dates import DateOrder
from rag.types import Article, Position, Skipped

ARTICLE_FIELDS = (
    "text", "title", "outlet", "published", "url", "authors", "language", "id", "retells"
)  # fmt: skip
"""What the fields of an article are called where files name them."""


class Parser(Protocol):
    """Whoever parses the documents inside a file: `rag.ingest.isolated.Workers`, or another machine."""

    @property
    def elsewhere(self) -> bool:
        """Whether documents pass through as they are, and records too, for somebody else to parse."""

    def in_order(self, items: Iterable[Any], options: ReadOptions) -> Iterator[Article | Skipped]:
        """Yield what the documents among items hold; see `Workers.in_order`."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Given to every format."""

    on_note: OnNote = ignore
    """Called with what was dropped or assumed in an article that was kept."""
    date_order: DateOrder | None = None
    """How "01/02/2026" is read; None: day first, with a note."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Some of `ARTICLE_FIELDS`, and the names of the columns or keys of a file that hold them."""
    allow_private: bool = False
    """Whether addresses in private networks may be fetched."""
    workers: Parser | None = None
    """Where documents inside a file are parsed; None: in processes of the reader's own."""
    positions: MutableMapping[str, Position] | None = None
    """By file, where to go on in one whose reading was broken off; readers write here how far they are."""
    collection: str | None = None
    """The label that all articles get; None: none, and those that are known keep theirs; empty: none, and
    those that are known lose theirs."""

    def note(self, source: str, message: str) -> None:
        """Tell the user of something in a source that was kept."""
        self.on_note(Note(source, message))


DEFAULTS = ReadOptions()


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a page from outside it: from a feed, an HTTP header, an archive's record."""

    url: str | None = None
    """The address it was fetched from, after redirects."""
    charset: str | None = None
    """As the server declared it."""
    title: str | None = None
    """A feed's; believed before the page's, as are the fields below."""
    published: date | None = None
    published_at: str | None = None
    date_origin: str | None = None
    """``feed`` or ``sitemap``, where one of them gave ``published``."""
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None
