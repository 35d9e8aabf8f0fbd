"""Dates by their names: "December 12", "12 to 15 December 2023", "October 2022", "2023", "summer 2022"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from rag.text.numbers import CARDINALS, ORDINALS
from rag.text.temporal import words
from rag.text.temporal.calendar import last_of, month_of, year_of
from rag.text.temporal.reading import Asked, Found

_YEAR_AT_HAND = range(1900, 2100)
_YEAR_LED = range(1000, 2100)
_LEAP_CYCLE = 9  # 29 February comes again within eight years


def day_first(text: Asked, at: int) -> Found | None:
    """Read "12 December", "12th of December 2023", "12 to 15 December", "the twelfth of December"."""
    spelt, stop = _spelt_day(text, at)
    if spelt is not None and text.at(stop).low == "of" and (month := _month(text, stop + 1)):
        year, stop = _year_behind(text, stop + 2)
        return _dated(text, year, month, spelt, spelt, stop)
    first = _day_number(text, at)
    if first is None:
        return None
    after, last = at + 1, first
    if text.at(after).low in words.JOINS | {"and"} and (second := _day_number(text, after + 1)):
        after, last = after + 2, second
    after += text.at(after).low == "of"
    month = _month(text, after)
    if month is None:
        return None
    year, stop = _year_behind(text, after + 1)
    return _dated(text, year, month, first, last, stop)


def month_first(text: Asked, at: int) -> Found | None:
    """Read "December 12", "December 12-15, 2023", "December the twelfth", "December 2023", "in December"."""
    month = _month(text, at)
    if month is None:
        return None
    after = at + 1 + (text.at(at + 1).low == ".")
    first = _day_number(text, after)
    if first is not None:
        after, last = after + 1, first
        if text.at(after).low in words.JOINS and (second := _day_number(text, after + 1)):
            after, last = after + 2, second
        year, stop = _year_behind(text, after)
        return _dated(text, year, month, first, last, stop)
    if text.at(after).low == "the":
        spelt, stop = _spelt_day(text, after + 1)
        if spelt is not None and text.at(stop).low != "of":
            year, stop = _year_behind(text, stop)
            return _dated(text, year, month, spelt, spelt, stop)
    year, stop = _year_behind(text, after)
    if year is not None:
        return Found(*month_of(year, month), stop)
    # A month alone may be a person's name: it needs a word of time before it, or leads to another month.
    before = text.at(at - 1).low
    leads = text.at(after).low in words.JOINS and _month(text, after + 1) is not None
    if not leads and (
        before not in words.LEADS | words.JOINS or (before in {"by", "the"} and month in {4, 5, 6})
    ):
        return None
    start = _nearest(text, lambda year: date(year, month, 1))
    return Found(*month_of(start.year, month), at + 1, yearless=True)


def season(text: Asked, at: int) -> Found | None:
    """Read "summer 2022", "the winter of 2022"; winter begins in that year."""
    month = words.SEASONS.get(text.at(at).low)
    if month is None:
        return None
    year, stop = _year_behind(text, at + 1)
    if year is None:
        return None
    start = date(year, month, 1)
    return Found(start, last_of(start, ("months", 3)), stop)


def year_alone(text: Asked, at: int) -> Found | None:
    """Read a year, or the years of a decade ("1990s")."""
    token, before, after = text.at(at), text.at(at - 1), text.at(at + 1)
    if token.low.endswith("0s") and token.low[:-1].isdigit() and len(token.low) == 5:
        decade = int(token.low[:-1])
        return Found(date(decade, 1, 1), date(decade + 9, 12, 31), at + 1)
    led = before.low in words.LEADS | words.JOINS | {"and", "of"} - {"the"}
    years = _YEAR_LED if led else _YEAR_AT_HAND
    year = token.number
    if year is None or year not in years or len(token.low) != 4:
        return None
    counts = after.low.endswith("s") or after.low in {"people", "of"}
    if year % 100 == 0 and counts and not after.capitalised:
        return None  # "the 2000 workers"
    if before.low in {"$", "€", "£", "¥", "#"} or after.low in {"%", "$", "€"}:
        return None
    attributive = before.low not in words.LEADS - {"the"} and after.text[:1].isalpha()
    return Found(*year_of(year), at + 1, attributive=attributive)


def _month(text: Asked, at: int) -> int | None:
    """Read a month's name; the words "may" and "march" are none."""
    token = text.at(at)
    number = words.MONTHS.get(token.low)
    if number is None or token.capitalised or token.low not in words.DOUBTFUL_MONTHS:
        return number
    return number if text.at(at - 1).low in {"in", "last", "since", "of", "early", "late"} else None


def _day_number(text: Asked, at: int) -> int | None:
    number = text.at(at).number
    return number if number is not None and 1 <= number <= 31 else None


def _spelt_day(text: Asked, at: int) -> tuple[int | None, int]:
    """Read a day of the month as an ordinal in words ("twenty-first"), and the token after it."""
    tens = CARDINALS.get(text.at(at).low, 0)
    if tens in {20, 30}:
        stop = at + 1 + (text.at(at + 1).low == "-")
        ones = ORDINALS.get(text.at(stop).low, 10)
        return (tens + ones, stop + 1) if ones < 10 and tens + ones <= 31 else (None, at)
    day = ORDINALS.get(text.at(at).low)
    return (day, at + 1) if day is not None and day <= 30 else (None, at)


def _year_behind(text: Asked, at: int) -> tuple[int | None, int]:
    """Read a year behind a month or day, over a comma or "of"; the next token either way."""
    skipped = at + (text.at(at).low in {",", "of", "in"}) + (text.at(at).low == ".")
    token = text.at(skipped)
    if token.number in _YEAR_LED and len(token.low) == 4:
        return token.number, skipped + 1
    return None, at


def _dated(
    text: Asked, year: int | None, month: int, first: int, last: int, stop: int
) -> Found | None:
    last = max(first, last)
    if year is not None:
        return Found(date(year, month, first), date(year, month, last), stop)
    start = _nearest(text, lambda year: date(year, month, first))
    return Found(start, date(start.year, month, last), stop, yearless=True)


def _nearest(text: Asked, in_year: Callable[[int], date]) -> date:
    """Return the last such day up to the day asked, or the next one where the question looks ahead."""
    step = 1 if text.ahead else -1
    for year in range(text.as_of.year, text.as_of.year + step * _LEAP_CYCLE, step):
        try:
            day = in_year(year)
        except ValueError:
            continue
        if step * (day - text.as_of).days >= 0:
            return day
    raise ValueError
