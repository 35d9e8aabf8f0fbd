"""``python -m eval.lab.bench.ingest [PART ...]``: how fast sources become an index, embedding apart."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.lab.bench.figures import Figure, Findings

PARTS = ("steps", "pages", "archive", "resume")
_STEPS = Path(__file__).with_name("ingest_steps.py")
_SAMPLE = 256
"""Chunks that are embedded, to tell the share of embedding."""
Say = Callable[[str], None]


def main(
    parts: Annotated[
        list[str] | None, typer.Argument(help=f"Any of {', '.join(PARTS)}; default: all.")
    ] = None,
    articles: Annotated[
        Path | None,
        typer.Option(help="JSONL of real articles for `steps`; default: invented ones."),
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Articles of `steps`.")] = 2450,
    against: Annotated[
        Path | None, typer.Option(help="Another checkout that `steps` is compared with.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=1, help="Rounds of that comparison.")] = 3,
    pages: Annotated[int, typer.Option(min=10, help="HTML pages of `pages`.")] = 400,
    records: Annotated[int, typer.Option(min=100, help="Records of the web archives.")] = 100_000,
    plain: Annotated[
        bool, typer.Option(help="Archives of plain text: measures the archive, not the pages.")
    ] = False,
    saved: Annotated[
        bool, typer.Option(help="Archives of the pages in eval/pages, as different as sites are.")
    ] = False,
) -> None:
    """Measure; a table on standard output."""
    from rich.console import Console

    from eval.lab.bench.report import print_table

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    unknown = [name for name in parts or () if name not in PARTS]
    if unknown:
        typer.echo(f"error: {unknown[0]}: no such part; name {', '.join(PARTS)}", err=True)
        raise typer.Exit(2)
    chosen = parts or PARTS
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="presscite-bench-") as spare:
        folder = Path(spare)
        if "steps" in chosen:
            found.figures += steps(folder, articles, count, against, repeat, say).figures
        if "pages" in chosen:
            found.figures += page_rate(folder, pages, say).figures
        if "archive" in chosen:
            found.figures += archive(folder, records, plain=plain, saved=saved, say=say).figures
        if "resume" in chosen:
            found.figures += resume(folder, records, plain=plain, saved=saved, say=say).figures
    console = Console()
    print_table(found.figures, console if console.is_terminal else Console(width=180))


def steps(
    folder: Path, source: Path | None, count: int, against: Path | None, repeat: int, say: Say
) -> Findings:
    """Measure the processor time of each step of `add`; beside it, that of another checkout."""
    from eval.lab.bench.ingest_pages import made_articles

    if source is None:
        source = folder / "made.jsonl"
        source.write_text("".join(made_articles(count)), encoding="utf-8")
    ours: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    for n in range(repeat if against else 1):
        say(f"steps: round {n + 1}")
        ours.append(_add_by_step(source, count, None))
        if against:
            others.append(_add_by_step(source, count, against))
    found = Findings()
    names = ["cpu", *sorted(ours[0]["steps"], key=lambda name: -ours[0]["steps"][name])]
    for name in names:
        own, other = _median(ours, name), _median(others, name) if others else None
        what = "all steps" if name == "cpu" else name
        share = f"{own / _median(ours, 'cpu'):.0%} of it" if name != "cpu" else ""
        ratio = other / own if other and own else None
        found.figures.append(
            Figure("steps", f"{what}, {ours[0]['articles']:,} articles", own, "s of a core", note=share,
                   beside="the other checkout" if against else "", other=other, ratio=ratio)
        )  # fmt: skip
    say("steps: embedding a sample")
    chunks, a_chunk = ours[0]["chunks"], _embedding(source)
    note = f"{chunks:,} chunks, from a sample of {_SAMPLE}"
    found.figures.append(
        Figure("steps", "embedding, estimated", chunks * a_chunk, "s of a core", note=note)
    )
    return found


def _add_by_step(source: Path, count: int, checkout: Path | None) -> dict[str, Any]:
    path = str(checkout.resolve()) if checkout else os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-P", str(_STEPS), str(source), str(count)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _median(runs: Sequence[dict[str, Any]], name: str) -> float:
    taken = [run["cpu"] if name == "cpu" else run["steps"].get(name, 0.0) for run in runs]
    return float(statistics.median(taken))


def _embedding(source: Path) -> float:
    """Return the processor seconds that the packaged model takes for a chunk."""
    from embeddings import load_encoder
    from rag.index.chunking import ChunkBudget, chunk_spans
    from rag.ingest import read_sources
    from rag.types import Article

    texts: list[str] = []
    for item in read_sources([str(source)]):
        if isinstance(item, Article):
            texts += [item.text[s:e] for s, e in chunk_spans(item.text, ChunkBudget())]
        if len(texts) >= _SAMPLE:
            break
    encoder = load_encoder()
    encoder.encode(texts[:8])
    began = time.process_time()
    encoder.encode(texts[:_SAMPLE])
    return (time.process_time() - began) / min(_SAMPLE, len(texts))


def page_rate(folder: Path, count: int, say: Say) -> Findings:
    """Measure pages a second: extracted, and on into an index, with one worker and with all."""
    from eval.lab.bench.ingest_pages import write_pages
    from eval.lab.bench.ingest_steps import Constant
    from rag.index import Index
    from rag.ingest import isolated, read_sources
    from rag.types import Article

    say(f"pages: writing {count:,}")
    place = folder / "pages"
    place.mkdir()
    write_pages(place, count)
    found = Findings()
    every = os.cpu_count() or 1
    for workers in dict.fromkeys((1, every)):
        say(f"pages: reading with {workers} workers")
        isolated.MAX_WORKERS = workers
        began = time.perf_counter()
        read = sum(isinstance(one, Article) for one in read_sources([str(place)]))
        note = f"{read:,} of {count:,} pages are articles"
        rate = count / (time.perf_counter() - began)
        found.figures.append(
            Figure("pages", f"extraction, workers: {workers}", rate, "pages a second", note=note)
        )
    isolated.MAX_WORKERS = None
    with Index.open(folder / "pages.index", create=True, encoder=Constant()) as index:
        report = index.add(read_sources([str(place)]))
    rate = count / report.seconds
    note = f"{report.chunks:,} chunks; extraction, chunking and commit at once"
    found.figures.append(
        Figure("pages", f"add, workers: {every}", rate, "pages a second", note=note)
    )
    return found


def archive(folder: Path, records: int, *, plain: bool, saved: bool, say: Say) -> Findings:
    """Measure the rate of reading a web archive, and the memory of the process and of its workers."""
    path, pages = _archive(folder, records, plain=plain, saved=saved, say=say)
    say("archive: reading")
    told = _child("reading", path, folder)
    size = path.stat().st_size / 1e6
    note = f"{pages:,} pages, {told['articles']:,} articles, {size:,.0f} MB"
    return Findings(
        [
            Figure("archive", f"{records:,} records: read", records / told["seconds"], "records a second",
                   note=note),
            Figure("archive", "memory of the reading process", told["rss"], "MB",
                   note=f"{told['rss_early']:,.0f} MB after the first 1,000 articles"),
            Figure("archive", "memory of its largest worker", told["workers"], "MB"),
        ]
    )  # fmt: skip


def resume(folder: Path, records: int, *, plain: bool, saved: bool, say: Say) -> Findings:
    """Kill an `add` of a web archive in the middle, and measure what the next one reads again."""
    path, pages = _archive(folder, records, plain=plain, saved=saved, say=say)
    place = folder / "resumed.index"
    say("resume: adding, to be killed")
    command = [sys.executable, "-m", "eval.lab.bench.ingest_runs", "adding", str(path), str(place)]
    seen = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as adding:  # noqa: S603
        assert adding.stdout is not None
        for line in adding.stdout:
            seen = int(line)
            if seen >= pages // 2:
                adding.send_signal(signal.SIGKILL)
                break
    say("resume: adding again")
    told = _child("adding", path, place)
    note = (
        f"{pages:,} pages, killed after {seen:,}; {told['held']:,} articles in the index at the end"
    )
    rate = told["read"] / told["seconds"]
    return Findings(
        [
            Figure("resume", "pages read by the second add", told["read"], "pages", note=note),
            Figure("resume", "its rate, chunking and commit included", rate, "pages a second"),
            Figure("resume", "its memory", told["rss"], "MB", note=f"workers {told['workers']:,.0f} MB"),
        ]
    )  # fmt: skip


def _archive(folder: Path, records: int, *, plain: bool, saved: bool, say: Say) -> tuple[Path, int]:
    from eval.lab.bench.ingest_pages import write_archive

    path, counted = folder / "made.warc.gz", folder / "made.count"
    if not path.exists():
        say(f"archive: writing {records:,} records")
        counted.write_text(str(write_archive(path, records, plain=plain, saved=saved)))
    return path, int(counted.read_text())


def _child(what: str, path: Path, place: Path) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "eval.lab.bench.ingest_runs", what, str(path), str(place)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


if __name__ == "__main__":
    typer.run(main)
