"""What this process and its workers send each other: frames of JSON and bytes, no pickle.

A frame is two lengths of four bytes (of the JSON, of the bytes after it), then both.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import IO, Any

from rag.ingest.documents import Document
from rag.ingest.options import Hints, ReadOptions
from rag.text.article_records import article_of, article_record
from rag.types import Article, Skipped

_LENGTHS = struct.Struct(">II")
MAX_FRAME = 1 << 28
"""Bytes of a part of a frame; a longer one is no frame of ours."""


def write_frame(stream: IO[bytes], record: Mapping[str, Any], data: bytes = b"") -> None:
    """Write a frame and flush."""
    head = json.dumps(record).encode()
    stream.write(_LENGTHS.pack(len(head), len(data)) + head)
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Return a frame's JSON and bytes, or None where the stream has ended.

    Raises
    ------
    ValueError
        Where that is no frame.
    """
    lengths = stream.read(_LENGTHS.size)
    if len(lengths) < _LENGTHS.size:
        return None
    head_length, data_length = _LENGTHS.unpack(lengths)
    if max(head_length, data_length) > MAX_FRAME:
        raise ValueError("not a frame")
    head, data = stream.read(head_length), stream.read(data_length)
    if len(head) < head_length or len(data) < data_length:
        return None
    record = json.loads(head)
    if not isinstance(record, dict):
        raise ValueError("not a frame")
    return record, data


def document_record(document: Document, options: ReadOptions) -> dict[str, Any]:
    """Return a document without its bytes, with the options for reading it, as JSON."""
    hints = asdict(document.hints)
    hints["published"] = _iso(document.hints.published)
    return {
        "name": document.name,
        "source": document.source,
        "hints": hints,
        "codings": document.codings,
        "date_order": options.date_order,
        "fields": dict(options.fields),
    }


def document_of(record: Mapping[str, Any], data: bytes) -> tuple[Document, ReadOptions]:
    """Return what `document_record` was made of; the options' notes go nowhere."""
    hints = dict(record["hints"])
    hints["published"] = _day(hints["published"])
    hints["authors"] = tuple(hints["authors"])
    document = Document(
        record["name"], data, record["source"], Hints(**hints), tuple(record["codings"])
    )
    return document, ReadOptions(date_order=record["date_order"], fields=record["fields"])


def item_record(item: Article | Skipped) -> dict[str, Any]:
    """Return an article or a reason as JSON."""
    if isinstance(item, Skipped):
        return {"skipped": [item.source, item.reason, item.unusable]}
    return {"article": article_record(item)}


def item_of(record: Mapping[str, Any]) -> Article | Skipped:
    """Return what `item_record` was made of.

    Raises
    ------
    ValueError
        Where the record is not of that form: a parser may write anything once it is taken over.
    """
    try:
        if "skipped" in record:
            source, reason, unusable = record["skipped"]
            return Skipped(str(source), str(reason), bool(unusable))
        return article_of(record["article"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an article: {error}") from None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
