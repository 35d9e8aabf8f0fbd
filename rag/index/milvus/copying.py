"""Copying out of and into an index in Milvus.

A copy's batches are revisions of their own, each with a head that says that the copy is not complete; no
reader and no writer opens an index of such a head. The last head is without that.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from rag.errors import IndexDamagedError, IndexStoreError
from rag.index.catalog.rows import ArticleRows
from rag.index.copy_protocol import COPIED, CopySource, CopyState, CopyTarget, IndexDescription
from rag.index.milvus.address import MilvusAddress, milvus_address
from rag.index.milvus.head import Head, Totals, forget_older, publish, read_head
from rag.index.milvus.holds import HOLD_SECONDS, forget_hold, hold
from rag.index.milvus.index import FORMAT_KEY, MilvusIndex
from rag.index.milvus.lease import Lease, writer_lease
from rag.index.milvus.rows import article_pieces, chunk_rows, rows_of_pieces
from rag.index.milvus.schema import FORMAT, Names, create, create_heads
from rag.index.milvus.server import Server
from rag.index.milvus.words import count_terms, counts_of, totals_of
from rag.index.milvus.working_set import WorkingSet
from rag.index.milvus.writer import clear_up

_BLOCK = 100
"""Articles read at a time, with their vectors: an answer of a server has a few megabytes."""
_LITE_BLOCK = 500
"""The same of milvus-lite, which looks through all rows for each answer."""
_OWN = (FORMAT_KEY, COPIED)


@contextmanager
def milvus_source(name: str) -> Iterator[CopySource]:
    """Hold one revision of an index in Milvus: no writer deletes what only it has.

    Raises
    ------
    NoIndexError, UnfinishedCopyError, IndexDamagedError, IndexMismatchError, IndexStoreError
    """
    with MilvusIndex.open(name) as index:
        source = _MilvusSource(index)
        try:
            yield source
        finally:
            source.close()


class _MilvusSource:
    def __init__(self, index: MilvusIndex) -> None:
        self.name = index.place
        self._index = index
        self._server, self._names = index.parts
        self._token = uuid.uuid4().hex[:16]
        self._held = 0.0
        # Held before it is known which revision is the newest: what is replaced in between stays.
        self._hold(index.revision)
        self._head = index.head()
        self._work = WorkingSet(self._server, self._names, self._head)

    def close(self) -> None:
        """Let the revision go."""
        self._work.close()
        with suppress(IndexStoreError):
            forget_hold(self._server, self._names, self._token)

    def description(self) -> IndexDescription:
        """Return what the revision says of itself."""
        head = self._head
        if head.built is None:
            raise IndexDamagedError(f"{self.name}: it does not say what it was built with")
        return IndexDescription(
            {key: value for key, value in head.described.items() if key not in _OWN},
            [(text, bytes.fromhex(vector)) for text, vector in head.probes],
            dict(head.numbers),
            head.newest,
            head.totals.articles,
            head.totals.chunks,
            head.totals.sources,
        )

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield the articles after a row, ascending, some at a time."""
        for block in _blocks(self._work, after):
            self._hold(self._head.revision)
            yield block

    def newest_revision(self) -> int:
        """Return the revision that is the newest by now."""
        return self._index.revision

    def _hold(self, revision: int) -> None:
        now = time.monotonic()
        if not self._held or now - self._held > HOLD_SECONDS / 10:
            hold(self._server, self._names, self._token, revision)
            self._held = now


@contextmanager
def milvus_target(name: str) -> Iterator[CopyTarget]:
    """Hold the collections in which a copy is made.

    Raises
    ------
    IndexLockedError, IndexDamagedError
    IndexStoreError
        Where an index, or something else, has that name.
    """
    index = MilvusIndex(_address(name))
    server, names = index.parts
    try:
        found = read_head(server, names) if server.exists(names.heads) else None
        _check_free(index, found)
        with writer_lease(server, names) as lease:
            create_heads(server, names)
            # Another process may have made it before this one had the lease.
            found = read_head(server, names)
            _check_free(index, found)
            yield _MilvusTarget(index.place, server, names, lease, found)
    finally:
        index.close()


def _address(name: str) -> MilvusAddress:
    address = milvus_address(name)
    assert address is not None, f"{name} is not in Milvus"
    return address


def _check_free(index: MilvusIndex, found: Head | None) -> None:
    """Raise where a name is taken, and not by a copy that is not complete."""
    server, names = index.parts
    if found is not None and not found.copied:
        raise IndexStoreError(f"{index.place}: an index is there already; name another collection")
    if found is None and server.exists(names.chunks):
        fields = server.fields(names.chunks) or []
        if not {"chunk", "seq", "born"} <= set(fields) or server.count(names.chunks, "chunk >= 0"):
            raise IndexStoreError(
                f"{index.place}: a collection has that name and is no index; name another collection"
            )


class _MilvusTarget:
    def __init__(
        self, name: str, server: Server, names: Names, lease: Lease, head: Head | None
    ) -> None:
        self.name = name
        self._server = server
        self._names = names
        self._lease = lease
        self._head = head or Head(serial=0, revision=0, described={})
        self._last = self._head
        lease.fence()
        if head is not None and all(map(server.exists, names.kept)):
            clear_up(server, head, lease)

    def unfinished(self) -> CopyState | None:
        """Return how far a copy is that was broken off; None where none was begun."""
        return CopyState.of_record(self._head.copied)

    def begin(self, description: IndexDescription, state: CopyState) -> None:
        """Begin with no article, dropping what an earlier copy left."""
        # First of all nothing that is dropped may count as copied.
        head = Head(self._head.serial, 0, {}, copied=state.record())
        self._make_newest(replace(head, described=_described(description, 0)))
        for name in self._names.kept[:-1]:
            self._server.drop(name)
        create(self._server, self._names, description.built.identity.dimension)
        self._lease.fence()

    def put(self, rows: Sequence[ArticleRows], state: CopyState) -> None:
        """Write articles as they are, all of them and the new state or nothing."""
        before = self._head
        revision = before.revision + 1
        pieces = [piece for one in rows for piece in article_pieces(one, revision)]
        chunks = [chunk for one in rows for chunk in chunk_rows(one, revision)]
        names = self._lease.names
        self._lease.check()
        self._server.put(names.articles, pieces, new=True)
        self._server.put(names.chunks, chunks, new=True)
        count_terms(self._server, names, revision, counts_of(chunks), counts_of([]))
        sources = sum(len(one.sources) for one in rows)
        totals = before.totals.plus(Totals(articles=len(rows), sources=sources))
        self._make_newest(
            replace(
                before,
                revision=revision,
                totals=totals.plus(totals_of(chunks)),
                numbers={"articles": state.seq},
                copied=state.record(),
            )
        )

    def complete(self, description: IndexDescription) -> None:
        """Have the last head ready: what searching needs is written with the articles."""
        revision = max(self._head.revision, description.revision)
        self._last = replace(
            self._head,
            revision=revision,
            described=_described(description, revision),
            probes=[(text, vector.hex()) for text, vector in description.probes],
            numbers=description.numbers,
            newest=description.newest,
            copied={},
        )

    def articles(self, after: int = 0) -> Iterator[list[ArticleRows]]:
        """Yield what was written after a row, ascending, some at a time."""
        work = WorkingSet(self._server, self._names, self._head)
        try:
            yield from _blocks(work, after)
        finally:
            work.close()

    def publish(self) -> None:
        """Make the copy an index that others see."""
        self._make_newest(self._last)

    def _make_newest(self, head: Head) -> None:
        head = replace(head, serial=self._head.serial + 1, writer=self._lease.token)
        self._lease.check()
        publish(self._server, self._lease.names, head)
        self._head = head
        with suppress(IndexStoreError):
            forget_older(self._server, self._lease.names, head)


def _described(description: IndexDescription, revision: int) -> dict[str, str]:
    own = {FORMAT_KEY: json.dumps(FORMAT), "revision": json.dumps(revision)}
    return dict(sorted((description.described | own).items()))


def _blocks(work: WorkingSet, after: int) -> Iterator[list[ArticleRows]]:
    size = _LITE_BLOCK if work.server.is_lite else _BLOCK
    for low, high in work.windows(after):
        seqs = work.seqs_between(low, high)
        for start in range(0, len(seqs), size):
            block = seqs[start : start + size]
            yield work.with_chunks(rows_of_pieces(work.pieces(block)).values())
