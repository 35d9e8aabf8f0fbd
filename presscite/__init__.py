"""What a user of presscite imports: ``from presscite import Index, Answerer``; loaded when first used."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag import *
    from rag.errors import *

    __version__: str

__all__ = [
    "AddReport",
    "Answer",
    "Answerer",
    "Article",
    "Candidate",
    "Chunk",
    "Citation",
    "ClusterError",
    "DamagedFileError",
    "DatasetError",
    "EncoderNotFoundError",
    "Filters",
    "Index",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexMismatchError",
    "IndexStoreError",
    "IndexUnreachableError",
    "MilvusIndex",
    "ModelError",
    "NoIndexError",
    "NoStoryError",
    "Passage",
    "Position",
    "PressciteError",
    "Query",
    "QueryError",
    "QuoteError",
    "ReadOptions",
    "ReaderDataError",
    "Reprint",
    "Retriever",
    "Skipped",
    "SourceError",
    "Span",
    "TimeGap",
    "Turn",
    "UnfinishedCopyError",
    "Version",
    "__version__",
    "make_article",
    "make_query",
    "open_index",
    "read_sources",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return import_module("importlib.metadata").version("presscite")
    if name not in __all__:
        raise AttributeError(f"module 'presscite' has no attribute {name!r}")
    return getattr(import_module("rag.errors" if name.endswith("Error") else "rag"), name)


def __dir__() -> list[str]:
    return __all__
