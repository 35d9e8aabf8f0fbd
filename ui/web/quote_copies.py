"""Quotes with their sources in text fields, to copy by mouse or keyboard without a script; pure functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.types import Citation
from ui.citing.quoting import as_html, as_markdown, as_plain
from ui.interface_text import Words
from ui.markup import escape
from ui.web.article_page import headline
from ui.web.reader_language import page_words

MAX_COPIED = 12
"""Quotes that have fields; references and JSON have all of them."""


def render_copies(citations: Sequence[Citation]) -> str:
    """HTML of a fold-out for each quote, with a text field for each form; empty without quotes."""
    return "".join(
        _fold_out(number, citation)
        for number, citation in enumerate(citations[:MAX_COPIED], start=1)
    )


def _fold_out(number: int, citation: Citation) -> str:
    article, words = citation.article, page_words()
    named = escape(f"{number}. {article.outlet or headline(article)}")
    fields = "".join(
        f"<label>{escape(label)}<textarea readonly spellcheck=false>{escape(make(citation))}"
        "</textarea></label>"
        for label, make in _forms(words)
    )
    copy = escape(words("copy_quote"))
    return f"<details><summary>{copy} <bdi>{named}</bdi></summary>{fields}</details>"


def _forms(words: Words) -> Sequence[tuple[str, Callable[[Citation], str]]]:
    return ((words("plain_text"), as_plain), ("Markdown", as_markdown), ("HTML", as_html))
