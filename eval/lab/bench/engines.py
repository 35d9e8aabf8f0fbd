"""``python -m eval.lab.bench.engines --folder FOLDER``: a folder index beside milvus-lite.

The same made articles are added to both, by an encoder that costs next to nothing; numbers of chunks are
equal, so one exact search tells the recall of both. Sizes that are there already are only searched.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from embeddings import Vectors, load_encoder
from eval.lab.bench.archive import ArchiveEncoder, Sources, articles, invented
from eval.lab.bench.environment import machine
from eval.lab.bench.figures import quantile
from eval.lab.bench.memory import peak_rss_mb
from rag.index import Index, ann, catalog
from rag.index.opening import open_index
from rag.types import Filters

_CHUNKS_AN_ARTICLE = 7.3
_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """One index of one size."""

    engine: str
    chunks: int
    add_s: float
    """Of all articles, the encoder apart by being cheap; 0 where they were there."""
    add_one_s: float
    """Of one more article, opening apart, until it can be searched."""
    p50_ms: float
    p95_ms: float
    """Of a hybrid search, the question embedded by the model."""
    recall: float
    """Of the ten nearest among the hundred found, against comparing with every vector."""
    memory_mb: float
    """Peak of the searching process, 10^6 bytes, model included."""
    disk_mb: float


def main(
    folder: Annotated[Path, typer.Option(help="Where indexes are made, and kept.")],
    size: Annotated[
        list[int] | None, typer.Option(min=100, help="Chunks; again for more. Default: 10,000.")
    ] = None,
    questions: Annotated[int, typer.Option(min=2, max=300, help="Asked of each.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print build time, time of a search, recall, memory and disk of both."""
    sizes = sorted(size or [10_000])
    sources = invented(max(sizes))
    encoder = ArchiveEncoder(sources, load_encoder())
    found: list[Measured] = []
    for chunks in sizes:
        plain = folder / f"folder-{chunks}"
        names = {"folder": str(plain), "milvus-lite": f"milvus-lite:{folder / f'lite-{chunks}.db'}"}
        for engine, name in names.items():
            print(f"{engine}: {chunks:,} chunks", file=sys.stderr, flush=True)
            adding = _added(name, sources, encoder, chunks)
            found.append(_measured(engine, name, plain, sources, encoder, adding, questions))
    if as_json:
        print(json.dumps([asdict(one) for one in found]))
        return
    print(f"{machine()}\n")
    columns = list(Measured.__dataclass_fields__)
    print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
    for one in found:
        cells = (f"{v:.3g}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else v
                 for v in asdict(one).values())  # fmt: skip
        print("| " + " | ".join(cells) + " |")


def _added(name: str, sources: Sources, encoder: ArchiveEncoder, chunks: int) -> float:
    """Fill an index up to its size; returns how long that took."""
    wanted = round(chunks / _CHUNKS_AN_ARTICLE)
    began = time.perf_counter()
    with open_index(name, create=True, encoder=encoder) as index:
        held = index.counts()["articles"]
        if held >= wanted:
            return 0.0

        def progress(number: int, _: str) -> None:
            if number % 500 == 0:
                print(f"  {held + number:,} of {wanted:,} articles", file=sys.stderr, flush=True)

        index.add(articles(sources, wanted - held, first=held), progress=progress)
    return time.perf_counter() - began


def _measured(
    engine: str,
    name: str,
    plain: Path,
    sources: Sources,
    encoder: ArchiveEncoder,
    adding: float,
    questions: int,
) -> Measured:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _SEARCHER, name, str(questions)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    queries = encoder.encode(sources.questions[:questions])
    with open_index(name, encoder=encoder) as index:
        count = index.counts()["chunks"]
        with index.view() as view:
            near = [[n for n, _ in view.search_dense(q, _DEPTH, Filters())] for q in queries]
        truth = _nearest(plain, encoder, queries)
        recall = np.mean(
            [np.isin(best, some).mean() for best, some in zip(truth, near, strict=True)]
        )
        (fresh,) = articles(sources, 1, seed=99)
        began = time.perf_counter()
        index.add([fresh])
        with index.view() as view:
            assert view.search_dense(queries[0], 1, Filters())
        add_one = time.perf_counter() - began
        index.remove([fresh.id])
    place = Path(name.removeprefix("milvus-lite:"))
    files = [place] if place.is_file() else [one for one in place.rglob("*") if one.is_file()]
    disk = sum(one.stat().st_size for one in files) / 1e6
    return Measured(
        engine, count, adding, add_one, told["p50"], told["p95"], float(recall), told["rss"], disk
    )  # fmt: skip


def _nearest(plain: Path, encoder: ArchiveEncoder, queries: Vectors) -> NDArray[np.int64]:
    """Return the numbers of the ten nearest chunks, shape (questions, 10), by comparing with every vector."""
    with Index.open(plain, encoder=encoder) as index, index.view() as view:
        dimension = queries.shape[1]
        return ann.exact_search(
            lambda: catalog.vector_blocks(view.connection, dimension), queries, 10
        )


_SEARCHER = "from eval.lab.bench.engines import searcher; import sys; searcher(sys.argv[1], int(sys.argv[2]))"


def searcher(name: str, count: int) -> None:
    """Search an index in a process of its own, and print times and memory as JSON."""
    from rag.retrieval.retriever import Retriever

    questions = list(invented().questions)[::17][:count]
    with open_index(name) as index:
        retriever = Retriever(index)
        for question in questions[:10]:
            retriever.search(question, 10)
        taken = []
        for question in questions:
            began = time.perf_counter()
            retriever.search(question, 10)
            taken.append(1000 * (time.perf_counter() - began))
    p50, p95 = quantile(taken, 0.5), quantile(taken, 0.95)
    print(json.dumps({"p50": p50, "p95": p95, "rss": peak_rss_mb()}))


if __name__ == "__main__":
    typer.run(main)
