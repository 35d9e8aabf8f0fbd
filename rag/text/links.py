"""Addresses that may become links, and the link that opens the publisher's page at the quote."""

from __future__ import annotations

import re
from itertools import islice
from urllib.parse import quote, urlsplit

_UNSAFE = frozenset(" \\<>\"'`")
_WORDS = 5
# Words of context tried on each side, until the occurrence is the only one.
_CONTEXT = (3, 6, 12)
_NO_WORD_BEFORE, _NO_WORD_AFTER = r"(?<![^\W_])", r"(?![^\W_])"


def safe_url(url: str | None) -> str | None:
    """Give an address back only if it may become a link: http(s), a host, no userinfo, no control.

    Browsers drop tabs and line breaks inside an address and read a backslash as a slash, so an
    address holding one of these is not what it seems to be.
    """
    if not url or not url.isprintable() or not _UNSAFE.isdisjoint(url):
        return None
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return url


def quote_link(url: str | None, words: str, text: str = "", start: int = 0) -> str | None:
    """Return the URL with a text fragment for the quoted words, or None without a safe URL.

    See https://wicg.github.io/scroll-to-text-fragment/ for the form
    ``#:~:text=[prefix-,]start[,end][,-suffix]``. A long quote is named by its first and last words,
    so that markup in between does not matter. A browser opens the first match: where the article
    has the same words elsewhere, the words before and after tell this occurrence from the others.

    Parameters
    ----------
    text, start
        The article's text, and the offset of the quoted words in it.
    """
    url = safe_url(url)
    if url is None or not words.strip():
        return None
    tokens = words.split()
    if len(tokens) > 2 * _WORDS:
        parts = [_escaped(tokens[:_WORDS]), _escaped(tokens[-_WORDS:])]
    else:
        parts = [_escaped(tokens)]
    before, after = _context(tokens, text, start, start + len(words))
    if before:
        parts.insert(0, f"{_escaped(before)}-")
    if after:
        parts.append(f"-{_escaped(after)}")
    # A fragment of the address itself stays in front of the directive.
    return f"{url}{':~:' if urlsplit(url).fragment else '#:~:'}text={','.join(parts)}"


def _context(tokens: list[str], text: str, start: int, end: int) -> tuple[list[str], list[str]]:
    """Return the words before and after a quote that single it out; none where it is unique."""
    every = f" {' '.join(text.split())} ".casefold()
    long = len(tokens) > 2 * _WORDS
    first = tokens[:_WORDS] if long else tokens
    if not _repeated(" ".join(first), every):
        return [], []
    # Within one line each: a prefix or suffix is not matched across paragraphs.
    before = text[:start].rstrip().rpartition("\n")[2].split()
    after = text[end:].lstrip().partition("\n")[0].split()
    for width in _CONTEXT:
        around = before[-width:], after[:width]
        sought = _joined(" ".join(around[0]), " ".join(first), apart=text[start - 1].isspace())
        # Of a long quote, its beginning is looked for without what follows it.
        if not long:
            sought = _joined(sought, " ".join(around[1]), apart=text[end : end + 1].isspace())
        if not _repeated(sought, every):
            break
    return around


def _joined(one: str, other: str, *, apart: bool) -> str:
    return f"{one}{' ' if apart and one and other else ''}{other}"


def _repeated(words: str, every: str) -> bool:
    """Whether words stand in a text more than once; as browsers match, marks may be next to them."""
    sought = words.casefold()
    # Found by a look-ahead, so that two may overlap.
    pattern = f"(?={re.escape(sought)}{_NO_WORD_AFTER if sought[-1].isalnum() else ''})"
    if sought[0].isalnum():
        pattern = _NO_WORD_BEFORE + pattern
    return len(list(islice(re.finditer(pattern, every), 2))) > 1


def _escaped(tokens: list[str]) -> str:
    # quote() leaves "-" alone, but the directive gives it a meaning.
    return quote(" ".join(tokens), safe="").replace("-", "%2D")
