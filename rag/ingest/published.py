"""Publication dates in metadata, in the many forms in which exports write them."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files

from rag.text.dates import find_dates
from rag.text.months import MONTH_NUMBERS
from rag.text.patterns import lazily

_NUMBER = lazily(r"(\d{4,19})(?:\.\d+)?")
_NAMED = lazily(
    r"(\d{1,2})\.?\s+(?:de\s+)?(\p{L}{3,})\.?,?\s+(?:de\s+)?(?:'?(\d\d)|((?:19|20)\d\d))\b"
)
# Digits of a count since 1970, with its unit's fraction of a second.
_EPOCHS = {9: 1, 10: 1, 12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}


def read_published(value: object) -> tuple[date | None, str | None]:
    """Return a field as a date, and what to tell the user of it; neither where it is blank.

    What names no single day (a year, "n/a", "2 hours ago") gives None and a note.
    """
    for _ in range(3):
        if isinstance(value, dict):
            # MongoDB's extended JSON: {"$date": {"$numberLong": "1778627400000"}}.
            value = value.get("$date", value.get("$numberLong", value))
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    day, ambiguous = _day(value)
    shown = " ".join(str(value).split())[:40]
    if day is None:
        return None, f"its date {shown!r} names no day; kept undated, write it as YYYY-MM-DD"
    if ambiguous:
        return day, f"its date {shown!r} was read day first, as {day}; write it as YYYY-MM-DD"
    if day > date.today() + timedelta(days=1):
        return day, f"its date {day} lies in the future; no question asked before that day uses it"
    return day, None


def _day(value: object) -> tuple[date | None, bool]:
    if isinstance(value, datetime):
        return value.date(), False
    if isinstance(value, date):
        return value, False
    if isinstance(value, bool | dict | list | tuple):
        return None, False
    if isinstance(value, float):
        if not math.isfinite(value):
            return None, False
        value = int(value)
    text = " ".join(str(value).split())
    number = _NUMBER.fullmatch(text)
    if number:
        return _from_digits(number[1]), False
    try:
        return datetime.fromisoformat(text).date(), False
    except ValueError:
        found = find_dates(text)
    if found:
        return found[0].day, found[0].ambiguous
    named = _NAMED.match(text)
    month = _months().get(named[2].lower()) if named else None
    if named is None or month is None:
        return None, False
    # The pivot of two-digit years is POSIX's: 69 to 99 are the twentieth century.
    year = int(named[4]) if named[4] else int(named[3]) + (1900 if int(named[3]) > 68 else 2000)
    return _date(year, month, int(named[1])), False


def _from_digits(digits: str) -> date | None:
    if len(digits) in (8, 12, 14) and digits[:2] in ("19", "20"):
        day = _date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
        if day is not None:
            return day
    if len(digits) not in _EPOCHS:
        return None
    return datetime.fromtimestamp(int(digits) // _EPOCHS[len(digits)], UTC).date()


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _months() -> dict[str, int]:
    """Return the names of months in several languages, in lower case, with their numbers."""
    rows = (files("rag.text") / "month_names.tsv").read_text(encoding="utf-8").splitlines()
    others = {name: int(number) for name, _, number in (row.partition("\t") for row in rows)}
    return others | {name.lower(): number for name, number in MONTH_NUMBERS.items()}
