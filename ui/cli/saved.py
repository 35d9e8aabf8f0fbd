"""Answers that were saved as JSON: one object, a list of them, an evidence pack, or one a line."""

from __future__ import annotations

import json

from rag.errors import SourceError


def saved_answers(name: str, text: str) -> list[dict[str, object]] | None:
    """Return the answers that a file's text holds; None where it is no JSON, and so a draft.

    Raises
    ------
    SourceError
        Where it is JSON and holds no answers.
    """
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return None
    try:
        held = [json.loads(text)]
    except (ValueError, RecursionError):
        try:
            held = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError):
            # "[Applause] ..." opens a draft as well.
            return None
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
