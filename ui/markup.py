"""Corpus text and addresses made safe for HTML, and for Markdown that is turned into HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from urllib.parse import quote, urlencode

from rag.text.links import safe_url
from rag.types import Article, Citation

_HARMLESS = frozenset(" ,")
_PREFIX: ContextVar[str] = ContextVar("prefix", default="")
_Places = Mapping[str, Sequence[tuple[int, int]]]
_QUOTES: ContextVar[_Places] = ContextVar("quotes", default=MappingProxyType({}))
_MAX_OTHERS = 20
"""Other quotes of its article that a link names: an address has its bounds."""


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


@contextmanager
def under_prefix(prefix: str) -> Iterator[None]:
    """Let `local_path` put a path prefix before its paths: that under which the server is reached."""
    token = _PREFIX.set(quote(prefix.rstrip("/"), safe="/"))
    try:
        yield
    finally:
        _PREFIX.reset(token)


@contextmanager
def naming_quotes(citations: Iterable[Citation]) -> Iterator[None]:
    """Let `citation_path` name these quotes too, where they are of its article: of one conversation, all."""
    places: dict[str, dict[tuple[int, int], None]] = {}
    for one in citations:
        places.setdefault(one.article.id, {})[one.start, one.end] = None
    token = _QUOTES.set({name: sorted(found) for name, found in places.items()})
    try:
        yield
    finally:
        _QUOTES.reset(token)


def local_path(path: str) -> str:
    """Return a path of this server as links name it, under the prefix of the request."""
    return f"{_PREFIX.get()}{path}"


def article_path(article_id: str) -> str:
    """Path of the article's page on this server."""
    return local_path(f"/articles/{quote(article_id, safe='', errors='replace')}")


def version_path(article_id: str, content_hash: str) -> str:
    """Path of the page that shows a replaced version of an article beside the current one."""
    return f"{article_path(article_id)}/versions/{quote(content_hash, safe='')}"


def citation_path(citation: Citation) -> str:
    """Path of the article's page, opened at the quote, with the others of `naming_quotes` marked."""
    others = [
        ("also", f"{start}-{end}")
        for start, end in _QUOTES.get().get(citation.article.id, ())
        if end <= citation.start or start >= citation.end
    ]
    query = urlencode(
        [
            ("start", citation.start),
            ("end", citation.end),
            ("answer_start", citation.answer_start),
            ("answer_end", citation.answer_end),
            *others[:_MAX_OTHERS],
        ]
    )
    return f"{article_path(citation.article.id)}?{query}#quote"


def passage_path(article_id: str, start: int, end: int) -> str:
    """Path of the article's page, opened at a passage without an answer."""
    return f"{article_path(article_id)}?{urlencode({'start': start, 'end': end})}#quote"


def title_of(article: Article) -> str:
    """Title of an article, or what stands in for one."""
    return (article.title or "").strip() or "Untitled article"


def _code(char: str) -> int:
    code = ord(char)
    surrogate = 0xD800 <= code <= 0xDFFF
    control = (code < 0x20 and char not in "\n\t") or 0x7F <= code <= 0x9F
    return 0xFFFD if surrogate or control else code
