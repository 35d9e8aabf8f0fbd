"""Site maps: the pages they list, with what news site maps say of them; and the feeds of an OPML list.

See https://www.sitemaps.org/protocol.html and Google's news extension of it.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.web.addresses import checked_address
from rag.ingest.web.entries import Entry
from rag.ingest.web.errors import FetchError
from rag.ingest.web.feeds import entry_time, read_feed
from rag.ingest.web.safe_xml import MAX_XML_BYTES, local_name, parse_xml
from rag.types import Article, Skipped

MAX_PAGES = 50_000
"""Of one site map, as the protocol has it."""
_NEWS = "news"


@dataclass(frozen=True, slots=True)
class SiteMap:
    """What a site map lists."""

    pages: tuple[Entry, ...] = ()
    maps: tuple[Entry, ...] = ()
    """Further site maps, where it is an index of them."""


def parse_sitemap(data: bytes, address: str, charset: str | None = None) -> SiteMap:
    """Return the pages or site maps that a site map lists, those changed last first.

    Parameters
    ----------
    data
        XML, or that compressed with gzip.
    address
        Where it came from.

    Raises
    ------
    SourceError
        Where it is no site map.
    """
    root = parse_xml(unpacked(data), charset)
    kind = local_name(root)
    if kind not in ("urlset", "sitemapindex"):
        raise SourceError(f"not a site map: its root is <{kind[:40]}>")
    found: dict[str, Entry] = {}
    for element in root.iterchildren():
        if local_name(element) not in ("url", "sitemap"):
            continue
        entry = _entry(element, address)
        if entry is not None:
            found.setdefault(entry.key, entry)
        if len(found) >= MAX_PAGES:
            break
    entries = tuple(sorted(found.values(), key=lambda one: one.updated or "", reverse=True))
    return SiteMap(maps=entries) if kind == "sitemapindex" else SiteMap(pages=entries)


def parse_opml(data: bytes, charset: str | None = None) -> list[str]:
    """Return the addresses of the feeds that an OPML list holds, each once.

    Raises
    ------
    SourceError
        Where it is no OPML.
    """
    root = parse_xml(data, charset)
    if local_name(root) != "opml":
        raise SourceError(f"not OPML: its root is <{local_name(root)[:40]}>")
    found: dict[str, None] = {}
    for outline in root.iter("{*}outline"):
        link = outline.get("xmlUrl") or outline.get("xmlurl")
        try:
            found.setdefault(checked_address(link or ""))
        except FetchError:
            continue
    return list(found)


def read_xml(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the entries of a file that is a feed; site maps and OPML are told how to be used.

    Raises
    ------
    SourceError
        Where it is none of these, or holds no text.
    """
    data = unpacked(stream.read())
    kind = local_name(parse_xml(data))
    if kind in ("urlset", "sitemapindex"):
        raise SourceError("a site map lists pages, not their text; add its address: https://...")
    if kind == "opml":
        feeds = len(parse_opml(data))
        raise SourceError(f"a list of {feeds} feeds; follow them with: presscite watch FILE")
    if kind == "html":
        raise SourceError("a web page; name it .html")
    if kind not in ("rss", "feed", "rdf"):
        raise SourceError(f"XML with the root <{kind[:40]}>; RSS and Atom are read")
    yield from read_feed(io.BytesIO(data), source, options)


def unpacked(data: bytes) -> bytes:
    """Return XML that may be compressed with gzip.

    Raises
    ------
    SourceError
        Where it is damaged or too large.
    """
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            plain = stream.read(MAX_XML_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"its compressed data is damaged ({error})") from None
    if len(plain) > MAX_XML_BYTES:
        raise SourceError(f"too large: more than {MAX_XML_BYTES:,} bytes after decompression")
    return plain


def _entry(element: Any, base: str) -> Entry | None:  # noqa: ANN401  (lxml is untyped)
    fields: dict[str, str] = {}
    for part in element.iter():
        name = local_name(part)
        if name in ("loc", "lastmod", "title", "publication_date", "name") and part.text:
            # The first: an image's title or address comes after the page's.
            own = part.getparent() is element
            if own or (name not in ("loc", "lastmod") and _NEWS in str(part.tag)):
                fields.setdefault(name, " ".join(part.text.split()))
    try:
        link = checked_address(fields.get("loc", ""), base)
    except FetchError:
        return None
    published, published_at = entry_time(fields.get("publication_date"))
    return Entry(
        link=link,
        key=link,
        title=fields.get("title", "")[:1000] or None,
        published=published,
        published_at=published_at,
        updated=fields.get("lastmod", "")[:100] or None,
        origin="sitemap",
        outlet=fields.get("name", "")[:200] or None,
    )
