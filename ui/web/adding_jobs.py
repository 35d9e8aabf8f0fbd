"""Articles added in the background, one form after the other, while questions are answered."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Literal, Protocol, runtime_checkable

from embeddings import Encoder
from rag.errors import IndexLockedError, PressciteError
from rag.index import ArticleIndex
from rag.index.opening import open_index
from rag.ingest import Note, ReadOptions
from rag.types import AddReport, Article, Skipped
from ui.web.adding_sources import AddedSources
from ui.web.service import RefusedError

MAX_WAITING_JOBS = 5
"""Forms that wait for the one before; a further one is refused with status 503."""
_KEPT_JOBS = 20
_KEPT_ARTICLES = 50
_KEPT_NOTES = 50
State = Literal["waiting", "reading", "writing", "done", "stopped", "failed"]
_LOG = logging.getLogger("presscite")


@runtime_checkable
class TakesArticles(Protocol):
    """An index that can be opened once more, to add to it."""

    @property
    def place(self) -> str:
        """The name by which it is opened."""

    @property
    def encoder(self) -> Encoder:
        """Its embedding model."""


class AddingJob:
    """One form's files and addresses, and how far they are; written by one thread, read by any."""

    def __init__(self, sources: AddedSources, collection: str | None = None) -> None:
        self.id = secrets.token_hex(8)
        self.expected = sources.expected
        self.state: State = "waiting"
        self.seen = 0
        """Articles that were read and sources that were skipped."""
        self.newest = ""
        """What was read last."""
        self.skipped = 0
        self.article_ids: list[str] = []
        """Of the first articles that were read."""
        self.notes: list[Note] = []
        self.report: AddReport | None = None
        """Once it is done or was stopped; None where it failed before."""
        self.problem = ""
        """Why it failed, in one line."""
        self.stopping = False
        """Whether to read nothing further; what was read by then is still written."""
        self._sources = sources
        self._collection = collection
        self._began = self._ended = 0.0

    @property
    def running(self) -> bool:
        """Whether more is to come."""
        return self.state in {"waiting", "reading", "writing"}

    @property
    def rate(self) -> float:
        """Sources read in a second."""
        spent = (self._ended or time.monotonic()) - self._began
        return self.seen / max(spent, 0.001) if self._began else 0.0

    def work(self, index: TakesArticles, ends: Callable[[], bool]) -> None:
        """Add everything to an index.

        Parameters
        ----------
        ends
            Says whether the server ends.
        """
        try:
            self._began = time.monotonic()
            self.state = "reading"
            with closing(self._items(ends)) as items, _again(index) as opened:
                self.report = opened.add(items, progress=self._progress)
            self._ended = time.monotonic()
            self.state = "stopped" if self.stopping else "done"
        except IndexLockedError:
            self._fail("Another process is writing to this index; send it again when it is done.")
        except PressciteError as error:
            # It names folders of this machine.
            _LOG.error("articles could not be added: %s", error)
            self._fail("Adding failed; the server’s log says why. What was written before stays.")
        except Exception:
            _LOG.exception("articles could not be added")
            self._fail("Adding failed; the server’s log says why. What was written before stays.")
        finally:
            self._sources.remove()

    def leave(self) -> None:
        """Give up before it began."""
        self._sources.remove()
        self.stopping = True
        self.state = "stopped"

    def _fail(self, line: str) -> None:
        self._ended = time.monotonic()
        self.problem = line
        self.state = "failed"

    def _items(self, ends: Callable[[], bool]) -> Generator[Article | Skipped, None, None]:
        with closing(
            self._sources.read(ReadOptions(self._note, collection=self._collection))
        ) as items:
            for item in items:
                if self.stopping or ends():
                    self.stopping = True
                    break
                if isinstance(item, Skipped):
                    self.skipped += 1
                elif len(self.article_ids) < _KEPT_ARTICLES:
                    self.article_ids.append(item.id)
                # The index asks for the next one when it is done with this one, and may write a batch first.
                self.state = "writing"
                yield item
                self.state = "reading"
        self.state = "writing"

    def _progress(self, number: int, source: str) -> None:
        self.seen, self.newest = number, source.removeprefix("upload:")

    def _note(self, note: Note) -> None:
        if len(self.notes) < _KEPT_NOTES:
            self.notes.append(Note(self._sources.known_name(note.source), note.message))


class AddingQueue:
    """Works on one job at a time, in a thread that lives while there are jobs.

    Parameters
    ----------
    index
        The index to add to; it is opened again, so that whoever reads from it is not in the way.
    ends
        Says whether the server ends: the job at work then writes what it has read.
    """

    def __init__(self, index: TakesArticles, ends: Callable[[], bool]) -> None:
        self._index = index
        self._server_ends = ends
        self._guard = threading.Lock()
        self._waiting: deque[AddingJob] = deque()
        self._jobs: dict[str, AddingJob] = {}
        self._working = False

    @property
    def jobs(self) -> list[AddingJob]:
        """The latest jobs, newest first."""
        with self._guard:
            return list(self._jobs.values())[::-1]

    def get(self, job_id: str) -> AddingJob | None:
        """Return a job; None where it is unknown or long over."""
        with self._guard:
            return self._jobs.get(job_id)

    def check(self) -> None:
        """Check that one more job may wait.

        Raises
        ------
        RefusedError
        """
        if self._ends():
            raise RefusedError("The server is stopping; please send it again soon.", 503)
        if len(self._waiting) >= MAX_WAITING_JOBS:
            raise RefusedError("Too much waits to be added; please send it again later.", 503)

    def put(self, sources: AddedSources, collection: str | None = None) -> AddingJob:
        """Add what a form brought, after what came before it, under a label where one is given.

        Raises
        ------
        RefusedError
            Where too much waits; the files are removed then.
        """
        job = AddingJob(sources, collection)
        with self._guard:
            try:
                self.check()
            except RefusedError:
                sources.remove()
                raise
            self._jobs[job.id] = job
            while len(self._jobs) > _KEPT_JOBS + MAX_WAITING_JOBS:
                del self._jobs[next(iter(self._jobs))]
            self._waiting.append(job)
            if not self._working:
                self._working = True
                threading.Thread(target=self._work, name="adding").start()
        return job

    def stop(self, job: AddingJob) -> None:
        """Let a job read nothing further; one that waits is given up."""
        with self._guard:
            if job not in self._waiting:
                job.stopping = True
                return
            self._waiting.remove(job)
        job.leave()

    def _ends(self) -> bool:
        # Where no server says that it ends, the interpreter, which waits for the thread, has begun to.
        return self._server_ends() or not threading.main_thread().is_alive()

    def _work(self) -> None:
        while True:
            with self._guard:
                if not self._waiting:
                    self._working = False
                    return
                job = self._waiting.popleft()
            if self._ends():
                job.leave()
            else:
                job.work(self._index, self._ends)


def _again(index: TakesArticles) -> ArticleIndex:
    """Open an index once more, with the model that is loaded already."""
    return open_index(index.place, encoder=index.encoder)
