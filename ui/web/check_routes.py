"""The page that looks up the quotations of a draft."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from rag.errors import QueryError
from ui.web.check_page import CHECK_PATH, render_check
from ui.web.forms import read_form
from ui.web.responses import page_response
from ui.web.service import MAX_DRAFT_CHARS, QueuedAnswerer, RefusedError


def add_check_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the page with the form, and where it is sent."""

    @app.get(CHECK_PATH, include_in_schema=False)
    def empty_check_page() -> HTMLResponse:
        return page_response(render_check("", None, MAX_DRAFT_CHARS), forms=True)

    @app.post(CHECK_PATH, include_in_schema=False)
    async def check_page(request: Request) -> HTMLResponse:
        draft = ""
        try:
            draft = (await read_form(request)).get("draft", "")
            if len(draft) > MAX_DRAFT_CHARS:
                raise QueryError(
                    f"the draft has {len(draft):,} characters; at most {MAX_DRAFT_CHARS:,} are "
                    "checked at once: send it in parts"
                )
            checked = await run_in_threadpool(service.check, draft)
        except (QueryError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            line = " ".join(str(error).split())
            page = render_check(draft, None, MAX_DRAFT_CHARS, line)
            return page_response(page, status, forms=True)
        return page_response(render_check(draft, checked, MAX_DRAFT_CHARS), forms=True)
