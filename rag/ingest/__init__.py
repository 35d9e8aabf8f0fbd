"""Files to articles; one module a format."""

from rag.ingest.sources import read_sources

__all__ = ["read_sources"]
