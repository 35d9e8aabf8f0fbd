"""``python -m eval.lab.bench.soak``: many askers for many minutes, whether memory stays and nothing fails.

A real server over the built-in sample; of four askers one uses Gradio's own client, as the chat's page
does, the others the JSON API, answers as pages, articles and drafts in turn. A run that is long enough to
judge memory begins with every question asked once: what is kept of questions is bounded, and is kept then.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from eval.lab.bench.asking import chat_process
from eval.lab.bench.figures import quantile

MAX_GROWTH = 0.03
"""Share by which the memory of the last third may be above that of the second, in a run long enough."""
_JUDGED_SECONDS = 120.0
_SAMPLE_SECONDS = 1.0
_DRAFT = "“Thirty-six cooperation agreements were signed” and “nobody wrote these words there”."


@dataclass(frozen=True, slots=True)
class Soak:
    """What a soak found."""

    askers: int
    seconds: float
    requests: int
    errors: dict[str, int]
    """How often each failure was met."""
    per_second: float
    p50_ms: float
    p95_ms: float
    rss_mb: tuple[float, float, float]
    """Median resident memory of the server in each third of the run, 10^6 bytes."""
    growth: float
    """Share by which the last third is above the second."""
    judged: bool
    """Whether the run was long enough to say something about memory."""
    warmed: int = 0
    """Questions asked once before, in a run that is judged: caches of a bounded size are full then."""

    @property
    def sound(self) -> bool:
        """Whether nothing failed, and memory stayed where that can be said."""
        return not self.errors and (not self.judged or self.growth <= MAX_GROWTH)


def soak(
    askers: int, seconds: float, say: Callable[[str], None], sample_every: float = _SAMPLE_SECONDS
) -> Soak:
    """Ask a server for some seconds with some askers at once."""
    waits: list[float] = []
    errors: Counter[str] = Counter()
    lock, ended = threading.Lock(), threading.Event()
    memory: list[float] = []
    with chat_process() as (address, process):
        asked = _questions()
        warming = asked if seconds >= _JUDGED_SECONDS else []
        for question in warming:
            _got(f"{address}/api/ask", {"question": question})

        def ask(number: int) -> None:
            acts = _by_client(address, asked) if number % 4 == 3 else _by_http(address, asked)
            for name, act in itertools.islice(acts, number, None):
                if ended.is_set():
                    return
                began = time.perf_counter()
                try:
                    act()
                except Exception as error:
                    with lock:
                        errors[f"{name}: {type(error).__name__} {error}"[:200]] += 1
                else:
                    with lock:
                        waits.append(time.perf_counter() - began)

        threads = [threading.Thread(target=ask, args=(n,), daemon=True) for n in range(askers)]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        told = began
        while time.perf_counter() - began < seconds and process.poll() is None:
            ended.wait(sample_every)
            memory.append(_rss_mb(process.pid))
            if time.perf_counter() - told >= 60:
                told = time.perf_counter()
                say(f"{(told - began) / 60:.0f} min: {len(waits):,} answered, {memory[-1]:.0f} MB")
        died = process.poll()
        ended.set()
        for thread in threads:
            thread.join(120)
        took = time.perf_counter() - began
        if died is not None:
            errors[f"the server ended with status {died}"] += 1
    thirds = _thirds(memory)
    return Soak(
        askers,
        round(took, 1),
        len(waits) + sum(errors.values()),
        dict(errors),
        round(len(waits) / took, 2),
        round(1000 * quantile(waits, 0.5), 1),
        round(1000 * quantile(waits, 0.95), 1),
        thirds,
        round(thirds[2] / thirds[1] - 1, 4) if thirds[1] else 0.0,
        took >= _JUDGED_SECONDS,
        len(warming),
    )


def _questions() -> list[str]:
    from eval.lab.tune.corpora import sample

    return [one.question for one in sample().questions if not one.history]


_Acts = Iterator[tuple[str, Callable[[], object]]]


def _by_http(address: str, asked: Sequence[str]) -> _Acts:
    """Yield what one asker does, for ever: mostly questions, some pages, articles and drafts."""
    listed = json.loads(_got(f"{address}/api/articles?limit=50"))["articles"]
    articles = [quote(one["id"], safe="") for one in listed]
    for n in itertools.count():
        question = asked[n % len(asked)]
        article = articles[n % len(articles)]
        body = {"question": question}
        yield "ask", lambda body=body: _got(f"{address}/api/ask", body)  # type: ignore[misc]
        yield "page", lambda q=question: _got(f"{address}/ask?q={quote(q)}")  # type: ignore[misc]
        yield "ask", lambda body=body: _got(f"{address}/api/ask", body)  # type: ignore[misc]
        yield "article", lambda a=article: _got(f"{address}/articles/{a}")  # type: ignore[misc]
        yield "search", lambda body=body: _got(f"{address}/api/search", body)  # type: ignore[misc]
        if n % 10 == 0:
            yield "check", lambda: _got(f"{address}/api/check", {"text": _DRAFT})


def _by_client(address: str, asked: Sequence[str]) -> _Acts:
    """Yield questions through Gradio's queue, in sessions of ten as visitors come and go."""
    from gradio_client import Client

    client: Any = None
    for n in itertools.count():
        if n % 10 == 0:
            if client is not None:
                client.close()
            client = Client(address, verbose=False)
        question = asked[n % len(asked)]
        yield "gradio", lambda c=client, q=question: c.predict(q, api_name="/ask")  # type: ignore[misc]


def _got(url: str, body: object = None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def _rss_mb(process: int) -> float:
    try:
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        return 0.0
    return 0.0


def _thirds(memory: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of each third of the samples."""
    cut = max(1, len(memory) // 3)
    parts = (memory[:cut], memory[cut : 2 * cut], memory[2 * cut :])
    first, second, last = (round(quantile(one, 0.5), 1) if one else 0.0 for one in parts)
    return first, second, last


def main(
    askers: Annotated[int, typer.Option(min=1, max=200, help="At once.")] = 16,
    minutes: Annotated[float, typer.Option(min=0.05, help="How long.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a server for minutes; exit status 1 where anything failed or memory grew."""
    found = soak(askers, 60 * minutes, lambda line: print(line, file=sys.stderr, flush=True))
    if as_json:
        print(json.dumps(asdict(found) | {"sound": found.sound}, indent=1))
    else:
        print(
            f"{found.askers} askers, {found.seconds / 60:.1f} minutes: {found.requests:,} requests"
        )
        if found.warmed:
            print(f"after each of {found.warmed} questions was asked once")
        print(f"{found.per_second:g} a second; p50 {found.p50_ms:g} ms, p95 {found.p95_ms:g} ms")
        first, second, last = found.rss_mb
        verdict = f"grew by {found.growth:.1%}" if found.judged else "too short a run to judge"
        print(f"memory by thirds: {first:g}, {second:g}, {last:g} MB: {verdict}")
        for error, count in found.errors.items():
            print(f"{count} x {error}")
        print("sound" if found.sound else "NOT SOUND")
    if not found.sound:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
