"""Feedback over HTTP: checked against the articles, bounded, kept, and only where it is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from eval.feedback import FILE, FeedbackStore
from rag.text.content_hash import content_hash
from rag.types import Candidate
from tests.ui.library import HOSTILE, TREATY, SmallLibrary, abstained, answered, cite
from tests.ui.web.test_render import PAYLOADS, Reading
from ui.interface_text import ENGLISH
from ui.markup import article_path
from ui.web import feedback_routes
from ui.web.feedback_forms import render_chat_verdicts, render_kept, render_verdicts
from ui.web.feedback_routes import RateLimit, find_words
from ui.web.hosts import is_loopback
from ui.web.routes import build_api
from ui.web.service import QueuedAnswerer

pytestmark = pytest.mark.slow

QUESTION = "Who chaired the talks?"
WORDS = "Maria Okafor"
START = TREATY.text.index(WORDS)
RIGHT = {"verdict": "right", "q": QUESTION, "article_id": TREATY.id, "start": START,
         "end": START + len(WORDS), "as_of": "2024-02-10"}  # fmt: skip
OWN = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}


class _InFolder(SmallLibrary):
    """The small library, with a folder to keep feedback in."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[TestClient]:
    app = build_api(QueuedAnswerer(_InFolder(folder)))
    with TestClient(app, base_url="http://127.0.0.1", headers=OWN) as made:
        yield made


def test_a_verdict_is_kept_with_the_words_of_the_article(client: TestClient, folder: Path) -> None:
    response = client.post("/feedback", data=RIGHT)
    assert response.status_code == 200
    assert response.history[0].status_code == 303
    assert "Kept: this answer is right." in Reading(response.text).text
    (kept,) = FeedbackStore(folder).all()
    given = kept.feedback
    assert (given.verdict, given.question, given.answer) == ("right", QUESTION, WORDS)
    assert (given.article_id, given.content_hash) == (TREATY.id, content_hash(TREATY))
    assert TREATY.text[given.start : given.end] == WORDS
    assert given.as_of == date(2024, 2, 10)


def test_an_abstention_is_judged_without_an_article(client: TestClient, folder: Path) -> None:
    assert client.post(
        "/feedback", data={"verdict": "wrong", "q": "What is the price of tea?"}
    ).is_success
    (kept,) = FeedbackStore(folder).all()
    assert (kept.feedback.verdict, kept.feedback.answer) == ("wrong", None)


def test_pasted_words_are_located_verbatim(client: TestClient, folder: Path) -> None:
    data = {"verdict": "here", "q": QUESTION, "article_id": TREATY.id,
            "words": " Maria\r\nOkafor   chaired "}  # fmt: skip
    assert client.post("/feedback", data=data).is_success
    (kept,) = FeedbackStore(folder).all()
    assert kept.feedback.answer == "Maria Okafor chaired"
    assert kept.feedback.start == START


def test_words_that_are_not_there_are_asked_for_again(client: TestClient, folder: Path) -> None:
    data = {"verdict": "here", "q": QUESTION, "article_id": TREATY.id, "words": "Mario <b>Okafor"}
    response = client.post("/feedback", data=data)
    assert response.status_code == 422
    page = Reading(response.text)
    assert "do not stand in the article" in page.text
    assert "Mario <b>Okafor" in page.text
    assert [a["value"] for _, a in page.elements if a.get("name") == "q"] == [QUESTION]
    assert not (folder / FILE).exists()


@pytest.mark.parametrize(
    ("change", "status", "line"),
    [
        ({"verdict": "perhaps"}, 400, "give right, wrong or here"),
        ({"verdict": ""}, 400, "give right, wrong or here"),
        ({"q": "?!"}, 400, "the question is empty"),
        ({"q": "x" * 3000}, 400, "3,000 characters"),
        ({"as_of": "soon"}, 400, "as_of"),
        ({"article_id": "none"}, 404, "no such article"),
        ({"start": "9", "end": "5"}, 400, "are not in the article"),
        ({"end": "99999999"}, 400, "are not in the article"),
        ({"start": "-1"}, 400, "start and end"),
        ({"start": "٣"}, 400, "start and end"),
        ({"start": "0", "end": "3000"}, 400, "3,000 characters"),
        ({"verdict": "here", "words": "  "}, 400, "no words are given"),
        ({"verdict": "here", "article_id": ""}, 400, "no words are given"),
    ],
)
def test_what_does_not_fit_is_one_line(
    client: TestClient, folder: Path, change: dict[str, str], status: int, line: str
) -> None:
    for accept in ("text/html", "application/json"):
        response = client.post("/feedback", data=RIGHT | change, headers={"accept": accept})
        assert response.status_code == status
        assert line in (
            Reading(response.text).text if accept == "text/html" else response.json()["error"]
        )
    assert not (folder / FILE).exists()


def test_other_bodies_are_refused(client: TestClient) -> None:
    assert client.post("/feedback", json=RIGHT).status_code == 400
    assert client.post("/feedback", files={"q": b"x"}).status_code == 400
    many = "&".join(f"a{n}=1" for n in range(60))
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/feedback", content=many, headers=form).status_code == 400
    assert client.post("/feedback", content=b"\xff=1", headers=form).status_code == 400
    assert (
        client.post("/feedback", content=b"q=" + b"x" * 1_000_001, headers=form).status_code == 413
    )


def test_programs_get_the_number_of_the_record(client: TestClient) -> None:
    response = client.post("/feedback", data=RIGHT, headers={"accept": "application/json"})
    assert (response.status_code, response.json()) == (200, {"id": 1})


def test_there_is_a_limit_in_a_minute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_routes, "RATE", 2)
    client = TestClient(
        build_api(QueuedAnswerer(_InFolder(folder))), base_url="http://127.0.0.1", headers=OWN
    )
    answers = [client.post("/feedback", data=RIGHT | {"q": f"Who {n}?"}) for n in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert len(FeedbackStore(folder).all()) == 2


def test_the_limit_lets_go_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(feedback_routes.time, "monotonic", lambda: now)
    limit = RateLimit(2, 60.0)
    assert [limit.take() for _ in range(3)] == [True, True, False]
    now = 60.0
    assert limit.take()


def test_a_folder_that_cannot_be_written_is_said_without_its_name(
    client: TestClient, folder: Path
) -> None:
    (folder / FILE).write_bytes(b"this is no database, and long enough to be looked at" * 30)
    response = client.post("/feedback", data=RIGHT)
    assert response.status_code == 500
    assert "log says why" in response.text
    assert str(folder) not in response.text


def test_the_page_of_an_answer_has_the_forms(client: TestClient, folder: Path) -> None:
    shown = client.get(f"/ask?{urlencode({'q': QUESTION})}")
    assert "form-action 'self'" in shown.headers["content-security-policy"]
    page = Reading(shown.text)
    fields = {a["name"]: a["value"] for _, a in page.elements if a.get("type") == "hidden"}
    assert fields["article_id"] == TREATY.id
    assert TREATY.text[int(fields["start"]) : int(fields["end"])] == WORDS
    verdicts = [a["value"] for tag, a in page.elements if a.get("name") == "verdict"]
    assert verdicts == ["right", "wrong", "here"]
    assert client.post("/feedback", data=fields | {"verdict": "wrong"}).is_success
    assert FeedbackStore(folder).all()[0].feedback.answer == WORDS


def test_an_article_has_the_form_only_where_asked_for(client: TestClient) -> None:
    path = article_path(TREATY.id)
    plain = client.get(path)
    assert "form-action 'none'" in plain.headers["content-security-policy"]
    assert Reading(plain.text).count("form") == 0
    (link,) = [
        a["href"] for tag, a in Reading(plain.text).elements if "correct" in (a.get("href") or "")
    ]
    asked = client.get(link.partition("#")[0] + "&q=" + "Who%3F")
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    page = Reading(asked.text)
    assert [a["value"] for _, a in page.elements if a.get("name") == "q"] == ["Who?"]
    assert page.count("textarea") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "news.example"])
def test_off_this_machine_it_is_taken_only_where_allowed(folder: Path, host: str) -> None:
    for allowed, status in ((None, 404), (False, 404), (True, 200)):
        app = build_api(QueuedAnswerer(_InFolder(folder)), host=host, feedback=allowed)
        client = TestClient(app, base_url="http://127.0.0.1", headers=OWN)
        assert client.post("/feedback", data=RIGHT).status_code == status
        page = Reading(client.get("/ask?q=who").text)
        assert (page.count("textarea") > 0) == (status == 200)
    for proxied in ({"allowed_hosts": ["news.example"]}, {"root_path": "/news"}):
        app = build_api(QueuedAnswerer(_InFolder(folder)), **proxied)
        client = TestClient(app, base_url="http://127.0.0.1", headers=OWN)
        assert client.post("/feedback", data=RIGHT).status_code == 404
    assert is_loopback("127.0.0.2")
    assert is_loopback("[::1]")
    assert is_loopback("LOCALHOST")
    assert not is_loopback("127.0.0.1.evil.example")


def test_a_page_of_another_site_cannot_say_anything(client: TestClient, folder: Path) -> None:
    for headers in (
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "null", "sec-fetch-site": "same-origin"},
        {"origin": "http://127.0.0.1:1", "sec-fetch-site": "same-site"},
    ):
        for path, data in (("/feedback", RIGHT), ("/check", {"draft": "x"})):
            assert client.post(path, data=data, headers=headers).status_code == 403
    assert not (folder / FILE).exists()


def test_an_index_without_a_folder_takes_none() -> None:
    client = TestClient(build_api(QueuedAnswerer(SmallLibrary())), base_url="http://127.0.0.1")
    assert client.post("/feedback", data=RIGHT, headers=OWN).status_code == 404


def test_words_are_found_whatever_space_is_between_them() -> None:
    assert find_words("One\n\ntwo  three.", "two three") == (5, 15)
    assert find_words("a.b", "a.b") == (0, 3)
    assert find_words("axb", "a.b") is None
    assert find_words("One", " ") is None
    assert find_words("x" * 5000, "x" * 2001) is None


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_words_add_no_element(payload: str) -> None:
    article = replace(HOSTILE, id=payload, title=payload, outlet=payload)
    candidate = Candidate("pirate captain", 0.8, (cite(article, article.text, "pirate captain"),))
    allowed = {"section", "h2", "form", "input", "button", "details", "summary", "label", "select"}
    allowed |= {"option", "textarea"}
    page = Reading(render_verdicts(answered(payload, candidate)))
    assert {tag for tag, _ in page.elements} <= allowed
    thanks = Reading(render_kept("right", payload))
    assert {"script", "img", "form"} & {tag for tag, _ in thanks.elements} == set()


def test_an_overview_is_not_judged() -> None:
    quote = cite(TREATY, "Maria Okafor chaired", "Maria Okafor")
    silent = abstained("What is said about the talks?")
    overview = replace(silent, overview=(quote,), topic="the talks")
    assert "Right: they don’t say" in Reading(render_verdicts(silent)).text
    assert render_chat_verdicts(silent, ENGLISH)
    assert render_verdicts(overview) == render_chat_verdicts(overview, ENGLISH) == ""


def test_under_a_path_every_link_and_form_stays_there(folder: Path) -> None:
    app = build_api(QueuedAnswerer(_InFolder(folder)), root_path="/news/desk", feedback=True)
    client = TestClient(app, base_url="http://127.0.0.1", headers=OWN)
    for path in (
        "/ask?q=Who+chaired+it%3F",
        f"{article_path(TREATY.id)}?start=0&end=9&correct=1",
        "/check",
    ):
        page = Reading(client.get(f"/news/desk{path}").text)
        names = ("href", "action")
        inside = [
            a[n] or "" for _, a in page.elements for n in names if (a.get(n) or "").startswith("/")
        ]
        assert inside
        assert [one for one in inside if not one.startswith("/news/desk/")] == []
    sent = client.post("/news/desk/feedback", data=RIGHT, follow_redirects=False)
    assert sent.headers["location"].startswith("/news/desk/feedback/kept?")
    assert client.get(sent.headers["location"]).status_code == 200
