"""The JSON API of the server, and the document that describes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, get_args

from fastapi import FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.routing import Match

from rag.checking.draft import Status
from rag.types import Article, Version
from ui.public import public_record
from ui.serialize import answer_json, article_json, checked_json, passage_json, version_json
from ui.web import api_models as models
from ui.web.api_page import API_SECURITY_POLICY, render_api_page
from ui.web.errors import error_json
from ui.web.health import add_health_routes
from ui.web.service import QueuedAnswerer

_FOUND = "What was asked for."
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
_REFUSALS = {
    400: "The request cannot be answered as it is, or names another host.",
    401: "A password is asked for.",
    403: "It comes from a page of another site.",
    404: "There is no such article.",
    413: "The body is over 1,000,000 bytes.",
    422: "A field is missing, unknown or not what it should be; the line begins with its name.",
    429: "Too many wrong passwords; Retry-After says for how many seconds.",
    500: "The server failed; its log says how.",
    501: "The index is of a kind that does not list its articles.",
    503: "Too many questions wait, the server is stopping, or its index cannot be used now.",
}


def _refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {
        status: {"model": models.Error, "description": line}
        for status, line in _REFUSALS.items()
        if status in {400, 401, 403, 429, 500, 503, *statuses}
    }


def add_api_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the routes of the API, with one for every other address under ``/api``."""
    asking = _refusals(413, 422)
    listing = _refusals(422, 501)

    @app.post(
        "/api/ask",
        response_description=_FOUND,
        response_model=models.Answer,
        responses=asking,
        tags=["questions"],
    )
    def ask(body: models.Question) -> JSONResponse:
        """Answer a question with a quote, or say that the articles don't."""
        return _json(answer_json(service.ask(body.query())))

    @app.post(
        "/api/search",
        response_description=_FOUND,
        response_model=list[models.Passage],
        responses=asking,
        tags=["questions"],
    )
    def search(body: models.Question) -> JSONResponse:
        """Find the passages nearest to a question, best first."""
        return _json([passage_json(passage) for passage in service.search(body.query())])

    @app.post(
        "/api/check",
        response_description=_FOUND,
        response_model=models.CheckedDraft,
        responses=asking,
        tags=["questions"],
    )
    def check(body: models.Draft) -> JSONResponse:
        """Look up each quotation of a draft: verbatim, altered, somebody else's words, or nowhere."""
        checked = service.check(body.text)
        return _json(
            {
                "counts": dict.fromkeys(get_args(Status), 0) | Counter(o.status for o in checked),
                "quotations": [checked_json(one, body.text) for one in checked],
            }
        )

    @app.get(
        "/api/articles",
        response_description=_FOUND,
        response_model=models.ArticleList,
        responses=listing,
        tags=["articles"],
    )
    def articles(asked: Annotated[models.SelectionPage, Query()]) -> JSONResponse:
        """List the articles that pass filters, without their texts."""
        total, found = service.list_articles(
            asked.filters(), offset=asked.offset, limit=asked.limit
        )
        end = asked.offset + len(found)
        return _json(
            {
                "total": total,
                "offset": asked.offset,
                "limit": asked.limit,
                "next_offset": end if found and end < total else None,
                "articles": [article_json(one, with_text=False) for one in found],
            }
        )

    @app.get(
        "/api/collection",
        response_description=_FOUND,
        response_model=models.Collection,
        responses=listing,
        tags=["articles"],
    )
    def collection(asked: Annotated[models.Selection, Query()]) -> JSONResponse:
        """Count the articles that pass filters, by outlet, language and month."""
        counts = service.collection_counts(asked.filters())
        return _json(
            {
                "articles": counts.articles,
                "undated": counts.undated,
                "first": counts.first.isoformat() if counts.first else None,
                "last": counts.last.isoformat() if counts.last else None,
                "outlets": _named(counts.outlets),
                "languages": _named(counts.languages),
                "months": _named(counts.months),
                "collections": _named(counts.collections),
            }
        )

    @app.get(
        "/api/articles/{article_id:path}",
        response_description=_FOUND,
        response_model=models.WholeArticle,
        responses=_refusals(404, 422),
        tags=["articles"],
    )
    def article(article_id: str) -> JSONResponse:
        """One article: its fields, its text, and the versions it replaced."""
        found, versions = service.article(article_id), service.versions(article_id)
        return _json(_whole(found, versions))

    add_health_routes(app, service)

    @app.get("/api", include_in_schema=False)
    @app.get("/api/", include_in_schema=False)
    def api_page(request: Request) -> HTMLResponse:
        page = render_api_page(app.openapi(), str(request.base_url))
        return HTMLResponse(page, headers={"content-security-policy": API_SECURITY_POLICY})

    @app.api_route("/api/{rest:path}", methods=_METHODS, include_in_schema=False)
    def no_such_route(rest: str, request: Request) -> JSONResponse:
        del rest
        allowed = sorted(
            method
            for route in app.routes
            if route.matches(request.scope)[0] is Match.PARTIAL
            for method in getattr(route, "methods", None) or ()
        )
        if allowed:
            response = error_json(f"This address takes {' and '.join(allowed)} only.", 405)
            response.headers["allow"] = ", ".join(allowed)
            return response
        return error_json("There is no such address in this API.", 404)


def _whole(article: Article, versions: Sequence[Version]) -> dict[str, Any]:
    return {
        **article_json(article, with_text=True),
        "versions": [version_json(one, with_text=False) for one in versions],
    }


def _named(counts: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": name, "articles": count} for name, count in counts]


def _json(record: object, status: int = 200) -> JSONResponse:
    return JSONResponse(public_record(record), status)
