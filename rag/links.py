"""A link that opens the publisher's page at the quote."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

_WORDS = 5


def quote_link(url: str | None, words: str) -> str | None:
    """Return the URL with a text fragment for the quoted words, or None without a safe URL.

    See https://wicg.github.io/scroll-to-text-fragment/ for the form ``#:~:text=start,end``. A long
    quote is named by its first and last words, so that markup in between does not matter.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        return None
    tokens = words.split()
    if len(tokens) > 2 * _WORDS:
        text = f"{_escaped(tokens[:_WORDS])},{_escaped(tokens[-_WORDS:])}"
    else:
        text = _escaped(tokens)
    # A fragment of the address itself stays in front of the directive.
    return f"{url}{':~:' if parts.fragment else '#:~:'}text={text}"


def _escaped(tokens: list[str]) -> str:
    # quote() leaves "-" alone, but the directive gives it a meaning.
    return quote(" ".join(tokens), safe="").replace("-", "%2D")
