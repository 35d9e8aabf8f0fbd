"""Another process at the same index: ``python -m tests.faults.worker read|write FOLDER``.

Told what to do by lines on standard input, says what happened by lines of JSON on standard output.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rag import Index, Retriever
from rag.errors import PressciteError
from rag.ingest.article import make_article
from rag.types import Article, Filters
from tests.faults.answer_snapshots import made, opened
from tests.rag.stories import TOWNS

ARTICLES = 6


def edition(number: int) -> list[Article]:
    """Return the articles of one revision: the same sources each time, and the number in each text."""
    return [
        make_article(
            text=" ".join(
                f"The harbour of {TOWNS[n]} printed edition{number} of its paper, page {page} of {n}."
                for page in range(6)
            ),
            source=f"/paper/{n}.txt",
        )
        for n in range(ARTICLES)
    ]


def read_until(index: Index, done: Callable[[], bool]) -> tuple[int, list[str]]:
    """Search until told to stop; return how many revisions were seen, and what was wrong."""
    retriever = Retriever(index)
    vector = index.encode(["harbour"])[0]
    seen: list[int] = []
    wrong: list[str] = []
    while not done() and len(wrong) < 5:
        try:
            with index.view() as view:
                near = view.search_dense(vector, 500, Filters())
                words = view.search_lexical("harbour", 500, Filters())
                both = {n for n, _ in near}, {n for n, _ in words}
                held = view.chunks(sorted(both[0] | both[1]))
            if both[0] != both[1] or len(held) != len(both[0]):
                wrong.append(f"{len(near)} by vector, {len(words)} by words, {len(held)} exist")
            found = [(owner.article.id, chunk.text) for chunk, owner, _ in held.values()]
            passages = [(p.article.id, p.text) for p in retriever.search("harbour", 100)]
            for hits in (found, passages):
                editions = {text.split("edition")[1].split()[0] for _, text in hits}
                if len(editions) != 1 or len({article for article, _ in hits}) != ARTICLES:
                    wrong.append(f"one answer from editions {sorted(editions)}")
                    break
                seen.append(int(editions.pop()))
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
    if seen != sorted(seen):
        wrong.append("an older revision after a newer one")
    return len(set(seen)), wrong


def _read(folder: Path) -> None:
    done = threading.Event()
    with opened(folder) as index:
        index.encode(["warm"])
        _say({"ready": os.getpid()})
        threading.Thread(target=lambda: (sys.stdin.readline(), done.set()), daemon=True).start()
        revisions, wrong = read_until(index, done.is_set)
    _say({"revisions": revisions, "wrong": wrong})


def _write(folder: Path) -> None:
    """Add articles once told to, slowly: the lock is held while the second one is waited for."""
    with opened(folder) as index:
        index.encode(["warm"])
        _say({"ready": os.getpid()})
        for line in sys.stdin:
            asked = json.loads(line)

            def slowly(numbers: list[int] = asked["numbers"]) -> Iterator[Article]:
                _say({"holding": os.getpid()})
                time.sleep(asked["hold"])  # noqa: B023
                yield from made(numbers)

            try:
                report = index.add(slowly())
                _say({"outcome": "done", "added": report.added})
            except PressciteError as error:
                _say({"outcome": type(error).__name__, "error": str(error)})
            except Exception as error:
                _say({"outcome": "raw", "error": f"{type(error).__name__}: {error}"})


def _say(record: dict[str, object]) -> None:
    print(json.dumps(record), flush=True)


if __name__ == "__main__":
    {"read": _read, "write": _write}[sys.argv[1]](Path(sys.argv[2]))
