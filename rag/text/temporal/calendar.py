"""Intervals of the calendar around a day, both ends inclusive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Days from ``start`` to ``end``, both inside; None leaves an end open."""

    start: date | None
    end: date | None


def shifted(day: date, number: int, unit: tuple[str, int]) -> date:
    """Return the day so many units later (earlier where negative); in shorter months their last day.

    Raises
    ------
    ValueError, OverflowError
        Where the calendar has no such day.
    """
    from dateutil.relativedelta import relativedelta

    name, size = unit
    moved: date = day + relativedelta(**{name: number * size})
    return moved


def around(day: date, unit: tuple[str, int]) -> tuple[date, date]:
    """Return the calendar's own day, week from Monday, month, quarter, year or decade with a day in it."""
    name, size = unit
    if name == "days":
        first = day
    elif name == "weeks":
        first = day - day.weekday() * DAY
    elif name == "months":
        first = day.replace(month=(day.month - 1) // size * size + 1, day=1)
    else:
        first = date(max(1, day.year // size * size), 1, 1)
    return first, last_of(first, unit)


def last_of(first: date, unit: tuple[str, int], number: int = 1) -> date:
    """Return the last day of so many units that begin with a day; never beyond the calendar's end."""
    try:
        return shifted(first, number, unit) - DAY
    except (ValueError, OverflowError):
        return date.max


def month_of(year: int, month: int) -> tuple[date, date]:
    """Return the first and last day of a month."""
    return around(date(year, month, 1), ("months", 1))


def year_of(year: int) -> tuple[date, date]:
    """Return the first and last day of a year."""
    return date(year, 1, 1), date(year, 12, 31)


def sliced(start: date, end: date, part: float, size: float) -> tuple[date, date]:
    """Return a part of an interval: ``size`` of its length from ``part`` of it on, both in 0..1."""
    days = (end - start).days + 1
    first = start + int(days * part) * DAY
    return first, max(first, min(end, start + (int(days * (part + size)) - 1) * DAY))
