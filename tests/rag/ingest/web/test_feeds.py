"""RSS, Atom, site maps and OPML, as sites write them and as attackers do."""

import gzip
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from rag.errors import SourceError
from rag.index import Index
from rag.ingest.formats import format_of
from rag.ingest.options import ReadOptions
from rag.ingest.web.client import Fetched
from rag.ingest.web.content_types import kind_of
from rag.ingest.web.feeds import entry_article, entry_time, parse_feed
from rag.ingest.web.json_feed import parse_json_feed
from rag.ingest.web.pages import listing_of, page_key
from rag.ingest.web.sitemaps import parse_opml, parse_sitemap, read_xml
from rag.types import Skipped

BASE = "https://halden.example/news/feed.xml"
STORY = "The harbour board of Orvane closed the northern quay on Monday after a crane had tilted. "
RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>Halden Herald &amp; Post</title><link>https://halden.example/</link><language>en-gb</language>
<item><title>Quay &lt;b&gt;closed&lt;/b&gt; &amp;amp; fenced</title><link>../quay?a=1&amp;b=2#top</link>
<guid isPermaLink="false">7</guid><pubDate>Mon, 02 Nov 2026 23:30:00 -0500</pubDate>
<atom:updated>2026-11-03T08:00:00Z</atom:updated><dc:creator>Ada Lund</dc:creator>
<description>A crane had tilted.</description>
<content:encoded><![CDATA[<p>{STORY * 5}</p><script>alert(1)</script><p>Last words.</p>]]></content:encoded>
</item>
<item><title>Same guid, other story</title><link>/ferry</link><guid isPermaLink="false">7</guid></item>
<item><title>Same link again</title><link>/ferry</link><guid isPermaLink="false">8</guid></item>
<item><title>A permanent guid</title><guid>https://halden.example/perma</guid></item>
<item><title>No link</title><guid isPermaLink="false">9</guid><description>{STORY}</description></item>
<item><title>Script link</title><link>javascript:alert(1)</link><guid isPermaLink="false">10</guid></item>
<item><title>File link</title><link>file:///etc/passwd</link></item>
<item></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://coast.example/a/">
<title>Coast Wire</title>
<entry><id>tag:1</id><title type="html">Tide &amp;amp; time</title><link rel="alternate" href="b"/>
<link rel="enclosure" href="https://coast.example/x.mp3"/>
<published>2026-10-01T10:00:00+02:00</published><updated>2026-10-02T10:00:00+02:00</updated></entry>
<entry><id>tag:2</id><title>Only updated</title><link href="/c"/>
<updated>2026-10-03T00:30:00+05:30</updated></entry>
</feed>"""


def test_entries_of_rss():
    feed = parse_feed(RSS.encode(), BASE)
    assert feed.title == "Halden Herald & Post"
    assert [entry.link for entry in feed.entries] == [
        "https://halden.example/quay?a=1&b=2",
        "https://halden.example/ferry",
        "https://halden.example/perma",
        None,
        None,
        None,
    ]
    first, _, _, linkless, *_ = feed.entries
    assert first.title == "Quay closed & fenced"
    assert (first.published, first.published_at) == (date(2026, 11, 2), "2026-11-02T23:30:00-05:00")
    assert first.authors == ("Ada Lund",)
    assert first.full_text.startswith(STORY.strip())
    assert first.full_text.endswith("Last words.")
    assert "alert" not in first.full_text
    assert (linkless.key, linkless.full_text) == (f"{BASE}#9", None)


def test_entries_of_atom():
    feed = parse_feed(ATOM.encode())
    first, second = feed.entries
    assert (first.link, first.title) == ("https://coast.example/a/b", "Tide & time")
    assert (first.published_at, first.updated) == (
        "2026-10-01T10:00:00+02:00",
        "2026-10-02T10:00:00+02:00",
    )
    assert (second.link, second.published) == ("https://coast.example/c", date(2026, 10, 3))
    hints = first.hints("https://coast.example/final", "utf-8")
    assert (hints.url, hints.title, hints.date_origin) == (
        "https://coast.example/final", "Tide & time", "feed"
    )  # fmt: skip


def test_a_correction_changes_the_fingerprint_and_nothing_else_does():
    first = parse_feed(ATOM.encode()).entries[0]
    assert parse_feed(ATOM.encode(), BASE).entries[0].fingerprint == first.fingerprint
    for old, new in (("2026-10-02T", "2026-10-04T"), ("time</title>", "tides</title>")):
        assert (
            parse_feed(ATOM.replace(old, new).encode()).entries[0].fingerprint != first.fingerprint
        )


@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_feeds_in_other_encodings(charset):
    text = RSS.replace("Quay", "Quaïs").replace('encoding="utf-8"', f'encoding="{charset}"')
    title = parse_feed(text.encode(charset), BASE).entries[0].title
    assert title == "Quaïs closed & fenced"


@pytest.mark.parametrize("declaration", ["", " encoding='utf-8'", " encoding='UTF8'"])
def test_a_stray_byte_leaves_a_feed_of_utf_8_its_characters(declaration):
    text = RSS.replace(' encoding="utf-8"', declaration).replace("Quay", "Réforme – l’été, à côté")
    data = text.encode().replace(b"Halden Herald", b"Halden \xe9 Herald")
    for declared in (data, data.partition(b"?>")[2].strip()):
        feed = parse_feed(declared, BASE)
        assert feed.entries[0].title == "Réforme – l’été, à côté closed & fenced"
        assert feed.title == "Halden é Herald & Post"


def test_the_servers_charset_counts():
    text = RSS.replace("Quay", "Quaïs").replace(' encoding="utf-8"', "")
    feed = parse_feed(text.encode("iso-8859-1"), BASE, "iso-8859-1")
    assert feed.entries[0].title == "Quaïs closed & fenced"


@pytest.mark.parametrize(
    "broken", [RSS.replace("</item>", "", 1), RSS[:-200], RSS.replace("&amp;b", "&b")]
)
def test_feeds_with_mistakes_are_read(broken):
    assert parse_feed(broken.encode(), BASE).entries[0].title == "Quay closed & fenced"


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><rss version='2.0'><channel><title>&a9;</title></channel></rss>"
)
BOMBS = {
    "laughs": LAUGHS.encode(),
    "laughs in utf-16": LAUGHS.encode("utf-16"),
    "long": b'<!DOCTYPE x [<!ENTITY a "'
    + b"x" * 100_000
    + b'">]><rss>'
    + b"&a;" * 10_000
    + b"</rss>",
    "file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>&a;</channel></rss>',
    "parameter": b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x">%a;]><rss/>',
    "subset": b'<!doctype x [ <!ELEMENT x ANY> ]><rss version="2.0"/>',
    "attributes": b'<!DOCTYPE rss [<!ATTLIST item x CDATA "' + b"x" * 9999 + b'">]><rss/>',
    "after a comment": b'<!-- <rss> --><!DOCTYPE a [<!ENTITY b "c">]><rss/>',
    "after an instruction": b'<?x <rss> ?><!DOCTYPE a [<!ENTITY b "c">]><rss/>',
    "after a plain one": b'<!DOCTYPE a><!DOCTYPE a [<!ENTITY b "c">]><rss/>',
    "in a name": b'<!DOCTYPE a SYSTEM "x>" [<!ENTITY b "c">]><rss/>',
    "many": b"<!DOCTYPE" * 500_000,
    "after kanji": b"<?xml version='1.0' encoding='iso-2022-jp'?><!-- "
    + b"\x1b$B--><rss>\x1b(B --><!DOCTYPE a [<!ENTITY b 'c'>]><rss/>",
    "after ideographs": "<!-- \u2d2d\u3e3e\u3c72 --><!DOCTYPE a [<!ENTITY b 'c'>]><rss/>".encode(
        "utf-16-be"
    ),
    "utf-7": b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE x [+ADwAIQ-ENTITY a "b">]><rss/>',
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize(
    "parse",
    [
        parse_feed,
        parse_opml,
        lambda data: parse_sitemap(data, BASE),
        lambda data: list(read_xml(io.BytesIO(data), "x")),
    ],
)
def test_entities_are_refused(parse, name):
    with pytest.raises(SourceError, match="it declares entities"):
        parse(BOMBS[name])


def test_names_of_characters_are_those_of_html():
    text = RSS.replace("<title>No link", "<title>No&nbsp;&eacute; &copy=x &nonsense; R&D")
    assert parse_feed(text.encode()).entries[3].title == "No é &copy=x &nonsense; R&D"


def test_a_plain_doctype_is_no_bomb():
    dtd = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://127.0.0.1:9/rss.dtd">\n<rss'
    assert parse_feed(RSS.replace("<rss", dtd, 1).encode(), BASE).title == "Halden Herald & Post"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"words",
        b"\0" * 100,
        b"<html><body><p>words</p></body></html>",
        b"<a>" * 500_000,
        b"{}",
        b"<?xml?>",
    ],
)
def test_what_is_no_feed_is_one_line(data):
    for parse in (parse_feed, parse_opml, lambda d: parse_sitemap(d, BASE)):
        with pytest.raises(SourceError) as caught:
            parse(data)
        assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_deep_markup_in_a_feed_does_no_harm():
    deep = RSS.replace("<p>", "<div>" * 30_000)
    assert parse_feed(deep.encode(), BASE).entries


def test_a_feed_that_names_the_narrower_encoding():
    feed = RSS.replace("utf-8", "gb2312").replace("A crane had tilted.", "朱镕基")
    assert parse_feed(feed.encode("gb18030"), BASE).entries[0].summary == "朱镕基"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("element", ["author", "dc:creator", "managingEditor"])
def test_an_author_of_a_megabyte_is_cut(element):
    name = "Ada Lund " + "a" * 1_000_000
    feed = RSS.replace("<dc:creator>Ada Lund</dc:creator>", f"<{element}>{name}</{element}>")
    assert feed != RSS
    entry = parse_feed(feed.encode(), BASE).entries[0]
    assert entry.title == "Quay closed & fenced"
    assert all(one.startswith("Ada Lund") and len(one) <= 200 for one in entry.authors)


def test_a_person_in_parts_keeps_name_and_address():
    person = "<author>\n<name>Ada Lund</name>\n<email>ada@halden.example</email>\n</author>"
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry><id>1</id><title>x</title>'
        f"{person}</entry></feed>"
    )
    assert parse_feed(atom.encode(), BASE).entries[0].authors == ("Ada Lund",)


SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://halden.example/old </loc><lastmod>2026-01-01</lastmod></url>
<url><image:image><image:loc>https://halden.example/x.jpg</image:loc><image:title>A crane</image:title>
</image:image><loc>https://halden.example/quay</loc><lastmod>2026-11-03</lastmod><news:news>
<news:publication><news:name>Halden Herald</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-11-02T23:30:00-05:00</news:publication_date>
<news:title>Quay closed</news:title></news:news></url>
<url><loc>javascript:alert(1)</loc></url><url><loc></loc></url>
</urlset>"""


def test_pages_of_a_site_map():
    found = parse_sitemap(SITEMAP.encode(), BASE)
    assert not found.maps
    first, second = found.pages
    assert (first.link, first.title, first.outlet) == (
        "https://halden.example/quay", "Quay closed", "Halden Herald"
    )  # fmt: skip
    assert (first.published, first.hints().date_origin) == (date(2026, 11, 2), "sitemap")
    # When a page was last changed is not when it was published.
    assert (second.published, second.updated) == (None, "2026-01-01")
    assert second.hints().date_origin is None
    assert parse_sitemap(gzip.compress(SITEMAP.encode()), BASE) == found


def test_an_index_of_site_maps():
    text = (
        SITEMAP.replace("urlset", "sitemapindex")
        .replace("<url>", "<sitemap>")
        .replace("</url>", "</sitemap>")
    )
    found = parse_sitemap(text.encode(), BASE)
    assert not found.pages
    assert [one.link for one in found.maps] == [
        "https://halden.example/quay",
        "https://halden.example/old",
    ]


def test_a_gzip_bomb_is_no_site_map(monkeypatch):
    monkeypatch.setattr("rag.ingest.web.sitemaps.MAX_XML_BYTES", 1_000_000)
    with pytest.raises(SourceError, match="after decompression"):
        parse_sitemap(gzip.compress(b" " * 5_000_000), BASE)
    with pytest.raises(SourceError, match="damaged"):
        parse_sitemap(gzip.compress(SITEMAP.encode())[:-20], BASE)


def test_feeds_of_an_opml_list():
    opml = """<opml version="2.0"><body><outline text="News"><outline type="rss" xmlUrl="https://a.example/rss"/>
    <outline xmlUrl="https://b.example/atom"/><outline xmlUrl="https://a.example/rss"/>
    <outline xmlUrl="file:///etc/passwd"/><outline text="none"/></outline></body></opml>"""
    assert parse_opml(opml.encode()) == ["https://a.example/rss", "https://b.example/atom"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon, 02 Nov 2026 23:30:00 -0500", "2026-11-02T23:30:00-05:00"),
        ("Mon, 02 Nov 2026 23:30:00 GMT", "2026-11-02T23:30:00+00:00"),
        ("2026-11-02T23:30:00Z", "2026-11-02T23:30:00+00:00"),
        ("2026-11-02T23:30", "2026-11-02T23:30:00"),
        ("2026-11-02", "2026-11-02"),
        ("yesterday", None),
        ("", None),
        (None, None),
        ("Mon, 99 Nov 2026 99:99:99", None),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59Z", None),
    ],
)
def test_times_of_feeds_keep_their_zone(text, expected):
    day, told = entry_time(text)
    assert told == expected
    assert str(day) == (expected or "None")[:10]


def test_a_time_that_is_still_to_come_is_none():
    ahead = datetime.now(UTC) + timedelta(days=3)
    assert entry_time(ahead.isoformat()) == (None, None)


def test_a_local_feed_is_read_without_fetching_anything():
    notes = []
    options = ReadOptions(on_note=lambda note: notes.append((note.source, note.message)))
    for suffix in (".xml", ".rss", ".atom", ".rdf"):
        notes.clear()
        found = list(format_of(f"x{suffix}").read(io.BytesIO(RSS.encode()), "f", options))
    articles = [one for one in found if not isinstance(one, Skipped)]
    assert [one.title for one in articles] == ["Quay closed & fenced", "No link"]
    assert articles[0].sources == ("f#https://halden.example/quay?a=1&b=2",)
    assert (articles[0].outlet, articles[0].date_origin) == ("Halden Herald & Post", "feed")
    assert [source for source, _ in notes] == ["f#9"]
    assert all("no text in the feed" in one.reason for one in found if isinstance(one, Skipped))


def live(links, texts, guids=("g1", "g2", "g3")):
    """Return an RSS feed and a JSON Feed of the same three entries."""
    stories = list(zip("ABC", links, texts, guids, strict=True))
    rss = "".join(
        f'<item><title>{t}</title><link>{link}</link><guid isPermaLink="false">{guid}</guid>'
        f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded></item>"
        for t, link, text, guid in stories
    )
    items = [
        {"id": guid, "url": link, "title": t, "content_text": text}
        for t, link, text, guid in stories
    ]
    head = RSS.partition("<item>")[0]
    whole = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    return (f"{head}{rss}</channel></rss>".encode(), ".xml"), (json.dumps(whole).encode(), ".json")


PAGES = {
    "fragments": [f"https://halden.example/live#p{n}" for n in (1, 2, 3)],
    "front page": ["https://halden.example/"] * 3,
    "tracked": [f"https://halden.example/live?utm_source=rss{n}" for n in (1, 2, 3)],
}
TEXTS = [f"{STORY * 5}Desk {name} wrote this." for name in ["one", "two", "three"]]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("texts", [TEXTS, [f"{text[-60:]}" for text in TEXTS]])
def test_stories_that_share_a_page_are_all_read_from_a_file(page, texts, tmp_path, encoder):
    links = PAGES[page]
    for data, suffix in live(links, texts):
        path = tmp_path / f"feed{suffix}"
        path.write_bytes(data)
        found = list(format_of(path.name).read(io.BytesIO(data), str(path), ReadOptions()))
        assert [one.text for one in found] == texts
        assert [one.url for one in found] == links
        with Index.open(tmp_path / suffix, create=True, encoder=encoder) as index:
            assert index.add(found).added == 3
            # A correction is one of its own story.
            corrected = live(links, [texts[0], f"{texts[1]} Corrected.", texts[2]])
            again = format_of(path.name).read(
                io.BytesIO(corrected[suffix == ".json"][0]), str(path), ReadOptions()
            )
            report = index.add(again)
            assert (report.added, report.updated, report.unchanged) == (0, 1, 2)


@pytest.mark.parametrize("page", PAGES)
def test_a_fetched_feed_tells_whole_stories_of_one_page_apart(page):
    for data, suffix in live(PAGES[page], TEXTS):
        parse = parse_feed if suffix == ".xml" else parse_json_feed
        feed = parse(data, BASE)
        assert [entry.full_text for entry in feed.entries] == TEXTS
        assert len({page_key(entry) for entry in feed.entries}) == 3
        assert feed.left_out == 0
        # Of another site: its address is given to none, and no id that it has there.
        foreign = parse(data, "https://other.example/feed")
        own = {entry_article(one, feed, one.key, one.text).id for one in feed.entries}
        for one in foreign.entries:
            article = entry_article(one, foreign, one.key, one.text)
            assert article.url is None
            assert article.id not in own


def test_one_story_that_is_listed_again_stays_one():
    page = "https://halden.example/live"
    for links, texts, guids, left_out in (
        # Fragments and ids that tell nothing apart.
        ([f"{page}#a", f"{page}#b", page], [TEXTS[0]] * 3, ("g1", "g2", "g3"), 0),
        # The newest of one id.
        ([page] * 3, TEXTS, ("g", "g", "g"), 2),
        # No whole stories: the page has them.
        ([page] * 3, ["Short.", "Short too.", "Short."], ("g1", "g2", "g3"), 1),
    ):
        for data, suffix in live(links, texts, guids):
            parse = parse_feed if suffix == ".xml" else parse_json_feed
            feed = parse(data, BASE)
            (entry,) = feed.entries
            assert (entry.link, entry.key, entry.title) == (page, page, "A")
            assert (feed.left_out, entry.shares_page) == (left_out, False)


def test_entries_that_are_left_out_are_told():
    page = "https://halden.example/"
    for data, suffix in live([page] * 3, TEXTS, ("g", "g", "g")):
        notes = []
        list(format_of(f"x{suffix}").read(io.BytesIO(data), "f", ReadOptions(notes.append)))
        told = "2 of its entries left out: others have the same page, and come first"
        assert [(note.source, note.message) for note in notes] == [("f", told)]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (SITEMAP, "a site map lists pages"),
        ("<opml><body><outline xmlUrl='https://a.example/'/></body></opml>", "presscite watch"),
        ("<nitf/>", "root <nitf>"),
        ("<rss version='2.0'><channel/></rss>", "without entries"),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", "name it .html"),
    ],
)
def test_other_xml_files_are_told_apart(data, told):
    with pytest.raises(SourceError, match=told):
        list(format_of("x.xml").read(io.BytesIO(data.encode()), "f", ReadOptions()))


@pytest.mark.parametrize(
    ("fetched", "link", "url"),
    [
        ("https://feeds.harbour.example/rss", "https://www.harbour.example/a", "https://www.harbour.example/a"),
        ("https://evil.example/rss", "https://www.harbour.example/a", None),
        (None, "https://www.harbour.example/a", "https://www.harbour.example/a"),
    ],
)  # fmt: skip
def test_the_text_of_a_feed_never_takes_the_address_of_another_site(fetched, link, url):
    item = f"<item><title>A</title><link>{link}</link><description>The text.</description></item>"
    feed = parse_feed(f"<rss><channel>{item}</channel></rss>".encode(), fetched)
    assert entry_article(feed.entries[0], feed, link, "The text.").url == url


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Halden Herald & Post",
    "home_page_url": "https://halden.example/",
    "items": [
        {
            "id": 7,
            "url": "/quay",
            "title": "Quay <b>closed</b>",
            "date_published": "2026-11-02T23:30:00-05:00",
            "date_modified": "2026-11-03T08:00:00Z",
            "authors": [{"name": "Ada Lund"}, {"name": "ada@halden.example"}],
            "content_html": f"<p>{STORY * 5}</p><script>alert(1)</script><p>Last words.</p>",
        },
        {"id": "8", "url": "javascript:alert(1)", "title": "Script", "content_text": STORY},
        {"id": "9", "title": "Nothing in it"},
        "no item",
        {"url": 5, "authors": 3, "author": {"name": "Bo Li"}},
    ],
}


def test_entries_of_a_json_feed():
    data = json.dumps(JSON_FEED).encode()
    feed = parse_json_feed(data, "https://halden.example/feed.json")
    assert feed.title == "Halden Herald & Post"
    first, script, nothing = feed.entries
    assert (first.link, first.title) == ("https://halden.example/quay", "Quay closed")
    assert (first.published, first.published_at) == (date(2026, 11, 2), "2026-11-02T23:30:00-05:00")
    assert first.authors == ("Ada Lund",)
    assert first.full_text.endswith("Last words.")
    assert "alert" not in first.full_text
    assert (script.link, script.key) == (None, "https://halden.example/feed.json#8")
    assert nothing.content == ""


def test_a_json_feed_from_the_web_and_from_a_file():
    data = json.dumps(JSON_FEED).encode()
    kind = kind_of("application/feed+json; charset=utf-8", data)
    assert kind == "json"
    fetched = Fetched("https://halden.example/feed.json", data, kind, None, None, None)
    assert listing_of(fetched).entries[0].link == "https://halden.example/quay"
    assert listing_of(replace(fetched, body=b'{"text": "a story"}')) is None
    found = list(format_of("x.json").read(io.BytesIO(data), "f", ReadOptions()))
    articles = [one for one in found if not isinstance(one, Skipped)]
    assert [one.title for one in articles] == ["Quay closed", "Script"]
    assert (articles[0].outlet, articles[0].date_origin) == ("Halden Herald & Post", "feed")


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b'{"version": "https://jsonfeed.org/version/1", "items": 5}',
        b"[" * 100_000,
        b"9" * 5000,
    ],
)
def test_what_is_no_json_feed_is_one_line(data):
    with pytest.raises(SourceError, match=r"(?i)feed"):
        parse_json_feed(data)
