"""Copying out of and into index folders: a copy is made beside its folder, and renamed when complete."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from rag.errors import IndexDamagedError, IndexStoreError
from rag.index import catalog, dense, lexical
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.rows import ArticleRows
from rag.index.checksums import sync_folder
from rag.index.copy_protocol import COPIED, CopySource, CopyState, CopyTarget, IndexDescription
from rag.index.integrity import VerifiedFiles
from rag.index.lock import FILE as LOCK
from rag.index.lock import forget_holder, writer_lock
from rag.index.writer import Writer

_BLOCK = 100
"""Articles read at a time."""
_OWN = (COPIED, *dense.STATS)
"""Of a folder's description, what tells of its files."""
_FILES = (LOCK, catalog.FILE, lexical.FOLDER, "vectors-")


@contextmanager
def folder_source(folder: Path) -> Iterator[CopySource]:
    """Hold one revision of an index folder.

    Raises
    ------
    NoIndexError, UnfinishedCopyError, IndexDamagedError, IndexMismatchError
    """
    connection = catalog.connect(folder)
    try:
        catalog.begin(connection)
        yield _FolderSource(folder, connection)
    except sqlite3.DatabaseError as error:
        raise catalog.unreadable(f"{folder}: the catalog", error) from error
    finally:
        connection.close()


class _FolderSource:
    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.name = str(folder)
        self._folder = folder
        self._connection = connection

    def description(self) -> IndexDescription:
        """Return what the revision says of itself."""
        connection = self._connection
        if catalog.built_with(connection) is None:
            raise IndexDamagedError(f"{self.name}: the catalog does not say what it was built with")
        described = catalog_rows.described(connection)
        counts = catalog.counts(connection)
        return IndexDescription(
            {key: value for key, value in described.items() if key not in _OWN},
            catalog_rows.probe_rows(connection),
            catalog_rows.numbers(connection),
            catalog.newest_day(connection),
            counts["articles"],
            counts["chunks"],
            counts["sources"],
        )

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield the articles after a row, ascending, some at a time."""
        return _blocks(self._connection, after)

    def newest_revision(self) -> int:
        """Return the revision that is the newest by now."""
        connection = catalog.connect(self._folder)
        try:
            return catalog.revision(connection)
        finally:
            connection.close()


@contextmanager
def folder_target(folder: Path) -> Iterator[CopyTarget]:
    """Hold the folder in which a copy is made.

    Raises
    ------
    IndexLockedError
    IndexStoreError
        Where something else is in the folder, or beside it where the copy would be made.
    """
    draft = catalog.draft_of(folder)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise IndexStoreError(f"{folder}: something is there already; name a new folder")
        draft.mkdir(parents=True, exist_ok=True)
        if any(not path.name.startswith(_FILES) for path in draft.iterdir()):
            raise IndexStoreError(
                f"{draft}: the copy would be made there, and something else is there; remove it"
            )
        with writer_lock(draft):
            target = _FolderTarget(folder, draft)
            try:
                yield target
            finally:
                target.close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise IndexStoreError(f"{folder}: the copy cannot be written ({reason})") from error
    except sqlite3.DatabaseError as error:
        raise IndexStoreError(f"{folder}: the copy cannot be written ({error})") from error


class _FolderTarget:
    def __init__(self, folder: Path, draft: Path) -> None:
        self.name = str(folder)
        self._folder = folder
        self._draft = draft
        self._connection = catalog.connect(draft, create=True)

    def close(self) -> None:
        self._connection.close()

    def unfinished(self) -> CopyState | None:
        """Return how far a copy is that was broken off; None where none was begun."""
        return CopyState.of_record(catalog.meta(self._connection, COPIED))

    def begin(self, description: IndexDescription, state: CopyState) -> None:
        """Begin with no article, dropping what an earlier copy left."""
        self.close()
        for path in self._draft.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif not path.name.startswith(LOCK):
                path.unlink()
        self._connection = catalog.connect(self._draft, create=True)
        with catalog.writing(self._connection, new_revision=False):
            catalog.set_meta(self._connection, COPIED, state.record())

    def put(self, rows: Sequence[ArticleRows], state: CopyState) -> None:
        """Write articles as they are, all of them and the new state or nothing."""
        with catalog.writing(self._connection, new_revision=False):
            catalog_rows.put_rows(self._connection, rows)
            catalog.set_meta(self._connection, COPIED, state.record())

    def complete(self, description: IndexDescription) -> None:
        """Write the description, and the files that are searched."""
        connection, verified = self._connection, VerifiedFiles()
        with catalog.writing(connection, new_revision=False):
            catalog_rows.describe(connection, description.described)
            catalog_rows.put_probes(connection, description.probes)
            catalog_rows.set_numbers(connection, description.numbers)
            words = catalog.get_derived(connection, lexical.KIND)
            if words is None or words.revision != description.revision:
                lexical.write_revision(connection, self._draft, description.revision, verified)
        Writer(connection, self._draft, description.built, _no_texts).derive()

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield what was written after a row, ascending, some at a time."""
        return _blocks(self._connection, after)

    def publish(self) -> None:
        """Rename the copy to its folder."""
        # Closed first, so that all of it is in one file.
        self.close()
        forget_holder(self._draft)
        if self._folder.exists():
            self._folder.rmdir()
        self._draft.rename(self._folder)
        sync_folder(self._folder.parent)
        self._connection = catalog.connect(self._folder)
        with catalog.writing(self._connection, new_revision=False):
            catalog.forget_meta(self._connection, COPIED)


def _blocks(connection: sqlite3.Connection, after: int) -> Iterator[list[ArticleRows]]:
    while seqs := catalog_rows.seqs_after(connection, after, _BLOCK):
        yield list(catalog_rows.rows_of(connection, seqs).values())
        after = seqs[-1]


def _no_texts(texts: object) -> np.ndarray:
    raise AssertionError(f"copying embeds nothing: {texts!r}")
