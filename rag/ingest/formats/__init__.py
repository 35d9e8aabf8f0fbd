"""The formats that articles are read from: one module each, and one table of them.

A new format is a module with a reader and a row of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

from rag.ingest.formats.jsonl import read_jsonl
from rag.ingest.formats.markdown import read_markdown
from rag.ingest.formats.text import read_text
from rag.ingest.notes import OnNote
from rag.types import Article, Skipped

__all__ = ["FORMATS", "Format", "read_jsonl", "read_markdown", "read_text"]

Reader = Callable[[IO[bytes], str, OnNote], Iterator[Article | Skipped]]


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read: ``read(stream, source, on_note)`` yields its articles."""

    read: Reader
    per_line: bool = False
    """Whether each line is an article: read as a stream, of any length."""


def _one(read: Callable[[bytes, str, OnNote], Article]) -> Reader:
    """Return the reader of a format that holds one article a file."""

    def reader(stream: IO[bytes], source: str, on_note: OnNote) -> Iterator[Article | Skipped]:
        yield read(stream.read(), source, on_note)

    return reader


FORMATS = {
    ".txt": Format(_one(read_text)),
    ".md": Format(_one(read_markdown)),
    ".markdown": Format(_one(read_markdown)),
    ".jsonl": Format(read_jsonl, per_line=True),
}
"""By file suffix, in lower case."""
