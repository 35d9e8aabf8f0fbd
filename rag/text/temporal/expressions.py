"""Temporal expressions of a question as intervals of the calendar, relative to the day asked.

Date parsers give a point for an expression ("last October" is a day of it) and take "may" for a month;
what an answer should have been reported in is an interval. Words are data (`rag.text.temporal.words`),
the calendar is dateutil's, and what cannot be resolved is no expression.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.text.temporal import words
from rag.text.temporal.calendar import DAY, Interval, year_of
from rag.text.temporal.periods import period
from rag.text.temporal.reading import Asked, Found
from rag.text.temporal.tokens import Token, tokens_of


@dataclass(frozen=True, slots=True)
class Expression:
    """Words that name an interval: characters ``start`` to ``end`` of a text, with the preposition."""

    interval: Interval
    start: int
    end: int
    attributive: bool
    """It modifies a noun, as in "the 2022 election"."""


def expressions(tokens: list[Token], as_of: date, ahead: bool) -> list[Expression]:
    """Return the temporal expressions of a question, in its order.

    Parameters
    ----------
    ahead
        Take the next such day where an expression leaves the year open, not the last one.
    """
    text = Asked(tuple(tokens), as_of, ahead)
    found, at = [], 0
    while at < len(tokens):
        try:
            parsed = _bounded(text, at)
        except (ValueError, OverflowError):
            # Beyond the years 1 to 9999.
            parsed = None
        if parsed is None:
            at += 1
            continue
        interval, seen = parsed
        stop = max(at + 1, seen.stop)
        found.append(Expression(interval, tokens[at].start, tokens[stop - 1].end, seen.attributive))
        at = stop
    return found


def times_named(text: str, seen_from: date, *, ahead: bool = False) -> list[Interval]:
    """Return the times with a first and a last day that a text names, seen from the day of its report."""
    named = (one.interval for one in expressions(tokens_of(text), seen_from, ahead))
    return [one for one in named if one.start and one.end]


def without_times(question: str, as_of: date) -> str:
    """Return a question with blanks in place of its temporal expressions; its length stays the same."""
    for one in expressions(tokens_of(question), as_of, ahead=False):
        question = question[: one.start] + " " * (one.end - one.start) + question[one.end :]
    return question


def _bounded(text: Asked, at: int) -> tuple[Interval, Found] | None:
    word = text.at(at).low
    if word == "between" and (found := _joined(text, at + 1, frozenset({"and"}))):
        return Interval(found.start, found.end), found
    if word == "as" and text.at(at + 1).low == "of":
        found = _joined(text, at + 2)
        return (Interval(found.start, found.end), found) if found else None
    if word == "prior" and text.at(at + 1).low == "to":
        found = _joined(text, at + 2)
        return (Interval(None, found.start - DAY), found) if found else None
    bounds = words.SINCE | words.AFTER | words.BEFORE | words.UNTIL
    found = _joined(text, at + 1 if word in bounds else at)
    if found is None:
        return None
    onwards = text.at(found.stop).low in {"on", "onwards", "onward"} and word == "from"
    if word in words.SINCE or onwards:
        return _until_now(text, found.start), found
    if word in words.AFTER:
        return _until_now(text, found.start if found.attributive else found.end + DAY), found
    if word in words.BEFORE:
        return Interval(None, found.end if found.attributive else found.start - DAY), found
    if word in words.UNTIL:
        return Interval(None, found.end), found
    return Interval(found.start, found.end), found


def _until_now(text: Asked, start: date) -> Interval:
    return Interval(start, text.as_of if start <= text.as_of else None)


def _joined(text: Asked, at: int, joins: frozenset[str] = words.JOINS) -> Found | None:
    """Read a period, or two as one from the first's start to the second's end."""
    at += text.at(at).low in words.WITHIN
    first = period(text, at)
    if first is None or text.at(first.stop).low not in joins:
        return first
    if joins is words.JOINS and _short_year(text, first):
        return _short_year(text, first)
    second = period(text, first.stop + 1)
    if second is None:
        return first
    if first.yearless and (not second.yearless or first.start > second.start):
        earlier = period(Asked(text.tokens, second.end, ahead=False), at)
        first = earlier or first
    low, high = min(first.start, second.start), max(first.end, second.end)
    return Found(low, high, second.stop)


def _short_year(text: Asked, first: Found) -> Found | None:
    """Read the second year of "2019-21"."""
    short = text.at(first.stop + 1)
    whole = (first.start, first.end) == year_of(first.start.year)
    if not whole or len(short.low) != 2 or short.number is None:
        return None
    last = first.start.year // 100 * 100 + short.number
    return (
        Found(first.start, date(last, 12, 31), first.stop + 2) if last > first.start.year else None
    )
