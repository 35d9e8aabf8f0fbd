"""Answers that were saved as JSON: one object, a list of them, an evidence pack, or one a line."""

from __future__ import annotations

import json

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
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except (ValueError, RecursionError) as error:
            raise SourceError(
                f"{name}: begins as JSON and is none ({str(error)[:80]}); "
                f"give what `presscite ask --json` printed, or a text"
            ) from error
        held.append(value)
        rest = rest[end:].lstrip()
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
