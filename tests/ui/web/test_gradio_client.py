"""Gradio's own client against a real server: the named endpoints and their errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tests.ui.library import RECOUNT, TREATY, SmallLibrary
from tests.ui.web.server import running
from ui.web.chat import build_app

# Importing Gradio takes seconds.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def library() -> SmallLibrary:
    return SmallLibrary()


@pytest.fixture(scope="module")
def client(library: SmallLibrary) -> Iterator[Client]:
    with running(build_app(library)) as address:
        client = Client(address, verbose=False)
        yield client
        client.close()


def test_the_endpoints_are_named_and_the_page_has_none(client: Client) -> None:
    told = client.view_api(return_format="dict", print_info=False)
    assert isinstance(told, dict)
    assert set(told["named_endpoints"]) == {"/ask", "/search"}
    assert told["unnamed_endpoints"] == {}
    names = [one["parameter_name"] for one in told["named_endpoints"]["/ask"]["parameters"]]
    assert names == [
        "question", "since", "until", "outlet", "language", "as_of", "k", "history",
        "collection",
    ]  # fmt: skip


def test_answers_are_those_of_the_api(client: Client) -> None:
    record = client.predict("Who chaired the session?", api_name="/ask")
    assert record["answer"] == "Maria Okafor"
    assert record["citations"][0]["source"] == "pact.txt"
    history = [{"question": "What met?", "answer": "The council"}]
    follow_up = client.predict("Who chaired it?", history=history, api_name="/ask")
    assert follow_up["standalone_question"] == "Who chaired the session of the council?"
    passages = client.predict("pact", k=2, api_name="/search")
    assert [one["article_id"] for one in passages] == [TREATY.id, RECOUNT.id]


def test_filters_reach_what_answers(client: Client, library: SmallLibrary) -> None:
    given = {"collection": "Wire", "outlet": "Hill Post", "since": "2024-01-02", "language": "en"}
    client.predict("Who chaired the session?", **given, api_name="/ask")
    asked = library.filters[-1]
    assert (asked.collection, asked.outlet, asked.language) == ("Wire", "Hill Post", "en")
    assert asked.since == date(2024, 1, 2)


@pytest.mark.parametrize(
    ("question", "more", "says"),
    [
        ("?!", {}, "the question is empty"),
        ("tea", {"k": 0}, "k: input should be greater"),
        ("tea", {"since": "soon"}, "since: 'soon' is no date"),
        ("x" * 2001, {}, "question: string should have at most 2000"),
        ("tea", {"history": [{"answer": "a"}]}, "history.0.question: field required"),
        ("Please explode", {}, "Something went wrong on the server"),
    ],
)
def test_errors_are_one_line_without_secrets(
    client: Client, question: str, more: dict[str, object], says: str
) -> None:
    with pytest.raises(AppError) as refused:
        client.predict(question, **more, api_name="/ask")
    assert says in str(refused.value)
    assert "hidden" not in str(refused.value)
    assert client.predict("Who chaired it?", api_name="/ask")["answer"] == "Maria Okafor"
