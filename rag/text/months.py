"""The names of months and weekdays, as English newspapers write them."""

from __future__ import annotations

from datetime import date

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""In the order of the year: month ``n`` is ``MONTHS[n - 1]``."""
SHORT_MONTHS = {month[:3]: n for n, month in enumerate(MONTHS, 1) if month != "May"} | {"Sept": 9}
"""Short forms with the month's number; May has none."""
MONTH_NUMBERS = {month: n for n, month in enumerate(MONTHS, 1)} | SHORT_MONTHS
"""Every form with the month's number."""
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CALENDAR_WORDS = frozenset(name.lower() for name in (*MONTH_NUMBERS, *WEEKDAYS))
"""Every form in lower case; capitalised words that are no names of persons."""


def written_date(day: date) -> str:
    """Return a day as newspapers write it, in English whatever the locale: ``5 June 2024``."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
