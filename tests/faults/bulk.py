"""Add much to an index in a process of its own: ``python -m tests.faults.bulk FOLDER SOURCE``.

Says in a line of JSON how it ended. The encoder is as cheap as can be: what is looked at is everything else.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np

from embeddings import EncoderIdentity, Vectors
from eval.lab.bench.memory import peak_rss_mb
from rag import Index
from rag.errors import PressciteError
from rag.ingest import read_sources
from rag.types import Filters

_DIMENSION = 32


class BulkEncoder:
    """A text's vector is any vector, but always the same."""

    identity = EncoderIdentity("bulk-32", "0" * 64, _DIMENSION)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, float32 of shape (len(texts), 32)."""
        if not texts:
            return np.empty((0, _DIMENSION), np.float32)
        seeds = np.array([crc32(text.encode()) for text in texts], np.uint64)
        # Every dimension turns the seed on (splitmix64), so that no generator is made for each text.
        with np.errstate(over="ignore"):
            mixed = seeds[:, None] * np.arange(1, 2 * _DIMENSION, 2, dtype=np.uint64)
            mixed = (mixed ^ (mixed >> np.uint64(13))) * np.uint64(0x9E3779B97F4A7C15)
        made = (mixed >> np.uint64(40)).astype(np.float32) - np.float32(1 << 23)
        vectors: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
        return vectors


def found(folder: Path, asked: Sequence[str]) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Return what is nearest to each text, and what holds most of its words."""
    with Index.open(folder, encoder=BulkEncoder()) as index:
        vectors = index.encode(asked)
        with index.view() as view:
            return tuple(
                tuple(hits)
                for text, vector in zip(asked, vectors, strict=True)
                for hits in (
                    view.search_dense(vector, 5, Filters()),
                    view.search_lexical(text, 5, Filters()),
                )
            )


def main() -> None:
    """Add the source to the index, and report."""
    folder, source = Path(sys.argv[1]), sys.argv[2]
    told = {"added": 0, "skipped": [], "refused": ""}
    try:
        with Index.open(folder, create=True, encoder=BulkEncoder()) as index:
            report = index.add(read_sources([source]))
            told["added"] = report.added
            told["skipped"] = [item.reason for item in report.skipped]
    except PressciteError as error:
        told["refused"] = str(error)
    told["megabytes"] = peak_rss_mb()
    with Index.open(folder, encoder=BulkEncoder()) as index:
        told["held"] = index.counts()["articles"]
    print(json.dumps(told))


if __name__ == "__main__":
    main()
