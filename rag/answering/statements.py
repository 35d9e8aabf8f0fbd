"""What a quote states: an answer, the day of its report, and the days that the answer names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.text.temporal import times_named
from rag.text.temporal.calendar import Interval
from rag.types import Citation

JUST_HAPPENED = timedelta(days=45)
"""How far from the day of its report may lie what a report tells as news."""


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer inside its quote, and the day it was published."""

    quote: str
    start: int
    end: int
    published: date | None
    answerable: float = 0.0
    """The reader's null score difference (`rag.features.SpanFeatures`)."""
    title: str = ""
    """Of its article: what the quote is about may stand there."""

    @classmethod
    def of(cls, citation: Citation, answerable: float = 0.0) -> Statement:
        """Return what a citation states."""
        start = citation.answer_start - citation.start
        end = citation.answer_end - citation.start
        article = citation.article
        return cls(citation.quote, start, end, article.published, answerable, article.title or "")

    @property
    def answer(self) -> str:
        """The answering words."""
        return self.quote[self.start : self.end]

    @property
    def beside(self) -> str:
        """The quote with a comma in place of its answer, whose own figures and days are left out."""
        return f"{self.quote[: self.start]} , {self.quote[self.end :]}"


def days_of(statement: Statement, as_of: date) -> list[Interval]:
    """Return the days that an answer may name, seen from its publication; none where it names none.

    One without a date is seen from the day the question is asked. "On Wednesday" may be the
    last one or the next.
    """
    return days_named(statement.answer, statement.published or as_of)


def days_named(text: str, seen_from: date) -> list[Interval]:
    """Return the one time that a text names, as the last such days and as the next; else none."""
    found = []
    for ahead in (False, True):
        named = times_named(text, seen_from, ahead=ahead)
        if len(named) != 1:
            return []
        found += named
    return found


def share_a_day(some: Sequence[Interval], others: Sequence[Interval]) -> bool:
    """Whether a day lies in one of some intervals and in one of the others."""
    return any(_overlap(one, other) for one in some for other in others)


def one_tells_the_other(some: Sequence[Interval], others: Sequence[Interval]) -> bool:
    """Whether one of some intervals holds one of the others whole, as a month holds its days."""
    return any(_holds(one, other) or _holds(other, one) for one in some for other in others)


def _overlap(one: Interval, other: Interval) -> bool:
    starts = [day for day in (one.start, other.start) if day]
    ends = [day for day in (one.end, other.end) if day]
    return max(starts) <= min(ends)


def _holds(one: Interval, other: Interval) -> bool:
    if not (one.start and one.end and other.start and other.end):
        return False
    return one.start <= other.start and other.end <= one.end
