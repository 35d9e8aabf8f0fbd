"""What bounded the search for an answer, as an evidence pack holds it and as its Markdown tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from rag.retrieval.filters import make_filters
from rag.types import Filters, TimeGap
from ui.interface_text import ENGLISH
from ui.reported import chosen, filter_words, gap_line, searched_line


def limits_json(
    answer: Mapping[str, Any], filters: Filters, searched: tuple[int, int] | None
) -> dict[str, Any]:
    """Return the limits of a turn of a pack, ready for JSON; the day asked stands beside them.

    Parameters
    ----------
    answer
        The JSON of the answer; empty where there was none.
    searched
        Of an abstention, how many articles were searched, and how many there are; None: not known.

    Returns
    -------
    dict
        ``filters`` (those that were set, by name), ``searched`` (``articles`` and ``of``, or null),
        ``outlet`` and ``time_gap`` as `ask --json` has them.
    """
    outlet = answer.get("outlet")
    return {
        "filters": chosen(replace(filters, as_of=None)),
        "searched": {"articles": searched[0], "of": searched[1]} if searched else None,
        "outlet": outlet if isinstance(outlet, str) else None,
        "time_gap": answer.get("time_gap"),
    }


def limits_lines(turn: Mapping[str, Any]) -> list[str]:
    """Return what the page tells of the limits of a turn, in English; of an answer its filters."""
    outlet, answered = turn.get("outlet"), turn.get("answer") is not None
    gap, filters = _gap(turn.get("time_gap")), make_filters(**turn.get("filters") or {})
    lines = [gap_line(gap, answered=answered)] if gap else []
    if outlet:
        lines.append(f"{ENGLISH('scope', outlet=outlet)}.")
    if filters.empty:
        return lines
    if answered or turn.get("confidence") is None:
        return [*lines, ENGLISH("asked_with", filters=filter_words(filters))]
    counts = turn.get("searched") or {}
    under = replace(filters, outlet=filters.outlet or outlet)
    searched = searched_line(under, counts.get("articles"), of=counts.get("of"))
    return [*lines, *([searched] if searched else [])]


def _gap(given: object) -> TimeGap | None:
    """Return a time gap of its JSON; None where it is none: a saved answer may hold anything."""
    if not isinstance(given, Mapping):
        return None
    try:
        start = given.get("start")
        return TimeGap(
            date.fromisoformat(start) if start else None,
            date.fromisoformat(given["end"]),
            date.fromisoformat(given["nearest"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
