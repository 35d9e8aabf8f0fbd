"""One writer at a time: a file lock that the operating system releases when its holder dies."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import filelock

from rag.errors import IndexLockedError, IndexStoreError

FILE = "LOCK"
_HOLDER = "LOCK.holder"
_ATTEMPTS = 6


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
            draft = folder / f"{_HOLDER}.{os.getpid()}"
            draft.write_text(json.dumps({"pid": os.getpid(), "since": started}))
            draft.replace(folder / _HOLDER)
        yield
    finally:
        forget_holder(folder)
        lock.release()


def forget_holder(folder: Path) -> None:
    """Remove the note of who writes to a folder, where there is one."""
    with suppress(OSError):
        (folder / _HOLDER).unlink()


def _holder(folder: Path) -> str:
    """Return who holds the lock; tried again, as a new holder writes its note after locking."""
    for _ in range(_ATTEMPTS):
        try:
            found = json.loads((folder / _HOLDER).read_text())
            process = int(found["pid"])
            if _alive(process):
                return f"process {process} (since {found['since']})"
        except (OSError, ValueError, KeyError, TypeError):
            pass
        time.sleep(0.05)
    return "another process"


def _alive(process: int) -> bool:
    """Whether a process of that number runs; a killed one leaves its note behind."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        # Another user's process, or a platform that cannot say.
        return True
    return True
