"""An article as JSON, between processes and in the catalog, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from rag.types import Article

_TUPLES = ("authors", "sources", "pages")


def article_record(article: Article) -> dict[str, Any]:
    """Return an article's fields as JSON has them."""
    published = article.published.isoformat() if article.published else None
    return asdict(article) | {"published": published}


def article_of(record: Mapping[str, Any]) -> Article:
    """Return what `article_record` was made of.

    Raises
    ------
    ValueError
        Where the record is not of that form: it may come from a process that a document took over.
    """
    try:
        values = dict(record)
        published = values["published"]
        values["published"] = date.fromisoformat(published) if published else None
        for name in _TUPLES:
            if not all(isinstance(value, str | int) for value in values[name]):
                raise TypeError("a list holds neither texts nor numbers")
            values[name] = tuple(values[name])
        article = Article(**values)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an article: {error}") from None
    for field in fields(Article):
        value = getattr(article, field.name)
        if field.name not in (*_TUPLES, "published") and not isinstance(value, str | None):
            raise ValueError(f"not an article: {field.name}")
    return article
