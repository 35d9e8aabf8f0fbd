"""Blocks of documents to articles with chunks and vectors: what each of a cluster's workers does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings import Encoder, Vectors
from rag.distributed.frames import (
    Frame,
    chunked_frame,
    note_frame,
    pack,
    record_of,
    unpack,
)
from rag.distributed.plan import Plan, content_key
from rag.errors import SourceError
from rag.index.batch import PreparedChunks, pending_article
from rag.index.chunking import vector_text
from rag.ingest.isolated import Workers
from rag.ingest.notes import Note
from rag.ingest.options import ReadOptions
from rag.ingest.records import article_of_record
from rag.ingest.wire import document_of, item_record
from rag.text.article_fields import normalise_article
from rag.text.article_records import article_of
from rag.text.content_hash import content_hash
from rag.types import Article, Skipped

STEPS = ("parse and clean", "chunk", "embed")
_CHARACTERS_A_SECOND = 1000
"""Slower than any processor embeds: a longer article may take longer."""


class BlockPreparer:
    """Parses, cleans, chunks and embeds block after block; ends its parsing process when it is closed.

    Parameters
    ----------
    encoder
        The model of ``plan``.
    known
        Sorted `content_key` of what is in the index: that is neither chunked nor embedded again.
    bound
        Called with the seconds that the next step may take, and with 0 after it.
    """

    def __init__(
        self,
        plan: Plan,
        encoder: Encoder,
        known: NDArray[np.uint64],
        bound: Callable[[float], None] = lambda seconds: None,
    ) -> None:
        self._plan = plan
        self._known = known
        self._bound = bound
        self._encoder = encoder
        self.seconds = dict.fromkeys(STEPS, 0.0)
        """By step, what was spent so far, by the clock."""
        self._parser = Workers(plan.limits, 1)
        self._notes: list[Note] = []
        self._options = ReadOptions(self._notes.append, plan.date_order, plan.fields)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._parser.close()

    @property
    def encoder(self) -> Encoder:
        """The embedding model of this process."""
        return self._encoder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of texts, shape (texts, dimension)."""
        return self._encoder.encode(texts)

    def prepare(self, block: bytes) -> bytes:
        """Return a block with each document replaced by its articles, chunked and embedded."""
        return pack(frame for one in unpack(block) for frame in self._prepared(*one))

    def _prepared(self, record: dict[str, object], data: bytes) -> Iterator[Frame]:
        of_record = "record" in record
        with self._timed("parse and clean"):
            items = self._made(record, data)
        if items is None:
            yield record, data
            return
        for note in self._notes:
            yield note_frame(note, of_record=of_record)
        self._notes.clear()
        for item in items:
            if isinstance(item, Skipped):
                yield item_record(item), b""
                continue
            self._bound(self._plan.limits.seconds + len(item.text) / _CHARACTERS_A_SECOND)
            try:
                yield self._chunked(item)
            finally:
                self._bound(0)

    def _made(self, record: dict[str, object], data: bytes) -> list[Article | Skipped] | None:
        """Return what the document of a frame holds; None where the frame has none."""
        found = record.get("document")
        if isinstance(found, dict):
            document, _ = document_of(found, data)
            return list(self._parser.in_order([document], self._options))
        found = record.get("record")
        if isinstance(found, dict):
            self._bound(self._plan.limits.seconds)
            try:
                return [article_of_record(record_of(found), self._options)]
            finally:
                self._bound(0)
        found = record.get("article")
        return [article_of(found)] if isinstance(found, dict) else None

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - began

    def _chunked(self, item: Article) -> Frame:
        try:
            article = normalise_article(item)
        except SourceError:
            # Whoever writes it will say so.
            return item_record(item), b""
        digest = content_hash(article)
        key = np.uint64(content_key(article.id, digest))
        place = int(np.searchsorted(self._known, key))
        if place < len(self._known) and self._known[place] == key:
            return item_record(item), b""
        budget = self._plan.budget
        with self._timed("chunk"):
            made = pending_article(article, digest, budget)
        spans = list(made.spans or ())
        texts = [
            vector_text(article.title, article.text[start:end], budget) for start, end in spans
        ]
        prepared = PreparedChunks(spans, made.paragraphs, made.sketch)
        with self._timed("embed"):
            vectors = self._encoder.encode(texts)
        return chunked_frame(item, digest, prepared, vectors)
