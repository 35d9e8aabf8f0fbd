"""What a watch has seen, in an SQLite file: marks of feeds, what they listed, and pages still to fetch.

A feed's marks (ETag, Last-Modified) are written together with the pages it made due, and a page is done
only once its article is in the index. So whatever is killed at whatever moment, the next run goes on
with what is due, and asks no more of a feed than what is new.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Self

import filelock

from rag.errors import IndexLockedError, IndexStoreError
from rag.ingest.web.client import Validators
from rag.ingest.web.entries import Entry

FILE = "watch.sqlite"
"""Its name in an index's folder."""
_VERSION = 1
_SCHEMA = """
CREATE TABLE feed (
    address TEXT PRIMARY KEY,
    etag TEXT, last_modified TEXT,
    title TEXT,
    not_before REAL NOT NULL DEFAULT 0,  -- seconds since 1970: after failures, or as the server asked
    failures INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE listed (                    -- what each feed said of each page when it was last read
    feed TEXT NOT NULL, page TEXT NOT NULL, fingerprint TEXT NOT NULL,
    PRIMARY KEY (feed, page)
) WITHOUT ROWID;
CREATE TABLE page (
    key TEXT PRIMARY KEY,
    feed TEXT NOT NULL,
    fingerprint TEXT NOT NULL,           -- of the entry that made it due last
    entry TEXT,                          -- that entry, until the page is done
    added INTEGER NOT NULL DEFAULT 0,    -- whether an article came of it, now or earlier
    etag TEXT, last_modified TEXT,       -- of the page that the article was made of
    tries INTEGER NOT NULL DEFAULT 0,
    not_before REAL NOT NULL DEFAULT 0,
    outcome TEXT                         -- NULL while it is due; else added, skipped or gone
);
CREATE INDEX page_due ON page (not_before) WHERE outcome IS NULL;
"""


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of one feed."""

    known: Validators = field(default_factory=Validators)
    title: str | None = None
    not_before: float = 0.0
    failures: int = 0


@dataclass(frozen=True, slots=True)
class DuePage:
    """A page to be fetched."""

    key: str
    feed: str
    entry: Entry
    place: tuple[float, int]
    """Among all due pages, in the order in which they are fetched."""
    tries: int
    added: bool
    """Whether an article came of it before its entry changed."""
    known: Validators
    """What that page was marked with."""


@dataclass(frozen=True, slots=True)
class DonePage:
    """A page that needs no more fetching for now."""

    key: str
    outcome: str
    """``added``, ``skipped`` or ``gone``."""
    marks: Validators = field(default_factory=Validators)


class WatchState:
    """The state of one index's watch; one process at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = filelock.FileLock(path.with_suffix(".lock"), timeout=0)
        try:
            self._lock.acquire()
        except filelock.Timeout:
            raise IndexLockedError(
                f"{path.parent}: another watch of this index is running; name all feeds to one"
            ) from None
        except OSError as error:
            reason = error.strerror or error
            raise IndexStoreError(f"{path.parent}: cannot be written to ({reason})") from error
        try:
            self._db = sqlite3.connect(path, isolation_level=None, timeout=10)
            with self._transaction():
                (version,) = self._db.execute("PRAGMA user_version").fetchone()
                if version == 0:
                    for statement in _SCHEMA.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {_VERSION}")
                elif version != _VERSION:
                    raise IndexStoreError(
                        f"{path}: of format {version}, this presscite reads {_VERSION}; "
                        "remove the file to begin the watch anew"
                    )
        except sqlite3.Error as error:
            self._lock.release()
            raise IndexStoreError(
                f"{path}: cannot be used ({error}); remove the file to begin the watch anew"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()
        self._lock.release()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def feed(self, address: str) -> FeedState:
        """Return what is known of a feed; nothing of a new one."""
        row = self._db.execute(
            "SELECT etag, last_modified, title, not_before, failures FROM feed WHERE address = ?",
            (address,),
        ).fetchone()
        return FeedState(Validators(row[0], row[1]), *row[2:]) if row else FeedState()

    def feed_failed(self, address: str, not_before: float) -> None:
        """Write that a feed could not be read, and when it may be asked again."""
        self._db.execute(
            "INSERT INTO feed (address, not_before, failures) VALUES (?1, ?2, 1) ON CONFLICT DO "
            "UPDATE SET not_before = ?2, failures = failures + 1",
            (address, not_before),
        )

    def feed_unchanged(self, address: str) -> None:
        """Write that a feed answered that it is what it was."""
        self._db.execute(
            "UPDATE feed SET not_before = 0, failures = 0 WHERE address = ?", (address,)
        )

    def feed_read(
        self,
        address: str,
        known: Validators,
        title: str | None,
        entries: Iterable[tuple[str, Entry]],
    ) -> tuple[int, int]:
        """Write that a feed was read; pages that are new or changed become due.

        Parameters
        ----------
        entries
            With each the key of its page.

        Returns
        -------
        tuple[int, int]
            How many pages are new, and how many are due again because their entry changed.
        """
        new = changed = 0
        with self._transaction():
            for key, entry in entries:
                before = self._listed(address, key)
                if before == entry.fingerprint:
                    continue
                self._db.execute(
                    "INSERT INTO listed VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET fingerprint = ?3",
                    (address, key, entry.fingerprint),
                )
                page = self._db.execute(
                    "SELECT fingerprint FROM page WHERE key = ?", (key,)
                ).fetchone()
                # A second feed that names a known page makes it due only when it says something new
                # later, and not where another feed has said the same already.
                if page is not None and (before is None or page[0] == entry.fingerprint):
                    continue
                self._db.execute(
                    "INSERT INTO page (key, feed, fingerprint, entry) VALUES (?1, ?2, ?3, ?4) "
                    "ON CONFLICT DO UPDATE SET feed = ?2, fingerprint = ?3, entry = ?4, tries = 0, "
                    "not_before = 0, outcome = NULL",
                    (key, address, entry.fingerprint, _written(entry)),
                )
                new, changed = (new + 1, changed) if page is None else (new, changed + 1)
            self._db.execute(
                "INSERT INTO feed (address, etag, last_modified, title) VALUES (?1, ?2, ?3, ?4) "
                "ON CONFLICT DO UPDATE SET etag = ?2, last_modified = ?3, title = ?4, not_before = 0, "
                "failures = 0",
                (address, known.etag, known.last_modified, title),
            )
        return new, changed

    def is_listed(self, address: str, key: str, fingerprint: str) -> bool:
        """Whether a feed said the same of a page before."""
        return self._listed(address, key) == fingerprint

    def list_only(self, address: str, key: str, fingerprint: str) -> None:
        """Write what a list says of one thing that it names, which is no page."""
        self._db.execute(
            "INSERT INTO listed VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET fingerprint = ?3",
            (address, key, fingerprint),
        )

    def _listed(self, address: str, key: str) -> str | None:
        row = self._db.execute(
            "SELECT fingerprint FROM listed WHERE feed = ? AND page = ?", (address, key)
        ).fetchone()
        return str(row[0]) if row else None

    def due(
        self, now: float, limit: int, after: tuple[float, int] = (-math.inf, 0)
    ) -> list[DuePage]:
        """Return some of the pages to be fetched now, in order.

        Parameters
        ----------
        after
            The place of the last page that was returned before: one that was left as it is comes no more.
        """
        rows = self._db.execute(
            "SELECT key, feed, entry, not_before, rowid, tries, added, etag, last_modified FROM page "
            "WHERE outcome IS NULL AND not_before <= ? AND (not_before, rowid) > (?, ?) "
            "ORDER BY not_before, rowid LIMIT ?",
            (now, *after, limit),
        ).fetchall()
        return [
            DuePage(key, feed, _read(entry), (at, row), tries, bool(added), Validators(*marks))
            for key, feed, entry, at, row, tries, added, *marks in rows
        ]

    def waiting(self) -> int:
        """Return how many pages are to be fetched, now or later."""
        (count,) = self._db.execute("SELECT count(*) FROM page WHERE outcome IS NULL").fetchone()
        return int(count)

    def settle(
        self,
        done: Iterable[DonePage],
        later: Iterable[tuple[str, float]],
        last: Iterable[tuple[str, float]] = (),
    ) -> None:
        """Write which pages are done, with their outcomes, and when others are tried again.

        Parameters
        ----------
        last
            Pages that were not tried, and the time from which they are due, after all that are already.
        """
        with self._transaction():
            self._db.executemany(
                "UPDATE page SET outcome = ?2, entry = NULL, added = added OR ?2 = 'added', etag = ?3, "
                "last_modified = ?4 WHERE key = ?1",
                [(o.key, o.outcome, o.marks.etag, o.marks.last_modified) for o in done],
            )
            self._db.executemany(
                "UPDATE page SET tries = tries + 1, not_before = ?2 WHERE key = ?1", list(later)
            )
            self._db.executemany("UPDATE page SET not_before = ?2 WHERE key = ?1", list(last))


def _written(entry: Entry) -> str:
    fields = asdict(entry) | {"published": entry.published and entry.published.isoformat()}
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace").decode()


def _read(text: str) -> Entry:
    fields = json.loads(text)
    published = fields["published"]
    fields["published"] = date.fromisoformat(published) if published else None
    fields["authors"] = tuple(fields["authors"])
    return Entry(**fields)
