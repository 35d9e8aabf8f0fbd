"""`/ask?q=...`: the answer as a page without scripts, at an address of its own."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from rag.types import Filters
from tests.ui.library import ListedLibrary, SmallLibrary, abstained
from ui.web.conversations import Exchange, Snapshot
from ui.web.conversations_view import messages_of
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow


@pytest.fixture
def library() -> SmallLibrary:
    return SmallLibrary()


@pytest.fixture
def client(library: SmallLibrary) -> TestClient:
    return TestClient(build_api(QueuedAnswerer(library)), base_url="http://127.0.0.1")


def test_an_answer_has_an_address(client: TestClient) -> None:
    shown = client.get("/ask?" + urlencode({"q": "Who chaired the talks?"}))
    assert shown.status_code == 200
    assert "<mark>" in shown.text
    assert "<script" not in shown.text
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy
    assert 'value="Who chaired the talks&#63;"' in shown.text


def test_without_a_question_there_is_the_form(client: TestClient, library: SmallLibrary) -> None:
    for address in ("/ask", "/ask?q=", "/ask?q=+%20"):
        shown = client.get(address)
        assert shown.status_code == 200
        assert 'name="q"' in shown.text
    assert library.asked == []


def test_filters_go_with_the_question(client: TestClient, library: SmallLibrary) -> None:
    query = {
        "q": "Who chaired the talks?",
        "since": "2023-01-01",
        "outlet": "Lake Wire",
        "as_of": "",
    }
    assert client.get("/ask?" + urlencode(query)).status_code == 200
    asked = library.options[-1]
    assert str(asked["since"]) == "2023-01-01"
    assert asked["outlet"] == "Lake Wire"
    assert asked["as_of"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"q": "?!"},
        {"q": "Who chaired?", "since": "soon"},
        {"q": "Who chaired?", "since": "2024-01-01", "until": "2023-01-01"},
        {"q": "x" * 3000},
    ],
)
def test_what_cannot_be_asked_is_one_line_on_the_page(
    client: TestClient, query: dict[str, str]
) -> None:
    shown = client.get("/ask?" + urlencode(query))
    assert 400 <= shown.status_code < 500
    assert "This question got no answer" in shown.text
    assert 'name="q"' in shown.text


@pytest.mark.parametrize("name", ["q", "outlet", "since"])
def test_what_is_typed_is_shown_as_text(client: TestClient, name: str) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    shown = client.get("/ask?" + urlencode({"q": "Who chaired?", name: hostile}))
    assert "<script" not in shown.text
    assert "<img" not in shown.text


def test_an_abstention_under_filters_says_how_many_articles_were_searched() -> None:
    listed = TestClient(build_api(QueuedAnswerer(ListedLibrary())), base_url="http://127.0.0.1")
    unlisted = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://127.0.0.1")
    query = urlencode({"q": "What is the price of tea?", "outlet": "Hill Post"})
    assert (
        "Only 1 of 3 articles were searched&#58; outlet Hill Post"
        in listed.get(f"/ask?{query}").text
    )
    assert "Only articles under filters were searched" in unlisted.get(f"/ask?{query}").text
    plain = urlencode({"q": "What is the price of tea?", "as_of": "2026-01-01"})
    assert "searched" not in listed.get(f"/ask?{plain}").text


def test_the_chat_says_that_an_abstention_is_of_filtered_articles() -> None:
    answer = abstained("What is the price of tea?")
    exchange = Exchange(1, answer.question, Filters(outlet="Hill Post"), "answered", answer)
    shown = str(messages_of(Snapshot(1, (exchange,)))[1]["content"])
    assert "Only articles under filters were searched&#58; outlet Hill Post" in shown
