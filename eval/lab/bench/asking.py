"""Throughput and latency of concurrent questions, library and API, with 1, 4 and 16 clients."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from eval.lab.bench.figures import Curve, Figure, Findings, quantile

_ASKERS = (1, 4, 16)


def asking(*, questions: int, say: Callable[[str], None]) -> Findings:
    """Measure throughput and latency; the clients share all questions."""
    from embeddings import load_encoder
    from eval.lab.tune.corpora import indexed, sample
    from rag import Answerer

    every = [one.question for one in sample().questions if not one.history]
    asked = [every[n % len(every)] for n in range(questions)]
    found = Findings()
    with indexed(sample(), load_encoder()) as index:
        answerer = Answerer(index)
        answerer.ask(asked[0])
        _by_number("Answerer.ask", answerer.ask, asked, found, say)
    batch = _batch(asked)
    found.figures.append(
        Figure(
            "asking",
            "presscite ask --batch",
            batch,
            "questions/s",
            note="start and models included",
        )
    )
    with chat_process() as (address, _):
        say("asking: the chat's API")
        began = time.perf_counter()
        _post(address, asked[0])
        first = time.perf_counter() - began
        tenth = [_timed(lambda q=q: _post(address, q)) for q in asked[1:10]]  # type: ignore[misc]
        found.figures.append(
            Figure("asking", "chat, first question after it says it is ready", 1000 * first, "ms",
                   "as quick as the tenth", "the tenth", 1000 * tenth[-1], tenth[-1] / first)
        )  # fmt: skip
        _by_number("chat's API", lambda q: _post(address, q), asked, found, say)
    return found


def _by_number(
    name: str,
    ask: Callable[[str], object],
    asked: Sequence[str],
    found: Findings,
    say: Callable[[str], None],
) -> None:
    points = []
    alone = 0.0
    for askers in _ASKERS:
        say(f"asking: {name}, {askers} at once")
        began = time.perf_counter()
        with ThreadPoolExecutor(askers) as pool:
            waits = list(pool.map(lambda q: _timed(lambda: ask(q)), asked))
        rate = len(asked) / (time.perf_counter() - began)
        alone = alone or rate
        points.append((float(askers), rate))
        found.figures.append(
            Figure("asking", f"{name}, {askers} askers", rate, "questions/s", "",
                   "one asker", alone, rate / alone,
                   note=f"one waits {1000 * quantile(waits, 0.5):.0f} ms, one in twenty "
                        f"{1000 * quantile(waits, 0.95):.0f} ms")
        )  # fmt: skip
    found.curves.append(Curve("asking", name, "askers", "questions a second", tuple(points)))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _batch(asked: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "questions.jsonl"
        file.write_text(
            "".join(json.dumps({"question": q}) + "\n" for q in asked), encoding="utf-8"
        )
        command = [sys.executable, "-m", "ui", "ask", "--batch", str(file)]
        seconds = _timed(
            lambda: subprocess.run(  # noqa: S603
                command, check=True, capture_output=True, env=_without_index()
            )
        )
    return len(asked) / seconds


def _without_index() -> dict[str, str]:
    """Return the environment in which a command answers from the sample."""
    return {k: v for k, v in os.environ.items() if k != "PRESSCITE_INDEX"} | {
        "XDG_DATA_HOME": tempfile.gettempdir() + "/presscite-bench-none"
    }


@contextmanager
def chat_process() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run the chat over the sample in a process of its own; gives its address and the process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "ui", "chat", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=_without_index()
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if "http://" in line:
                yield "http://" + line.partition("http://")[2].split()[0].rstrip("/"), process
                return
        raise RuntimeError("the chat did not start")
    finally:
        process.terminate()
        process.wait(30)


def _post(address: str, question: str) -> object:
    body = json.dumps({"question": question}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{address}/api/ask", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
        return json.load(answer)
