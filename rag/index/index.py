"""The folder index: opened, read in views of one revision, added to, removed from."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from embeddings import Encoder, Vectors
from rag.errors import IndexDamagedError, IndexStoreError
from rag.index import catalog, dense, lexical
from rag.index.ann import IvfStats
from rag.index.batch import PreparedChunks
from rag.index.boilerplate import STORIES
from rag.index.catalog import BuiltWith, CollectionCounts, Derived
from rag.index.chunking import ChunkBudget
from rag.index.connections import Connections, Identity
from rag.index.integrity import DamagedFileError, VerifiedFiles
from rag.index.lock import writer_lock
from rag.index.model import IndexModel, new_built_with
from rag.index.view import LoadedRevision, View
from rag.index.writer import Progress, Writer
from rag.types import AddReport, Article, Filters, Position, Skipped, Version

# Files that creating an index writes first, left behind where it is killed.
_CREATED_FIRST = ("LOCK", catalog.FILE)


class Index:
    """An index folder. Reading is safe from many threads; one process at a time may write."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._model = IndexModel(folder, lambda: self.built_with, encoder)
        self._connections = Connections(folder)
        self._guard = threading.Lock()
        self._state: LoadedRevision | None = None
        self._verified = VerifiedFiles()

    @classmethod
    def open(
        cls,
        folder: Path | str,
        *,
        create: bool = False,
        encoder: Encoder | None = None,
        budget: ChunkBudget | None = None,
    ) -> Self:
        """Open an index folder.

        Parameters
        ----------
        create
            Create an index where there is none.
        encoder
            The embedding model; without one, the model the index was built with (the default
            model for a new index), loaded when it is first needed.
        budget
            How articles of a new index are chunked.

        Raises
        ------
        NoIndexError, IndexDamagedError, IndexMismatchError, IndexStoreError
        """
        folder = Path(folder).expanduser()
        index = cls(folder, encoder)
        try:
            if create and not catalog.holds_index(folder):
                index._create(budget or ChunkBudget())
            index._connections.get()
            if encoder is not None:
                index._model.check(encoder)
        except BaseException:
            index.close()
            raise
        return index

    def _create(self, budget: ChunkBudget) -> None:
        folder = self.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = [
                path for path in folder.iterdir() if not path.name.startswith(_CREATED_FIRST)
            ]
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise IndexStoreError(f"{folder}: the folder cannot be made ({reason})") from error
        if foreign:
            raise IndexStoreError(
                f"{folder}: not an index and not empty; name a new or empty folder"
            )
        built = new_built_with(self._model.given, budget)
        try:
            with writer_lock(folder):
                connection = catalog.connect(folder, create=True)
                self._connections.take(connection)
                # Another process may have created it before this one had the lock.
                if catalog.built_with(connection) is None:
                    with catalog.writing(connection):
                        catalog.set_built_with(connection, built)
        except sqlite3.Error as error:
            raise IndexStoreError(f"{folder}: no index can be created ({error})") from error

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
        """Close every connection; the index cannot be used afterwards."""
        self._connections.close()
        with self._guard:
            self._state = None

    # Reading

    @property
    def place(self) -> str:
        """The name by which the index is opened."""
        return str(self.folder)

    @property
    def built_with(self) -> BuiltWith:
        """Model, chunk budget and token encoding of this index."""
        found = catalog.built_with(self._connections.get())
        if found is None:
            raise IndexDamagedError(
                f"{self.folder}: the catalog does not say what it was built with"
            )
        return found

    @property
    def revision(self) -> int:
        """The number of commits so far."""
        return catalog.revision(self._connections.get())

    @property
    def catalog_identity(self) -> tuple[int, int]:
        """Tells the catalog that is in the folder now from another one that is put there, as by a restore."""
        self._connections.get()
        return self._connections.identity()

    @property
    def encoder(self) -> Encoder:
        """The embedding model, checked against the one the index was built with.

        Raises
        ------
        IndexMismatchError, ModelError
        """
        return self._model.encoder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of texts, shape (texts, dimension), after checking the model's probes once.

        Raises
        ------
        IndexMismatchError
            Where the probe texts no longer give the vectors stored with the index.
        """
        connection = self._connections.get()

        def probes() -> tuple[list[str], Vectors]:
            return catalog.probes(connection, self.built_with.identity.dimension)

        return self._model.encode(texts, self._connections.identity(), probes)

    @contextmanager
    def view(self) -> Iterator[View]:
        """Hold one revision: whatever is written meanwhile, all reads inside see the same.

        Raises
        ------
        IndexStoreError
            Where this thread holds a view already, or the catalog cannot be read.
        """
        if self._connections.get().in_transaction:
            raise IndexStoreError("a view is already open in this thread")
        connection, state = self._begin()
        try:
            yield View(connection, state, self.built_with.identity.dimension)
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        finally:
            catalog.roll_back(connection)

    def _begin(self) -> tuple[sqlite3.Connection, LoadedRevision]:
        """Begin a transaction and load the derived files that it names.

        Missing files may have been replaced by a newer commit, or compacted at the same revision: what the
        catalog names by then is read instead. Where it still names them, they are damaged, and rebuilt.
        """
        rebuilt = False
        while True:
            connection = self._connections.get()
            try:
                catalog.begin(connection)
                try:
                    return connection, self._load(connection)
                except DamagedFileError:
                    if rebuilt:
                        return connection, self._load_without_files(connection)
                    named = self._named(connection)
                    catalog.roll_back(connection)
                if self._named(self._connections.get()) == named:
                    self._rebuild()
                    rebuilt = True
            except BaseException as error:
                catalog.roll_back(connection)
                if isinstance(error, sqlite3.DatabaseError):
                    raise self._unreadable(error) from error
                raise

    def _at(self, connection: sqlite3.Connection) -> tuple[Identity, int]:
        return self._connections.identity(), catalog.revision(connection)

    def _named(self, connection: sqlite3.Connection) -> tuple[Identity, list[Derived | None]]:
        """Return the catalog's identity and the derived files that it names."""
        found = [catalog.get_derived(connection, kind) for kind in (dense.KIND, lexical.KIND)]
        return self._connections.identity(), found

    def _unreadable(self, error: sqlite3.DatabaseError) -> IndexStoreError:
        return catalog.unreadable(f"{self.folder}: the catalog", error)

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order they were added."""
        last = 0
        while found := catalog.articles_after(self._connections.get(), last):
            for one in found:
                yield one.article
            last = found[-1].seq

    def list_articles(
        self, filters: Filters | None = None, *, offset: int = 0, limit: int = 50, title: str = ""
    ) -> list[Article]:
        """Return a page of the articles that pass filters: newest first, those without a date at the end.

        Parameters
        ----------
        title
            Words, or parts of words, that their titles have, whatever the case and the accents.

        Raises
        ------
        IndexDamagedError
        """
        connection = self._connections.get()
        found = catalog.list_articles(connection, filters or Filters(), offset, limit, title)
        return [one.article for one in found]

    def count_articles(self, filters: Filters | None = None, *, title: str = "") -> int:
        """Return how many articles pass filters and have the words of ``title``, as in `list_articles`."""
        return catalog.count_articles(self._connections.get(), filters or Filters(), title)

    def collection_counts(self, filters: Filters | None = None) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""
        return catalog.collection_counts(self._connections.get(), filters or Filters())

    def article(self, article_id: str) -> Article:
        """Return the article of an id.

        Raises
        ------
        KeyError
            Where there is none.
        """
        found = catalog.article_by_id(self._connections.get(), article_id)
        if found is None:
            raise KeyError(article_id)
        return found.article

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path.

        Parameters
        ----------
        stems
            Where nothing has that name, take it for the name of files without folder and suffix.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.ids_by_reference(self._connections.get(), reference, stems=stems)

    def copies(self, article_id: str) -> list[str]:
        """Return the ids of an article's near-duplicates, itself among them, in the order they were added."""
        return catalog.copies_of(self._connections.get(), article_id)

    def versions(self, article_id: str) -> list[Version]:
        """Return the versions that newer ones of an article replaced, oldest first.

        Raises
        ------
        KeyError
            Where there is no such article.
        IndexDamagedError
        """
        connection = self._connections.get()
        seq = catalog.row_of_id(connection, article_id)
        if seq is None:
            raise KeyError(article_id)
        return catalog.versions_of(connection, seq)

    def successor(self, article_id: str) -> str | None:
        """Return the id of the article that replaced the one of an id; None where none did.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.successor(self._connections.get(), article_id)

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks, sources and outlets there are.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.counts(self._connections.get())

    def months_of_outlets(self) -> list[tuple[str | None, str | None, int]]:
        """Return ``(outlet, month, articles)`` by month; None where articles have no outlet, or no date.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.months_of_outlets(self._connections.get())

    def positions(self) -> dict[str, Position]:
        """Return how far files were read in which an ``add`` was broken off: for ``ReadOptions.positions``.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.positions(self._connections.get())

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the content hash of every article, in no order.

        Raises
        ------
        IndexDamagedError
        """
        return catalog.contents(self._connections.get())

    def boilerplate(self) -> dict[str, int]:
        """Return how many paragraphs outlets print under many stories, and which articles are without some.

        Returns
        -------
        dict[str, int]
            ``paragraphs`` known, and ``articles`` of which some are not searched.

        Raises
        ------
        IndexDamagedError
        """
        known, articles = catalog.boilerplate_counts(self._connections.get(), STORIES)
        return {"paragraphs": known, "articles": articles}

    @property
    def ivf_stats(self) -> IvfStats:
        """Statistics of the last build of the vector index."""
        return dense.stats_of(self._connections.get())

    @property
    def vector_stats(self) -> dict[str, object]:
        """How vectors are searched, as `info` tells it."""
        return asdict(self.ivf_stats)

    # Writing

    def add(
        self,
        items: Iterable[Article | Skipped],
        *,
        progress: Progress | None = None,
        positions: MutableMapping[str, Position] | None = None,
        prepared: Mapping[str, PreparedChunks] | None = None,
    ) -> AddReport:
        """Add articles; each is committed whole or not at all, in batches as they come.

        Fields are normalised as those of articles that are read; what cannot be an article is skipped,
        with the reason in the report. An article whose content is already there is not embedded again.
        One replaces the earlier version of itself: the article of the same id; without an id of the
        user's, that of the same URL; with neither, that of the same file. Nothing else is removed.

        Parameters
        ----------
        positions
            Those of the `ReadOptions` that ``items`` are read with: what readers write there is committed
            with the articles before it, so that an ``add`` that is broken off can go on; see `positions`.
        prepared
            By content hash, chunks that were made elsewhere, under this index's budget; looked up as
            articles come. What is missing is made here.

        Raises
        ------
        IndexLockedError, IndexStoreError, IndexMismatchError
        """
        with self._writer() as writer:
            return writer.add(items, progress, positions, prepared)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Remove articles, all of them or none; returns how many.

        Raises
        ------
        KeyError
            Where one of the ids is not there; nothing is removed then.
        IndexLockedError, IndexStoreError
        """
        with self._writer() as writer:
            return writer.remove(article_ids)

    def compact(self, *, retrain: bool = False) -> None:
        """Write all vectors into one file now; `add` and `remove` do so by themselves, once it pays.

        Parameters
        ----------
        retrain
            Train the IVF centroids again, too.

        Raises
        ------
        IndexLockedError, IndexStoreError
        """
        with self._writer() as writer:
            writer.compact(retrain=retrain)

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        with writer_lock(self.folder):
            built = self._model.check_tokens()
            try:
                yield Writer(self._connections.get(), self.folder, built, self.encode)
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error

    # Internals

    def _load(self, connection: sqlite3.Connection) -> LoadedRevision:
        """Return the derived files that the connection's open transaction names.

        Raises
        ------
        DamagedFileError
        """
        at = self._at(connection)
        with self._guard:
            before = self._state
            if before is not None and before.at == at:
                return before
            dimension = self.built_with.identity.dimension
            if before is not None and before.at[0] != at[0]:
                # Another catalog was restored here; files of the same name may differ.
                before, self._verified = None, VerifiedFiles()
            self._state = LoadedRevision(
                at,
                dense.load(
                    connection,
                    self.folder,
                    dimension,
                    self._verified,
                    before.dense if before else None,
                ),
                lexical.load(connection, self.folder, self._verified),
                catalog.newest_day(connection),
            )
            return self._state

    def _rebuild(self) -> None:
        """Rebuild damaged files where this process may write; otherwise the catalog itself is searched."""
        with suppress(IndexStoreError), self._writer() as writer:
            writer.derive()

    def _load_without_files(self, connection: sqlite3.Connection) -> LoadedRevision:
        """Return intact files as they are, and the rest built in memory from the catalog."""
        at = self._at(connection)
        with self._guard:
            if self._state is None or self._state.at != at:
                dimension = self.built_with.identity.dimension
                try:
                    vectors = dense.load(connection, self.folder, dimension, self._verified)
                except DamagedFileError:
                    vectors = dense.load_exact(connection, dimension)
                try:
                    words = lexical.load(connection, self.folder, self._verified)
                except DamagedFileError:
                    words = lexical.build_in_memory(connection)
                newest = catalog.newest_day(connection)
                self._state = LoadedRevision(at, vectors, words, newest)
            return self._state
