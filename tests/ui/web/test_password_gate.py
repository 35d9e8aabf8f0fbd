"""A password before the whole server; guessing is slow, and tells nothing."""

from __future__ import annotations

import base64
import threading
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.ui.library import SmallLibrary
from tests.ui.web.server import running
from ui.passwords import PasswordHash, Passwords
from ui.web import password_gate
from ui.web.chat import build_app
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer
from ui.web.shared_state import SharedState
from ui.web.throttle import FREE_FAILURES, SharedThrottle, Throttle

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow

PASSWORD = "harbour works at dawn"
EVERYWHERE = [
    "/",
    "/config",
    "/openapi.json",
    "/api",
    "/ask?q=tea",
    "/articles/treaty-1",
    "/api/articles/treaty-1",
    "/gradio_api/info",
    "/gradio_api/heartbeat/x",
    "/gradio_api/queue/data?session_hash=x",
    "/assets/none.js",
    "/nothing",
    "/metrics",
    "//healthz",
    "/healthz/../api/articles/treaty-1",
]


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords({"desk": PasswordHash.of(PASSWORD)})


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def client_of(passwords: Passwords) -> TestClient:
    app = build_api(QueuedAnswerer(SmallLibrary()), passwords=passwords)
    return TestClient(app, base_url="http://127.0.0.1:7860")


def test_nothing_is_served_without_it_but_the_health_check(passwords: Passwords) -> None:
    app = build_app(SmallLibrary(), passwords=passwords)
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    for path in EVERYWHERE:
        response = client.get(path)
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"].startswith("Basic ")
        assert response.headers["x-frame-options"] == "DENY"
        assert list(response.json()) == ["error"]
    for path in ("/api/ask", "/gradio_api/queue/join", "/gradio_api/run/predict", "/login"):
        assert client.post(path, json={"question": "tea"}).status_code == 401
    for path in ("/healthz", "/readyz"):
        assert client.get(path).json() == {"status": "ok"}
    right = basic("desk", PASSWORD)
    for path in ("/", "/config", "/articles/treaty-1", "/gradio_api/info"):
        assert client.get(path, headers=right).status_code == 200
    foreign = {**right, "origin": "https://evil.example"}
    assert client.post("/api/ask", json={"question": "tea"}, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "Bearer abc",
        "Basic " + "A" * 10_000,
    ],
)
def test_what_are_no_credentials_are_refused_unhashed(
    passwords: Passwords, header: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Passwords, "match", None)
    response = client_of(passwords).get("/api/articles/treaty-1", headers={"authorization": header})
    assert response.status_code == 401


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time passes between guesses: the first wait is a second, in which a busy machine makes few."""
    monkeypatch.setattr(password_gate, "Throttle", lambda: Throttle(lambda: 1000.0))
    monkeypatch.setattr(
        "ui.web.chat.SharedThrottle", lambda state: SharedThrottle(state, lambda: 1000.0)
    )


@pytest.mark.usefixtures("stopped_clock")
def test_guessing_is_slowed_and_who_is_in_stays_in(passwords: Passwords) -> None:
    client = client_of(passwords)
    path, right = "/api/articles/treaty-1", basic("desk", PASSWORD)
    assert client.get(path, headers=right).status_code == 200
    statuses = [
        client.get(path, headers=basic("desk", f"guess number {n}")).status_code
        for n in range(FREE_FAILURES + 3)
    ]
    assert statuses[:FREE_FAILURES] == [401] * FREE_FAILURES
    assert statuses[FREE_FAILURES:] == [429] * 3
    refused = client.get(path, headers=basic("desk", "one more guess"))
    assert int(refused.headers["retry-after"]) >= 1
    assert "try again in" in refused.json()["error"]
    # Another reader behind the same proxy, whose password was right before.
    assert client.get(path, headers=right).status_code == 200


@pytest.mark.usefixtures("stopped_clock")
def test_guesses_sent_together_are_counted_together(passwords: Passwords) -> None:
    checks: list[str] = []
    lock = threading.Lock()

    class Counted(Passwords):
        def match(self, user: str, password: str) -> bool:
            with lock:
                checks.append(password)
            return super().match(user, password)

    counted = Counted({"desk": PasswordHash.of(PASSWORD)})
    import httpx

    statuses: list[int] = []
    with running(build_api(QueuedAnswerer(SmallLibrary()), passwords=counted)) as address:

        def guess(number: int) -> None:
            headers = basic("desk", f"guess {number}")
            found = httpx.get(f"{address}/api/articles/treaty-1", headers=headers, timeout=60)
            with lock:
                statuses.append(found.status_code)

        threads = [threading.Thread(target=guess, args=(number,)) for number in range(24)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert set(statuses) == {401, 429}
    assert len(checks) == FREE_FAILURES


def test_one_subscribers_network_is_one_client() -> None:
    found = {
        password_gate._client({"client": (address, 1)})
        for address in ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:1::1", "10.0.0.1", "10.0.0.2")
    }
    assert len(found) == 4
    assert password_gate._client({"client": None}) == ""


def test_gradios_client_and_streams_work_with_it(passwords: Passwords, tmp_path: Path) -> None:
    from gradio_client import Client

    with running(build_app(SmallLibrary(), passwords=passwords)) as address:
        client = Client(
            address, headers=basic("desk", PASSWORD), verbose=False, download_files=str(tmp_path)
        )
        try:
            record = client.predict("Who chaired the session?", api_name="/ask")
        finally:
            client.close()
    assert record["answer"] == "Maria Okafor"


@pytest.mark.usefixtures("stopped_clock")
def test_two_processes_give_no_more_tries_than_one(passwords: Passwords, tmp_path: Path) -> None:
    states = [SharedState(tmp_path) for _ in range(2)]
    clients = [
        TestClient(
            build_app(SmallLibrary(), passwords=passwords, state=one),
            base_url="http://127.0.0.1:7860",
        )
        for one in states
    ]
    path = "/api/articles/treaty-1"
    statuses = [
        clients[number % 2].get(path, headers=basic("desk", f"guess {number}")).status_code
        for number in range(FREE_FAILURES + 3)
    ]
    assert statuses == [401] * FREE_FAILURES + [429] * 3
    # Not even the right password is tried meanwhile, by either.
    for client in clients:
        assert client.get(path, headers=basic("desk", PASSWORD)).status_code == 429
    for one in states:
        one.close()
