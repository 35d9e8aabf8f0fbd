"""Files to articles; one module a format."""

from rag.ingest.sources import expected_articles, read_sources

__all__ = ["expected_articles", "read_sources"]
