"""Points 5 and 6: readers while a writer commits, and writers who meet."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rag.errors import PressciteError
from rag.index.verify import verify_index
from tests.faults.answer_snapshots import made, opened
from tests.faults.disk import ROOT
from tests.faults.model import Setting, Try
from tests.faults.worker import edition, read_until


class Peer:
    """Another process at the index; killed where it does not end by itself."""

    def __init__(self, role: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker", role, str(folder)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def tell(self, **what: object) -> None:
        """Send one line."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Return the next line it says; waits for it."""
        assert self._process.stdout
        return json.loads(self._process.stdout.readline() or '{"outcome": "gone"}')

    def kill(self) -> None:
        """Kill it at once (kill -9)."""
        self._process.kill()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self.kill()
        self._process.stdin.close()
        self._process.stdout.close()


def readers(setting: Setting) -> Iterator[Try]:
    """Let two processes and two threads search while every article changes with every commit."""
    folder = setting.root / "index"
    with opened(folder, create=True) as index:
        index.add(edition(0))
    done = threading.Event()
    results: list[tuple[int, list[str]]] = []

    def read() -> None:
        with opened(folder) as index:
            results.append(read_until(index, done.is_set))

    commits = setting.pick(8, 50)
    with Peer("read", folder) as first, Peer("read", folder) as second:
        peers = (first, second)
        for peer in peers:
            peer.hear()
        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        failed = None
        try:
            with opened(folder) as index:
                for number in range(1, commits + 1):
                    index.add(edition(number))
        except PressciteError as error:
            failed = f"the writer failed: {error}"
        finally:
            done.set()
        for thread in threads:
            thread.join()
        for peer in peers:
            peer.tell(stop=True)
            said = peer.hear()
            results.append((said.get("revisions", 0), said.get("wrong", ["it died"])))
    for number, (revisions, wrong) in enumerate(results):
        # One revision alone would prove nothing: "new" counts the readers that saw several.
        state = "new" if revisions > 1 else "old"
        who = f"reader {number} ({'thread' if number < 2 else 'process'})"
        row = f"{'threads' if number < 2 else 'processes'} reading, {commits} commits"
        yield Try(
            row, f"{who}, {revisions} revisions seen", state, wrong="; ".join(wrong) or failed
        )
    problems = verify_index(folder, quick=False)
    left = sorted(path.name for path in folder.iterdir() if path.name.endswith(".new"))
    yield Try(
        "afterwards", "sound, no drafts", wrong="; ".join([*map(str, problems), *left]) or None
    )


def writers(setting: Setting) -> Iterator[Try]:
    """Let two processes add at once; every second time the winner is killed while it writes."""
    folder = setting.root / "index"
    with opened(folder, create=True) as index:
        index.add(made(range(3)))
    peers = [Peer("write", folder), Peer("write", folder)]
    try:
        for peer in peers:
            peer.hear()
        for race in range(setting.pick(4, 20)):
            yield _race(folder, peers, race, killed=bool(race % 2))
    finally:
        for peer in peers:
            peer.__exit__(None, None, None)


def _race(folder: Path, peers: list[Peer], race: int, *, killed: bool) -> Try:
    row, what = f"race{', winner killed' if killed else ''}", f"race {race}"
    numbers = [[100 + race * 2], [101 + race * 2]]
    for peer, own in zip(peers, numbers, strict=True):
        peer.tell(numbers=own, hold=0.8)
    first = [peer.hear() for peer in peers]
    winners = [n for n, said in enumerate(first) if "holding" in said]
    if len(winners) != 1:
        return Try(row, what, wrong=f"{len(winners)} writers hold the lock: {first}")
    winner, loser = winners[0], 1 - winners[0]
    wrong = None
    refusal = first[loser]
    if refusal["outcome"] != "IndexLockedError":
        wrong = f"the loser got {refusal}"
    elif f"process {peers[winner].pid} " not in refusal["error"]:
        wrong = (
            f"process {peers[winner].pid} holds the lock, the loser was told: {refusal['error']}"
        )
    if killed:
        peers[winner].__exit__(None, None, None)
    else:
        said = peers[winner].hear()
        wrong = wrong or (None if said["outcome"] == "done" else f"the winner ended with {said}")
    wanted = {a.id for a in made(numbers[winner])} if not killed else set()
    try:
        with opened(folder) as index:
            there = {article.id for article in index.articles()}
            raced = there & {a.id for a in made([n for own in numbers for n in own])}
            if raced != wanted:
                wrong = wrong or f"{len(raced)} of the raced articles are there"
            index.add(made([200 + race]))
        wrong = wrong or "; ".join(verify_index(folder, quick=False)) or None
    except PressciteError as error:
        wrong = wrong or f"not free afterwards: {error}"
    if killed:
        peers[winner] = Peer("write", folder)
        peers[winner].hear()
    return Try(row, what, "old" if killed else "new", refused=True, wrong=wrong)
