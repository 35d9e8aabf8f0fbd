"""Records of crawlers, feeds and content systems: their fields found whatever they are called, and told."""

import io
import json
from datetime import date

import pytest

from rag.ingest import read_sources
from rag.ingest.field_names import candidates
from rag.ingest.formats import read_jsonl, read_markdown
from rag.ingest.metadata import host_of
from rag.ingest.options import ReadOptions
from rag.types import Skipped

STORY = "The Orvane harbour board approved a new ferry terminal on Tuesday."
URL = "https://www.example.org/ferry"


def read(*records, **options):
    notes = []
    lines = "\n".join(json.dumps(one) for one in records).encode()
    found = list(
        read_jsonl(io.BytesIO(lines), "/news/a.jsonl", ReadOptions(notes.append, **options))
    )
    return found, [note.message for note in notes]


CRAWLERS = {
    "news-please": {
        "maintext": STORY, "title": "Ferry", "date_publish": "2026-05-12 23:30:00", "url": URL,
        "authors": ["Mira Toll"], "source_domain": "www.example.org", "language": "en",
        "date_download": "2026-05-13 02:00:00", "date_modify": "2026-05-14 02:00:00",
    },
    "fundus": {
        "body": {"summary": ["S."], "sections": [{"headline": [], "paragraphs": [STORY]}]},
        "title": "Ferry", "publishing_date": "2026-05-12 23:30:00", "authors": ["Mira Toll"],
        "html": {"requested_url": "https://example.org/x?from=feed", "responded_url": URL,
                 "source_info": {"publisher": "example.org"}},
    },
    "newspaper4k": {
        "text": STORY, "title": "Ferry", "publish_date": "2026-05-12T23:30:00", "url": URL,
        "authors": ["Mira Toll"], "source_url": "https://www.example.org", "meta_lang": "en",
        "site_name": "example.org",
    },
    "trafilatura": {
        "raw_text": "Ferry", "text": STORY, "title": "Ferry", "date": "2026-05-12T23:30:00",
        "source": URL, "author": "Mira Toll", "hostname": "example.org", "filedate": "2026-05-13",
    },
    "WordPress": {
        "id": 7, "date": "2026-05-12T23:30:00", "modified": "2026-05-14T10:00:00", "link": URL,
        "title": {"rendered": "Ferry"}, "content": {"rendered": f"<p>{STORY}</p>\n", "protected": False},
        "excerpt": {"rendered": "<p>S.</p>"}, "author": 12, "site": "example.org",
        "_embedded": {"author": [{"id": 12, "name": "Mira Toll"}]},
    },
    "New York Times": {
        "headline": {"main": "Ferry", "kicker": None}, "pub_date": "2026-05-12T23:30:00", "web_url": URL,
        "byline": {"original": "By Mira Toll", "person": []}, "source": "example.org", "body": STORY,
    },
    "JSON Feed": {
        "content_html": f"<p>{STORY}</p>", "title": "Ferry", "date_published": "2026-05-12T23:30:00",
        "url": URL, "authors": [{"name": "Mira Toll", "url": "https://example.org/mira"}],
        "domain": "example.org",
    },
    "Schema.org": {
        "@type": "NewsArticle", "articleBody": STORY, "headline": "Ferry", "inLanguage": "English",
        "datePublished": "2026-05-12T23:30:00", "dateModified": "2026-05-14", "url": URL,
        "author": {"@type": "Person", "name": "Mira Toll"}, "publisher": {"name": "example.org"},
    },
}  # fmt: skip


@pytest.mark.parametrize("crawler", CRAWLERS)
def test_what_crawlers_write(crawler):
    (one,), notes = read(CRAWLERS[crawler])
    assert (one.title, one.text, one.url) == ("Ferry", STORY, URL)
    assert (one.outlet, one.authors, one.language) == ("example.org", ("Mira Toll",), "en")
    assert (one.published, one.published_at) == (date(2026, 5, 12), "2026-05-12T23:30:00")
    assert one.date_origin == "metadata"
    assert one.sources == (f"/news/a.jsonl#{URL}",)
    assert len(notes) == 1
    assert notes[0].startswith("took text")


def test_it_is_told_once_a_file():
    records = [CRAWLERS["news-please"] | {"title": f"Ferry {n}"} for n in range(700)]
    records[3]["headline"] = "Other"
    del records[3]["title"]
    found, notes = read(*records)
    assert len(found) == 700
    assert notes == [
        "took text from maintext, title from title and headline, outlet from source_domain, "
        "published from date_publish, url, authors, language; left date_download, date_modify"
    ]


def test_our_own_names_are_nothing_to_tell():
    _, notes = read(
        {"text": STORY, "title": "A", "date": "2026-05-12", "author": "Mira Toll", "source": "Post"}
    )
    assert notes == []


@pytest.mark.parametrize(
    ("fields", "outlet"),
    [
        ({"domain": "www.example.org", "media_name": "Orvane Post"}, "Orvane Post"),
        ({"publisher": "example.org", "source": {"name": "Orvane Post"}}, "Orvane Post"),
        ({"source": "https://www.example.org/a", "site_name": "Orvane Post"}, "Orvane Post"),
        ({"source": "https://www.example.org/a"}, "example.org"),
        ({"hostname": "WWW.Example.ORG"}, "example.org"),
        ({"publisher": "Orvane.Post"}, "orvane.post"),
        ({"outlet": "www.example.org"}, "www.example.org"),
        ({"source": "Orvane Post"}, "Orvane Post"),
        ({"publisher": {"@type": "Organization"}}, None),
        ({"url": URL}, None),
    ],
)
def test_an_outlets_name_is_preferred_to_its_host(fields, outlet):
    (one,), _ = read({"text": STORY} | fields)
    assert one.outlet == outlet


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://www.example.org/a", "example.org"), ("example.org/", "example.org"),
        ("Example.org", "example.org"), ("Orvane Post", None), ("http://[::1", None), ("U.S.", None),
        ("", None), ("https://", None),
    ],
)  # fmt: skip
def test_hosts(text, host):
    assert host_of(text) == host


def test_a_front_page_is_no_address_of_an_article():
    one, two = read(
        {"text": STORY, "link": "https://example.org/"},
        {"text": STORY, "link": "https://example.org/?p=7"},
    )[0]
    assert (one.url, two.url) == (None, "https://example.org/?p=7")


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://www.example.org/ferry?utm_source=rss&id=7#post-2", "https://www.example.org/ferry?id=7#post-2"),
        ("https://www.example.org/ferry/amp/?fbclid=x", "https://www.example.org/ferry/"),
        ("https://www.example.org", "https://www.example.org"),
        ("https://www.example.org/Fähre?id=7", "https://www.example.org/Fähre?id=7"),
    ],
)  # fmt: skip
def test_addresses_lose_what_only_tracks(url, kept):
    (one,), _ = read({"text": STORY, "url": url})
    assert one.url == kept


def test_keys_that_are_no_address_are_passed_without_a_word():
    ((one,), notes) = read({"text": STORY, "uri": "tag:example.org,2026:7", "guid": URL})
    assert one.url == URL
    assert notes == ["took text, url from guid; left uri"]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"date": "2026-05-12T23:30:00+02:00"}, "2026-05-12T23:30:00+02:00"),
        ({"date_gmt": "2026-05-12T23:30:00"}, "2026-05-12T23:30:00+00:00"),
        ({"date": "2026-05-12", "date_gmt": "2026-05-11T23:30:00"}, None),
        ({"pubDate": "Tue, 12 May 2026 23:30:43 -0700"}, "2026-05-12T23:30:43-07:00"),
        ({"publish_date": {"$date": "2026-05-12T21:30:00Z"}}, "2026-05-12T21:30:00+00:00"),
        ({"published": 1778621400}, "2026-05-12T21:30:00+00:00"),
    ],
)
def test_hours_and_zones_are_kept(fields, at):
    (one,), _ = read({"text": STORY} | fields)
    assert (one.published, one.published_at) == (date(2026, 5, 12), at)


@pytest.mark.parametrize(
    "name", ["date_download", "date_modify", "indexed_date", "filedate", "timestamp", "created_at", "updated"]
)  # fmt: skip
def test_when_it_was_fetched_or_changed_is_no_date_of_publication(name):
    (one,), notes = read({"text": STORY, name: "2026-05-12"})
    assert one.published is None
    assert notes == [f"took text; left {name}"]


def test_a_field_that_the_user_names_counts_alone():
    record = {"text": "A teaser of the story.", "extra": {"full": STORY}, "title": "A", "kop": "B"}
    (one,), notes = read(record, fields={"text": "extra.full", "title": "kop"})
    assert (one.title, one.text) == ("B", STORY)
    assert notes == ["took text from extra.full, title from kop"]
    (bad,), _ = read({"text": STORY}, fields={"text": "body"})
    assert bad == Skipped("/news/a.jsonl#1", "no 'body' in it (--field text=body); it has text")


def test_the_number_of_a_database_row_names_no_article():
    one, two = read({"id": 7, "content": STORY}, {"id": 7, "content": f"{STORY} Again."})[0]
    assert one.id != two.id
    (own,), _ = read({"id": 7, "text": STORY})
    assert own.id == "7"
    (named,), _ = read({"id": 7, "content": STORY}, fields={"id": "id"})
    assert named.id == "7"


def test_front_matter_has_the_same_names():
    front = "headline: Ferry\npubDate: 12/05/2025\nlink: https://example.org/ferry\nlang: English"
    notes = []
    options = ReadOptions(notes.append, date_order="mdy")
    one = read_markdown(f"---\n{front}\n---\n\n{STORY}\n".encode(), "a", options)
    assert (one.title, one.url, one.language) == ("Ferry", "https://example.org/ferry", "en")
    assert (one.published, notes) == (date(2025, 12, 5), [])


def test_names_that_cannot_be_printed():
    record = {"te\x1bxt": STORY, "\ud800": 1, "a\nb": 1, "x" * 90: 1, "": 1}
    _, (note,) = read(record)
    assert note == f"took text from te\ufffdxt; left \ufffd, a\ufffdb, {'x' * 40}, ''"
    note.encode()


def test_names_are_compared_without_case_and_signs():
    for name in ("Date_Publish", "datePublish", "DATE PUBLISH", "date-publish", "date.publish"):
        (found,) = candidates({name: "2026-05-12"}, "published", {})
        assert (found.name, found.value) == (name, "2026-05-12")


def test_other_json_in_a_folder_is_skipped_in_one_line(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "site", "version": "1.0", "scripts": {}}')
    (tmp_path / "list.json").write_text('["a", "b"]')
    one, two = read_sources([str(tmp_path)])
    assert "not a JSON object" in one.reason
    assert "it has name, version, scripts" in two.reason


@pytest.mark.timeout(60)
def test_an_author_of_a_megabyte_of_blanks_is_read_in_its_length():
    (article,), _ = read({"text": STORY, "author": f"Ada Lund{' ' * 1_000_000}and Bo Holm"})
    assert article.authors == ("Ada Lund", "Bo Holm")
