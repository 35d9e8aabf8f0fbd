"""A conversation as the JSON that its browser keeps, and back.

Article text is not trusted to the browser: a record names articles and offsets, and what is shown
again is read from the index. An answer whose articles have changed or gone keeps its words only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, TypeAdapter, ValidationError

from rag.errors import QueryError, QuoteError
from rag.retrieval.filters import make_filters
from rag.text.content_hash import content_hash
from rag.types import MAX_QUESTION, Answer, Article, Chunk, Filters, Passage
from ui.reported import article_day
from ui.web.conversations_state import MAX_EXCHANGES, Earlier, Exchange, Gone, Snapshot
from ui.web.service import RefusedError

_MAX_TEXT = 20_000
_MAX_LINE = 1000
_Filter = Literal["since", "until", "outlet", "language", "as_of", "collection"]
_Text = Annotated[str | None, Field(max_length=_MAX_TEXT)]
_Line = Annotated[str | None, Field(max_length=_MAX_LINE)]
QUESTION_ID = r"^[0-9a-f]{32}$"
"""The form of the name that a browser gives a question: 128 random bits in hexadecimal."""
_Lookup = Callable[[str], Article]


class TurnRecord(BaseModel):
    """One question as its browser keeps it."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION)]
    status: Literal["waiting", "answered", "failed", "stopped", "gone"] = "answered"
    filters: dict[_Filter, _Line] = {}
    error: _Line = None
    answer: _Text = None
    """The answering words; the fields down to ``byline`` are what is left when an article goes."""
    quote: _Text = None
    byline: Annotated[str, Field(max_length=_MAX_LINE)] = ""
    link: _Text = None
    id: Annotated[str | None, Field(pattern=QUESTION_ID)] = None
    standalone: bool = False
    searched: tuple[int, int] | None = None
    details: dict[str, Any] | None = None
    """The whole answer, with articles by id and content hash."""


def _readable(turns: object) -> object:
    """Return the turns that can be read: one that another version kept is no reason to lose the others."""
    if not isinstance(turns, list):
        return turns
    found = []
    for turn in turns:
        with suppress(ValidationError):
            found.append(TurnRecord.model_validate(turn))
    return found[-MAX_EXCHANGES - 1 :]


class ConversationRecord(BaseModel):
    """A conversation as its browser keeps it."""

    turns: Annotated[list[TurnRecord], BeforeValidator(_readable)] = []
    """The newest, as many as there can be, and the one that was refused."""


def record_of(snapshot: Snapshot) -> dict[str, Any]:
    """Return a conversation as JSON-ready data: its ``revision``, its ``turns``, and what is known of others.

    ``unrestored``: its browser may have some; ``cleared``: the reader deleted those that it has.
    """
    return {
        "revision": snapshot.revision,
        "unrestored": snapshot.unrestored,
        "cleared": snapshot.earlier is Earlier.DELETED,
        "turns": [_turn_of(one).model_dump() for one in snapshot.exchanges],
    }


def exchanges_of(record: ConversationRecord, article: _Lookup) -> list[Exchange]:
    """Return the exchanges of a record, with their articles as the index has them now.

    Parameters
    ----------
    article
        Finds an article by id; raises `RefusedError` where there is none.
    """
    return [_exchange_of(number, turn, article) for number, turn in enumerate(record.turns, 1)]


def stored_of(exchange: Exchange) -> dict[str, Any]:
    """Return one question as JSON-ready data for another process of the server."""
    return _turn_of(exchange).model_dump() | {
        "number": exchange.number,
        "attempts": exchange.attempts,
        "nearest": _plain(exchange.nearest),
    }


def exchange_of_stored(stored: dict[str, Any], article: _Lookup) -> Exchange:
    """Return the question that `stored_of` was given, with its articles as the index has them now."""
    turn = TurnRecord.model_validate(stored)
    found = _exchange_of(int(stored["number"]), turn, article)
    try:
        near = _passages().validate_python(_with_articles(stored["nearest"], cache(article)))
    except (RefusedError, ValueError, TypeError, KeyError):
        near = ()
    return replace(found, attempts=int(stored["attempts"]), nearest=near)


def _turn_of(exchange: Exchange) -> TurnRecord:
    answer = exchange.answer
    told: dict[str, Any] = {}
    if answer is not None:
        told = {"answer": answer.text, "details": _plain(answer)}
        if answer.citations:
            cited = answer.citations[0]
            told |= {"quote": cited.quote, "byline": _byline(cited.article), "link": cited.link}
    elif exchange.gone is not None:
        gone = exchange.gone
        told = {
            "answer": gone.answer,
            "quote": gone.quote,
            "byline": gone.byline,
            "details": gone.details,
        }
    chosen = {field.name: getattr(exchange.filters, field.name) for field in fields(Filters)}
    given = {name: str(value) for name, value in chosen.items() if value is not None}
    return TurnRecord.model_construct(
        question=exchange.question,
        status=exchange.status,
        filters=given,
        error=exchange.error,
        id=exchange.id,
        standalone=exchange.standalone,
        searched=exchange.searched,
        **told,
    )


def _byline(article: Article) -> str:
    return ", ".join(part for part in (article.outlet, article_day(article)) if part)


def _exchange_of(number: int, turn: TurnRecord, article: _Lookup) -> Exchange:
    try:
        filters = make_filters(**turn.filters)
    except QueryError:
        filters = Filters()
    found = Exchange(
        number,
        turn.question,
        filters,
        status=turn.status,
        error=turn.error,
        id=turn.id,
        standalone=turn.standalone,
        searched=turn.searched,
    )
    if turn.status not in {"answered", "gone"}:
        return found
    answer = _restored(turn.details, article) if turn.details else None
    if answer is not None:
        return replace(found, status="answered", answer=answer)
    gone = Gone(turn.answer, turn.quote, turn.byline, turn.details)
    return replace(found, status="gone", gone=gone)


def _plain(value: object) -> Any:  # noqa: ANN401  (JSON has no smaller type)
    """Return a record as JSON-ready data, articles as references, without what only ranking needs."""
    if isinstance(value, Article):
        return {"article": value.id, "hash": content_hash(value)}
    if is_dataclass(value):
        shown = [
            field
            for field in fields(value)
            if field.name != "features" and not (isinstance(value, Chunk) and field.name == "text")
        ]
        return {field.name: _plain(getattr(value, field.name)) for field in shown}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value


def _restored(details: dict[str, Any], article: _Lookup) -> Answer | None:
    """Return an answer of its record; None where its articles changed, or it is no answer."""
    try:
        return _answers().validate_python(_with_articles(details, cache(article)))
    except (RefusedError, QuoteError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _with_articles(value: Any, article: _Lookup) -> Any:  # noqa: ANN401  (as above)
    """Return data with the articles themselves in the place of references, and the words of chunks."""
    if isinstance(value, list):
        return [_with_articles(one, article) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"article", "hash"}:
        found = article(str(value["article"]))
        if content_hash(found) != value["hash"]:
            raise ValueError(f"article {found.id} has changed")
        return found
    made = {name: _with_articles(one, article) for name, one in value.items()}
    chunk = made.get("chunk")
    if isinstance(chunk, dict):
        source: Article = made["article"]
        made["chunk"] = chunk | {"text": source.text[int(chunk["start"]) : int(chunk["end"])]}
    return made


@cache
def _answers() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


@cache
def _passages() -> TypeAdapter[tuple[Passage, ...]]:
    return TypeAdapter(tuple[Passage, ...])
