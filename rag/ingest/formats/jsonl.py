"""JSONL: one article a line, as a JSON object with its text and metadata."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import IO

from rag.errors import SourceError
from rag.ingest.article import MAX_CHARACTERS, make_article
from rag.ingest.markup import strip_markup
from rag.ingest.metadata import read_metadata
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.wrapping import unwrap
from rag.text.normalise import decode, is_wide
from rag.types import Article, Skipped

_MAX_LINE = MAX_CHARACTERS * 2
# Bytes that are looked at to estimate how many lines a file has.
_HEAD = 1 << 20


def count_lines(path: Path) -> int:
    """Return about how many lines a file has, by the length of its first ones."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    lines = head.count(b"\n") or 1
    return max(1, round(path.stat().st_size * lines / max(1, len(head))))


def read_jsonl(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield one article a line, or why that line is none; memory holds one line at a time.

    The source of a row is named by its ``id``, else by its ``url``, else by its content, so that
    another file of the same name replaces only the articles that it names again.

    Raises
    ------
    SourceError
        Where the stream is marked as UTF-16 or UTF-32 and is not, or too large for that.
    """
    first = stream.readline(_MAX_LINE + 1)
    if is_wide(first):
        stream = _narrowed(first, stream)
        first = stream.readline(_MAX_LINE + 1)
    rest = iter(lambda: stream.readline(_MAX_LINE + 1), b"")
    for number, line in enumerate(chain([first] if first else [], rest), 1):
        line_source = f"{source}#{number}"
        if len(line) > _MAX_LINE:
            yield Skipped(line_source, f"too large: a line of more than {_MAX_LINE:,} bytes")
            while line and not line.endswith(b"\n"):
                line = stream.readline(_MAX_LINE)
            continue
        if not line.strip():
            continue
        try:
            yield _article(decode(line), source, line_source, options)
        except SourceError as error:
            yield Skipped(line_source, str(error))


def _narrowed(first: bytes, stream: IO[bytes]) -> IO[bytes]:
    """Return a stream of UTF-16 or UTF-32, whose lines are not lines of bytes, as UTF-8."""
    data = first + stream.read(_MAX_LINE)
    if len(data) > _MAX_LINE:
        raise SourceError(f"too large for UTF-16: over {_MAX_LINE:,} bytes; convert it to UTF-8")
    return io.BytesIO(decode(data).encode("utf-8", "replace"))


def _article(line: str, source: str, line_source: str, options: ReadOptions) -> Article:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"not JSON: {str(error)[:100]}") from None
    if not isinstance(record, dict):
        raise SourceError("not a JSON object; write one article a line")
    text = record.get("text")
    if not isinstance(text, str):
        raise SourceError("no 'text' in it; an article needs one, as a string")
    given = read_metadata(record, lambda message: options.note(line_source, message))
    article = make_article(text=unwrap(strip_markup(text)), source=source, **given)
    name = article.id if given["id"] or not article.url else article.url
    if given["id"] and name.isdigit():
        # Indexes of earlier versions hold this form: there a bare number was a line's.
        name = f"id={name}"
    return replace(article, sources=(f"{source}#{name}",))
