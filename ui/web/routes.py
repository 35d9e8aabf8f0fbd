"""HTTP routes beside the chat: article pages and the JSON API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from rag.errors import QueryError
from rag.retrieval.query import make_query
from rag.text.dates import parse_date
from rag.types import Query, Turn
from ui.serialize import answer_json, article_json, passage_json
from ui.web.answer_page import ASK_SECURITY_POLICY, FIELDS, render_asking
from ui.web.article_page import (
    PAGE_SECURITY_POLICY,
    Highlight,
    render_article,
    render_message_page,
)
from ui.web.security import SecurityMiddleware
from ui.web.service import MAX_K, MAX_QUESTION_CHARS, MAX_TURNS, QueuedAnswerer, RefusedError
from ui.web.version_page import render_comparison, render_version_list, version_path

_MAX_NAME_CHARS = 500
_MAX_DATE_CHARS = 100
_MAX_ANSWER_CHARS = 10_000
_MAX_DIGITS = 12
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]


def _checked_date(value: object) -> object:
    """Accept every date that the command accepts; `make_query` parses it once more, in the same way."""
    if isinstance(value, str):
        parse_date(value)  # its ValueError becomes the field's
    return value


def _not_blank(question: str) -> str:
    if not question.strip():
        raise ValueError("must not be empty")
    return question


_Day = Annotated[str | None, Field(max_length=_MAX_DATE_CHARS), AfterValidator(_checked_date)]
_Name = Annotated[str | None, Field(max_length=_MAX_NAME_CHARS)]


class EarlierTurn(BaseModel):
    """One earlier question of a conversation and the answer it got."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(max_length=MAX_QUESTION_CHARS)]
    answer: Annotated[str | None, Field(max_length=_MAX_ANSWER_CHARS)] = None


class QuestionRequest(BaseModel):
    """Body of ``POST /api/ask`` and ``/api/search``: the fields of a batch line, and ``k``.

    ``history`` is oldest first. A search takes it and does not use it, as the ``search`` command
    searches for a question as it stands.
    """

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        str, Field(min_length=1, max_length=MAX_QUESTION_CHARS), AfterValidator(_not_blank)
    ]
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 10
    since: _Day = None
    until: _Day = None
    outlet: _Name = None
    language: _Name = None
    as_of: _Day = None
    history: Annotated[list[EarlierTurn] | None, Field(max_length=MAX_TURNS)] = None

    def query(self) -> Query:
        """Return the question as the library takes it.

        Raises
        ------
        QueryError
            Where it has no words, or its filters do not go together.
        """
        return make_query(
            self.question,
            history=[Turn(turn.question, turn.answer) for turn in self.history or ()],
            k=self.k,
            since=self.since,
            until=self.until,
            outlet=self.outlet,
            language=self.language,
            as_of=self.as_of,
        )


def build_api(
    service: QueuedAnswerer, *, host: str = "127.0.0.1", allowed_hosts: Collection[str] = ()
) -> FastAPI:
    """Build the web application without the chat's page: article pages, JSON API, protections.

    Parameters
    ----------
    host
        Address the server will be bound to; requests for another host are refused.
    allowed_hosts
        Further names under which it is reached.
    """
    app = FastAPI(title="presscite", docs_url=None, redoc_url=None, openapi_url=None)
    _add_routes(app, service)
    app.add_middleware(SecurityMiddleware, bound_host=host, allowed_hosts=tuple(allowed_hosts))
    return app


def _add_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the routes, with errors in one line."""

    @app.post("/api/ask")
    def ask(body: QuestionRequest) -> JSONResponse:
        return JSONResponse(answer_json(service.ask(body.query())))

    @app.post("/api/search")
    def search(body: QuestionRequest) -> JSONResponse:
        return JSONResponse([passage_json(passage) for passage in service.search(body.query())])

    @app.get("/api/articles/{article_id:path}")
    def article_record(article_id: str) -> JSONResponse:
        return JSONResponse(article_json(service.article(article_id), with_text=True))

    @app.api_route("/api/{rest:path}", methods=_METHODS)
    def no_such_route(rest: str) -> JSONResponse:
        del rest
        return _error_json("There is no such address in this API.", 404)

    @app.get("/ask")
    def answer_page(request: Request) -> HTMLResponse:
        given = {name: request.query_params.get(name, "") for name in FIELDS}
        if not given["q"].strip():
            return _html(render_asking(given, None), 200, ASK_SECURITY_POLICY)
        try:
            filters = {name: given[name].strip() or None for name in FIELDS if name != "q"}
            query = make_query(
                given["q"],
                since=filters["since"],
                until=filters["until"],
                outlet=filters["outlet"],
                language=filters["language"],
                as_of=filters["as_of"],
            )
            answer = service.ask(query)
        except (QueryError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            page = render_asking(given, None, " ".join(str(error).split()))
            return _html(page, status, ASK_SECURITY_POLICY)
        return _html(render_asking(given, answer), 200, ASK_SECURITY_POLICY)

    @app.get("/articles/{article_id:path}/versions/{content_hash}")
    def version_page(article_id: str, content_hash: str, request: Request) -> Response:
        try:
            article, versions = service.article(article_id), service.versions(article_id)
        except RefusedError:
            # An id may hold any path.
            return article_page(f"{article_id}/versions/{content_hash}", request)
        for version in reversed(versions):
            if version.content_hash == content_hash:
                return _html(render_comparison(article, version), 200)
        line = "This article has no such earlier version in this index."
        return _html(render_message_page("No such version", line), 404)

    @app.get("/articles/{article_id:path}")
    def article_page(article_id: str, request: Request) -> Response:
        try:
            article, versions = service.article(article_id), service.versions(article_id)
        except RefusedError as error:
            # A link to an article that was corrected since: its id is that of the older content.
            newer = service.successor(article_id) if error.status == 404 else None
            if newer:
                return RedirectResponse(version_path(*newer))
            title = "No such article" if error.status == 404 else "Not available"
            return _html(render_message_page(title, str(error)), error.status)
        highlight, complaint = _highlight(dict(request.query_params), article.text)
        page = render_article(
            article, highlight, complaint, after=render_version_list(article, versions)
        )
        return _html(page, 400 if complaint else 200)

    @app.exception_handler(QueryError)
    def no_query(_request: Request, error: QueryError) -> JSONResponse:
        return _error_json(" ".join(str(error).split()), 400)

    @app.exception_handler(RefusedError)
    def refused(_request: Request, error: RefusedError) -> JSONResponse:
        return _error_json(str(error), error.status)

    app.add_exception_handler(HTTPException, http_error)

    @app.exception_handler(Exception)
    def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        # The server logs the exception itself.
        return _error_json("Something went wrong on the server; its log says what.", 500)

    @app.exception_handler(RequestValidationError)
    def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return _error_json(_first_complaint(error), 422)


def http_error(_request: Request, error: Exception) -> JSONResponse:
    """Return an HTTP error of the framework in the API's one shape."""
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(error.__cause__, ValueError):
        # Bytes that are not text: FastAPI reports these apart from other broken JSON.
        return _error_json("body: not valid JSON", 422)
    line = " ".join(str(error.detail).split()) or "The request was refused."
    return JSONResponse({"error": line}, error.status_code, headers=error.headers)


def _highlight(query: dict[str, str], text: str) -> tuple[Highlight | None, str | None]:
    """Read the offsets of a link; a complaint where they do not fit the article."""
    names = ("start", "end", "answer_start", "answer_end")
    given = {name: query[name] for name in names if name in query}
    if not given:
        return None, None
    complaint = "The quote this link points to does not fit this article."
    if any(
        not (value.isascii() and value.isdecimal()) or len(value) > _MAX_DIGITS
        for value in given.values()
    ):
        return None, complaint
    offsets = {name: int(value) for name, value in given.items()}
    if "start" not in offsets or "end" not in offsets:
        return None, complaint
    highlight = Highlight(
        offsets["start"], offsets["end"], offsets.get("answer_start"), offsets.get("answer_end")
    )
    return (highlight, None) if highlight.fits(text) else (None, complaint)


def _first_complaint(error: RequestValidationError) -> str:
    first: dict[str, Any] = dict(error.errors()[0])
    if first.get("type") in {"json_invalid", "json_type"}:
        return "body: not valid JSON"
    place = ".".join(str(part) for part in first.get("loc", ()) if part != "body") or "body"
    message = " ".join(str(first.get("msg", "not valid")).removeprefix("Value error, ").split())
    return f"{place}: {message[:1].lower()}{message[1:]}"


def _error_json(line: str, status: int) -> JSONResponse:
    return JSONResponse({"error": line}, status_code=status)


def _html(page: str, status: int, policy: str = PAGE_SECURITY_POLICY) -> HTMLResponse:
    return HTMLResponse(page, status_code=status, headers={"content-security-policy": policy})
