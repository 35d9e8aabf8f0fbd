"""Parsing in worker processes: bounded in time and memory, so that a document can cost only itself.

Workers are plain subprocesses that speak JSON over their pipes (`rag.ingest.wire`): nothing of a
document is unpickled, and a script needs no ``if __name__ == "__main__"`` to use them. They are started
when the first document needs one, and end when `Workers` is closed or this process is gone.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any, Self

from rag.ingest.documents import Document
from rag.ingest.notes import Note
from rag.ingest.options import ReadOptions
from rag.ingest.wire import document_record, item_of, read_frame, write_frame
from rag.types import Article, Skipped

Unordered = Document | Article | Skipped | Callable[[], None] | None
_AHEAD = 16
"""Documents for each worker that are read ahead of the one that is waited for, and"""
_AHEAD_BYTES = 64_000_000
"""how many bytes they may hold together."""
_START_SECONDS = 120.0
WAITING = 4 if hasattr(signal, "setitimer") else 1
"""How many times its seconds a document may take by the clock: a busy machine is not its fault."""
TIME_SIGNALS = {-getattr(signal, name, 0) for name in ("SIGPROF", "SIGALRM")} - {0}
_DOCUMENTS = 2000
"""After which a worker is replaced: parsers leak."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may take."""

    seconds: float = 30.0
    """Of processor time where the platform can end a process by that, and four times as long by the clock."""
    memory: int = 1_500_000_000
    """Bytes on top of the parsers themselves; not enforced where the platform cannot."""
    modules: tuple[str, ...] = ()
    """What a worker imports first: modules that add formats of their own to `FORMATS`."""


DEFAULT_LIMITS = Limits()
MAX_WORKERS: int | None = None
"""How many processes parse at most; None: one a core."""


@dataclass(slots=True)
class _Task:
    """A document on its way through a worker."""

    document: Document
    options: ReadOptions
    done: threading.Event = field(default_factory=threading.Event)
    items: list[Article | Skipped] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Workers:
    """Processes that parse documents; use it in a ``with`` statement, so that they end.

    Parameters
    ----------
    count
        How many there are at most; None: `MAX_WORKERS`. No more are started than have work.
    """

    elsewhere = False

    def __init__(self, limits: Limits | None = None, count: int | None = None) -> None:
        self._limits = limits or DEFAULT_LIMITS
        self._count = count or MAX_WORKERS or os.cpu_count() or 1
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._processes: set[_Process] = set()
        self._unfinished = 0
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every worker now; documents that were not waited for are dropped."""
        with self._guard:
            self._closed = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def in_order(
        self, items: Iterable[Unordered], options: ReadOptions
    ) -> Iterator[Article | Skipped]:
        """Yield what the documents among ``items`` hold, and the other items, in the order given.

        Some documents are read ahead, so that workers are busy while the caller is. What is dropped or
        assumed in an article is told to ``options.on_note`` right before it is yielded.

        Parameters
        ----------
        items
            A callable is called once the caller has taken everything before it; None: nothing is read
            ahead until then.
        """
        waiting: deque[_Task | Article | Skipped | Callable[[], None]] = deque()
        held = 0

        def finished() -> Iterator[Article | Skipped]:
            nonlocal held
            first = waiting.popleft()
            if isinstance(first, Article | Skipped):
                yield first
            elif isinstance(first, _Task):
                held -= len(first.document.data)
                first.done.wait()
                for note in first.notes:
                    options.on_note(note)
                yield from first.items
            else:
                first()

        for item in items:
            if isinstance(item, Document):
                waiting.append(self._submit(item, options))
                held += len(item.data)
            elif item is not None:
                waiting.append(item)
            while waiting and (
                item is None
                or len(waiting) > _AHEAD * self._count
                or held > _AHEAD_BYTES
                or not isinstance(waiting[0], _Task)
                or waiting[0].done.is_set()
            ):
                yield from finished()
        while waiting:
            yield from finished()

    def _submit(self, document: Document, options: ReadOptions) -> _Task:
        task = _Task(document, options)
        with self._guard:
            self._unfinished += 1
            if len(self._threads) < min(self._count, self._unfinished):
                thread = threading.Thread(target=self._work, name="parsing", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._tasks.put(task)
        return task

    def _work(self) -> None:
        """Have one worker parse task after task; it is replaced where a document ended it."""
        process: _Process | None = None
        while (task := self._tasks.get()) is not None and not self._closed:
            try:
                process = self._parse(task, process)
            except (OSError, ValueError, RuntimeError) as error:
                reason = f"no process could be started to parse it ({error})"
                task.items = [Skipped(task.document.source, reason)]
                process = None
            with self._guard:
                self._unfinished -= 1
            task.done.set()
        if process is not None:
            self._end(process)

    def _parse(self, task: _Task, process: _Process | None) -> _Process | None:
        """Parse one document; returns the worker that can take the next one, if any."""
        while True:
            if process is not None and process.parsed >= _DOCUMENTS:
                self._end(process)
                process = None
            if process is None:
                process = self._start()
            fresh = process.parsed == 0
            reply = process.parse(task.document, task.options)
            items = reply.get("items")
            if items is not None:
                task.items, task.notes = items, reply["notes"]
                return process
            self._end(process)
            process = None
            # A worker that has parsed others may have been brought down by what they left behind.
            if fresh or reply["failed"] == "time" or self._closed:
                task.items = [Skipped(task.document.source, self._reason(reply["failed"]))]
                return None

    def _reason(self, failed: str) -> str:
        if failed == "time":
            return f"took longer than {self._limits.seconds:g} s to parse"
        if failed == "memory":
            return f"needed more than {self._limits.memory / 1e9:g} GB of memory to parse"
        return "its parser crashed"

    def _start(self) -> _Process:
        with self._guard:
            if self._closed:
                raise RuntimeError("closed")
            process = _Process(self._limits)
            self._processes.add(process)
        try:
            process.wait_until_ready()
        except BaseException:
            self._end(process)
            raise
        return process

    def _end(self, process: _Process) -> None:
        process.kill()
        process.reap()
        with self._guard:
            self._processes.discard(process)


def python_worker(
    module: str, *arguments: str, stdin: IO[bytes] | int = subprocess.PIPE
) -> subprocess.Popen[bytes]:
    """Start a process that runs a module of this installation and answers on its standard output."""
    path = os.pathsep.join(one or os.getcwd() for one in sys.path)  # noqa: PTH109
    return subprocess.Popen(  # noqa: S603
        # Not from the current folder, which may hold anybody's files.
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # One thread of linear algebra: each takes address space, which is bounded.
        env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )


class _Process:
    """One worker process."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds
        self.parsed = 0
        arguments = [str(limits.seconds), str(limits.memory), *limits.modules]
        self._popen = python_worker("rag.ingest.worker", *arguments)

    def wait_until_ready(self) -> None:
        """Wait until the worker has loaded.

        Raises
        ------
        RuntimeError
            Where it ended instead.
        """
        reply, _ = self._exchange(None, _START_SECONDS)
        if "ready" not in reply:
            raise RuntimeError("the worker did not start")

    def parse(self, document: Document, options: ReadOptions) -> dict[str, Any]:
        """Return ``items`` and ``notes`` of a document, or as ``failed`` what ended the worker."""
        request = document_record(document, options), document.data
        reply, late = self._exchange(request, self._seconds * WAITING)
        self.parsed += 1
        if reply.get("failed") == "memory":
            return {"failed": "memory"}
        try:
            items = [item_of(one) for one in reply["items"]]
            notes = [Note(str(source), str(message)) for source, message in reply["notes"]]
            return {"items": items, "notes": notes}
        except (KeyError, TypeError, ValueError):
            self.kill()
            late = late or self._popen.wait() in TIME_SIGNALS
            return {"failed": "time" if late else "crash"}

    def _exchange(
        self, request: tuple[dict[str, Any], bytes] | None, seconds: float
    ) -> tuple[dict[str, Any], bool]:
        """Send a request and return the reply, {} where none came, and whether time ran out."""
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self.kill()

        timer = threading.Timer(seconds, end)
        timer.daemon = True
        timer.start()
        try:
            if request is not None:
                write_frame(self._popen.stdin, *request)
            found = read_frame(self._popen.stdout)
            return (found[0] if found else {}), late.is_set()
        except (OSError, ValueError, RecursionError):
            return {}, late.is_set()
        finally:
            timer.cancel()

    def kill(self) -> None:
        """End the process at once; from any thread, and again."""
        with suppress(OSError):
            self._popen.kill()

    def reap(self) -> None:
        """Wait for the end of a killed process, and close its pipes."""
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
