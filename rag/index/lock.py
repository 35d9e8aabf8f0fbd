"""One writer: a file lock that the operating system frees when its holder dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock

from rag.errors import IndexLockedError, IndexStoreError

FILE = "LOCK"
_HOLDER = "LOCK.holder"


@contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, without waiting for it.

    Raises
    ------
    IndexLockedError
        Where another process holds it; the message says which.
    IndexStoreError
        Where the folder cannot be written to.
    """
    lock = filelock.FileLock(folder / FILE, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise IndexLockedError(
            f"{folder}: {_holder(folder)} is writing to this index; try again when it is done"
        ) from None
    except OSError as error:
        raise IndexStoreError(
            f"{folder}: the index cannot be written to ({error.strerror or error})"
        ) from error
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        with suppress(OSError):
            (folder / _HOLDER).write_text(json.dumps({"pid": os.getpid(), "since": started}))
        yield
    finally:
        with suppress(OSError):
            (folder / _HOLDER).unlink()
        lock.release()


def _holder(folder: Path) -> str:
    try:
        found = json.loads((folder / _HOLDER).read_text())
        return f"process {int(found['pid'])} (since {found['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
