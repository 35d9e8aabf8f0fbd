"""``python -m eval.lab.bench.serving``: askers at once against servers of one and more processes.

Askers ask the JSON API of a real server over the built-in sample, one question after another. A point that
was measured is kept with ``--out FILE`` and not measured again.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from eval.lab.bench.environment import commit, machine
from eval.lab.bench.figures import quantile

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Point:
    """What one number of askers met at one number of processes."""

    processes: int
    askers: int
    seconds: float
    answered: int
    refused: dict[str, int]
    """How often each failure was met."""
    per_second: float
    p50_ms: float
    p95_ms: float
    memory_mb: float
    """Resident memory of all processes, 10^6 bytes; pages of shared files count in each."""


def measure(
    address: str, asked: Sequence[str], askers: int, seconds: float
) -> tuple[list[float], Counter[str], float]:
    """Ask for some seconds; returns the seconds of each answer, the failures, and how long it was."""
    waits: list[float] = []
    failures: Counter[str] = Counter()
    guard, ended = threading.Lock(), threading.Event()

    def ask(number: int) -> None:
        turn = number
        while not ended.is_set():
            began = time.perf_counter()
            try:
                _post(address, asked[turn % len(asked)])
            except urllib.error.HTTPError as error:
                with guard:
                    failures[f"status {error.code}"] += 1
                ended.wait(0.2)
            except OSError as error:
                with guard:
                    failures[type(error).__name__] += 1
                ended.wait(0.2)
            else:
                with guard:
                    waits.append(time.perf_counter() - began)
            turn += askers

    threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(askers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    ended.wait(seconds)
    ended.set()
    for thread in threads:
        thread.join(_TIMEOUT_SECONDS)
    return waits, failures, time.perf_counter() - began


@contextmanager
def server(processes: int, index: Path | None) -> Iterator[tuple[str, int]]:
    """Run a server; gives its address and the id of the process that began it."""
    command = [sys.executable, "-m", "ui", "chat", "--no-browser", "--port", "0"]
    command += ["--processes", str(processes)]
    command += ["--index", str(index)] if index else []
    environment = {k: v for k, v in os.environ.items() if k != "PRESSCITE_INDEX"}
    process = subprocess.Popen(  # noqa: S603
        command, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stderr is not None
        found = None
        for line in process.stderr:
            found = re.search(r"presscite is at (http://\S+?)/[ ,]", line)
            if found:
                break
        if not found:
            raise RuntimeError(f"the server ended with status {process.wait()}")
        # What it says later is read, so that it is never held up.
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield found[1], process.pid
    finally:
        process.terminate()
        process.wait(60)


def _post(address: str, question: str) -> None:
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/api/ask", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read()


def _memory_mb(process: int) -> float:
    """Return the resident memory of a process and those it started."""
    total = 0.0
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            told = dict(
                line.split(":", 1) for line in path.read_text(encoding="utf-8").splitlines()
            )
        except (OSError, ValueError):
            continue
        if process in {int(told["Pid"]), int(told["PPid"])} and "VmRSS" in told:
            total += int(told["VmRSS"].split()[0]) * 1024 / 1e6
    return round(total, 1)


def main(
    askers: Annotated[
        list[int] | None, typer.Option(min=1, max=500, help="Again for more; default 1, 4, 16, 64.")
    ] = None,
    processes: Annotated[
        list[int] | None, typer.Option(min=1, max=64, help="Again for more; default 1, 2, 4.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="Of each point.")] = 12.0,
    index: Annotated[Path | None, typer.Option(help="Index folder; default: the sample.")] = None,
    out: Annotated[Path | None, typer.Option(help="Keeps points, one JSON a line.")] = None,
) -> None:
    """Measure answers a second and waiting times; a table on standard output."""
    from eval.lab.tune.corpora import sample

    asked = [one.question for one in sample().questions if not one.history]
    points = _kept(out)
    known = {(one.processes, one.askers) for one in points}
    for count in processes or [1, 2, 4]:
        wanted = [one for one in askers or [1, 4, 16, 64] if (count, one) not in known]
        if not wanted:
            continue
        with server(count, index) as (address, process):
            for number in range(2 * count):
                _post(address, asked[number % len(asked)])
            for at_once in wanted:
                print(f"{count} processes, {at_once} askers", file=sys.stderr, flush=True)
                waits, failures, took = measure(address, asked, at_once, seconds)
                times = waits or [float("nan")]
                found = Point(
                    count, at_once, round(took, 1), len(waits), dict(failures),
                    round(len(waits) / took, 2),
                    round(1000 * quantile(times, 0.5), 1), round(1000 * quantile(times, 0.95), 1),
                    _memory_mb(process),
                )  # fmt: skip
                points.append(found)
                if out is not None:
                    with out.open("a", encoding="utf-8") as stream:
                        stream.write(json.dumps(asdict(found)) + "\n")
    print(f"commit {commit()}, {machine()['processor']}, {machine()['cores']} cores")
    print("| processes | askers | answers/s | p50 ms | p95 ms | refused | memory MB |")
    print("|---|---|---|---|---|---|---|")
    for one in sorted(points, key=lambda one: (one.processes, one.askers)):
        refused = sum(one.refused.values())
        print(
            f"| {one.processes} | {one.askers} | {one.per_second:.2f} | {one.p50_ms:.0f} | "
            f"{one.p95_ms:.0f} | {refused} | {one.memory_mb:.0f} |"
        )


def _kept(out: Path | None) -> list[Point]:
    if out is None or not out.exists():
        return []
    return [Point(**json.loads(line)) for line in out.read_text(encoding="utf-8").splitlines()]


if __name__ == "__main__":
    typer.run(main)
