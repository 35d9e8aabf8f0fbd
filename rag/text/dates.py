"""Publication dates as newspapers write them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import regex

from rag.text.months import MONTH_NUMBERS
from rag.text.patterns import lazily

_MONTHS = {name.lower(): number for name, number in MONTH_NUMBERS.items()}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)(?!\d)"
_DAY = r"(?<!\d)(?P<day>[0-3]?\d)(?!\d)(?:st|nd|rd|th)?"
_FORMS = tuple(
    lazily(form, regex.IGNORECASE)
    for form in (
        rf"\b{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        # As C's ctime writes it: the hour stands before the year.
        rf"\b{_MONTH}\s+{_DAY},?\s+\d{{1,2}}:\d\d(?::\d\d)?(?:\s+[A-Z]{{2,4}})?\s+{_YEAR}",
        rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}",
        rf"(?<!\d){_YEAR}[-/.年](?P<number>[01]?\d)[-/.月]{_DAY}",
        # Digits alone: day first, as most of the world's papers; see _date for the other order.
        rf"{_DAY}[-/.](?P<number>[01]?\d|[0-3]\d)[-/.]{_YEAR}(?P<swappable>)",
    )
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A full date in a text, ``text[start:end]``."""

    day: date
    start: int
    end: int
    ambiguous: bool
    """Whether digits alone leave open which of two numbers is the month; the day was read first."""


def find_dates(text: str) -> list[FoundDate]:
    """Return the full dates in a text, in order; all-digit dates are read day first.

    Where the day-first reading is no date ("12-25-2023"), the month-first one is taken.
    """
    dates: list[FoundDate] = []
    for found in sorted(_matches(text), key=lambda one: (one.start, -one.end)):
        if not dates or found.start >= dates[-1].end:
            dates.append(found)
    return dates


def find_date(text: str) -> date | None:
    """Return the first full date in a text as `find_dates` reads it, or None."""
    dates = find_dates(text)
    return dates[0].day if dates else None


def parse_date(value: object) -> date | None:
    """Return a metadata field as a date: a date, an ISO date or time, or any form of `find_date`.

    Raises
    ------
    ValueError
        Where a value is given that is no date.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = str(value).strip()
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        found = find_date(text)
    if found is None:
        raise ValueError(f"{text!r} is no date; write it as YYYY-MM-DD")
    return found


def _matches(text: str) -> Iterator[FoundDate]:
    for form in _FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            day = _date(parts)
            if day is None:
                continue
            # Dots separate day first everywhere; slashes and hyphens either way.
            swappable = parts.get("swappable") is not None and "." not in match.group()
            ambiguous = swappable and day.day <= 12 and day.day != day.month
            yield FoundDate(day, match.start(), match.end(), ambiguous)


def _date(parts: dict[str, str | None]) -> date | None:
    day, year = int(parts["day"] or 0), int(parts["year"] or 0)
    named = parts.get("month")
    month = _MONTHS[named.lower()] if named else int(parts["number"] or 0)
    for d, m in ((day, month), (month, day)):
        try:
            return date(year, m, d)
        except ValueError:
            if parts.get("swappable") is None:
                break
    return None
