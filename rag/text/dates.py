"""Publication dates as newspapers write them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import regex

from rag.text.months import MONTH_NUMBERS
from rag.text.patterns import folded, lazily

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

DateOrder = Literal["dmy", "mdy"]


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A full date in a text, ``text[start:end]``."""

    day: date
    start: int
    end: int
    ambiguous: bool
    """Whether digits alone leave open which of two numbers is the month."""
    order: DateOrder | None = None
    """Which of the two its digits show ("25/12/2026": day first); None where they show none."""


def find_dates(text: str, order: DateOrder | None = None) -> list[FoundDate]:
    """Return the full dates in a text, in order.

    All-digit dates are read in the order given, day first without one. Where that is no date
    ("12-25-2023"), the other order is taken. Between dots the day stands first everywhere.
    """
    dates: list[FoundDate] = []
    for found in sorted(_matches(text, order), key=lambda one: (one.start, -one.end)):
        if not dates or found.start >= dates[-1].end:
            dates.append(found)
    return dates


def find_date(text: str) -> date | None:
    """Return the first full date in a text as `find_dates` reads it, or None."""
    dates = find_dates(text)
    return dates[0].day if dates else None


def date_order(texts: Iterable[str]) -> DateOrder | None:
    """Return the order that the all-digit dates in texts show; None where none or both do."""
    shown = {found.order for text in texts for found in find_dates(text) if found.order}
    return shown.pop() if len(shown) == 1 else None


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


def _matches(text: str, order: DateOrder | None) -> Iterator[FoundDate]:
    for form in _FORMS:
        for match in form.finditer(text):
            parts = match.groupdict()
            # Dots separate day first everywhere; slashes and hyphens either way.
            swappable = parts.get("swappable") is not None and "." not in match.group()
            day = _date(parts, month_first=swappable and order == "mdy")
            if day is None:
                continue
            ambiguous = swappable and day.day <= 12 and day.day != day.month
            shown: DateOrder | None = None
            if swappable and day.day > 12:
                shown = "dmy" if int(parts["day"] or 0) > 12 else "mdy"
            yield FoundDate(day, match.start(), match.end(), ambiguous, shown)


def _date(parts: dict[str, str | None], *, month_first: bool) -> date | None:
    day, year = int(parts["day"] or 0), int(parts["year"] or 0)
    named = parts.get("month")
    month = _MONTHS.get(folded(named)) if named else int(parts["number"] or 0)
    if month is None:
        return None
    if month_first:
        day, month = month, day
    for d, m in ((day, month), (month, day)):
        try:
            return date(year, m, d)
        except ValueError:
            if parts.get("swappable") is None:
                break
    return None
