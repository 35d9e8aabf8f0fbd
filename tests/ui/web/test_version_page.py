"""Earlier versions of an article: listed, shown beside today's, and nothing that a corpus adds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from fastapi.testclient import TestClient

from rag.index import Index
from rag.ingest.article import make_article
from rag.text.sentences import sentence_spans
from rag.types import Article, Version
from tests.conftest import HashEncoder
from tests.rag.stories import story
from tests.ui.library import HOSTILE, RECOUNT, TREATY, VERSION, SmallLibrary
from tests.ui.web.test_render import PAYLOADS, Reading, hostile_article, visible
from ui.web.article_page import render_article
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer
from ui.web.version_page import (
    changed_sentences,
    render_comparison,
    render_version_list,
    until,
    version_path,
)

AT = datetime(2026, 5, 12, 14, 3, 20, tzinfo=UTC)
ELEMENTS = {"html", "head", "meta", "title", "style", "body", "nav", "a", "span", "main", "header"}
ELEMENTS |= {"h1", "h2", "h3", "p", "div", "section", "ins", "del"}
ATTRIBUTES = {"lang", "charset", "name", "content", "aria-label", "aria-labelledby", "href"}
ATTRIBUTES |= {"class", "dir", "id"}


def version(text: str, article: Article = TREATY) -> Version:
    return Version(replace(article, text=text), "a" * 64, AT)


def marked(html: str, tag: str) -> list[str]:
    return [part.split(f"</{tag}>")[0] for part in html.split(f"<{tag}>")[1:]]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_versions_add_no_element_and_keep_their_words(payload: str) -> None:
    article = hostile_article(payload)
    old = Version(replace(article, text=f"Two {payload} said {payload} there."), "b" * 64, AT)
    page = Reading(render_comparison(article, old))
    assert page.depth == 0
    assert {tag for tag, _ in page.elements} <= ELEMENTS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert page.count("style") == 1
    for text in (article.text, old.article.text):
        for start, end in sentence_spans(text):
            assert visible(text[start:end]) in page.text
    listed = Reading(render_article(article, after=render_version_list(article, [old])))
    assert {tag for tag, _ in listed.elements} <= ELEMENTS | {"article", "time", "ul", "li"}


def test_the_sentences_that_changed_are_marked_on_both_sides() -> None:
    old = "Ten boats sank. Nobody died.\nThe harbour is shut."
    new = "Twelve boats sank. Nobody died.\nThe harbour is shut. It opens on Monday."
    html = render_comparison(replace(TREATY, text=new), version(old))
    assert marked(html, "del") == ["Ten boats sank&#46;"]
    assert marked(html, "ins") == ["Twelve boats sank&#46;", "It opens on Monday&#46;"]
    page = Reading(html)
    assert "1 sentence only in the earlier version, 2 sentences only in the current." in page.text
    assert "Until 12 may 2026, 14:03 utc" not in page.text
    assert "Until 12 May 2026, 14:03 UTC" in page.text
    named = {a["aria-labelledby"] for tag, a in page.elements if tag == "section"}
    assert named == {a["id"] for tag, a in page.elements if tag == "h2"} == {"earlier", "current"}


def test_equal_sentences_in_another_order_or_under_another_title() -> None:
    html = render_comparison(replace(TREATY, title="Other"), version(TREATY.text))
    assert "The same sentences stand in both" in Reading(html).text
    assert not marked(html, "ins")
    assert TREATY.title in Reading(html).text


@pytest.mark.parametrize("count", [30, 5_000])
def test_long_texts_are_compared_in_bounded_time(count: int) -> None:
    old = " ".join("It rained." for _ in range(count))
    new = " ".join("It rained." if n % 2 else f"Day {n} was dry." for n in range(count))
    gone, come = changed_sentences(old, new)
    assert len(gone) == len(come) == (count + 1) // 2
    assert changed_sentences(old, old) == (set(), set())


def test_until_is_told_in_utc() -> None:
    there = datetime(2026, 5, 13, 1, 3, tzinfo=timezone(timedelta(hours=11)))
    assert until(replace(version("A."), replaced_at=there)) == "until 12 May 2026, 14:03 UTC"


def _client(service: QueuedAnswerer) -> TestClient:
    return TestClient(build_api(service), base_url="http://127.0.0.1")


@pytest.fixture
def client() -> TestClient:
    return _client(QueuedAnswerer(SmallLibrary()))


def test_the_article_page_links_to_its_versions(client: TestClient) -> None:
    path = version_path(HOSTILE.id, VERSION.content_hash)
    page = Reading(client.get(path.split("/versions/")[0]).text)
    assert path in [a.get("href") for _, a in page.elements]
    assert "until 12 May 2026, 14:03 UTC" in page.text
    shown = client.get(path)
    assert shown.status_code == 200
    assert "The pirate captain loses." in Reading(shown.text).text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "Earlier versions" not in client.get(f"/articles/{TREATY.id}").text


@pytest.mark.parametrize("digest", ["1" * 64, "%00", "0" * 63])
def test_an_unknown_version_has_a_page(client: TestClient, digest: str) -> None:
    found = client.get(f"/articles/{TREATY.id}/versions/{digest}")
    assert found.status_code == 404
    assert client.get(f"/articles/nobody/versions/{digest}").status_code == 404


def test_an_id_may_look_like_a_version() -> None:
    library = SmallLibrary()
    odd = replace(RECOUNT, id="folder/versions/1")
    library.articles[odd.id] = odd
    found = _client(QueuedAnswerer(library)).get("/articles/folder%2Fversions%2F1")
    assert found.status_code == 200
    assert "A recount" in found.text


def test_a_corrected_article_of_an_index(tmp_path) -> None:
    with Index.open(tmp_path / "index", create=True, encoder=HashEncoder()) as index:
        first = story(1, id="fire", text="Two people died. The fire is out.")
        index.add([first])
        index.add([replace(first, text="Three people died. The fire is out.")])

        class Library(SmallLibrary):
            @property
            def index(self) -> Index:
                return index

        client = _client(QueuedAnswerer(Library()))
        (only,) = index.versions("fire")
        assert "Three people died" in client.get("/articles/fire").text
        page = client.get(version_path("fire", only.content_hash)).text
        url = "https://news.example/quay"
        old = make_article(text="Two ships came in.", source=url, url=url)
        index.add([old, make_article(text="Three ships came in.", source=url, url=url)])
        moved = client.get(f"/articles/{old.id}?start=0&end=3", follow_redirects=True)
        assert moved.status_code == 200
        assert "Two" in moved.text
        assert "Three" in moved.text
        assert marked(page, "del") == ["Two people died&#46;"]
        assert marked(page, "ins") == ["Three people died&#46;"]
