"""The processes that Ray starts on the nodes of a cluster: one that reads, many that prepare."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import asdict
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.distributed.plan import Plan, Unit, installed_version
from rag.distributed.preparing import BlockPreparer
from rag.distributed.reading import BlockReader
from rag.index.encoders import index_encoder
from rag.index.writer import PROBES
from rag.ingest.worker import alarm


class Reader:
    """Reads files; it ends where one of them hangs."""

    def __init__(self, plan: Plan) -> None:
        self._seconds = plan.limits.seconds
        _import(plan)
        self._reader = BlockReader(plan, lambda: alarm(self._seconds))
        self._spent = 0.0

    def read(self, unit: Unit, number: int) -> tuple[bool, bytes]:
        """Return whether a unit ends before a block, and the block."""
        began = time.perf_counter()
        try:
            return self._reader.read(unit, number)
        finally:
            alarm(0)
            self._spent += time.perf_counter() - began

    def seconds(self) -> dict[str, float]:
        """Return what was spent so far, by the clock."""
        return {"read": self._spent}


class Preparer:
    """Parses, cleans, chunks and embeds, with one thread; it ends where an article hangs."""

    def __init__(self, plan: Plan, known: NDArray[np.uint64]) -> None:
        # Before tokenizers counts the cores: each worker has one, whatever its node has.
        os.environ["RAYON_NUM_THREADS"] = "1"
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        from embeddings import runtime

        runtime.MAX_THREADS = 1
        _import(plan)
        self._preparer = BlockPreparer(plan, index_encoder(plan.model), known, alarm)

    def hello(self) -> dict[str, Any]:
        """Return what tells whether this process computes what the index's own would; loads the model."""
        return {
            "node": platform.node(),
            "pid": os.getpid(),
            "version": installed_version(),
            "identity": asdict(self._preparer.encoder.identity),
            "probes": self._preparer.encode(PROBES).astype("<f4").tobytes(),
        }

    def prepare(self, block: bytes) -> bytes:
        """Return a block with each document replaced by its articles, chunked and embedded."""
        return self._preparer.prepare(block)

    def seconds(self) -> dict[str, float]:
        """Return what was spent so far by step, by the clock."""
        return self._preparer.seconds

    def encode(self, texts: list[str]) -> bytes:
        """Return the bytes of unit vectors of texts."""
        return self._preparer.encode(texts).astype("<f4").tobytes()


def _import(plan: Plan) -> None:
    """Import the modules that add formats of their own."""
    for module in plan.limits.modules:
        import_module(module)
