"""The chat's page beside the routes: its conversation, its protections, and its server."""

from __future__ import annotations

import socket
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from fastapi.testclient import TestClient
from starlette.routing import Mount

from rag.errors import PressciteError
from tests.ui.library import SmallLibrary
from tests.ui.web.server import running
from ui.web import chat
from ui.web.chat import build_app, serve
from ui.web.security import CONTENT_SECURITY_POLICY

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = build_app(SmallLibrary(), examples=["Who chaired the session?"])
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path", ["/", "/config", "/chat.js", "/articles/treaty-1", "/api/articles/treaty-1"]
)
def test_page_and_routes_are_served_to_known_hosts(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == client.get(path).headers["content-type"]
    assert client.get(path, headers={"host": "evil.example"}).status_code == 400


def test_the_page_is_sent_small_and_nothing_else_is_held_back(client: TestClient) -> None:
    page = client.get("/")
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < 20_000 < len(page.content)
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == page.content
    assert "content-encoding" not in client.get("/articles/treaty-1").headers


def test_unknown_addresses_and_uploads_are_refused_in_one_shape(client: TestClient) -> None:
    for elsewhere in (client.put("/articles/none"), client.put("/api/none"), client.get("/no")):
        assert (elsewhere.status_code, list(elsewhere.json())) == (404, ["error"])
    upload = client.post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert upload.status_code == 403


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


def test_what_gradio_keeps_of_visits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_MAX_SESSIONS", 3)
    app = build_app(SmallLibrary())
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    (gradio,) = [route.app for route in app.routes if isinstance(route, Mount)]
    refresh = next(
        one["id"]
        for one in client.get("/config").json()["dependencies"]
        if one["targets"] and one["targets"][0][1] == "load"
    )
    for visit in range(10):
        body = {"fn_index": refresh, "data": [], "session_hash": f"visit{visit}"}
        answer = client.post("/gradio_api/run/predict", json=body)
        assert answer.status_code == 200, answer.text
    kept = gradio.state_holder.session_data
    assert list(kept) == ["visit7", "visit8", "visit9"]


def test_taken_port_is_said_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PressciteError, match=f"port {port} of 127.0.0.1") as caught:
            serve(SmallLibrary(), port=port, open_browser=False)
    assert "--port" in str(caught.value)
    assert "\n" not in str(caught.value)
