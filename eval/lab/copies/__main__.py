"""``python -m eval.lab.copies``: near-duplicates by kind of pair, on both halves, and the time they take."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from eval.lab.copies import former, grouping, pairs
from eval.lab.copies.generated import archive
from eval.lab.copies.measure import Figures, Grouping, measure, wrong_pairs

METHODS: dict[str, Grouping] = {"former": former.groups, "now": grouping.groups}
SIZES = (1_000, 10_000)


def main(
    make: Annotated[bool, typer.Option(help="First write pairs.jsonl from the stories.")] = False,
    half: Annotated[str | None, typer.Option(help="dev or test; default: both.")] = None,
    wrong: Annotated[bool, typer.Option(help="List the pairs that the method gets wrong.")] = False,
    timed: Annotated[bool, typer.Option(help="Time archives of 1,000 and 10,000 articles.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Measure how near-duplicates are grouped. Tune on dev only."""
    if half not in (None, *pairs.HALVES):
        typer.echo(f"error: {half}: no such half; name {' or '.join(pairs.HALVES)}", err=True)
        raise typer.Exit(2)
    if make:
        typer.echo(f"{pairs.write()} texts written", err=True)
    texts = pairs.load()
    found: dict[str, Any] = {}
    for name in pairs.HALVES if half is None else (half,):
        own = [one for one in texts if one.half == name]
        found[name] = {method: measure(own, group) for method, group in METHODS.items()}
        if wrong:
            for one, together in wrong_pairs(own, grouping.groups):
                typer.echo(f"{'together' if together else 'apart'}: {one.id} and {one.of}")
    seconds = {size: _seconds(size) for size in SIZES} if timed else {}
    if as_json:
        typer.echo(json.dumps({"pairs": found, "seconds": seconds}, default=asdict))
        return
    for name, methods in found.items():
        typer.echo(_table(name, methods))
    for size, spent in seconds.items():
        typer.echo(
            f"{size:,} articles: {spent:.1f} s of processor, {1e3 * spent / size:.1f} ms each"
        )


def _table(half: str, methods: dict[str, dict[str, Figures]]) -> str:
    heads = "".join(f" | {name}: precision, recall, F1" for name in methods)
    lines = [f"| {half}: kind | copies | others{heads} |", "|---" * (3 + len(methods)) + "|"]
    for kind in sorted(methods["now"], key=lambda kind: (kind in ("all", "every pair"), kind)):
        counts = methods["now"][kind]
        cells = "".join(f" | {_figures(figures[kind])}" for figures in methods.values())
        lines.append(f"| {kind} | {counts.copies:,} | {counts.others:,}{cells} |")
    return "\n".join(lines)


def _figures(one: Figures) -> str:
    if not one.copies:
        return f"{one.wrong} of {one.others} together"
    told = (one.precision, one.recall, one.f1)
    return ", ".join("-" if value is None else f"{value:.3f}" for value in told)


def _seconds(size: int) -> float:
    texts = archive(size)
    # Of the processor: what else runs on the machine does not count.
    started = time.process_time()
    grouping.groups(texts)
    return time.process_time() - started


if __name__ == "__main__":
    typer.run(main)
