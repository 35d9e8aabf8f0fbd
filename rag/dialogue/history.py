"""Earlier turns of a conversation as they come from files and requests, checked."""

from __future__ import annotations

from rag.errors import QueryError
from rag.types import Turn


def turns_of(given: object) -> tuple[Turn, ...]:
    """Return the earlier turns of a conversation, oldest first, from what JSON gave; none for null.

    Raises
    ------
    QueryError
        Where they are not a list of questions with answers.
    """
    if given is None:
        return ()
    if not isinstance(given, list):
        raise QueryError("its history is not a list of questions with answers")
    turns = []
    for turn in given:
        question = turn.get("question") if isinstance(turn, dict) else None
        answer = turn.get("answer") if isinstance(turn, dict) else None
        if not isinstance(question, str) or not (answer is None or isinstance(answer, str)):
            raise QueryError("its history holds a turn that is no question with an answer")
        turns.append(Turn(question, answer))
    return tuple(turns)
