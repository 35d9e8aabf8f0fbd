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
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.web.addresses import checked_address, fragment_of
from rag.ingest.web.entries import Entry, ListedEntry, told_apart
from rag.ingest.web.errors import FetchError
from rag.ingest.web.feed_mending import well_formed
from rag.text.addresses import same_site
from rag.types import Article, Skipped

MAX_CONTENT = 2_000_000
"""Characters of an entry's text that are read."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was read."""

    title: str | None
    entries: tuple[Entry, ...]
    """In the feed's order, each link once, but for entries that share a page."""
    address: str | None = None
    """Where it was fetched from; None: it is a file of the user's."""
    left_out: int = 0
    """Entries that say something else than another one, and have nothing that tells them from it."""


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
    listed = [_listed(raw, base, f"{address}#" if address else "") for raw in found.entries]
    entries, left_out = told_apart(listed, fetched=address is not None)
    return Feed(plain_line(found.feed.get("title")), entries, address, left_out)


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
    named = own and entry.shares_page
    return make_article(
        # The address names the page: each of its stories would replace the one before.
        id=hashlib.sha256(entry.key.encode("utf-8", "replace")).hexdigest()[:16] if named else None,
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
    if told := told_left_out(feed):
        options.note(source, told)
    for entry in feed.entries:
        name = f"{source}#{entry.key}"
        text = entry.text
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
        if entry.full_text is None and not entry.shares_page:
            # No version of the page it sums up: it must not replace the whole story.
            article = replace(article, id=f"summary of {entry.link or entry.key}"[:200])
        yield article
        if entry.full_text is None:
            options.note(name, "only the feed's summary; give the feed's address for whole stories")


def told_left_out(feed: Feed) -> str | None:
    """Return what to tell of entries that were left out; None where none says anything else."""
    if not feed.left_out:
        return None
    return f"{feed.left_out} of its entries left out: others have the same page, and come first"


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


def _listed(raw: Any, base: str | None, base_key: str) -> ListedEntry:  # noqa: ANN401  (feedparser is untyped)
    links = [raw.get("feedburner_origlink"), raw.get("link")]
    link, written = next(
        ((checked, one) for one in links if (checked := checked_link(one, base))), (None, None)
    )
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
    name = raw.get("id") or title
    entry = Entry(
        link=link,
        key=link or _key(name, base_key),
        title=title,
        published=published,
        published_at=published_at,
        updated=str(updated)[:100] if updated else None,
        authors=_authors(raw),
        content=content,
        summary=_text(raw.get("summary_detail") or {}),
    )
    return ListedEntry(entry, fragment_of(written), name if isinstance(name, str) else "")


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
