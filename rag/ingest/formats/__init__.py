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
from rag.ingest.formats.jsonl import count_lines, read_json, read_jsonl
from rag.ingest.formats.markdown import read_markdown
from rag.ingest.formats.parquet import read_parquet
from rag.ingest.formats.text import read_text
from rag.ingest.formats.warc import count_pages, read_wacz, read_warc
from rag.ingest.options import ReadOptions
from rag.types import Article, Skipped

__all__ = [
    "FORMATS", "Format", "format_of", "read_csv", "read_jsonl", "read_markdown", "read_parquet",
    "read_plain", "read_text",
]  # fmt: skip

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

    def read(stream: IO[bytes], source: str, options: ReadOptions) -> Iterator[Article | Skipped]:
        reader: Reader = getattr(import_module(f"rag.ingest.{module}"), name)
        return reader(stream, source, options)

    return read


def _one_later(module: str, name: str) -> Reader:
    """Return the reader of such a format that holds one article a file."""

    def read(data: bytes, source: str, options: ReadOptions) -> Article:
        found = getattr(import_module(f"rag.ingest.formats.{module}"), name)
        article: Article = found(data, source, options)
        return article

    return _one(read)


_TEXT = Format(read_plain)
# Its parser takes the square of the length of some texts.
_MARKDOWN = Format(_one(read_markdown), isolated=True)
_PAGE = Format(_one_later("html", "read_page"), isolated=True)
_SAVED_PAGE = Format(_one_later("mail", "read_mhtml"), isolated=True)
_FEED = Format(_later("web.sitemaps", "read_xml"), isolated=True)
_JSON = Format(read_jsonl, streamed=True, count=count_lines)
_TABLE = Format(read_csv, streamed=True, count=count_lines)
_ARCHIVE = Format(read_warc, streamed=True, count=count_pages)
_JSON_GZ = Format(gunzipped(read_jsonl), streamed=True)
_TABLE_GZ = Format(gunzipped(read_csv), streamed=True)

FORMATS = {
    ".txt": _TEXT,
    ".txt.gz": Format(gunzipped(read_plain), streamed=True),
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _PAGE,
    ".htm": _PAGE,
    ".xhtml": _PAGE,
    ".mhtml": _SAVED_PAGE,
    ".mht": _SAVED_PAGE,
    ".eml": Format(_one_later("mail", "read_mail"), isolated=True),
    ".pdf": Format(_one_later("pdf", "read_pdf"), isolated=True),
    ".docx": Format(_one_later("docx", "read_docx"), isolated=True),
    ".jsonl": _JSON,
    ".ndjson": _JSON,
    ".json": Format(read_json, streamed=True),
    ".jsonl.gz": _JSON_GZ,
    ".ndjson.gz": _JSON_GZ,
    ".json.gz": _JSON_GZ,
    ".csv": _TABLE,
    ".tsv": _TABLE,
    ".csv.gz": _TABLE_GZ,
    ".tsv.gz": _TABLE_GZ,
    ".parquet": Format(read_parquet, streamed=True),
    ".warc": _ARCHIVE,
    ".warc.gz": _ARCHIVE,
    ".wacz": Format(read_wacz, streamed=True, count=count_pages),
    ".xml": _FEED,
    ".xml.gz": _FEED,
    ".rss": _FEED,
    ".atom": _FEED,
    ".rdf": _FEED,
    ".opml": _FEED,
}
"""By file suffix, in lower case; the longest that a name ends in counts (".jsonl.gz")."""


def format_of(name: str) -> Format | None:
    """Return how a file of this name is read, or None where no format has its suffix."""
    suffixes = PurePath(name.lower()).suffixes[-2:]
    return FORMATS.get("".join(suffixes)) or (FORMATS.get(suffixes[-1]) if suffixes else None)
