"""Sources to articles: formats, metadata, cleaning."""

from rag.ingest.notes import Note
from rag.ingest.sources import expected_articles, read_sources

__all__ = ["Note", "expected_articles", "read_sources"]
