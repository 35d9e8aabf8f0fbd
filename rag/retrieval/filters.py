"""Filters as people give them, to the record."""

from __future__ import annotations

from datetime import date

from rag.errors import QueryError
from rag.text.dates import parse_date
from rag.text.normalise import normalise_line
from rag.types import Filters


def make_filters(
    since: date | str | None = None,
    until: date | str | None = None,
    outlet: str | None = None,
    language: str | None = None,
    as_of: date | str | None = None,
    collection: str | None = None,
) -> Filters:
    """Return filters from dates (or their ISO text) and names.

    Raises
    ------
    QueryError
        Where a date cannot be parsed, the range ends before it begins, or a name is empty.
    """
    tag = _name("language", language)
    return Filters(
        checked_day("since", since),
        checked_day("until", until),
        _name("outlet", outlet),
        tag.lower() if tag else None,
        checked_day("as_of", as_of),
        _name("collection", collection),
    )


def checked_day(name: str, value: date | str | None) -> date | None:
    """Return a date, or its text, as a date; None where nothing is given.

    Raises
    ------
    QueryError
        Where a value is given that is no date; it is called by ``name``.
    """
    try:
        return parse_date(value)
    except ValueError as error:
        raise QueryError(f"{name}: {error}") from None


def day_asked(as_of: date | str | None) -> date:
    """Return the day a question is asked: the one given, else today.

    Raises
    ------
    QueryError
    """
    return checked_day("as_of", as_of) or date.today()


def _name(field: str, value: str | None) -> str | None:
    """Return a name in the articles' own Unicode form; an empty one leaves the field open."""
    if not value:
        return None
    if not isinstance(value, str):
        raise QueryError(f"{field} {value!r} is no text; write a string, or leave it out")
    name = normalise_line(value)
    if not name:
        raise QueryError(f"{field} {value!r} names nothing; leave it out, or name one")
    return name
