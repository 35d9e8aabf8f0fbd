"""An answer as the HTML of one chat message: pure functions, every corpus character escaped.

The message is one HTML block without a blank line, so that Markdown leaves all of it alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Answer, Article, Candidate, Citation, Passage
from ui.markup import (
    citation_path,
    escape,
    passage_path,
    publisher_link,
    title_of,
    written_date,
)

MAX_PASSAGES = 5
"""Nearest passages shown under an answer; the JSON has them all."""

_NEW_TAB = 'target="_blank" rel="noopener noreferrer"'


def render_answer(answer: Answer) -> str:
    """HTML of an answer: its quote, its numbered sources, the other answers, what was asked."""
    parts = [_standalone(answer.standalone_question)]
    if answer.abstained or not answer.candidates:
        parts.append(_abstention(answer.passages))
    elif answer.alternatives:
        parts.append(_several((answer.candidates[0], *answer.alternatives)))
    else:
        parts.append(_candidate(answer.candidates[0], "pc-answer", first_number=1))
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
    return f'<p class="pc-standalone">Understood as: <em>{escape(question)}</em></p>'


def _several(candidates: Sequence[Candidate]) -> str:
    columns = []
    number = 1
    for candidate in candidates:
        columns.append(_candidate(candidate, "pc-answer pc-column", first_number=number))
        number += len(candidate.citations)
    return (
        '<p class="pc-differ">The articles give different answers. Each stands with its sources.'
        f'</p><div class="pc-columns">{"".join(columns)}</div>'
    )


def _candidate(candidate: Candidate, classes: str, *, first_number: int) -> str:
    lead, *others = candidate.citations
    sources = [
        _source(citation, number, with_quote=position > 0)
        for position, (number, citation) in enumerate(
            enumerate((lead, *others), start=first_number)
        )
    ]
    label = "Source" if not others else f"{len(sources)} quotes"
    return (
        f'<div class="{classes}">'
        f'<blockquote class="pc-quote" dir="auto">{highlighted(lead)}</blockquote>'
        f'<p class="pc-confidence">{label} &#183; {_sureness(candidate.confidence)}</p>'
        f'<ol class="pc-sources" start="{first_number}">{"".join(sources)}</ol></div>'
    )


def _source(citation: Citation, number: int, *, with_quote: bool) -> str:
    own_words = (
        f'<blockquote class="pc-more" dir="auto">{highlighted(citation)}</blockquote>'
        if with_quote
        else ""
    )
    return (
        f"<li>{_byline(citation.article, citation_path(citation), citation.link, number)}"
        f"{own_words}</li>"
    )


def _byline(article: Article, path: str, link: str | None, number: int | None = None) -> str:
    spoken = "" if number is None else f'<span class="pc-number">&#91;{number}&#93;</span> '
    title = escape(title_of(article))
    pieces = [f'{spoken}<a class="pc-title" href="{escape(path)}" {_NEW_TAB}>{title}</a>']
    if article.outlet:
        pieces.append(f'<span class="pc-outlet">{escape(article.outlet)}</span>')
    if article.published:
        pieces.append(f'<span class="pc-date">{escape(written_date(article.published))}</span>')
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
    head = '<p class="pc-silent"><strong>The articles don&#8217;t say.</strong></p>'
    if not passages:
        return f'<div class="pc-abstained">{head}<p>No passage comes near this question.</p></div>'
    items = "".join(_passage(passage) for passage in passages[:MAX_PASSAGES])
    return (
        f'<div class="pc-abstained">{head}<details class="pc-nearest" open>'
        "<summary>The nearest passages, which do not answer it</summary>"
        f"<ul>{items}</ul></details></div>"
    )


def _passage(passage: Passage) -> str:
    chunk = passage.chunk
    path = passage_path(passage.article.id, chunk.start, chunk.end)
    return (
        f"<li>{_byline(passage.article, path, None)}"
        f'<blockquote class="pc-more" dir="auto">{escape(chunk.text)}</blockquote></li>'
    )


def _sureness(confidence: float) -> str:
    return f"{round(100 * min(max(confidence, 0.0), 1.0))} &#37; sure"
