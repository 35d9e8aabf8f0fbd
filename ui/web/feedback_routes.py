"""Where feedback arrives: checked against the articles, bounded, kept beside the index."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections import deque
from collections.abc import Mapping
from importlib.resources import files
from typing import cast, get_args
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from eval.feedback import MAX_WORDS, Feedback, FeedbackStore, Verdict
from rag.errors import IndexStoreError, QueryError
from rag.retrieval.filters import checked_day
from rag.text.content_hash import content_hash
from rag.types import MAX_QUESTION, Article
from ui.interface_errors import error_in
from ui.markup import local_path
from ui.web.article_page import render_message_page
from ui.web.errors import error_json
from ui.web.feedback_forms import (
    FEEDBACK_PATH,
    KEPT_PATH,
    SELECT_PATH,
    render_here_page,
    render_kept,
)
from ui.web.forms import read_form
from ui.web.reader_language import page_words
from ui.web.responses import page_response
from ui.web.service import QueuedAnswerer, RefusedError

RATE, RATE_SECONDS = 30, 60.0
"""Records that are taken in so many seconds."""
_MAX_DIGITS = 12
_LOG = logging.getLogger("presscite")


class NotInArticleError(QueryError):
    """Words that do not stand in the article that was named, or not where they are said to stand."""

    def __init__(self, article: Article, *, placed: bool = False) -> None:
        super().__init__(
            "These words do not stand at that place of the article; select them again."
            if placed
            else "These words do not stand in the article; paste them as they are printed there."
        )
        self.article = article


class RateLimit:
    """Lets so many things happen in so many seconds."""

    def __init__(self, count: int, seconds: float) -> None:
        self._count, self._seconds = count, seconds
        self._guard = threading.Lock()
        self._times: deque[float] = deque()

    def take(self) -> bool:
        """Whether one more may happen now; if so, it counts."""
        now = time.monotonic()
        with self._guard:
            while self._times and now - self._times[0] >= self._seconds:
                self._times.popleft()
            if len(self._times) >= self._count:
                return False
            self._times.append(now)
            return True


def add_feedback_routes(app: FastAPI, service: QueuedAnswerer, store: FeedbackStore) -> None:
    """Add the routes; ``Accept: application/json`` gets the record's number instead of a page."""
    limit = RateLimit(RATE, RATE_SECONDS)

    @app.post(FEEDBACK_PATH, include_in_schema=False)
    async def feedback(request: Request) -> Response:
        wants_json = "application/json" in request.headers.get("accept", "")
        given: Mapping[str, str] = {}
        try:
            given = await read_form(request)
            number = await run_in_threadpool(_keep, given, service, store, limit)
        except NotInArticleError as error:
            if wants_json:
                return error_json(error_in(page_words(), str(error))[0], 422)
            page = render_here_page(error.article, given, str(error))
            return page_response(page, 422, forms=True)
        except (QueryError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            line = " ".join(str(error).split())
            if wants_json:
                # The page's script shows it; a program sends no cookie with a language.
                return error_json(error_in(page_words(), line)[0], status)
            title = page_words()("not_kept_title")
            return page_response(render_message_page(title, line, error=True), status)
        if wants_json:
            return JSONResponse({"id": number})
        kept = urlencode({"verdict": given["verdict"], "q": given["q"]}, errors="replace")
        # So that a reload does not send it again.
        return RedirectResponse(f"{local_path(KEPT_PATH)}?{kept}", status_code=303)

    script = files("ui.web").joinpath(SELECT_PATH.lstrip("/")).read_text("utf-8")

    @app.get(SELECT_PATH, include_in_schema=False)
    def select_script() -> Response:
        return Response(script, media_type="text/javascript", headers={"cache-control": "no-cache"})

    @app.get(KEPT_PATH, include_in_schema=False)
    def kept_page(request: Request) -> HTMLResponse:
        asked = request.query_params.get("q", "")[:MAX_QUESTION]
        return page_response(render_kept(request.query_params.get("verdict", ""), asked))


def feedback_of(given: Mapping[str, str], service: QueuedAnswerer) -> Feedback:
    """Return what a form says, its words and places checked against the article.

    Parameters
    ----------
    given
        ``verdict`` (right, wrong, here), ``q``, ``as_of``; of the answer, or the right one, ``article_id``
        and ``start`` and ``end`` (characters of the article's text) or ``words``; with both, these words
        must stand there.

    Raises
    ------
    QueryError, RefusedError
    """
    question, verdict = " ".join(given.get("q", "").split()), _verdict(given.get("verdict", ""))
    day = checked_day("as_of", given.get("as_of", "").strip() or None)
    name = given.get("article_id", "")
    if not name:
        return Feedback(verdict, question, None, as_of=day)
    article = service.article(name)
    start, end = _place(article, given)
    answer = article.text[start:end]
    return Feedback(verdict, question, answer, article.id, content_hash(article), start, end, day)


def _verdict(given: str) -> Verdict:
    for verdict in get_args(Verdict):
        if given == verdict:
            return cast(Verdict, verdict)
    raise QueryError(f"verdict is {given[:40]!r}; give right, wrong or here")


def find_words(text: str, words: str) -> tuple[int, int] | None:
    """Return where words stand in a text first, whatever space is between them; None where they do not."""
    tokens = words.split()
    if not tokens or len(words) > MAX_WORDS:
        return None
    found = re.search(r"\s+".join(map(re.escape, tokens)), text)
    return found.span() if found else None


def _place(article: Article, given: Mapping[str, str]) -> tuple[int, int]:
    placed = bool(given.get("start") or given.get("end"))
    if "words" in given and not given["words"].strip():
        raise QueryError("no words are given; paste those of the article that answer")
    if "words" in given and not placed:
        found = find_words(article.text, given["words"])
        if found is None:
            raise NotInArticleError(article)
        return found
    start, end = given.get("start", ""), given.get("end", "")
    if any(not (v.isascii() and v.isdecimal()) or len(v) > _MAX_DIGITS for v in (start, end)):
        raise QueryError("start and end: name the characters of the article's text that answer")
    if not int(start) < int(end) <= len(article.text):
        raise QueryError(
            f"characters {start} to {end} are not in the article; name those of its text"
        )
    if "words" in given and given["words"].split() != article.text[int(start) : int(end)].split():
        raise NotInArticleError(article, placed=True)
    return int(start), int(end)


def _keep(
    given: Mapping[str, str], service: QueuedAnswerer, store: FeedbackStore, limit: RateLimit
) -> int:
    record = feedback_of(given, service)
    if not limit.take():
        raise RefusedError(
            f"Over {RATE} records in {RATE_SECONDS:.0f} seconds; please try again in a minute.", 429
        )
    try:
        return store.add(record)
    except IndexStoreError as error:
        # It names folders of this machine.
        _LOG.error("feedback was not kept: %s", error)
        raise RefusedError(
            "Feedback cannot be kept now; the server's log says why.", 500
        ) from error
