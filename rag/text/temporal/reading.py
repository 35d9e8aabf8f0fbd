"""Input and result of the functions that parse temporal expressions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.text.temporal import words
from rag.text.temporal.tokens import END, Token


@dataclass(frozen=True, slots=True)
class Found:
    """The days an expression names, and the token after it."""

    start: date
    end: date
    stop: int
    yearless: bool = False
    """Its year was taken from the day asked: "from January" to November 2022."""
    attributive: bool = False
    """It modifies a noun, as in "the 2022 election"."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's tokens and the day it is asked; parsing functions take an index of a token."""

    tokens: tuple[Token, ...]
    as_of: date
    ahead: bool
    """Take the next such day where an expression leaves the year open, not the last one."""

    def at(self, at: int) -> Token:
        """Return a token, an empty one before the first and after the last."""
        return self.tokens[at] if 0 <= at < len(self.tokens) else END

    def count(self, at: int) -> tuple[int, int] | None:
        """Read a number of units: its value, and the token after it."""
        token = self.at(at)
        number = words.NUMBERS.get(token.low)
        if number is None:
            number = token.number
        if number is None or (token.low[0].isdigit() and not token.low.isdigit()):
            return None  # "12th" counts nothing
        at += 1
        if token.low in words.NUMBERS and number >= 20 and self.at(at).low == "-":
            number += words.NUMBERS.get(self.at(at + 1).low, 0)
            at += 2
        if token.low == "a" and self.at(at).low in {"couple", "few"}:
            number, at = words.NUMBERS[self.at(at).low], at + 1
        return number, at + (self.at(at).low == "of")

    def unit(self, at: int) -> tuple[str, int] | None:
        """Read a unit of the calendar, as `rag.text.temporal.words.UNITS` has it."""
        word = self.at(at).low
        return words.UNITS.get(word) or words.UNITS.get(word.removesuffix("s"))


def one_day(day: date, stop: int) -> Found:
    """Return a single day."""
    return Found(day, day, stop)
