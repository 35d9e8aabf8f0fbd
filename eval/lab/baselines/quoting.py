"""From words in a passage to the sentences that hold them, for systems that give words only."""

from __future__ import annotations

from rag.text.sentences import sentence_spans


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, in order."""
    return [text[start:end] for start, end in sentence_spans(text)]


def quote_around(text: str, start: int, end: int) -> str | None:
    """Return the whole sentences that share characters ``start`` to ``end``; None where none does."""
    touched = [(low, high) for low, high in sentence_spans(text) if low < end and start < high]
    return text[touched[0][0] : touched[-1][1]] if touched else None
