"""An index that is replaced, emptied, taken away or damaged under a running server: answered from the new
one, or one line that says what to do; each page, each route and the chat."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from embeddings import Encoder, load_encoder
from rag.answering.answerer import Answerer
from rag.index import Index
from rag.ingest.article import make_article
from rag.types import Article
from tests.conftest import HashEncoder
from tests.ui.web.test_collection_summary import STATEMENTS
from ui.web.chat import build_app
from ui.web.first_visit import FirstVisit
from ui.web.service import QueuedAnswerer

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow

KEY = "0123456789abcdef" * 2
CHAIRED = "Who chaired the session?"
DRAFT = "He said “chaired the session on harbour rules”."


def article(number: int, text: str, outlet: str = "Coast Gazette") -> Article:
    return make_article(
        text=text, title=f"Story {number}", outlet=outlet, published=date(2024, 1, number),
        source=f"{number}.txt",
    )  # fmt: skip


OLD = [article(1, "Maria Okafor chaired the session on harbour rules. Nobody objected.")]
NEW = [
    article(2, "Lena Brandt chaired the session on ferry rules. All agreed.", "Hill Post"),
    article(3, "Storms closed the pass in June.", "Hill Post"),
    article(4, "The orchard sold forty tonnes of pears.", "Hill Post"),
]
PAGES = [
    "/", f"/ask?q={quote(CHAIRED)}", "/articles", f"/articles/{OLD[0].id}", "/check",
    "/filters?outlet=Hill+Post", "/filters/choices", f"/conversations/{KEY}",
]  # fmt: skip
RECORDS = [
    f"/ask.json?q={quote(CHAIRED)}", f"/ask.md?q={quote(CHAIRED)}", "/api/articles",
    f"/api/articles/{OLD[0].id}", f"/articles/{OLD[0].id}/quote.ris?start=0&end=12",
]  # fmt: skip


def made(folder: Path, articles: list[Article], encoder: Encoder | None = None) -> Path:
    with Index.open(folder, create=True, encoder=encoder or load_encoder()) as index:
        index.add(articles)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return made(tmp_path / "index", OLD)


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    with Index.open(folder) as index:
        app = build_app(Answerer(index))
        client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        assert asked(client)["answer"] == "Maria Okafor"
        assert client.get("/filters/choices").json()["outlets"] == ["Coast Gazette"]
        yield client


def asked(client: TestClient) -> dict[str, object]:
    """Ask in the chat; returns the turn once it has its reply."""
    address = f"/conversations/{KEY}"
    # The same question asked again at once is asked once.
    client.delete(address)
    client.put(address, json={"turns": []})
    question = {"id": secrets.token_hex(16), "question": CHAIRED, "standalone": True}
    assert client.post(f"{address}/questions", json=question).status_code == 200
    for _ in range(2400):
        turn: dict[str, object] = next(
            one for one in client.get(address).json()["turns"] if one["id"] == question["id"]
        )
        if turn["status"] != "waiting":
            return turn
        time.sleep(0.05)
    pytest.fail("the question was never answered")


def statuses(client: TestClient) -> dict[str, int]:
    found = {path: client.get(path).status_code for path in [*PAGES, *RECORDS]}
    for path in ("/api/ask", "/api/search"):
        found[path] = client.post(path, json={"question": CHAIRED}).status_code
    found["/api/check"] = client.post("/api/check", json={"text": DRAFT}).status_code
    found["check"] = client.post("/check", data={"draft": DRAFT}).status_code
    return found


def test_another_index_in_its_place_answers(client: TestClient, folder: Path) -> None:
    folder.rename(folder.with_name("before"))
    # As many commits as the one before: the number alone does not tell them apart.
    made(folder.with_name("next"), NEW).rename(folder)
    assert asked(client)["answer"] == "Lena Brandt"
    assert client.get("/filters/choices").json()["outlets"] == ["Hill Post"]
    assert client.get("/api/articles").json()["total"] == 3
    assert "3 of 3" in client.get("/filters?outlet=Hill+Post").json()["line"]
    gone = [path for path, status in statuses(client).items() if status != 200]
    assert gone == [path for path in [*PAGES, *RECORDS] if OLD[0].id in path]


def test_questions_to_click_are_of_the_index_that_is_there(tmp_path: Path) -> None:
    folder = made(tmp_path / "index", [article(1, STATEMENTS[0])])
    now = [0.0]
    with Index.open(folder) as index:
        answerer = Answerer(index)
        first = FirstVisit(answerer, QueuedAnswerer(answerer), (), clock=lambda: now[0])

        def questions() -> tuple[str, ...]:
            first.begin()
            for _ in range(600):
                if first.ready and not first.making:
                    return first.questions
                time.sleep(0.05)
            pytest.fail("no questions were made")

        assert questions() == ("How much will the tram line to Brask harbour cost?",)
        index.add([article(2, STATEMENTS[1])])
        assert len(questions()) == 1
        now[0] = 3700.0
        assert len(questions()) > 1
        folder.rename(tmp_path / "before")
        made(tmp_path / "next", [article(3, STATEMENTS[2])]).rename(folder)
        found = questions()
        assert found
        assert all("Marenka" in one or "Gdynia" in one for one in found)


def test_an_index_without_articles_says_nothing_and_fails_nowhere(
    client: TestClient, folder: Path
) -> None:
    with Index.open(folder) as index:
        index.remove([OLD[0].id])
    turn = asked(client)
    assert (turn["status"], turn["answer"], turn["error"]) == ("answered", None, None)
    assert set(statuses(client).values()) == {200, 404}


@pytest.mark.parametrize(
    ("replaced", "told"),
    [
        ("gone", "There is no index where this server reads one"),
        ("damaged", "The index cannot be searched now"),
        ("other model", "Another index was put in this one's place; start the server again"),
    ],
)
def test_an_index_that_cannot_be_used_is_said_and_comes_back(
    client: TestClient, folder: Path, replaced: str, told: str
) -> None:
    before = folder.with_name("before")
    folder.rename(before)
    if replaced == "damaged":
        folder.mkdir()
        (folder / "catalog.sqlite").write_bytes(b"this is no database at all" * 100)
    elif replaced == "other model":
        made(folder, NEW, HashEncoder(dimension=32))
    turn = asked(client)
    assert turn["status"] == "failed"
    assert str(turn["error"]).startswith(told)
    assert str(folder) not in str(turn)
    found = statuses(client)
    assert set(found.values()) <= {200, 404, 503}
    assert found["/api/ask"] == found[f"/ask?q={quote(CHAIRED)}"] == 503
    assert told in client.post("/api/ask", json={"question": CHAIRED}).json()["error"]
    if replaced != "other model":
        assert client.get("/readyz").status_code == 503
    if folder.exists():
        folder.rename(folder.with_name("away"))
    before.rename(folder)
    assert asked(client)["answer"] == "Maria Okafor"
    assert set(statuses(client).values()) == {200}
