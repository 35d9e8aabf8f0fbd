"""Parsing of periods and of parts of one: "first eleven months of 2023", "mid-June"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from rag.text.temporal import dates, relative, words
from rag.text.temporal.calendar import DAY, around, last_of, shifted, sliced, year_of
from rag.text.temporal.reading import Asked, Found


def period(text: Asked, at: int) -> Found | None:
    """Read one expression without its preposition."""
    if text.at(at).low == "the":
        at += 1
    return part(text, at) or _undivided(text, at)


def _undivided(text: Asked, at: int) -> Found | None:
    """Read a period that is no part of another."""
    if text.at(at).low == "the":
        at += 1
    readers: tuple[Callable[[Asked, int], Found | None], ...] = (
        relative.ago,
        relative.relative,
        relative.named_day,
        dates.day_first,
        dates.month_first,
        relative.weekday,
        dates.season,
        dates.year_alone,
    )
    for read in readers:
        found = read(text, at)
        if found is not None:
            return found
    return None


def part(text: Asked, at: int) -> Found | None:
    """Read "first eleven months of 2023", "third quarter", "end of last year", "mid-June", "Q1 2022"."""
    token = text.at(at)
    edges = (
        (words.STARTS, 0.0, 1 / 4),
        (words.MIDDLES, 1 / 3, 1 / 3),
        (words.ENDS, 3 / 4, 1 / 4),
    )
    for names, begin, size in edges:
        if token.low in names:
            after = at + 1
            after += text.at(after).low in {"of", "-", "in"}
            whole = _whole(text, after)
            return whole and Found(*sliced(whole.start, whole.end, begin, size), whole.stop)
    if token.text[:1] in {"Q", "H"} and token.low[1:].isdigit():
        size_of = words.UNITS["quarter"] if token.text[0] == "Q" else ("months", 6)
        after = at + 1 + (text.at(at + 1).low in {"of", "in"})
        return _nth(text, int(token.low[1:]), 1, size_of, _whole(text, after), after)
    last = token.low in {"last", "final"}
    number = -1 if last else words.ORDINALS.get(token.low)
    if number is None:
        return None
    count, after = text.count(at + 1) or (1, at + 1)
    unit = ("months", 6) if text.at(after).low in {words.HALF, "halves"} else text.unit(after)
    if unit is None:
        return None
    if text.at(after + 1).low not in {"of", "in"}:
        # "In the first half" may be of a match; "the last quarter" is read as relative.
        spoken = text.at(after).low in {"quarter", "quarters", "months"} and not last
        return _nth(text, number, count, unit, None, after + 1) if spoken else None
    whole = _whole(text, after + 2)
    return _nth(text, number, count, unit, whole, after + 1) if whole else None


def _whole(text: Asked, at: int) -> Found | None:
    """Read what a part is of; "the year" is the one of the day asked."""
    found = _undivided(text, at)
    if found is None and text.at(at).low == "the" and text.at(at + 1).low in {"year", "month"}:
        unit = words.UNITS[text.at(at + 1).low]
        return Found(*around(text.as_of, unit), at + 2)
    return found


def _nth(
    text: Asked, number: int, count: int, unit: tuple[str, int], whole: Found | None, stop: int
) -> Found | None:
    """Return so many units from the number-th on (-1: the last ones) of a whole, by default a year."""
    if whole is None:
        year = text.as_of.year
        if last_of(date(year, 1, 1), unit, number + count - 1) > text.as_of and not text.ahead:
            year -= 1
        whole = Found(*year_of(year), stop)
    begin, skipped = (whole.end + DAY, -count) if number < 0 else (whole.start, number - 1)
    start = shifted(begin, skipped, unit)
    end = last_of(start, unit, count)
    if start > whole.end or end < whole.start:
        return None
    return Found(max(start, whole.start), min(end, whole.end), whole.stop)
