"""Adding and removing: whole or not at all, in batches, each with its words; vectors are folded after."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from embeddings import Vectors
from rag.errors import IndexStoreError
from rag.index import catalog, dense, lexical
from rag.index.catalog import BuiltWith
from rag.index.chunking import chunk_spans, vector_text
from rag.index.integrity import DamagedFileError, Seen
from rag.index.near_duplicates import copy_group, sketch
from rag.text.content_hash import content_hash
from rag.types import AddReport, Article, Skipped

# Ten seconds of a model's work: so much at most is lost where adding is broken off.
_BATCH_CHUNKS = 1024
PROBES = ("Who signed the agreement?", "The minister arrived in the capital on Tuesday.")
Progress = Callable[[int, str], None]
"""Called with the number of sources seen so far and the newest one."""


class Writer:
    """Writes to one index; its maker holds the folder's lock for as long as it is used.

    Parameters
    ----------
    encode
        Texts to unit vectors, checked against the index's model.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        folder: Path,
        built: BuiltWith,
        encode: Callable[[Sequence[str]], Vectors],
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._built = built
        self._encode = encode
        # Its own: what was sound when this process began may be damaged by now.
        self._seen = Seen()

    def add(
        self, items: Iterable[Article | Skipped], progress: Progress | None = None
    ) -> AddReport:
        """Add articles as they come, a batch in memory at a time; see `Index.add`."""
        started = time.perf_counter()
        counts = {"added": 0, "updated": 0, "unchanged": 0}
        chunks = 0
        skipped: list[Skipped] = []
        batch = _Batch()

        def commit() -> None:
            nonlocal chunks, batch
            for outcome, made in self._commit(batch.pending):
                counts[outcome] += 1
                chunks += made
            batch = _Batch()

        try:
            for number, item in enumerate(items, 1):
                if isinstance(item, Skipped):
                    skipped.append(item)
                    source = item.source
                else:
                    one = self._prepare(item)
                    source = one.source
                    twin = batch.twin(one)
                    if twin is not None and twin.digest == one.digest:
                        one = replace(one, spans=[])
                    elif twin is not None:
                        commit()
                        one = self._prepare(item)
                    batch.put(one)
                if progress:
                    progress(number, source)
                if batch.full:
                    commit()
                    lexical.tidy(self._connection, self._folder)
                    self._fold(at_end=False)
            commit()
        except BaseException:
            # What went wrong first is what is told; what was committed before it is searched as well.
            with suppress(IndexStoreError, sqlite3.Error, OSError):
                self.derive()
            raise
        self.derive()
        seconds = time.perf_counter() - started
        return AddReport(**counts, skipped=tuple(skipped), chunks=chunks, seconds=seconds)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Take articles out, all of them or none; see `Index.remove`."""
        names = list(dict.fromkeys(article_ids))
        with self._writing():
            for name in names:
                row = self._connection.execute(
                    "SELECT seq FROM articles WHERE id = ?", (name,)
                ).fetchone()
                if row is None:
                    raise KeyError(name)
                catalog.delete_article(self._connection, row[0])
        self.derive()
        return len(names)

    def derive(self) -> None:
        """Bring the derived files up to the catalog, and mend those that are damaged."""
        if not self._words_are_sound():
            with (
                self._derived_only("to search them by words"),
                catalog.writing(self._connection, new_revision=False),
            ):
                at = catalog.revision(self._connection)
                lexical.advance(self._connection, self._folder, at, self._seen)
        lexical.tidy(self._connection, self._folder)
        self._fold(at_end=True)

    def fold(self, *, anew: bool = False) -> None:
        """Fold all vectors into one file; see `Index.fold`."""
        with self._derived_only("to search them fast"):
            dimension = self._built.identity.dimension
            dense.fold(self._connection, self._folder, dimension, self._seen, anew=anew)

    # Inner parts

    def _words_are_sound(self) -> bool:
        derived = catalog.get_derived(self._connection, lexical.KIND)
        if derived is None:
            return self._connection.execute("SELECT 1 FROM chunks LIMIT 1").fetchone() is None
        try:
            self._seen.check(self._folder, derived.files)
        except DamagedFileError:
            return False
        return True

    def _fold(self, *, at_end: bool) -> None:
        with self._derived_only("to search them fast"):
            due = dense.needs_fold(self._connection, self._folder, self._seen, at_end=at_end)
        if due:
            self.fold()

    @contextmanager
    def _derived_only(self, purpose: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError, RuntimeError, sqlite3.DatabaseError) as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise IndexStoreError(
                f"{self._folder}: the articles are saved, but not the files {purpose} "
                f"({' '.join(str(error).split())}); the next add mends that"
            ) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction of articles, with their words: all of it or nothing."""
        with catalog.writing(self._connection):
            yield
            try:
                at = catalog.revision(self._connection) + 1
                lexical.advance(self._connection, self._folder, at, self._seen)
            except (OSError, ValueError) as error:
                raise IndexStoreError(
                    f"{self._folder}: the words could not be written "
                    f"({' '.join(str(error).split())}); nothing of this batch was changed"
                ) from error

    def _prepare(self, article: Article) -> _Pending:
        digest = content_hash(article)
        row = self._connection.execute(
            "SELECT 1 FROM articles WHERE id = ? AND hash = ?", (article.id, digest)
        ).fetchone()
        spans = [] if row else chunk_spans(article.text, self._built.budget)
        source = article.sources[0] if article.sources else article.url or article.id
        return _Pending(article, source, digest, spans)

    def _commit(self, pending: Sequence[_Pending]) -> list[tuple[str, int]]:
        """Embed what is new, then write a batch in one transaction."""
        if not pending:
            return []
        connection = self._connection
        texts = [
            vector_text(one.article.title, one.article.text[start:end], self._built.budget)
            for one in pending
            for start, end in one.spans
        ]
        made = self._encode(texts) if texts else None
        probes = None
        if texts and not connection.execute("SELECT count(*) FROM probes").fetchone()[0]:
            probes = self._encode(PROBES)
        if made is None and not _sources_change(connection, pending):
            return [("unchanged", 0)] * len(pending)
        outcomes = []
        offset = 0
        loose: set[int] = set()
        with self._writing():
            if probes is not None:
                catalog.add_probes(connection, PROBES, probes)
            for one in pending:
                count = len(one.spans)
                block = made[offset : offset + count] if made is not None else np.empty((0, 1))
                offset += count
                outcomes.append(_write(connection, one, np.asarray(block, np.float32), loose))
            # Last, so that an article whose file was renamed is never gone in between.
            for seq in sorted(loose):
                _drop_if_orphaned(connection, seq)
        return outcomes


@dataclass(frozen=True, slots=True)
class _Pending:
    article: Article
    source: str
    digest: str
    spans: list[tuple[int, int]]
    """Empty where the content is already in the catalog."""


class _Batch:
    """Articles that are written together."""

    def __init__(self) -> None:
        self.pending: list[_Pending] = []
        self._chunks = 0
        self._by_id: dict[str, _Pending] = {}

    def put(self, one: _Pending) -> None:
        self.pending.append(one)
        self._chunks += len(one.spans)
        self._by_id.setdefault(one.article.id, one)

    def twin(self, one: _Pending) -> _Pending | None:
        """Return the one of the same id, if there is one."""
        return self._by_id.get(one.article.id)

    @property
    def full(self) -> bool:
        return self._chunks >= _BATCH_CHUNKS or len(self.pending) >= _BATCH_CHUNKS


def _sources_change(connection: sqlite3.Connection, pending: Sequence[_Pending]) -> bool:
    return any(
        connection.execute(
            "SELECT count(*) FROM sources s JOIN articles a ON a.seq = s.seq"
            " WHERE s.source = ? AND a.id = ?",
            (one.source, one.article.id),
        ).fetchone()[0]
        == 0
        for one in pending
    )


def _write(
    connection: sqlite3.Connection, one: _Pending, made: Vectors, loose: set[int]
) -> tuple[str, int]:
    """Write one article of a batch; returns what happened to it and its number of new chunks.

    Rows of articles that a source has left are put into ``loose``.
    """
    article, source = one.article, one.source
    owner = connection.execute("SELECT seq FROM sources WHERE source = ?", (source,)).fetchone()
    same = connection.execute(
        "SELECT seq FROM articles WHERE id = ? AND hash = ?", (article.id, one.digest)
    ).fetchone()
    if same:
        if owner and owner[0] == same[0]:
            return "unchanged", 0
        catalog.link_source(connection, source, same[0])
        if owner:
            loose.add(owner[0])
        return ("updated" if owner else "unchanged"), 0
    replaced = connection.execute("SELECT seq FROM articles WHERE id = ?", (article.id,)).fetchone()
    if replaced:
        catalog.delete_article(connection, replaced[0])
    hashes = sketch(article.text)
    group = copy_group(connection, hashes)
    seq = catalog.insert_article(connection, article, one.digest, one.spans, made, group, hashes)
    catalog.link_source(connection, source, seq)
    if owner:
        loose.add(owner[0])
    return ("updated" if owner or replaced else "added"), len(one.spans)


def _drop_if_orphaned(connection: sqlite3.Connection, seq: int) -> None:
    """Remove an article that no source holds any more: its last one now holds something else."""
    left = connection.execute("SELECT count(*) FROM sources WHERE seq = ?", (seq,)).fetchone()[0]
    if not left:
        catalog.delete_article(connection, seq)
