"""An index in Milvus: opened, read in views of one revision, added to, removed from, as a folder's is."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Self

from embeddings import Encoder, Vectors
from rag.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexStoreError,
    NoIndexError,
    UnfinishedCopyError,
)
from rag.index import catalog
from rag.index.batch import PreparedChunks
from rag.index.boilerplate import STORIES
from rag.index.catalog import BuiltWith, CollectionCounts
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.schema import FORMAT as CATALOG_FORMAT
from rag.index.chunking import ChunkBudget
from rag.index.milvus.address import MilvusAddress, milvus_address
from rag.index.milvus.head import Head, publish, read_head
from rag.index.milvus.lease import writer_lease
from rag.index.milvus.outline import Outline
from rag.index.milvus.rows import key_of, reference_keys
from rag.index.milvus.schema import FORMAT, Names, create
from rag.index.milvus.server import Server, is_away
from rag.index.milvus.view import MilvusView
from rag.index.milvus.working_set import WorkingSet
from rag.index.milvus.writer import MilvusWriter
from rag.index.model import IndexModel, new_built_with
from rag.index.writer import Progress
from rag.types import AddReport, Article, Filters, Position, Skipped, Version

FORMAT_KEY = "milvus_format"


class MilvusIndex:
    """An index in Milvus. Reading is safe from many threads; one writer at a time holds a lease."""

    def __init__(self, address: MilvusAddress, encoder: Encoder | None = None) -> None:
        self.address = address
        self._server = Server(address)
        self._names = Names(address.collection)
        self._model = IndexModel(address, lambda: self.built_with, encoder)
        self._guard = threading.Lock()
        self._outline: Outline | None = None

    @classmethod
    def open(
        cls,
        name: MilvusAddress | str,
        *,
        create: bool = False,
        encoder: Encoder | None = None,
        budget: ChunkBudget | None = None,
    ) -> Self:
        """Open an index in Milvus; parameters and errors as `Index.open`."""
        address = milvus_address(name) if isinstance(name, str) else name
        if address is None:
            raise NoIndexError(f"{name}: not the name of an index in Milvus")
        index = cls(address, encoder)
        try:
            if create and not index.exists():
                index.create(new_built_with(encoder, budget or ChunkBudget()))
            index.head()
            if encoder is not None:
                index._model.check(encoder)
        except BaseException:
            index.close()
            raise
        return index

    def create(self, built: BuiltWith) -> None:
        """Create the collections, and an empty first revision."""
        with writer_lease(self._server, self._names) as lease:
            create(self._server, self._names, built.identity.dimension)
            lease.fence()
            # Another process may have created it before this one had the lease.
            if read_head(self._server, self._names) is None:
                publish(self._server, lease.names, self._first_head(built))

    def exists(self) -> bool:
        """Whether the index is there; one whose creation was broken off is none."""
        return (
            self._server.exists(self._names.heads)
            and read_head(self._server, self._names) is not None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the index cannot be used afterwards."""
        self._server.close()

    # Reading

    @property
    def place(self) -> str:
        """The name by which the index is opened."""
        return str(self.address)

    def head(self) -> Head:
        """Return the newest revision's head.

        Raises
        ------
        NoIndexError, UnfinishedCopyError, IndexMismatchError, IndexDamagedError, IndexStoreError
        """
        head = None
        if self.address.path is None or self.address.path.exists():
            try:
                head = read_head(self._server, self._names)
            except IndexStoreError as error:
                if is_away(error) or self._server.exists(self._names.heads):
                    raise
        if head is None:
            raise NoIndexError(
                f"{self.address}: no index there; make one with: "
                f"presscite add SOURCE --index {self.address}"
            )
        for key, name, known in (
            (FORMAT_KEY, "Milvus format", FORMAT),
            ("format", "format", CATALOG_FORMAT),
        ):
            found = head.described.get(key)
            if found != str(known):
                raise IndexMismatchError(
                    f"{self.address}: the index has {name} {found}, this presscite reads {name} {known}; "
                    f"use the matching version or add the articles to a new index"
                )
        if head.copied:
            raise UnfinishedCopyError(
                f"{self.address}: the copy of {head.copied.get('source')} that is made there is not "
                f"complete; run the same `presscite copy` again"
            )
        return head

    @property
    def built_with(self) -> BuiltWith:
        """Model, chunk budget and token encoding of this index."""
        built = self.head().built
        if built is None:
            raise IndexDamagedError(f"{self.address}: it does not say what it was built with")
        return built

    @property
    def revision(self) -> int:
        """The number of commits so far."""
        return self.head().revision

    @property
    def catalog_identity(self) -> tuple[int, str]:
        """Tells the head that is the newest now from those of other collections of the same name.

        Every writer has a name of its own, so that the first commits of two indexes differ.
        """
        return self.head().identity

    @property
    def encoder(self) -> Encoder:
        """The embedding model, checked against the one the index was built with."""
        return self._model.encoder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of texts, shape (texts, dimension), after checking the model's probes once."""

        def probes() -> tuple[list[str], Vectors]:
            with self._work() as work:
                built = self.built_with
                return catalog.probes(work.connection, built.identity.dimension)

        # Those of a revision without articles are not written yet.
        return self._model.encode(texts, self.place if self._has_probes() else "", probes)

    def _has_probes(self) -> bool:
        if self._probes_known:
            return True
        self._probes_known = bool(self.head().probes)
        return self._probes_known

    _probes_known = False

    @contextmanager
    def view(self) -> Iterator[MilvusView]:
        """Hold one revision: whatever is written meanwhile, all reads inside see the same."""
        with self._work() as work:
            yield MilvusView(work)

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order they were added."""
        with self._work() as work:
            for low, high in work.windows():
                work.fetch(range(low + 1, high + 1))
                found = catalog.articles_of(work.connection, range(low + 1, high + 1))
                yield from (one.article for one in found.values())
                work.empty()

    def list_articles(
        self, filters: Filters | None = None, *, offset: int = 0, limit: int = 50, title: str = ""
    ) -> list[Article]:
        """Return a page of the articles that pass filters, as `Index.list_articles`."""
        with self._work() as work:
            rows = self._outlined(work).rows(filters or Filters(), offset, limit, title)
            work.fetch(rows)
            found = catalog.articles_of(work.connection, rows)
            return [found[row].article for row in rows]

    def count_articles(self, filters: Filters | None = None, *, title: str = "") -> int:
        """Return how many articles pass filters and have the words of ``title``."""
        with self._work() as work:
            return self._outlined(work).count(filters or Filters(), title)

    def collection_counts(self, filters: Filters | None = None) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""
        with self._work() as work:
            return self._outlined(work).collection_counts(filters or Filters())

    def article(self, article_id: str) -> Article:
        """Return the article of an id; KeyError where there is none."""
        with self._work() as work:
            work.fetch_by_id([key_of("id", article_id)])
            found = catalog.article_by_id(work.connection, article_id)
        if found is None:
            raise KeyError(article_id)
        return found.article

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path, as `Index.resolve`."""
        with self._work() as work:
            work.fetch_by_keys(reference_keys(reference))
            return catalog.ids_by_reference(work.connection, reference, stems=stems)

    def copies(self, article_id: str) -> list[str]:
        """Return the ids of an article's near-duplicates, itself among them, in the order they were added."""
        with self._work() as work:
            own = work.outlines_of(f"id == '{key_of('id', article_id)}'")
            if not own:
                return []
            found = work.outlines_of(f"copy_group == {own[0]['copy_group']}")
            return [one["id"] for one in sorted(found, key=lambda one: int(one["seq"]))]

    def versions(self, article_id: str) -> list[Version]:
        """Return the versions that newer ones of an article replaced, oldest first, as `Index.versions`."""
        with self._work() as work:
            work.fetch_by_id([key_of("id", article_id)])
            seq = catalog.row_of_id(work.connection, article_id)
            if seq is None:
                raise KeyError(article_id)
            return catalog.versions_of(work.connection, seq)

    def successor(self, article_id: str) -> str | None:
        """Return the id of the article that replaced the one of an id; None where none did."""
        with self._work() as work:
            work.fetch_by_keys([key_of("version", article_id)])
            return catalog.successor(work.connection, article_id)

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks, sources and outlets there are."""
        with self._work() as work:
            totals = work.head.totals
            return {
                "articles": totals.articles,
                "chunks": totals.chunks,
                "sources": totals.sources,
                "outlets": self._outlined(work).outlets(),
            }

    def months_of_outlets(self) -> list[tuple[str | None, str | None, int]]:
        """Return ``(outlet, month, articles)`` by month, as `Index.months_of_outlets`."""
        with self._work() as work:
            return self._outlined(work).months_of_outlets()

    def positions(self) -> dict[str, Position]:
        """Return how far files were read in which an ``add`` was broken off."""
        with self._work() as work:
            return catalog.positions(work.connection)

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the content hash of every article, in no order."""
        with self._work() as work:
            for found in work.outlines():
                yield from ((str(one["id"]), str(one["hash"])) for one in found)

    def boilerplate(self) -> dict[str, int]:
        """Return the counts of `Index.boilerplate`."""
        left_out = 0
        with self._work() as work:
            for found in work.outlines():
                left_out += sum(bool(one["left_out"]) for one in found)
            work.look_through()
            known, _ = catalog.boilerplate_counts(work.connection, STORIES)
        return {"paragraphs": known, "articles": left_out}

    @property
    def vector_stats(self) -> dict[str, object]:
        """How vectors are searched, as `info` tells it."""
        return {"kind": "hnsw", "engine": "milvus-lite" if self._server.is_lite else "milvus"}

    @contextmanager
    def _work(self) -> Iterator[WorkingSet]:
        work = WorkingSet(self._server, self._names, self.head())
        try:
            yield work
        finally:
            work.close()

    def _outlined(self, work: WorkingSet) -> Outline:
        """Return the short columns of a revision's articles, from a cache."""
        with self._guard:
            if self._outline is None or self._outline.identity != work.head.identity:
                self._outline = Outline(work)
            return self._outline

    # Writing

    def add(
        self,
        items: Iterable[Article | Skipped],
        *,
        progress: Progress | None = None,
        positions: MutableMapping[str, Position] | None = None,
        prepared: Mapping[str, PreparedChunks] | None = None,
    ) -> AddReport:
        """Add articles, each whole or not at all, as `Index.add`."""
        with self.writer() as writer:
            return writer.add(items, progress, positions, prepared)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Remove articles, all of them or none, as `Index.remove`."""
        with self.writer() as writer:
            return writer.remove(article_ids)

    @contextmanager
    def writer(self) -> Iterator[MilvusWriter]:
        """Hold the right to write.

        Raises
        ------
        IndexLockedError, IndexStoreError, IndexMismatchError
        """
        built = self._model.check_tokens()
        with writer_lease(self._server, self._names) as lease:
            lease.fence()
            writer = MilvusWriter(self._server, self.head(), lease, built, self.encode)
            try:
                yield writer
            finally:
                writer.close()

    def delete(self) -> None:
        """Drop the collections: the index is gone."""
        for name in (*reversed(self._names.kept), self._names.writer):
            with suppress(IndexStoreError):
                self._server.drop(name)

    @property
    def parts(self) -> tuple[Server, Names]:
        """The connection and the names of the collections: for `verify_milvus` and measurements."""
        return self._server, self._names

    @staticmethod
    def _first_head(built: BuiltWith) -> Head:
        return Head(serial=1, revision=0, described=first_description(built))


def first_description(built: BuiltWith) -> dict[str, str]:
    """Return what an empty index says of itself."""
    connection = catalog.in_memory()
    try:
        with catalog.transaction(connection):
            catalog.set_built_with(connection, built)
            catalog.set_meta(connection, FORMAT_KEY, FORMAT)
        return catalog_rows.described(connection)
    finally:
        connection.close()
