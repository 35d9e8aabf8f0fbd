"""Publication dates in metadata, in the many forms in which exports write them."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from importlib.resources import files
from typing import TypeGuard

import regex

from rag.text.dates import DateOrder, find_dates
from rag.text.months import MONTH_NUMBERS
from rag.text.patterns import folded, lazily

_NUMBER = lazily(r"(\d{4,19})(?:\.\d+)?")
_NAMED = lazily(
    r"(\d{1,2})\.?\s+(?:de\s+)?(\p{L}{3,})\.?,?\s+(?:de\s+)?(?:'?(\d\d)|((?:19|20)\d\d))\b"
)
# Characters of a field that are read for its hour.
_LONGEST = 200
# Digits of a count since 1970, with its unit's fraction of a second.
_EPOCHS = {9: 1, 10: 1, 12: 10**3, 13: 10**3, 15: 10**6, 16: 10**6, 18: 10**9, 19: 10**9}
_LARGEST_OFFSET = timedelta(hours=14)
_CLOCK = lazily(
    r"(?<![\d:])(?P<hour>[012]?\d):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?:\s*(?P<utc>Z|UTC|GMT)\b)?"
    # "+0200" and "-07:00"; "GMT+7"
    r"(?:\s*(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)\b"
    r"|(?<=UTC|GMT)\s?(?P<sign>[+-])\s?(?P<hours>\d{1,2})(?![\d:]))?",
    regex.I,
)


def read_published(value: object, order: DateOrder | None = None) -> tuple[date | None, str | None]:
    """Return a field as a date, and what to tell the user of it; neither where it is blank.

    What names no single day (a year, "n/a", "2 hours ago") gives None and a note. ``order`` is that
    of all-digit dates; without it the day is first, with a note.
    """
    value = _unwrapped(value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None, None
    day, ambiguous = _day(value, order)
    shown = " ".join(str(value).split())[:40]
    if day is None:
        return None, f"its date {shown!r} names no day; kept undated, write it as YYYY-MM-DD"
    if ambiguous and order is None:
        return day, (
            f"its date {shown!r} was read day first, as {day}; write it as YYYY-MM-DD, "
            "or say --date-order mdy or dmy"
        )
    if day > date.today() + timedelta(days=1):
        return day, f"its date {day} lies in the future; no question asked before that day uses it"
    return day, None


def read_time(value: object, day: date, *, utc: bool = False) -> str | None:
    """Return a field that names ``day`` as ISO 8601 with its hour, in its own zone; None without an hour.

    ``utc`` says that an hour without a zone is one of UTC. A count since 1970 always is.
    """
    value = _unwrapped(value)
    if isinstance(value, bool):
        return None
    if not isinstance(value, datetime):
        text = " ".join(str(value).split())[:_LONGEST]
        moment = _moment(text, value, day)
    else:
        moment = value
    if moment is None or moment.date() != day:
        return None
    if utc and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.isoformat(timespec="seconds")


def _moment(text: str, value: object, day: date) -> datetime | None:
    number = _NUMBER.fullmatch(str(int(value)) if _finite(value) else text)
    if number:
        digits = number[1]
        if len(digits) in (12, 14) and digits[:8] == day.strftime("%Y%m%d"):
            text = f"{digits[8:10]}:{digits[10:12]}:{digits[12:] or '00'}"
        elif len(digits) in _EPOCHS:
            return datetime.fromtimestamp(int(digits) // _EPOCHS[len(digits)], UTC)
        else:
            return None
    if ":" in text:
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    # "2026-05-12T23:30": the clock is what stands behind the day.
    clock = _CLOCK.search(regex.sub(r"(?<=\d)[Tt](?=\d)", " ", text))
    if clock is None:
        return None
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + 12 * (clock["half"].lower() == "p")
    zone = UTC if clock["utc"] else None
    if clock["sign"]:
        offset = timedelta(hours=int(clock["hours"]), minutes=int(clock["minutes"] or 0))
        if offset > _LARGEST_OFFSET:
            return None
        zone = timezone(-offset if clock["sign"] == "-" else offset)
    if hour > 23:
        return None
    return datetime(
        day.year, day.month, day.day, hour, int(clock["minute"]), int(clock["second"] or 0), 0, zone
    )


def _finite(value: object) -> TypeGuard[float]:
    return isinstance(value, float) and math.isfinite(value)


def _unwrapped(value: object) -> object:
    """Return what MongoDB's extended JSON holds: {"$date": {"$numberLong": "1778627400000"}}."""
    for _ in range(3):
        if isinstance(value, dict):
            value = value.get("$date", value.get("$numberLong", value))
    return value


def _day(value: object, order: DateOrder | None) -> tuple[date | None, bool]:
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
        found = find_dates(text, order)
    if found:
        return found[0].day, found[0].ambiguous
    named = _NAMED.match(text)
    month = _months().get(folded(named[2])) if named else None
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
