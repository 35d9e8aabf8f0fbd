"""A worker process: parses the documents that come on its standard input, one after the other.

Started by `rag.ingest.isolated` as ``python -m rag.ingest.worker SECONDS BYTES [MODULE ...]``: the
limits of one document, and modules to import first. It ends with its input, whatever it is doing then.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from rag.errors import NoStoryError, SourceError
from rag.ingest.documents import parse
from rag.ingest.failures import failure
from rag.ingest.wire import document_of, item_record, read_frame, write_frame
from rag.types import Article, Skipped

WAITING = 4
"""How many times its processor time a document may take on a busy machine, or while it waits."""
_GRACE = 5.0
"""Seconds after that at which a worker ends by itself, should nobody have killed it."""
Request = tuple[dict[str, Any], bytes]


def main(seconds: float, memory: int, modules: list[str]) -> None:
    """Answer every document with its articles, until the input ends."""
    # Ctrl-C is for the process that started this one; it closes the input then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    # What a library prints must not stand among the replies.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for module in modules:
        importlib.import_module(module)
    import rag.ingest.formats  # noqa: F401  (before the memory is measured)

    bound_memory(memory)
    requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(sys.stdin.buffer, requests), daemon=True).start()
    write_frame(replies, {"ready": True})
    while (request := requests.get()) is not None:
        alarm(seconds)
        reply = _reply(*request)
        alarm(0)
        try:
            write_frame(replies, reply)
        except OSError:
            return
        if "failed" in reply:
            # Its memory is full of the rest of a document.
            return


def _receive(stream: IO[bytes], requests: queue.SimpleQueue[Request | None]) -> None:
    """Pass on requests; end the process where there will be no more, in the middle of a document too."""
    with suppress(ValueError, OSError, MemoryError):
        while (request := read_frame(stream)) is not None:
            requests.put(request)
    os._exit(0)


def _reply(record: dict[str, Any], data: bytes) -> dict[str, Any]:
    notes: list[tuple[str, str]] = []
    items: list[Article | Skipped] = []
    try:
        document, options = document_of(record, data)
        options = replace(options, on_note=lambda n: notes.append((n.source, n.message)))
        try:
            items.extend(parse(document, options))
        except SourceError as error:
            unusable = not isinstance(error, NoStoryError)
            items.append(Skipped(document.source, str(error), unusable))
        except (OSError, ValueError) as error:
            items.append(Skipped(document.source, _reason(error)))
        except MemoryError:
            raise
        except Exception as error:
            items.append(Skipped(document.source, failure(error)))
        return {"items": [item_record(item) for item in items], "notes": notes}
    except MemoryError:
        return {"failed": "memory"}


def _reason(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200].lower()


def bound_memory(limit: int) -> None:
    """Let this process take so many bytes more than it has now, where the platform can hold it to that."""
    try:
        import resource
    except ImportError:
        return
    held = 0
    with suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        held = pages * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (held + limit, resource.RLIM_INFINITY))
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def alarm(seconds: float) -> None:
    """End the process after some processor time, or much more time; 0: do not.

    The system does it, so also where C code never gives the interpreter back.
    """
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds and seconds * WAITING + _GRACE)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
