"""Detects that no retrieved report falls into the time a question asks about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from rag.text.temporal.frame import TimeFrame
from rag.types import TimeGap

RECENT = timedelta(days=30)
"""How old what is asked for as "the latest" may be."""
_AT_LEAST = timedelta(days=7)
_OF_INTERVAL = 4


def time_gap(frame: TimeFrame | None, dates: Iterable[date | None], as_of: date) -> TimeGap | None:
    """Return the interval asked about in words and the nearest report, where none lies inside of it.

    A report within a week after the interval, or a quarter of its length, counts as inside: events
    are reported afterwards. None where no time is asked about, it is still to come, or no passage has
    a date.

    Parameters
    ----------
    dates
        Publication dates of the passages retrieved, none later than ``as_of``.
    """
    known = sorted({day for day in dates if day}, reverse=True)
    if frame is None or not frame.explicit or not known:
        return None
    start, end = frame.start, frame.end
    if not frame.bounded:
        start, end = _earlier(as_of, RECENT), as_of
    if start is not None and start > as_of:
        return None
    end = min(end or as_of, as_of)
    length = end - start if start else timedelta(0)
    grace = max(_AT_LEAST, length / _OF_INTERVAL)
    if any((start is None or start <= day) and day - end <= grace for day in known):
        return None
    return TimeGap(start, end, min(known, key=lambda day: _days_outside(day, start, end)))


def _days_outside(day: date, start: date | None, end: date) -> int:
    if start is not None and day < start:
        return (start - day).days
    return max(0, (day - end).days)


def _earlier(day: date, by: timedelta) -> date:
    return day - by if day - date.min >= by else date.min
