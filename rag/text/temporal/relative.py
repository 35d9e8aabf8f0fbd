"""Expressions relative to the day asked: "yesterday", "last October", "the past ten days", "on Thursday"."""

from __future__ import annotations

from datetime import date

from rag.text.dates import find_date
from rag.text.temporal import words
from rag.text.temporal.calendar import DAY, around, last_of, shifted
from rag.text.temporal.reading import Asked, Found, one_day


def named_day(text: Asked, at: int) -> Found | None:
    """Read today, yesterday, "the day before yesterday", an all-digit date."""
    word = text.at(at).low
    if word == "day" and text.at(at + 1).low == "before" and text.at(at + 2).low == "yesterday":
        return one_day(text.as_of - 2 * DAY, at + 3)
    if word in {"today", "tonight"}:
        return one_day(text.as_of, at + 1)
    if word == "yesterday":
        return one_day(text.as_of - DAY, at + 1)
    if word == "tomorrow":
        return one_day(text.as_of + DAY, at + 1)
    if len(word) >= 8 and word[0].isdigit() and (day := find_date(word)):
        return one_day(day, at + 1)
    return None


def ago(text: Asked, at: int) -> Found | None:
    """Read "two weeks ago": the day, or the week, month or year that was then."""
    count = text.count(at)
    if count is None:
        return None
    number, at = count
    unit = text.unit(at)
    if unit is None or text.at(at + 1).low != "ago":
        return None
    start, end = around(shifted(text.as_of, -number, unit), unit)
    return Found(start, end, at + 2)


def relative(text: Asked, at: int) -> Found | None:
    """Read "this week", "the past ten days", "last October", "next Monday", "last summer"."""
    word = text.at(at).low
    if word in words.THIS:
        turn = 0
    elif word in words.LAST or word in words.PAST:
        turn = -1
    elif word in words.COMING:
        turn = 1
    else:
        return _weekend(text, 0, at) if word == "weekend" else None
    following = text.at(at + 1).low
    if following == "weekend":
        return _weekend(text, turn, at + 1)
    if following in words.PARTS_OF_DAY:
        return one_day(text.as_of + min(0, turn) * DAY, at + 2) if turn < 1 else None
    if following in words.DAYS_OF_WEEK:
        return one_day(_turned_weekday(text, words.DAYS_OF_WEEK[following], turn), at + 2)
    if following in words.MONTHS or following in words.SEASONS:
        month = words.MONTHS.get(following) or words.SEASONS[following]
        length = 3 if following in words.SEASONS else 1
        start, end = _turned_months(text, month, length, turn)
        return Found(start, end, at + 2)
    return _units(text, at + 1, turn, rolling=word == "past")


def weekday(text: Asked, at: int) -> Found | None:
    """Read a weekday alone; behind another name it is a part of that ("Sheffield Wednesday")."""
    weekday = words.DAYS_OF_WEEK.get(text.at(at).low)
    before = text.at(at - 1)
    named = before.capitalised and at > 1 and before.low not in words.LEADS
    if weekday is None or named:
        return None
    sign = 1 if text.ahead else -1
    return one_day(
        text.as_of + sign * ((sign * (weekday - text.as_of.weekday())) % 7) * DAY, at + 1
    )


def _units(text: Asked, at: int, turn: int, *, rolling: bool) -> Found | None:
    """Read "week" or "ten days" after this, last, past or next."""
    count = text.count(at)
    if count is not None and turn:
        number, at = count
        unit = text.unit(at)
        if text.at(at).low in words.HOURS:
            number, unit = -(-number // 24), words.UNITS["day"]
        if unit is None:
            return None
        far = shifted(text.as_of, turn * number, unit)
        return Found(min(far, text.as_of), max(far, text.as_of), at + 1)
    unit = text.unit(at)
    if unit is None or unit[0] == "days" or text.at(at).low.endswith("s"):
        return None
    if rolling:
        return Found(shifted(text.as_of, -1, unit), text.as_of, at + 1)
    if not turn and unit[0] == "weeks":
        # On a Monday, too, people mean the days just gone.
        return Found(text.as_of - 6 * DAY, text.as_of, at + 1)
    first, last = around(text.as_of, unit)
    if turn < 0:
        first, last = around(first - DAY, unit)
    elif turn > 0:
        first, last = around(last + DAY, unit)
    return Found(first, last, at + 1)


def _weekend(text: Asked, turn: int, at: int) -> Found:
    saturday = text.as_of - ((text.as_of.weekday() - 5) % 7) * DAY
    if turn < 0 and saturday + DAY >= text.as_of:
        saturday -= 7 * DAY
    elif turn > 0 or (text.ahead and text.as_of.weekday() < 5):
        saturday += 7 * DAY
    return Found(saturday, saturday + DAY, at + 1)


def _turned_weekday(text: Asked, weekday: int, turn: int) -> date:
    """Return the weekday before the day asked, of its week, or after it."""
    if not turn:
        return text.as_of + (weekday - text.as_of.weekday()) * DAY
    away = (turn * (weekday - text.as_of.weekday())) % 7 or 7
    return text.as_of + turn * away * DAY


def _turned_months(text: Asked, month: int, length: int, turn: int) -> tuple[date, date]:
    """Return a month or season that is over, of this year, or still to come."""
    start = date(text.as_of.year, month, 1)
    if turn < 0:
        while last_of(start, ("months", length)) >= text.as_of.replace(day=1):
            start = shifted(start, -1, ("years", 1))
    elif turn > 0 and start <= text.as_of:
        start = shifted(start, 1, ("years", 1))
    elif not turn and start > text.as_of:
        # A winter that goes on is the one that began in the year before.
        before = shifted(start, -1, ("years", 1))
        start = before if last_of(before, ("months", length)) >= text.as_of else start
    return start, last_of(start, ("months", length))
