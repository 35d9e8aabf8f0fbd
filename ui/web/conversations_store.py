"""Where conversations are held: what any store offers, and the one in this process's memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from ui.web.conversations_state import Held, Snapshot, is_key

MAX_CONVERSATIONS = 1000
# Questions of all conversations held at once: each answer holds the texts of its articles.
_MAX_HELD = 1000


class Store(Protocol):
    """Conversations by key; for many threads."""

    @property
    def process(self) -> str:
        """The name of this process as a runner of questions."""

    def alive(self, process: str) -> bool:
        """Whether another process of that name still runs."""

    def revision(self, key: str) -> int | None:
        """Return the revision of a conversation; None where it is not known."""

    def snapshot(self, key: str) -> Snapshot | None:
        """Return a conversation as it is now; None where it is not known."""

    def runner(self, key: str) -> tuple[str | None, int]:
        """Return in which process the questions of a conversation are answered, and its ``born``."""

    def changing(self, key: str, *, create: bool) -> AbstractContextManager[Held | None]:
        """Give a conversation to one at a time, and keep what it is afterwards.

        Parameters
        ----------
        create
            Make one where there is none; otherwise None is given.
        """

    def delete(self, key: str) -> None:
        """Forget a conversation."""


class MemoryStore:
    """Conversations of one process, the least recently used ones forgotten."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._held: OrderedDict[str, Held] = OrderedDict()

    @property
    def process(self) -> str:
        """The only one."""
        return "this"

    def alive(self, process: str) -> bool:
        """Whether it is another process that runs: there is none."""
        del process
        return False

    def revision(self, key: str) -> int | None:
        """Return the revision of a conversation; None where it is not known."""
        with self._guard:
            found = self._held.get(key)
            return found.revision if found else None

    def snapshot(self, key: str) -> Snapshot | None:
        """Return a conversation as it is now; None where it is not known."""
        with self._guard:
            found = self._held.get(key)
            return found.snapshot() if found else None

    def runner(self, key: str) -> tuple[str | None, int]:
        """Return who answers a conversation's questions, and its ``born``."""
        with self._guard:
            found = self._held.get(key)
            return (found.runner, found.born) if found else (None, 0)

    @contextmanager
    def changing(self, key: str, *, create: bool) -> Iterator[Held | None]:
        """Give a conversation to one at a time."""
        with self._guard:
            held = self._held.get(key)
            if held is None and create:
                held = self._held[key] = Held.new(restorable=is_key(key))
            if held is not None and create:
                self._held.move_to_end(key)
                self._make_room(key)
            yield held

    def delete(self, key: str) -> None:
        """Forget a conversation."""
        with self._guard:
            self._held.pop(key, None)

    def _make_room(self, key: str) -> None:
        """Forget what was used least recently, where there is too much; its browser restores it."""
        count = sum(len(one.exchanges) for one in self._held.values())
        for other in list(self._held):
            if len(self._held) <= MAX_CONVERSATIONS and count <= _MAX_HELD:
                return
            if other != key and self._held[other].runner is None:
                count -= len(self._held.pop(other).exchanges)
