"""What several server processes know together: one SQLite file in a folder, and who of them lives.

All of them run on one machine: SQLite's write-ahead log and the locks need one kernel.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import PressciteError

FILE = "state.sqlite"
_VERSION = 1
_BUSY_SECONDS = 20.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
  key TEXT PRIMARY KEY, born INTEGER NOT NULL, revision INTEGER NOT NULL,
  unrestored INTEGER NOT NULL, last_number INTEGER NOT NULL, last_asked REAL NOT NULL,
  runner TEXT, used REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS exchanges (
  key TEXT NOT NULL, place INTEGER NOT NULL, turn TEXT NOT NULL,
  PRIMARY KEY (key, place)) STRICT;
CREATE INDEX IF NOT EXISTS conversations_used ON conversations (used);
CREATE TABLE IF NOT EXISTS wrong_passwords (
  client TEXT PRIMARY KEY, count INTEGER NOT NULL, last REAL NOT NULL) STRICT;
"""


class SharedState:
    """The folder, opened by one process; for many threads.

    Nothing in it is missed for long when it is lost: browsers keep their conversations, too.

    Parameters
    ----------
    folder
        Made where there is none; only its owner can read what is in it.

    Raises
    ------
    PressciteError
        Where it cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = secrets.token_hex(8)
        """The name of this process among those that share the folder."""
        self._guard, self._reading = threading.RLock(), threading.Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Held until the process ends, however it does.
            self._lives = FileLock(self._lock_file(self.process), thread_local=False)
            self._lives.acquire(blocking=False)
            file = folder / FILE
            file.touch(mode=0o600)
            self._writer = self._connected(file)
            self._make()
            self._reader = self._connected(file)
        except (OSError, sqlite3.Error, Timeout) as error:
            reason = getattr(error, "strerror", None) or error
            raise PressciteError(
                f"{folder}: the servers' shared state cannot be kept there ({reason}); "
                "name a folder of this machine that can be written to with --state"
            ) from error

    def close(self) -> None:
        """Close the file and no longer count as living."""
        with self._guard, self._reading:
            self._reader.close()
            self._writer.close()
            self._lives.release()
        with suppress(OSError):
            self._lock_file(self.process).unlink()

    def alive(self, process: str) -> bool:
        """Whether another process still runs."""
        file = self._lock_file(process)
        if not file.exists():
            return False
        lock = FileLock(file, thread_local=False)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return True
        except OSError:
            return False
        lock.release()
        with suppress(OSError):
            file.unlink()
        return False

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for short questions; it waits for no writer."""
        with self._reading:
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the connection in a transaction that no other process writes in."""
        with self._guard:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.rollback()
                raise
            self._writer.commit()

    def _lock_file(self, process: str) -> Path:
        return self.folder / f"process-{process}.lock"

    def _connected(self, file: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(
            file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power cut loses, the browsers still have.
        connection.execute("PRAGMA synchronous = OFF")
        return connection

    def _make(self) -> None:
        with self.writing() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in {0, _VERSION}:
                raise PressciteError(
                    f"{self.folder}: another version of presscite keeps its state there "
                    f"({version}, this one {_VERSION}); name another folder with --state"
                )
            for statement in _SCHEMA.split(";"):
                if statement.strip():
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
