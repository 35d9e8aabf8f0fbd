"""A question and its answer as a page without scripts: linked to, reloaded, printed; pure functions."""

from __future__ import annotations

from collections.abc import Mapping

from rag.types import MAX_QUESTION, Answer
from ui.markup import escape
from ui.web.article_page import PAGE_SECURITY_POLICY, html_page
from ui.web.render import render_answer, render_error, render_question
from ui.web.style import FORM_CSS, MESSAGE_CSS

ASK_SECURITY_POLICY = PAGE_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
_LABELS = {
    "q": "Question",
    "since": "Published since",
    "until": "Published until",
    "outlet": "Outlet",
    "language": "Language",
    "as_of": "Asked as of",
}
FIELDS = tuple(_LABELS)
"""Names in the address: ``q``, and the filters of the API."""
_MAX_FIELD = 200


def render_asking(given: Mapping[str, str], answer: Answer | None, error: str | None = None) -> str:
    """HTML page of a question: the form with what was given, and the answer or why there is none.

    Parameters
    ----------
    given
        The values of `FIELDS` as they stand in the address.
    """
    question = given["q"].strip()
    parts = ["<h1>Ask the articles</h1>", _form(given)]
    if question:
        parts.append(f"<h2>{render_question(question[:MAX_QUESTION])}</h2>")
    if error:
        parts.append(render_error(error))
    elif answer is not None:
        parts.append(render_answer(answer))
    return html_page(question[:100] or "Ask", "".join(parts), css=MESSAGE_CSS + FORM_CSS)


def _form(given: Mapping[str, str]) -> str:
    """HTML of the form; the filters are folded away until one is given, so that the answer is in sight."""
    filters = [name for name in FIELDS if name != "q"]
    opened = " open" if any(given[name].strip() for name in filters) else ""
    return (
        '<form action="/ask" method="get" role="search">'
        f"{_input('q', given['q'], MAX_QUESTION, ' required')}<button>Ask</button>"
        f"<details{opened}><summary>Filters</summary>"
        f"{''.join(_input(name, given[name], _MAX_FIELD) for name in filters)}</details></form>"
    )


def _input(name: str, value: str, limit: int, more: str = "") -> str:
    return (
        f'<label class="ask-{name}">{_LABELS[name]}<input name="{name}" value="{escape(value[:limit])}"'
        f' maxlength="{limit}"{more}></label>'
    )
