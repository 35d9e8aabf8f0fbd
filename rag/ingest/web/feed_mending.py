"""Feeds with mistakes to well-formed ones of bounded size, before feedparser reads them."""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any

from rag.errors import SourceError
from rag.ingest.web.safe_xml import as_utf8, local_name, parse_xml

MAX_ENTRIES = 5_000
MAX_FEED_BYTES = 10_000_000
_MAX_ATTRIBUTES = 50
_MAX_CHILDREN = 1000
# Of the names of a person: feedparser looks for a mail address in them, in the square of their length.
_MAX_PERSON = 200
_PEOPLE = frozenset(["author", "creator", "managingeditor", "publisher", "webmaster"])
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w{1,31};)")
_NAMED = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]\w{0,30});")


def well_formed(data: bytes, charset: str | None) -> bytes:
    """Return a feed as XML without mistakes, of bounded depth and length; feedparser is slow on others.

    Raises
    ------
    SourceError
        Where it is no feed.
    """
    from lxml import etree

    if len(data) > MAX_FEED_BYTES:
        raise SourceError(f"too large for a feed: more than {MAX_FEED_BYTES:,} bytes")
    root = parse_xml(_mended(as_utf8(data, charset)), "utf-8")
    if local_name(root) not in ("rss", "feed", "rdf"):
        raise SourceError(f"neither RSS nor Atom: its root is <{local_name(root)[:40]}>")
    for one in list(root.iter("{*}item", "{*}entry"))[MAX_ENTRIES:]:
        one.getparent().remove(one)
    # Many of anything in one element take the square of their number.
    for one in root.iter():
        if len(one.attrib) > _MAX_ATTRIBUTES:
            one.attrib.clear()
        if len(one) > MAX_ENTRIES + _MAX_CHILDREN:
            del one[MAX_ENTRIES + _MAX_CHILDREN :]
        elif len(one) > _MAX_CHILDREN and local_name(one) in ("item", "entry"):
            del one[_MAX_CHILDREN:]
        if local_name(one) in _PEOPLE:
            _shorten(one)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _shorten(person: Any) -> None:  # noqa: ANN401  (lxml is untyped)
    """Cut the words in an element that names a person, whatever elements they stand in."""
    left = _MAX_PERSON
    for one in person.iter():
        one.text = (one.text or "")[:left]
        left -= len(one.text)
        if one is not person:
            one.tail = (one.tail or "")[:left]
            left -= len(one.tail)


def _mended(data: bytes) -> bytes:
    """Return a feed with HTML's names of characters written as numbers, and bare ampersands escaped."""
    parts: list[bytes] = []
    done = 0
    while (start := data.find(b"<![CDATA[", done)) >= 0:
        # CDATA holds HTML, in which names of characters are at home.
        end = data.find(b"]]>", start)
        if end < 0:
            break
        parts += (_escaped(data[done:start]), data[start:end])
        done = end
    return b"".join((*parts, _escaped(data[done:])))


def _escaped(data: bytes) -> bytes:
    return _NAMED.sub(_numbered, _BARE_AMPERSAND.sub(b"&amp;", data))


def _numbered(found: re.Match[bytes]) -> bytes:
    characters = html5.get(found[1].decode("ascii") + ";")
    if characters is None:
        return b"&amp;" + found[0][1:]
    return "".join(f"&#{ord(one)};" for one in characters).encode()
