"""The folder that holds a collection."""

from rag.index.index import Index, View
from rag.index.schema import FORMAT
from rag.index.schema import is_there as catalog_exists
from rag.index.schema import is_whole as holds_index
from rag.index.snapshots import restore, snapshot
from rag.index.verify import repair_index, verify_index

__all__ = [
    "FORMAT",
    "Index",
    "View",
    "catalog_exists",
    "holds_index",
    "repair_index",
    "restore",
    "snapshot",
    "verify_index",
]
