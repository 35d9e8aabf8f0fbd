"""Everything between an article and an answer."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer
    from rag.index import Index
    from rag.retrieval.retriever import Retriever
    from rag.types import (
        Answer,
        Article,
        Candidate,
        Citation,
        Filters,
        Passage,
        Span,
        Turn,
    )

_HOMES = {
    "Index": "rag.index",
    "Retriever": "rag.retrieval.retriever",
    "Answerer": "rag.answering.answerer",
    **dict.fromkeys(
        ("Answer", "Article", "Candidate", "Citation", "Filters", "Passage", "Span", "Turn"),
        "rag.types",
    ),
}
__all__ = [
    "Answer",
    "Answerer",
    "Article",
    "Candidate",
    "Citation",
    "Filters",
    "Index",
    "Passage",
    "Retriever",
    "Span",
    "Turn",
]


def __getattr__(name: str) -> object:
    """Load a public name where it is first used, so that ``import rag`` stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
