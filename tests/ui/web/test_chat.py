"""The chat's page beside the routes: its conversation, its protections, and its server."""

from __future__ import annotations

import socket
from datetime import date
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient

from rag.errors import PressciteError
from rag.types import Turn
from tests.ui.library import SmallLibrary
from tests.ui.web.server import running
from ui.web import service as service_module
from ui.web.chat import build_app, reply, serve
from ui.web.security import CONTENT_SECURITY_POLICY
from ui.web.service import QueuedAnswerer

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = build_app(SmallLibrary(), examples=["Who chaired the session?"])
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/config", "/articles/treaty-1", "/api/articles/treaty-1"])
def test_page_and_routes_are_served_to_known_hosts(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == client.get(path).headers["content-type"]
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400


def test_unknown_addresses_and_uploads_are_refused_in_one_shape(client: TestClient) -> None:
    for elsewhere in (client.put("/articles/none"), client.options("/api/ask"), client.get("/no")):
        assert (elsewhere.status_code, list(elsewhere.json())) == (404, ["error"])
    upload = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert upload.status_code == 403


def test_the_chats_day_is_read_as_it_was_typed() -> None:
    library = SmallLibrary()
    service = QueuedAnswerer(library, date(2020, 1, 1))
    reply(service, "tea", [], " 2024-02-10 ")
    assert library.options[-1]["as_of"] == date(2024, 2, 10)
    reply(service, "tea", [], "10 February 2024")
    assert library.options[-1]["as_of"] == date(2024, 2, 10)
    reply(service, "tea", [], " ")
    assert library.options[-1]["as_of"] == date.today()
    html, memory = reply(service, "tea", [("Why?", None)], "soon")
    assert "is no date" in html
    assert "pc-error" in html
    assert memory == [("Why?", None)]


def test_headers_and_no_grant_to_other_origins(client: TestClient) -> None:
    for origin in ("https://evil.example", "null", "http://localhost:9999"):
        for path in ("/", "/api/articles/treaty-1", "/config", "/gradio_api/info"):
            response = client.get(path, headers={"origin": origin})
            assert not [name for name in response.headers if name.startswith("access-control")]
            assert response.headers["referrer-policy"] == "no-referrer"
        asked = {"origin": origin, "access-control-request-method": "POST"}
        preflight = client.options("/api/ask", headers=asked)
        assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert client.get("/").headers["content-security-policy"] == CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "%2Fetc%2Fpasswd"]
)
def test_no_file_is_read_through_the_server(path: str) -> None:
    with running(build_app(SmallLibrary())) as address:
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"{address}/gradio_api/file={path}", timeout=20)
        assert refusal.value.code in {403, 404}
        refusal.value.close()


def test_conversation_is_handed_on_and_failures_leave_it_alone() -> None:
    library = SmallLibrary()
    service = QueuedAnswerer(library)
    html, memory = reply(service, "Who chaired the session?", [])
    assert "<mark>Maria Okafor</mark>" in html
    html, memory = reply(service, "Please explode", memory)
    assert "pc-error" in html
    html, memory = reply(service, "What of tea?", memory)
    assert memory == [("Who chaired the session?", "Maria Okafor"), ("What of tea?", None)]
    assert library.asked[-1][1] == (Turn("Who chaired the session?", "Maria Okafor"),)
    for number in range(40):
        _, memory = reply(service, f"Question {number}?", memory)
    assert len(memory) == service_module.MAX_TURNS


def test_what_cannot_be_shown_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_answer: object) -> str:
        raise ValueError("no such column")

    monkeypatch.setattr("ui.web.chat.render_answer", broken)
    html, _ = reply(QueuedAnswerer(SmallLibrary()), "Who chaired it?", [])
    assert "pc-error" in html
    assert "no such column" in caplog.text


def test_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PressciteError, match=f"port {port} of 127.0.0.1") as caught:
            serve(SmallLibrary(), port=port, open_browser=False)
    assert "--port" in str(caught.value)
    assert "\n" not in str(caught.value)
