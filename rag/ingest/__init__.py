"""Sources to articles: formats, metadata, cleaning."""

from rag.ingest.notes import Note
from rag.ingest.options import ReadOptions
from rag.ingest.sources import expected_articles, labelled, read_sources

__all__ = ["Note", "ReadOptions", "expected_articles", "labelled", "read_sources"]
