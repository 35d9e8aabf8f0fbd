"""The hash by which an unchanged article is recognised."""

from __future__ import annotations

import hashlib
import json

from rag.types import Article


def content_hash(article: Article) -> str:
    """Return the SHA-256 (hex) of all that an article says; its sources are not part of it."""
    fields = [
        article.text,
        article.title,
        article.outlet,
        article.published and article.published.isoformat(),
        article.url,
        article.authors,
        article.language,
    ]
    if article.retells:
        # An article without one keeps its hash, and so is not embedded again.
        fields.append(article.retells)
    return hashlib.sha256(json.dumps(fields, ensure_ascii=False).encode()).hexdigest()
