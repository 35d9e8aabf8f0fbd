"""One writer at a time, without locks in the engine.

Milvus orders the creation of collections, so that of two writers that create one of the same name the
second is refused. The holder gives a sign of life every few seconds. A writer that finds the collection
waits whether another sign comes; where none does, the holder died, and its collection is dropped.

A holder that stood still, or whose request was on its way for long, is kept from writing by the server: each
writer writes through aliases of its own, and who takes over drops all others, so that a late request names
nothing that is there. Only a request that the server had begun to carry out is not stopped.

A milvus-lite folder is served by one process alone, whose threads take turns by a lock in memory.
"""

from __future__ import annotations

import json
import os
import platform
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import IndexLockedError, IndexStoreError
from rag.index.milvus.schema import Names, create_lock, lock_owner, lock_row
from rag.index.milvus.server import Server

BEAT_SECONDS = 4.0
"""Between two signs of life."""
DEAD_SECONDS = 20.0
"""Without a sign that is seen, a holder counts as dead."""
_LOOK_SECONDS = 0.5
_ACTIVE: set[str] = set()
"""Tokens of this process's own leases."""
_ALIAS = "presscite_w_"
_folders: dict[str, str] = {}
"""The milvus-lite folders that a thread of this process writes to, with who it is."""
_folders_guard = threading.Lock()


class Lease:
    """The right to write; `check` before each step that others are to see."""

    def __init__(self, server: Server, names: Names, token: str) -> None:
        self.token = token
        self.names = Names(f"{_ALIAS}{token}_{names.chunks}")
        """Those to write by, once they were fenced."""
        self._server = server
        self._names = names
        self._owner = json.dumps(_this_process())
        self._count = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="presscite-lease", daemon=True)

    def start(self) -> None:
        """Give the first sign of life, and others until `end`."""
        _ACTIVE.add(self.token)
        self._sign()
        self._thread.start()

    def fence(self) -> None:
        """Give the collections that are there aliases of this writer, and take away every other writer's.

        Raises
        ------
        IndexLockedError
        """
        self.check()
        for real, own in zip(self._names.kept, self.names.kept, strict=True):
            if not self._server.exists(real):
                continue
            found = self._server.aliases(real)
            for other in found:
                if other.startswith(_ALIAS) and other != own:
                    self._server.drop_alias(other)
            if own not in found:
                self._server.create_alias(real, own)
        # Who lost the lock meanwhile made them after the new holder had dropped its older ones.
        try:
            self.check()
        except IndexLockedError:
            self._unfence()
            raise

    def _unfence(self) -> None:
        for own in self.names.kept:
            with suppress(IndexStoreError):
                self._server.drop_alias(own)

    def end(self) -> None:
        """Give the right back."""
        self._ended.set()
        _ACTIVE.discard(self.token)
        if self._thread.is_alive():
            self._thread.join()
        self._unfence()
        with suppress(IndexStoreError):
            if lock_owner(self._server, self._names) == self.token:
                self._server.drop(self._names.writer)

    def check(self) -> None:
        """Raise where the right is somebody else's by now.

        Raises
        ------
        IndexLockedError, IndexStoreError
        """
        if lock_owner(self._server, self._names) != self.token:
            raise IndexLockedError(
                f"{self._server.address}: another writer took over; nothing of this batch was changed; "
                f"try again when it is done"
            )

    def _sign(self) -> None:
        self._count += 1
        row = lock_row(self.token, self._count, self._owner)
        self._server.put(self._names.writer, [row], new=False)

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            with suppress(IndexStoreError):
                self._sign()


class FolderLease(Lease):
    """The right to write in a milvus-lite folder, which no other process has open."""

    def __init__(self, server: Server, names: Names, token: str) -> None:
        super().__init__(server, names, token)
        self.names = names

    def start(self) -> None:
        """Do nothing: nobody else asks whether this process lives."""

    def fence(self) -> None:
        """Do nothing: a thread that waits is not taken for dead."""

    def check(self) -> None:
        """Do nothing, for the same reason."""

    def end(self) -> None:
        """Do nothing: the lock in memory is given back by `writer_lease`."""


@contextmanager
def writer_lease(server: Server, names: Names) -> Iterator[Lease]:
    """Hold the right to write, taken over where its holder died.

    Raises
    ------
    IndexLockedError
        Where another writer lives; it may take `DEAD_SECONDS` to tell.
    """
    if server.address.path is not None:
        # Connected first: a folder that another process has open is refused there.
        server.connected()
        with _folder_lock(server):
            yield FolderLease(server, names, uuid.uuid4().hex[:16])
        return
    lease = Lease(server, names, uuid.uuid4().hex[:16])
    _take(server, names, lease.token)
    try:
        lease.start()
        yield lease
    finally:
        lease.end()


@contextmanager
def _folder_lock(server: Server) -> Iterator[None]:
    folder = str(server.address.path)
    with _folders_guard:
        if folder in _folders:
            raise _locked(server, _folders[folder])
        _folders[folder] = json.dumps(_this_process())
    try:
        yield
    finally:
        with _folders_guard:
            del _folders[folder]


def _take(server: Server, names: Names, token: str) -> None:
    since, seen, holder = time.monotonic(), None, None
    while True:
        owner = lock_owner(server, names)
        if owner is None:
            with suppress(IndexStoreError):
                create_lock(server, names, token)
            owner = lock_owner(server, names)
            if owner == token:
                return
            if owner is None:
                # Neither made nor there: the server's own error is the reason.
                create_lock(server, names, token)
                return
        count, told = _last_sign(server, names, owner)
        if owner != holder:
            holder, seen, since = owner, count, time.monotonic()
        elif count != seen:
            raise _locked(server, told)
        if _died_here(told, owner) or time.monotonic() - since > DEAD_SECONDS:
            if lock_owner(server, names) == owner:
                server.drop(names.writer)
            holder = None
            continue
        if _is_here(told):
            raise _locked(server, told)
        time.sleep(_LOOK_SECONDS)


def _last_sign(server: Server, names: Names, owner: str) -> tuple[int, str]:
    """Return the number of a holder's newest sign of life, and who it is; 0 before the first."""
    count = f"writer_{owner}"
    try:
        rows = server.query(names.writer, "key == 0", [count, "owner"])
    except IndexStoreError:
        # Given back meanwhile, perhaps taken by another; of a server that is away the next look tells.
        rows = []
    return (int(rows[0][count]), str(rows[0]["owner"])) if rows else (0, "{}")


def _locked(server: Server, told: str) -> IndexLockedError:
    holder = _parsed(told)
    who = f"process {holder.get('pid', '?')} on {holder.get('host', '?')}"
    return IndexLockedError(
        f"{server.address}: {who} (since {holder.get('since', '?')}) is writing to this index; "
        f"try again when it is done"
    )


def _this_process() -> dict[str, object]:
    return {
        "pid": os.getpid(),
        "host": platform.node(),
        "table": _process_table(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _process_table() -> str:
    """Return a name of what this process's number counts in: machine, start and container; "" if unknown."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _parsed(told: str) -> dict[str, object]:
    try:
        found = json.loads(told)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _died_here(told: str, token: str) -> bool:
    """Whether the holder was a process of this machine that is there no more, or has ended its lease."""
    process = _parsed(told).get("pid")
    if not _is_here(told):
        return False
    return token not in _ACTIVE if process == os.getpid() else not _runs(process)


def _is_here(told: str) -> bool:
    table = _process_table()
    return bool(table) and _parsed(told).get("table") == table


def _runs(process: object) -> bool:
    try:
        os.kill(int(str(process)), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError, ValueError):
        return True
    return True
