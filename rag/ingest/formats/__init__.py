"""The formats that articles are read from: one module each, and one table of them.

A new format is a module with a reader and a row of `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import IO

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS
from rag.ingest.formats.compressed import gunzipped
from rag.ingest.formats.csv import read_csv
from rag.ingest.formats.database_exports import read_plain
from rag.ingest.formats.html import read_html
from rag.ingest.formats.jsonl import count_lines, read_jsonl
from rag.ingest.formats.markdown import read_markdown
from rag.ingest.formats.parquet import read_parquet
from rag.ingest.formats.text import read_text
from rag.ingest.formats.warc import count_pages, read_wacz, read_warc
from rag.ingest.options import ReadOptions
from rag.types import Article, Skipped

__all__ = [
    "FORMATS",
    "Format",
    "format_of",
    "read_jsonl",
    "read_markdown",
    "read_plain",
    "read_text",
]

Reader = Callable[[IO[bytes], str, ReadOptions], Iterator[Article | Skipped]]


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is read: ``read(stream, source, options)`` yields its articles."""

    read: Reader
    streamed: bool = False
    """Whether it is read piece by piece: such a file may be of any length."""
    count: Callable[[Path], int] | None = None
    """About how many articles a file holds, for the progress bar; without it, one."""
    isolated: bool = False
    """Whether it is parsed in a worker process, which is ended where it takes too much time or memory."""


def _one(read: Callable[[bytes, str, ReadOptions], Article]) -> Reader:
    """Return the reader of a format that holds one article a file."""

    def reader(stream: IO[bytes], source: str, options: ReadOptions) -> Iterator[Article | Skipped]:
        data = stream.read(MAX_CHARACTERS + 1)
        if len(data) > MAX_CHARACTERS:
            raise SourceError(f"too large: more than {MAX_CHARACTERS:,} bytes")
        yield read(data, source, options)

    return reader


def _later(module: str, name: str) -> Reader:
    """Return the reader of a format whose module, and the libraries it needs, load when it is met."""

    def read(data: bytes, source: str, options: ReadOptions) -> Article:
        found = getattr(import_module(f"rag.ingest.formats.{module}"), name)
        article: Article = found(data, source, options)
        return article

    return _one(read)
def _read_xml(stream: IO[bytes], source: str, options: ReadOptions) -> Iterator[Article | Skipped]:
    from rag.ingest.web.sitemaps import read_xml
    return read_xml(stream, source, options)


FORMATS = {
    ".txt": Format(read_plain),
    ".md": Format(_one(read_markdown)),
    ".markdown": Format(_one(read_markdown)),
    ".txt.gz": Format(gunzipped(read_plain), streamed=True),
    ".pdf": Format(_one(_read_pdf)),
    ".pdf": Format(_later("pdf", "read_pdf")),
    ".docx": Format(_later("docx", "read_docx")),
    ".eml": Format(_later("mail", "read_mail")),
    ".mhtml": Format(_later("mail", "read_mhtml")),
    ".mht": Format(_later("mail", "read_mhtml")),
    ".html": Format(_one(read_html)),
    ".htm": Format(_one(read_html)),
    ".xhtml": Format(_one(read_html)),
    ".jsonl": Format(read_jsonl, streamed=True, count=count_lines),
    ".jsonl.gz": Format(gunzipped(read_jsonl), streamed=True),
    ".ndjson": Format(read_jsonl, streamed=True, count=count_lines),
    ".ndjson.gz": Format(gunzipped(read_jsonl), streamed=True),
    ".json": Format(read_jsonl, streamed=True),
    ".json.gz": Format(gunzipped(read_jsonl), streamed=True),
    ".csv": Format(read_csv, streamed=True, count=count_lines),
    ".csv.gz": Format(gunzipped(read_csv), streamed=True),
    ".tsv": Format(read_csv, streamed=True, count=count_lines),
    ".tsv.gz": Format(gunzipped(read_csv), streamed=True),
    ".parquet": Format(read_parquet, streamed=True),
    ".warc": Format(read_warc, streamed=True, count=count_pages),
    ".warc.gz": Format(read_warc, streamed=True, count=count_pages),
    ".wacz": Format(read_wacz, streamed=True, count=count_pages),
    ".xml": Format(_read_xml),
    ".rss": Format(_read_xml),
    ".atom": Format(_read_xml),
    ".rdf": Format(_read_xml),
    ".opml": Format(_read_xml),
    ".xml": Format(_read_xml, isolated=True),
    ".rss": Format(_read_xml, isolated=True),
    ".atom": Format(_read_xml, isolated=True),
    ".rdf": Format(_read_xml, isolated=True),
    ".opml": Format(_read_xml, isolated=True),
}
"""By file suffix, in lower case; the longest that a name ends in counts (".jsonl.gz")."""


def format_of(name: str) -> Format | None:
    """Return how a file of this name is read, or None where no format has its suffix."""
    suffixes = PurePath(name.lower()).suffixes[-2:]
    return FORMATS.get("".join(suffixes)) or (FORMATS.get(suffixes[-1]) if suffixes else None)
