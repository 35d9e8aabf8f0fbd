"""How sources are read: what the user chose, and where notes on what was read go."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rag.ingest.notes import Note, OnNote, ignore
from rag.text.dates import DateOrder
from rag.types import Position

if TYPE_CHECKING:
    from rag.ingest.isolated import Workers

ARTICLE_FIELDS = (
    "text", "title", "outlet", "published", "url", "authors", "language", "id", "retells"
)  # fmt: skip
"""What the fields of an article are called where files name them."""


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
    workers: Workers | None = None
    """Where documents inside a file are parsed; None: in processes of the reader's own."""
    positions: MutableMapping[str, Position] | None = None
    """By file, where to go on in one whose reading was broken off; readers write here how far they are."""

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
