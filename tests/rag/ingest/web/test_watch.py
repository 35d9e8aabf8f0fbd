"""Watching a site on loopback that adds, corrects and removes stories, and that fails."""

import sqlite3

import pytest

from rag.errors import IndexLockedError, IndexStoreError
from rag.index import Index
from rag.ingest.isolated import Workers
from rag.ingest.options import ReadOptions
from rag.ingest.web.client import Validators
from rag.ingest.web.entries import Entry
from rag.ingest.web.watch import Watcher
from rag.ingest.web.watch_state import FILE, WatchState
from tests.rag.ingest.web.site import FakeClock, Site, client
from tests.rag.ingest.web.test_pages import BODY, XML, item, rss, story

HOUR = 3600.0


@pytest.fixture(scope="module")
def workers():
    with Workers(count=1) as made:
        yield made


@pytest.fixture
def site():
    with Site() as served:
        for name in "abc":
            served.routes[f"/{name}"] = story(
                f"Story {name} of the quay", more=f"Sent by desk {name}."
            )
        yield served


class Watch:
    """A watch that can be ended and begun again, with a clock that does not wait."""

    def __init__(self, folder, encoder, workers):
        self.folder, self.encoder, self.workers = folder, encoder, workers
        self.clock = FakeClock()
        self.told = []
        self.broken = None

    def round(self, *addresses, until=None, **limits):
        options = ReadOptions(lambda note: self.told.append(note.message), workers=self.workers)
        with (
            Index.open(self.folder, create=True, encoder=self.encoder) as index,
            WatchState(self.folder / FILE) as state,
            client(clock=self.clock, **limits) as fetching,
        ):
            add = self.broken or index.add
            watcher = Watcher(state, fetching, options, add, self.told.append, HOUR)
            return watcher.round(addresses, until)

    def titles(self):
        with Index.open(self.folder, encoder=self.encoder) as index:
            return sorted(one.title for one in index.articles())


@pytest.fixture
def watch(tmp_path, encoder, workers):
    return Watch(tmp_path / "index", encoder, workers)


def feed(site, *items, tag='"1"', path="/feed"):
    site.tagged(path, rss(*items), XML["Content-Type"], tag)


def entry(site, name, updated="2026-11-05T10:00:00Z", title=None):
    more = f"<atom:updated>{updated}</atom:updated>"
    return item(site.url(f"/{name}"), title or f"Story {name}", more, guid=name)


@pytest.mark.slow
def test_nothing_is_fetched_twice(site, watch):
    feed(site, entry(site, "a"), entry(site, "b"))
    first = watch.round(site.url("/feed"))
    assert (first.added, first.unchanged_feeds, first.waiting) == (2, 0, 0)
    second = watch.round(site.url("/feed"))
    assert (second.added, second.unchanged, second.unchanged_feeds) == (0, 0, 1)
    # The feed is written anew, with one more story.
    feed(site, entry(site, "c"), entry(site, "a"), entry(site, "b"), tag='"2"')
    third = watch.round(site.url("/feed"))
    assert (third.added, third.updated, third.unchanged) == (1, 0, 0)
    assert [site.asked(f"/{name}") for name in "abc"] == [1, 1, 1]
    assert site.headers[-2]["If-None-Match"] == '"1"'
    assert watch.titles() == ["Story a", "Story b", "Story c"]


def test_a_correction_becomes_a_version(site, watch):
    feed(site, entry(site, "a"), entry(site, "b"))
    watch.round(site.url("/feed"))
    site.routes["/a"] = story("Story a of the quay", more="Correction: the quay opens in ten days.")
    feed(site, entry(site, "a", updated="2026-11-06T08:00:00Z"), entry(site, "b"), tag='"2"')
    again = watch.round(site.url("/feed"))
    assert (again.added, again.updated) == (0, 1)
    assert [site.asked(f"/{name}") for name in "ab"] == [2, 1]
    with Index.open(watch.folder, encoder=watch.encoder) as index:
        (corrected,) = [one for one in index.articles() if one.title == "Story a"]
        assert "Correction" in corrected.text
        (earlier,) = index.versions(corrected.id)
        assert "Sent by desk a" in earlier.article.text


def test_a_page_that_is_what_it_was_is_not_sent_again(site, watch):
    """A site map whose every date changes whenever the site is built."""
    site.tagged("/a", story("Story a of the quay"), "text/html", '"page"')

    def serve(day):
        urls = f"<url><loc>{site.url('/a')}</loc><lastmod>{day}</lastmod></url>"
        site.tagged("/map", f"<urlset>{urls}</urlset>", "text/xml", f'"{day}"')

    serve("2026-11-05")
    watch.round(site.url("/map"))
    for day in ("2026-11-06", "2026-11-07"):
        serve(day)
        done = watch.round(site.url("/map"))
        assert (done.added, done.updated, done.unchanged, done.waiting) == (0, 0, 1, 0)
    assert site.headers[-1]["If-None-Match"] == '"page"'
    site.tagged("/a", story("Story a", more="Corrected on the third day."), "text/html", '"new"')
    serve("2026-11-08")
    assert watch.round(site.url("/map")).updated == 1


@pytest.mark.slow
def test_a_long_list_does_not_hold_up_the_next_round(site, watch):
    urls = "".join(f"<url><loc>{site.url(f'/x{n}')}</loc></url>" for n in range(250))
    site.tagged("/map", f"<urlset>{urls}</urlset>", "text/xml", '"1"')
    first = watch.round(site.url("/map"), until=watch.clock.now + 30)
    assert (len(first.skipped), first.waiting) == (32, 218)
    assert watch.told[0] == "250 pages to fetch, which takes at least 4 minutes"
    assert len(watch.round(site.url("/map")).skipped) == 218


def test_a_removed_page_is_told_and_its_article_kept(site, watch):
    feed(site, entry(site, "a"), entry(site, "none"))
    first = watch.round(site.url("/feed"))
    assert (first.added, len(first.skipped)) == (1, 1)
    assert not any("kept" in line for line in watch.told)
    site.routes["/a"] = (410, {}, "")
    feed(site, entry(site, "a", title="Withdrawn"), entry(site, "none"), tag='"2"')
    watch.round(site.url("/feed"))
    assert "(410); the article that was added from it is kept" in watch.told[-1]
    assert watch.titles() == ["Story a"]
    assert site.asked("/none") == 1


def test_two_feeds_of_one_site_share_their_pages(site, watch):
    feed(site, entry(site, "a"), entry(site, "a?utm_source=rss"), path="/news")
    feed(site, entry(site, "a", title="Another headline"), path="/world")
    addresses = site.url("/news"), site.url("/world")
    assert watch.round(*addresses).added == 1
    feed(site, entry(site, "a"), entry(site, "a?utm_source=rss"), path="/news", tag='"2"')
    feed(site, entry(site, "a", title="Another headline"), path="/world", tag='"2"')
    watch.round(*addresses)
    assert site.asked("/a") + site.asked("/a?utm_source=rss") == 1
    # Both tell of one correction: one fetch.
    for path in ("/news", "/world"):
        feed(site, entry(site, "a", updated="2026-11-07T08:00:00Z"), path=path, tag='"3"')
    watch.round(*addresses)
    assert site.asked("/a") == 2


@pytest.mark.parametrize("moment", ["before", "after"])
def test_what_was_broken_off_is_taken_up_again(site, watch, moment):
    """Killed before the batch is in the index, or after that and before the watch knows."""
    feed(site, entry(site, "a"), entry(site, "b"))

    def killed(items):
        if moment == "after":
            with Index.open(watch.folder, encoder=watch.encoder) as index:
                index.add(items)
        raise KeyboardInterrupt

    watch.broken = killed
    with pytest.raises(KeyboardInterrupt):
        watch.round(site.url("/feed"))
    watch.broken = None
    # The feed itself is not sent again, and what it listed is not lost.
    done = watch.round(site.url("/feed"))
    assert done.unchanged_feeds == 1
    assert (done.added, done.unchanged) == ((2, 0) if moment == "before" else (0, 2))
    assert watch.titles() == ["Story a", "Story b"]
    assert watch.round(site.url("/feed")).waiting == 0
    assert site.asked("/a") == 2


def test_a_busy_page_is_tried_again_later(site, watch):
    page, site.routes["/a"] = site.routes["/a"], (503, {"Retry-After": "900"}, "")
    feed(site, entry(site, "a"))
    first = watch.round(site.url("/feed"))
    assert (first.added, first.waiting, first.skipped) == (0, 1, [])
    assert watch.round(site.url("/feed")).waiting == 1
    assert site.asked("/a") == 1
    site.routes["/a"] = page
    watch.clock.now += 901
    assert watch.round(site.url("/feed")).added == 1
    assert len([line for line in watch.told if "tried again later" in line]) == 1


def test_a_page_that_never_comes_is_given_up_and_the_feeds_text_taken(site, watch):
    site.routes["/a"] = site.routes["/b"] = (500, {}, "")
    whole = f"<content:encoded><![CDATA[<p>{BODY[0]}</p><p>{BODY[1]}</p>]]></content:encoded>"
    feed(site, item("/a", "Story a", whole), item("/b", "Story b"))
    for _ in range(12):
        done = watch.round(site.url("/feed"))
        watch.clock.now += 24 * HOUR
    assert done.waiting == 0
    assert site.asked("/a") == site.asked("/b") == 8
    assert watch.titles() == ["Story a"]


def test_a_feed_that_fails_is_asked_less_often(site, watch):
    site.routes["/feed"] = (500, {}, "")
    asked = []
    for _ in range(24):
        watch.round(site.url("/feed"))
        asked.append(site.asked("/feed"))
        watch.clock.now += HOUR
    # Rounds 1 and 2, then after 2, 4 and 8 hours.
    assert asked[-1] == 5
    feed(site, entry(site, "a"))
    watch.clock.now += 24 * HOUR
    assert watch.round(site.url("/feed")).added == 1


def test_a_feed_that_asks_for_time_gets_it(site, watch):
    site.routes["/feed"] = (429, {"Retry-After": "5000"}, "")
    assert watch.round(site.url("/feed")).failed_feeds == 1
    watch.clock.now += HOUR
    assert watch.round(site.url("/feed")).feeds == 0
    feed(site, entry(site, "a"))
    watch.clock.now += HOUR
    assert watch.round(site.url("/feed")).added == 1


def test_dead_hosts_and_broken_feeds_do_not_end_the_round(site, watch):
    site.routes["/page"] = "<html><body>no feed</body></html>"
    site.routes["/bomb"] = (200, XML, '<!DOCTYPE a [<!ENTITY b "c">]><rss/>')
    feed(site, entry(site, "a"))
    paths = ["http://127.0.0.1:1/feed", *map(site.url, ("/page", "/bomb", "/none", "/feed"))]
    done = watch.round(*paths)
    assert (done.feeds, done.failed_feeds, done.added) == (5, 4, 1)
    assert len(watch.told) == 4


def test_a_page_that_names_its_feed_is_followed_there(site, watch):
    site.routes["/"] = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed">'
    feed(site, entry(site, "a"))
    assert watch.round(site.url("/")).added == 1
    assert watch.round(site.url("/")).unchanged_feeds == 1


def test_site_maps_of_an_index_are_asked_when_they_change(site, watch):
    def serve(day, *names):
        urls = "".join(f"<url><loc>{site.url(f'/{n}')}</loc></url>" for n in names)
        site.tagged("/map", f"<urlset>{urls}</urlset>", "text/xml", f'"{day}"')
        inner = f"<sitemap><loc>{site.url('/map')}</loc><lastmod>{day}</lastmod></sitemap>"
        site.tagged("/index", f"<sitemapindex>{inner}</sitemapindex>", "text/xml", f'"{day}"')

    serve("2026-11-05", "a")
    assert watch.round(site.url("/index")).added == 1
    watch.round(site.url("/index"))
    assert (site.asked("/index"), site.asked("/map")) == (2, 1)
    serve("2026-11-06", "a", "b")
    assert watch.round(site.url("/index")).added == 1
    assert site.asked("/a") == 1


def test_an_index_that_is_written_to_is_waited_for(site, watch):
    feed(site, entry(site, "a"))
    tries = []

    def locked(items):
        tries.append(1)
        if len(tries) < 3:
            raise IndexLockedError("process 7 is writing to this index")
        with Index.open(watch.folder, encoder=watch.encoder) as index:
            return index.add(items)

    watch.broken = locked
    assert watch.round(site.url("/feed")).added == 1
    assert len([line for line in watch.told if "waiting" in line]) == 1


def site_map(site, *names):
    urls = "".join(f"<url><loc>{site.url(f'/{name}')}</loc></url>" for name in names)
    site.tagged("/map", f"<urlset>{urls}</urlset>", "text/xml", '"1"')


def test_what_a_round_may_not_fetch_is_fetched_by_the_next(site, watch):
    names = [f"p{n}" for n in range(6)]
    for name in names:
        site.routes[f"/{name}"] = story(f"Story {name}", more=f"<!-- {'x' * 8000} --> Desk {name}.")
    site_map(site, *names)
    rounds = [watch.round(site.url("/map"), host_bytes=25_000) for _ in range(3)]
    assert [(done.added, done.waiting) for done in rounds] == [(2, 4), (2, 2), (2, 0)]
    assert [done.skipped for done in rounds] == [[], [], []]
    told = "pages of 127.0.0.1 wait for the next round: not fetched: a run may fetch 25,000 bytes"
    assert [line[: len(told)] for line in watch.told] == [told] * 2
    # The site map each round, and one more page of each of two rounds, which was cut off.
    assert len(site.requests) == 3 + 6 + 2


def test_a_page_that_no_round_may_fetch_does_not_stop_the_others(site, watch):
    site.routes["/large"] = story("Story large", more="x" * 30_000)
    site_map(site, "large", "a", "b", "c")
    first = watch.round(site.url("/map"), host_bytes=25_000)
    assert (first.added, first.waiting, first.skipped) == (0, 4, [])
    second = watch.round(site.url("/map"), host_bytes=25_000)
    assert (second.added, second.waiting, second.skipped) == (3, 1, [])
    assert watch.titles() == [f"Story {name} of the quay" for name in "abc"]


def test_no_try_is_counted_for_what_a_round_may_not_fetch(site, watch):
    site.routes["/large"] = story("Story large", more="x" * 30_000)
    site_map(site, "large")
    for _ in range(10):
        assert watch.round(site.url("/map"), host_bytes=25_000).waiting == 1
    assert watch.round(site.url("/map")).added == 1


def test_stories_of_one_page_are_added_and_corrected_each(site, watch):
    def serve(tag, *texts):
        items = [
            item("/", f"Story {n}", f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>"
                 f"<atom:updated>2026-11-05T10:00:{len(text) % 60:02}Z</atom:updated>", guid=f"g{n}")
            for n, text in enumerate(texts)
        ]  # fmt: skip
        feed(site, *items, tag=tag)

    texts = [f"{BODY[0]} {BODY[1]} Desk {n} wrote this one." for n in range(3)]
    serve('"1"', *texts)
    assert watch.round(site.url("/feed")).added == 3
    serve('"2"', *texts[:2], f"{texts[2]} Corrected.")
    again = watch.round(site.url("/feed"))
    assert (again.added, again.updated) == (0, 1)
    assert watch.titles() == ["Story 0", "Story 1", "Story 2"]
    # Their page is asked for by none of them.
    assert site.requests == ["/feed"] * 2


def test_one_watch_at_a_time(tmp_path):
    with WatchState(tmp_path / FILE), pytest.raises(IndexLockedError, match="another watch"):
        WatchState(tmp_path / FILE)
    with WatchState(tmp_path / FILE):
        pass


def test_a_state_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database at all, but as long as a page" * 100)
    with pytest.raises(IndexStoreError, match="remove the file"):
        WatchState(tmp_path / FILE)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as made:
        made.execute("PRAGMA user_version = 99")
    made.close()
    with pytest.raises(IndexStoreError, match="of format 99"):
        WatchState(tmp_path / FILE)


def test_an_entry_comes_back_as_it_was_written(tmp_path):
    full = Entry(
        "https://a.example/", "k", "Title \ud800", authors=("A",), content="words", outlet="O"
    )
    with WatchState(tmp_path / FILE) as state:
        assert state.feed_read("f", Validators("e", None), "F", [("k", full)]) == (1, 0)
        (page,) = state.due(1e12, 5)
        assert page.entry.title == "Title ?"
        assert page.entry.authors == ("A",)
        assert state.feed("f").known == Validators("e", None)
