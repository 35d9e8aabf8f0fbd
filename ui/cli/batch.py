"""Lines of a batch of questions, checked."""

from __future__ import annotations

import json
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


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def read_question(line: str) -> Asked:
    """Return the question of one line of JSON.

    Raises
    ------
    QueryError
        Where the line is no question; says what is wrong with it.
    """
    try:
        record = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise QueryError("not JSON; write one object with a 'question' a line") from None
    if not isinstance(record, dict) or not isinstance(record.get("question"), str):
        raise QueryError("no 'question' in it; write one object with a 'question' a line")
    filters: dict[str, str | None] = {}
    for name in _FILTERS:
        value = record.get(name)
        if value is not None and not isinstance(value, str):
            raise QueryError(f"its {name} is {value!r}, not a string")
        filters[name] = value
    return Asked(record.get("id"), record["question"], turns_of(record.get("history")), filters)
