"""What is logged and counted: request ids, lines of JSON without what was asked, metrics behind the gate."""

from __future__ import annotations

import base64
import json
import logging
import sys
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from rag.errors import QueryError
from tests.ui.library import SmallLibrary
from ui.passwords import PasswordHash, Passwords
from ui.web.health import starting_app
from ui.web.metrics import Metrics
from ui.web.request_log import JsonLines, RequestMiddleware, log_as_json, route_of
from ui.web.routes import build_api
from ui.web.security import SecurityMiddleware
from ui.web.service import QueuedAnswerer
from ui.web.watched import Watched

QUESTION = "Who chaired the secret session?"
PASSWORD = "harbour works at dawn"


def client_of(watched: Watched, **options: object) -> TestClient:
    app = build_api(QueuedAnswerer(SmallLibrary()), watched=watched, **options)  # type: ignore[arg-type]
    return TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False)


class Lines(logging.Handler):
    """Keeps the lines as they would be written."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[list[dict[str, object]]]:
    handler = Lines()
    logger = logging.getLogger("presscite")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler.lines
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_a_request_keeps_its_id_or_is_given_one() -> None:
    client = client_of(Watched())
    assert (
        client.get("/api", headers={"x-request-id": "a.B-9_"}).headers["x-request-id"] == "a.B-9_"
    )
    for bad in ("", "a b", "x" * 65, "ü", 'a"b', "a\tb"):
        given = client.get("/api", headers={"x-request-id": bad.encode()}).headers["x-request-id"]
        assert given != bad
        assert len(given) == 16
    for refused in (
        client.get("/api", headers={"host": "evil.example"}),
        client.post("/api/ask", json={"question": ""}),
        client.get("/nothing"),
    ):
        assert refused.status_code >= 400
        assert len(refused.headers["x-request-id"]) == 16


def test_lines_say_what_became_of_a_question_and_not_what_it_was(
    lines: list[dict[str, object]],
) -> None:
    client = client_of(Watched(log=True))
    named = {"x-request-id": "r1"}
    client.post("/api/ask", json={"question": QUESTION}, headers=named)
    client.get("/ask", params={"q": "What of secret tea?"})
    client.post("/api/ask", json={"question": "Please explode in secret"})
    client.get("/articles/treaty-1?secret=1")
    client.get(f"/conversations/{'5ec7e7' * 5}")
    for unlogged in ("/healthz", "/readyz"):
        client.get(unlogged)
    told = [
        (one["message"], one.get("outcome"), one.get("route"), one.get("status")) for one in lines
    ]
    assert told == [
        ("question", "found", None, None),
        ("request", None, "/api/ask", 200),
        ("question", "abstained", None, None),
        ("request", None, "/ask", 200),
        ("a request failed", None, None, None),
        ("question", "failed", None, 500),
        ("request", None, "/api/ask", 500),
        ("request", None, "/articles/*", 200),
        ("request", None, "/conversations/*", 404),
    ]
    assert [one["request_id"] for one in lines[:2]] == ["r1", "r1"]
    assert lines[0]["confidence"] == 0.91
    assert lines[2]["request_id"] == lines[3]["request_id"] != "r1"
    assert lines[6]["level"] == "warning"
    written = json.dumps([one for one in lines if "traceback" not in one])
    assert "secret" not in written
    assert "5ec7e7" not in written
    assert all(float(str(one["ms"])) >= 0 for one in lines if one["message"] != "a request failed")


def test_the_words_of_questions_are_logged_where_asked_for(lines: list[dict[str, object]]) -> None:
    client = client_of(Watched(log=True, questions=True))
    client.post("/api/search", json={"question": f"{QUESTION}\n{{}}"})
    assert lines[0]["question"] == f"{QUESTION} {{}}"
    assert (lines[0]["kind"], lines[0]["outcome"]) == ("search", "found")


def test_whatever_is_logged_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    root, own = logging.getLogger(), logging.getLogger("presscite")
    names = [root, own, logging.getLogger("uvicorn"), logging.getLogger("uvicorn.error")]
    before = [(one.handlers, one.propagate, one.level) for one in names]
    try:
        log_as_json()
        try:
            raise ValueError("two\nlines")
        except ValueError:
            own.exception("it failed\nin two lines")
        written = capsys.readouterr().err
    finally:
        for one, (handlers, propagate, level) in zip(names, before, strict=True):
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)
    line = json.loads(written)
    assert written.count("\n") == 1
    assert line["message"] == "it failed\nin two lines"
    assert "ValueError: two" in line["traceback"]


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/api/ask", "/api/ask"),
        ("/conversations/0123/evidence.md", "/conversations/*"),
        ("/gradio_api/queue/data", "/gradio_api/queue/*"),
        ("/gradio_api/file=/etc", "/gradio_api/*"),
        ("/wp-admin.php", "other"),
    ],
)
def test_routes_are_few(path: str, route: str) -> None:
    assert route_of(path) == route


def test_under_a_prefix_the_route_is_the_same(lines: list[dict[str, object]]) -> None:
    client = client_of(Watched(log=True), root_path="/news")
    client.get("/news/articles/treaty-1")
    client.get("/articles/treaty-1")
    assert [one["route"] for one in lines] == ["/articles/*", "/articles/*"]


def value(text: str, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"no {name} with {labels}")


def test_metrics_count_requests_questions_and_waits() -> None:
    metrics = Metrics()
    client = client_of(Watched(metrics=metrics, metrics_here=True))
    client.post("/api/ask", json={"question": QUESTION})
    client.post("/api/ask", json={"question": "What of tea?"})
    client.post("/api/ask", json={"question": "Please explode"})
    response = client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    text = response.text
    assert value(text, "presscite_questions_total", kind="ask", outcome="found") == 1
    assert value(text, "presscite_questions_total", kind="ask", outcome="abstained") == 1
    assert value(text, "presscite_questions_total", kind="ask", outcome="failed") == 1
    assert value(text, "presscite_requests_total", route="/api/ask", status="200") == 2
    assert value(text, "presscite_question_seconds_count", kind="ask") == 3
    assert value(text, "presscite_queue_seconds_count", kind="ask") == 3
    assert value(text, "presscite_questions_in_progress") == 0
    assert QUESTION not in text


def test_metrics_are_off_unless_asked_for_and_behind_the_password() -> None:
    assert client_of(Watched()).get("/metrics").status_code == 404
    assert client_of(Watched(metrics=Metrics())).get("/metrics").status_code == 404
    watched = Watched(metrics=Metrics(), metrics_here=True)
    client = client_of(watched, passwords=Passwords({"desk": PasswordHash.of(PASSWORD)}))
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"host": "evil.example"}).status_code == 400
    right = base64.b64encode(f"desk:{PASSWORD}".encode()).decode()
    assert client.get("/metrics", headers={"authorization": f"Basic {right}"}).status_code == 200
    for open_to_others in ({"host": "0.0.0.0"}, {"allowed_hosts": ["news.example"]}):
        with pytest.raises(QueryError, match="--metrics-port"):
            client_of(watched, **open_to_others)


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.web.metrics import check_metrics

    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(QueryError, match=r"pip install 'presscite\[metrics\]'"):
        check_metrics()


def test_while_it_starts_it_lives_and_is_not_ready() -> None:
    app = RequestMiddleware(SecurityMiddleware(starting_app()))
    client = TestClient(app, base_url="http://127.0.0.1:7860")
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz", headers={"host": "10.0.0.1"})
    assert (ready.status_code, ready.json()) == (503, {"status": "starting"})
    asked = client.post("/api/ask", json={"question": QUESTION})
    assert (asked.status_code, list(asked.json())) == (503, ["error"])
    assert int(asked.headers["retry-after"]) > 0
    assert "x-request-id" in asked.headers
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
