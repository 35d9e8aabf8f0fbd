"""The wording that chat and terminal share: dates, confidence, headings; pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.types import Answer, Article, Candidate, Citation, TimeGap, page_of
from ui.markup import written_date

UNDATED = "undated"
SILENT = "The articles don’t say."
NEAREST = "The nearest passages, which do not answer it"
DIFFERENT = "The articles give different answers. Each stands with its sources."
EARLIER = "Earlier reports"
_TOLD_IN_DAYS = 60
_NAMED_OUTLETS = 3
_AUXILIARIES = """
    am are can could did do does had has have is may might must shall should was were will would
    aren't can't couldn't didn't don't doesn't hadn't hasn't haven't isn't mustn't shouldn't wasn't
    weren't won't wouldn't
"""
_ASKS_YES_OR_NO = frozenset(_AUXILIARIES.split())


def understood_as(question: str) -> str:
    """Return the line above an answer to a follow-up: the question that was searched for."""
    return f"Understood as: {question}"


def sureness(confidence: float) -> str:
    """Return a confidence as a percentage."""
    return f"{round(100 * min(max(confidence, 0.0), 1.0))} % sure"


def copied_by(citation: Citation, copies: int) -> str | None:
    """Return where else a cited story stands, a few outlets by name; None where nowhere.

    Parameters
    ----------
    copies
        How many other articles print it, as `without_copies` counts them.
    """
    if copies <= 0:
        return None
    outlets = citation.also_in
    if not outlets:
        return f"copied by {_counted(copies, 'other')}"
    names = f": {', '.join(outlets)}" if len(outlets) <= _NAMED_OUTLETS else ""
    return f"also in {_counted(len(outlets), 'outlet')}{names}"


def on_page(article: Article, offset: int) -> str | None:
    """Return the page of an offset ("page 3"); None for articles without pages, or of one page."""
    return f"page {page_of(article, offset)}" if len(article.pages) > 1 else None


def without_copies(citations: Sequence[Citation]) -> list[tuple[Citation, int]]:
    """Return the citations to show, each with how many other articles print a copy of its story.

    Of articles that copy one story the first cited is shown, with all its quotes; the number stands with
    the first of these. Copies that are not cited count too.
    """
    shown: list[tuple[Citation, int]] = []
    first: dict[int | str, str] = {}
    copies: dict[int | str, set[str]] = {}
    for citation in citations:
        story = citation.article.id if citation.copy_group is None else citation.copy_group
        if first.setdefault(story, citation.article.id) == citation.article.id:
            shown.append((citation, 0))
        else:
            copies.setdefault(story, set()).add(citation.article.id)
    counted = []
    for citation, _ in shown:
        story = citation.article.id if citation.copy_group is None else citation.copy_group
        named = copies.pop(story, set())
        own = {one.article_id for one in citation.reprints} if story in first else set()
        first.pop(story, None)
        counted.append((citation, len(named | own)))
    return counted


def article_day(article: Article) -> str:
    """Return an article's publication date as newspapers write it, or that it has none."""
    return written_date(article.published) if article.published else UNDATED


def reported(article: Article, as_of: date | None) -> str:
    """Return when an article was published and how long that was before the day asked."""
    if article.published is None:
        return "Reported in an undated article"
    day = f"Reported {written_date(article.published)}"
    return f"{day}, {age(article.published, as_of)}" if as_of else day


def age(published: date, as_of: date) -> str:
    """Return the time between two days in years and months; in days up to two months."""
    from dateutil.relativedelta import relativedelta

    if published >= as_of:
        return "on the day asked"
    days = (as_of - published).days
    if days <= _TOLD_IN_DAYS:
        return f"{_counted(days, 'day')} before the day asked"
    between = relativedelta(as_of, published)
    parts = [_counted(between.years, "year"), _counted(between.months, "month")]
    return f"{' '.join(part for part in parts if part)} before the day asked"


def gap_line(gap: TimeGap, *, answered: bool = False) -> str:
    """Return that nothing found was published in the time asked about, and the nearest report's date.

    Where there is an answer its own date stands below it: "last year" may be what it speaks of.
    """
    line = f"Nothing that was found on this was published {_days(gap.start, gap.end)}"
    return (
        f"{line}." if answered else f"{line}; the nearest report is of {written_date(gap.nearest)}."
    )


def heading(answer: Answer) -> str | None:
    """Return what stands over the quote that settles a yes/no question: the yes or no is the reader's."""
    words = (answer.standalone_question or answer.question).lower().split()
    return "The articles say:" if words and words[0] in _ASKS_YES_OR_NO else None


def beside_and_earlier(answer: Answer) -> tuple[list[Candidate], list[Candidate]]:
    """Return the other answers that stand beside the answer, and those reported earlier, newest first.

    An undated one is listed last among the earlier ones. Where the answer itself has no date nothing
    is earlier than it.
    """
    beside: list[Candidate] = []
    earlier: list[Candidate] = []
    own = last_day(answer.candidates[0]) if answer.alternatives else None
    for other in answer.alternatives:
        day = last_day(other)
        (earlier if own and (day is None or day < own) else beside).append(other)
    return beside, sorted(earlier, key=lambda other: last_day(other) or date.min, reverse=True)


def last_day(candidate: Candidate) -> date | None:
    """Return the newest publication date of what supports an answer, or None where none has one."""
    return newest_citation(candidate).article.published


def newest_citation(candidate: Candidate) -> Citation:
    """Return the citation of the newest article; of several the best, and an undated one only alone."""
    return max(candidate.citations, key=lambda c: c.article.published or date.min)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}" if number else ""


def _days(start: date | None, end: date) -> str:
    """Return an interval with what both days share said once: "from 20 to 26 November 2026"."""
    if start is None:
        return f"up to {written_date(end)}"
    if start == end:
        return f"on {written_date(end)}"
    if (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return f"in {start.year}" if start.year == end.year else f"from {start.year} to {end.year}"
    first = written_date(start).split(" ")
    last = written_date(end).split(" ")
    while first and last and first[-1] == last[-1] and len(first) > 1:
        first, last = first[:-1], last[:-1]
    return f"from {' '.join(first)} to {written_date(end)}"
