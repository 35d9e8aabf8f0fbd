"""``python -m eval.lab.bench [PART ...]``: benchmarks of speed, size and scale with baselines."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from eval.lab.bench.figures import Findings

PARTS = ("embedding", "reading", "start", "asking", "kinds", "scale", "baselines")


def main(
    parts: Annotated[
        list[str] | None,
        typer.Argument(help=f"Any of {', '.join(PARTS)}; default: all."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for results.json and plots.html.")
    ] = None,
    repeat: Annotated[int, typer.Option(min=2, help="Rounds of each comparison.")] = 10,
    size: Annotated[
        list[int] | None,
        typer.Option(min=100, help="Chunks of an archive; again for more. Default 10^4 and 10^5."),
    ] = None,
    archives: Annotated[
        Path | None,
        typer.Option(help="Folder where archives are kept and gone on with; default: thrown away."),
    ] = None,
) -> None:
    """Measure; a table on standard output. A million chunks: --size 1000000 --archives FOLDER."""
    from rich.console import Console

    from eval.lab.bench.environment import commit, machine, versions
    from eval.lab.bench.report import page, print_table

    unknown = [name for name in parts or () if name not in PARTS]
    if unknown:
        typer.echo(f"error: {unknown[0]}: no such part; name {', '.join(PARTS)}", err=True)
        raise typer.Exit(2)
    about = {
        "commit": commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "versions": versions(),
    }
    chosen = [name for name in PARTS if name in (parts or PARTS)]
    found = Findings()
    with tempfile.TemporaryDirectory(prefix="presscite-bench-") as spare:
        run = _runs(repeat, tuple(size or (10_000, 100_000)), archives or Path(spare))
        for name in chosen:
            one = run[name](lambda line: print(line, file=sys.stderr, flush=True))
            found.figures += one.figures
            found.curves += one.curves
            if out is not None:
                # After every part, so that an interrupted run keeps the parts that were measured.
                out.mkdir(parents=True, exist_ok=True)
                (out / "results.json").write_text(
                    json.dumps(about | asdict(found), indent=1) + "\n", encoding="utf-8"
                )
    console = Console()
    print_table(found.figures, console if console.is_terminal else Console(width=180))
    if out is not None:
        (out / "plots.html").write_text(page(about, found.curves), encoding="utf-8")


def _runs(
    repeat: int, sizes: tuple[int, ...], folder: Path
) -> dict[str, Callable[[Callable[[str], None]], Findings]]:
    from eval.lab.bench.archive import invented
    from eval.lab.bench.asking import asking
    from eval.lab.bench.inference import embedding, reading
    from eval.lab.bench.quality import quality
    from eval.lab.bench.scale import kinds, scale
    from eval.lab.bench.start import start

    sources = invented(max(sizes))

    def embedded(say: Callable[[str], None]) -> Findings:
        found = embedding(sources, texts=200, repeat=repeat, say=say)
        found.figures += quality(say=say).figures
        return found

    return {
        "embedding": embedded,
        "reading": lambda say: reading(sources, repeat=3 * repeat, say=say),
        "start": lambda say: start(repeat=repeat, say=say),
        "asking": lambda say: asking(questions=64, say=say),
        "kinds": lambda say: kinds(sources, min(max(sizes), 100_000), say=say),
        "scale": lambda say: scale(sources, sorted(sizes), folder, say=say),
        "baselines": _baselines,
    }


def _baselines(say: Callable[[str], None]) -> Findings:
    """Compare with baseline systems; ``python -m eval.lab.baselines`` prints more."""
    from eval.lab.baselines.compare import COSTS, compare, value
    from eval.lab.baselines.protocol import SYSTEMS
    from eval.lab.baselines.texts import SAMPLE, Texts
    from eval.lab.bench.figures import Figure

    report = compare(Texts(SAMPLE, None, None, None, None), SYSTEMS, say)
    found = Findings()
    for row in report["rows"]:
        for key in (*COSTS, "quote_hit", "f1", "recall_at_5", "abstain_recall"):
            own = value(row, key)
            if own is not None:
                found.figures.append(Figure("baselines", f"{row['name']}: {key}", own, ""))
    for name, lacking in report["missing"].items():
        say(f"baselines: {name} is not there: {', '.join(lacking)}")
    return found


if __name__ == "__main__":
    typer.run(main)
