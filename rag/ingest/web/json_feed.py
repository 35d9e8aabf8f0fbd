"""JSON Feed (https://www.jsonfeed.org/version/1.1/): entries as those of RSS and Atom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO

from rag.errors import SourceError
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.web.addresses import fragment_of
from rag.ingest.web.entries import Entry, ListedEntry, told_apart
from rag.ingest.web.feed_mending import MAX_FEED_BYTES
from rag.ingest.web.feeds import (
    MAX_CONTENT,
    Feed,
    checked_link,
    entry_time,
    feed_articles,
    plain_line,
)
from rag.types import Article, Skipped

HEAD = 4096
"""Bytes of a file in which `is_json_feed` looks for the mark."""
_MARK = b"jsonfeed.org/version/"
_MAX_ENTRIES = 50_000


def is_json_feed(head: bytes) -> bool:
    """Whether a JSON object says at its beginning that it is a feed."""
    return _MARK in head[:HEAD].replace(b"\\/", b"/")


def parse_json_feed(data: bytes, address: str | None = None) -> Feed:
    """Return a JSON Feed's entries; see `rag.ingest.web.feeds.parse_feed`.

    Raises
    ------
    SourceError
        Where it is no JSON Feed, or larger than feeds are.
    """
    if len(data) > MAX_FEED_BYTES:
        raise SourceError(f"too large for a feed: more than {MAX_FEED_BYTES:,} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"a feed that cannot be read ({str(error)[:100]})") from None
    items = found.get("items") if isinstance(found, Mapping) else None
    if not isinstance(items, list):
        raise SourceError("a JSON Feed without a list of items")
    base = address or checked_link(found.get("home_page_url"), None)
    listed = [
        _listed(item, base, f"{address}#" if address else "")
        for item in items[:_MAX_ENTRIES]
        if isinstance(item, Mapping)
    ]
    entries, left_out = told_apart(listed, fetched=address is not None)
    return Feed(plain_line(found.get("title")), entries, address, left_out)


def read_json_feed(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the entries of a feed's file as articles, from the text in the feed: nothing is fetched.

    Raises
    ------
    SourceError
        Where the file is no feed.
    """
    yield from feed_articles(parse_json_feed(stream.read(MAX_FEED_BYTES + 1)), source, options)


def _listed(item: Mapping[str, object], base: str | None, base_key: str) -> ListedEntry:
    link = checked_link(item.get("url"), base)
    title = plain_line(item.get("title"))
    changed = item.get("date_modified")
    published, published_at = entry_time(_string(item.get("date_published")))
    if published is None:
        published, published_at = entry_time(_string(changed))
    name = item.get("id")
    name = str(name) if isinstance(name, str | int) else title
    text = _string(item.get("content_text"))
    entry = Entry(
        link=link,
        key=link or (f"{base_key}{name[:500]}" if name else ""),
        title=title,
        published=published,
        published_at=published_at,
        updated=changed[:100] if isinstance(changed, str) else None,
        authors=_authors(item),
        content=text[:MAX_CONTENT].strip() or _markup(item.get("content_html")),
        summary=_string(item.get("summary"))[:MAX_CONTENT].strip(),
    )
    return ListedEntry(entry, fragment_of(item.get("url")) if link else "", name or "")


def _authors(item: Mapping[str, object]) -> tuple[str, ...]:
    """Return the names of ``authors``, or of the ``author`` that version 1 had."""
    given = item.get("authors")
    people = given if isinstance(given, list) else [item.get("author")]
    names = (plain_line(one.get("name")) for one in people if isinstance(one, Mapping))
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))[:20]


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _markup(value: object) -> str:
    return strip_markup(_string(value)[:MAX_CONTENT]).strip()
