"""A draft's quotations looked up, as a page without scripts; pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rag.checking import CheckedQuotation, Match
from ui.markup import citation_path, escape, local_path, publisher_link
from ui.reported import article_day, counted
from ui.web.article_page import headline, html_page
from ui.web.reader_language import alert_html, page_words, told_html
from ui.web.render import highlighted
from ui.web.style import CHECK_CSS, FORM_CSS

CHECK_PATH = "/check"
_STATUSES = ("verbatim", "altered", "other speaker", "not found")
_MAX_MATCHES = 5


def render_check(
    draft: str, checked: Sequence[CheckedQuotation] | None, max_chars: int, error: str | None = None
) -> str:
    """HTML page: the form with the draft, and what became of its quotations, or why there is nothing.

    Parameters
    ----------
    checked
        None where nothing was looked up.
    """
    title = page_words()("page_check")
    parts = [f"<h1>{escape(title)}</h1>", _form(draft, max_chars)]
    if error:
        parts.append(alert_html(error))
    if checked is not None:
        parts.append(f'<p class="counts" role="status">{escape(summary(checked))}</p>')
        parts += [_quotation(number, one, draft) for number, one in enumerate(checked, start=1)]
        if checked:
            parts.append(_draft(draft, checked))
    return html_page(title, "".join(parts), css=FORM_CSS + CHECK_CSS)


def summary(checked: Sequence[CheckedQuotation]) -> str:
    """Return how many quotations there are of each status."""
    words = page_words()
    if not checked:
        return words("no_quotations")
    counts = Counter[str](one.status for one in checked)
    told = words("listed").join(
        f"{words.number(counts[status])} {_label(status).lower()}"
        for status in _STATUSES
        if counts[status]
    )
    line = counted(len(checked), "quotations", words)
    return words("quotations_told", line=line, statuses=told)


def _label(status: str) -> str:
    return page_words()(f"status_{status.replace(' ', '_')}")


def _form(draft: str, max_chars: int) -> str:
    words = page_words()
    return (
        f'<form action="{escape(local_path(CHECK_PATH))}" method="post">'
        f"<label class=ask-q>{escape(words('draft_label'))}"
        f'<textarea name="draft" rows="8" maxlength="{max_chars}" required>{escape(draft[:max_chars])}'
        f"</textarea></label><button>{escape(words('check'))}</button></form>"
    )


def _quotation(number: int, one: CheckedQuotation, draft: str) -> str:
    line = draft.count("\n", 0, one.quotation.start) + 1
    matches = "".join(_match(one, match) for match in one.matches[:_MAX_MATCHES])
    more = len(one.matches) - _MAX_MATCHES
    words = page_words()
    rest = f"<li>{escape(words('in_more', count=str(more)))}</li>" if more > 0 else ""
    listed = f"<ul>{matches}{rest}</ul>" if matches else ""
    kind = one.status.replace(" ", "-")
    return (
        f'<section class="checked {kind}" aria-labelledby="quotation-{number}">'
        f'<h2 id="quotation-{number}" tabindex="-1">{escape(_label(one.status))}'
        f" <small>{escape(words('line_number', number=words.number(line)))}</small></h2>"
        f'<blockquote dir="auto">{escape(one.text)}</blockquote>{listed}</section>'
    )


def _match(one: CheckedQuotation, match: Match) -> str:
    citation = match.citation
    article = citation.article
    changes = "".join(
        "<li>"
        + told_html(
            "change",
            quoted=_words("del", change.quoted),
            article=_words("ins", change.article),
        )
        + "</li>"
        for change in match.alignment.changes
    )
    outside = publisher_link(article, citation.link)
    about = [
        f'<a href="{escape(citation_path(citation))}" dir="auto">{escape(headline(article))}</a>',
        escape(article.outlet or ""),
        escape(article_day(article, page_words())),
        escape(_said(one, match)),
        f'<a href="{escape(outside)}" rel="noopener noreferrer">{escape(page_words()("publisher"))}</a>'
        if outside
        else "",
    ]
    return (
        f"<li>{' &#183; '.join(part for part in about if part)}"
        f"{f'<ul class=changes>{changes}</ul>' if changes else ''}"
        f'<blockquote dir="auto">{highlighted(citation)}</blockquote></li>'
    )


def _said(one: CheckedQuotation, match: Match) -> str:
    """Return who says it there, against whom the draft names where that is somebody else."""
    words = page_words()
    if one.status == "other speaker":
        named = {"draft": str(one.quotation.speaker), "article": str(match.speaker)}
        return words("speakers_differ", **named)
    if match.speaker:
        return words("said_by", speaker=match.speaker)
    return words("speaker_unknown" if match.in_quotes else "reporters_words")


def _words(tag: str, words: str) -> str:
    return f"<{tag}>{escape(words)}</{tag}>" if words else escape(page_words()("nothing"))


def _draft(draft: str, checked: Sequence[CheckedQuotation]) -> str:
    """HTML of the draft with its quotations marked, each a link to what became of it."""
    pieces, at = [], 0
    for number, one in enumerate(checked, start=1):
        start, end = one.quotation.start, one.quotation.end
        if start < at:
            continue
        kind = one.status.replace(" ", "-")
        pieces.append(
            f'{escape(draft[at:start])}<a class="{kind}" href="#quotation-{number}">'
            f"{escape(draft[start:end])}</a>"
        )
        at = end
    pieces.append(escape(draft[at:]))
    return (
        '<section aria-labelledby="draft"><h2 id="draft">'
        f"{escape(page_words()('draft'))}</h2>"
        f'<p class="draft" dir="auto">{"".join(pieces)}</p></section>'
    )
