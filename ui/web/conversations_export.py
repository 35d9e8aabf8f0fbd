"""A conversation as an evidence pack, to take away and to verify later with ``presscite check``."""

from __future__ import annotations

from typing import Any

from ui.citing.pack import PackTurn, evidence_pack
from ui.web.conversations_state import Gone, Snapshot


def conversation_pack(snapshot: Snapshot, title: str | None = None) -> dict[str, Any]:
    """Return the questions of a conversation with their quotes, as `evidence_pack` does.

    An answer whose articles are gone is told by what its browser kept of it, so that verifying the
    pack says of its quote that it is gone.
    """
    turns = [
        PackTurn(
            one.question,
            one.answer or (_kept(one.gone) if one.gone else None),
            one.filters,
            one.searched,
        )
        for one in snapshot.exchanges
    ]
    return evidence_pack(turns, title=title)


def _kept(gone: Gone) -> dict[str, Any]:
    return {"answer": gone.answer, "citations": _kept_citation(gone)}


def _kept_citation(gone: Gone) -> list[dict[str, Any]]:
    """Return the first citation of what the browser kept; none where that is not the record of one."""
    try:
        details: Any = gone.details
        cited = details["candidates"][0]["citations"][0]
        found = {
            "article_id": cited["article"]["article"],
            "hash": cited["article"]["hash"],
            **{name: cited[name] for name in ("quote", "start", "end")},
        }
    except (LookupError, TypeError):
        return []
    texts = all(isinstance(found[name], str) for name in ("article_id", "hash", "quote"))
    offsets = all(isinstance(found[name], int) for name in ("start", "end"))
    return [found] if texts and offsets and gone.answer is not None else []
