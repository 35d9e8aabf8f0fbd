"""The folder that holds a collection: opened, read in views of one revision, added to, removed from."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from embeddings import DEFAULT_MODEL, Encoder, EncoderNotFoundError, Vectors, find_encoder
from rag.chunking import ENCODING, ChunkBudget, chunk_spans, vector_text
from rag.errors import IndexDamagedError, IndexMismatchError, IndexStoreError, ModelError
from rag.index import catalog, lexical, vectors
from rag.index.catalog import BuiltWith, Stored
from rag.index.copies import copy_group, sketch
from rag.index.lock import writer_lock
from rag.ingest.article import content_hash
from rag.types import AddReport, Article, Chunk, Filters, Skipped

_BATCH_CHUNKS = 256
_PROBES = ("Who signed the agreement?", "The minister arrived in the capital on Tuesday.")
_PROBE_COSINE = 0.98
# What the making of an index writes first; left behind where it is killed.
_OWN = ("LOCK", catalog.FILE)
Progress = Callable[[int, str], None]
"""Called with the number of sources seen so far and the newest one."""


@dataclass(frozen=True, slots=True)
class _State:
    revision: int
    dense: vectors.DenseIndex
    lexical: lexical.LexicalIndex


@dataclass(frozen=True, slots=True)
class View:
    """One revision of an index, for the length of a question."""

    connection: sqlite3.Connection
    state: _State

    def nearest(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, cosine)`` by vector, best first, inside the filters."""
        allowed = None
        if not filters.empty:
            allowed = catalog.allowed_chunks(self.connection, filters)
            if not len(allowed):
                return []
        return self.state.dense.search(vector, k, allowed)

    def matching(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)`` by words, best first, inside the filters."""
        return self.state.lexical.search(question, k, filters)

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, Stored, Vectors]]:
        """Return those of the chunks that exist, with their articles and unit vectors."""
        return catalog.chunks(self.connection, ids)


class Index:
    """An index folder. Reading is safe from many threads; one process at a time may write."""

    def __init__(self, folder: Path, encoder: Encoder | None = None) -> None:
        self.folder = folder
        self._encoder = encoder
        self._probed = False
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._state: _State | None = None

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
            if create and not catalog.is_whole(folder):
                index._make(budget or ChunkBudget())
            index._connection()
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
        except OSError as error:
            raise IndexStoreError(
                f"{folder}: the folder cannot be made ({error.strerror or error})"
            ) from error
        if foreign:
            raise IndexStoreError(
                f"{folder}: not an index and not empty; name a new or empty folder"
            )
        built = self._new_built_with(budget)
        try:
            with writer_lock(folder):
                connection = catalog.connect(folder, create=True)
                self._connections.append(connection)
                self._local.connection = connection
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
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
            self._local = threading.local()
            self._state = None

    # Reading

    @property
    def built_with(self) -> BuiltWith:
        """Model, chunk budget and token encoding of this index."""
        found = catalog.built_with(self._connection())
        if found is None:
            raise IndexDamagedError(f"{self.folder}: the catalog does not say what made it")
        return found

    @property
    def revision(self) -> int:
        """The number of commits so far."""
        return catalog.revision(self._connection())

    @property
    def encoder(self) -> Encoder:
        """The embedding model, checked against the one the index was built with.

        Raises
        ------
        IndexMismatchError, ModelError
        """
        with self._guard:
            if self._encoder is None:
                try:
                    found = find_encoder(self.built_with.model)
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
        if not self._probed:
            connection = self._connection()
            rows = connection.execute("SELECT text, vector FROM probes ORDER BY text").fetchall()
            if rows:
                now = encoder.encode([row[0] for row in rows])
                then = np.stack([np.frombuffer(row[1], dtype="<f4") for row in rows])
                cosine = float((now * then).sum(axis=1).min())
                if cosine < _PROBE_COSINE:
                    raise IndexMismatchError(
                        f"{self.folder}: the model's vectors changed since the index was built "
                        f"(probe cosine {cosine:.3f}, at least {_PROBE_COSINE} wanted); "
                        f"add the articles to a new index"
                    )
            self._probed = True
        return encoder.encode(texts)

    @contextmanager
    def view(self) -> Iterator[View]:
        """Hold one revision: whatever is written meanwhile, all reads inside see the same."""
        connection = self._connection()
        if connection.in_transaction:
            raise IndexStoreError("a view is already open in this thread")
        try:
            connection.execute("BEGIN")
            yield View(connection, self._current_state(connection))
        except sqlite3.DatabaseError as error:
            raise IndexDamagedError(
                f"{self.folder}: the catalog cannot be read ({error})"
            ) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order they were added."""
        connection = self._connection()
        # A few at a time, so that an archive never stands in memory as a whole.
        last = 0
        while found := catalog.stored(connection, "seq > ?", (last,), limit=100):
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
        found = catalog.stored(self._connection(), "id = ?", (article_id,))
        if not found:
            raise KeyError(article_id)
        return found[0].article

    def resolve(self, reference: str) -> list[str]:
        """Return the ids of the articles meant by an id, a URL, a path or a file's stem."""
        connection = self._connection()
        absolute = str(Path(reference).expanduser().absolute()) if "\0" not in reference else ""
        for condition, values in (
            ("id = ?", (reference,)),
            ("url = ?", (reference,)),
            (
                "seq IN (SELECT seq FROM sources WHERE source IN (?, ?) OR substr(source, 1, ?) = ?)",
                (reference, absolute, len(absolute) + 1, f"{absolute}#"),
            ),
        ):
            rows = connection.execute(
                f"SELECT id FROM articles WHERE {condition} ORDER BY seq",
                values,
            ).fetchall()
            if rows:
                return [row[0] for row in rows]
        pairs = connection.execute(
            "SELECT s.source, a.id FROM sources s JOIN articles a USING (seq)"
        )
        return sorted({name for source, name in pairs if _stem(source) == reference})

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks, sources and outlets there are."""
        row = self._connection().execute(
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM chunks),"
            " (SELECT count(*) FROM sources), (SELECT count(DISTINCT outlet_key) FROM articles)"
        )
        return dict(zip(("articles", "chunks", "sources", "outlets"), row.fetchone(), strict=True))

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
        started = time.perf_counter()
        added = updated = unchanged = chunk_count = 0
        skipped: list[Skipped] = []
        with writer_lock(self.folder):
            connection = self._connection()
            pending: list[_Pending] = []
            waiting = 0

            def commit() -> None:
                nonlocal added, updated, unchanged, chunk_count, waiting
                for outcome, chunks_made in self._commit(connection, pending):
                    added += outcome == "added"
                    updated += outcome == "updated"
                    unchanged += outcome == "unchanged"
                    chunk_count += chunks_made
                pending.clear()
                waiting = 0

            try:
                for number, item in enumerate(items, 1):
                    if isinstance(item, Skipped):
                        skipped.append(item)
                    else:
                        one = self._prepare(connection, item)
                        twin = next((p for p in pending if p.article.id == item.id), None)
                        if twin is not None and twin.digest == one.digest:
                            one = replace(one, spans=[])
                        elif twin is not None:
                            commit()
                            one = self._prepare(connection, item)
                        pending.append(one)
                        waiting += len(one.spans)
                    if progress:
                        progress(number, item.source if isinstance(item, Skipped) else one.source)
                    if waiting >= _BATCH_CHUNKS or len(pending) >= _BATCH_CHUNKS:
                        commit()
                commit()
            finally:
                self._derive(connection)
        return AddReport(
            added, updated, unchanged, tuple(skipped), chunk_count, time.perf_counter() - started
        )

    def remove(self, article_ids: Iterable[str]) -> int:
        """Take articles out, all of them or none; returns how many.

        Raises
        ------
        KeyError
            Where one of the ids is not there; nothing is removed then.
        IndexLockedError, IndexStoreError
        """
        with writer_lock(self.folder):
            connection = self._connection()
            count = 0
            with catalog.writing(connection):
                for name in dict.fromkeys(article_ids):
                    found = catalog.stored(connection, "id = ?", (name,))
                    if not found:
                        raise KeyError(name)
                    catalog.delete_article(connection, found[0].seq)
                    count += 1
            self._derive(connection)
        return count

    # Inner parts

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = catalog.connect(self.folder)
            self._local.connection = connection
            with self._guard:
                self._connections.append(connection)
        return connection

    def _new_built_with(self, budget: ChunkBudget) -> BuiltWith:
        try:
            encoder = self._encoder or find_encoder()
        except EncoderNotFoundError as error:
            raise ModelError(str(error)) from error
        name = encoder.identity.name if self._encoder else DEFAULT_MODEL
        return BuiltWith(name, encoder.identity, budget, ENCODING)

    def _check_identity(self, encoder: Encoder) -> None:
        built, given = self.built_with.identity, encoder.identity
        for field in ("dimension", "name", "weights_sha256", "normalised"):
            wanted, found = getattr(built, field), getattr(given, field)
            if wanted != found:
                raise IndexMismatchError(
                    f"{self.folder}: built with {field} {wanted}, the model given has {found}; "
                    f"use {built.name} or add the articles to a new index"
                )

    def _current_state(self, connection: sqlite3.Connection) -> _State:
        at = catalog.revision(connection)
        with self._guard:
            if self._state is None or self._state.revision != at:
                dimension = self.built_with.identity.dimension
                self._state = _State(
                    at,
                    vectors.load(connection, self.folder, dimension),
                    lexical.load(connection, self.folder),
                )
            return self._state

    def _prepare(self, connection: sqlite3.Connection, article: Article) -> _Pending:
        digest = content_hash(article)
        row = connection.execute(
            "SELECT 1 FROM articles WHERE id = ? AND hash = ?", (article.id, digest)
        ).fetchone()
        spans = [] if row else chunk_spans(article.text, self.built_with.budget)
        source = article.sources[0] if article.sources else article.url or article.id
        return _Pending(article, source, digest, spans)

    def _commit(
        self, connection: sqlite3.Connection, pending: Sequence[_Pending]
    ) -> list[tuple[str, int]]:
        """Embed what is new, then write a batch in one transaction."""
        if not pending:
            return []
        budget = self.built_with.budget
        texts = [
            vector_text(one.article.title, one.article.text[start:end], budget)
            for one in pending
            for start, end in one.spans
        ]
        made = self.encode(texts) if texts else None
        probes = None
        if texts and not connection.execute("SELECT count(*) FROM probes").fetchone()[0]:
            probes = self.encode(_PROBES)
        if made is None and not self._sources_change(connection, pending):
            return [("unchanged", 0)] * len(pending)
        outcomes = []
        offset = 0
        loose: set[int] = set()
        with catalog.writing(connection):
            if probes is not None:
                connection.executemany(
                    "INSERT INTO probes VALUES (?,?)",
                    [(t, v.astype("<f4").tobytes()) for t, v in zip(_PROBES, probes, strict=True)],
                )
            for one in pending:
                count = len(one.spans)
                block = made[offset : offset + count] if made is not None else np.empty((0, 1))
                offset += count
                outcomes.append(_write(connection, one, np.asarray(block, np.float32), loose))
            # Last, so that an article whose file was renamed is never gone in between.
            for seq in sorted(loose):
                _drop_if_orphaned(connection, seq)
        return outcomes

    @staticmethod
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

    def _derive(self, connection: sqlite3.Connection) -> None:
        """Bring the derived files up to the catalog; what fails here is mended at the next write."""
        try:
            lexical.update(connection, self.folder)
            if vectors.needs_fold(connection, self.folder):
                vectors.fold(connection, self.folder, self.built_with.identity.dimension)
        except (OSError, ValueError, RuntimeError, sqlite3.DatabaseError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise IndexStoreError(
                f"{self.folder}: the articles are saved, but not the files to search them fast "
                f"({' '.join(str(error).split())}); the next add mends that"
            ) from error


def _stem(source: str) -> str:
    return Path(source.split("#", maxsplit=1)[0]).stem


@dataclass(frozen=True, slots=True)
class _Pending:
    article: Article
    source: str
    digest: str
    spans: list[tuple[int, int]]
    """Empty where the content is already in the catalog."""


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
