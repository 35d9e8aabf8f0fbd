"""HTML left in text and metadata: tags removed, entities decoded once."""

from __future__ import annotations

import html

import regex

from rag.ingest.raised import is_mark, names_note, raised
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
_STRUCK = lazily(r"<(?P<close>/)?(?P<name>del|s|strike)(?:\s[^<>]*)?>", regex.I)
_RAISED = lazily(
    r"(?P<before><a\s(?P<link>[^<>]*)>\s*)?<sup(?P<own>\s[^<>]*)?>"
    r"(?P<inside>(?:[^<]|<(?!/?sup\b)[^<>]*>){0,300}?)</sup\s*>(?P<after>\s*</a\s*>)?",
    regex.I,
)
_LINK = lazily(r"<a\s(?P<link>[^<>]*)>(?P<inside>[^<>]{1,40})</a\s*>", regex.I)
_ANY_TAG = lazily(r"<[^<>]*>")
_TO_FRAGMENT = lazily(r"\bhref\s*=\s*[\"']?[^\"'\s<>]*#", regex.I)
# A text with more of it struck out than this, and more characters, is marked up so for another reason.
MOST_STRUCK, FEW_STRUCK = 0.4, 200


def strip_markup(text: str) -> str:
    """Return text without HTML tags, comments and scripts, its entities decoded once.

    Only HTML's own elements are tags: "x < y" and "<name>" stay. Entities need their semicolon, so
    that addresses ("?a=1&copy=2") stay whole. Markup that was escaped as a whole is stripped too.
    What is struck out, and marks of notes, are left out; raised figures are written as such (10⁶).
    """
    if "<" not in text and "&" not in text:
        return text
    tagged = _TAG.search(text) is not None
    plain = _ENTITY.sub(lambda found: html.unescape(found.group()), _without_tags(text))
    return _without_tags(plain) if not tagged and _CLOSING.search(plain) else plain


def _without_tags(text: str) -> str:
    return _TAG.sub(_gap, settle_marks(_without_hidden(text)))


def settle_marks(text: str, *, paired: bool = False) -> str:
    """Return HTML without what is struck out and without marks of notes, its raised figures as characters.

    ``paired`` tells that every element that is struck out is surely meant to be, and ends where it should.
    """
    text = _without_struck(text, paired=paired)
    if "<sup" in text or "<SUP" in text:
        text = _RAISED.sub(_raised, text)
    return _LINK.sub(_without_mark, text) if "#" in text else text


def _without_struck(text: str, *, paired: bool) -> str:
    kept: list[str] = []
    opened: regex.Match[str] | None = None
    position = struck = 0
    for found in _STRUCK.finditer(text):
        if opened is None:
            opened = None if found["close"] else found
        elif found["close"] and found["name"].lower() == opened["name"].lower():
            inside = _TAG.sub(_gap, text[opened.end() : found.start()])
            kept += [text[position : opened.start()], gap_of_struck(inside)]
            struck += len(inside)
            position, opened = found.end(), None
    if not position:
        return text
    rest = "".join(kept) + text[position:]
    most = struck > FEW_STRUCK and struck > MOST_STRUCK * (struck + len(_ANY_TAG.sub("", rest)))
    if not paired and (most or not any(map(str.isalnum, _ANY_TAG.sub("", rest)))):
        return text
    return rest


def gap_of_struck(text: str) -> str:
    """Return what stays in place of a text that is struck out: the space between its neighbours."""
    if "\n\n" in text:
        return "\n\n"
    return " " if text != text.strip() else ""


def _raised(found: regex.Match[str]) -> str:
    inside = html.unescape(_ANY_TAG.sub("", found["inside"]))
    around = found["link"] if found["before"] and found["after"] else None
    attributes = (
        f"{found['own'] or ''} {' '.join(_ANY_TAG.findall(found['inside']))} {around or ''}"
    )
    if is_mark(inside) and (_TO_FRAGMENT.search(attributes) or names_note(attributes)):
        return "" if around is not None else f"{found['before'] or ''}{found['after'] or ''}"
    written = raised(inside)
    if written == inside:
        return found.group()
    return f"{found['before'] or ''}{written}{found['after'] or ''}"


def _without_mark(found: regex.Match[str]) -> str:
    noted = _TO_FRAGMENT.search(found["link"]) and names_note(found["link"])
    return "" if noted and is_mark(html.unescape(found["inside"])) else found.group()


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
