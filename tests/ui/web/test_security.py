"""Foreign hosts, foreign pages, slow and huge bodies: refused before anything is answered."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from fastapi.testclient import TestClient

from rag.errors import QueryError
from tests.ui.library import SmallLibrary
from tests.ui.web.server import running
from ui.web import security
from ui.web.hosts import checked_host
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-resource-policy": "same-origin",
}


def client_of(base_url: str = "http://127.0.0.1:7860", **access: object) -> TestClient:
    app = build_api(QueuedAnswerer(SmallLibrary()), **access)  # type: ignore[arg-type]
    return TestClient(app, base_url=base_url, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client() -> TestClient:
    return client_of()


def asked(client: TestClient, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.post("/api/ask", json={"question": "tea"}, headers=named)
    assert not [name for name in response.headers if name.startswith("access-control")]
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    return response.status_code


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:7860", "sec_fetch_site": "same-origin"}, 200),
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        # Another program's page on this machine: one site for browsers, another origin.
        ({"origin": "http://127.0.0.1:9999", "sec_fetch_site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "file://"}, 403),
        ({"origin": "http://127.0.0.1:7860.evil.example"}, 403),
        ({"origin": "http://127.0.0.1:7860@evil.example"}, 403),
        ({"origin": "http://[::1"}, 403),
    ],
)
def test_only_its_own_pages_may_post(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    assert asked(client, **headers) == status


def test_pages_of_other_sites_may_link_here(client: TestClient) -> None:
    linked = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}
    assert client.get("/articles/treaty-1", headers=linked).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1:7860@evil.example",
        "127.0.0.1/evil.example",
        "127.0.0.1:port",
        "127.0.0.1 evil.example",
        "[::1",
        "127.0.0.1:7860:80",
    ],
)
def test_a_strange_host_is_refused(client: TestClient, host: str) -> None:
    response = client.get("/articles/treaty-1", headers={"host": host})
    assert response.status_code == 400
    assert "evil" not in response.text


def test_what_a_proxy_says_of_the_host_is_checked_too(client: TestClient) -> None:
    for forwarded in ("evil.example", "127.0.0.1, evil.example", ""):
        answer = client.get("/api/articles/treaty-1", headers={"x-forwarded-host": forwarded})
        assert answer.status_code == 400
    known = client_of(allowed_hosts=["news.example"])
    answer = known.get("/api/articles/treaty-1", headers={"x-forwarded-host": "news.example"})
    assert answer.status_code == 200


def test_behind_a_proxy_its_pages_have_the_allowed_name() -> None:
    client = client_of(allowed_hosts=["news.example"])
    assert asked(client, origin="https://news.example") == 200
    assert asked(client, origin="https://news.example", host="news.example") == 200
    assert asked(client, origin="https://other.example", host="news.example") == 403
    assert asked(client, host="other.example") == 400


def test_any_name_is_served_where_the_outer_application_checks() -> None:
    client = client_of(allowed_hosts=["*"])
    assert asked(client, host="whatever.example") == 200
    assert asked(client, host="whatever.example", origin="https://evil.example") == 403
    assert asked(client, host="") == 400


def test_health_is_told_under_any_name(client: TestClient) -> None:
    for path in ("/healthz", "/readyz"):
        assert client.get(path, headers={"host": "10.1.2.3:80"}).json() == {"status": "ok"}


@pytest.mark.parametrize("name", ["http://news.example", "news.example:80", "a b", "", "a/b", "@"])
def test_what_is_no_host_name_is_said_so(name: str) -> None:
    with pytest.raises(QueryError, match="--allowed-host"):
        checked_host(name)


def test_what_is_a_host_name_is_taken() -> None:
    for name in ("news.example", "*", "10.0.0.5", "[fe80::1]"):
        assert checked_host(name) == name


@pytest.mark.slow
def test_a_slow_body_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_USUAL", security.BodyLimits(seconds=0.5))
    with (
        running(build_api(QueuedAnswerer(SmallLibrary()))) as address,
        socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as slow,
    ):
        slow.settimeout(20)
        began = time.monotonic()
        slow.sendall(
            b"POST /api/ask HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b'content-length: 100\r\n\r\n{"question": '
        )
        answer = b""
        while b"seconds to arrive" not in answer and (more := slow.recv(4096)):
            answer += more
        assert time.monotonic() - began < 10
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"seconds to arrive" in answer


def test_a_stream_that_waits_for_its_end_is_not_cut() -> None:
    """Gradio's events stay open for hours after a request's short body."""
    messages: list[dict[str, object]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, object]:
        if messages:
            return messages.pop()
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    async def both() -> list[object]:
        capped = security._Capped(receive, security.BodyLimits(seconds=0.05))  # type: ignore[arg-type]
        return [(await capped())["type"], (await capped())["type"], capped.refusal]

    assert asyncio.run(both()) == ["http.request", "http.disconnect", None]


@pytest.mark.parametrize("path", ["/gradio_api/upload", "/gradio_api/upload?upload_id=x"])
def test_no_file_is_taken(client: TestClient, path: str) -> None:
    assert client.post(path, files={"files": ("a.txt", b"x")}).status_code == 403
    mounted = TestClient(
        build_api(QueuedAnswerer(SmallLibrary()), root_path="/news"), base_url="http://localhost"
    )
    assert mounted.post(f"/news{path}", files={"files": ("a", b"x")}).status_code == 403


def test_a_failure_is_one_line_under_the_same_headers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_answer: object) -> None:
        raise LookupError("/srv/secret")

    monkeypatch.setattr("ui.web.api.answer_json", broken)
    response = client.post("/api/ask", json={"question": "tea"})
    assert response.status_code == 500
    assert response.json() == {"error": "Something went wrong on the server; its log says what."}
    for name, value in HEADERS.items():
        assert response.headers[name] == value
    assert "/srv/secret" in caplog.text
