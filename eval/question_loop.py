"""The loop over the questions of a run: progress, interrupts, latency, refused questions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from eval.datasets import Question
from eval.protocols import Progress
from rag.errors import QueryError
from rag.types import Answer

T = TypeVar("T")
R = TypeVar("R")


def each(items: Sequence[T], ask: Callable[[T], R], tell: Progress) -> tuple[tuple[R, ...], bool]:
    """Record every item; an interrupt keeps what is there, unless nothing is."""
    records: list[R] = []
    try:
        if items:
            ask(items[0])  # loads the models, so that no question's latency holds their loading
        for item in items:
            records.append(ask(item))
            tell("asking", len(records), len(items))
    except KeyboardInterrupt:
        if not records:
            raise
        return tuple(records), True
    return tuple(records), False


def silent(_what: str, _done: int, _total: int) -> None:
    """Report nothing."""


def as_of(question: Question) -> dict[str, Any]:
    """Give the day asked as a keyword; a question that names none is asked as of the asker's own."""
    return {} if question.as_of is None else {"as_of": question.as_of}


def timed(
    question: Question, ask: Callable[[], Answer], refused: dict[str, str]
) -> tuple[Answer, float]:
    """Give an answer and the milliseconds it took; a question that is none is abstained from."""
    abstention = Answer(question.question, None, (), True, (), {}, question.id)
    return timed_or(abstention, question.id, ask, refused)


def timed_or(
    otherwise: T, id: str, ask: Callable[[], T], refused: dict[str, str]
) -> tuple[T, float]:
    """Give what comes of a question and the milliseconds it took; ``otherwise`` of one that is none.

    Large sets hold a few that are empty or all punctuation, and the rest must not be lost to them.

    Parameters
    ----------
    refused
        Why questions are none, by their ids; this one is added.
    """
    started = time.perf_counter()
    try:
        found = ask()
    except QueryError as error:
        refused[id] = str(error)
        found = otherwise
    return found, (time.perf_counter() - started) * 1000


def refusals(refused: Mapping[str, str], counted: str = "abstained from") -> tuple[str, ...]:
    """Return a note on the questions that were refused and what they count as; () for none."""
    if not refused:
        return ()
    first, reason = next(iter(refused.items()))
    number = len(refused)
    questions = (
        "1 question could not be asked and counts"
        if number == 1
        else f"{number} questions could not be asked and count"
    )
    return (f"{questions} as {counted}; the first is {first!r}: {reason}.",)
