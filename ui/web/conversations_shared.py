"""Conversations that several server processes share, in their SQLite file."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.types import Article
from ui.web.conversations_record import exchange_of_stored, stored_of
from ui.web.conversations_state import Earlier, Exchange, Held, Snapshot, is_key
from ui.web.service import RefusedError
from ui.web.shared_state import SharedState

KEPT_SECONDS = 24 * 3600.0
"""A conversation that nobody used for so long is forgotten; its browser restores it."""
MAX_SHARED = 5000
"""Conversations at once; the least recently used ones are forgotten."""
_CLEARED_EVERY_S = 60.0
_CACHED = 200
_FIELDS = "born, revision, unrestored, last_number, last_asked, runner"
_LOG = logging.getLogger("presscite")


@dataclass(slots=True)
class _Read:
    """A conversation as it was last read: the texts of its questions, and what they stand for."""

    born: int
    revision: int
    texts: tuple[str, ...]
    exchanges: tuple[Exchange, ...]


class SharedStore:
    """The conversations in a shared state.

    Parameters
    ----------
    article
        Finds an article by id; raises `RefusedError` where there is none.
    """

    def __init__(self, state: SharedState, article: Callable[[str], Article]) -> None:
        self._state = state
        self._article = article
        self._guard = threading.Lock()
        self._cache: OrderedDict[str, _Read] = OrderedDict()
        self._clears_at = 0.0

    @property
    def process(self) -> str:
        """The name of this process as a runner of questions."""
        return self._state.process

    def alive(self, process: str) -> bool:
        """Whether another process of that name still runs."""
        return self._state.alive(process)

    def revision(self, key: str) -> int | None:
        """Return the revision of a conversation; None where it is not known."""
        with _refusing(), self._state.reading() as connection:
            row = connection.execute(
                "SELECT revision FROM conversations WHERE key = ?", (key,)
            ).fetchone()
        return row[0] if row else None

    def runner(self, key: str) -> tuple[str | None, int]:
        """Return in which process the questions of a conversation are answered, and its ``born``."""
        with _refusing(), self._state.reading() as connection:
            row = connection.execute(
                "SELECT runner, born FROM conversations WHERE key = ?", (key,)
            ).fetchone()
        return (row[0], row[1]) if row else (None, 0)

    def snapshot(self, key: str) -> Snapshot | None:
        """Return a conversation as it is now; None where it is not known."""
        with _refusing(), self._state.reading() as connection:
            connection.execute("BEGIN")
            try:
                found = self._rows(connection, key)
            finally:
                connection.execute("ROLLBACK")
        return self._made(key, *found).snapshot() if found else None

    @contextmanager
    def changing(self, key: str, *, create: bool) -> Iterator[Held | None]:
        """Give a conversation to one of all processes at a time, and keep what it is afterwards."""
        with self._forgetting(key), _refusing(), self._state.writing() as connection:
            found = self._rows(connection, key)
            if found is None and not create:
                yield None
                return
            new = found is None
            held = self._made(key, *found) if found else Held.new(restorable=is_key(key))
            texts = found[1] if found else ()
            before, state_before = held.exchanges, _state_of(held)
            yield held
            if not new and held.exchanges is before and _state_of(held) == state_before:
                return
            self._write(connection, key, held, before, texts)
            if create:
                self._clear(connection)

    @contextmanager
    def _forgetting(self, key: str) -> Iterator[None]:
        """Read a conversation again where a change of it failed, and was not kept."""
        try:
            yield
        except BaseException:
            with self._guard:
                self._cache.pop(key, None)
            raise

    def delete(self, key: str) -> None:
        """Forget a conversation."""
        with _refusing(), self._state.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE key = ?", (key,))
            connection.execute("DELETE FROM exchanges WHERE key = ?", (key,))

    def _rows(
        self, connection: sqlite3.Connection, key: str
    ) -> tuple[tuple[object, ...], tuple[str, ...]] | None:
        row = connection.execute(
            f"SELECT {_FIELDS} FROM conversations WHERE key = ?", (key,)
        ).fetchone()
        if row is None:
            return None
        with self._guard:
            read = self._cache.get(key)
        if read is not None and (read.born, read.revision) == row[:2]:
            return row, read.texts
        turns = connection.execute(
            "SELECT turn FROM exchanges WHERE key = ? ORDER BY place", (key,)
        ).fetchall()
        return row, tuple(text for (text,) in turns)

    def _made(self, key: str, row: tuple[object, ...], texts: tuple[str, ...]) -> Held:
        """Return a conversation of its rows; questions read before are not made again."""
        born, revision, unrestored, last_number, last_asked, runner = row
        with self._guard:
            read = self._cache.get(key)
        known = dict(zip(read.texts, read.exchanges, strict=True)) if read else {}
        exchanges = tuple(
            known.get(text) or exchange_of_stored(json.loads(text), self._article) for text in texts
        )
        held = Held(
            Earlier(int(str(unrestored))),
            exchanges,
            born=int(str(born)),
            revision=int(str(revision)),
            last_number=int(str(last_number)),
            last_asked=float(str(last_asked)),
            runner=str(runner) if runner is not None else None,
        )
        self._remember(key, held, texts)
        return held

    def _remember(self, key: str, held: Held, texts: tuple[str, ...]) -> None:
        with self._guard:
            self._cache[key] = _Read(held.born, held.revision, texts, held.exchanges)
            self._cache.move_to_end(key)
            if len(self._cache) > _CACHED:
                self._cache.popitem(last=False)

    def _write(
        self,
        connection: sqlite3.Connection,
        key: str,
        held: Held,
        before: tuple[Exchange, ...],
        texts: tuple[str, ...],
    ) -> None:
        stored = {id(one): text for one, text in zip(before, texts, strict=True)}
        now = tuple(
            stored.get(id(one)) or json.dumps(stored_of(one), ensure_ascii=False)
            for one in held.exchanges
        )
        connection.executemany(
            "INSERT OR REPLACE INTO exchanges VALUES (?, ?, ?)",
            [
                (key, place, text)
                for place, text in enumerate(now)
                if place >= len(texts) or texts[place] != text
            ],
        )
        if len(now) < len(texts):
            connection.execute(
                "DELETE FROM exchanges WHERE key = ? AND place >= ?", (key, len(now))
            )
        connection.execute(
            f"INSERT OR REPLACE INTO conversations (key, {_FIELDS}, used) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (key, *_state_of(held), time.time()),
        )
        self._remember(key, held, now)

    def _clear(self, connection: sqlite3.Connection) -> None:
        """Forget what was not used for long, and the least recently used where there is too much."""
        if time.monotonic() < self._clears_at:
            return
        self._clears_at = time.monotonic() + _CLEARED_EVERY_S
        connection.execute(
            "DELETE FROM conversations WHERE used < ? OR key IN "
            "(SELECT key FROM conversations ORDER BY used DESC LIMIT -1 OFFSET ?)",
            (time.time() - KEPT_SECONDS, MAX_SHARED),
        )
        connection.execute("DELETE FROM exchanges WHERE key NOT IN (SELECT key FROM conversations)")


def _state_of(held: Held) -> tuple[int, int, int, int, float, str | None]:
    asked = max(held.last_asked, 0.0)
    return (
        held.born,
        held.revision,
        int(held.earlier),
        held.last_number,
        asked,
        held.runner,
    )


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        _LOG.error("the shared conversations cannot be used: %s", error)
        raise RefusedError(
            "Conversations cannot be kept now; the server's log says why.", 503
        ) from error
