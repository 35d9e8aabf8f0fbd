"""Addresses to articles: pages, feeds, site maps and lists of feeds, served on loopback."""

from datetime import date

import pytest

from rag.ingest.isolated import Workers
from rag.ingest.options import ReadOptions
from rag.ingest.sources import read_sources
from rag.ingest.web.client import Fetched
from rag.ingest.web.pages import feed_of, read_address
from rag.types import Article, Skipped
from tests.rag.ingest.web.site import Site, client

BODY = (
    "The harbour board of Orvane closed the northern quay on Monday after a crane had tilted over two "
    "barges. Its chair, Ada Lund, said that nobody had been hurt and that the quay would open again "
    "within nine days. Ferries to Halden leave from the southern quay until then.",
    "The crane was built in 1987 and had passed its last inspection in March, the board said. An engineer "
    "of the port authority will examine its foundations, which stand on wooden piles, before the "
    "investigation is handed to the district court.",
    "Shipping companies expect costs of about 40,000 crowns a day. The mayor of Orvane called the closure "
    "a heavy blow for the fish market, which sells most of its catch on the quay before dawn.",
)
XML = {"Content-Type": "application/rss+xml"}


def story(title, more="", published="2026-11-05"):
    paragraphs = "".join(f"<p>{one}</p>" for one in BODY)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title} - Halden Herald</title>'
        f'<meta property="og:site_name" content="Halden Herald">'
        f'<meta property="og:type" content="article">'
        f'<meta property="article:published_time" content="{published}T10:00:00Z"></head><body>'
        f"<nav><a href=/>Home</a></nav><article><h1>{title}</h1>{paragraphs}<p>{more}</p></article>"
        "</body></html>"
    )


def item(link, title, more="", guid=None):
    guid = f'<guid isPermaLink="false">{guid}</guid>' if guid else ""
    return f"<item><title>{title}</title><link>{link}</link>{guid}{more}</item>"


def rss(*items, title="Halden Herald - News"):
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:atom="http://www.w3.org/2005/Atom">'
        f"<channel><title>{title}</title>{''.join(items)}</channel></rss>"
    )


@pytest.fixture
def site():
    with Site() as served:
        yield served


@pytest.fixture
def notes():
    return []


@pytest.fixture(scope="module")
def workers():
    with Workers(count=1) as made:
        yield made


@pytest.fixture
def read(notes, workers):
    def call(address, **changes):
        options = ReadOptions(lambda note: notes.append(note.message), workers=workers)
        with client(**changes) as fetching:
            return list(read_address(address, options, fetching))

    return call


@pytest.mark.slow
def test_a_page_becomes_an_article(site, read):
    site.routes["/quay"] = story("Northern quay closed")
    site.routes["/go"] = (302, {"Location": "/quay"}, "")
    (article,) = read(site.url("/go"))
    assert (article.title, article.published) == ("Northern quay closed", date(2026, 11, 5))
    assert (article.outlet, article.date_origin) == ("Halden Herald", "structured data")
    assert article.text.split("\n\n")[-3:] == list(BODY)
    assert article.sources == (site.url("/go"),)
    assert article.url == site.url("/quay")


@pytest.mark.slow
def test_an_address_is_a_source_like_any_other(site):
    site.routes["/quay"] = story("Northern quay closed")
    (refused,) = read_sources([site.url("/quay")])
    assert "--allow-private" in refused.reason
    (article,) = read_sources([site.url("/quay")], options=ReadOptions(allow_private=True))
    assert article.title == "Northern quay closed"


def test_the_date_and_title_of_a_feed_are_believed_before_the_pages(site, read):
    site.routes["/quay"] = story("Northern quay closed", published="2026-11-20")
    published = "<pubDate>Thu, 05 Nov 2026 23:30:00 -0500</pubDate>"
    site.routes["/feed"] = (
        200,
        XML,
        rss(item("quay", "Quay shut", published), item("none", "Gone")),
    )
    article, gone = read(site.url("/feed"))
    assert (article.title, article.published_at) == ("Quay shut", "2026-11-05T23:30:00-05:00")
    assert (article.published, article.date_origin) == (date(2026, 11, 5), "feed")
    assert article.outlet == "Halden Herald"
    assert gone.source == site.url("/none")
    assert "no such page (404)" in gone.reason


def test_the_text_of_a_feed_is_taken_where_the_page_fails(site, read, notes):
    whole = f"<content:encoded><![CDATA[<p>{BODY[0]}</p><p>{BODY[1]}</p>]]></content:encoded>"
    site.routes["/robots.txt"] = (200, {}, "User-agent: *\nDisallow: /private")
    site.routes["/wall"] = "<html><body><p>Subscribe to read this.</p></body></html>"
    site.routes["/forbidden"] = site.routes["/forbidden?short"] = (403, {}, "")
    site.routes["/feed"] = (
        200,
        XML,
        rss(
            item("private", "One", whole),
            item("wall", "Two", whole),
            item("forbidden", "Three", whole),
            item("gone", "Four", whole),
            item("forbidden?short", "Five", f"<description>{BODY[0]}</description>"),
        ),
    )
    found = read(site.url("/feed"))
    articles = [one for one in found if isinstance(one, Article)]
    assert [one.title for one in articles] == ["One", "Two", "Three"]
    assert {one.text for one in articles} == {f"{BODY[0]}\n\n{BODY[1]}"}
    assert {one.outlet for one in articles} == {"Halden Herald - News"}
    assert len(notes) == 3
    assert "robots.txt" in notes[0]
    assert "/private" not in site.requests
    assert ["(404)" in one.reason for one in found if isinstance(one, Skipped)] == [True, False]


def test_pages_of_a_site_map_and_of_an_index_of_them(site, read):
    site.routes["/a"], site.routes["/b"] = story("Quay closed"), story("Quay open again")
    urlset = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    site.routes["/map1.xml"] = (
        200, {"Content-Type": "text/xml"}, f"{urlset}<url><loc>{site.url('/a')}</loc></url></urlset>"
    )  # fmt: skip
    site.routes["/map2.xml"] = (
        200, {"Content-Type": "text/xml"},
        f"{urlset}<url><loc>{site.url('/a?utm_source=x')}</loc></url><url><loc>{site.url('/b')}</loc></url></urlset>",
    )  # fmt: skip
    maps = "".join(f"<sitemap><loc>{site.url(f'/map{n}.xml')}</loc></sitemap>" for n in (1, 2, 3))
    site.routes["/index.xml"] = (
        200,
        {"Content-Type": "text/xml"},
        f"<sitemapindex>{maps}</sitemapindex>",
    )
    found = read(site.url("/index.xml"))
    assert [one.title for one in found if isinstance(one, Article)] == [
        "Quay closed",
        "Quay open again",
    ]
    assert [one.source for one in found if isinstance(one, Skipped)] == [site.url("/map3.xml")]


def test_lists_that_hold_themselves_end(site, read):
    for number in range(9):
        body = f"<sitemapindex><sitemap><loc>{site.url(f'/{number + 1}')}</loc></sitemap></sitemapindex>"
        site.routes[f"/{number}"] = (200, {"Content-Type": "text/xml"}, body)
    (one,) = read(site.url("/0"))
    assert "not followed" in one.reason


def test_the_feeds_of_an_opml_list(site, read):
    site.routes["/a"] = story("Quay closed")
    site.routes["/feed"] = (200, XML, rss(item("/a", "Quay closed")))
    opml = f'<opml><body><outline xmlUrl="{site.url("/feed")}"/></body></opml>'
    site.routes["/list"] = (200, {"Content-Type": "text/x-opml"}, opml)
    (article,) = read(site.url("/list"))
    assert article.title == "Quay closed"


def test_what_is_no_article_is_told_with_the_feed_there_is(site, read):
    head = '<link rel="alternate" type="application/rss+xml" href="/feed?a=1&amp;b=2">'
    links = "".join(f"<li><a href=/{n}>Story number {n} about the quay</a></li>" for n in range(40))
    site.routes["/"] = f"<html><head>{head}</head><body><ul>{links}</ul></body></html>"
    (front,) = read(site.url("/"))
    assert front.reason.endswith(f"its feed is {site.url('/feed?a=1&b=2')}")
    site.routes["/other"] = (200, {"Content-Type": "text/xml"}, "<nitf/>")
    (other,) = read(site.url("/other"))
    assert "neither RSS nor Atom" in other.reason


@pytest.mark.slow
def test_plain_text_is_an_article_too(site, read):
    site.routes["/a.txt"] = (
        200,
        {"Content-Type": "text/plain"},
        "Quay closed\n\n" + "\n\n".join(BODY),
    )
    (article,) = read(site.url("/a.txt"))
    assert article.url == site.url("/a.txt")
    assert BODY[1] in article.text


def test_the_charset_of_the_server_counts(site, read):
    page = (
        story("Quaïs closed").replace('<meta charset="utf-8">', "").encode("iso-8859-2", "replace")
    )
    page = story("Łódka zamknięta").replace('<meta charset="utf-8">', "").encode("iso-8859-2")
    site.routes["/pl"] = (200, {"Content-Type": "text/html; charset=iso-8859-2"}, page)
    (article,) = read(site.url("/pl"))
    assert article.title == "Łódka zamknięta"


def test_one_page_that_fails_does_not_end_the_others(site, read):
    site.routes["/a"] = story("Quay closed")
    site.routes["/bomb"] = "<div>" * 200_000 + "words"
    site.routes["/slow"] = (503, {"Retry-After": "5"}, "")
    links = ["/bomb", "/slow", "javascript:alert(1)", "http://10.255.255.1:22/", "/a"]
    site.routes["/feed"] = (
        200,
        XML,
        rss(*(item(link, f"Title of {n}") for n, link in enumerate(links))),
    )
    found = read(site.url("/feed"))
    assert [isinstance(one, Article) for one in found] == [False, False, False, False, True]
    assert all(isinstance(one, Article) or "\n" not in one.reason for one in found)


@pytest.mark.parametrize(
    ("tag", "link"),
    [
        (
            b"<link rel=alternate type='application/atom+xml' href='/a.xml'>",
            "https://h.example/a.xml",
        ),
        (b'<LINK HREF="b" TYPE="application/rss+xml">', "https://h.example/x/b"),
        (b'<link type="application/rss+xml" href="file:///etc/passwd">', None),
        (b'<link type="text/css" href="/c">', None),
        (b"<link " * 50_000, None),
    ],
)
def test_the_feed_that_a_page_names(tag, link):
    page = Fetched("https://h.example/x/", b"<head>" + tag, "html")
    assert feed_of(page) == link
