"""Beside an answer and a quote stand their other formats, at addresses of their own."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import bibtexparser
import pytest
import rispy
from fastapi.testclient import TestClient

from rag.checking import check_evidence
from rag.types import Candidate
from tests.ui.library import HOSTILE, RECOUNT, TREATY, ListedLibrary, SmallLibrary, answered, cite
from tests.ui.web.test_render import Reading
from ui.citing.formats import CITATION_FORMATS
from ui.citing.references import citation_key
from ui.markup import article_path, citation_path, naming_quotes
from ui.web.conversations import Exchange, Snapshot
from ui.web.conversations_view import messages_of
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow

CHAIR = {"q": "Who chaired the talks?", "since": "2023-01-01", "outlet": "Lake Wire"}
QUOTE = "Maria Okafor chaired the session on harbour rules."
WORDS = "Maria Okafor"
START = TREATY.text.index(QUOTE)
PLACE = {"start": START, "end": START + len(QUOTE)}


@pytest.fixture(scope="module")
def library() -> SmallLibrary:
    return SmallLibrary()


@pytest.fixture(scope="module")
def client(library: SmallLibrary) -> TestClient:
    return TestClient(build_api(QueuedAnswerer(library)), base_url="http://127.0.0.1")


def get(client: TestClient, end: str, query: dict[str, object]) -> str:
    response = client.get(f"/ask.{end}?{urlencode(query)}")
    assert response.status_code == 200, response.text
    assert "default-src" in response.headers["content-security-policy"]
    assert response.headers["x-content-type-options"] == "nosniff"
    return response.text


def test_json_is_that_of_the_api_and_filters_go_along(
    client: TestClient, library: SmallLibrary
) -> None:
    record = json.loads(get(client, "json", CHAIR))
    assert record["answer"] == "Maria Okafor"
    assert record["citations"][0]["quote"] == QUOTE
    assert record["citations"][0]["source"] == "pact.txt"
    assert str(library.options[-1]["since"]) == "2023-01-01"
    assert library.options[-1]["outlet"] == "Lake Wire"


def test_the_evidence_of_a_question_can_be_verified(
    client: TestClient, library: SmallLibrary
) -> None:
    pack = json.loads(get(client, "evidence.json", CHAIR))
    assert pack["presscite_evidence"] == 1
    (one,) = check_evidence(_Versioned(library), pack["answers"])
    assert one.status == "unchanged"


class _Versioned:
    """The small library as an index whose versions and addresses can be asked for."""

    def __init__(self, library: SmallLibrary) -> None:
        self.article, self.versions = library.article, library.versions
        self.successor = library.successor

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        return []


def test_markdown_has_the_question_the_quote_and_its_source(client: TestClient) -> None:
    made = get(client, "md", CHAIR)
    assert made.startswith("# Who chaired the talks?\n")
    assert f"> “{QUOTE}”" in made
    assert "Coast Gazette, 12 December 2023" in made
    assert "(<https://coast.example/2023/pact>)" in made


def test_references_of_all_that_is_shown(client: TestClient) -> None:
    (entry,) = bibtexparser.parse_string(get(client, "bib", CHAIR)).entries
    assert entry.key == citation_key(TREATY)
    (record,) = rispy.loads(get(client, "ris", CHAIR))
    assert record["secondary_title"] == "Coast Gazette"
    (item,) = json.loads(get(client, "csl.json", CHAIR))
    assert item["issued"] == {"date-parts": [[2023, 12, 12]]}
    page = json.loads(get(client, "jsonld", {"q": "How many agreements were signed?"}))
    exact = [one["target"]["selector"][0]["exact"] for one in page["items"]]
    assert exact == [
        "Thirty-six agreements were signed, the ministry said.",
        "Over 30 were signed, aides said.",
    ]


def test_without_an_answer_there_is_nothing_to_cite(client: TestClient) -> None:
    tea = {"q": "What is the price of tea?"}
    assert bibtexparser.parse_string(get(client, "bib", tea)).entries == []
    assert rispy.loads(get(client, "ris", tea)) == []
    assert "The articles don’t say." in get(client, "md", tea)
    page = Reading(client.get(f"/ask?{urlencode(tea)}").text)
    ends = {(a["href"] or "").partition("?")[0] for tag, a in page.elements if tag == "a"}
    assert {end for end in ends if end.startswith("/ask.")} == {
        "/ask.md",
        "/ask.json",
        "/ask.evidence.json",
    }


def test_an_abstention_under_filters_says_in_every_export_what_was_searched() -> None:
    listed = TestClient(build_api(QueuedAnswerer(ListedLibrary())), base_url="http://127.0.0.1")
    tea = {"q": "What is the price of tea?", "outlet": "Hill Post"}
    line = "Only 1 of 3 articles were searched: outlet Hill Post."
    assert line in Reading(listed.get(f"/ask?{urlencode(tea)}").text).text
    assert line in get(listed, "md", tea)
    (turn,) = json.loads(get(listed, "evidence.json", tea))["answers"]
    assert turn["filters"] == {"outlet": "Hill Post"}
    assert turn["searched"] == {"articles": 1, "of": 3}


@pytest.mark.parametrize("end", ["md", "json", "bib"])
def test_what_cannot_be_asked_is_one_line(client: TestClient, end: str) -> None:
    for query in ("", "?q=%3F!", "?q=who&since=soon", "?q=" + "x" * 3000):
        response = client.get(f"/ask.{end}{query}")
        assert response.status_code == 400
        assert list(response.json()) == ["error"]


def test_an_unknown_format_is_said_to_be_one(client: TestClient) -> None:
    for path in ("/ask.exe?q=who", f"{article_path(TREATY.id)}/quote.exe?start=0&end=4"):
        response = client.get(path)
        assert response.status_code == 404
        assert "bib, ris, csl.json, jsonld" in response.json()["error"]


def test_the_page_links_to_every_format_and_has_the_quote_to_copy(client: TestClient) -> None:
    page = Reading(client.get(f"/ask?{urlencode(CHAIR)}").text)
    links = [a["href"] or "" for tag, a in page.elements if tag == "a"]
    for end in ("md", "json", "evidence.json", *CITATION_FORMATS):
        (link,) = [one for one in links if one.startswith(f"/ask.{end}?")]
        assert client.get(link).status_code == 200
        assert "outlet=Lake+Wire" in link
    assert page.count("textarea") == 3
    assert f"“{QUOTE}”\n— Ann Lee, “Ports & people" in page.text
    assert "<cite>Ports &amp; people" in page.text


def test_a_hostile_answer_adds_nothing_to_the_page(client: TestClient) -> None:
    page = Reading(client.get("/ask?q=Who+is+the+pirate%3F").text)
    for tag in ("script", "img", "iframe", "video", "svg"):
        assert page.count(tag) == 0
    assert page.count("form") == 1
    for end in CITATION_FORMATS:
        made = get(client, end, {"q": "Who is the pirate?"})
        assert "javascript:alert(document" not in made


def test_a_quote_of_an_article_is_cited_by_its_offsets(client: TestClient) -> None:
    path = f"{article_path(TREATY.id)}/quote"
    made = client.get(f"{path}.jsonld?{urlencode(PLACE)}&also=0-23").json()
    exact = [one["target"]["selector"][0]["exact"] for one in made["items"]]
    assert exact == [QUOTE, "The council met at dawn"]
    response = client.get(f"{path}.bib?{urlencode(PLACE)}")
    assert response.headers["content-disposition"] == 'attachment; filename="presscite.bib"'
    assert QUOTE in response.text
    for query in ("", "start=5", "start=9&end=5", "start=0&end=99999999", "also=1-2-3"):
        refused = client.get(f"{path}.bib?{query}")
        assert (refused.status_code, list(refused.json())) == (400, ["error"])
    assert client.get("/articles/none/quote.bib?start=0&end=5").status_code == 404
    for article in (RECOUNT, HOSTILE):
        assert client.get(f"{article_path(article.id)}/quote.ris?start=0&end=6").status_code == 200


def test_the_publisher_s_page_opens_at_the_quote(client: TestClient) -> None:
    page = client.get(f"{article_path(TREATY.id)}?{urlencode(PLACE)}").text
    links = [a["href"] or "" for tag, a in Reading(page).elements if tag == "a"]
    assert any(link.startswith(f"{TREATY.url}#:~:text=") for link in links)


def test_several_quotes_of_an_article_are_marked_and_listed(client: TestClient) -> None:
    other = TREATY.text.index("Nobody objected.")
    query = f"{urlencode(PLACE)}&also={other}-{other + 16}&also=0-23&also=5-9"
    page = Reading(client.get(f"{article_path(TREATY.id)}?{query}").text)
    anchors = [a["id"] for tag, a in page.elements if a.get("class") == "quote" and tag == "span"]
    # As they stand in the text; the one inside of another is not marked twice.
    assert anchors == ["quote-2", "quote", "quote-3"]
    links = [a["href"] for tag, a in page.elements if tag == "a" and a["href"].startswith("#")]
    # Above the text in its order, and under it the one that the page opens at first.
    assert links[:3] == ["#quote-2", "#quote", "#quote-3"]
    assert links[3:] == ["#quote", "#quote-2", "#quote-3"]
    assert TREATY.text.replace("\n", "") in page.text.replace("\n", "")


@pytest.mark.parametrize(
    "query",
    [
        "also=1",
        "also=a-b",
        "also=9-3",
        "also=0-9999999",
        "also=-1-4",
        "start=0&end=5&also=1-x",
        "&".join(["also=0-2"] * 51),
    ],
)
def test_other_quotes_that_do_not_fit_are_said_to(client: TestClient, query: str) -> None:
    response = client.get(f"{article_path(TREATY.id)}?{query}")
    assert response.status_code == 400
    assert "does not fit this article" in response.text


def test_a_quote_of_an_older_text_does_not_hide_the_others(client: TestClient) -> None:
    query = f"{urlencode(PLACE)}&also=9000000-9000005&also=0-23"
    response = client.get(f"{article_path(TREATY.id)}?{query}")
    assert response.status_code == 200
    anchors = [a["id"] for _, a in Reading(response.text).elements if a.get("class") == "quote"]
    assert anchors == ["quote-2", "quote"]


def test_links_name_the_other_quotes_of_their_article(client: TestClient) -> None:
    first = cite(RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six")
    second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    other = cite(TREATY, QUOTE, WORDS)
    plain = citation_path(first)
    assert "also" not in plain
    with naming_quotes([first, second, other, second]):
        assert citation_path(first).count(f"also={second.start}-{second.end}") == 1
        assert citation_path(second).count("also=") == 1
        assert "also" not in citation_path(other)
        page = Reading(client.get(citation_path(first).partition("#")[0]).text)
    assert citation_path(first) == plain
    marked = [a["id"] for _, a in page.elements if a.get("class") == "quote"]
    assert marked == ["quote", "quote-2"]
    links = [
        a["href"] or ""
        for tag, a in Reading(client.get("/ask?q=How+many+agreements+were+signed%3F").text).elements
        if tag == "a"
    ]
    assert any("also=" in link for link in links)


def test_links_of_a_conversation_name_all_of_its_quotes_of_an_article() -> None:
    first = cite(RECOUNT, "Thirty-six agreements were signed, the ministry said.", "Thirty-six")
    second = cite(RECOUNT, "Over 30 were signed, aides said.", "Over 30")
    turns = tuple(
        Exchange(
            n,
            "How many?",
            answer=answered("How many?", Candidate("x", 0.9, (one,))),
            status="answered",
        )
        for n, one in enumerate((first, second), start=1)
    )
    replies = [
        one["content"] for one in messages_of(Snapshot(1, turns)) if one["role"] == "assistant"
    ]
    for reply, other in zip(replies, (second, first), strict=True):
        links = [a["href"] or "" for tag, a in Reading(reply).elements if tag == "a"]
        assert any(f"also={other.start}-{other.end}" in link for link in links)
