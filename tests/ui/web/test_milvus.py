"""The chat over an index in Milvus: questions, pages, feedback, adding; and a server that goes away."""

import time
from contextlib import contextmanager

import pytest
from fastapi.testclient import TestClient

pytest.importorskip("pymilvus", reason="the extra `milvus` is not installed")
pytest.importorskip("milvus_lite", reason="the extra `milvus` is not installed")

from eval.feedback import FeedbackStore
from rag.index.opening import open_index
from rag.ingest.article import make_article
from tests.rag.index.milvus_parts import LiteServer
from ui import create_app
from ui.keeping import kept_folder

pytestmark = pytest.mark.slow

OWN = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
FERRY = make_article(
    text="The harbour of Lindau ordered seven electric ferries on Monday. "
    "Mayor Greta Holm said the first one will sail in May 2021.",
    source="/news/ferry.txt",
    title="Ferries",
    outlet="Lake Wire",
)
QUESTION = {"question": "How many electric ferries did Lindau order?"}


@pytest.fixture(autouse=True)
def _own_user_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("ui.keeping.user_folder", lambda: tmp_path / "user")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = LiteServer(tmp_path_factory.mktemp("milvus") / "data")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def name(server):
    found = server.name("news")
    with open_index(found, create=True) as index:
        index.add([FERRY])
    return found


@contextmanager
def asked(name, **options):
    with TestClient(create_app(name, **options), base_url="http://127.0.0.1", headers=OWN) as made:
        yield made


def test_questions_are_answered_and_articles_shown(name):
    with asked(name) as client:
        answer = client.post("/api/ask", json=QUESTION).json()
        assert answer["answer"] == "seven"
        assert answer["citations"][0]["quote"] in FERRY.text
        assert client.get("/api/articles").json()["articles"][0]["id"] == FERRY.id
        assert "Ferries" in client.get("/articles").text
        assert "ordered seven electric ferries" in client.get(f"/articles/{FERRY.id}").text
        assert client.get("/readyz").json() == {"status": "ok"}


def test_feedback_is_kept_in_the_users_folder(name):
    given = {"q": QUESTION["question"], "verdict": "right"}
    with asked(name, feedback=True) as client:
        page = client.get("/ask", params={"q": QUESTION["question"]}).text
        assert 'name="verdict" value="right"' in page
        told = client.post("/feedback", data=given)
        assert told.status_code == 200, told.text
    with open_index(name) as index:
        (kept,) = FeedbackStore(kept_folder(index)).all()
    assert (kept.feedback.verdict, kept.feedback.question) == ("right", QUESTION["question"])


def test_articles_are_added_from_the_browser(name):
    bells = ("bells.md", b"# Bells\n\nArbon bought three bells for its tower on Friday.")
    with asked(name, allow_add=True) as client:
        page = client.post("/add", files=[("files", bells)])
        until = time.monotonic() + 120
        while "added 1" not in page.text:
            assert time.monotonic() < until, page.text
            time.sleep(0.2)
            page = client.get(page.url.path)
        found = client.get("/api/articles").json()["articles"]
        assert {one["title"] for one in found} == {"Ferries", "Bells"}


def test_a_server_that_goes_away_is_told_and_found_again(name, server):
    line = "The index is on a server that does not answer now; please ask again soon."
    with asked(name) as client:
        assert client.post("/api/ask", json=QUESTION).status_code == 200
        server.kill()
        try:
            ready = client.get("/readyz")
            assert (ready.status_code, ready.json()) == (503, {"status": "unusable"})
            for refused in (
                client.post("/api/ask", json=QUESTION),
                client.post("/api/search", json=QUESTION),
                client.get("/api/articles"),
                client.get(f"/api/articles/{FERRY.id}"),
            ):
                assert (refused.status_code, refused.json()) == (503, {"error": line})
            page = client.get("/ask", params={"q": QUESTION["question"], "lang": "vi"})
            assert page.status_code == 503
            assert "hiện không trả lời" in page.text
            assert client.get("/articles").status_code == 503
            assert client.get("/healthz").status_code == 200
        finally:
            server.start()
        assert client.get("/readyz").status_code == 200
        assert client.post("/api/ask", json=QUESTION).json()["answer"] == "seven"
