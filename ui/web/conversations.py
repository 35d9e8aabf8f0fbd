"""Conversations held by the server: what was asked, what waits, and what was answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import Protocol

from rag.errors import QueryError
from rag.retrieval.query import make_query
from rag.types import Answer, Filters, Passage, Query, Turn
from ui.web.conversations_state import (
    MAX_EXCHANGES,
    NO_FILTERS,
    Earlier,
    Exchange,
    Gone,
    Held,
    Snapshot,
    is_key,
)
from ui.web.conversations_store import MemoryStore, Store
from ui.web.service import OnPassages, RefusedError

__all__ = ["MAX_EXCHANGES", "Conversations", "Exchange", "Gone", "Snapshot", "is_key"]

# As many of an answer's nearest passages as are shown.
_KEPT_PASSAGES = 5
_RESTORED_WITHIN_S = 3.0
_LOG = logging.getLogger("presscite")


class AsksProtocol(Protocol):
    """What answers the questions of conversations."""

    def ask(self, query: Query, /, *, on_passages: OnPassages | None = None) -> Answer:
        """Answer one question; ``on_passages`` is told what was found before it is read."""


Counts = Callable[[Filters, Answer], tuple[int, int] | None]
"""Says of an answer under filters how many articles were searched, and of how many; None: not told."""


class Conversations:
    """The conversations by key; for many threads, and for the processes that share a store.

    The questions of one conversation are answered in the order they were asked, each with those
    before it as its history, in a thread that lasts as long as there are any. Where the process of
    that thread has gone, the next that is asked about the conversation goes on with it.
    """

    def __init__(
        self,
        service: AsksProtocol,
        counts: Counts = lambda _filters, _answer: None,
        store: Store | None = None,
    ) -> None:
        self._service = service
        self._counts = counts
        self._store = store or MemoryStore()
        self._guard = threading.Lock()
        self._working: set[tuple[str, int]] = set()

    def revision(self, key: str) -> int | None:
        """Return a number that changes with a conversation; None where the server does not know it."""
        return self._store.revision(key)

    def snapshot(self, key: str) -> Snapshot | None:
        """Return a conversation as it is now; None where the server does not know it."""
        found = self._store.snapshot(key)
        if found is not None and found.waiting and not self._at_work(key):
            with self._store.changing(key, create=False) as held:
                if held is not None:
                    self._start(key, held)
        return found

    def ask(
        self,
        key: str,
        question: str,
        filters: Filters = NO_FILTERS,
        *,
        id: str | None = None,
        standalone: bool = False,
    ) -> Snapshot:
        """Add a question, which is answered by and by; return the conversation with it.

        The same question sent twice (a double click, or once more under its ``id``) is asked once. A
        conversation that the server does not know waits a moment for its browser to restore what was asked
        before.
        """
        question = question.strip()
        with self._store.changing(key, create=True) as held:
            if held is None:
                return Snapshot(0)
            if question and not held.repeats(question, filters, id):
                held.add(Exchange(0, question, filters, id=id, standalone=standalone))
                self._start(key, held)
            return held.snapshot()

    def refuse(self, key: str, question: str, error: str, *, id: str | None = None) -> Snapshot:
        """Add a question that cannot be asked, and why; return the conversation with it."""
        with self._store.changing(key, create=True) as held:
            if held is None:
                return Snapshot(0)
            if id is None or not held.knows(id):
                refused = Exchange(0, question.strip(), status="failed", error=error, id=id)
                held.add(refused)
            return held.snapshot()

    def restore(self, key: str, exchanges: Sequence[Exchange]) -> Snapshot:
        """Put what the browser kept, and is not known already, before what was asked since.

        What was deleted stays deleted, and what comes after its questions were gone on with is not lost.
        """
        with self._store.changing(key, create=True) as held:
            if held is None:
                return Snapshot(0)
            held.restore(exchanges)
            self._start(key, held)
            return held.snapshot()

    def stop(self, key: str) -> None:
        """Give up the questions that wait; an answer that comes all the same is dropped."""
        with self._store.changing(key, create=False) as held:
            if held is not None:
                held.stop()

    def clear(self, key: str) -> None:
        """Forget all questions of a conversation; what is being answered stays forgotten.

        One that is not known is told as cleared from then on: its browser would restore it.
        """
        with self._store.changing(key, create=is_key(key)) as held:
            if held is not None:
                held.clear()

    def delete(self, key: str) -> None:
        """Forget a conversation."""
        self._store.delete(key)

    def _at_work(self, key: str) -> bool:
        """Whether a thread answers its questions, in this process or in another."""
        runner, born = self._store.runner(key)
        return self._works(key, runner, born)

    def _works(self, key: str, runner: str | None, born: int) -> bool:
        if runner is None:
            return False
        if runner != self._store.process:
            return self._store.alive(runner)
        with self._guard:
            return (key, born) in self._working

    def _start(self, key: str, held: Held) -> None:
        if not held.waiting or self._works(key, held.runner, held.born):
            return
        held.runner = self._store.process
        with self._guard:
            self._working.add((key, held.born))
        # The thread belongs to the request that asked, so that its log lines name it.
        threading.Thread(
            target=copy_context().run,
            args=(self._work, key, held.born),
            name=f"conversation {key[:6]}",
            daemon=True,
        ).start()

    def _work(self, key: str, born: int) -> None:
        try:
            self._wait_for_browser(key)
            while self._answer_next(key, born):
                pass
        except Exception:
            _LOG.exception("a conversation could not be gone on with")
        finally:
            with self._guard:
                self._working.discard((key, born))

    def _wait_for_browser(self, key: str) -> None:
        # Whoever asked still holds the conversation: before that is kept, nobody else sees it.
        with self._store.changing(key, create=False):
            pass
        deadline = time.monotonic() + _RESTORED_WITHIN_S
        while time.monotonic() < deadline:
            found = self._store.snapshot(key)
            if found is None or found.earlier is not Earlier.AWAITED:
                return
            time.sleep(0.02)
        with self._store.changing(key, create=False) as held:
            if held is not None:
                held.begin_without_earlier()

    def _answer_next(self, key: str, born: int) -> bool:
        """Answer the first question that waits; returns whether there was one."""
        with self._store.changing(key, create=False) as held:
            if held is None or held.born != born:
                return False
            found = held.begin()
            if found is None:
                held.runner = None
                # Before the conversation is given to the next, which may have a question.
                with self._guard:
                    self._working.discard((key, born))
                return False
            history = () if found.standalone else held.history(found)

        def put(done: Exchange) -> None:
            with self._store.changing(key, create=False) as now:
                if now is not None and now.born == born:
                    now.finish(done)

        def show(passages: Sequence[Passage]) -> None:
            put(replace(found, nearest=tuple(passages[:_KEPT_PASSAGES])))

        put(_answered(self._service, found, history, show, self._counts))
        return True


def _answered(
    service: AsksProtocol,
    waiting: Exchange,
    history: tuple[Turn, ...],
    show: OnPassages,
    counts: Counts,
) -> Exchange:
    """Return a question with its answer, or with the line that says why it got none; never raises."""
    try:
        query = replace(make_query(waiting.question, history=history), filters=waiting.filters)
        answer = service.ask(query, on_passages=show)
        shown = replace(answer, passages=answer.passages[:_KEPT_PASSAGES])
        searched = counts(waiting.filters, answer)
        return replace(waiting, status="answered", answer=shown, searched=searched)
    except (RefusedError, QueryError) as error:
        return replace(waiting, status="failed", error=str(error))
    except Exception:
        _LOG.exception("an answer could not be made")
        line = "Something went wrong on the server; its log says what. Please ask again."
        return replace(waiting, status="failed", error=line)
