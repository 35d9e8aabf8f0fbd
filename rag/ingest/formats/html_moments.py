"""Dates and times as pages write them, in meta tags and in lines that readers see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files

from rag.ingest.published import read_published
from rag.text.dates import DateOrder, find_dates
from rag.text.patterns import lazily

_FRACTION = lazily(r"(?<=:\d\d)[.,]\d+")
_ZONE = lazily(r"\s*([+-]\d\d):?(\d\d)$")
_SHORT_ZONE = lazily(r"(T\d\d:\d\d(?::\d\d)?[+-]\d\d)$")
_NUMBERED = lazily(
    r"(?<!\d)(\d{1,2})\s+tháng\s+(\d{1,2})(?:\s*,)?\s+(?:năm\s+)?((?:19|20)\d\d)(?!\d)"
)
_KOREAN = lazily(r"(?<!\d)((?:19|20)\d\d)\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日]")
_NAMED = lazily(
    r"(?<!\d)(\d{1,2})\.?(?:er|º|ª)?\s+(?:de\s+)?(\p{L}{3,12})\.?,?\s+(?:de\s+|del\s+)?((?:19|20)\d\d)(?!\d)"
)
_CLOCK = lazily(r"(?<![\d:])([01]?\d|2[0-3])\s*[:h時时]\s*([0-5]\d)(?!\d)(?:\s*([ap])\.?m\b)?")
_OFFSET = lazily(r"\b(?:GMT|UTC)\s*(?:([+-])\s*(\d{1,2})(?::?(\d\d))?)?(?!\w)")
FIRST_WEB_YEAR = 1990
# Days that programs write where they know none.
_PLACEHOLDERS = frozenset([date(1970, 1, 1), date(1900, 1, 1), date(1, 1, 1), date(1601, 1, 1)])


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, and where an hour is given the whole in ISO 8601 as the page has it."""

    day: date
    at: str | None = None
    ambiguous: bool = False
    """Whether digits alone leave open which of two numbers is the month."""


def read_moment(text: str | None, order: DateOrder | None = None) -> Moment | None:
    """Return a field that should be a date as a moment; None where it names none that can be."""
    if not text or not text.strip():
        return None
    text = " ".join(text.split())[:100]
    moment = _iso(text) or _mail(text)
    if moment is None:
        found = find_moments(text, order)
        moment = found[0] if found else None
    if moment is None and text[:8].isdigit():
        day, _ = read_published(text)
        moment = Moment(day) if day else None
    return moment if moment and is_possible(moment.day) else None


def is_possible(day: date) -> bool:
    """Whether a day can be one of publication: not after tomorrow, and no program's way to say none."""
    return day not in _PLACEHOLDERS and day <= datetime.now(UTC).date() + timedelta(days=1)


def find_moments(text: str, order: DateOrder | None = None) -> list[Moment]:
    """Return the full dates in a line in their order, with the hour where its zone is told too."""
    found: dict[int, Moment] = {}
    for one in find_dates(text):
        day = one.day
        if one.ambiguous and order == "mdy":
            day = date(day.year, day.day, day.month)
        found[one.start] = Moment(day, ambiguous=one.ambiguous)
    for form, named in ((_NAMED, True), (_NUMBERED, False), (_KOREAN, False)):
        for match in form.finditer(text):
            first, second, third = match.groups()
            if form is _KOREAN:
                first, third = third, first
            month = _month(second) if named else int(second)
            try:
                found.setdefault(match.start(), Moment(date(int(third), month or 0, int(first))))
            except ValueError:
                continue
    moments = [found[start] for start in sorted(found)]
    if len(moments) == 1:
        clock, zone = _CLOCK.search(text), _OFFSET.search(text)
        if clock and zone:
            hour = int(clock[1]) % 12 + 12 if clock[3] == "p" else int(clock[1])
            offset = f"{zone[1] or '+'}{int(zone[2] or 0):02}:{zone[3] or '00'}"
            at = f"{moments[0].day}T{hour:02}:{clock[2]}:00{offset}"
            moments = [Moment(moments[0].day, at, moments[0].ambiguous)]
    return moments


def _iso(text: str) -> Moment | None:
    given = _ZONE.sub(r"\1:\2", _FRACTION.sub("", text.replace(" UTC", "Z").replace(" Z", "Z")))
    given = _SHORT_ZONE.sub(r"\1:00", given)
    try:
        when = datetime.fromisoformat(given)
    except ValueError:
        return None
    if len(given) <= 10 or given.isdigit():
        return Moment(when.date())
    return Moment(when.date(), when.isoformat())


def _mail(text: str) -> Moment | None:
    """Read a date as mails and feeds write it: "Wed, 08 Apr 2026 22:15:00 -0400"."""
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return Moment(when.date(), when.isoformat() if ":" in text else None)


@cache
def _month(name: str) -> int | None:
    """Return the number of a month by its name in one of several languages, or by a plain beginning of it."""
    name = name.lower()
    months = _months()
    if name in months:
        return months[name]
    numbers = {number for full, number in months.items() if full.startswith(name)}
    return numbers.pop() if len(numbers) == 1 else None


@cache
def _months() -> dict[str, int]:
    rows = (files("rag.text") / "month_names.tsv").read_text(encoding="utf-8").splitlines()
    return {name: int(number) for name, _, number in (row.partition("\t") for row in rows)}
