"""Addresses that may become links, and the link that opens the publisher's page at the quote."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

_WORDS = 5


def safe_url(url: str | None) -> str | None:
    """Give an address back only if it may become a link: http(s), a host, no userinfo, no control.

    Browsers drop tabs and line breaks inside an address and read a backslash as a slash, so an
    address holding one of these is not what it seems to be.
    """
    if not url or any(not char.isprintable() or char in " \\<>\"'`" for char in url):
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return url


def quote_link(url: str | None, words: str) -> str | None:
    """Return the URL with a text fragment for the quoted words, or None without a safe URL.

    See https://wicg.github.io/scroll-to-text-fragment/ for the form ``#:~:text=start,end``. A long
    quote is named by its first and last words, so that markup in between does not matter.
    """
    url = safe_url(url)
    if url is None or not words.strip():
        return None
    tokens = words.split()
    if len(tokens) > 2 * _WORDS:
        text = f"{_escaped(tokens[:_WORDS])},{_escaped(tokens[-_WORDS:])}"
    else:
        text = _escaped(tokens)
    # A fragment of the address itself stays in front of the directive.
    return f"{url}{':~:' if urlsplit(url).fragment else '#:~:'}text={text}"


def _escaped(tokens: list[str]) -> str:
    # quote() leaves "-" alone, but the directive gives it a meaning.
    return quote(" ".join(tokens), safe="").replace("-", "%2D")
