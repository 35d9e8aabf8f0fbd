"""Reading and adding a web archive in a process of its own: its memory is measured, and it can be killed."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from eval.lab.bench.ingest_steps import Constant
from eval.lab.bench.memory import peak_rss_mb
from rag.index import Index
from rag.ingest import ReadOptions, read_sources
from rag.types import Article, Skipped

_TOLD = 100


def reading(path: str) -> None:
    """Read an archive to its end, and print what that took."""
    began, articles, early = time.perf_counter(), 0, None
    for one in read_sources([path]):
        articles += isinstance(one, Article)
        if articles == 1000 and early is None:
            early = peak_rss_mb()
    seconds = time.perf_counter() - began
    rss = peak_rss_mb()
    told = {"articles": articles, "seconds": seconds, "rss": rss, "rss_early": early or rss}
    print(json.dumps(told | {"workers": _workers_mb()}))


def adding(path: str, place: str) -> None:
    """Add an archive, or go on with it; prints how many pages were read, now and then and at the end."""
    began, read = time.perf_counter(), 0

    def counted(items: Iterator[Article | Skipped]) -> Iterator[Article | Skipped]:
        nonlocal read
        for read, one in enumerate(items, 1):
            if read % _TOLD == 0:
                print(read, flush=True)
            yield one

    with Index.open(Path(place), create=True, encoder=Constant()) as index:
        positions = index.positions()
        items = read_sources([path], options=ReadOptions(positions=positions))
        index.add(counted(items), positions=positions)
        held = index.counts()["articles"]
    told = {"read": read, "held": held, "seconds": time.perf_counter() - began}
    print(json.dumps(told | {"rss": peak_rss_mb(), "workers": _workers_mb()}))


def _workers_mb() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / 1e6


if __name__ == "__main__":
    if sys.argv[1] == "reading":
        reading(sys.argv[2])
    else:
        adding(sys.argv[2], sys.argv[3])
