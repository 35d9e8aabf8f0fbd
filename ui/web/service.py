"""The one place where the web interface asks the library: bounded waiting, failures in one line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Protocol, TypeVar

from rag.errors import IndexStoreError, ModelError, PressciteError
from rag.types import Answer, Article, Passage, Turn

MAX_QUESTION_CHARS = 2_000
MAX_K = 100
MAX_TURNS = 20
MAX_WAITING = 64
"""Askers that may wait; the next one is told to come back."""

_LOG = logging.getLogger("presscite")
_Result = TypeVar("_Result")


class _Articles(Protocol):
    def article(self, article_id: str, /) -> Article: ...


class _Searches(Protocol):
    def search(
        self,
        question: str,
        k: int = 10,
        *,
        since: date | None = None,
        until: date | None = None,
        outlet: str | None = None,
        as_of: date | None = None,
    ) -> Sequence[Passage]: ...


class Asks(Protocol):
    """What the web interface needs of ``rag.Answerer``."""

    @property
    def index(self) -> _Articles:
        """Where articles are kept."""

    @property
    def retriever(self) -> _Searches:
        """Where passages are found."""

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        k: int = 10,
        since: date | None = None,
        until: date | None = None,
        outlet: str | None = None,
        as_of: date | None = None,
    ) -> Answer:
        """Answer one question."""


class RefusedError(PressciteError):
    """A request not carried out; ``status`` is its HTTP status, the text is for the reader."""

    def __init__(self, line: str, status: int) -> None:
        super().__init__(line)
        self.status = status


class Desk:
    """Puts questions to an answerer one after the other.

    Two cores answer two questions no sooner at once than in turn, and whatever the library keeps
    open is used by one thread at a time.
    """

    def __init__(self, answerer: Asks, as_of: date | None = None) -> None:
        self._answerer = answerer
        self.as_of = as_of
        """The day of questions that are asked without one; None for today."""
        self._turn = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MAX_WAITING)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        k: int = 10,
        since: date | None = None,
        until: date | None = None,
        outlet: str | None = None,
        as_of: date | None = None,
    ) -> Answer:
        """Answer one question.

        Raises
        ------
        RefusedError
            Where the question is empty or too long, too many wait, or answering failed.
        """
        text = _checked(question)
        return self._carry_out(
            lambda: self._answerer.ask(
                text,
                history=history,
                k=k,
                since=since,
                until=until,
                outlet=outlet,
                as_of=as_of or self.as_of,
            )
        )

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        since: date | None = None,
        until: date | None = None,
        outlet: str | None = None,
        as_of: date | None = None,
    ) -> Sequence[Passage]:
        """Find the passages nearest to a question; raises as ``ask`` does."""
        text = _checked(question)
        return self._carry_out(
            lambda: self._answerer.retriever.search(
                text, k=k, since=since, until=until, outlet=outlet, as_of=as_of or self.as_of
            )
        )

    def article(self, article_id: str) -> Article:
        """Give one article.

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

        return self._carry_out(look_up)

    def _carry_out(self, work: Callable[[], _Result]) -> _Result:
        with self._place():
            try:
                return work()
            except RefusedError:
                raise
            except PressciteError as error:
                own = isinstance(error, IndexStoreError | ModelError)
                raise RefusedError(" ".join(str(error).split()), 500 if own else 400) from error
            except Exception as error:
                _LOG.exception("the web interface could not carry out a request")
                raise RefusedError(
                    "Something went wrong on the server; its log says what. Please ask again.", 500
                ) from error

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise RefusedError("Too many questions are waiting; please ask again soon.", 503)
        try:
            with self._turn:
                yield
        finally:
            self._waiting.release()


def _checked(question: str) -> str:
    text = question.encode("utf-8", "replace").decode("utf-8").strip()  # no lone surrogates
    if not text:
        raise RefusedError("question: must not be empty", 422)
    if len(text) > MAX_QUESTION_CHARS:
        raise RefusedError(
            f"question: at most {MAX_QUESTION_CHARS} characters, this one has {len(text)}", 422
        )
    return text
