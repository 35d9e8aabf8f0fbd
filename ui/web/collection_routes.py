"""The page that lists the articles."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from rag.errors import QueryError
from rag.retrieval.filters import make_filters
from rag.types import Filters
from ui.web.collection_page import FIELDS, PAGE_SIZE, ArticleListing, render_collection
from ui.web.responses import page_response
from ui.web.service import QueuedAnswerer, RefusedError

_MAX_DIGITS = 9


def add_collection_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the route."""

    @app.get("/articles")
    def collection_page(request: Request) -> HTMLResponse:
        given = {name: request.query_params.get(name, "") for name in FIELDS}
        counts = None
        try:
            counts = service.collection_counts(Filters())
            listing = _listing(service, given, request.query_params.get("page", "1"))
        except (QueryError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            page = render_collection(given, counts, None, " ".join(str(error).split()))
            return page_response(page, status, forms=True)
        return page_response(render_collection(given, counts, listing), forms=True)


def _listing(service: QueuedAnswerer, given: Mapping[str, str], page: str) -> ArticleListing:
    """Return a page of the articles that the filters of an address let through; the last for a later one.

    Raises
    ------
    QueryError, RefusedError
    """
    fields = {name: value.strip() or None for name, value in given.items()}
    filters = make_filters(
        fields["since"],
        fields["until"],
        fields["outlet"],
        fields["language"],
        collection=fields["collection"],
    )
    whole = page.isascii() and page.isdecimal() and len(page) <= _MAX_DIGITS
    number, title = max(int(page), 1) if whole else 1, fields["title"] or ""
    while True:
        offset = (number - 1) * PAGE_SIZE
        total, found = service.list_articles(filters, offset=offset, limit=PAGE_SIZE, title=title)
        last = max(1, -(-total // PAGE_SIZE))
        if found or number <= last:
            return ArticleListing(found, total, number)
        number = last
