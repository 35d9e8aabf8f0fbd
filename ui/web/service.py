"""The web interface's access to the library: a bounded queue of questions, errors in one line."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar, runtime_checkable

from rag.checking import CheckedQuotation, check_text
from rag.errors import (
    IndexLockedError,
    IndexMismatchError,
    IndexStoreError,
    IndexUnreachableError,
    ModelError,
    NoIndexError,
    PressciteError,
    QueryError,
)
from rag.index.protocol import SearchIndex
from rag.text.quotations import count_marks, count_quotations
from rag.types import MAX_QUESTION, Answer, Article, Filters, Passage, Query, Version
from ui.keeping import InFolder, Placed, kept_folder
from ui.web.observing import Asked, Kind, Observer, Outcome

if TYPE_CHECKING:
    from rag.index.catalog import CollectionCounts

MAX_QUESTION_CHARS = MAX_QUESTION
MAX_K = 100
MAX_TURNS = 20
MAX_WAITING = 64
"""Requests answered or queued at once; a further one is refused with status 503."""

MAX_DRAFT_CHARS = 200_000
MAX_QUOTATIONS = 100
"""Quotations of one draft that are looked up; each costs a search."""

MAX_MARKS = 5_000
"""Quotation marks and apostrophes of one draft: each of them may open a quotation."""

_LOG = logging.getLogger("presscite")
_Result = TypeVar("_Result")

OnPassages = Callable[[Sequence[Passage]], None]
"""What is told the passages of a question, nearest first, while they are still being read."""


@runtime_checkable
class ListsArticles(Protocol):
    """An index that lists and counts its articles, as the folder index does."""

    def list_articles(
        self, filters: Filters, /, *, offset: int, limit: int, title: str = ""
    ) -> Sequence[Article]:
        """Return a page of the articles that pass filters: newest first, those without a date last."""

    def count_articles(self, filters: Filters, /, *, title: str = "") -> int:
        """Return how many articles pass filters and have the words of ``title`` in theirs."""

    def collection_counts(self, filters: Filters, /) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""


@runtime_checkable
class GroupsCopies(Protocol):
    """An index that knows which articles print one story, as the folder index does."""

    def copies(self, article_id: str, /) -> Sequence[str]:
        """Return the ids of an article's near-duplicates, itself among them."""


@runtime_checkable
class KnowsCatalog(Protocol):
    """An index whose catalog may be replaced by another one while it is open, as both kinds do."""

    @property
    def catalog_identity(self) -> object:
        """Tells one catalog from another."""


class _Searches(Protocol):
    def search(self, query: Query, /) -> Sequence[Passage]: ...


class AnswererProtocol(Protocol):
    """What the web interface needs of ``rag.Answerer``."""

    @property
    def index(self) -> SearchIndex:
        """The index, for articles by id; one that also is a `ListsArticles` gives lists of them."""

    @property
    def retriever(self) -> _Searches:
        """The retriever of passages."""

    def ask(self, query: Query, /, *, on_passages: OnPassages | None = None) -> Answer:
        """Answer one question; ``on_passages`` is told what was found before it is read."""


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
        self._guard = threading.Lock()
        self._waiting = 0
        self._stopping = False
        self.observers: list[Observer] = []
        """Told of each question once it is over."""
        self.on_waiting: Callable[[int], None] = lambda _count: None
        """Told how many requests are being answered or wait, whenever that changes."""

    def ask(self, query: Query, *, on_passages: OnPassages | None = None) -> Answer:
        """Answer one question; ``on_passages`` is told what was found before it is read.

        Raises
        ------
        RefusedError
            Where the question cannot be asked, too many wait, or answering failed.
        """
        dated = self._dated(query)
        if on_passages is None:
            return self._queued("ask", lambda: self._answerer.ask(dated), query.question)
        return self._queued(
            "ask", lambda: self._answerer.ask(dated, on_passages=on_passages), query.question
        )

    def search(self, query: Query) -> Sequence[Passage]:
        """Find the passages nearest to a question; raises as ``ask`` does."""
        return self._queued(
            "search", lambda: self._answerer.retriever.search(self._dated(query)), query.question
        )

    def check(self, draft: str) -> Sequence[CheckedQuotation]:
        """Look up the quotations of a draft; raises as ``ask`` does.

        Questions are answered between two quotations.
        """

        def look_up() -> Sequence[CheckedQuotation]:
            marks = count_marks(draft)
            if marks > MAX_MARKS:
                raise QueryError(
                    f"the draft has {marks:,} quotation marks and apostrophes; at most {MAX_MARKS:,} "
                    "are read at once: send it in parts"
                )
            found = count_quotations(draft)
            if found > MAX_QUOTATIONS:
                raise QueryError(
                    f"the draft has {found:,} quotations; at most {MAX_QUOTATIONS} are checked at "
                    "once: send it in parts"
                )
            checked: list[CheckedQuotation] = []
            rest = check_text(self._answerer.index, draft)
            while True:
                with self._turn:
                    one = next(rest, None)
                if one is None:
                    return checked
                checked.append(one)

        return self._queued("check", look_up, takes_turns=True)

    def list_articles(
        self, filters: Filters, *, offset: int = 0, limit: int = 50, title: str = ""
    ) -> tuple[int, Sequence[Article]]:
        """Return how many articles pass filters and have words in their titles, and a page of them."""
        index = self._lists()
        return _refusing(
            lambda: (
                index.count_articles(filters, title=title),
                index.list_articles(filters, offset=offset, limit=limit, title=title),
            )
        )

    def collection_counts(self, filters: Filters) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""
        index = self._lists()
        return _refusing(lambda: index.collection_counts(filters))

    def _lists(self) -> ListsArticles:
        index = self._answerer.index
        if not isinstance(index, ListsArticles):
            raise RefusedError("This index answers questions and does not list its articles.", 501)
        return index

    @property
    def index(self) -> SearchIndex:
        """The index that is asked."""
        return self._answerer.index

    @property
    def folder(self) -> Path | None:
        """Where what belongs to the index is kept; None where the index has neither folder nor name."""
        index = self._answerer.index
        return kept_folder(index, make=True) if isinstance(index, InFolder | Placed) else None

    @property
    def revision(self) -> int:
        """A number that grows with every commit of the index."""
        return self._answerer.index.revision

    @property
    def state(self) -> tuple[object, int]:
        """Which catalog is asked, and its revision: a catalog put in its place may have the same number."""
        index = self._answerer.index
        catalog = index.catalog_identity if isinstance(index, KnowsCatalog) else None
        return catalog, index.revision

    def usable(self) -> bool:
        """Whether the index can be read."""
        try:
            return self.revision >= 0
        except Exception as error:
            _LOG.error("the index cannot be read: %s", error)
            return False

    @property
    def waiting(self) -> int:
        """How many requests are being answered or wait for it."""
        return self._waiting

    @property
    def stopping(self) -> bool:
        """Whether further questions are refused."""
        return self._stopping

    def stop(self) -> None:
        """Refuse further questions; those that wait are answered."""
        self._stopping = True

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

    def copies(self, article_id: str, limit: int) -> tuple[Sequence[Article], int]:
        """Return some of the other articles that print an article's story, and how many there are."""
        index = self._answerer.index
        if not isinstance(index, GroupsCopies):
            return (), 0

        def look_up() -> tuple[Sequence[Article], int]:
            others = [one for one in index.copies(article_id) if one != article_id]
            return [self._answerer.index.article(one) for one in others[:limit]], len(others)

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

    def _queued(
        self,
        kind: Kind,
        work: Callable[[], _Result],
        question: str = "",
        *,
        takes_turns: bool = False,
    ) -> _Result:
        began = turn = time.monotonic()
        try:
            self._enter()
            try:
                with nullcontext() if takes_turns else self._turn:
                    turn = time.monotonic()
                    result = _refusing(work)
            finally:
                with self._guard:
                    self._waiting -= 1
                    self.on_waiting(self._waiting)
        except RefusedError as error:
            ended = time.monotonic()
            unusable = isinstance(error.__cause__, IndexStoreError | ModelError)
            outcome: Outcome = "failed" if error.status == 500 or unusable else "refused"
            self._tell(
                Asked(kind, question, outcome, turn - began, ended - turn, status=error.status)
            )
            raise
        self._tell(_asked(kind, question, result, turn - began, time.monotonic() - turn))
        return result

    def _enter(self) -> None:
        with self._guard:
            if self._stopping:
                raise RefusedError("The server is stopping; please ask again soon.", 503)
            if self._waiting >= MAX_WAITING:
                raise RefusedError("Too many questions are waiting; please ask again soon.", 503)
            self._waiting += 1
            self.on_waiting(self._waiting)

    def _tell(self, asked: Asked) -> None:
        for observer in self.observers:
            observer(asked)


def _asked(kind: Kind, question: str, result: object, waited: float, took: float) -> Asked:
    """Return what is told of a question that was answered."""
    if isinstance(result, Answer):
        return Asked(
            kind,
            question,
            "abstained" if result.abstained else "found",
            waited,
            took,
            confidence=result.confidence,
            timings_ms=tuple(result.timings_ms.items()),
        )
    return Asked(kind, question, "found" if result else "abstained", waited, took)


def _unusable(error: PressciteError) -> str:
    """Return what people are told of an index that cannot be used: what to do, and no folder's name."""
    if isinstance(error, NoIndexError):
        return "There is no index where this server reads one; the server's log says where."
    if isinstance(error, IndexMismatchError):
        return "Another index was put in this one's place; start the server again to ask it."
    if isinstance(error, IndexLockedError):
        return "Another process is writing to the index; please ask again soon."
    return "The index cannot be searched now; the server's log says why."


def _refusing(work: Callable[[], _Result]) -> _Result:
    """Run work; turn every error into a `RefusedError`, and log those that are not the user's."""
    try:
        return work()
    except RefusedError:
        raise
    except IndexUnreachableError as error:
        _LOG.error("a request failed: %s", error)
        line = "The index is on a server that does not answer now; please ask again soon."
        raise RefusedError(line, 503) from error
    except PressciteError as error:
        if isinstance(error, IndexStoreError | ModelError):
            # These name folders of this machine.
            _LOG.error("a request failed: %s", error)
            raise RefusedError(_unusable(error), 503) from error
        raise RefusedError(" ".join(str(error).split()), 400) from error
    except Exception as error:
        _LOG.exception("a request failed")
        raise RefusedError(
            "Something went wrong on the server; its log says what. Please ask again.", 500
        ) from error
