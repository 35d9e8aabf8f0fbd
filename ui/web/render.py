"""An answer as the HTML of one chat message: pure functions, every corpus character escaped.

The message is one HTML block without a blank line, so that Markdown leaves all of it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.types import Answer, Article, Candidate, Citation, Passage
from ui.markup import (
    citation_path,
    escape,
    passage_path,
    publisher_link,
    title_of,
)
from ui.reported import (
    DIFFERENT,
    EARLIER,
    NEAREST,
    SILENT,
    article_day,
    beside_and_earlier,
    copied_by,
    gap_line,
    heading,
    newest_citation,
    on_page,
    reported,
    sureness,
    understood_as,
    without_copies,
)

MAX_PASSAGES = 5
"""Nearest passages shown under an answer; the JSON has them all."""

_NEW_TAB = 'target="_blank" rel="noopener noreferrer"'


def render_answer(answer: Answer) -> str:
    """HTML of an answer: its quote, its numbered sources, the other and earlier answers, what was asked."""
    parts = [_standalone(answer.standalone_question)]
    if answer.time_gap:
        parts.append(
            f'<p class="pc-gap">{escape(gap_line(answer.time_gap, answered=not answer.abstained))}</p>'
        )
    if answer.abstained or not answer.candidates:
        parts.append(_abstention(answer.passages))
    else:
        best = answer.candidates[0]
        if lead := heading(answer):
            parts.append(f'<p class="pc-heading">{escape(lead)}</p>')
        beside, earlier = beside_and_earlier(answer)
        if beside:
            parts.append(_several((best, *beside), answer.as_of))
        else:
            parts.append(_candidate(best, "pc-answer", answer.as_of, first_number=1))
        parts.append(_earlier(earlier))
    return f'<div class="pc-message">{"".join(parts)}</div>'


def render_error(message: str) -> str:
    """HTML of a failure, said in one line."""
    line = " ".join(message.split())
    return (
        '<div class="pc-message"><div class="pc-error">'
        f"<p><strong>This question got no answer.</strong></p><p>{escape(line)}</p></div></div>"
    )


def render_question(question: str) -> str:
    """HTML of the reader's own words, shown as they were typed."""
    return f'<div class="pc-question">{escape(question)}</div>'


def highlighted(citation: Citation) -> str:
    """HTML of a quote with the answering words in ``<mark>``."""
    before = citation.quote[: citation.answer_start - citation.start]
    after = citation.quote[citation.answer_end - citation.start :]
    return f"{escape(before)}<mark>{escape(citation.answer)}</mark>{escape(after)}"


def _standalone(question: str | None) -> str:
    if not question:
        return ""
    lead, words = understood_as(question).split(": ", 1)
    return f'<p class="pc-standalone">{escape(lead)}&#58; <em>{escape(words)}</em></p>'


def _several(candidates: Sequence[Candidate], as_of: date | None) -> str:
    columns = []
    number = 1
    for candidate in candidates:
        columns.append(_candidate(candidate, "pc-answer pc-column", as_of, first_number=number))
        number += len(without_copies(candidate.citations))
    return (
        f'<p class="pc-differ">{escape(DIFFERENT)}'
        f'</p><div class="pc-columns">{"".join(columns)}</div>'
    )


def _candidate(candidate: Candidate, classes: str, as_of: date | None, *, first_number: int) -> str:
    lead = candidate.citations[0]
    sources = [
        _source(citation, number, copies, with_quote=number > first_number)
        for number, (citation, copies) in enumerate(
            without_copies(candidate.citations), start=first_number
        )
    ]
    label = "Source" if len(sources) == 1 else f"{len(sources)} quotes"
    return (
        f'<div class="{classes}">'
        f'<blockquote class="pc-quote" dir="auto">{highlighted(lead)}</blockquote>'
        f'<p class="pc-confidence">{label} &#183; {escape(sureness(candidate.confidence))}'
        f" &#183; {escape(reported(lead.article, as_of))}</p>"
        f'<ol class="pc-sources" start="{first_number}">{"".join(sources)}</ol></div>'
    )


def _earlier(candidates: Sequence[Candidate]) -> str:
    """HTML of what was reported before the answer: date, outlet and words of each."""
    if not candidates:
        return ""
    items = []
    for candidate in candidates:
        citation = newest_citation(candidate)
        article = citation.article
        where = escape(article.outlet or title_of(article))
        items.append(
            f'<li><span class="pc-date">{escape(article_day(article))}</span> &#183; '
            f'<a class="pc-title" href="{escape(citation_path(citation))}" {_NEW_TAB}>{where}</a>'
            f" &#183; <mark>{escape(citation.answer)}</mark></li>"
        )
    return f'<div class="pc-earlier"><p>{escape(EARLIER)}</p><ul>{"".join(items)}</ul></div>'


def _source(citation: Citation, number: int, copies: int, *, with_quote: bool) -> str:
    own_words = (
        f'<blockquote class="pc-more" dir="auto">{highlighted(citation)}</blockquote>'
        if with_quote
        else ""
    )
    count = copied_by(citation, copies)
    page = on_page(citation.article, citation.start)
    copied = f' &#183; <span class="pc-copies">{escape(count)}</span>' if count else ""
    return (
        f"<li>{_byline(citation.article, citation_path(citation), citation.link, page, number)}"
        f"{copied}{own_words}</li>"
    )


def _byline(
    article: Article, path: str, link: str | None, page: str | None, number: int | None = None
) -> str:
    spoken = "" if number is None else f'<span class="pc-number">&#91;{number}&#93;</span> '
    title = escape(title_of(article))
    pieces = [f'{spoken}<a class="pc-title" href="{escape(path)}" {_NEW_TAB}>{title}</a>']
    if article.outlet:
        pieces.append(f'<span class="pc-outlet">{escape(article.outlet)}</span>')
    pieces.append(f'<span class="pc-date">{escape(article_day(article))}</span>')
    if page:
        pieces.append(f'<span class="pc-page">{escape(page)}</span>')
    if article.retells:
        pieces.append(f'<span class="pc-retells">after {escape(article.retells)}</span>')
    outside = publisher_link(article, link)
    if outside:
        pieces.append(
            f'<a class="pc-publisher" href="{escape(outside)}" {_NEW_TAB}>'
            "publisher&#8217;s page</a>"
        )
    return " &#183; ".join(pieces)


def _abstention(passages: Sequence[Passage]) -> str:
    head = f'<p class="pc-silent"><strong>{escape(SILENT)}</strong></p>'
    if not passages:
        return f'<div class="pc-abstained">{head}<p>No passage comes near this question.</p></div>'
    items = "".join(_passage(passage) for passage in passages[:MAX_PASSAGES])
    return (
        f'<div class="pc-abstained">{head}<details class="pc-nearest" open>'
        f"<summary>{escape(NEAREST)}</summary>"
        f"<ul>{items}</ul></details></div>"
    )


def _passage(passage: Passage) -> str:
    chunk = passage.chunk
    path = passage_path(passage.article.id, chunk.start, chunk.end)
    return (
        f"<li>{_byline(passage.article, path, None, on_page(passage.article, chunk.start))}"
        f'<blockquote class="pc-more" dir="auto">{escape(chunk.text)}</blockquote></li>'
    )
