"""`/articles`: the collection as a list; an article's own page: its metadata, copies and quotes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from rag.index import Index
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from rag.text.content_hash import content_hash
from rag.text.links import safe_url
from tests.conftest import HashEncoder
from tests.rag.stories import story
from tests.ui.library import HOSTILE, HOSTILE_MARKUP, TREATY, SmallLibrary
from tests.ui.web.test_render import PAYLOADS, Reading, hostile_article, visible
from ui.markup import article_path
from ui.web.article_details import render_details
from ui.web.article_page import Highlight, render_article
from ui.web.collection_page import ArticleListing, render_collection
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow

STORY = story(3).text
MANY = [
    make_article(
        text=f"Report number {number} tells of harbour works and of the weather on that day.",
        title=f"Harbour report {number}",
        outlet="Coast Gazette" if number % 2 else "Hill Post",
        published=date(2024, 1, 1 + number % 28),
        date_origin="feed",
        language="en",
        source=f"/news/{number}.txt",
    )
    for number in range(120)
]
OWN = [
    make_article(text=STORY, title="Ngô’s étude", outlet="Báo Mới", language="vi", source="/s/1.txt"),
    make_article(text=STORY, title="The same story", outlet="Hill Post", source="/s/2.txt",
                 published=date(2024, 3, 1), date_origin="address"),
    make_article(text=HOSTILE.text, title=HOSTILE.title, outlet=HOSTILE.outlet,
                 published=HOSTILE.published, url=safe_url(HOSTILE.url), source="/s/3.txt"),
]  # fmt: skip


class _Real:
    """A real index, with nobody who answers."""

    def __init__(self, index: Index) -> None:
        self.index, self.retriever = index, Retriever(index)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("collection") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as made:
        made.add([*MANY, *OWN])
        yield made


@pytest.fixture(scope="module")
def client(index: Index) -> TestClient:
    return TestClient(build_api(QueuedAnswerer(_Real(index))), base_url="http://127.0.0.1")


def listed(client: TestClient, **query: object) -> Reading:
    response = client.get(f"/articles?{urlencode(query)}")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    return Reading(response.text)


def titles(page: Reading) -> int:
    links = [a["href"] or "" for tag, a in page.elements if tag == "a"]
    return len({link for link in links if link.startswith("/articles/")})


def test_the_list_comes_in_pages_with_links_to_every_article(client: TestClient) -> None:
    first = listed(client)
    assert "123 articles, page 1 of 3" in first.text
    assert titles(first) == 50
    assert "1 March 2024 (date from address)" in first.text
    links = {a.get("rel"): a["href"] for tag, a in first.elements if tag == "a"}
    assert links["next"] == "/articles?page=2"
    assert "prev" not in links
    last = listed(client, page=3)
    assert titles(last) == 23
    assert "undated" in last.text
    numbers = [a["start"] for tag, a in last.elements if tag == "ol"]
    assert numbers == ["101"]
    # Beyond the end is the end; what is no number is the beginning.
    assert "page 3 of 3" in listed(client, page=99).text
    for odd in ("x", "-1", "0", "1e3", "٣", "9" * 30):
        assert "page 1 of 3" in listed(client, page=odd).text


def test_every_link_leads_to_its_article(client: TestClient) -> None:
    page = listed(client, title="story")
    (link,) = [
        a["href"]
        for tag, a in page.elements
        if tag == "a" and (a["href"] or "").startswith("/articles/")
    ]
    assert "The same story" in client.get(link).text


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"outlet": "hill post"}, 61),
        ({"outlet": "bao moi"}, 1),
        ({"language": "vi"}, 1),
        ({"since": "2024-03-01"}, 1),
        ({"until": "1 January 2024"}, 5),
        ({"title": "REPORT harbour"}, 120),
        ({"title": "report 11"}, 11),
        ({"title": "ngo's etude"}, 1),
        ({"title": "report", "outlet": "Coast Gazette", "until": "2024-01-02"}, 5),
        ({"title": "nothing of it"}, 0),
        ({"title": "  ", "outlet": " "}, 123),
    ],
)
def test_filters_say_how_many_of_all_pass(
    client: TestClient, query: dict[str, str], count: int
) -> None:
    page = listed(client, **query)
    noun = "article" if count == 1 else "articles"
    assert f"{count} {noun}" + ("" if count == 123 else " of 123") in page.text
    for name, value in query.items():
        if name in {"title", "since", "until"} and value.strip():
            assert ("input", value) in [
                (tag, a.get("value")) for tag, a in page.elements if a.get("name") == name
            ]


def test_filters_go_along_to_the_next_page(client: TestClient) -> None:
    page = listed(client, outlet="Hill Post", title="report")
    (link,) = [a["href"] for tag, a in page.elements if a.get("rel") == "next"]
    assert link == "/articles?title=report&outlet=Hill+Post&page=2"
    chosen = [a["value"] for tag, a in page.elements if tag == "option" and "selected" in a]
    assert chosen == ["Hill Post"]


@pytest.mark.parametrize(
    "query", [{"since": "soon"}, {"since": "2024-02-02", "until": "2024-01-01"}]
)
def test_a_filter_that_is_none_is_one_line(client: TestClient, query: dict[str, str]) -> None:
    response = client.get(f"/articles?{urlencode(query)}")
    assert response.status_code == 400
    page = Reading(response.text)
    assert titles(page) == 0
    assert any(a.get("role") == "alert" for _, a in page.elements)


def test_an_index_that_lists_nothing_says_so() -> None:
    client = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://127.0.0.1")
    response = client.get("/articles")
    assert response.status_code == 501
    assert "does not list its articles" in Reading(response.text).text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_articles_and_filters_add_no_element(payload: str) -> None:
    article = hostile_article(payload)
    given = dict.fromkeys(("title", "outlet", "since", "until", "language"), payload)
    listing = ArticleListing([article], 120, 2)
    plain = ArticleListing([replace(TREATY, title="x")], 120, 2)
    hostile = Reading(render_collection(given, None, listing, payload))
    safe = Reading(render_collection(dict.fromkeys(given, "x"), None, plain, "x"))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in safe.elements]
    assert visible(article.title or "") in hostile.text


def test_the_page_of_an_article_tells_all_that_is_known_of_it(
    client: TestClient, index: Index
) -> None:
    article = next(one for one in index.articles() if one.title == "The same story")
    page = Reading(client.get(article_path(article.id)).text)
    for told in ("1 March 2024, from address", content_hash(article), article.id, "2.txt"):
        assert told in page.text
    assert "/s/" not in page.text
    assert "Copied by 1 other" in page.text
    assert "Ngô’s étude" in page.text
    other = next(one for one in index.articles() if one.outlet == "Báo Mới")
    assert article_path(other.id) in [a.get("href") for tag, a in page.elements if tag == "a"]
    undated = Reading(client.get(article_path(other.id)).text)
    assert "Authorsnot known" in undated.text


def test_a_hostile_article_is_only_text_with_details_and_quotes(
    client: TestClient, index: Index
) -> None:
    article = next(one for one in index.articles() if "pirate" in one.text)
    start = article.text.index("The pirate")
    response = client.get(f"{article_path(article.id)}?start={start}&end={start + 60}&also=0-7")
    page = Reading(response.text)
    for tag in ("script", "img", "iframe", "video", "form"):
        assert page.count(tag) == 0
    assert HOSTILE_MARKUP.split(" onerror")[0] in page.text
    assert page.count("textarea") == 6


def test_the_quote_stands_between_its_neighbours() -> None:
    quote = "Maria Okafor chaired the session on harbour rules."
    start = TREATY.text.index(quote)
    light = Highlight(start, start + len(quote))
    page = Reading(render_article(TREATY, [light], after=render_details(TREATY, [light], [], 0)))
    assert f"agreed. {quote} Nobody objected." in page.text
    assert [a["href"] for tag, a in page.elements if a.get("href") == "#quote"] == ["#quote"]


def test_neighbours_of_any_length_are_not_repeated_under_the_article() -> None:
    long = "The list of ships went on " + "and on " * 3000 + "until noon."
    article = replace(TREATY, text=f"{long} The tide rose. {long}")
    start = article.text.index("The tide rose.")
    page = Reading(render_details(article, [Highlight(start, start + 14)], [], 0))
    assert "The tide rose." in page.text
    assert "ships" not in page.text


def test_more_copies_than_are_listed_are_counted() -> None:
    page = Reading(render_details(TREATY, [], [HOSTILE], 40))
    assert "Copied by 40 others" in page.text
    assert "and 39 more" in page.text


def test_a_copy_names_who_printed_the_story_before() -> None:
    wire = replace(TREATY, id="wire", outlet="Lake Wire", published=date(2024, 3, 4))
    post = replace(TREATY, id="post", outlet="Granite Post", published=date(2024, 3, 5))
    first = Reading(render_details(wire, [], [post], 1)).text
    assert "Copied by 1 other" in first
    assert "Also printed" not in first
    copy = Reading(render_details(post, [], [wire], 1)).text
    assert "Also printed by Lake Wire, 4 March 2024" in copy
    assert "Copied by" not in copy
    later = replace(post, id="later", published=date(2024, 3, 6))
    undated = replace(post, id="undated", published=None)
    between = Reading(render_details(post, [], [wire, later, undated], 40)).text
    assert "Also printed by Lake Wire" in between
    assert "Copied by 39 others" in between
    assert "and 37 more" in between
    unsure = Reading(render_details(undated, [], [wire, post], 2)).text
    assert "Also printed by 2 others" in unsure
    assert "Copied by" not in unsure


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_outlet_of_an_original_adds_no_element(payload: str) -> None:
    earlier = replace(hostile_article(payload), published=date(2020, 1, 1))
    page = Reading(render_details(TREATY, [], [earlier], 1))
    plain = Reading(render_details(TREATY, [], [replace(earlier, outlet="x", title="x")], 1))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
