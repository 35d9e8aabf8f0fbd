"""Corpus text and addresses made safe for HTML, and for Markdown that is turned into HTML."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote, urlencode

from rag.text.links import safe_url
from rag.text.months import MONTHS
from rag.types import Article, Citation

_HARMLESS = frozenset(" ,")


def escape(text: str) -> str:
    """Write everything but letters, digits, spaces and commas as numeric entities.

    ``html.escape`` is not enough where Markdown still runs on the result: a line break, a star or
    a colon has meaning there. A control character has no entity and becomes U+FFFD.
    """
    return "".join(
        char if char.isalnum() or char in _HARMLESS else f"&#{_code(char)};" for char in text
    )


def publisher_link(article: Article, link: str | None = None) -> str | None:
    """Where the publisher has the article: at the quote where ``link`` says so, or null."""
    return safe_url(link) or safe_url(article.url)


def article_path(article_id: str) -> str:
    """Path of the article's page on this server."""
    return f"/articles/{quote(article_id, safe='', errors='replace')}"


def citation_path(citation: Citation) -> str:
    """Path of the article's page, opened at the quote."""
    query = urlencode(
        {
            "start": citation.start,
            "end": citation.end,
            "answer_start": citation.answer_start,
            "answer_end": citation.answer_end,
        }
    )
    return f"{article_path(citation.article.id)}?{query}#quote"


def passage_path(article_id: str, start: int, end: int) -> str:
    """Path of the article's page, opened at a passage without an answer."""
    return f"{article_path(article_id)}?{urlencode({'start': start, 'end': end})}#quote"


def title_of(article: Article) -> str:
    """Title of an article, or what stands in for one."""
    return (article.title or "").strip() or "Untitled article"


def written_date(day: date) -> str:
    """Write a date as newspapers do: 12 December 2023 (in English whatever the locale)."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _code(char: str) -> int:
    code = ord(char)
    surrogate = 0xD800 <= code <= 0xDFFF
    control = (code < 0x20 and char not in "\n\t") or 0x7F <= code <= 0x9F
    return 0xFFFD if surrogate or control else code
