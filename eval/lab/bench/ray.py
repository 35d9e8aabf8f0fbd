"""``python -m eval.lab.bench.ray``: the rate of `add --ray` by workers, and which process limits it."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from eval.lab.bench.figures import Curve, Figure, Findings

Say = Callable[[str], None]
_PART = "ray"


def main(
    workers: Annotated[
        list[int] | None, typer.Option(min=1, help="How many workers; again for more.")
    ] = None,
    articles: Annotated[int, typer.Option(min=10, help="Invented articles, or pages.")] = 2000,
    kind: Annotated[
        Literal["jsonl", "warc"], typer.Option(help="What they are read from.")
    ] = "jsonl",
    block: Annotated[int, typer.Option(min=1, help="Articles of a block.")] = 64,
) -> None:
    """Measure on a cluster of this machine, with a core for each worker; a table on standard output."""
    from rich.console import Console

    from eval.lab.bench.report import print_table

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="presscite-bench-") as spare:
        found = rates(Path(spare), workers or (1, 2, 4), articles, kind, block, say)
    console = Console()
    print_table(found.figures, console if console.is_terminal else Console(width=180))


def rates(
    folder: Path, counts: Sequence[int], articles: int, kind: str, block: int, say: Say
) -> Findings:
    """Measure the plain `add` and that of each number of workers, all of which have started by then."""
    from rag.distributed.cluster import connected

    say(f"ray: writing {articles:,}")
    source = _source(folder, articles, kind)
    say("ray: the plain add")
    plain = _plain(source, folder / "plain.index")
    note = "reading, parsing and writing take turns with embedding, which uses every core"
    found = Findings([Figure(_PART, "plain add", plain, "articles a second", note=note)])
    points = []
    with connected("local", max(counts)) as ray:
        for count in counts:
            say(f"ray: {count} workers")
            told = _distributed(ray, source, folder / f"{count}.index", count, block)
            points.append((float(count), told["rate"]))
            found.figures += _figures(count, told, plain)
    found.curves.append(Curve(_PART, "rate", "workers", "articles a second", tuple(points)))
    return found


def _source(folder: Path, count: int, kind: str) -> Path:
    from eval.lab.bench.ingest_pages import made_articles, write_archive

    if kind == "warc":
        path = folder / "made.warc.gz"
        write_archive(path, count)
        return path
    path = folder / "made.jsonl"
    path.write_text("".join(made_articles(count)), encoding="utf-8")
    return path


def _plain(source: Path, place: Path) -> float:
    from rag.index import Index
    from rag.ingest import read_sources

    with Index.open(place, create=True) as index:
        index.encode(["A ferry sank."])
        report = index.add(read_sources([str(source)]))
    return (report.added + report.updated) / report.seconds


def _distributed(ray: Any, source: Path, place: Path, count: int, block: int) -> dict[str, Any]:
    from rag.distributed import ClusterArticles, Plan, content_keys
    from rag.distributed.plan import units
    from rag.distributed.schedule import Schedule
    from rag.distributed.workers import Pool
    from rag.index import Index, index_encoder
    from rag.ingest.notes import ignore

    encoder = index_encoder()
    plan = Plan(encoder.identity.name, encoder.identity, block_items=block)
    articles = ClusterArticles(plan, encoder, ignore, {})
    pool = Pool(ray, plan, content_keys(()), count, articles.probes)
    schedule = Schedule(ray, plan, pool)
    try:
        while waited := pool.starting:
            for reference in ray.wait(waited, timeout=1.0)[0]:
                pool.started(reference)
        articles.use(pool, schedule)
        schedule.seconds()
        with Index.open(place, create=True, encoder=articles.encoder) as index:
            began = time.perf_counter()
            items = articles.items(units([str(source)], {}))
            report = index.add(items, prepared=articles.chunks)
            seconds = time.perf_counter() - began
        steps = schedule.seconds() | pool.seconds()
    finally:
        schedule.close()
        pool.close()
    waited_for = sum(schedule.waited.values())
    return {
        "rate": (report.added + report.updated) / seconds,
        "seconds": seconds,
        "articles": report.added + report.updated,
        "chunks": report.chunks,
        "steps": steps | {"write": seconds - waited_for},
        "embedded here": articles.encoder.missing,
    }


def _figures(count: int, told: dict[str, Any], plain: float) -> list[Figure]:
    """Return the rate, then how busy each kind of process was: the busiest is what limits."""
    seconds, steps = told["seconds"], told["steps"]
    busy = {
        "reader": steps["read"] / seconds,
        "workers": sum(steps[step] for step in ("parse and clean", "chunk", "embed"))
        / (count * seconds),
        "writer": steps["write"] / seconds,
    }
    limit = max(busy, key=lambda name: busy[name])
    note = f"{told['articles']:,} articles, {told['chunks']:,} chunks; limited by: {limit}"
    found = [
        Figure(_PART, f"workers: {count}", told["rate"], "articles a second", note=note,
               beside="plain add", other=plain, ratio=told["rate"] / plain)
    ]  # fmt: skip
    for name, share in busy.items():
        found.append(Figure(_PART, f"workers: {count}; {name} busy", 100 * share, "% of the time"))
    for step, spent in steps.items():
        each = 1000 * spent / max(1, told["articles"])
        found.append(Figure(_PART, f"workers: {count}; {step}", each, "ms an article"))
    missing = told["embedded here"]
    found.append(Figure(_PART, f"workers: {count}; embedded after all", missing, "texts"))
    return found


if __name__ == "__main__":
    typer.run(main)
