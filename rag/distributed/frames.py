"""What the processes of a cluster send each other: blocks of frames, each a JSON object and bytes.

A frame has one key that says what it is: ``file`` (another one begins), ``note``, ``at`` (how far the file
was read), ``skipped``, ``article``; and on the way to a worker ``document`` and ``record``. Ray carries
blocks as bytes, so that nothing of a document is ever unpickled.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, astuple
from typing import Any

import numpy as np

from embeddings import Vectors
from rag.index.batch import PreparedChunks, source_of
from rag.ingest.documents import Document
from rag.ingest.notes import Note
from rag.ingest.options import ReadOptions
from rag.ingest.records import PendingRecord, Record
from rag.ingest.wire import document_record, item_record, read_frame, write_frame
from rag.text.article_records import article_of, article_record
from rag.types import Article, Position, Skipped

Frame = tuple[dict[str, Any], bytes]
Unparsed = Document | PendingRecord | Article | Skipped
ITEMS = ("document", "record", "article", "skipped")
"""Keys of frames that a document may have made; the others tell of the file."""


def pack(frames: Iterable[Frame]) -> bytes:
    """Return frames as one block."""
    block = io.BytesIO()
    for record, data in frames:
        write_frame(block, record, data)
    return block.getvalue()


def unpack(block: bytes) -> Iterator[Frame]:
    """Yield the frames of a block."""
    stream = io.BytesIO(block)
    while (frame := read_frame(stream)) is not None:
        yield frame


def file_frame(source: str) -> Frame:
    """Return the frame that a file's begin with."""
    return {"file": source}, b""


def note_frame(note: Note, *, of_record: bool = False) -> Frame:
    """Return a note; those on single records are told up to a number a file."""
    return {"note": [note.source, note.message], "of_record": of_record}, b""


def position_frame(source: str, position: Position) -> Frame:
    """Return how far a file was read."""
    return {"at": [source, *astuple(position)]}, b""


def unparsed_frame(item: Unparsed, options: ReadOptions) -> Frame:
    """Return what a file holds as it is handed to whoever makes articles of it."""
    if isinstance(item, Document):
        return {"document": document_record(item, options)}, item.data
    if isinstance(item, PendingRecord):
        inner = {"place": item.record.place, "fields": item.record.fields}
        about = {"source": item.source, "numbered": item.numbered, "date_order": item.date_order}
        return {"record": about | {"record": inner}}, b""
    return item_record(item), b""


def record_of(found: Mapping[str, Any]) -> PendingRecord:
    """Return the record of such a frame."""
    inner = found["record"]
    return PendingRecord(
        Record(inner["place"], inner["fields"]),
        found["source"],
        found["numbered"],
        found["date_order"],
    )


def place_of(record: Mapping[str, Any]) -> str:
    """Return what the document of a frame is named by where it is skipped."""
    if "document" in record:
        return str(record["document"]["source"])
    if "record" in record:
        return record_of(record["record"]).place
    return source_of(article_of(record["article"]))


def chunked_frame(
    article: Article, digest: str, prepared: PreparedChunks, vectors: Vectors
) -> Frame:
    """Return an article with what an index computes of it.

    Parameters
    ----------
    digest
        Its content hash.
    vectors
        Unit vectors of its chunks, shape (chunks, dimension).
    """
    record = {"article": article_record(article), "digest": digest} | asdict(prepared)
    return record, vectors.astype("<f4").tobytes()


def chunks_of(record: Mapping[str, Any]) -> PreparedChunks:
    """Return the chunks of a frame that `chunked_frame` made."""
    return PreparedChunks(
        [(start, end) for start, end in record["spans"]],
        [(value, (start, end)) for value, (start, end) in record["paragraphs"]],
        record["sketch"],
    )


def vectors_of(data: bytes, count: int) -> Vectors:
    """Return vectors from their bytes, shape (count, dimension)."""
    return np.frombuffer(data, "<f4").reshape(count, -1).astype(np.float32, copy=False)
