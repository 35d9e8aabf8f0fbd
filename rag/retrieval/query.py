"""The fields of a question, as people write them, to a `Query`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.errors import QueryError
from rag.retrieval.filters import make_filters
from rag.text.normalise import normalise_line
from rag.types import Query, Turn


def make_query(
    question: str,
    *,
    history: Sequence[Turn] = (),
    k: int = 10,
    since: date | str | None = None,
    until: date | str | None = None,
    outlet: str | None = None,
    language: str | None = None,
    as_of: date | str | None = None,
    collection: str | None = None,
    id: str | None = None,
) -> Query:
    """Return a query, its texts in the articles' own Unicode form.

    Parameters
    ----------
    since, until, as_of
        Dates, or their text: ISO form or as newspapers write them ("16 May 2026").

    Raises
    ------
    QueryError
        Where the question is empty or too long, or k, a date, a name or the history is none.
    """
    if isinstance(question, str):
        question = normalise_line(question)
    filters = make_filters(since, until, outlet, language, as_of, collection)
    return Query(question, tuple(map(_normalised, history)), k, filters, id)


def _normalised(turn: Turn) -> Turn:
    """Return an earlier turn in the articles' Unicode form: its words are searched for as well."""
    if not isinstance(turn, Turn):
        return turn  # The query refuses it, and names it.
    answer = None if turn.answer is None else normalise_line(turn.answer)
    return Turn(normalise_line(turn.question), answer)


def as_query(
    question: str | Query,
    *,
    history: Sequence[Turn] = (),
    k: int = 10,
    since: date | str | None = None,
    until: date | str | None = None,
    outlet: str | None = None,
    language: str | None = None,
    as_of: date | str | None = None,
    collection: str | None = None,
    id: str | None = None,
) -> Query:
    """Return a query as it is, or `make_query` of a question with its options.

    Raises
    ------
    QueryError
        As `make_query`, and where options are given beside a query, which has its own.
    """
    if isinstance(question, Query):
        given = (since, until, outlet, language, as_of, collection, id)
        if given != (None,) * len(given) or history or k != 10:
            raise QueryError("options beside a Query would be ignored; give them to make_query")
        return question
    return make_query(
        question,
        history=history,
        k=k,
        since=since,
        until=until,
        outlet=outlet,
        language=language,
        as_of=as_of,
        collection=collection,
        id=id,
    )
