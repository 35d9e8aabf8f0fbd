"""Article pages, JSON API and protections, over HTTP."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from fastapi.testclient import TestClient

from rag.errors import QueryError
from rag.types import Answer, Query, Turn
from tests.ui.library import HOSTILE, RECOUNT, TREATY, SmallLibrary
from ui.markup import article_path
from ui.web import service as service_module
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer, RefusedError


@pytest.fixture(scope="module")
def library() -> SmallLibrary:
    return SmallLibrary()


@pytest.fixture(scope="module")
def client(library: SmallLibrary) -> TestClient:
    app = build_api(QueuedAnswerer(library))
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


def test_ask_passes_everything_on(client: TestClient, library: SmallLibrary) -> None:
    body = {
        "question": " Who chaired it? ",
        "history": [{"question": "What met?", "answer": "The council"}, {"question": "Why?"}],
        "k": 3,
        "since": "2023-01-01",
        "until": None,
        "outlet": "Coast Gazette",
        "language": "en",
        "as_of": "2024-02-10",
        "collection": "Wire",
    }
    response = client.post("/api/ask", json=body)
    assert response.status_code == 200
    assert response.json()["answer"] == "Maria Okafor"
    assert response.json()["citations"][0]["article_id"] == TREATY.id
    turns = (Turn("What met?", "The council"), Turn("Why?", None))
    assert library.asked[-1] == ("Who chaired it?", turns)
    assert library.options[-1] == {
        "k": 3,
        "since": date(2023, 1, 1),
        "until": None,
        "outlet": "Coast Gazette",
        "language": "en",
        "as_of": date(2024, 2, 10),
        "collection": "Wire",
    }


def test_search_and_article_records(client: TestClient) -> None:
    found = client.post("/api/search", json={"question": "pact", "k": 2}).json()
    assert [passage["article_id"] for passage in found] == [TREATY.id, RECOUNT.id]
    for article in (TREATY, RECOUNT, HOSTILE):
        response = client.get("/api" + article_path(article.id))
        assert response.json()["text"] == article.text
    missing = client.get("/api/articles/none")
    assert missing.status_code == 404
    assert missing.json() == {"error": "There is no such article in this index."}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "question: field required"),
        ({"question": ""}, "question: "),
        ({"question": "   "}, "question: must not be empty"),
        ({"question": "x" * 2001}, "question: string should have at most 2000 characters"),
        ({"question": 5}, "question: "),
        ({"question": "q", "k": 0}, "k: input should be greater than or equal to 1"),
        ({"question": "q", "k": 10**9}, "k: input should be less than or equal to 100"),
        ({"question": "q", "since": "last week"}, "since: "),
        ({"question": "q", "history": [{"answer": "a"}]}, "history.0.question: field required"),
        ({"question": "q", "history": [{"question": "q"}] * 21}, "history: "),
        ({"question": "q", "outlett": "x"}, "outlett: "),
        ({"question": "q", "as_of": "soon"}, "as_of: "),
        ([1], "body: "),
    ],
)
def test_wrong_input_is_refused_in_one_line(client: TestClient, body: object, says: str) -> None:
    response = client.post("/api/ask", json=body)
    assert response.status_code == 422
    assert list(response.json()) == ["error"]
    line = response.json()["error"]
    assert line.startswith(says)
    assert "\n" not in line


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"question": "?!"}, "the question is empty"),
        ({"question": "q", "since": "2024-02-02", "until": "2024-01-01"}, "2024-02-02"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(
    client: TestClient, body: object, says: str
) -> None:
    for path in ("/api/ask", "/api/search"):
        response = client.post(path, json=body)
        assert (response.status_code, list(response.json())) == (400, ["error"])
        assert says in response.json()["error"]


def test_broken_json_and_unknown_routes(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    broken = client.post("/api/ask", content=b'{"question": ', headers=headers)
    assert (broken.status_code, broken.json()) == (422, {"error": "body: not valid JSON"})
    assert client.get("/api/nothing").status_code == 404
    assert client.get("/docs").text.find("swagger") == -1
    lone = client.post("/api/ask", content=b'{"question": "a\\ud800"}', headers=headers)
    assert lone.status_code == 422
    assert lone.json()["error"].startswith("question: ")


def test_a_chat_asked_as_of_a_day_passes_it_on_where_a_request_names_none() -> None:
    library = SmallLibrary()
    client = TestClient(
        build_api(QueuedAnswerer(library, date(2024, 2, 10))), base_url="http://localhost"
    )
    for path in ("/api/ask", "/api/search"):
        assert client.post(path, json={"question": "tea"}).status_code == 200
        assert library.options[-1]["as_of"] == date(2024, 2, 10)
        client.post(path, json={"question": "tea", "as_of": "2023-12-31"})
        assert library.options[-1]["as_of"] == date(2023, 12, 31)


def test_failures_show_one_line_and_no_traceback(client: TestClient) -> None:
    response = client.post("/api/ask", json={"question": "explode"})
    assert response.status_code == 500
    assert response.json()["error"].startswith("Something went wrong on the server")
    assert "hidden" not in response.text
    assert client.post("/api/ask", json={"question": "Who chaired it?"}).status_code == 200


def test_article_page_marks_the_quote(client: TestClient) -> None:
    start = TREATY.text.index("Maria Okafor")
    query = f"?start={start}&end={start + 50}&answer_start={start}&answer_end={start + 12}"
    response = client.get(article_path(TREATY.id) + query)
    assert response.status_code == 200
    assert response.text.count('id="quote"') == 1
    assert "<mark>Maria Okafor</mark>" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    plain = client.get(article_path(RECOUNT.id))
    assert plain.status_code == 200
    assert 'id="quote"' not in plain.text


@pytest.mark.parametrize(
    "query",
    [
        "start=5",
        "start=9&end=5",
        "start=-1&end=5",
        "start=0&end=9999999",
        "start=0&end=99999999999999999999999",
        "start=a&end=b",
        "start=٣&end=٥",
        "start=0&end=9&answer_start=3",
        "start=0&end=9&answer_start=8&answer_end=10",
        "start=2&end=9&answer_start=1&answer_end=5",
    ],
)
def test_offsets_that_do_not_fit_are_said_to(client: TestClient, query: str) -> None:
    response = client.get(f"{article_path(TREATY.id)}?{query}")
    assert response.status_code == 400
    assert "does not fit this article" in response.text
    assert 'id="quote"' not in response.text
    assert "The council met at dawn" in response.text


def test_unknown_article_has_a_page(client: TestClient) -> None:
    response = client.get("/articles/%3Cscript%3E")
    assert response.status_code == 404
    assert "No such article" in response.text
    assert "<script" not in response.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7860", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:7860", 200),
        ("evil.example", 400),
        ("127.0.0.1.evil.example", 400),
        ("localhost.evil.example:7860", 400),
        ("10.0.0.5", 400),
        ("", 400),
    ],
)
def test_only_known_hosts_are_served(client: TestClient, host: str, status: int) -> None:
    for path in ("/articles/treaty-1", "/api/articles/treaty-1"):
        response = client.get(path, headers={"host": host})
        assert response.status_code == status
        assert response.headers["x-content-type-options"] == "nosniff"


def test_bound_to_every_address_any_literal_is_served() -> None:
    app = build_api(QueuedAnswerer(SmallLibrary()), host="0.0.0.0", allowed_hosts=["news.example"])
    client = TestClient(app)
    answers = {"10.0.0.5:7860": 200, "[fe80::1]": 200, "news.example": 200, "evil.example": 400}
    for host, status in answers.items():
        assert client.get("/articles/treaty-1", headers={"host": host}).status_code == status


def test_uploads_and_large_bodies_are_refused(client: TestClient) -> None:
    upload = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert upload.status_code == 403
    large = client.post("/api/ask", content=b"x" * 1_000_001)
    assert large.status_code == 413
    streamed = client.post("/api/ask", content=(b"x" * 100_000 for _ in range(20)))
    assert streamed.status_code == 413
    assert streamed.json()["error"].startswith("The request is too large")


def test_what_the_library_refuses_is_said_in_its_words() -> None:
    class Refusing(SmallLibrary):
        def ask(self, query: Query) -> Answer:
            raise QueryError("the filter since=2024\nis after until=2023")

    with pytest.raises(RefusedError, match="the filter since=2024 is after until=2023") as caught:
        QueuedAnswerer(Refusing()).ask(Query("q"))
    assert caught.value.status == 400


@pytest.mark.parametrize("path", ["/api/ask", "/api/search"])
def test_the_api_takes_what_a_batch_line_takes(
    client: TestClient, library: SmallLibrary, path: str
) -> None:
    body = {
        "question": "Who chaired it?",
        "history": None,
        "since": "16 May 2022",
        "until": "2026-05-16T10:00:00+02:00",
        "language": "en",
        "outlet": None,
    }
    assert client.post(path, json=body).status_code == 200
    given = library.options[-1]
    assert (given["since"], given["until"]) == (date(2022, 5, 16), date(2026, 5, 16))
    assert given["language"] == "en"
    turns = [{"question": "What met?", "answer": "The council"}]
    assert client.post(path, json={"question": "Who?", "history": turns}).status_code == 200


def test_every_refusal_has_one_shape(client: TestClient) -> None:
    refused = {
        404: client.get("/api/articles/none"),
        405: client.delete("/api/articles/none"),
        400: client.get("/articles/none", headers={"host": "evil.example"}),
        413: client.post("/api/ask", content=b"x" * 1_000_001),
        422: client.post("/api/ask", content=b"\xff\xfe", headers={"content-type": "text/plain"}),
    }
    for status, response in refused.items():
        assert response.status_code == status
        assert list(response.json()) == ["error"], response.text
        assert "\n" not in response.json()["error"]
    for elsewhere, status in (
        (client.put("/articles/none"), 405),
        (client.options("/api/ask"), 405),
        (client.get("/no"), 404),
    ):
        assert (elsewhere.status_code, list(elsewhere.json())) == (status, ["error"])
    bytes_ = client.post(
        "/api/ask", content=b'{"question": "\xff"}', headers={"content-type": "application/json"}
    )
    assert (bytes_.status_code, bytes_.json()) == (422, {"error": "body: not valid JSON"})


@pytest.mark.parametrize("path", [article_path(TREATY.id), "/api/articles/treaty-1"])
def test_head_is_answered_where_get_is(client: TestClient, path: str) -> None:
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == client.get(path).headers["content-type"]
    assert client.head("/articles/none").status_code == 404


def test_an_article_does_not_wait_for_answers() -> None:
    answering, finish = threading.Event(), threading.Event()

    class Slow(SmallLibrary):
        def ask(self, query: Query) -> Answer:
            answering.set()
            finish.wait(60)
            return super().ask(query)

    service = QueuedAnswerer(Slow())
    asker = threading.Thread(target=service.ask, args=(Query("tea"),))
    asker.start()
    assert answering.wait(60)
    reading = threading.Thread(target=service.article, args=(TREATY.id,))
    reading.start()
    reading.join(30)
    waits = reading.is_alive()
    finish.set()
    asker.join(60)
    reading.join(60)
    assert not waits


def test_too_many_askers_are_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "MAX_WAITING", 1)
    started, finish = threading.Event(), threading.Event()

    class Slow(SmallLibrary):
        def ask(self, query: Query) -> Answer:
            started.set()
            finish.wait(60)
            return super().ask(query)

    service = QueuedAnswerer(Slow())
    asker = threading.Thread(target=service.ask, args=(Query("tea"),))
    asker.start()
    assert started.wait(60)
    with pytest.raises(RefusedError, match="Too many questions") as caught:
        service.ask(Query("tea"))
    assert caught.value.status == 503
    finish.set()
    asker.join(60)
    assert service.ask(Query("tea")).abstained
