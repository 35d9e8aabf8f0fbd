"""Archives of 10^4, 10^5, 10^6 chunks: the cost of adding, opening, searching, compacting and removing."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from embeddings import load_encoder
from eval.lab.bench.archive import ArchiveEncoder, Sources, articles, invented
from eval.lab.bench.figures import Curve, Figure, Findings, quantile, rounds
from rag.index import Index, ann, catalog
from rag.index.chunking import chunk_spans, vector_text
from rag.types import Article

_CHUNKS_AN_ARTICLE = 7.3
_QUESTIONS = 300
_WANTED = {
    "hybrid search, 95th percentile": "<= 60 ms",
    "dense recall at 10": ">= 0.97",
    "memory of a searching process": "<= 1500 MB",
    "opening, to the first candidates": "<= 0.5 s",
    "adding one article": "<= 1 s",
    "removing one article": "<= 1 s",
}


def scale(
    sources: Sources, sizes: Sequence[int], folder: Path, *, say: Callable[[str], None]
) -> Findings:
    """Build an archive of each size (or continue the one in the folder) and measure it."""
    found = Findings()
    encoder = ArchiveEncoder(sources, load_encoder())
    curves: dict[str, list[tuple[float, float]]] = {}
    for size in sizes:
        place = folder / f"archive-{size}"
        chunks = _build(place, sources, encoder, size, found, say)
        for name, value, unit, note in _measure(place, sources, encoder, say):
            curves.setdefault(f"{name} ({unit})", []).append((chunks, value))
            wanted = _WANTED.get(name, "")
            found.figures.append(
                Figure("scale", f"{chunks:,} chunks: {name}", value, unit, wanted, note=note)
            )
    for name, points in curves.items():
        if len(points) > 1:
            found.curves.append(Curve("scale", name, "chunks", name, tuple(points)))
    return found


def kinds(sources: Sources, count: int, *, say: Callable[[str], None]) -> Findings:
    """Compare FAISS indexes on the same vectors: exact, IVF with 8-bit quantisation, HNSW."""
    import faiss

    found = Findings()
    encoder = ArchiveEncoder(sources, load_encoder())
    say(f"kinds: vectors of {count:,} chunks")
    texts = _texts(sources, count)
    every = np.concatenate([encoder.encode(part) for part in texts])[:count]
    ids = np.arange(len(every), dtype=np.int64)
    queries = encoder.encode(sources.questions[:_QUESTIONS])

    def blocks() -> Iterator[tuple[Any, Any]]:
        for first in range(0, len(every), 8192):
            yield ids[first : first + 8192], every[first : first + 8192]

    truth = ann.exact_search(blocks, queries, 10)
    exact = faiss.IndexIDMap2(faiss.IndexFlatIP(every.shape[1]))
    exact.add_with_ids(every, ids)
    made: dict[str, tuple[Any, float]] = {"exact": (exact, 0.0)}
    began = time.perf_counter()
    ivf, stats = ann.build_ivf(blocks, len(every), every.shape[1])
    ivf.nprobe = stats.nprobe
    made["ivf_sq8"] = ivf, time.perf_counter() - began
    began = time.perf_counter()
    # FAISS's stubs know one of its constructors only.
    graph_of: Any = faiss.IndexHNSWSQ
    byte, product = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    graph = graph_of(every.shape[1], byte, 32, product)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 80, 128
    graph.train(every[:: max(1, len(every) // 20_000)])
    graph.add(every)
    made["graph"] = graph, time.perf_counter() - began
    for name, (index, seconds) in made.items():
        times, hits = [], []
        for query, best in zip(queries, truth, strict=True):
            began = time.perf_counter()
            _, near = index.search(query[None, :], ann.DEPTH)
            times.append(time.perf_counter() - began)
            hits.append(np.isin(best, near[0]).mean())
        size = len(faiss.serialize_index(index)) / 1e6
        note = f"recall at 10 {np.mean(hits):.3f}; {size:.0f} MB; made in {seconds:.1f} s"
        found.figures.append(
            Figure(
                "kinds",
                f"{len(every):,} vectors, {name}: a search",
                1000 * statistics.median(times),
                "ms",
                note=note,
            )
        )
    return found


def _texts(sources: Sources, count: int) -> Iterator[list[str]]:
    """Yield texts of synthetic articles, a thousand sentences at a time, cut without counting tokens."""
    made, batch = 0, []
    for article in articles(sources, count, seed=3):
        lines = article.text.split("\n")
        for first in range(0, len(lines), 4):
            batch.append("\n".join(lines[first : first + 4]))
            made += 1
        if len(batch) >= 1024 or made >= count:
            yield batch
            batch = []
        if made >= count:
            return


def _build(
    place: Path,
    sources: Sources,
    encoder: ArchiveEncoder,
    size: int,
    found: Findings,
    say: Callable[[str], None],
) -> int:
    """Fill the archive up to its size; an interrupted one is continued."""
    wanted = round(size / _CHUNKS_AN_ARTICLE)
    began, told = time.perf_counter(), time.perf_counter()
    with Index.open(place, create=True, encoder=encoder) as index:
        held = index.counts()["articles"]

        def progress(number: int, _: str) -> None:
            nonlocal told
            if time.perf_counter() - told > 20:
                told = time.perf_counter()
                left = (told - began) / number * (wanted - held - number)
                say(f"scale: {held + number:,} of {wanted:,} articles, about {left:.0f} s left")

        if held < wanted:
            report = index.add(articles(sources, wanted - held, first=held), progress=progress)
            if not held:
                found.figures.append(
                    Figure("scale", f"{report.chunks:,} chunks: adding them, no model", report.seconds, "s",
                           note=f"{report.chunks / report.seconds:,.0f} chunks a second")
                )  # fmt: skip
        size_on_disk = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
        chunks = index.counts()["chunks"]
        found.figures.append(
            Figure("scale", f"{chunks:,} chunks: size on disk", size_on_disk / 1e6, "MB",
                   note=f"{size_on_disk / chunks:,.0f} bytes a chunk")
        )  # fmt: skip
    return chunks


def _measure(
    place: Path, sources: Sources, encoder: ArchiveEncoder, say: Callable[[str], None]
) -> Iterator[tuple[str, float, str, str]]:
    say(f"scale: searching {place.name}")
    yield from _searching(place)
    with Index.open(place, encoder=encoder) as index, index.view() as view:
        stats = view.state.dense.stats
        yield (
            "vector index, recall at 10 as stored",
            stats.recall_at_10,
            "",
            f"{stats.kind}, nlist {stats.nlist}, nprobe {stats.nprobe}",
        )
        queries = encoder.encode(sources.questions[:_QUESTIONS])
        truth = ann.exact_search(
            lambda: catalog.vector_blocks(view.connection, queries.shape[1]), queries, 10
        )
        near = [[n for n, _ in view.search_dense(query, 100, _no_filters())] for query in queries]
        recall = np.mean(
            [np.isin(best, some).mean() for best, some in zip(truth, near, strict=True)]
        )
        yield (
            "dense recall at 10",
            float(recall),
            "",
            f"of {_QUESTIONS} questions, against comparing with every vector",
        )
    say(f"scale: adding to and removing from {place.name}")
    with Index.open(place, encoder=encoder) as index:
        with index.view():
            pass
        fresh = list(articles(sources, 5, seed=99))
        added = [_seconds(lambda one=one: _add_and_look(index, one)) for one in fresh]  # type: ignore[misc]
        yield (
            "adding one article",
            statistics.median(added),
            "s",
            f"in an open process, until it can be found; slowest of 5 {max(added):.2f} s",
        )
        removed = [_seconds(lambda one=one: _remove_and_look(index, one)) for one in fresh]  # type: ignore[misc]
        yield (
            "removing one article",
            statistics.median(removed),
            "s",
            f"until it is gone; slowest of 5 {max(removed):.2f} s",
        )
        seconds = _seconds(lambda: index.compact(retrain=True))
        yield "rebuilding the vector index", seconds, "s", ""
        yield (
            "updating the vector index",
            _seconds(index.compact),
            "s",
            "all are looked at, to measure recall",
        )
        file = next(place.glob("vectors-*.faiss"))
        yield "vector file", file.stat().st_size / 1e6, "MB", ""


def _add_and_look(index: Index, one: Article) -> None:
    index.add([one])
    assert one.id in _near(index, one)


def _remove_and_look(index: Index, one: Article) -> None:
    index.remove([one.id])
    assert one.id not in _near(index, one)


def _near(index: Index, one: Article) -> set[str]:
    """Return the articles of the nearest chunks to an article's first chunk."""
    budget = index.built_with.budget
    start, end = chunk_spans(one.text, budget)[0]
    with index.view() as view:
        vector = index.encode([vector_text(one.title, one.text[start:end], budget)])[0]
        held = view.chunks([number for number, _ in view.search_dense(vector, 20, _no_filters())])
        return {owner.article.id for _, owner, _ in held.values()}


def _no_filters() -> Any:
    from rag.types import Filters

    return Filters()


def _seconds(act: Callable[[], object]) -> float:
    return rounds({"act": act}, 1, warm=0)["act"][0]


_SEARCHER = "from eval.lab.bench.scale import searcher; import sys; searcher(sys.argv[1])"


def _searching(place: Path) -> Iterator[tuple[str, float, str, str]]:
    """Search in another process, so that the peak memory is that of searching alone."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _SEARCHER, str(place)], capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)
    yield "opening, to the first candidates", told["open"], "s", "both indexes checked and mapped"
    yield (
        "hybrid search, median",
        told["p50"],
        "ms",
        f"{told['n']} questions, embedded by the model",
    )
    yield "hybrid search, 95th percentile", told["p95"], "ms", ""
    yield "search within a year, 95th percentile", told["filtered_p95"], "ms", ""
    yield (
        "memory of a searching process",
        told["rss"],
        "MB",
        "with the model; mapped files counted as far as touched",
    )


def searcher(place: str) -> None:
    """Open an archive, search it, and print time and memory as JSON."""
    from eval.lab.bench.memory import peak_rss_mb
    from rag.retrieval.retriever import Retriever

    questions = list(islice(invented().questions, 0, None, 17))[:_QUESTIONS]
    load_encoder().encode(["warm"])
    began = time.perf_counter()
    with Index.open(place) as index:
        with index.view():
            pass
        opening = time.perf_counter() - began
        retriever = Retriever(index)
        for question in questions[:10]:
            retriever.search(question, 10)
        taken = [_seconds(lambda q=q: retriever.search(q, 10)) for q in questions]  # type: ignore[misc]
        filtered = [
            _seconds(lambda q=q: retriever.search(q, 10, since="2021-01-01", until="2021-12-31"))  # type: ignore[misc]
            for q in questions[:60]
        ]
    print(
        json.dumps(
            {
                "open": opening,
                "n": len(taken),
                "p50": 1000 * statistics.median(taken),
                "p95": 1000 * quantile(taken, 0.95),
                "filtered_p95": 1000 * quantile(filtered, 0.95),
                "rss": peak_rss_mb(),
            }
        )
    )
