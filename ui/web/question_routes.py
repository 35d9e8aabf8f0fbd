"""Where the page's script asks: a question under its own name, and the filters beside it."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from rag.errors import QueryError
from ui.interface_text import words_of
from ui.web.chat_filters import FILTER_NAMES, checked_filters, count_filters
from ui.web.conversations import Conversations, is_key
from ui.web.conversations_record import QUESTION_ID, record_of
from ui.web.errors import error_json
from ui.web.followed_collection import FollowedCollection
from ui.web.service import MAX_QUESTION_CHARS, QueuedAnswerer

_MAX_FILTER_CHARS = 200
_Typed = Annotated[str, Field(max_length=_MAX_FILTER_CHARS)]
_FRESH = {"cache-control": "no-store"}


class SentQuestion(BaseModel):
    """A question as the page sends it, again and again until it is acknowledged."""

    id: Annotated[str, Field(pattern=QUESTION_ID)]
    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]
    filters: dict[str, _Typed] = {}
    """The fields as they were typed."""
    standalone: bool = False
    """Whether it is asked without the questions before it."""
    lang: Annotated[str, Field(max_length=20)] = "en"


def add_question_routes(
    app: FastAPI, conversations: Conversations, service: QueuedAnswerer
) -> None:
    """Add the routes; as with all of a conversation, its key gives access to it."""
    collection = FollowedCollection(service)

    @app.post("/conversations/{key}/questions", include_in_schema=False)
    def ask(key: str, sent: SentQuestion) -> JSONResponse:
        if not is_key(key):
            return error_json("A conversation's key has 32 hexadecimal digits.", 400)
        if service.stopping:
            # The page keeps it, and sends it to the server that comes next.
            return error_json("The server is stopping; please ask again soon.", 503)
        try:
            filters = checked_filters(service, sent.filters)
            found = conversations.ask(
                key, sent.question, filters, id=sent.id, standalone=sent.standalone
            )
        except QueryError as error:
            found = conversations.refuse(key, sent.question, str(error), id=sent.id)
        return JSONResponse(record_of(found), headers=_FRESH)

    @app.get("/filters", include_in_schema=False)
    def filters(request: Request) -> JSONResponse:
        """How many articles the filters of the address leave."""
        query = request.query_params
        given = {name: query.get(name, "")[:_MAX_FILTER_CHARS] for name in FILTER_NAMES}
        told = count_filters(service, collection, given, words_of(query.get("lang")))
        return JSONResponse({"line": told.line, "problem": told.problem}, headers=_FRESH)

    @app.get("/filters/choices", include_in_schema=False)
    def choices() -> JSONResponse:
        """The outlets, languages and collections to choose from, those of most articles first."""
        counts = collection.counts()
        outlets = [name for name, _ in counts.outlets] if counts else []
        languages = [name for name, _ in counts.languages] if counts else []
        collections = [name for name, _ in counts.collections] if counts else []
        offered = {"outlets": outlets, "languages": languages, "collections": collections}
        return JSONResponse(offered, headers=_FRESH)
