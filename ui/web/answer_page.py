"""A question and its answer as a page without scripts: linked to, reloaded, printed, taken along.

Pure functions.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from rag.retrieval.query import make_query
from rag.types import MAX_QUESTION, Answer, Filters, Query
from ui.citing.formats import CITATION_FORMATS, citations_shown
from ui.interface_text import ENGLISH, Words
from ui.markup import escape, local_path, naming_quotes
from ui.web.article_page import html_page
from ui.web.quote_copies import render_copies
from ui.web.render import render_answer, render_error, render_question
from ui.web.style import COPIES_CSS, FORM_CSS, MESSAGE_CSS

_LABELS = {
    "q": "question_field",
    "since": "since",
    "until": "until",
    "outlet": "outlet",
    "language": "language_of_article",
    "as_of": "as_of",
    "collection": "collection",
}
FIELDS = tuple(_LABELS)
"""Names in the address: ``q``, and the filters of the API."""
ANSWER_FORMATS = {"md": "Markdown", "json": "JSON", "evidence.json": "Evidence pack"}
"""What the answer as a whole is to be had as, by the end of the address."""
_MAX_FIELD = 200


def render_asking(
    given: Mapping[str, str],
    answer: Answer | None,
    error: str | None = None,
    after: str = "",
    words: Words = ENGLISH,
    filters: Filters | None = None,
    searched: tuple[int, int] | None = None,
) -> str:
    """HTML page of a question: the form with what was given, and the answer or why there is none.

    Parameters
    ----------
    given
        The values of `FIELDS` as they stand in the address.
    after
        HTML below the answer.
    words
        The language of the page and its answer; the form keeps the choice.
    filters
        Those it was asked with.
    searched
        How many articles pass them, and how many there are, where that is known.
    """
    question = given["q"].strip()
    parts = [f"<h1>{escape(words('ask_articles'))}</h1>", _form(given, words)]
    if question:
        parts.append(f"<h2>{render_question(question[:MAX_QUESTION])}</h2>")
    if error:
        parts.append(render_error(error, words))
    elif answer is not None:
        with naming_quotes(citations_shown(answer)):
            passing, articles = searched or (None, None)
            shown = render_answer(
                answer, words=words, filters=filters, searched=passing, articles=articles
            )
            parts.append(shown)
        parts.append(_taken_along(given, answer, words) + after)
    return html_page(
        question[:100] or words("ask"), "".join(parts), css=MESSAGE_CSS + FORM_CSS + COPIES_CSS
    )


def asked(given: Mapping[str, str]) -> Query:
    """Return the question of an address with its filters; empty ones are none.

    Raises
    ------
    QueryError
        Where it cannot be searched.
    """
    filters = {name: given.get(name, "").strip() or None for name in FIELDS if name != "q"}
    return make_query(
        given.get("q", ""),
        since=filters["since"],
        until=filters["until"],
        outlet=filters["outlet"],
        language=filters["language"],
        as_of=filters["as_of"],
        collection=filters["collection"],
    )


def ask_path(given: Mapping[str, str], end: str = "") -> str:
    """Path of a question with its filters: the page, or with an ``end`` such as ``.md`` what is beside it."""
    query = {name: value for name in FIELDS if (value := given[name].strip())}
    return f"{local_path('/ask')}{end}?{urlencode(query, errors='replace')}"


def _taken_along(given: Mapping[str, str], answer: Answer, words: Words) -> str:
    """HTML of the links to the answer in other formats, and of its quotes with their sources to copy."""
    citations = citations_shown(answer)
    formats = ANSWER_FORMATS | {"evidence.json": words("evidence_pack")}
    if citations:
        formats |= {name: one.label for name, one in CITATION_FORMATS.items()}
    links = "".join(
        f'<li><a href="{escape(ask_path(given, f".{name}"))}">{escape(label)}</a></li>'
        for name, label in formats.items()
    )
    return (
        '<section class="along" aria-labelledby="along"><h2 id="along">'
        f"{escape(words('along_answer'))}</h2>"
        f"<ul>{links}</ul>{render_copies(citations)}</section>"
    )


def _form(given: Mapping[str, str], words: Words) -> str:
    """HTML of the form; the filters are folded away until one is given, so that the answer is in sight."""
    filters = [name for name in FIELDS if name != "q"]
    opened = " open" if any(given[name].strip() for name in filters) else ""
    kept = "" if words == ENGLISH else f'<input type="hidden" name="lang" value="{words.language}">'
    return (
        f'<form action="{escape(local_path("/ask"))}" method="get" role="search">{kept}'
        f"{_input('q', given['q'], MAX_QUESTION, words, ' required')}<button>{escape(words('ask'))}</button>"
        f"<details{opened}><summary>{escape(words('filters'))}</summary>"
        f"{''.join(_input(name, given[name], _MAX_FIELD, words) for name in filters)}</details></form>"
    )


def _input(name: str, value: str, limit: int, words: Words, more: str = "") -> str:
    return (
        f'<label class="ask-{name}">{escape(words(_LABELS[name]))}<input name="{name}"'
        f' value="{escape(value[:limit])}" maxlength="{limit}"{more}></label>'
    )
