"""`/check`: a draft's quotations, each with what the articles have of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rag.checking import check_text
from rag.index import Index
from rag.ingest.article import make_article
from rag.retrieval.retriever import Retriever
from tests.conftest import HashEncoder
from tests.rag.checking.test_draft import QUAKE, REPRINT, TERMINAL, YARD
from tests.ui.library import HOSTILE_MARKUP
from tests.ui.web.test_render import PAYLOADS, Reading, visible
from ui.web.check_page import render_check, summary
from ui.web.routes import build_api
from ui.web.service import MAX_DRAFT_CHARS, QueuedAnswerer

pytestmark = pytest.mark.slow

OWN = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
DRAFT = (
    "Liska Brenner said it “could not be repaired at any price”.\r\n"
    "Oake called it “a gift of 46 million crowns to two shipping lines”.\n"
    "Ann Lee said “the old pier had become unsafe”, and “nobody has ever said these words”."
)
HOSTILE = make_article(
    text=f"The captain said “we will {HOSTILE_MARKUP} sail at dawn tomorrow” on Monday.",
    source="/news/hostile.txt",
    title=f"Title {HOSTILE_MARKUP}",
    outlet=f"Outlet {HOSTILE_MARKUP}",
)


class _Real:
    def __init__(self, index: Index) -> None:
        self.index, self.retriever = index, Retriever(index)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("check") / "index"
    with Index.open(folder, create=True, encoder=HashEncoder()) as made:
        made.add([TERMINAL, REPRINT, QUAKE, YARD, HOSTILE])
        yield made


@pytest.fixture(scope="module")
def client(index: Index) -> TestClient:
    return TestClient(
        build_api(QueuedAnswerer(_Real(index))), base_url="http://127.0.0.1", headers=OWN
    )


def test_the_page_has_a_form(client: TestClient) -> None:
    response = client.get("/check")
    assert "form-action 'self'" in response.headers["content-security-policy"]
    page = Reading(response.text)
    assert (page.count("form"), page.count("textarea"), page.count("script")) == (1, 1, 0)


def test_each_quotation_is_shown_with_its_differences(client: TestClient) -> None:
    response = client.post("/check", data={"draft": DRAFT})
    assert response.status_code == 200
    page = Reading(response.text)
    assert (
        "4 quotations: 1 verbatim, 1 altered, 1 said by somebody else, 1 in no article."
        in page.text
    )
    assert "The draft has 46, the article 48" in page.text
    assert "the draft names Ann Lee, the article Liska Brenner" in page.text
    assert [a["id"] for tag, a in page.elements if tag == "h2"][:2] == [
        "quotation-1",
        "quotation-2",
    ]
    assert "Altered line 2" in page.text
    links = [a["href"] or "" for tag, a in page.elements if tag == "a"]
    inside = [one for one in links if one.startswith("/articles/")]
    assert any(one.startswith(f"/articles/{TERMINAL.id}?start=") for one in inside)
    for link in inside:
        assert client.get(link.partition("#")[0]).status_code == 200
    # The draft once more, each quotation a link to what became of it.
    assert [one for one in links if one.startswith("#quotation-")] == [
        f"#quotation-{n}" for n in range(1, 5)
    ]
    assert DRAFT.replace("\r\n", "\n") in page.text


def test_a_speaker_whom_the_article_does_not_name_is_not_known(client: TestClient) -> None:
    draft = "“Nobody knows who pays for it,” Brandt said. “A contract is a contract,” she added."
    page = Reading(client.post("/check", data={"draft": draft}).text)
    assert page.text.count("speaker not known: the article names no person") == 1
    assert "the draft names Brandt, the article Aldo Reik" in page.text


def test_nothing_quoted_is_said_so(client: TestClient) -> None:
    page = Reading(client.post("/check", data={"draft": "Nothing is quoted."}).text)
    assert "No quotation of three words or more" in page.text
    assert client.post("/check", data={"draft": ""}).status_code == 200


def test_what_is_too_much_is_one_line_and_the_draft_is_not_lost(client: TestClient) -> None:
    long = client.post("/check", data={"draft": "x" * (MAX_DRAFT_CHARS + 1)})
    assert long.status_code == 400
    assert "send it in parts" in Reading(long.text).text
    many = "“one two three four” " * 101
    response = client.post("/check", data={"draft": many})
    assert response.status_code == 400
    page = Reading(response.text)
    assert "101 quotations" in page.text
    assert many in page.text
    assert client.post("/check", json={"draft": "x"}).status_code == 400


@pytest.mark.parametrize("payload", PAYLOADS)
def test_hostile_drafts_add_no_element(index: Index, payload: str) -> None:
    for draft in (payload, f"He said “we will {payload} sail at dawn tomorrow” {payload}."):
        checked = list(check_text(index, draft))
        page = Reading(render_check(draft, checked, 10_000, payload))
        allowed = {
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "nav",
            "a",
            "span",
            "main",
            "h1",
        }
        allowed |= {
            "form",
            "label",
            "textarea",
            "button",
            "p",
            "section",
            "h2",
            "small",
            "ul",
            "li",
        }
        allowed |= {"blockquote", "del", "ins", "mark"}
        assert {tag for tag, _ in page.elements} <= allowed
        assert page.count("form") == 1
        assert visible(payload).strip() in page.text or not checked


def test_a_hostile_article_is_quoted_as_text(client: TestClient) -> None:
    draft = f"The captain said “we will {HOSTILE_MARKUP} sail at dawn tomorrow”."
    page = Reading(client.post("/check", data={"draft": draft}).text)
    for tag in ("script", "img", "iframe", "video"):
        assert page.count(tag) == 0
    assert "1 quotation: 1 verbatim." in page.text


def test_the_summary_of_nothing() -> None:
    assert summary([]).startswith("No quotation")
