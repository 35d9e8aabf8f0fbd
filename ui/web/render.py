"""An answer as the HTML of one chat message: pure functions, every corpus character escaped.

The message is one HTML block without a blank line, so that Markdown leaves all of it alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import urlencode

from rag.types import Answer, Article, Candidate, Citation, Filters, Passage
from ui.interface_errors import error_in
from ui.interface_text import ENGLISH, Words
from ui.markup import (
    citation_path,
    escape,
    local_path,
    passage_path,
    publisher_link,
)
from ui.reported import (
    answer_reported,
    article_day,
    copied_by,
    could_ask,
    counted,
    gap_line,
    heading,
    independent_outlets,
    looked_for,
    named_filters,
    on_page,
    overview_heading,
    said_by,
    scope_line,
    searched_line,
    sentences_around,
    silence,
    standing_of,
    sure_in_words,
    sureness,
    understood_as,
    without_copies,
)
from ui.web.article_page import language_attribute

MAX_PASSAGES = 5
"""Nearest passages shown under an answer; the JSON has them all."""

_NEW_TAB = 'target="_blank" rel="noopener noreferrer"'
_Cards = list[tuple[Citation, int]]


def render_answer(
    answer: Answer,
    key: str = "",
    words: Words = ENGLISH,
    *,
    filters: Filters | None = None,
    searched: int | None = None,
    articles: int | None = None,
    rewording: bool = False,
) -> str:
    """HTML of an answer: its quote, its numbered sources, the other and earlier answers, what was asked.

    Parameters
    ----------
    key
        Tells a message from others of the same page that answer the same question, so that its markers
        lead to its own cards.
    words
        The language in which it is told; quotes and titles stay in theirs, and say which it is.
    filters, searched, articles
        Those it was asked with, how many articles pass them, and how many there are, where that is known: an
        abstention says that only these were searched.
    rewording
        Whether a follow-up has the buttons that ask it in other words, or as it was typed.
    """
    under = named_filters(answer, filters)
    limits = searched_line(under, searched, words, of=articles) or ""
    parts = [_standalone(answer, words, rewording=rewording)]
    if scope := scope_line(answer, words):
        parts.append(f'<p class="pc-scope">{escape(scope)}</p>')
    if answer.time_gap:
        gap = gap_line(answer.time_gap, words, answered=not answer.abstained)
        parts.append(f'<p class="pc-gap">{escape(gap)}</p>')
    anchors = _Anchors(answer, key, words)
    if answer.topic is not None and answer.speaker is None:
        parts.append(_overview(answer, anchors, limits))
    elif answer.abstained or not answer.candidates:
        parts.append(_abstention(answer, anchors, limits))
    else:
        parts.append(_answered(answer, anchors))
    return f'<div class="pc-message"{_told_in(words)}>{"".join(parts)}</div>'


class _Anchors:
    """Identifiers of a message's markers and cards, which count through all of its answers; its language."""

    def __init__(self, answer: Answer, key: str, words: Words) -> None:
        self.words = words
        seed = f"{key}|{answer.question}|{answer.as_of}|{answer.outlet}"
        self._stem = f"pc-{hashlib.sha256(seed.encode('utf-8', 'replace')).hexdigest()[:10]}"
        self._last = 0

    def take(self) -> int:
        """Return the next number."""
        self._last += 1
        return self._last

    def card(self, number: int) -> str:
        """Return the identifier of a source's card."""
        return f"{self._stem}-{number}"

    def marker(self, number: int) -> str:
        """Return the identifier of the marker that leads to it."""
        return f"{self._stem}-m{number}"


def render_error(message: str, words: Words = ENGLISH) -> str:
    """HTML of a failure, said in one line."""
    line, told = error_in(words, message)
    own = "" if told else ' lang="en"'
    return (
        f'<div class="pc-message"{_told_in(words)}><div class="pc-error">'
        f"<p><strong>{escape(words('no_answer'))}</strong></p><p{own}>{escape(line)}</p></div></div>"
    )


def render_question(question: str) -> str:
    """HTML of the reader's own words, shown as they were typed."""
    return f'<div class="pc-question">{escape(question)}</div>'


def highlighted(citation: Citation) -> str:
    """HTML of a quote with the answering words in ``<mark>``."""
    if citation.answer == citation.quote:
        return escape(citation.quote)
    before = citation.quote[: citation.answer_start - citation.start]
    after = citation.quote[citation.answer_end - citation.start :]
    return f"{escape(before)}<mark>{escape(citation.answer)}</mark>{escape(after)}"


def _told_in(words: Words) -> str:
    """HTML attribute that names the language of an answer, where the page may be in another."""
    return "" if words == ENGLISH else f' lang="{words.language}"'


def _language(article: Article, words: Words) -> str:
    """HTML attribute of words of an article that is in another language than what stands around it."""
    told = language_attribute(article)
    return "" if told == f' lang="{words.language}"' else told


def _standalone(answer: Answer, words: Words, *, rewording: bool) -> str:
    question = answer.standalone_question
    if not question:
        return ""
    lead = understood_as("", words).rstrip()
    line = f'<p class="pc-standalone">{escape(lead)} <em>{escape(question)}</em></p>'
    if not rewording:
        return line
    return (
        f'{line}<p class="pc-reword">'
        f'<button class="pc-edit" value="{escape(question)}">{escape(words("edit"))}</button> '
        f'<button class="pc-as-typed" value="{escape(answer.question)}">'
        f"{escape(words('as_typed'))}</button></p>"
    )


def _answered(answer: Answer, anchors: _Anchors) -> str:
    """HTML of the answer, then of what differs, what was reported earlier, what else the articles have."""
    best, words = answer.candidates[0], anchors.words
    parts = []
    if lead := heading(answer, words):
        parts.append(f'<p class="pc-heading">{escape(lead)}</p>')
    standing = standing_of(answer)
    if standing.different:
        columns = (best, *standing.different)
        parts.append(
            f'<p class="pc-differ">{escape(words("different"))}</p><div class="pc-columns">'
            f"{''.join(_candidate(c, 'pc-answer pc-column', answer, anchors) for c in columns)}</div>"
        )
    else:
        parts.append(_candidate(best, "pc-answer", answer, anchors))
    parts.append(_dated("earlier", standing.earlier, words))
    parts.append(_dated("dated", standing.dated, words))
    parts.append(_dated("without_date", standing.undated, words))
    parts.append(_also(standing.also, words))
    return "".join(parts)


def _candidate(candidate: Candidate, classes: str, answer: Answer, anchors: _Anchors) -> str:
    lead = candidate.citations[0]
    cards = without_copies(candidate.citations)
    numbers = [anchors.take() for _ in cards]
    words = anchors.words
    label = words("source") if len(cards) == 1 else counted(len(cards), "quotes", words)
    if (outlets := independent_outlets(candidate)) > 1:
        label = words("from_independent", quotes=label, count=words.number(outlets))
    sure = escape(sure_in_words(candidate.confidence, words))
    return (
        f'<div class="{classes}">'
        f'<blockquote class="pc-quote" dir="auto"{_language(lead.article, words)}>'
        f"{highlighted(lead)}</blockquote>{_said(lead, words)}"
        f'<p class="pc-confidence">{escape(label)} {_markers(numbers, anchors)} &#183; {sure}'
        f" &#183; {escape(answer_reported(candidate, answer.as_of, words))}</p>"
        f"{_sureness(candidate.confidence, words)}{_cards(cards, numbers, anchors)}</div>"
    )


def _said(citation: Citation, words: Words) -> str:
    """HTML of whose words a quote reports; empty where they are the reporter's own."""
    spoken = said_by(citation, words)
    return f'<p class="pc-speaker">{escape(spoken)}</p>' if spoken else ""


def _markers(numbers: Sequence[int], anchors: _Anchors) -> str:
    """HTML of the numbers that lead to the cards below."""
    return " ".join(
        f'<a class="pc-marker" id="{anchors.marker(n)}" href="#{anchors.card(n)}"'
        f' aria-label="{escape(anchors.words("source_number", number=str(n)))}">&#91;{n}&#93;</a>'
        for n in numbers
    )


def _sureness(confidence: float, words: Words) -> str:
    """HTML of the number behind the words, folded, with what it means."""
    return (
        f'<details class="pc-sureness"><summary>{escape(words("how_sure"))}</summary>'
        f"<p>{escape(sureness(confidence, words))}. {escape(words('sureness_means'))}</p></details>"
    )


def _cards(cards: _Cards, numbers: Sequence[int], anchors: _Anchors, *, quoted: int = 1) -> str:
    """HTML of source cards; those after the first ``quoted`` show the words that they are cited for."""
    items = [
        _card(citation, number, copies, anchors, with_quote=place >= quoted)
        for place, ((citation, copies), number) in enumerate(zip(cards, numbers, strict=True))
    ]
    return f'<ol class="pc-sources" start="{numbers[0]}">{"".join(items)}</ol>'


def _card(
    citation: Citation, number: int, copies: int, anchors: _Anchors, *, with_quote: bool
) -> str:
    own_words, words = "", anchors.words
    if with_quote:
        own_words = (
            f'<blockquote class="pc-more" dir="auto"{_language(citation.article, words)}>'
            f"{highlighted(citation)}</blockquote>{_said(citation, words)}"
        )
    count = copied_by(citation, copies, words)
    copied = f' &#183; <span class="pc-copies">{escape(count)}</span>' if count else ""
    page = on_page(citation.article, citation.start, words)
    back_to = words("back_to", number=str(number))
    back = (
        f'<a class="pc-number" href="#{anchors.marker(number)}"'
        f' aria-label="{escape(back_to)}">&#91;{number}&#93;</a> '
    )
    byline = _byline(citation.article, citation_path(citation), citation.link, page, words)
    return (
        f'<li class="pc-card" id="{anchors.card(number)}">{back}{byline}{copied}{own_words}'
        f"{_around(citation, words)}</li>"
    )


def _around(citation: Citation, words: Words) -> str:
    """HTML of the sentences before and after a quote, folded."""
    before, after = sentences_around(citation.article.text, citation.start, citation.end)
    if not before and not after:
        return ""
    quote = f"<strong>{escape(citation.quote)}</strong>"
    whole = " ".join(part for part in (escape(before), quote, escape(after)) if part)
    return (
        f'<details class="pc-around"><summary>{escape(words("around"))}</summary>'
        f'<p dir="auto"{_language(citation.article, words)}>{whole}</p></details>'
    )


def _dated(name: str, candidates: Sequence[Candidate], words: Words) -> str:
    """HTML of a small list of other reports: date, outlet and words of each."""
    if not candidates:
        return ""
    items = "".join(_dated_item(candidate, words) for candidate in candidates)
    return f'<div class="pc-earlier"><p>{escape(words(name))}</p><ul>{items}</ul></div>'


def _dated_item(candidate: Candidate, words: Words) -> str:
    citation = candidate.newest
    article = citation.article
    where = escape(article.outlet or _title(article, words))
    language = _language(article, words)
    return (
        f'<li><span class="pc-date">{escape(article_day(article, words))}</span> &#183; '
        f'<a class="pc-title" href="{escape(citation_path(citation))}" {_NEW_TAB}>{where}</a>'
        f" &#183; <mark{language}>{escape(citation.answer)}</mark>{_said(citation, words)}</li>"
    )


def _also(candidates: Sequence[Candidate], words: Words) -> str:
    """HTML of what else the articles have that the question may mean: each in its quote."""
    if not candidates:
        return ""
    items = []
    for candidate in candidates:
        citation = candidate.citations[0]
        page = on_page(citation.article, citation.start, words)
        byline = _byline(citation.article, citation_path(citation), citation.link, page, words)
        items.append(
            f'<li><blockquote class="pc-more" dir="auto"{_language(citation.article, words)}>'
            f"{highlighted(citation)}</blockquote>{_said(citation, words)}{byline}</li>"
        )
    return (
        f'<div class="pc-earlier pc-also"><p>{escape(words("also"))}</p>'
        f"<ul>{''.join(items)}</ul></div>"
    )


def _overview(answer: Answer, anchors: _Anchors, limits: str) -> str:
    """HTML of what is said about a topic, each quote in its card, oldest first."""
    if not answer.overview:
        return _silent(anchors.words("no_overview"), [limits], answer, anchors.words)
    return _quotes(answer, anchors)


def _quotes(answer: Answer, anchors: _Anchors) -> str:
    cards = [(citation, len(citation.reprints)) for citation in answer.overview]
    numbers = [anchors.take() for _ in cards]
    return (
        f'<div class="pc-overview"><p class="pc-heading">{escape(overview_heading(answer, anchors.words))}'
        f" {_markers(numbers, anchors)}</p>{_cards(cards, numbers, anchors, quoted=0)}</div>"
    )


def _title(article: Article, words: Words) -> str:
    return (article.title or "").strip() or words("untitled")


def _byline(article: Article, path: str, link: str | None, page: str | None, words: Words) -> str:
    title = escape(_title(article, words))
    language = _language(article, words)
    pieces = [f'<a class="pc-title" href="{escape(path)}" {_NEW_TAB}{language}>{title}</a>']
    if article.outlet:
        pieces.append(f'<span class="pc-outlet">{escape(article.outlet)}</span>')
    pieces.append(f'<span class="pc-date">{escape(article_day(article, words))}</span>')
    if page:
        pieces.append(f'<span class="pc-page">{escape(page)}</span>')
    if article.retells:
        retold = words("retells", outlet=article.retells)
        pieces.append(f'<span class="pc-retells">{escape(retold)}</span>')
    outside = publisher_link(article, link)
    if outside:
        pieces.append(
            f'<a class="pc-publisher" href="{escape(outside)}" {_NEW_TAB}>'
            f"{escape(words('publisher'))}</a>"
        )
    return " &#183; ".join(pieces)


def _abstention(answer: Answer, anchors: _Anchors, limits: str) -> str:
    words = anchors.words
    head, near = silence(answer, words)
    lines = [limits, near, looked_for(answer, words)]
    return _silent(head, lines, answer, words, _quotes(answer, anchors) if answer.overview else "")


def _silent(head: str, lines: Sequence[str], answer: Answer, words: Words, quotes: str = "") -> str:
    """HTML of an abstention: what was looked for, words of the person asked about, what is near, folded."""
    said = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    first = f'<p class="pc-silent"><strong>{escape(head)}</strong></p>{said}'
    if not answer.passages:
        return f'<div class="pc-abstained">{first}<p>{escape(words("none_near"))}</p></div>'
    items = "".join(_passage(passage, words) for passage in answer.passages[:MAX_PASSAGES])
    return (
        f'<div class="pc-abstained">{first}{quotes}{_suggested(answer, words)}<details class="pc-nearest">'
        f"<summary>{escape(words('nearest'))}</summary>"
        f"<ul>{items}</ul></details></div>"
    )


def _suggested(answer: Answer, words: Words) -> str:
    """HTML of links to questions that the articles do answer; none where their words are shown."""
    questions = [] if answer.overview or answer.topic else could_ask(answer)
    if not questions:
        return ""
    links = " &#183; ".join(
        f'<a class="pc-suggestion" href="{escape(_ask_path(question, answer, words))}" {_NEW_TAB}>'
        f"{escape(question)}</a>"
        for question in questions
    )
    return f'<p class="pc-suggested">{escape(words("could_ask"))}&#58; {links}</p>'


def _ask_path(question: str, answer: Answer, words: Words) -> str:
    given = {"q": question}
    if answer.as_of is not None:
        given["as_of"] = answer.as_of.isoformat()
    if words != ENGLISH:
        given["lang"] = words.language
    return local_path(f"/ask?{urlencode(given, errors='replace')}")


def _passage(passage: Passage, words: Words) -> str:
    chunk = passage.chunk
    path = passage_path(passage.article.id, chunk.start, chunk.end)
    page = on_page(passage.article, chunk.start, words)
    return (
        f"<li>{_byline(passage.article, path, None, page, words)}"
        f'<blockquote class="pc-more" dir="auto"{_language(passage.article, words)}>'
        f"{escape(chunk.text)}</blockquote></li>"
    )
