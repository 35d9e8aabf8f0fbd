"""The JSON API over a real index: its lists, its checks, its document, and what it keeps to itself."""

from __future__ import annotations

import re
import shlex
import threading
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi.testclient import TestClient

from rag import Answerer, Index
from rag.errors import IndexDamagedError
from rag.types import Answer, Query
from tests.conftest import HashEncoder
from tests.rag.checking.test_draft import QUAKE, REPRINT, TERMINAL
from tests.ui.library import HOSTILE, SmallLibrary
from ui.markup import article_path
from ui.web import service as service_module
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

STORED = replace(HOSTILE, url=None)
DRAFT = (
    "Brenner said it “could not be repaired at any price”.\n"
    "Oake called it “a gift of 46 million crowns to two shipping lines”.\n"
    "And “nobody ever wrote these words anywhere” of it."
)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("api") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as made:
        made.add([TERMINAL, REPRINT, QUAKE, STORED])
        yield made


@pytest.fixture(scope="module")
def client(index: Index) -> TestClient:
    app = build_api(QueuedAnswerer(Answerer(index)))
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


def test_no_path_of_the_server_is_told(client: TestClient, index: Index) -> None:
    assert TERMINAL.sources[0].startswith("/news/")
    asked = client.post("/api/ask", json={"question": "What did the harbour board approve?"})
    told = [
        asked,
        client.post("/api/check", json={"text": DRAFT}),
        client.get("/api/articles"),
        client.get(f"/api/articles/{TERMINAL.id}"),
    ]
    for response in told:
        assert response.status_code == 200
        assert "/news/" not in response.text
    assert told[-1].json()["sources"] == ["terminal.txt"]
    cited = [one for match in told[1].json()["quotations"] for one in match["matches"]]
    assert {one["source"] for one in cited} == {"terminal.txt", "reprint.txt"}


def test_what_an_unreadable_index_says_names_no_folder(caplog: pytest.LogCaptureFixture) -> None:
    class Unreadable(SmallLibrary):
        @property
        def revision(self) -> int:
            raise IndexDamagedError("/srv/secret/index: the catalog cannot be read")

        def ask(self, query: Query) -> Answer:
            raise IndexDamagedError("/srv/secret/index: the catalog cannot be read")

    client = TestClient(build_api(QueuedAnswerer(Unreadable())), base_url="http://localhost")
    response = client.post("/api/ask", json={"question": "tea"})
    assert response.status_code == 503
    assert "secret" not in response.text
    assert "/srv/secret/index" in caplog.text
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 503
    assert client.get("/readyz").json() == {"status": "unusable"}


def test_articles_are_listed_in_pages(client: TestClient) -> None:
    seen: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = client.get("/api/articles", params={"limit": 3, "offset": offset}).json()
        assert page["total"] == 4
        seen += [one["id"] for one in page["articles"]]
        assert all("text" not in one for one in page["articles"])
        offset = page["next_offset"]
    assert len(seen) == len(set(seen)) == 4
    only = client.get("/api/articles", params={"outlet": "orvane post"}).json()
    assert [one["id"] for one in only["articles"]] == [TERMINAL.id]
    assert client.get("/api/articles", params={"offset": 99}).json()["articles"] == []


def test_the_collection_is_counted(client: TestClient) -> None:
    counts = client.get("/api/collection").json()
    assert (counts["articles"], counts["undated"]) == (4, 3)
    assert {"name": "Halden Herald", "articles": 1} in counts["outlets"]
    assert counts["months"] == [{"name": "2024-02", "articles": 1}]
    assert client.get("/api/collection", params={"until": "2023-01-01"}).json()["articles"] == 0


@pytest.mark.parametrize(
    ("params", "status", "says"),
    [
        ({"limit": "0"}, 422, "limit: "),
        ({"limit": "201"}, 422, "limit: "),
        ({"offset": "-1"}, 422, "offset: "),
        ({"since": "soon"}, 422, "since: "),
        ({"outlett": "x"}, 422, "outlett: "),
        ({"since": "2024-02-02", "until": "2024-01-01"}, 400, "2024-02-02"),
    ],
)
def test_a_wrong_filter_is_refused_and_not_ignored(
    client: TestClient, params: dict[str, str], status: int, says: str
) -> None:
    response = client.get("/api/articles", params=params)
    assert response.status_code == status
    assert list(response.json()) == ["error"]
    assert says in response.json()["error"]


def test_a_draft_is_checked(client: TestClient) -> None:
    record = client.post("/api/check", json={"text": DRAFT}).json()
    assert record["counts"] == {"verbatim": 1, "altered": 1, "other speaker": 0, "not found": 1}
    for one in record["quotations"]:
        assert DRAFT[one["start"] : one["end"]] == one["quotation"]
    assert record["quotations"][1]["matches"][0]["changes"] == [{"draft": "46", "article": "48"}]
    assert client.post("/api/check", json={"text": "Nothing quoted."}).json()["quotations"] == []


def test_a_draft_has_its_limits(client: TestClient) -> None:
    many = "“one two three four” and " * 101
    refused = client.post("/api/check", json={"text": many})
    assert refused.status_code == 400
    assert "101 quotations; at most 100" in refused.json()["error"]
    marks = client.post("/api/check", json={"text": "'" * 150_000})
    assert marks.status_code == 400
    assert "150,000 quotation marks and apostrophes; at most 5,000" in marks.json()["error"]
    long = client.post("/api/check", json={"text": "x" * 200_001})
    assert long.status_code == 422
    assert long.json()["error"].startswith("text: ")


def test_questions_are_answered_between_the_quotations_of_a_draft(index: Index) -> None:
    service = QueuedAnswerer(Answerer(index))
    turns: list[str] = []
    lock = service._turn

    class Counted:
        def __enter__(self) -> None:
            lock.acquire()
            turns.append(threading.current_thread().name)

        def __exit__(self, *_: object) -> None:
            lock.release()

    service._turn = Counted()  # type: ignore[assignment]
    assert len(service.check(DRAFT)) == 3
    assert len(turns) >= 3


def test_health_is_told(client: TestClient, index: Index) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    stopped = QueuedAnswerer(Answerer(index))
    stopped.stop()
    other = TestClient(build_api(stopped), base_url="http://localhost")
    assert other.get("/healthz").status_code == 200
    assert (other.get("/readyz").status_code, other.get("/readyz").json()) == (
        503,
        {"status": "stopping"},
    )
    refused = other.post("/api/ask", json={"question": "tea"})
    assert refused.status_code == 503
    assert "stopping" in refused.json()["error"]


def test_a_method_that_is_not_there_is_told_with_those_that_are(client: TestClient) -> None:
    response = client.get("/api/ask")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json() == {"error": "This address takes POST only."}
    assert client.delete("/api/articles").headers["allow"] == "GET"
    assert client.get("/api/nothing").status_code == 404


def test_numbers_are_numbers(client: TestClient) -> None:
    for k in ("5", True, 2.5):
        response = client.post("/api/ask", json={"question": "tea", "k": k})
        assert response.status_code == 422
        assert response.json()["error"].startswith("k: ")


# The document


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    return client.get("/openapi.json").json()


def test_the_document_is_of_the_api_alone(document: dict[str, Any]) -> None:
    assert document["info"]["title"] == "presscite"
    assert set(document["paths"]) == {
        "/api/ask",
        "/api/search",
        "/api/check",
        "/api/articles",
        "/api/collection",
        "/api/articles/{article_id}",
        "/healthz",
        "/readyz",
    }


def test_every_field_is_described_as_it_is_sent(
    client: TestClient, document: dict[str, Any]
) -> None:
    schemas = document["components"]["schemas"]
    seen: set[str] = set()

    def compare(name: str, record: dict[str, Any]) -> None:
        described = schemas[name]["properties"]
        assert set(record) == set(described), name
        seen.add(name)
        for field, about in described.items():
            items = about.get("items", {})
            for branch in (about, items, *about.get("anyOf", ())):
                if "$ref" in branch and record[field] is not None:
                    values = record[field] if branch is items else [record[field]]
                    for value in values:
                        compare(branch["$ref"].rpartition("/")[2], value)

    question = {"question": "What did the harbour board approve?"}
    compare("Answer", client.post("/api/ask", json=question).json())
    for passage in client.post("/api/search", json=question).json():
        compare("Passage", passage)
    compare("CheckedDraft", client.post("/api/check", json={"text": DRAFT}).json())
    compare("ArticleList", client.get("/api/articles").json())
    compare("Collection", client.get("/api/collection").json())
    compare("WholeArticle", client.get(f"/api/articles/{TERMINAL.id}").json())
    compare("Health", client.get("/healthz").json())
    compare("Readiness", client.get("/readyz").json())
    compare("Error", client.get("/api/articles/none").json())
    library = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://localhost")
    compare("Answer", library.post("/api/ask", json={"question": "how many"}).json())
    assert {"Alternative", "Citation", "Match", "Change", "Quotation", "NameCount"} <= seen


class _Page(HTMLParser):
    """Which elements a page has, its anchors, and where it links to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(given["id"] or "")
        for name in ("href", "src", "action"):
            if given.get(name):
                self.links.append(given[name] or "")


def test_the_document_has_a_page_without_scripts(
    client: TestClient, document: dict[str, Any]
) -> None:
    response = client.get("/api")
    assert response.status_code == 200
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "script-src" not in response.headers["content-security-policy"]
    page = _Page(response.text)
    assert not {"script", "iframe", "img", "link", "form"} & page.tags
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        known = {"/", "/ask", "/articles", "/check", "/openapi.json"}
        assert link in known or link.removeprefix("#") in page.ids
    assert {f"object-{name}" for name in document["components"]["schemas"]} <= set(page.ids)
    assert client.get("/api/").text == response.text


def test_the_pages_examples_can_be_sent(client: TestClient) -> None:
    page = unescape(client.get("/api").text)
    commands = [shlex.split(one) for one in re.findall("<pre tabindex[^>]*>(.*?)</pre>", page)]
    assert len(commands) == 3
    for name, url, _, header, _, body in commands:
        assert (name, header) == ("curl", "Content-Type: application/json")
        assert url.startswith("http://127.0.0.1:7860/api/")
        sent = client.post(url, content=body, headers={"content-type": "application/json"})
        assert sent.status_code == 200


# Attacks


def test_hostile_article_text_is_json_and_nothing_else(client: TestClient) -> None:
    response = client.get("/api" + article_path(STORED.id))
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.json()["text"].startswith(HOSTILE.text[:500])


@pytest.mark.parametrize(
    "path",
    [
        "/api/articles/..%2f..%2f..%2fetc%2fpasswd",
        "/api/articles/%2Fetc%2Fpasswd",
        "/api/articles/....//....//etc/passwd",
        "/articles/..%2f..%2fetc%2fpasswd",
        "/api/articles/x%00y",
        "/api/articles/x%0d%0aSet-Cookie:%20a=b",
        "/articles/x%0d%0aSet-Cookie:%20a=b",
    ],
)
def test_an_id_is_a_key_and_no_path_or_header(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "root:" not in response.text
    assert "set-cookie" not in response.headers


def test_deep_json_is_refused(client: TestClient) -> None:
    body = b"[" * 100_000
    headers = {"content-type": "application/json"}
    response = client.post("/api/ask", content=body, headers=headers)
    assert response.status_code == 422
    assert list(response.json()) == ["error"]
    inside = b'{"question": "tea", "history": ' + b"[" * 900 + b"]" * 900 + b"}"
    assert client.post("/api/ask", content=inside, headers=headers).status_code == 422


def test_limits_in_the_document_are_those_of_the_server(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    question = schemas["Question"]["properties"]
    assert question["question"]["maxLength"] == service_module.MAX_QUESTION_CHARS
    assert question["k"]["maximum"] == service_module.MAX_K
    assert schemas["Draft"]["properties"]["text"]["maxLength"] == service_module.MAX_DRAFT_CHARS


def test_an_index_without_lists_says_so() -> None:
    client = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://localhost")
    for path in ("/api/articles", "/api/collection"):
        assert (client.get(path).status_code, list(client.get(path).json())) == (501, ["error"])


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain; charset=utf-8"])
def test_json_that_is_sent_as_something_else_is_told(client: TestClient, kind: str) -> None:
    body = '{"question": "What did the harbour board approve?"}'
    refused = client.post("/api/ask", content=body, headers={"content-type": kind})
    assert refused.status_code == 422
    line = f"body: sent as {kind.partition(';')[0]}; send JSON as application/json"
    assert refused.json() == {"error": line}
    for known in ("application/json", "application/vnd.presscite+json"):
        taken = client.post("/api/ask", content=body, headers={"content-type": known})
        assert taken.status_code == 200
