"""One document with what is known of it from outside, and its parsing: what a worker process does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePath

from rag.errors import SourceError
from rag.ingest.article import make_article
from rag.ingest.options import Hints, ReadOptions
from rag.types import Article, Skipped

HTML_SUFFIXES = (".html", ".htm", ".xhtml")
"""What `Document.name` ends in where hints are read with the page itself."""


@dataclass(frozen=True, slots=True)
class Document:
    """The bytes of one file, page or record, not parsed yet."""

    name: str
    """Its suffix tells the format, as that of a file does; nothing of that name need exist."""
    data: bytes
    source: str
    hints: Hints = field(default_factory=Hints)
    codings: tuple[str, ...] = ()
    """HTTP codings that ``data`` still is in, in the order they were applied: ``gzip``, ``chunked``."""


def parse(document: Document, options: ReadOptions) -> Iterator[Article | Skipped]:
    """Yield the articles of a document.

    Raises
    ------
    SourceError
        Where it holds none; `OSError` and `ValueError` of a parser mean the same.
    """
    from rag.ingest.formats import format_of

    data = document.data
    if document.codings:
        from rag.ingest.http_codings import decoded

        data = decoded(data, document.codings)
    if PurePath(document.name.lower()).suffix in HTML_SUFFIXES:
        from rag.ingest.formats.html import read_page  # type: ignore[import-not-found, unused-ignore]

        yield read_page(data, document.source, options, document.hints)
        return
    form = format_of(document.name)
    if form is None:
        raise SourceError(f"{PurePath(document.name).suffix or document.name}: no such format")
    for item in form.read(io.BytesIO(data), document.source, options):
        yield item if isinstance(item, Skipped) else _hinted(item, document.hints)


def _hinted(article: Article, hints: Hints) -> Article:
    """Return an article with what is known from outside; believed before what its text says."""
    if hints in (Hints(), Hints(charset=hints.charset)):
        return article
    dated = hints.published is not None
    made = make_article(
        text=article.text,
        source=article.sources[0],
        title=hints.title or article.title,
        outlet=hints.outlet or article.outlet,
        published=hints.published or article.published,
        published_at=hints.published_at if dated else article.published_at,
        date_origin=hints.date_origin if dated else article.date_origin,
        url=hints.url or article.url,
        authors=hints.authors or article.authors,
        language=hints.language or article.language,
        retells=article.retells,
        pages=article.pages,
    )
    return replace(made, sources=article.sources)
