"""The web interface's access to the library: a bounded queue of questions, errors in one line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeVar

from rag.errors import IndexStoreError, ModelError, PressciteError
from rag.types import MAX_QUESTION, Answer, Article, Passage, Query, Version

MAX_QUESTION_CHARS = MAX_QUESTION
MAX_K = 100
MAX_TURNS = 20
MAX_WAITING = 64
"""Requests answered or queued at once; a further one is refused with status 503."""

_LOG = logging.getLogger("presscite")
_Result = TypeVar("_Result")


class _Articles(Protocol):
    def article(self, article_id: str, /) -> Article: ...

    def versions(self, article_id: str, /) -> Sequence[Version]: ...

    def successor(self, article_id: str, /) -> str | None: ...


class _Searches(Protocol):
    def search(self, query: Query, /) -> Sequence[Passage]: ...


class AnswererProtocol(Protocol):
    """What the web interface needs of ``rag.Answerer``."""

    @property
    def index(self) -> _Articles:
        """The index, for articles by id."""

    @property
    def retriever(self) -> _Searches:
        """The retriever of passages."""

    def ask(self, query: Query, /) -> Answer:
        """Answer one question."""


class RefusedError(PressciteError):
    """A request that was refused or failed; ``status`` is its HTTP status, the text is shown to the user."""

    def __init__(self, line: str, status: int) -> None:
        super().__init__(line)
        self.status = status


class QueuedAnswerer:
    """Answers one question at a time; article pages do not wait for the queue.

    A question already runs on every core, so answering several at once mostly delays each of them.
    """

    def __init__(self, answerer: AnswererProtocol, as_of: date | None = None) -> None:
        self._answerer = answerer
        self.as_of = as_of
        """The day of questions that are asked without one; None for today."""
        self._turn = threading.Lock()
        self._slots = threading.BoundedSemaphore(MAX_WAITING)

    def ask(self, query: Query) -> Answer:
        """Answer one question.

        Raises
        ------
        RefusedError
            Where the question cannot be asked, too many wait, or answering failed.
        """
        return self._queued(lambda: self._answerer.ask(self._dated(query)))

    def search(self, query: Query) -> Sequence[Passage]:
        """Find the passages nearest to a question; raises as ``ask`` does."""
        return self._queued(lambda: self._answerer.retriever.search(self._dated(query)))

    def article(self, article_id: str) -> Article:
        """Return one article, without waiting for the questions in the queue.

        Raises
        ------
        RefusedError
            With status 404 where the index has no such article.
        """

        def look_up() -> Article:
            try:
                return self._answerer.index.article(article_id)
            except KeyError:
                raise RefusedError("There is no such article in this index.", 404) from None

        return _refusing(look_up)

    def versions(self, article_id: str) -> Sequence[Version]:
        """Return the versions before an article, oldest first; raises as ``article`` does."""

        def look_up() -> Sequence[Version]:
            try:
                return self._answerer.index.versions(article_id)
            except KeyError:
                raise RefusedError("There is no such article in this index.", 404) from None

        return _refusing(look_up)

    def successor(self, article_id: str) -> tuple[str, str] | None:
        """Return the article that replaced one of this id, and the content hash of that version of it."""

        def look_up() -> tuple[str, str] | None:
            newer = self._answerer.index.successor(article_id)
            found = self._answerer.index.versions(newer) if newer else ()
            hashes = [one.content_hash for one in found if one.article.id == article_id]
            return (newer, hashes[-1]) if newer and hashes else None

        return _refusing(look_up)

    def _dated(self, query: Query) -> Query:
        if self.as_of is None or query.filters.as_of is not None:
            return query
        return replace(query, filters=replace(query.filters, as_of=self.as_of))

    def _queued(self, work: Callable[[], _Result]) -> _Result:
        if not self._slots.acquire(blocking=False):
            raise RefusedError("Too many questions are waiting; please ask again soon.", 503)
        try:
            with self._turn:
                return _refusing(work)
        finally:
            self._slots.release()


def _refusing(work: Callable[[], _Result]) -> _Result:
    """Run work; turn every error into a `RefusedError`, and log those that are not the user's."""
    try:
        return work()
    except RefusedError:
        raise
    except PressciteError as error:
        own = isinstance(error, IndexStoreError | ModelError)
        if own:
            _LOG.error("a request failed: %s", error)
        raise RefusedError(str(error), 500 if own else 400) from error
    except Exception as error:
        _LOG.exception("a request failed")
        raise RefusedError(
            "Something went wrong on the server; its log says what. Please ask again.", 500
        ) from error
