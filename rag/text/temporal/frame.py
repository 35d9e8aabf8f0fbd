"""The time a question asks about, relative to the day it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rag.text.temporal import words
from rag.text.temporal.expressions import expressions
from rag.text.temporal.tokens import END, Token, tokens_of


@dataclass(frozen=True, slots=True)
class TimeFrame:
    """When the answer should have been reported.

    ``start`` and ``end`` are inclusive, None where open; both are None where only ``newest`` is asked.
    """

    start: date | None
    end: date | None
    newest: bool
    """What was reported last is preferred."""
    explicit: bool
    """The question says so in words; else it was taken from its tense."""

    @property
    def bounded(self) -> bool:
        """Whether it is an interval."""
        return self.start is not None or self.end is not None


def time_frame(question: str, as_of: date) -> TimeFrame | None:
    """Return the time a question asks about, or None where it asks about none.

    Of several intervals the first counts that does not only tell which thing is meant ("the 2022
    election"). Without an interval, words ("the latest", "now") or the present tense ("Who is ...?",
    "How many are ...?") ask for what is newest; the past tense, or "former", does not.

    Parameters
    ----------
    as_of
        The day the question is asked; "yesterday" is the day before.
    """
    tokens = tokens_of(question)
    found = expressions(tokens, as_of, ahead=any(t.low in words.AHEAD for t in tokens))
    asked = _asks_newest(tokens)
    if found:
        first = min(found, key=lambda expression: expression.attributive)
        start, end = first.interval.start, first.interval.end
        if start is None or end is None or start <= end:
            return TimeFrame(start, end, newest=asked, explicit=True)
    if asked:
        return TimeFrame(None, None, newest=True, explicit=True)
    leans = any(t.low in words.LEANING_NEWEST for t in tokens) or _has_pair(tokens, "so", "far")
    if (leans or _is_present(tokens)) and not any(t.low in words.FORMER for t in tokens):
        return TimeFrame(None, None, newest=True, explicit=False)
    return None


def _asks_newest(tokens: list[Token]) -> bool:
    return (
        any(token.low in words.ASKING_NEWEST for token in tokens)
        or any(_has_pair(tokens, "most", word) for word in ("recent", "recently"))
        or _has_pair(tokens, "at", "present")
        or _has_pair(tokens, "to", "date")
    )


def _has_pair(tokens: list[Token], first: str, second: str) -> bool:
    return any(one.low == first and other.low == second for one, other in pairwise(tokens))


def _is_present(tokens: list[Token]) -> bool:
    """Whether a question's first auxiliary is in the present ("Who is", "How many people live" is not).

    "Who leads the party?" has none: there the verb's own ending tells.
    """
    for before, token in zip([END, *tokens], tokens, strict=False):
        if token.low in words.PAST_TENSE:
            return False
        if token.low in words.PRESENT:
            return True
        if token.low in words.SHORT_PRESENT and before.low in words.QUESTION_WORDS:
            return True
    verb = tokens[1].text if len(tokens) > 1 and tokens[0].low == "who" else ""
    return verb.islower() and verb.endswith("s") and not verb.endswith("ss")
