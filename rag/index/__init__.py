"""The folder that holds a collection."""

from rag.index.store import Index, View

__all__ = ["Index", "View"]
