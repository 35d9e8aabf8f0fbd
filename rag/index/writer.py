"""Adding and removing: atomic, in batches, each committed with its words; vectors are compacted after."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from embeddings import Vectors
from rag.errors import IndexStoreError, SourceError
from rag.index import catalog, dense, lexical
from rag.index.batch import (
    Batch,
    PendingArticle,
    PreparedChunks,
    changes_nothing,
    moved_rows,
    pending_article,
    source_of,
    write_batch,
)
from rag.index.boilerplate import boilerplate_of
from rag.index.catalog import BuiltWith
from rag.index.chunking import vector_text
from rag.index.corrections import can_be_corrected
from rag.index.integrity import VerifiedFiles
from rag.index.paragraphs import without
from rag.text.article_fields import normalise_article
from rag.text.content_hash import content_hash
from rag.types import AddReport, Article, Position, Skipped

PROBES = ("Who signed the agreement?", "The minister arrived in the capital on Tuesday.")
Progress = Callable[[int, str], None]
"""Called with the number of sources seen so far and the newest one."""


class Writer:
    """Writes to one index; its creator holds the folder's lock for as long as it is used.

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
        # Its own: a file that the process read intact may have been damaged since.
        self._verified = VerifiedFiles()
        self._prepared: Mapping[str, PreparedChunks] = {}

    def add(
        self,
        items: Iterable[Article | Skipped],
        progress: Progress | None = None,
        positions: MutableMapping[str, Position] | None = None,
        prepared: Mapping[str, PreparedChunks] | None = None,
    ) -> AddReport:
        """Add articles as they come, with one batch in memory; see `Index.add`."""
        started = time.perf_counter()
        self._prepared = prepared or {}
        counts = {"added": 0, "updated": 0, "unchanged": 0}
        chunks = 0
        skipped: list[Skipped] = []
        batch = Batch()
        seen: set[str] = set()

        def commit() -> None:
            nonlocal chunks, batch
            for outcome, new_chunks in self._commit(batch.pending, positions, seen):
                counts[outcome] += 1
                chunks += new_chunks
            batch = Batch()

        try:
            for number, item in enumerate(items, 1):
                one = self._checked(item)
                if isinstance(one, Skipped):
                    skipped.append(one)
                else:
                    if batch.holds_other_version(one):
                        commit()
                        one = self._prepare(one.article)
                    batch.put(one)
                if progress:
                    progress(number, one.source)
                if batch.full:
                    commit()
                    self._after_batch()
            commit()
            self._forget_finished(positions)
        except BaseException:
            # Keep the original exception; what was committed before it becomes searchable as well.
            with suppress(IndexStoreError, sqlite3.Error, OSError):
                self.derive()
            raise
        self.derive()
        seconds = time.perf_counter() - started
        return AddReport(**counts, skipped=tuple(skipped), chunks=chunks, seconds=seconds)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Remove articles, all of them or none; see `Index.remove`."""
        names = list(dict.fromkeys(article_ids))
        self._know_ids(names)
        with self._writing():
            for name in names:
                seq = catalog.row_of_id(self._connection, name)
                if seq is None:
                    raise KeyError(name)
                catalog.delete_article(self._connection, seq)
            # What was removed can be added again from a file that was read in part.
            catalog.set_positions(self._connection, {})
        self.derive()
        return len(names)

    def derive(self) -> None:
        """Bring the derived files up to the catalog, and rebuild those that are damaged."""
        if not lexical.is_usable(self._connection, self._folder, self._verified):
            with (
                self._derived_only("to search them by words"),
                catalog.writing(self._connection, new_revision=False),
            ):
                at = catalog.revision(self._connection)
                lexical.write_revision(self._connection, self._folder, at, self._verified)
        lexical.remove_stale(self._connection, self._folder)
        self._compact_if_due(at_end=True)

    def compact(self, *, retrain: bool = False) -> None:
        """Write all vectors into one file; see `Index.compact`."""
        with self._derived_only("to search them fast"):
            dimension = self._built.identity.dimension
            dense.compact(
                self._connection, self._folder, dimension, self._verified, retrain=retrain
            )

    def _compact_if_due(self, *, at_end: bool) -> None:
        with self._derived_only("to search them fast"):
            due = dense.needs_compaction(
                self._connection, self._folder, self._verified, at_end=at_end
            )
        if due:
            self.compact()

    @contextmanager
    def _derived_only(self, purpose: str) -> Iterator[None]:
        """Say of errors inside that the articles themselves are saved."""
        try:
            yield
        except (OSError, ValueError, RuntimeError, sqlite3.DatabaseError) as error:
            catalog.roll_back(self._connection)
            raise IndexStoreError(
                f"{self._folder}: the articles are saved, but not the files {purpose} "
                f"({' '.join(str(error).split())}); the next add rebuilds them"
            ) from error

    # What an index elsewhere does in another way: the catalog of a folder holds every row already.

    def _know(self, article: Article) -> None:
        """Have the catalog hold every row by which an article may be known."""

    def _know_ids(self, article_ids: Sequence[str]) -> None:
        """Have the catalog hold the articles of these ids."""

    def _know_copies(self, pending: Sequence[PendingArticle]) -> None:
        """Have the catalog hold the stories that a batch may copy, and who prints its paragraphs."""

    def _know_chunks(self, seqs: Sequence[int]) -> None:
        """Have the catalog hold the chunks of these rows, which are about to be numbered anew."""

    def _after_batch(self) -> None:
        """Keep the derived files small between batches."""
        lexical.remove_stale(self._connection, self._folder)
        self._compact_if_due(at_end=False)

    @contextmanager
    def _writing_positions(self) -> Iterator[None]:
        """Hold a transaction that changes no article."""
        with catalog.writing(self._connection, new_revision=False):
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold one transaction of articles with their words: all of it is committed, or nothing."""
        with catalog.writing(self._connection):
            yield
            try:
                at = catalog.revision(self._connection) + 1
                lexical.write_revision(self._connection, self._folder, at, self._verified)
            except (OSError, ValueError) as error:
                raise IndexStoreError(
                    f"{self._folder}: the words could not be written "
                    f"({' '.join(str(error).split())}); nothing of this batch was changed"
                ) from error

    def _checked(self, item: Article | Skipped) -> PendingArticle | Skipped:
        """Return what is to be written of an article, or why it cannot be one."""
        if isinstance(item, Skipped):
            return item
        try:
            return self._prepare(normalise_article(item))
        except SourceError as error:
            return Skipped(source_of(item), str(error))

    def _prepare(self, article: Article) -> PendingArticle:
        digest = content_hash(article)
        self._know(article)
        known = catalog.row_of_content(self._connection, article.id, digest) is not None
        if known:
            return pending_article(article, digest, None)
        return pending_article(article, digest, self._built.budget, self._prepared.get(digest))

    def _forget_finished(self, positions: MutableMapping[str, Position] | None) -> None:
        """Drop the positions in files that were read to their end: they can be added again as a whole."""
        if positions is None:
            return
        for source in [source for source, one in positions.items() if one.finished]:
            del positions[source]
        if positions != catalog.positions(self._connection):
            with self._writing_positions():
                catalog.set_positions(self._connection, positions)

    def _without_boilerplate(self, pending: Sequence[PendingArticle]) -> list[PendingArticle]:
        """Return a batch whose new articles are chunked without what their outlets print everywhere."""
        new = [
            (one.article, one.paragraphs, one.sketch) for one in pending if one.chunked is not None
        ]
        found = iter(boilerplate_of(self._connection, new))
        made = []
        for one in pending:
            left_out = next(found) if one.chunked is not None else []
            if one.chunked is not None and left_out:
                parts = without(one.article.text, left_out)
                one = replace(one, spans=one.chunked.spans_of(parts))
            made.append(one)
        return made

    def _commit(
        self,
        pending: Sequence[PendingArticle],
        positions: Mapping[str, Position] | None,
        seen: set[str],
    ) -> list[tuple[str, int]]:
        """Embed what is new, then write a batch in one transaction."""
        if changes_nothing(self._connection, pending):
            seen.update(
                one.article.id for one in pending if can_be_corrected(one.article, one.source)
            )
            if positions:
                with self._writing_positions():
                    catalog.set_positions(self._connection, positions)
            return [("unchanged", 0)] * len(pending)
        self._know_copies(pending)
        pending = self._without_boilerplate(pending)
        texts = [
            vector_text(one.article.title, one.article.text[start:end], self._built.budget)
            for one in pending
            for start, end in one.spans or ()
        ]
        vectors = self._encode(texts) if texts else None
        probes = None
        if texts and not catalog.has_probes(self._connection):
            probes = self._encode(PROBES)
        self._know_chunks(moved_rows(self._connection, pending))
        with self._writing():
            if probes is not None:
                catalog.add_probes(self._connection, PROBES, probes)
            if positions is not None:
                catalog.set_positions(self._connection, positions)
            return write_batch(self._connection, pending, vectors, seen)
