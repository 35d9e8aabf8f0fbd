"""Quotes as W3C Web Annotations (https://www.w3.org/TR/annotation-model/); pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from rag.text.links import safe_url
from rag.types import Article, Citation

_VOCABULARY = "http://www.w3.org/ns/anno.jsonld"
_CONTEXT = 32
"""Characters of prefix and suffix, as annotation tools write them."""


def selectors(article: Article, start: int, end: int) -> list[dict[str, Any]]:
    """Return a TextQuoteSelector and a TextPositionSelector of ``article.text[start:end]``.

    Positions are code points of the article's cleaned text, as both standards count them; the words with
    those before and after find the place on the publisher's page as well.
    """
    text = article.text
    return [
        {
            "type": "TextQuoteSelector",
            "exact": text[start:end],
            "prefix": text[max(0, start - _CONTEXT) : start],
            "suffix": text[end : end + _CONTEXT],
        },
        {"type": "TextPositionSelector", "start": start, "end": end},
    ]


def annotation(citation: Citation) -> dict[str, Any]:
    """Return a quote as a Web Annotation; an article without an address is named by its id."""
    return {"@context": _VOCABULARY, **_annotation(citation)}


def annotation_page(citations: Sequence[Citation]) -> dict[str, Any]:
    """Return quotes as an AnnotationPage, in their order."""
    return {
        "@context": _VOCABULARY,
        "type": "AnnotationPage",
        "items": [_annotation(citation) for citation in citations],
    }


def _annotation(citation: Citation) -> dict[str, Any]:
    article = citation.article
    named = f"urn:presscite:article:{quote(article.id, safe='', errors='replace')}"
    return {
        "type": "Annotation",
        "motivation": "highlighting",
        "target": {
            "source": safe_url(article.url) or named,
            "selector": selectors(article, citation.start, citation.end),
        },
    }
