"""Answers that were saved as JSON: one object, a list of them, an evidence pack, or one a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rag.checking import citations_of
from rag.errors import SourceError


def saved_answers(name: str, text: str) -> list[dict[str, object]] | None:
    """Return the answers that a file's text holds; None where it is no JSON, and so a draft.

    Raises
    ------
    SourceError
        Where it is JSON and holds no answers, or begins as JSON and is not.
    """
    rest = text.lstrip("\ufeff \t\r\n")
    # "[Applause] ..." opens a draft as well.
    if not rest.startswith("{") and not rest.removeprefix("[").lstrip().startswith("{"):
        return None
    held: list[object] = []
    place, decoder = 0, json.JSONDecoder()
    while place < len(rest):
        try:
            value, place = decoder.raw_decode(rest, place)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{name}: begins as JSON and is none ({str(error)[:80]}); "
                f"give what `presscite ask --json` printed, or a text"
            ) from error
        held.append(value)
        while place < len(rest) and rest[place].isspace():
            place += 1
    found: list[dict[str, object]] = []
    for one in held:
        items = one.get("answers") if isinstance(one, dict) and "citations" not in one else one
        listed = items if isinstance(items, list) else [items]
        found += [item for item in listed if isinstance(item, dict) and _is_answer(item)]
    if not any("citations" in one for one in found):
        raise SourceError(
            f"{name}: JSON without answers; give what `presscite ask --json` printed, or a text"
        )
    return found


def _is_answer(item: Mapping[str, object]) -> bool:
    """Whether an object of a list is an answer: it cites, or beside others that do it should."""
    return "citations" in item or isinstance(item.get("answer"), str)


def count_uncited(answers: Sequence[Mapping[str, object]]) -> int:
    """Return how many answers and alternatives have words and no citation; those that abstained have none."""
    return sum(
        isinstance(said := holder.get("answer"), str)
        and bool(said.strip())
        and holder.get("citations") in (None, [])
        for answer in answers
        for holder in (answer, *_listed(answer.get("alternatives")))
        if isinstance(holder, Mapping)
    )


def count_unreadable(answers: Sequence[Mapping[str, object]]) -> int:
    """Return how many things stand among the citations of answers, or in their place, that are none."""
    count = 0
    for answer in answers:
        listed = _listed(answer.get("alternatives"))
        overview = {"citations": answer.get("overview")}
        for holder in (answer, *(one for one in listed if one is not None), overview):
            cited = holder.get("citations") if isinstance(holder, Mapping) else holder
            count += len(cited) if isinstance(cited, list) else cited is not None
    return count - sum(len(citations_of(answer)) for answer in answers)


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]
