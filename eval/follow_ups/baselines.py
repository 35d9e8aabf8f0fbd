"""Two ways to use earlier turns without learning or grammar, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

from rag.dialogue.earlier_words import weighted_words
from rag.types import Turn

__all__ = ["last_question", "weighted_words"]


def last_question(question: str, history: Sequence[Turn]) -> str | None:
    """Append the question before it."""
    return f"{question} {history[-1].question}" if history else None
