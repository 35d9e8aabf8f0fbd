"""ONNX Runtime sessions with one intra-op thread each, whose runs go in parallel, one per core."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions

Feeds = Mapping[str, NDArray[np.int64]]
MAX_THREADS: int | None = None
"""Runs at a time at most; None: one a core. Set before the first run, where several processes share cores."""


def session_of(model: bytes) -> InferenceSession:
    """Return a session for a model's bytes; each run takes one core."""
    from onnxruntime import InferenceSession

    return InferenceSession(model, _options(), providers=["CPUExecutionProvider"])


def session_from_file(graph: Path) -> InferenceSession:
    """Return a session for a graph file, with its weights inside or in files beside it."""
    from onnxruntime import InferenceSession

    return InferenceSession(str(graph), _options(), providers=["CPUExecutionProvider"])


def _options() -> SessionOptions:
    from onnxruntime import GraphOptimizationLevel, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    return options


def run_all(
    session: InferenceSession, output: str, feeds: Sequence[Feeds]
) -> list[NDArray[np.float32]]:
    """Return an output of each of several runs, in order; as many run at once as there are cores.

    Parallel runs are faster than parallel operators: the matrix products of one text are small. The longest
    begin first, so that no core waits long for the last one (longest processing time first, Graham 1969).
    """
    if len(feeds) < 2 or MAX_THREADS == 1:
        return [session.run([output], feed)[0] for feed in feeds]
    pool = _pool(os.getpid())
    longest_first = sorted(range(len(feeds)), key=lambda n: -_size(feeds[n]))
    begun = {n: pool.submit(session.run, [output], feeds[n]) for n in longest_first}
    return [begun[n].result()[0] for n in range(len(feeds))]


def _size(feed: Feeds) -> int:
    return max(values.size for values in feed.values())


@cache
def _pool(_process: int) -> ThreadPoolExecutor:
    """Return this process's threads; a fork inherits none."""
    return ThreadPoolExecutor(MAX_THREADS or cores(), thread_name_prefix="presscite-run")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
