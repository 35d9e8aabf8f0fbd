"""The pages of articles and of their earlier versions."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from ui.markup import version_path
from ui.web.article_details import MAX_COPIES, render_details
from ui.web.article_page import read_highlights, render_article, render_message_page
from ui.web.feedback_forms import SELECT_PATH, correct_link, render_here
from ui.web.reader_language import page_words
from ui.web.responses import page_response
from ui.web.service import QueuedAnswerer, RefusedError
from ui.web.version_page import render_comparison, render_version_list

_MAX_DAY_CHARS = 40


def add_article_routes(app: FastAPI, service: QueuedAnswerer, *, takes_feedback: bool) -> None:
    """Add the routes; ``takes_feedback``: a page may have the form that says what it answers."""

    @app.get("/articles/{article_id:path}/versions/{content_hash}")
    def version_page(article_id: str, content_hash: str, request: Request) -> Response:
        try:
            article, versions = service.article(article_id), service.versions(article_id)
        except RefusedError:
            # An id may hold any path.
            return article_page(f"{article_id}/versions/{content_hash}", request)
        for version in reversed(versions):
            if version.content_hash == content_hash:
                return page_response(render_comparison(article, version))
        words = page_words()
        page = render_message_page(words("no_such_version"), words("no_such_version_line"))
        return page_response(page, 404)

    @app.get("/articles/{article_id:path}")
    def article_page(article_id: str, request: Request) -> Response:
        try:
            article, versions = service.article(article_id), service.versions(article_id)
        except RefusedError as error:
            # A link to an article that was corrected since: its id is that of the older content.
            newer = service.successor(article_id) if error.status == 404 else None
            if newer:
                return RedirectResponse(version_path(*newer))
            words = page_words()
            if error.status == 404:
                page = render_message_page(words("no_such_article"), words("no_such_article_line"))
            else:
                page = render_message_page(words("not_available"), str(error), error=True)
            return page_response(page, error.status)
        asked = request.query_params
        found, complaint = read_highlights(asked.multi_items(), article.text)
        copies, count = service.copies(article.id, MAX_COPIES)
        after = render_details(article, found, copies, count)
        after += render_version_list(article, versions)
        form = takes_feedback and "correct" in asked
        if form:
            day = asked.get("as_of", "")[:_MAX_DAY_CHARS]
            after += render_here(article, asked.get("q", ""), as_of=day)
        elif takes_feedback:
            after += correct_link(article)
        script = SELECT_PATH if form else None
        note = page_words()("unfit") if complaint else None
        page = render_article(article, found, note, after, script=script)
        return page_response(page, 400 if complaint else 200, forms=form, script=form)
