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
        found += [item for item in listed if isinstance(item, dict) and "citations" in item]
    if not found:
        raise SourceError(
            f"{name}: JSON without answers; give what `presscite ask --json` printed, or a text"
        )
    return found


def count_unreadable(answers: Sequence[Mapping[str, object]]) -> int:
    """Return how many things stand among the citations of answers, or in their place, that are none."""
    count = 0
    for answer in answers:
        alternatives = answer.get("alternatives")
        listed = alternatives if isinstance(alternatives, list) else [alternatives]
        overview = {"citations": answer.get("overview")}
        for holder in (answer, *(one for one in listed if one is not None), overview):
            cited = holder.get("citations") if isinstance(holder, Mapping) else holder
            count += len(cited) if isinstance(cited, list) else cited is not None
    return count - sum(len(citations_of(answer)) for answer in answers)
