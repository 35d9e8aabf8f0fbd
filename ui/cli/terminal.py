"""Answers and passages as a terminal shows them; what articles say is never read as markup."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from rag.text.terminal import plain
from rag.types import Answer, Article, Candidate, Citation, Filters, Passage
from ui.markup import title_of
from ui.reported import (
    ALSO,
    COULD_ASK,
    DATED,
    DIFFERENT,
    EARLIER,
    NEAREST,
    NO_OVERVIEW,
    UNDATED,
    WITHOUT_DATE,
    answer_reported,
    article_day,
    copied_by,
    could_ask,
    gap_line,
    heading,
    looked_for,
    named_filters,
    on_page,
    overview_heading,
    said_by,
    scope_line,
    searched_line,
    silence,
    standing_of,
    sure_in_words,
    sureness,
    understood_as,
    without_copies,
)

_QUOTATION_MARKS = frozenset('"“”„«»「」『』')


def print_answer(
    console: Console, answer: Answer, filters: Filters | None = None, searched: int | None = None
) -> None:
    """Print the quotes with the answering words in bold, or that the articles don't say.

    Parameters
    ----------
    filters
        Those it was asked with, and how many articles pass them, where that is known: an abstention says
        that only these were searched.
    """
    if answer.standalone_question:
        console.print(Text(understood_as(answer.standalone_question), style="dim"))
    if answer.time_gap:
        gap = gap_line(answer.time_gap, answered=not answer.abstained)
        console.print(Text(gap, style="dim"))
    if scope := scope_line(answer):
        console.print(Text(plain(scope), style="dim"))
    if answer.abstained:
        limits = searched_line(named_filters(answer, filters), searched) or ""
        _print_abstention(console, answer, limits)
        return
    if lead := heading(answer):
        console.print(Text(lead, style="bold"))
    _print_citations(console, answer.citations)
    told = answer_reported(answer.candidates[0], answer.as_of)
    sure = f"{sure_in_words(answer.confidence)}, {sureness(answer.confidence)}"
    console.print(Text(f"{told} · {sure}", style="dim"))
    standing = standing_of(answer)
    if standing.different:
        console.print(Text(DIFFERENT, style="dim"))
    for other in standing.different:
        console.print(Text(f"Another answer, {sureness(other.confidence)}:", style="bold"))
        _print_citations(console, other.citations[:1])
    for name, listed in (
        (EARLIER, standing.earlier),
        (DATED, standing.dated),
        (WITHOUT_DATE, standing.undated),
        (ALSO, standing.also),
    ):
        _print_dated(console, name, listed)


def _print_dated(console: Console, name: str, others: Sequence[Candidate]) -> None:
    """Print a short list of other answers: date, outlet, words and place of each."""
    if others:
        console.print(Text(f"{name}:", style="bold"))
    for other in others:
        citation = other.newest
        article = citation.article
        where = " · ".join((article_day(article), article.outlet or title_of(article)))
        line = Text(f"  {plain(where)}: ", style="cyan")
        line.append(plain(citation.answer), style="bold not cyan")
        console.print(line)
        _print_speaker(console, citation)
        _print_place(console, citation)


def _print_abstention(console: Console, answer: Answer, limits: str) -> None:
    """Print an overview, or that the articles don't say, and what is nearest."""
    overview_only = answer.topic is not None and answer.speaker is None
    if not overview_only:
        head, near = silence(answer)
        console.print(Text(head, style="bold yellow"))
        for line in (limits, near, looked_for(answer)):
            if line:
                console.print(Text(plain(line), style="dim"))
    if answer.overview:
        console.print(Text(plain(overview_heading(answer)), style="bold"))
        _print_citations(console, answer.overview)
        return
    if overview_only:
        console.print(Text(NO_OVERVIEW, style="bold yellow"))
        if limits:
            console.print(Text(plain(limits), style="dim"))
    for question in could_ask(answer) if answer.topic is None else ():
        console.print(Text(plain(f"{COULD_ASK}: {question}"), style="dim"))
    if answer.passages:
        console.print(Text(f"{NEAREST}:", style="dim"))
    for passage in answer.passages[:3]:
        print_passage(console, passage)


def print_passage(console: Console, passage: Passage) -> None:
    """Print one passage with where it stands."""
    text = Text(f"{passage.score:.3f}  ", style="dim")
    page = on_page(passage.article, passage.chunk.start)
    place = (place_of(passage.article), page)
    text.append(" · ".join(part for part in place if part), style="cyan")
    console.print(text)
    console.print(Text(plain(passage.text)))
    console.print()


def _print_citations(console: Console, citations: tuple[Citation, ...]) -> None:
    for number, (citation, copies) in enumerate(without_copies(citations), 1):
        low = citation.answer_start - citation.start
        high = citation.answer_end - citation.start
        opening, closing = _marks(citation.quote)
        text = Text(opening)
        text.append(plain(citation.quote[:low]))
        whole = citation.answer == citation.quote
        text.append(plain(citation.quote[low:high]), style="" if whole else "bold")
        text.append(plain(citation.quote[high:]) + closing)
        console.print(text)
        page = on_page(citation.article, citation.start)
        copied = plain(copied_by(citation, copies) or "")
        parts = (place_of(citation.article), page, copied)
        line = " · ".join(part for part in parts if part)
        console.print(Text(f"  [{number}] {line}", style="cyan"))
        _print_speaker(console, citation)
        _print_place(console, citation)


def _print_speaker(console: Console, citation: Citation) -> None:
    if said := said_by(citation):
        console.print(Text(f"      {plain(said)}", style="dim"))


def _print_place(console: Console, citation: Citation) -> None:
    """Print where the words can be checked: the link to them, or else the file they were read from."""
    where = citation.link or (citation.article.sources[0] if citation.article.sources else "")
    if where:
        console.print(Text(f"      {plain(where)}", style="dim"), soft_wrap=True)


def _marks(quote: str) -> tuple[str, str]:
    """Return the quotation marks around a quote: none where it begins or ends with its own."""
    own = quote[:1] in _QUOTATION_MARKS or quote[-1:] in _QUOTATION_MARKS
    return ("", "") if own else ("“", "”")


def place_of(article: Article) -> str:
    """Return an article's outlet, day and title in one line."""
    day = article.published.isoformat() if article.published else UNDATED
    name = article.title or ("" if article.outlet else article.id)
    retold = f"after {article.retells}" if article.retells else None
    parts = (article.outlet, day, name, retold)
    return plain(" · ".join(part for part in parts if part))
