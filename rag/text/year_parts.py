"""Synonyms for parts of a year: "the first 11 months" is "January to November".

Reports of figures use either form, and the two share no term.
"""

from __future__ import annotations

from rag.text.months import MONTH_NUMBERS, MONTHS
from rag.text.numbers import CARDINALS, any_of
from rag.text.patterns import lazily

_NUMBERS = [word for word, number in CARDINALS.items() if 2 <= number <= 11]
_NAMED = {3: "quarter", 6: "half", 9: "three quarters"}
_OPENING = lazily(
    r"\bJan(?:uary|\.)?(?:\s*[-–—]\s*|\s+(?:to|through|until|till)\s+)"
    rf"(?P<last>{any_of(MONTH_NUMBERS)})\b"
)
_COUNTED = lazily(
    rf"\bfirst\s+(?:(?P<number>\d{{1,2}}|{any_of(_NUMBERS)})\s+months|(?P<part>quarter|half"
    r"|three\s+quarters))\b",
)


def year_part_synonyms(text: str) -> str:
    """Return the synonyms of the first months of a year that a text mentions; "" if none."""
    lasts = {MONTH_NUMBERS[match["last"]] for match in _OPENING.finditer(text)}
    for match in _COUNTED.finditer(text):
        lasts.add(_counted(match["number"], match["part"]))
    return " ".join(_names(last) for last in sorted(lasts) if 2 <= last <= 11)


def _counted(number: str | None, part: str | None) -> int:
    if number:
        return int(number) if number.isdigit() else _NUMBERS.index(number) + 2
    return next(n for n, name in _NAMED.items() if name == " ".join((part or "").split()))


def _names(last: int) -> str:
    named = f" first {_NAMED[last]}" if last in _NAMED else ""
    return f"January to {MONTHS[last - 1]} first {last} {_NUMBERS[last - 2]} months{named}"
