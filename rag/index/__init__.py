"""The folder that holds a collection, and the protocol that retrieval needs of any index."""

from rag.index.catalog import FILE, FORMAT, CollectionCounts, catalog_exists, holds_index
from rag.index.chunking import ChunkBudget
from rag.index.encoders import index_encoder
from rag.index.index import Index
from rag.index.integrity import Problem
from rag.index.protocol import ArticleIndex, IndexView, SearchIndex
from rag.index.snapshots import restore, snapshot
from rag.index.verify import repair_index, unchecked_files, verify_index
from rag.index.view import View

__all__ = [
    "FILE",
    "FORMAT",
    "ArticleIndex",
    "ChunkBudget",
    "CollectionCounts",
    "Index",
    "IndexView",
    "Problem",
    "SearchIndex",
    "View",
    "catalog_exists",
    "holds_index",
    "index_encoder",
    "repair_index",
    "restore",
    "snapshot",
    "unchecked_files",
    "verify_index",
]
