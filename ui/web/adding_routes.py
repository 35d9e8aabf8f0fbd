"""Where articles are added from the browser, where that is allowed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from rag.errors import QueryError, SourceError
from rag.text.article_fields import MAX_COLLECTION, collection_name
from rag.types import Article
from ui.web.adding_jobs import AddingJob, AddingQueue, TakesArticles
from ui.web.adding_offer import ADD_PATH
from ui.web.adding_page import job_path, render_adding, render_job, render_sample
from ui.web.adding_sources import (
    MAX_FILES,
    MAX_UPLOAD_BYTES,
    UPLOAD_SECONDS,
    receive_sources,
    remove_left_behind,
)
from ui.web.article_page import render_message_page
from ui.web.reader_language import page_words
from ui.web.responses import page_response
from ui.web.security import BodyLimits
from ui.web.service import QueuedAnswerer, RefusedError

UPLOAD_LIMITS = BodyLimits(MAX_UPLOAD_BYTES, UPLOAD_SECONDS)
"""Of the form with its files."""
_FORM_TYPE = "multipart/form-data"
_MAX_FIELDS = 10
_LOG = logging.getLogger("presscite")


class _FilesParser(MultiPartParser):
    """Keeps little of each file in memory: there may be many, and the rest goes to the disk."""

    spool_max_size = 64 * 1024


def add_adding_routes(app: FastAPI, service: QueuedAnswerer, *, is_sample: bool) -> None:
    """Add the form, where it is sent, and the page of what becomes of it.

    Raises
    ------
    QueryError
        Where the index is none that articles can be added to.
    """
    index = service.index
    if not isinstance(index, TakesArticles):
        raise QueryError("--allow-add: this index is none that articles can be added to")
    if is_sample:

        @app.get(ADD_PATH, include_in_schema=False)
        def sample_page() -> HTMLResponse:
            return page_response(render_sample())

        return
    remove_left_behind()
    queue = AddingQueue(index, lambda: service.stopping)

    @app.get(ADD_PATH, include_in_schema=False)
    def form_page() -> HTMLResponse:
        return page_response(render_adding(queue.jobs), forms=True)

    @app.post(ADD_PATH, include_in_schema=False)
    async def add(request: Request) -> Response:
        addresses = label = ""
        try:
            queue.check()
            form = await _form(request)
            try:
                addresses = "\n".join(
                    one for one in form.getlist("addresses") if isinstance(one, str)
                )
                given = form.get("collection")
                label = given if isinstance(given, str) else ""
                collection = collection_name(label) if label.strip() else None
                job = await run_in_threadpool(_put, queue, form, addresses, collection)
            finally:
                await form.close()
        except ClientDisconnect:
            return Response(status_code=400)
        except (QueryError, SourceError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            page = render_adding(
                queue.jobs, addresses, " ".join(str(error).split()), label[:MAX_COLLECTION]
            )
            return page_response(page, status, forms=True)
        # So that a reload does not send it again.
        return RedirectResponse(job_path(job), status_code=303)

    @app.get(ADD_PATH + "/{job_id}", include_in_schema=False)
    def job_page(job_id: str) -> HTMLResponse:
        job = queue.get(job_id)
        if job is None:
            return _unknown()
        articles = () if job.running else list(_found(service, job))
        return page_response(render_job(job, articles), forms=True)

    @app.post(ADD_PATH + "/{job_id}/stop", include_in_schema=False)
    def stop(job_id: str) -> Response:
        job = queue.get(job_id)
        if job is None:
            return _unknown()
        queue.stop(job)
        return RedirectResponse(job_path(job), status_code=303)


async def _form(request: Request) -> FormData:
    """Return the fields and files of a form; the files are in temporary files without a name.

    Raises
    ------
    QueryError
    ClientDisconnect
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM_TYPE:
        raise QueryError(f"the body is {kind or 'of no type'}; send it as {_FORM_TYPE}")
    parser = _FilesParser(
        request.headers, request.stream(), max_files=MAX_FILES, max_fields=_MAX_FIELDS
    )
    try:
        return await parser.parse()
    except (MultiPartException, UnicodeDecodeError, LookupError, KeyError) as error:
        raise QueryError(
            f"the form cannot be read ({error}); send at most {MAX_FILES} files"
        ) from error


def _put(queue: AddingQueue, form: FormData, addresses: str, collection: str | None) -> AddingJob:
    files = [
        (one.filename or "", one.file)
        for one in form.getlist("files")
        # A form whose field holds no file sends one without a name.
        if isinstance(one, UploadFile) and (one.filename or one.size)
    ]
    try:
        return queue.put(receive_sources(files, addresses), collection)
    except OSError as error:
        _LOG.error("an upload could not be kept: %s", error)
        raise RefusedError(
            "The files cannot be kept now; the server’s log says why.", 507
        ) from error


def _found(service: QueuedAnswerer, job: AddingJob) -> Iterator[Article]:
    """Yield the articles of a job that are in the index; another may have replaced some."""
    for article_id in job.article_ids:
        with suppress(RefusedError):
            yield service.article(article_id)


def _unknown() -> HTMLResponse:
    words = page_words()
    page = render_message_page(words("job_unknown"), words("job_unknown_line"))
    return page_response(page, 404)
