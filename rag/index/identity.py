"""Which stored article a new one is a version of: by its id, its address, its file, else its content.

An article whose id the user gave is that id. One without an id is its address, where it has one; else
the file it alone fills; else, as a row of a file, its content. Only an earlier version of the same
identity is replaced: a file whose name comes round again with other rows removes nothing.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from rag.types import Article

ROW_SEPARATOR = "#"
"""Between a file and the name of a row in it, in an article's sources."""


def address_of(article: Article) -> str | None:
    """Return the URL that identifies an article; None where it has none, or an id of the user's."""
    return article.url if article.url and not has_given_id(article) else None


def has_given_id(article: Article) -> bool:
    """Whether the id is the user's, not one that ingest derived from content or address."""
    return article.id not in {_content_id(article), article.url and _short_hash(article.url)}


def is_newer_version(stored: Article, new: Article, source: str) -> bool:
    """Whether an article that now stands at a source replaces the one that stood there.

    Parameters
    ----------
    stored
        An article that was added from ``source`` and has another id than ``new``.
    """
    if is_row(source) or has_given_id(stored):
        return False
    return stored.url is None or stored.url == new.url


def is_row(source: str) -> bool:
    """Whether a source is a row of a file, and not a file with such a name."""
    return ROW_SEPARATOR in source and not _is_file(source)


def former_source(source: str, article_id: str) -> str:
    """Return the source of an article that was added from where another stands now."""
    file = source.rpartition(ROW_SEPARATOR)[0] if is_row(source) else source
    return f"{file}{ROW_SEPARATOR}{article_id}"


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):
        return False


def _content_id(article: Article) -> str:
    """Return the id that `rag.ingest.article.make_article` derives from content."""
    fields: list[object] = [
        article.text,
        article.title,
        article.outlet,
        article.published and article.published.isoformat(),
        article.url,
        article.authors,
        article.language,
        None,
    ]
    if article.retells:
        fields.append(article.retells)
    return _short_hash(json.dumps(fields, ensure_ascii=False))


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
