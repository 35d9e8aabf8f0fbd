"""The processor time of ``add`` by step, embedding apart; also run by its path against another checkout.

``python eval/lab/bench/ingest_steps.py FILE.jsonl COUNT`` prints JSON. It imports nothing but `rag` and
`embeddings`, so that ``PYTHONPATH`` names the version that is measured.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np

from embeddings import EncoderIdentity, Vectors

_DIMENSION = 384
_STEPS = (
    ("rag.index.writer", "normalise_article", "normalising again"),
    ("rag.index.writer", "content_hash", "content hash"),
    ("rag.index.writer", "chunk_spans", "chunking"),
    ("rag.index.writer", "chunk_spans_of", "chunking"),
    ("rag.index.batch", "ChunkedText", "chunking"),
    ("rag.index.chunking", "ChunkedText.spans_of", "chunking"),
    ("rag.index.batch", "paragraphs_of", "boilerplate"),
    ("rag.index.batch", "short_among", "boilerplate"),
    ("rag.index.batch", "sketch_of", "near-duplicates"),
    ("rag.index.writer", "boilerplate_of", "boilerplate"),
    ("rag.index.batch", "sketch", "near-duplicates"),
    ("rag.index.batch", "find_copy_group", "near-duplicates"),
    ("rag.index.writer", "write_batch", "catalog rows"),
    ("rag.index.lexical", "write_revision", "words (Tantivy)"),
    ("rag.index.dense", "compact", "vectors (FAISS)"),
)
"""Function, by the module that calls it, and the step its time counts for."""


class Constant:
    """An encoder that costs nothing: a text's vector depends on its length."""

    def __init__(self) -> None:
        self.identity = EncoderIdentity("constant", "0" * 64, _DIMENSION)
        vectors = np.random.default_rng(0).normal(size=(512, _DIMENSION))
        self._vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4")

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, 384)."""
        found: Vectors = self._vectors[[len(text) % len(self._vectors) for text in texts]]
        return found


class Clock:
    """Processor seconds of this process by step; a step's time is not that of the step around it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._steps = ["the rest"]
        self._last = time.process_time()

    def _turn(self) -> None:
        now = time.process_time()
        self.seconds[self._steps[-1]] += now - self._last
        self._last = now

    def wrap(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for a step."""

        def timed(*arguments: object, **named: object) -> object:
            self._turn()
            self._steps.append(step)
            try:
                return function(*arguments, **named)
            finally:
                self._turn()
                self._steps.pop()

        return timed

    def iterate(self, step: str, items: Iterable[Any]) -> Iterator[Any]:
        """Yield items; the time each takes to come counts for a step."""
        following = self.wrap(step, iter(items).__next__)
        while True:
            try:
                yield following()
            except StopIteration:
                return


def add_by_step(path: str, count: int) -> dict[str, Any]:
    """Add the first articles of a JSONL file to a new index; returns counts, and seconds by step."""
    from rag.index import Index
    from rag.index.chunking import chunk_spans
    from rag.ingest import read_sources

    # The token ranks and patterns are loaded once a process.
    built = import_module("rag.index.chunking").ChunkBudget()
    chunk_spans("A ferry sank. Nobody was hurt.", built)
    clock = Clock()
    for module, name, step in _STEPS:
        inside, _, name = name.rpartition(".")
        owner = getattr(import_module(module), inside, None) if inside else import_module(module)
        if hasattr(owner, name):
            setattr(owner, name, clock.wrap(step, getattr(owner, name)))
    with tempfile.TemporaryDirectory(prefix="presscite-bench-") as folder:
        began, wall = time.process_time(), time.perf_counter()
        with Index.open(f"{folder}/index", create=True, encoder=Constant()) as index:
            items = clock.iterate("reading and cleaning", islice(read_sources([path]), count))
            report = index.add(items)
        return {
            "articles": report.added + report.updated,
            "chunks": report.chunks,
            "cpu": time.process_time() - began,
            "wall": time.perf_counter() - wall,
            "steps": dict(clock.seconds),
        }


if __name__ == "__main__":
    print(json.dumps(add_by_step(sys.argv[1], int(sys.argv[2]))))
