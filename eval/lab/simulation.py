"""``python -m eval.lab.simulation``: arrival rate against waiting time, by simulating queues.

Questions arrive at random (a Poisson process) and are served one at a time in each of k processes. With
``shared`` they wait in one line for whichever process is free, which is M/G/k; with ``split`` each goes to a
process at random and waits there, which is k times M/G/1, the worst a proxy does. Service times are drawn
from measured ones.

References
----------
Harchol-Balter, Performance Modeling and Design of Computer Systems, 2013, chapters 14 and 23.
"""

from __future__ import annotations

import heapq
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from eval.lab.bench.figures import quantile

Line = Literal["shared", "split"]
MAX_LOAD = 0.98
"""Share of the processes' time that questions may take; above it the line grows for ever."""
_WARM = 0.1


@dataclass(frozen=True, slots=True)
class Point:
    """One simulated load."""

    processes: int
    line: Line
    per_second: float
    """Questions that arrive in a second."""
    load: float
    """Share of the processes' time that is spent."""
    p50_ms: float | None
    p95_ms: float | None
    """Waiting and service; None where the line grows for ever."""


def simulate(
    services: Sequence[float], per_second: float, processes: int, line: Line, *,
    questions: int, seed: int,
) -> list[float]:  # fmt: skip
    """Return the seconds that each question took from its arrival, after a warm-up.

    Parameters
    ----------
    services
        Measured service times, seconds, of which each question draws one.
    """
    rng = random.Random(seed)
    free = [0.0] * processes
    now = 0.0
    took = []
    for _ in range(questions):
        now += rng.expovariate(per_second)
        service = rng.choice(services)
        if line == "shared":
            ends = max(now, free[0]) + service
            heapq.heapreplace(free, ends)
        else:
            place = rng.randrange(processes)
            ends = free[place] = max(now, free[place]) + service
        took.append(ends - now)
    return took[int(_WARM * questions) :]


def point(
    services: Sequence[float], per_second: float, processes: int, line: Line, *,
    slowdown: float, questions: int, seed: int,
) -> Point:  # fmt: skip
    """Simulate one load.

    Parameters
    ----------
    slowdown
        By how much a question takes longer where all processes work.
    """
    slowed = [slowdown * one for one in services]
    load = per_second * sum(slowed) / len(slowed) / processes
    if load > MAX_LOAD:
        return Point(processes, line, per_second, load, None, None)
    took = simulate(slowed, per_second, processes, line, questions=questions, seed=seed)
    p50, p95 = (round(1000 * quantile(took, share), 1) for share in (0.5, 0.95))
    return Point(processes, line, per_second, load, p50, p95)


def measured(questions: int) -> list[float]:
    """Return the seconds that questions on the built-in sample take in this process, one after another."""
    from time import perf_counter

    from embeddings import load_encoder
    from eval.lab.tune.corpora import indexed, sample
    from rag import Answerer

    every = [one.question for one in sample().questions if not one.history]
    times = []
    with indexed(sample(), load_encoder()) as index:
        answerer = Answerer(index)
        answerer.warm_up()
        for number in range(questions):
            began = perf_counter()
            answerer.ask(every[number % len(every)])
            times.append(perf_counter() - began)
    return times


def _services(file: Path | None, save: Path | None, questions: int) -> list[float]:
    if file is None:
        times = measured(questions)
    else:
        times = [float(one) for one in json.loads(file.read_text(encoding="utf-8"))]
    if not times or min(times) <= 0:
        raise typer.BadParameter(f"{file}: give a JSON list of seconds above 0")
    if save is not None:
        save.write_text(json.dumps(times) + "\n", encoding="utf-8")
    return times


def main(
    services: Annotated[
        Path | None,
        typer.Option(help="JSON list of service times in seconds; default: measured here."),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the measured times there.")] = None,
    measure: Annotated[int, typer.Option(min=2, help="Questions to measure.")] = 120,
    processes: Annotated[
        list[int] | None, typer.Option(min=1, help="Again for more; default 1, 2, 4, 8.")
    ] = None,
    rates: Annotated[
        list[float] | None,
        typer.Option(min=0.001, help="Questions a second; default: shares of what one can serve."),
    ] = None,
    slowdown: Annotated[
        float,
        typer.Option(
            min=0.01, help="Service time with all processes at work, over that of one alone."
        ),
    ] = 1.0,
    questions: Annotated[int, typer.Option(min=100, help="Of each simulation.")] = 100_000,
    seed: int = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print waiting times by arrival rate and number of processes."""
    times = _services(services, save, measure)
    mean = sum(times) / len(times)
    counts = processes or [1, 2, 4, 8]
    chosen = rates or [
        round(share * count / mean, 3) for count in counts for share in (0.3, 0.6, 0.9)
    ]
    points = [
        point(
            times, rate, count, line, slowdown=slowdown if count > 1 else 1.0,
            questions=questions, seed=seed,
        )
        for rate in sorted(set(chosen))
        for count in counts
        for line in (("shared", "split") if count > 1 else ("shared",))
    ]  # fmt: skip
    if as_json:
        print(json.dumps([asdict(one) for one in points], indent=1))
        return
    print(
        f"service: {len(times)} measured, mean {1000 * mean:.0f} ms, "
        f"p95 {1000 * quantile(times, 0.95):.0f} ms",
        file=sys.stderr,
    )
    print("| questions/s | processes | line | load | p50 ms | p95 ms |\n|---|---|---|---|---|---|")
    for one in points:
        told = (
            ["grows", "grows"] if one.p50_ms is None else [f"{one.p50_ms:.0f}", f"{one.p95_ms:.0f}"]
        )
        print(
            f"| {one.per_second:.2f} | {one.processes} | {one.line} | {one.load:.2f} | "
            f"{told[0]} | {told[1]} |"
        )


if __name__ == "__main__":
    typer.run(main)
