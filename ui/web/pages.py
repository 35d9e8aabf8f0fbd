"""The pages without scripts: questions and answers, the articles, drafts that are checked, feedback."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from eval.feedback import FeedbackStore
from rag.errors import QueryError
from ui.web.answer_page import FIELDS, asked, render_asking
from ui.web.article_routes import add_article_routes
from ui.web.check_routes import add_check_routes
from ui.web.collection_routes import add_collection_routes
from ui.web.exports import add_export_routes
from ui.web.feedback_forms import render_verdicts
from ui.web.feedback_routes import add_feedback_routes
from ui.web.reader_language import page_words
from ui.web.responses import page_response
from ui.web.searched import searched_articles
from ui.web.service import QueuedAnswerer, RefusedError


def add_page_routes(app: FastAPI, service: QueuedAnswerer, *, feedback: bool = False) -> None:
    """Add the routes of the pages.

    Parameters
    ----------
    feedback
        Whether people may say which answers are right; kept where the index is a folder.
    """
    folder = service.folder if feedback else None
    takes_feedback = folder is not None
    if folder is not None:
        add_feedback_routes(app, service, FeedbackStore(folder))
    add_check_routes(app, service)
    add_collection_routes(app, service)
    # Before those of the articles, whose ids may hold any path.
    add_export_routes(app, service)
    add_article_routes(app, service, takes_feedback=takes_feedback)

    @app.get("/ask")
    def answer_page(request: Request) -> HTMLResponse:
        given = {name: request.query_params.get(name, "") for name in FIELDS}
        words = page_words()
        if not given["q"].strip():
            return page_response(render_asking(given, None, words=words), forms=True)
        try:
            query = asked(given)
            answer = service.ask(query)
        except (QueryError, RefusedError) as error:
            status = error.status if isinstance(error, RefusedError) else 400
            page = render_asking(given, None, " ".join(str(error).split()), words=words)
            return page_response(page, status, forms=True)
        after = render_verdicts(answer) if takes_feedback else ""
        searched = searched_articles(service, query.filters, answer)
        page = render_asking(given, answer, None, after, words, query.filters, searched)
        return page_response(page, forms=True)
