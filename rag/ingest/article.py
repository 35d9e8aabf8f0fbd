"""Fields to an `Article`: checked, normalised, and named by a hash of their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import regex

from rag.errors import SourceError
from rag.ingest.languages import guess_language
from rag.text.content_hash import content_hash
from rag.text.links import safe_url
from rag.text.normalise import normalise, normalise_line
from rag.types import Article

MAX_CHARACTERS = 20_000_000
_MAX_RETELLS = 200


def make_article(
    *,
    text: str,
    source: str,
    title: str | None = None,
    outlet: str | None = None,
    published: date | None = None,
    url: str | None = None,
    authors: Sequence[str] = (),
    language: str | None = None,
    id: str | None = None,
    retells: str | None = None,
    date_origin: str | None = None,
    published_at: str | None = None,
    pages: Sequence[int] = (),
) -> Article:
    """Return an article with its text normalised; without an ``id`` it is named by its content.

    ``pages`` are offsets in the normalised text: normalise it first where there are any.

    Raises
    ------
    SourceError
        Where the text is empty or absurdly large, or the id or URL cannot be one.
    """
    if len(text) > MAX_CHARACTERS:
        raise SourceError(f"too large: {len(text):,} characters; the limit is {MAX_CHARACTERS:,}")
    text = normalise(text)
    if not regex.search(r"[\p{L}\p{N}]", text):
        raise SourceError("empty: no words in it")
    title = normalise_line(title)[:1000] if title else None
    outlet = normalise_line(outlet)[:200] if outlet else None
    url = _checked_url(url)
    names = tuple(name for name in (normalise_line(author)[:200] for author in authors) if name)
    language = normalise_line(language).lower()[:35] if language else guess_language(text)
    if id is not None:
        id = normalise_line(id)
        if not 0 < len(id) <= 200:
            raise SourceError(f"its id {id[:40]!r} is empty or longer than 200 characters")
    retells = normalise_line(retells)[:_MAX_RETELLS] if retells else None
    article = Article(
        id=id or "",
        text=text,
        title=title or None,
        outlet=outlet or None,
        published=published,
        url=url,
        authors=names,
        language=language,
        sources=(source,),
        retells=retells or None,
        date_origin=date_origin if published else None,
        published_at=published_at,
        pages=tuple(pages),
    )
    return article if id else replace(article, id=content_hash(article, None)[:16])


def _checked_url(url: str | None) -> str | None:
    """Return an http(s) address with a host; anything else is kept out of the article."""
    if not url:
        return None
    url = url.strip()
    if safe_url(url) is None or len(url) > 2000:
        raise SourceError(f"its url {url[:60]!r} is not a plain http(s) address; mend or drop it")
    return url
