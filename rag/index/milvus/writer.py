"""Adding to and removing from an index in Milvus: in batches, each seen whole or not at all."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from embeddings import Vectors
from rag.errors import IndexStoreError, SourceError
from rag.index import catalog
from rag.index.batch import PendingArticle, PreparedChunks, source_of
from rag.index.catalog import BuiltWith
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.rows import ArticleRows
from rag.index.corrections import can_be_corrected
from rag.index.identity import address_of
from rag.index.milvus.head import Head, Totals, forget_older, publish
from rag.index.milvus.holds import oldest_held
from rag.index.milvus.lease import Lease
from rag.index.milvus.rows import (
    CHUNK_FIELDS,
    PIECE_FIELDS,
    article_pieces,
    check_words,
    chunk_rows,
    ended,
    headline_key,
    key_of,
    rows_of_pieces,
    stored_chunk,
)
from rag.index.milvus.schema import CLOCK_SECONDS, MAX_TEXT, NEVER
from rag.index.milvus.server import Server, is_away
from rag.index.milvus.words import count_terms, counts_of, forget_unfinished, totals_of
from rag.index.milvus.working_set import WorkingSet
from rag.index.near_duplicates import COMMON, CatalogStories, voted_stories
from rag.index.writer import Progress, Writer
from rag.text.article_fields import normalise_article
from rag.types import AddReport, Article, Position, Skipped

VIEW_SECONDS = 600.0
"""How long a view of a revision may be held; then the rows that only it sees may be deleted."""
_AHEAD = 64
"""Articles that are looked up together."""
_MAX_HELD = 20_000
"""Articles held in memory before they are forgotten."""
_MOST_FOR_A_CHARACTER = 16
"""Bytes that a character of a text is among the words that are searched, or fewer."""
_COMPARED = 8
"""Stories of which the text is fetched, to compare an article with."""


class MilvusWriter(Writer):
    """Writes to one index in Milvus; its creator holds the lease for as long as it is used."""

    def __init__(
        self,
        server: Server,
        head: Head,
        lease: Lease,
        built: BuiltWith,
        encode: Callable[[Sequence[str]], Vectors],
    ) -> None:
        self._server = server
        self._names = lease.names
        self._lease = lease
        self._known: set[str] = set()
        """Keys whose articles the working set holds."""
        self._ahead: deque[Article] = deque()
        self._failed = False
        clear_up(server, head, lease)
        self._work = self._new_work(head)
        super().__init__(self._work.connection, Path(str(server.address)), built, encode)

    def close(self) -> None:
        """Give the memory back."""
        self._work.close()

    def add(
        self,
        items: Iterable[Article | Skipped],
        progress: Progress | None = None,
        positions: MutableMapping[str, Position] | None = None,
        prepared: Mapping[str, PreparedChunks] | None = None,
    ) -> AddReport:
        """Add articles as they come; see `Index.add`. What they may replace is looked up some together."""
        if positions is None:
            return super().add(self._looked_ahead(items, {}, {}), progress, None, prepared)
        handed_out = dict(positions)
        try:
            return super().add(
                self._looked_ahead(items, positions, handed_out), progress, handed_out, prepared
            )
        finally:
            positions.clear()
            positions.update(handed_out)

    def derive(self) -> None:
        """Do nothing: the engine keeps its own indexes."""

    def compact(self, *, retrain: bool = False) -> None:
        """Do nothing, for the same reason."""

    # What the look-ups need

    def _looked_ahead(
        self,
        items: Iterable[Article | Skipped],
        positions: MutableMapping[str, Position],
        handed_out: MutableMapping[str, Position],
    ) -> Iterator[Article | Skipped]:
        """Yield items some later than they come, so that those in between are looked up together.

        Readers note how far they are before each item; ``handed_out`` is as it was when the item came.
        """
        waiting: deque[tuple[Article | Skipped, dict[str, Position]]] = deque()
        source = iter(items)
        while True:
            while len(waiting) < _AHEAD and (item := next(source, None)) is not None:
                waiting.append((item, dict(positions)))
                if isinstance(item, Article):
                    self._ahead.append(item)
            if not waiting:
                break
            for _ in range(max(1, len(waiting) // 2)):
                item, then = waiting.popleft()
                handed_out.clear()
                handed_out.update(then)
                yield item
                if isinstance(item, Article):
                    self._ahead.popleft()
        handed_out.clear()
        handed_out.update(positions)

    def _know(self, article: Article) -> None:
        if self._known.issuperset(_keys_of(article)):
            return
        keys = _keys_of(article)
        for one in self._ahead:
            with suppress(SourceError):
                keys += _keys_of(normalise_article(one))
        new = [key for key in dict.fromkeys(keys) if key not in self._known]
        self._work.fetch_by_keys(new)
        self._known.update(new)

    def _know_ids(self, article_ids: Sequence[str]) -> None:
        self._work.fetch_by_id([key_of("id", name) for name in article_ids])

    def _know_copies(self, pending: Sequence[PendingArticle]) -> None:
        enough = COMMON + len(pending)
        sketched = {value for one in pending for value in one.sketch}
        self._work.fetch_values("sketches", sketched, enough)
        printed = {value for one in pending for value, _ in one.paragraphs}
        self._work.fetch_values("paragraphs", printed, enough)
        stories = CatalogStories(self._connection)
        likely: set[int] = set()
        for one in pending:
            votes, _ = voted_stories(stories, one.sketch)
            likely.update(group for group, shared in votes[:_COMPARED] if shared > 1)
        self._work.fetch_first_of_groups(likely)

    def _know_chunks(self, seqs: Sequence[int]) -> None:
        rows = self._work.chunks_of_articles(seqs)
        with catalog.transaction(self._connection):
            catalog_rows.put_chunks(
                self._connection, ((int(row["seq"]), stored_chunk(row)) for row in rows)
            )

    # Writing

    def _prepare(self, article: Article) -> PendingArticle:
        made = super()._prepare(article)
        for start, end in made.spans or ():
            if end - start > MAX_TEXT // _MOST_FOR_A_CHARACTER:
                check_words(made.article.id, made.article.text, start, end)
        return made

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold one transaction: Milvus has all of it when this returns, or shows nothing of it."""
        connection = self._connection
        catalog_rows.forget_changes(connection)
        with catalog.transaction(connection):
            yield
            revision = catalog.revision(connection) + 1
            catalog.set_meta(connection, "revision", revision)
            self._commit_changes(revision)

    @contextmanager
    def _writing_positions(self) -> Iterator[None]:
        with catalog.transaction(self._connection):
            yield
            head = self._described(self._work.head.revision)
            with self._whole():
                self._make_newest(replace(head, history=self._work.head.history))

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Write no more once a write failed: how much of it arrived is found out by the next writer.

        Raises
        ------
        IndexLockedError
            Where it failed because another writer took over.
        IndexStoreError
        """
        if self._failed:
            raise IndexStoreError(
                f"{self._server.address}: a write failed before, perhaps in part; add what is missing again"
            )
        self._failed = True
        try:
            yield
        except IndexStoreError as error:
            if not is_away(error):
                # Its own names were taken away: told as what it is.
                self._lease.check()
            raise
        self._failed = False

    def _after_batch(self) -> None:
        if len(self._work.held) > _MAX_HELD:
            old, self._work = self._work, self._new_work(self._work.head)
            self._connection = self._work.connection
            self._known.clear()
            old.close()

    def _new_work(self, head: Head) -> WorkingSet:
        work = WorkingSet(self._server, self._names, head)
        catalog_rows.watch_changes(work.connection)
        if self._server.is_lite:
            work.look_through()
        return work

    def _commit_changes(self, revision: int) -> None:
        changed = catalog_rows.changed(self._connection)
        now = catalog_rows.rows_of(self._connection, changed)
        before = [seq for seq in changed if seq in self._work.held]
        with self._whole():
            head = self._publish(list(now.values()), before, self._described(revision))
        self._work.forget(set(before) - now.keys())
        self._work.held.update(now)
        # The vectors are in Milvus now.
        self._connection.execute("DELETE FROM chunks")
        self._connection.execute("DELETE FROM removed")
        self._work.head = head

    def _described(self, revision: int) -> Head:
        connection, before = self._connection, self._work.head
        probes = [
            (str(text), vector.hex())
            for text, vector in catalog.raw_probes(connection)
            if isinstance(vector, bytes)
        ]
        return replace(
            before,
            revision=revision,
            described=catalog_rows.described(connection),
            probes=probes,
            numbers=catalog_rows.numbers(connection),
            history=before.with_history(),
        )

    def _publish(self, now: Sequence[ArticleRows], before: Sequence[int], head: Head) -> Head:
        """Write what is new, mark what it ends, and make the head the newest; return it.

        Parameters
        ----------
        now
            Articles with their new rows; where an article is one of ``before``, its chunks stay, unless the
            catalog holds some of it: then they were numbered anew.
        before
            Articles whose rows end.
        """
        revision, work = head.revision, self._work
        still = {one.seq for one in now}
        gone = [seq for seq in before if seq not in still]
        pieces = work.pieces(before)
        had = sum(len(one.sources) for one in rows_of_pieces(pieces).values())
        renumbered = [one.seq for one in now if one.seq in set(before) and one.chunks]
        gone_chunks = work.chunks_of_articles([*gone, *renumbered])
        new = [one for one in now if one.seq not in set(before)]
        new_pieces = [piece for one in now for piece in article_pieces(one, revision)]
        new_chunks = [chunk for one in now for chunk in chunk_rows(one, revision)]
        self._lease.check()
        self._server.put(self._names.articles, new_pieces, new=True)
        self._server.put(self._names.chunks, new_chunks, new=True)
        self._server.put(self._names.articles, ended(pieces, revision), new=False)
        self._server.put(self._names.chunks, ended(gone_chunks, revision), new=False)
        count_terms(
            self._server, self._names, revision, counts_of(new_chunks), counts_of(gone_chunks)
        )
        sources = sum(len(one.sources) for one in now)
        more = Totals(articles=len(new) - len(gone), sources=sources - had)
        totals = work.head.totals.plus(more).plus(totals_of(new_chunks))
        totals = totals.plus(totals_of(gone_chunks), -1)
        days = [str(one.value("published")) for one in now if one.value("published")]
        newest = max([work.head.newest, *days])
        head = self._make_newest(replace(head, totals=totals, newest=newest))
        work.learn_keys(new_pieces)
        return head

    def _make_newest(self, head: Head) -> Head:
        head = replace(head, serial=self._work.head.serial + 1, writer=self._lease.token)
        self._lease.check()
        publish(self._server, self._names, head)
        self._work.head = head
        with suppress(IndexStoreError):
            forget_older(self._server, self._names, head)
        return head


def clear_up(server: Server, head: Head, lease: Lease) -> None:
    """Delete what a write that was broken off left, and what no view sees any more."""
    lease.check()
    names = lease.names
    at = head.revision
    unseen = _unseen(head)
    held = oldest_held(server, names) if unseen else None
    if held is not None:
        unseen = min(unseen, held)
    for collection, fields in (
        (names.chunks, CHUNK_FIELDS),
        (names.articles, PIECE_FIELDS),
    ):
        server.delete(collection, f"born > {at}")
        marked = server.query(collection, f"died > {at} and died < {NEVER}", fields)
        server.put(collection, ended(marked, NEVER), new=False)
        if unseen:
            server.delete(collection, f"died <= {unseen}")
    forget_unfinished(server, names, at)


def _unseen(head: Head) -> int:
    """Return the revision up to which ended rows are in no view: those after it began long ago."""
    now = time.time()
    kept = VIEW_SECONDS + CLOCK_SECONDS
    old = [revision for revision, replaced in head.history if now - replaced > kept]
    return max(old, default=-1) + 1


def _keys_of(article: Article) -> list[str]:
    """Return the keys of the articles that one may be a version of."""
    source, address = source_of(article), address_of(article)
    keys = [key_of("id", article.id), key_of("source", source)]
    if address:
        keys.append(key_of("url", address))
    if can_be_corrected(article, source):
        day = article.published.isoformat() if article.published else None
        keys.append(headline_key(article.title, catalog.articles.outlet_key(article), day))
    return keys
