"""A question is validated once, where it becomes a query."""

from dataclasses import replace
from datetime import date

import pytest

from rag.errors import QueryError
from rag.retrieval.query import as_query, make_query
from rag.types import MAX_QUESTION, Filters, Query, Turn


def test_fields_as_people_write_them():
    query = make_query(
        "  Who\u00a0won? ",
        k=3,
        since="16 May 2026",
        until="2026-05-17T10:00:00+02:00",
        outlet=" Lake  Wire ",
        language="EN-us",
        as_of=date(2026, 6, 1),
        history=[Turn("Who played?", None)],
        id="q1",
    )
    filters = Filters(date(2026, 5, 16), date(2026, 5, 17), "Lake Wire", "en-us", date(2026, 6, 1))
    assert query == Query("Who won?", (Turn("Who played?"),), 3, filters, "q1")


def test_earlier_turns_are_normalised_too():
    history = [Turn("Ai la\u0300  \ud800 chu\u0309\ntich?", "Tra\u0300  Vinh"), Turn("Who?")]
    turns = make_query("Who?", history=history).history
    assert turns == (Turn("Ai l\u00e0 ch\u1ee7 tich?", "Tr\u00e0 Vinh"), Turn("Who?"))


@pytest.mark.parametrize("question", ["", "  \n", "?!", "\u200b", 7, None, ["Who?"]])
def test_a_question_that_is_none(question):
    with pytest.raises(QueryError, match=r"is empty|is no text"):
        make_query(question)


def test_the_limit_is_the_same_however_a_query_is_made():
    assert len(make_query("x" * MAX_QUESTION).question) == MAX_QUESTION
    for make in (make_query, Query):
        with pytest.raises(QueryError, match="2,001 characters; at most 2,000"):
            make("x" * (MAX_QUESTION + 1))


@pytest.mark.parametrize("k", [0, -1, 1001, 2.5, "3", True, None])
def test_k_that_is_none(k):
    with pytest.raises(QueryError, match=r"k is .*ask for 1 to 1000"):
        make_query("Who?", k=k)


@pytest.mark.parametrize(
    ("option", "reason"),
    [
        ({"since": "soon"}, "since: 'soon' is no date"),
        ({"since": 7}, "since: '7' is no date"),
        ({"outlet": 7}, "outlet 7 is no text"),
        ({"language": ["en"]}, "language .* is no text"),
        ({"history": ["Who?"]}, "'Who\\?' is no Turn"),
    ],
)
def test_options_that_are_none(option, reason):
    with pytest.raises(QueryError, match=reason):
        make_query("Who?", **option)


@pytest.mark.parametrize(("question", "answer"), [("Who?", 5), ("Who?", ["x"]), (None, "x")])
def test_an_earlier_turn_that_is_no_text(question, answer):
    with pytest.raises(QueryError, match=r"history: .* is no text"):
        Turn(question, answer)


def test_a_query_is_taken_as_it_is_and_options_beside_it_are_refused():
    query = make_query("Who?", k=3)
    assert as_query(query) is query
    assert as_query("Who?", k=3) == query
    for option in ({"k": 4}, {"since": "2020-01-01"}, {"history": [Turn("Who?")]}, {"id": "x"}):
        with pytest.raises(QueryError, match="beside a Query"):
            as_query(query, **option)
    assert replace(query, k=12).k == 12
