"""Watching feeds: what is new or corrected is fetched once and added; the rest is left alone."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from rag.errors import IndexLockedError, IndexStoreError, SourceError
from rag.ingest.options import ReadOptions
from rag.ingest.web.addresses import host_of
from rag.ingest.web.client import Client, Fetched, Validators
from rag.ingest.web.entries import Entry
from rag.ingest.web.errors import FetchError
from rag.ingest.web.feeds import Feed, told_left_out
from rag.ingest.web.pages import PageReader, feed_of, listing_of, page_key
from rag.ingest.web.sitemaps import SiteMap
from rag.ingest.web.watch_state import DonePage, DuePage, WatchState
from rag.types import AddReport, Article, Skipped

Add = Callable[[Iterable[Article | Skipped]], AddReport]
Tell = Callable[[str], None]
_BATCH = 16
"""Pages that are added together; so many are fetched again where the process is killed."""
_MANY = 200
_MAX_TRIES = 8
_FIRST_PAUSE = 300.0
"""Seconds before a page that failed is tried again; doubled each time, so that the last is a day later."""
_MAX_PAUSE = 86_400.0
_MAX_MAPS = 30
"""Site maps of an index that are read in one round, those changed last first."""
_LOCK_TRIES = 20
_LOCK_PAUSE = 3.0


@dataclass(slots=True)
class Round:
    """What one round came to."""

    feeds: int = 0
    """That were asked."""
    unchanged_feeds: int = 0
    failed_feeds: int = 0
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    waiting: int = 0
    """Pages to be fetched later."""


class Watcher:
    """Adds what feeds list to an index, round after round.

    Parameters
    ----------
    add
        Adds articles to the index; returns once they are there.
    tell
        Takes one line about something a person may want to know.
    every
        Seconds between rounds; a feed that fails is asked less and less often.
    """

    def __init__(
        self,
        state: WatchState,
        client: Client,
        options: ReadOptions,
        add: Add,
        tell: Tell,
        every: float,
    ) -> None:
        self._state = state
        self._client = client
        self._clock = client.clock
        self._reader = PageReader(client, options)
        self._add = add
        self._tell = tell
        self._every = every
        self._told_of: set[str] = set()
        """Feeds of which it was told that entries are left out; each is said once, not each round."""
        self._full: set[str] = set()
        """Hosts of which this round may fetch no more."""

    def close(self) -> None:
        """End the process that parses pages."""
        self._reader.close()

    def round(self, addresses: Sequence[str], until: float | None = None) -> Round:
        """Ask the feeds, and fetch and add what is due.

        Parameters
        ----------
        until
            On the clock's monotonic scale: when the next round begins, which fetches what is left.

        Raises
        ------
        IndexStoreError
            Where the index or the watch's state cannot be written to; what was fetched since it last
            could is fetched again in the next round.
        """
        done = Round()
        self._client.new_run()
        self._full.clear()
        try:
            for address in addresses:
                self._ask(address, done, depth=0)
            self._tell_of_many(self._state.waiting())
            place = (-math.inf, 0)
            while pages := self._state.due(self._clock.time(), _BATCH, place):
                self._add_pages(pages, done)
                place = pages[-1].place
                if until is not None and self._clock.monotonic() >= until:
                    break
            done.waiting = self._state.waiting()
        except sqlite3.Error as error:
            raise IndexStoreError(f"the state of the watch cannot be kept ({error})") from error
        return done

    def _ask(self, address: str, done: Round, *, depth: int) -> bool:
        """Ask one feed, and write what it lists; whether it answered."""
        known = self._state.feed(address)
        now = self._clock.time()
        if now < known.not_before:
            return False
        done.feeds += 1
        try:
            fetched = self._client.fetch(address, known.known)
            if fetched is None:
                self._state.feed_unchanged(address)
                done.unchanged_feeds += 1
                return True
            return self._listed(address, fetched, done, depth)
        except SourceError as error:
            done.failed_feeds += 1
            self._tell(f"{address}: {error}")
            if isinstance(error, FetchError) and error.of_run:
                return False
            asked = error.retry_after if isinstance(error, FetchError) else None
            # The first failure leaves the next round as it is.
            pause = self._every * 2.0 ** min(known.failures, 20) - 1 if known.failures else 0.0
            pause = min(pause, _MAX_PAUSE)
            if isinstance(error, FetchError) and error.status == 410:
                pause = _MAX_PAUSE
            self._state.feed_failed(address, now + max(pause, asked or 0.0))
            return False

    def _listed(self, address: str, fetched: Fetched, done: Round, depth: int) -> bool:
        listing = listing_of(fetched)
        known = Validators(fetched.etag, fetched.last_modified)
        if listing is None:
            link = feed_of(fetched)
            if link is None or depth:
                raise SourceError("a page, not a feed or site map, and it names no feed of its own")
            self._tell(f"{address}: a page; its feed {link} is followed")
            return self._ask(link, done, depth=depth + 1)
        if isinstance(listing, list):
            if depth:
                raise SourceError("a list of feeds inside of a list")
            answered = [self._ask(inner, done, depth=1) for inner in listing]
            return any(answered)
        if isinstance(listing, SiteMap) and listing.maps:
            if depth > 1:
                raise SourceError("site maps nested too deep")
            complete = self._ask_maps(address, listing.maps, done, depth)
            # Marked only if nothing of it is left to ask: a 304 ends the matter the next time.
            self._state.feed_read(address, known if complete else Validators(), None, ())
            return True
        feed = listing if isinstance(listing, Feed) else Feed(None, listing.pages)
        told = told_left_out(feed)
        if told and address not in self._told_of:
            self._told_of.add(address)
            self._tell(f"{address}: {told}")
        entries: dict[str, Entry] = {}
        for entry in feed.entries:
            entries.setdefault(page_key(entry), entry)
        self._state.feed_read(address, known, feed.title, entries.items())
        return True

    def _ask_maps(self, address: str, maps: Sequence[Entry], done: Round, depth: int) -> bool:
        """Ask the site maps of an index that changed; whether a change of any would be seen in it."""
        complete = True
        for one in maps[:_MAX_MAPS]:
            complete &= one.updated is not None
            # Without a date of change it says nothing, and the map itself is asked.
            if one.updated and self._state.is_listed(address, one.key, one.fingerprint):
                continue
            if self._ask(one.key, done, depth=depth + 1):
                self._state.list_only(address, one.key, one.fingerprint)
            else:
                complete = False
        return complete

    def _add_pages(self, pages: Sequence[DuePage], done: Round) -> None:
        """Fetch some pages, add them, and then write that they are done."""
        items: list[Article | Skipped] = []
        finished: list[DonePage] = []
        later: list[tuple[str, float]] = []
        last: list[tuple[str, float]] = []
        for page in pages:
            host = host_of(page.entry.link or "")
            if host in self._full:
                # It stays due, for the next round.
                continue
            feed = Feed(self._state.feed(page.feed).title, (), page.feed)
            last_try = page.tries + 1 >= _MAX_TRIES
            known = page.known if page.added else None
            result = self._reader.read(
                page.entry, feed, last_try=last_try, next_run=True, known=known
            )
            if result.error is not None and result.error.of_run:
                self._full.add(host)
                self._tell(f"pages of {host} wait for the next round: {result.error}")
                # Behind the others: one that is larger than all that a run may fetch must not stop them.
                last.append((page.key, self._clock.time()))
                continue
            if result.error is not None and result.error.passing and not last_try:
                pause = min(_FIRST_PAUSE * 2.0**page.tries, _MAX_PAUSE)
                pause = max(pause, result.error.retry_after or 0.0)
                later.append((page.key, self._clock.time() + pause))
                if page.tries == 0:
                    self._tell(f"{page.entry.link}: {result.error}; tried again later")
                continue
            items += result.items
            done.unchanged += result.unchanged
            if result.unchanged or any(isinstance(item, Article) for item in result.items):
                finished.append(DonePage(page.key, "added", result.marks))
                continue
            gone = result.error is not None and result.error.gone
            finished.append(DonePage(page.key, "gone" if gone else "skipped"))
            kept = "; the article that was added from it is kept" if gone and page.added else ""
            for item in result.items:
                if isinstance(item, Skipped):
                    self._tell(f"skipped {item.source}: {item.reason}{kept}")
        if items:
            self._add_items(items, done)
        self._state.settle(finished, later, last)

    def _tell_of_many(self, count: int) -> None:
        if count > _MANY:
            minutes = count * self._client.limits.delay_seconds / 60
            self._tell(f"{count:,} pages to fetch, which takes at least {minutes:.0f} minutes")

    def _add_items(self, items: Sequence[Article | Skipped], done: Round) -> None:
        for attempt in range(1, _LOCK_TRIES + 1):
            try:
                report = self._add(items)
                break
            except IndexLockedError as error:
                if attempt == _LOCK_TRIES:
                    raise
                if attempt == 1:
                    self._tell(f"waiting: {error}")
                self._clock.sleep(_LOCK_PAUSE)
        done.added += report.added
        done.updated += report.updated
        done.unchanged += report.unchanged
        done.skipped += report.skipped
