"""HTML left in text and metadata: tags removed, entities decoded once."""

from __future__ import annotations

import html

import regex

from rag.text.patterns import lazily

_BLOCKS = (
    "address article aside blockquote body dd div dl dt fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 head header hr html li main nav ol p pre section table tbody tfoot thead title tr ul"
)
_INLINE = (
    "a abbr acronym b bdi bdo big button cite code del dfn em font i iframe img input ins kbd label"
    " link mark meta picture q s samp small source span strike strong sub sup td th time tt u var video wbr"
)
_TAG = lazily(
    rf"</?(?P<name>br|{'|'.join((_BLOCKS + ' ' + _INLINE).split())})(?:\s[^<>]*)?/?>", regex.I
)
_CLOSING = lazily(r"</(?:p|div|b|i|em|strong|a|span|h[1-6]|li|ul)>", regex.I)
_HIDDEN = lazily(
    r"<(?:(?P<comment>!--)|(?P<name>script|style|noscript|template)\b[^<>]*>)", regex.I
)
_ENTITY = lazily(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BLOCK_NAMES = frozenset(_BLOCKS.split())


def strip_markup(text: str) -> str:
    """Return text without HTML tags, comments and scripts, its entities decoded once.

    Only HTML's own elements are tags: "x < y" and "<name>" stay. Entities need their semicolon, so
    that addresses ("?a=1&copy=2") stay whole. Markup that was escaped as a whole is stripped too.
    """
    if "<" not in text and "&" not in text:
        return text
    tagged = _TAG.search(text) is not None
    plain = _ENTITY.sub(lambda found: html.unescape(found.group()), _without_tags(text))
    return _without_tags(plain) if not tagged and _CLOSING.search(plain) else plain


def _without_tags(text: str) -> str:
    return _TAG.sub(_gap, _without_hidden(text))


def _gap(found: regex.Match[str]) -> str:
    name = found["name"].lower()
    if name == "br":
        return "\n"
    if name in ("td", "th"):
        return " "
    return "\n\n" if name in _BLOCK_NAMES else ""


def _without_hidden(text: str) -> str:
    """Return text without comments and scripts; one that is never closed is left, and costs one search."""
    kept: list[str] = []
    unclosed: set[str] = set()
    position = 0
    for found in _HIDDEN.finditer(text):
        name = "--" if found["comment"] else found["name"].lower()
        if found.start() < position or name in unclosed:
            continue
        closing = r"-->" if found["comment"] else rf"</{name}\s*>"
        end = regex.compile(closing, regex.I).search(text, found.end())
        if end is None:
            unclosed.add(name)
            continue
        kept.append(text[position : found.start()])
        position = end.end()
    return "".join(kept) + text[position:]
