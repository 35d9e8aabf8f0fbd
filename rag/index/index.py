"""The folder that holds a collection: opened, read in views of one revision, added to, removed from."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from embeddings import DEFAULT_MODEL, Encoder, EncoderNotFoundError, Vectors, load_encoder
from rag.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexStoreError,
    ModelError,
)
from rag.index import catalog, lexical, schema
from rag.index import dense as dense_index
from rag.index.ann import Fold
from rag.index.catalog import BuiltWith, Stored
from rag.index.chunking import ENCODING, ChunkBudget
from rag.index.connections import Connections, Identity
from rag.index.integrity import DamagedFileError, Seen
from rag.index.lock import writer_lock
from rag.index.writer import Progress, Writer
from rag.types import AddReport, Article, Chunk, Filters, Skipped

# The default model's weights rounded in seven bits give vectors within 0.980 of those in eight, which older
# indexes hold, and processors on which eight bits overflow made others again. Another model's lie under 0.5.
_PROBE_COSINE = 0.95
# What the making of an index writes first; left behind where it is killed.
_OWN = ("LOCK", schema.FILE)
# Under a filter that lets no more chunks through, each of them is compared.
_FEW = 4096
# Filters whose chunks are kept in mind: a batch mostly asks with one.
_FILTERS = 4


@dataclass(frozen=True, slots=True)
class _State:
    at: tuple[Identity, int]
    """Which catalog, and its revision."""
    dense: dense_index.DenseIndex
    lexical: lexical.LexicalIndex
    newest: str = ""
    """The newest publication date, in ISO form; "" where no article has one."""
    allowed: dict[Filters, NDArray[np.int64]] = field(default_factory=dict)
    """What some filters let through, for the next question with the same."""


@dataclass(frozen=True, slots=True)
class View:
    """One revision of an index, for the length of a question."""

    connection: sqlite3.Connection
    state: _State
    dimension: int

    def nearest(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, cosine)`` by vector, best first, inside the filters."""
        allowed = None
        filters = self._binding(filters)
        if not filters.empty:
            allowed = self._allowed(filters)
            if len(allowed) <= _FEW:
                return self._nearest_of(allowed, vector, k)
        return self.state.dense.search(vector, k, allowed)

    def _allowed(self, filters: Filters) -> NDArray[np.int64]:
        known = self.state.allowed
        if filters not in known:
            found = catalog.allowed_chunks(self.connection, filters)
            if len(known) >= _FILTERS:
                known.clear()
            known[filters] = found
            return found
        return known[filters]

    def _nearest_of(
        self, allowed: NDArray[np.int64], vector: Vectors, k: int
    ) -> list[tuple[int, float]]:
        ids, own = catalog.vectors_of(self.connection, allowed.tolist(), self.dimension)
        found = zip(ids.tolist(), (own @ vector).tolist(), strict=True)
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def matching(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)`` by words, best first, inside the filters."""
        return self.state.lexical.search(question, k, self._binding(filters))

    def _binding(self, filters: Filters) -> Filters:
        """Return filters without a day asked that leaves nothing out, as today mostly does.

        A search without filters takes less time.
        """
        if filters.as_of and filters.as_of.isoformat() >= self.state.newest:
            return replace(filters, as_of=None)
        return filters

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, Stored, Vectors]]:
        """Return those of the chunks that exist, with their articles and unit vectors."""
        return catalog.chunks(self.connection, ids)


class Index:
    """An index folder. Reading is safe from many threads; one process at a time may write."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._encoder = encoder
        self._probed: Identity | None = None
        """The catalog that the encoder was found to agree with."""
        self._connections = Connections(folder)
        self._guard = threading.Lock()
        self._loading = threading.Lock()
        self._state: _State | None = None
        self._seen = Seen()

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
            Make a new index where there is none.
        encoder
            The embedding model; without one, the model the index was built with (the default
            model for a new index), found when it is first needed.
        budget
            How articles of a new index are cut.

        Raises
        ------
        NoIndexError, IndexDamagedError, IndexMismatchError, IndexStoreError
        """
        folder = Path(folder).expanduser()
        index = cls(folder, encoder)
        try:
            if create and not schema.is_whole(folder):
                index._make(budget or ChunkBudget())
            index._connections.get()
            if encoder is not None:
                index._check_identity(encoder)
        except BaseException:
            index.close()
            raise
        return index

    def _make(self, budget: ChunkBudget) -> None:
        folder = self.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            foreign = [path for path in folder.iterdir() if not path.name.startswith(_OWN)]
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise IndexStoreError(f"{folder}: the folder cannot be made ({reason})") from error
        if foreign:
            raise IndexStoreError(
                f"{folder}: not an index and not empty; name a new or empty folder"
            )
        built = self._new_built_with(budget)
        try:
            with writer_lock(folder):
                connection = schema.connect(folder, create=True)
                self._connections.take(connection)
                # Another process may have made it while this one waited to look.
                if catalog.built_with(connection) is None:
                    with catalog.writing(connection):
                        catalog.set_built_with(connection, built)
        except sqlite3.Error as error:
            raise IndexStoreError(f"{folder}: no index can be made ({error})") from error

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
    def built_with(self) -> BuiltWith:
        """Model, chunk budget and token encoding of this index."""
        found = catalog.built_with(self._connections.get())
        if found is None:
            raise IndexDamagedError(f"{self.folder}: the catalog does not say what made it")
        return found

    @property
    def revision(self) -> int:
        """The number of commits so far."""
        return catalog.revision(self._connections.get())

    @property
    def encoder(self) -> Encoder:
        """The embedding model, checked against the one the index was built with.

        Raises
        ------
        IndexMismatchError, ModelError
        """
        with self._loading:
            if self._encoder is None:
                try:
                    found = load_encoder(self.built_with.model)
                except EncoderNotFoundError as error:
                    raise ModelError(str(error)) from error
                self._check_identity(found)
                self._encoder = found
            return self._encoder

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors of texts, after checking once that the model still agrees.

        Raises
        ------
        IndexMismatchError
            Where the same probe texts no longer give the vectors the index was built with.
        """
        encoder = self.encoder
        connection = self._connections.get()
        identity = self._connections.identity()
        if self._probed != identity:
            self._check_identity(encoder)
            known, then = catalog.probes(connection, encoder.identity.dimension)
            if known:
                now = encoder.encode(known)
                cosine = float((now * then).sum(axis=1).min())
                if cosine < _PROBE_COSINE:
                    raise IndexMismatchError(
                        f"{self.folder}: the model's vectors changed since the index was built "
                        f"(probe cosine {cosine:.3f}, at least {_PROBE_COSINE} wanted); "
                        f"add the articles to a new index"
                    )
            self._probed = identity
        return encoder.encode(texts)

    @contextmanager
    def view(self) -> Iterator[View]:
        """Hold one revision: whatever is written meanwhile, all reads inside see the same."""
        if self._connections.get().in_transaction:
            raise IndexStoreError("a view is already open in this thread")
        connection, state = self._begin()
        try:
            yield View(connection, state, self.built_with.identity.dimension)
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _begin(self) -> tuple[sqlite3.Connection, _State]:
        """Begin a transaction and return the derived files as it names them.

        Files that are gone may have been replaced by a newer commit, to which this goes on; else
        they are damaged, and made anew.
        """
        mended = False
        while True:
            connection = self._connections.get()
            try:
                connection.execute("BEGIN")
                try:
                    return connection, self._current_state(connection)
                except DamagedFileError:
                    if mended:
                        return connection, self._without_files(connection)
                    at = self._at(connection)
                    connection.execute("ROLLBACK")
                if self._at(self._connections.get()) == at:
                    self._mend()
                    mended = True
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _at(self, connection: sqlite3.Connection) -> tuple[Identity, int]:
        return self._connections.identity(), catalog.revision(connection)

    def _unreadable(self, error: sqlite3.DatabaseError) -> IndexDamagedError:
        return IndexDamagedError(f"{self.folder}: the catalog cannot be read ({error})")

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order they were added."""
        # A few at a time, so that an archive never stands in memory as a whole.
        last = 0
        while found := catalog.stored(self._connections.get(), "seq > ?", (last,), limit=100):
            for one in found:
                yield one.article
            last = found[-1].seq

    def article(self, article_id: str) -> Article:
        """Return the article of an id.

        Raises
        ------
        KeyError
            Where there is none.
        """
        found = catalog.stored(self._connections.get(), "id = ?", (article_id,))
        if not found:
            raise KeyError(article_id)
        return found[0].article

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path.

        Parameters
        ----------
        stems
            Where nothing is called so, take it for the name of files without folder and suffix.

        Raises
        ------
        IndexDamagedError
        """
        try:
            return self._resolved(self._connections.get(), reference, stems)
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error

    def _resolved(self, connection: sqlite3.Connection, reference: str, stems: bool) -> list[str]:
        absolute = str(Path(reference).expanduser().absolute()) if "\0" not in reference else ""
        for condition, values in (
            ("id = ?", (reference,)),
            ("url = ?", (reference,)),
            (
                # Lines of a JSONL are "path#id"; "$" follows "#", so that an index finds them all.
                "seq IN (SELECT seq FROM sources WHERE source IN (?, ?) OR source >= ? AND source < ?)",
                (reference, absolute, f"{absolute}#", f"{absolute}$"),
            ),
        ):
            rows = connection.execute(
                f"SELECT id FROM articles WHERE {condition} ORDER BY seq",
                values,
            ).fetchall()
            if rows:
                return [row[0] for row in rows]
        if not stems or "/" in reference:
            return []
        pairs = connection.execute(
            "SELECT s.source, a.id FROM sources s JOIN articles a USING (seq)"
        )
        return sorted({name for source, name in pairs if _stem(source) == reference})

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks, sources and outlets there are.

        Raises
        ------
        IndexDamagedError
        """
        try:
            row = (
                self._connections.get()
                .execute(
                    "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks),"
                    " (SELECT count(*) FROM sources), (SELECT count(DISTINCT outlet_key) FROM articles)"
                )
                .fetchone()
            )
        except sqlite3.DatabaseError as error:
            raise self._unreadable(error) from error
        return dict(zip(("articles", "chunks", "sources", "outlets"), row, strict=True))

    @property
    def last_fold(self) -> Fold:
        """How the vectors were last folded, and how much of the truth was found then."""
        return dense_index.fold_of(self._connections.get())

    # Writing

    def add(
        self, items: Iterable[Article | Skipped], *, progress: Progress | None = None
    ) -> AddReport:
        """Add articles; each is committed whole or not at all, in batches as they come.

        An article whose content is already there is not embedded again; one from a known source
        with new content replaces the old.

        Raises
        ------
        IndexLockedError, IndexStoreError, IndexMismatchError
        """
        with self._writer() as writer:
            return writer.add(items, progress)

    def remove(self, article_ids: Iterable[str]) -> int:
        """Take articles out, all of them or none; returns how many.

        Raises
        ------
        KeyError
            Where one of the ids is not there; nothing is removed then.
        IndexLockedError, IndexStoreError
        """
        with self._writer() as writer:
            return writer.remove(article_ids)

    def fold(self, *, anew: bool = False) -> None:
        """Fold all vectors into one file now; `add` and `remove` do so by themselves, once it pays.

        Parameters
        ----------
        anew
            Place the centroids of lists again, too.

        Raises
        ------
        IndexLockedError, IndexStoreError
        """
        with self._writer() as writer:
            writer.fold(anew=anew)

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        with writer_lock(self.folder):
            built = self.built_with
            if built.token_encoding != ENCODING:
                raise IndexMismatchError(
                    f"{self.folder}: its chunks were counted with token_encoding "
                    f"{built.token_encoding}, this presscite counts with {ENCODING}; "
                    "add the articles to a new index"
                )
            try:
                yield Writer(self._connections.get(), self.folder, built, self.encode)
            except sqlite3.OperationalError as error:
                raise IndexStoreError(
                    f"{self.folder}: the catalog cannot be read or written ({error})"
                ) from error
            except sqlite3.DatabaseError as error:
                raise self._unreadable(error) from error

    # Inner parts

    def _new_built_with(self, budget: ChunkBudget) -> BuiltWith:
        try:
            encoder = self._encoder or load_encoder()
        except EncoderNotFoundError as error:
            raise ModelError(str(error)) from error
        name = encoder.identity.name if self._encoder else DEFAULT_MODEL
        return BuiltWith(name, encoder.identity, budget, ENCODING)

    def _check_identity(self, encoder: Encoder) -> None:
        built, given = self.built_with.identity, encoder.identity
        for part in ("dimension", "name", "weights_sha256", "normalised", "max_word_pieces"):
            wanted, found = getattr(built, part), getattr(given, part)
            if wanted != found:
                raise IndexMismatchError(
                    f"{self.folder}: built with {part} {wanted}, the model given has {found}; "
                    f"use {built.name} or add the articles to a new index"
                )

    def _current_state(self, connection: sqlite3.Connection) -> _State:
        """Return the derived files as the connection's open transaction names them.

        Raises
        ------
        DamagedFileError
        """
        at = self._at(connection)
        with self._guard:
            before = self._state
            if before is None or before.at != at:
                dimension = self.built_with.identity.dimension
                if before is not None and before.at[0] != at[0]:
                    # Another catalog was put here; files of one name may be others.
                    before, self._seen = None, Seen()
                dense = before.dense if before else None
                self._state = _State(
                    at,
                    dense_index.load(connection, self.folder, dimension, self._seen, dense),
                    lexical.load(connection, self.folder, self._seen),
                    catalog.newest_day(connection),
                )
            assert self._state is not None
            return self._state

    def _mend(self) -> None:
        """Make damaged files anew where this process may write; else the catalog is searched itself."""
        with suppress(IndexStoreError), self._writer() as writer:
            writer.derive()

    def _without_files(self, connection: sqlite3.Connection) -> _State:
        """Return a state of what can be used as it is, and the rest from the catalog, in memory."""
        at = self._at(connection)
        with self._guard:
            if self._state is None or self._state.at != at:
                dimension = self.built_with.identity.dimension
                try:
                    dense = dense_index.load(connection, self.folder, dimension, self._seen)
                except DamagedFileError:
                    dense = dense_index.without_file(connection, dimension)
                try:
                    words = lexical.load(connection, self.folder, self._seen)
                except DamagedFileError:
                    words = lexical.in_memory(connection)
                self._state = _State(at, dense, words, catalog.newest_day(connection))
            return self._state


def _stem(source: str) -> str:
    return Path(source.split("#", maxsplit=1)[0]).stem
