"""Addresses to articles: a page, or the pages that a feed, a site map or an OPML list names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import unescape

from rag.errors import SourceError
from rag.ingest.documents import Document
from rag.ingest.failures import one_item
from rag.ingest.isolated import Workers
from rag.ingest.options import Hints, ReadOptions
from rag.ingest.web.addresses import checked_address, without_credentials
from rag.ingest.web.client import Client, Fetched, Validators
from rag.ingest.web.entries import Entry
from rag.ingest.web.errors import FetchError
from rag.ingest.web.feeds import Feed, entry_article, parse_feed, told_left_out
from rag.ingest.web.json_feed import is_json_feed, parse_json_feed
from rag.ingest.web.safe_xml import local_name, parse_xml
from rag.ingest.web.sitemaps import SiteMap, parse_opml, parse_sitemap, unpacked
from rag.text.addresses import same_site
from rag.types import Article, Skipped

# As what a body of each kind is parsed.
_NAMES = {"html": "page.html", "pdf": "page.pdf", "text": "page.txt", "json": "page.json"}
_MAX_PAGE_BYTES = 20_000_000
_MAX_MAPS = 1000
_HEAD = 300_000
_LINK = re.compile(rb"<link\b[^<>]{1,1000}>", re.I)
_FEED_TYPE = re.compile(rb"\btype\s*=\s*[\"']?application/(?:rss|atom)\+xml", re.I)
_HREF = re.compile(rb"\bhref\s*=\s*(?:\"([^\"]+)\"|'([^']+)'|([^\s>]+))", re.I)

Listing = Feed | SiteMap | list[str]
"""What names pages: a feed, a site map, or the addresses of an OPML list."""


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of one page: its articles or why there are none, and what went wrong on the way."""

    items: tuple[Article | Skipped, ...] = ()
    error: FetchError | None = None
    """Where the page could not be fetched."""
    marks: Validators = field(default_factory=Validators)
    """Of the page, to ask only for a newer one."""
    unchanged: bool = False
    """Where the page is what it was."""


class PageReader:
    """Fetches pages and parses them in a worker process.

    Parameters
    ----------
    options
        Its ``workers`` parse; without them, a process of the reader's own, ended by `close`.
    """

    def __init__(self, client: Client, options: ReadOptions) -> None:
        self._client = client
        self._options = options
        self._own = Workers(count=1) if options.workers is None else None
        self._workers = options.workers or self._own

    def close(self) -> None:
        """End the process that parses, where it is the reader's own."""
        if self._own is not None:
            self._own.close()

    def read(
        self,
        entry: Entry,
        feed: Feed,
        *,
        last_try: bool = True,
        next_run: bool = False,
        known: Validators | None = None,
    ) -> PageResult:
        """Return what one entry of a feed or site map leads to.

        Where the page cannot be fetched or holds no article, and the feed gives the whole story, the
        article is made of that.

        Parameters
        ----------
        last_try
            Where the page may still come (a busy host): whether to make do with what there is.
        next_run
            Whether there will be another run, which may fetch what this one's limits keep out.
        known
            The marks of the page as it was read before.
        """
        source = entry.key if entry.shares_page else entry.link or entry.key
        if entry.link is None:
            return PageResult(self._from_feed(entry, feed, source, "it has no page"))
        if entry.shares_page:
            return PageResult(
                self._from_feed(entry, feed, source, "its page is that of others too")
            )
        try:
            fetched = self._client.fetch(entry.link, known)
        except FetchError as error:
            comes = error.passing and not last_try
            if error.gone or comes or (error.of_run and next_run):
                return PageResult((Skipped(source, str(error)),), error)
            return PageResult(self._from_feed(entry, feed, source, str(error)), error)
        if fetched is None:
            return PageResult(marks=known or Validators(), unchanged=True)
        hints = Hints(url=fetched.address, charset=fetched.charset)
        if feed.address is None or same_site(fetched.address, feed.address):
            # Of a page of another site a feed may say anything.
            hints = entry.hints(fetched.address, fetched.charset)
        items = self.parse(fetched, source, hints)
        if any(isinstance(item, Article) for item in items):
            return PageResult(items, marks=Validators(fetched.etag, fetched.last_modified))
        skipped = next((one for one in items if isinstance(one, Skipped)), None)
        made = self._from_feed(entry, feed, source, skipped.reason if skipped else "it is empty")
        if skipped and not skipped.unusable:
            made = tuple(replace(o, unusable=False) if isinstance(o, Skipped) else o for o in made)
        return PageResult(made)

    def parse(
        self, fetched: Fetched, source: str, hints: Hints | None = None
    ) -> tuple[Article | Skipped, ...]:
        """Return the articles of one page or document that was fetched, or why it holds none."""
        from rag.ingest.formats import format_of

        if fetched.kind == "xml":
            return (Skipped(source, "XML where a page was expected"),)
        if len(fetched.body) > _MAX_PAGE_BYTES:
            return (Skipped(source, f"too large for a page: {len(fetched.body):,} bytes"),)
        name = _NAMES[fetched.kind]
        if fetched.kind != "html" and format_of(name) is None:
            return (Skipped(source, f"a {fetched.kind} document, which is not read"),)
        hints = hints or Hints(url=fetched.address, charset=fetched.charset)
        document = Document(name, fetched.body, source, hints)
        assert self._workers is not None
        return tuple(self._workers.in_order([document], self._options))

    def _from_feed(
        self, entry: Entry, feed: Feed, source: str, reason: str
    ) -> tuple[Article | Skipped, ...]:
        text = entry.full_text
        if text is None and entry.link is None:
            text = entry.text or None
        if text is None:
            return (Skipped(source, reason),)
        try:
            article = entry_article(entry, feed, source, text)
        except SourceError as error:
            return (Skipped(source, str(error)),)
        self._options.note(source, f"its text is the feed's: {reason}")
        return (article,)


def read_address(
    address: str, options: ReadOptions, client: Client | None = None
) -> Iterator[Article | Skipped]:
    """Yield the article at an address, or those of the pages that a feed or site map there names.

    Parameters
    ----------
    client
        What fetches; without it, one of the function's own that the options describe.
    """
    own = client is None
    client = client or Client(allow_private=options.allow_private)
    reader = PageReader(client, options)
    try:
        yield from _read(address, reader, client, options, set(), depth=0)
    finally:
        reader.close()
        if own:
            client.close()


def _read(
    address: str,
    reader: PageReader,
    client: Client,
    options: ReadOptions,
    seen: set[str],
    *,
    depth: int,
) -> Iterator[Article | Skipped]:
    try:
        fetched = client.fetch(address)
        assert fetched is not None, "nothing was known of it"
        listing = listing_of(fetched)
    except SourceError as error:
        yield Skipped(without_credentials(address), str(error))
        return
    if listing is None:
        yield from _page(fetched, address, reader)
        return
    if isinstance(listing, list):
        nested = listing if depth == 0 else []
    else:
        nested = (
            [one.key for one in listing.maps[:_MAX_MAPS]] if isinstance(listing, SiteMap) else []
        )
        feed = listing if isinstance(listing, Feed) else Feed(None, listing.pages)
        if not feed.entries and not nested:
            yield Skipped(address, "it lists no pages")
        if len(feed.entries) > 200:
            minutes = len(feed.entries) * client.limits.delay_seconds / 60
            options.note(address, f"{len(feed.entries):,} pages, at least {minutes:.0f} minutes")
        if told := told_left_out(feed):
            options.note(address, told)
        for entry in feed.entries:
            if page_key(entry) not in seen:
                seen.add(page_key(entry))
                yield from reader.read(entry, feed).items
    if nested and depth >= 2:
        yield Skipped(address, "lists inside of lists inside of lists are not followed")
        return
    for inner in nested:
        yield from _read(inner, reader, client, options, seen, depth=depth + 1)


def _page(fetched: Fetched, address: str, reader: PageReader) -> Iterator[Article | Skipped]:
    items = reader.parse(fetched, address)
    feed = feed_of(fetched)
    for item in items:
        if isinstance(item, Skipped) and feed:
            item = replace(item, reason=f"{item.reason}; its feed is {feed}")
        yield item


@one_item()
def listing_of(fetched: Fetched) -> Listing | None:
    """Return the feed, site map or list of feeds that was fetched; None where it is a page.

    Raises
    ------
    SourceError
        Where it is XML of another kind, or cannot be read.
    """
    if fetched.kind == "json" and is_json_feed(fetched.body):
        return parse_json_feed(fetched.body, fetched.address)
    if fetched.kind != "xml":
        return None
    data = unpacked(fetched.body)
    kind = local_name(parse_xml(data, fetched.charset))
    if kind in ("urlset", "sitemapindex"):
        return parse_sitemap(data, fetched.address, fetched.charset)
    if kind == "opml":
        return parse_opml(data, fetched.charset)
    return parse_feed(data, fetched.address, fetched.charset)


def feed_of(fetched: Fetched) -> str | None:
    """Return the address of the feed that a page says it has."""
    if fetched.kind != "html":
        return None
    for tag in _LINK.findall(fetched.body[:_HEAD]):
        href = _HREF.search(tag)
        if href and _FEED_TYPE.search(tag):
            link = unescape((href[1] or href[2] or href[3]).decode("utf-8", "replace"))
            try:
                return checked_address(link, fetched.address)
            except FetchError:
                continue
    return None


def page_key(entry: Entry) -> str:
    """Return what one page is called, whichever of its addresses a feed names."""
    from rag.text.addresses import canonical_url

    return canonical_url(entry.link) if entry.link and not entry.shares_page else entry.key
