"""What stands beside the pages under other ends of their addresses: answers and quotes in other formats."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import Response

from rag.errors import QueryError
from rag.types import Answer, Citation
from ui.citing.formats import CITATION_FORMATS, citations_shown
from ui.citing.pack import PackTurn, answer_markdown, evidence_pack
from ui.public import public_record
from ui.reported import SILENT
from ui.serialize import answer_json
from ui.web.answer_page import ANSWER_FORMATS, asked
from ui.web.article_page import read_highlights
from ui.web.errors import error_json
from ui.web.searched import searched_articles
from ui.web.service import QueuedAnswerer

_NO_FORMAT = "There is no such format; there are: {}."
_QUOTE_NEEDED = "start and end: name the quote's characters in the article's text"


def add_export_routes(app: FastAPI, service: QueuedAnswerer) -> None:
    """Add the routes; those of articles come before the article pages, whose ids may hold any path."""

    @app.get("/ask.{end}")
    def answer_export(end: str, request: Request) -> Response:
        if end not in {*ANSWER_FORMATS, *CITATION_FORMATS}:
            return _unknown([*ANSWER_FORMATS, *CITATION_FORMATS])
        query = asked(request.query_params)
        answer = service.ask(query)
        if end == "json":
            record = public_record(answer_json(answer))
            return _response(json.dumps(record, ensure_ascii=False), "application/json")
        if end == "evidence.json":
            searched = searched_articles(service, query.filters, answer)
            turn = PackTurn(query.question, answer, query.filters, searched)
            pack = evidence_pack([turn], title=query.question)
            response = _response(json.dumps(pack, ensure_ascii=False, indent=2), "application/json")
            response.headers["content-disposition"] = 'attachment; filename="evidence.json"'
            return response
        if end == "md":
            searched = searched_articles(service, query.filters, answer)
            made = answer_markdown(query.question, answer, query.filters, searched)
            return _response(made, "text/markdown; charset=utf-8")
        return _citations(end, citations_shown(answer), answer)

    @app.get("/articles/{article_id:path}/quote.{end}")
    def quote_export(article_id: str, end: str, request: Request) -> Response:
        if end not in CITATION_FORMATS:
            return _unknown(list(CITATION_FORMATS))
        article = service.article(article_id)
        found, complaint = read_highlights(request.query_params.multi_items(), article.text)
        if complaint or not found:
            raise QueryError(complaint or _QUOTE_NEEDED)
        return _citations(end, [one.citation(article) for one in found], None)


def _citations(end: str, citations: Sequence[Citation], answer: Answer | None) -> Response:
    chosen = CITATION_FORMATS[end]
    made = chosen.make(citations)
    if end == "bib" and not citations and answer is not None:
        # What stands outside of entries is no part of a bibliography.
        made = f"{SILENT}\n"
    response = _response(made, chosen.media_type)
    response.headers["content-disposition"] = f'attachment; filename="presscite.{end}"'
    return response


def _response(text: str, media_type: str) -> Response:
    # A lone surrogate, which JSON may name, is in no encoding.
    return Response(text.encode("utf-8", "replace"), media_type=media_type)


def _unknown(formats: Sequence[str]) -> Response:
    return error_json(_NO_FORMAT.format(", ".join(formats)), 404)
