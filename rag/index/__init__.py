"""The folder that holds a collection."""

from rag.index.index import Index, View

__all__ = ["Index", "View"]
