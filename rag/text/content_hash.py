"""The hash by which an unchanged article is recognised."""

from __future__ import annotations

import hashlib
import json

from rag.types import Article


def content_hash(article: Article, *more: str | None) -> str:
    """Return the SHA-256 (hex) of an article's content and of ``more``.

    Its sources, the origin and time of day of its date, and its pages are not part of it.
    """
    fields: list[object] = [
        article.text,
        article.title,
        article.outlet,
        article.published and article.published.isoformat(),
        article.url,
        article.authors,
        article.language,
        *more,
    ]
    if article.retells:
        # An article without one keeps its hash, and so is not embedded again.
        fields.append(article.retells)
    content = json.dumps(fields, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()
