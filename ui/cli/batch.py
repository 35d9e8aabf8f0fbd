"""Lines of a batch of questions, checked."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

from rag.dialogue.history import turns_of
from rag.errors import QueryError
from rag.types import Turn

_FILTERS = ("since", "until", "outlet", "language", "as_of", "collection")


@dataclass(frozen=True, slots=True)
class Asked:
    """One line: a question with what it is asked under."""

    id: object
    question: str
    history: tuple[Turn, ...]
    filters: dict[str, str | None]


class LineError(QueryError):
    """A line that is no question; ``id`` is what it names itself by, None where it cannot be told."""

    def __init__(self, line: str, id: object = None) -> None:
        super().__init__(line)
        self.id = id


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _finite(digits: str) -> float:
    """Return a number that can be written again as JSON."""
    number = float(digits)
    if not math.isfinite(number):
        _no_number(digits)
    return number


def read_question(line: str) -> Asked:
    """Return the question of one line of JSON.

    Raises
    ------
    LineError
        Where the line is no question; says what is wrong with it.
    """
    try:
        record = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        raise LineError("not JSON; write one object with a 'question' a line") from None
    identity = record.get("id") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(record.get("question"), str):
        raise LineError("no 'question' in it; write one object with a 'question' a line", identity)
    filters: dict[str, str | None] = {}
    for name in _FILTERS:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise LineError(f"its {name} is {value!r}, not a string", identity)
        filters[name] = value
    try:
        history = turns_of(record.get("history"))
    except QueryError as error:
        raise LineError(str(error), identity) from error
    return Asked(identity, record["question"], history, filters)
