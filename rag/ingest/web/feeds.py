"""RSS and Atom: entries with the date, title and text that the feed gives them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.article import make_article
from rag.ingest.failures import one_item
from rag.ingest.markup import strip_markup
from rag.ingest.options import DEFAULTS, Hints, ReadOptions
from rag.ingest.web.addresses import checked_address
from rag.ingest.web.errors import FetchError
from rag.ingest.web.feed_mending import well_formed
from rag.text.addresses import same_site
from rag.types import Article, Skipped

MAX_CONTENT = 2_000_000
"""Characters of an entry's text that are read."""
# Words from which a text in a feed is taken for a whole story: one given as content, or as summary.
_FULL_CONTENT = 60
_FULL_SUMMARY = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed, or one page of a site map."""

    link: str | None
    """Absolute; None where it has none that may be fetched."""
    key: str
    """What it is called among the entries: its link, else its id, else its title."""
    title: str | None = None
    published: date | None = None
    published_at: str | None = None
    """ISO 8601, with the zone where one was written."""
    updated: str | None = None
    """When it was last changed, as written."""
    origin: str = "feed"
    """Of the date, one of `rag.types.DATE_ORIGINS`."""
    outlet: str | None = None
    authors: tuple[str, ...] = ()
    content: str = ""
    """The story's text, where the feed carries it; plain."""
    summary: str = ""

    @property
    def fingerprint(self) -> str:
        """A hash of what changes when the story is corrected: its title and when it was changed."""
        seen = "\n".join((self.title or "", self.updated or self.published_at or ""))
        return hashlib.sha256(seen.encode("utf-8", "replace")).hexdigest()[:16]

    @property
    def full_text(self) -> str | None:
        """The whole story's text, where the feed gives it."""
        if len(self.content.split()) >= _FULL_CONTENT:
            return self.content
        return self.summary if len(self.summary.split()) >= _FULL_SUMMARY else None

    def hints(self, address: str | None = None, charset: str | None = None) -> Hints:
        """Return what the feed says of its page, to be believed before the page."""
        return Hints(
            url=address or self.link,
            charset=charset,
            title=self.title,
            published=self.published,
            published_at=self.published_at,
            date_origin=self.origin if self.published else None,
            outlet=self.outlet,
        )


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was read."""

    title: str | None
    entries: tuple[Entry, ...]
    """In the feed's order, each link once."""
    address: str | None = None
    """Where it was fetched from; None: it is a file of the user's."""


def parse_feed(data: bytes, address: str | None = None, charset: str | None = None) -> Feed:
    """Return a feed's entries.

    Parameters
    ----------
    address
        Where it came from: what relative links are relative to, where the feed does not say.
    charset
        As the server declared it.

    Raises
    ------
    SourceError
        Where it is no feed, or declares entities.
    """
    import feedparser

    data = well_formed(data, charset)
    try:
        # A stream: a string could be taken for an address or a file name. Markup is stripped here.
        found = feedparser.parse(
            io.BytesIO(data),
            response_headers={"content-location": address} if address else {},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except (ValueError, LookupError, RecursionError, AssertionError, TypeError) as error:
        raise SourceError(f"a feed that cannot be read ({str(error)[:100]})") from None
    base = address or checked_link(found.feed.get("link"), None)
    entries: dict[str, Entry] = {}
    for raw in found.entries:
        entry = _entry(raw, base, f"{address}#" if address else "")
        if entry.key:
            entries.setdefault(entry.key, entry)
    return Feed(plain_line(found.feed.get("title")), tuple(entries.values()), address)


@one_item()
def entry_article(entry: Entry, feed: Feed, source: str, text: str) -> Article:
    """Return an article whose text is what the feed gives of it.

    A feed that was fetched gives no text the address of another site: it would replace that site's article.

    Raises
    ------
    SourceError
        Where there are no words in it.
    """
    own = feed.address is None or entry.link is None or same_site(entry.link, feed.address)
    return make_article(
        text=text,
        source=source,
        title=entry.title,
        outlet=entry.outlet or feed.title,
        published=entry.published,
        published_at=entry.published_at,
        date_origin=entry.origin,
        url=entry.link if own else None,
        authors=entry.authors,
    )


def read_feed(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the entries of a feed's file as articles, from the text in the feed: nothing is fetched.

    Raises
    ------
    SourceError
        Where the file is no feed.
    """
    yield from feed_articles(parse_feed(stream.read()), source, options)


def feed_articles(
    feed: Feed, source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the entries of a feed that was read from a file, as articles.

    Raises
    ------
    SourceError
        Where it has none.
    """
    if not feed.entries:
        raise SourceError("a feed without entries")
    for entry in feed.entries:
        name = f"{source}#{entry.key}"
        text = entry.full_text or max(entry.content, entry.summary, key=len)
        if not text.strip():
            yield Skipped(
                name, "no text in the feed; give the feed's address to have pages fetched"
            )
            continue
        try:
            article = entry_article(entry, feed, name, text)
        except SourceError as error:
            yield Skipped(name, str(error))
            continue
        if entry.full_text is None:
            # No version of the page it sums up: it must not replace the whole story.
            article = replace(article, id=f"summary of {entry.link or entry.key}"[:200])
        yield article
        if entry.full_text is None:
            options.note(name, "only the feed's summary; give the feed's address for whole stories")


def entry_time(text: str | None) -> tuple[date | None, str | None]:
    """Return a time written as RFC 822 or ISO 8601 as its day and in ISO 8601, in its own zone.

    Neither where it cannot be read, or lies further ahead than the zones of the earth explain.
    """
    text = " ".join((text or "").split())[:60]
    if not text:
        return None, None
    found: datetime | None = None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        try:
            found = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None, None
    if not 1600 < found.year < 9000:
        return None, None
    ahead = found.replace(tzinfo=found.tzinfo or UTC) - datetime.now(UTC)
    if ahead > timedelta(days=1):
        return None, None
    bare = len(text) == 10
    return found.date(), found.date().isoformat() if bare else found.isoformat(timespec="seconds")


def _entry(raw: Any, base: str | None, base_key: str) -> Entry:  # noqa: ANN401  (feedparser is untyped)
    link = checked_link(raw.get("feedburner_origlink"), base) or checked_link(raw.get("link"), base)
    title = plain_line(raw.get("title"))
    published, published_at = entry_time(raw.get("published") or raw.get("created"))
    # Its own get() takes the date of publication for a missing one.
    updated = dict.get(raw, "updated")
    if published is None:
        # Atom asks for <updated> only.
        published, published_at = entry_time(updated)
    content = max(
        (_text(one) for one in raw.get("content", ()) if _is_text(one)), key=len, default=""
    )
    return Entry(
        link=link,
        key=link or _key(raw.get("id") or title, base_key),
        title=title,
        published=published,
        published_at=published_at,
        updated=str(updated)[:100] if updated else None,
        authors=_authors(raw),
        content=content,
        summary=_text(raw.get("summary_detail") or {}),
    )


def _key(name: object, base: str) -> str:
    return f"{base}{name[:500]}" if isinstance(name, str) and name else ""


def _authors(raw: Any) -> tuple[str, ...]:  # noqa: ANN401
    names = (plain_line(one.get("name")) for one in raw.get("authors", ()))
    return tuple(dict.fromkeys(name for name in names if name and "@" not in name))[:20]


def checked_link(link: object, base: str | None) -> str | None:
    """Return a link of an entry as an address that may be fetched; None where it is none."""
    if not isinstance(link, str) or not link.strip():
        return None
    try:
        return checked_address(link, base)
    except FetchError:
        return None


def _is_text(content: dict[str, Any]) -> bool:
    return str(content.get("type", "text/html")) in (
        "text/html",
        "application/xhtml+xml",
        "text/plain",
    )


def _text(content: dict[str, Any]) -> str:
    value = content.get("value")
    return strip_markup(value[:MAX_CONTENT]).strip() if isinstance(value, str) else ""


def plain_line(value: object) -> str | None:
    """Return one line of a field that may hold markup, as titles of feeds do."""
    if not isinstance(value, str):
        return None
    return " ".join(strip_markup(value[:5000]).split())[:1000] or None
