"""Parquet: one article a row; a worker process decodes the columns that are articles' fields."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from rag.errors import SourceError
from rag.ingest.isolated import DEFAULT_LIMITS, TIME_SIGNALS, WAITING, python_worker
from rag.ingest.options import DEFAULTS, ReadOptions
from rag.ingest.records import Record, read_records
from rag.ingest.wire import read_frame
from rag.types import Article, Skipped

_MODULE = "rag.ingest.parquet_worker"


def read_parquet(
    stream: IO[bytes], source: str, options: ReadOptions = DEFAULTS
) -> Iterator[Article | Skipped]:
    """Yield the article of each row, or why it holds none; memory holds some rows.

    The file is decoded in a process of its own, which is ended where it takes too much time or memory.

    Raises
    ------
    SourceError
        Where pyarrow is missing, the file is damaged, or no column is known to hold the text.
    """
    with _seekable(stream) as file, _worker(file, options) as process:
        left = _frame(process).get("left")
        if not isinstance(left, list):
            raise SourceError("its decoder crashed")
        yield from read_records(
            _records(process, source), source, options, numbered=True, unread=map(str, left)
        )


def _records(process: subprocess.Popen[bytes], source: str) -> Iterator[Record | Skipped]:
    while "end" not in (frame := _frame(process)):
        try:
            if "skipped" in frame:
                row, reason = frame["skipped"]
                yield Skipped(f"{source}#{int(row)}", str(reason))
            else:
                for row, fields in frame["rows"]:
                    yield Record(int(row), dict(fields))
        except (KeyError, TypeError, ValueError):
            # A decoder may write anything once it is taken over.
            raise SourceError("its decoder crashed") from None


@contextmanager
def _seekable(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Hold the stream as a file that another process can read from its beginning."""
    try:
        stream.fileno()
    except OSError:
        with tempfile.TemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            copy.seek(0)
            yield copy
    else:
        stream.seek(0)
        yield stream


@contextmanager
def _worker(file: IO[bytes], options: ReadOptions) -> Iterator[subprocess.Popen[bytes]]:
    limits = DEFAULT_LIMITS
    arguments = (str(limits.seconds), str(limits.memory), json.dumps(dict(options.fields)))
    process = python_worker(_MODULE, *arguments, stdin=file)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _frame(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return the next frame.

    Raises
    ------
    SourceError
        Where the file cannot be read, or its decoder did not live to tell.
    """
    assert process.stdout is not None
    seconds = DEFAULT_LIMITS.seconds
    timer = threading.Timer(seconds * WAITING, process.kill)
    timer.daemon = True
    timer.start()
    try:
        found = read_frame(process.stdout)
    except (OSError, ValueError, RecursionError):
        found = None
    finally:
        late = not timer.is_alive()
        timer.cancel()
    if found is None:
        process.kill()
        if late or process.wait() in TIME_SIGNALS:
            raise SourceError(f"took longer than {seconds:g} s to decode")
        raise SourceError("its decoder crashed")
    if "error" in found[0]:
        raise SourceError(str(found[0]["error"]))
    return found[0]
