"""Everything between an article and an answer; `presscite` re-exports what a user imports."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answering.answerer import Answerer
    from rag.index import Index
    from rag.index.milvus import MilvusIndex
    from rag.index.opening import open_index
    from rag.ingest.article import make_article
    from rag.ingest.options import ReadOptions
    from rag.ingest.sources import read_sources
    from rag.retrieval.query import make_query
    from rag.retrieval.retriever import Retriever
    from rag.types import (
        AddReport,
        Answer,
        Article,
        Candidate,
        Chunk,
        Citation,
        Filters,
        Passage,
        Position,
        Query,
        Reprint,
        Skipped,
        Span,
        TimeGap,
        Turn,
        Version,
    )

_RECORDS = (
    "AddReport",
    "Answer",
    "Article",
    "Candidate",
    "Chunk",
    "Citation",
    "Filters",
    "Passage",
    "Position",
    "Query",
    "Reprint",
    "Skipped",
    "Span",
    "TimeGap",
    "Turn",
    "Version",
)
_MODULES = {
    "Answerer": "rag.answering.answerer",
    "Index": "rag.index",
    "MilvusIndex": "rag.index.milvus",
    "ReadOptions": "rag.ingest.options",
    "Retriever": "rag.retrieval.retriever",
    "make_article": "rag.ingest.article",
    "make_query": "rag.retrieval.query",
    "open_index": "rag.index.opening",
    "read_sources": "rag.ingest.sources",
    **dict.fromkeys(_RECORDS, "rag.types"),
}
__all__ = [
    "AddReport",
    "Answer",
    "Answerer",
    "Article",
    "Candidate",
    "Chunk",
    "Citation",
    "Filters",
    "Index",
    "MilvusIndex",
    "Passage",
    "Position",
    "Query",
    "ReadOptions",
    "Reprint",
    "Retriever",
    "Skipped",
    "Span",
    "TimeGap",
    "Turn",
    "Version",
    "make_article",
    "make_query",
    "open_index",
    "read_sources",
]


def __getattr__(name: str) -> object:
    """Load a public name where it is first used, so that ``import rag`` stays cheap."""
    if name not in _MODULES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return __all__
