"""Verifying an index in Milvus: every row against its article, the counts, and that the engine finds.

Articles with their chunks come into a catalog in memory, where they are checked as a folder's are. What
Milvus filters and finds by (days, outlets, keys, words) follows from these rows: it is compared with what
they give, and `repair_milvus` writes it again.
"""

from __future__ import annotations

import uuid
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from rag.errors import IndexDamagedError, IndexStoreError, SourceError
from rag.index import catalog
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.rows import ArticleRows
from rag.index.integrity import Problem, ProblemKind
from rag.index.milvus.head import Head, Totals
from rag.index.milvus.holds import forget_hold, hold
from rag.index.milvus.index import MilvusIndex
from rag.index.milvus.rows import (
    CHUNK_FIELDS,
    PIECE_FIELDS,
    article_pieces,
    chunk_rows,
    rows_of_pieces,
    stored_chunk,
)
from rag.index.milvus.schema import visible
from rag.index.milvus.server import Row
from rag.index.milvus.words import Vocabulary, counts_of, decoded, term_row, totals_of
from rag.index.milvus.working_set import WorkingSet
from rag.index.verify import article_problems, probe_problems
from rag.types import Filters

_WINDOW = 50
"""Articles read at a time, with their vectors."""
_RENEWED = 20
"""Windows after which the hold is renewed."""
_LOOKED_FOR = 20
"""Chunks that are searched by their own vectors."""
_SAME = 1e-3
_NOT_COMPARED = frozenset({"nothing", "vector", "died", "content"})
"""Fields that tell nothing, or that are checked by their checksums."""


def verify_milvus(name: str, *, quick: bool) -> list[Problem]:
    """Return what is wrong with an index in Milvus; empty where it is sound.

    Parameters
    ----------
    quick
        Compare counts only; otherwise read every row.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError, IndexUnreachableError, IndexStoreError
        Where the index cannot be opened or read at all.
    """
    with MilvusIndex.open(name) as index:
        check = _Check(index)
        try:
            return list(check.counted()) if quick else list(check.whole())
        finally:
            check.close()


def repair_milvus(name: str) -> None:
    """Write again what Milvus filters and finds by, where it does not follow from the articles and chunks.

    Nothing is embedded again; articles, offsets and vectors are never changed.

    Raises
    ------
    NoIndexError, IndexMismatchError, IndexDamagedError, IndexLockedError, IndexStoreError
    """
    with MilvusIndex.open(name) as index, index.writer():
        server, names = index.parts
        check = _Check(index)
        try:
            deque(check.derived(), maxlen=0)
            server.put(names.articles, check.pieces_to_write, new=False)
            server.put(names.chunks, check.chunks_to_write, new=False)
            server.put(names.terms, check.terms_to_write, new=False)
        finally:
            check.close()


class _Check:
    """One revision, held while it is read."""

    def __init__(self, index: MilvusIndex) -> None:
        self._index = index
        self._server, self._names = index.parts
        self._token = uuid.uuid4().hex[:16]
        # Held before it is known which revision is the newest: what is replaced in between stays.
        self._hold(index.revision)
        self._head: Head = index.head()
        self._work = WorkingSet(self._server, self._names, self._head)
        self.pieces_to_write: list[Row] = []
        """Whole rows, with the fields that were wrong set right."""
        self.chunks_to_write: list[Row] = []
        self.terms_to_write: list[Row] = []
        self._seen = Totals()
        self._dimension = index.built_with.identity.dimension
        self._terms: dict[str, Counter[str]] = {"body": Counter(), "title": Counter()}
        self._samples: list[tuple[int, list[float]]] = []

    def close(self) -> None:
        """Let the revision go."""
        self._work.close()
        with suppress(IndexStoreError):
            forget_hold(self._server, self._names, self._token)

    def _hold(self, revision: int) -> None:
        # Where a token may only read, a writer may end rows under a check that takes long.
        with suppress(IndexStoreError):
            hold(self._server, self._names, self._token, revision)

    def counted(self) -> Iterator[Problem]:
        """Yield what is wrong by counts."""
        at = visible(self._head.revision)
        found = (
            ("articles", self._names.articles, f"{at} and piece == 0", self._head.totals.articles),
            ("chunks", self._names.chunks, at, self._head.totals.chunks),
        )
        for what, collection, where, wanted in found:
            count = self._server.count(collection, where)
            if count != wanted:
                yield _problem("catalog", f"{count:,} {what} are there, {wanted:,} were written")

    def whole(self) -> Iterator[Problem]:
        """Yield everything that is wrong."""
        for text in probe_problems(self._work.connection):
            yield _problem("catalog", f"head: {text}")
        yield from self.derived()
        yield from self.counted()
        yield from self._sums()
        yield from self._found()

    def derived(self) -> Iterator[Problem]:
        """Yield what is wrong with rows, and with what follows from them and can be written again."""
        yield from self.rows()
        yield from self._vocabulary()

    def rows(self) -> Iterator[Problem]:
        """Yield what is wrong with articles and chunks; collects what is to be written again."""
        last = self._head.numbers.get("articles", 0)
        for count, low in enumerate(range(0, last, _WINDOW)):
            if count % _RENEWED == _RENEWED - 1:
                self._hold(self._head.revision)
            seqs = range(low + 1, min(low + _WINDOW, last) + 1)
            pieces = self._work.pieces(seqs, PIECE_FIELDS)
            chunks = self._work.chunks_of_articles(seqs, CHUNK_FIELDS)
            yield from self._window(pieces, chunks)
            self._work.empty()

    def _window(self, pieces: Sequence[Row], chunks: Sequence[Row]) -> Iterator[Problem]:
        if chunks and len(self._samples) < _LOOKED_FOR:
            first = chunks[0]
            self._samples.append((int(first["chunk"]), [float(one) for one in first["vector"]]))
        own_pieces, own_chunks = _by_article(pieces), _by_article(chunks)
        for seq in sorted(own_chunks.keys() - own_pieces.keys()):
            yield _problem("chunk", f"{len(own_chunks[seq])} chunks are of no article ({seq})")
        for seq, own in own_pieces.items():
            yield from self._article(own, own_chunks.get(seq, []))

    def _article(self, pieces: list[Row], chunks: list[Row]) -> Iterator[Problem]:
        try:
            (rows,) = rows_of_pieces(pieces).values()
        except IndexDamagedError as error:
            self._count(chunks)
            yield _problem("article", str(error))
            return
        rows = replace(rows, chunks=sorted(stored_chunk(chunk) for chunk in chunks))
        self._seen = self._seen.plus(Totals(articles=1, sources=len(rows.sources)))
        connection = self._work.connection
        with catalog.transaction(connection):
            catalog_rows.put_rows(connection, [rows])
        self._work.held.add(rows.seq)
        damaged = list(article_problems(connection, rows.seq, self._dimension))
        yield from damaged
        if damaged:
            # What follows from rows that are not intact follows from nothing.
            self._count(chunks)
        else:
            yield from self._derived_fields(rows, pieces, chunks)

    def _derived_fields(
        self, rows: ArticleRows, pieces: list[Row], chunks: list[Row]
    ) -> Iterator[Problem]:
        """Compare what Milvus filters and finds an article by with what its rows give."""
        born = int(pieces[0]["born"])
        try:
            right_chunks: dict[Any, Row] = {row["chunk"]: row for row in chunk_rows(rows, born)}
        except SourceError as error:
            self._count(chunks)
            yield _problem("article", str(error))
            return
        self._count(list(right_chunks.values()))
        right_pieces: dict[Any, Row] = {row["key"]: row for row in article_pieces(rows, born)}
        kinds: tuple[tuple[ProblemKind, str, list[Row], dict[Any, Row], list[Row]], ...] = (
            ("article", "key", pieces, right_pieces, self.pieces_to_write),
            ("chunk", "chunk", chunks, right_chunks, self.chunks_to_write),
        )
        for kind, key, found, right, again in kinds:
            for row in found:
                wanted = right.get(row[key], {})
                names = [one for one in wanted.keys() - _NOT_COMPARED if _differ(row, wanted, one)]
                if names:
                    again.append({**row, **{one: wanted[one] for one in names}})
                    text = (
                        f"article {rows.value('id')}, {key} {row[key]}: filtered or found by other "
                        f"values than its own ({', '.join(sorted(names))})"
                    )
                    yield Problem(kind, True, text)

    def _count(self, chunks: Sequence[Row]) -> None:
        for field, counts in counts_of(chunks).items():
            self._terms[field].update(counts)
        self._seen = self._seen.plus(totals_of(chunks))

    def _sums(self) -> Iterator[Problem]:
        wanted = self._head.totals
        for what, found, written in (
            ("sources", self._seen.sources, wanted.sources),
            ("terms of texts", self._seen.body_terms, wanted.body_terms),
            ("terms of titles", self._seen.title_terms, wanted.title_terms),
        ):
            if found != written:
                yield _problem("catalog", f"{found:,} {what} are there, {written:,} were written")

    def _vocabulary(self) -> Iterator[Problem]:
        words = Vocabulary(self._server, self._names, self._head.revision)
        terms = sorted(self._terms["body"].keys() | self._terms["title"].keys())
        words.look_up(decoded(one) for one in terms)
        wrong = []
        for one in terms:
            counts = {field: self._terms[field][one] for field in self._terms}
            if words.counts[decoded(one)] != counts:
                wrong.append(decoded(one))
                self.terms_to_write.append(term_row(one, counts, self._head.revision))
        if wrong:
            yield Problem(
                "lexical", True,
                f"{len(wrong):,} of {len(terms):,} terms are counted wrongly, {wrong[0]!r} among them",
            )  # fmt: skip

    def _found(self) -> Iterator[Problem]:
        """Yield chunks that a search by their own vectors does not find."""
        lost = []
        with self._index.view() as view:
            for number, vector in self._samples:
                found = dict(view.search_dense(np.asarray(vector, np.float32), 10, Filters()))
                # Many chunks may say the same.
                if number not in found and min(found.values(), default=0.0) < 1 - _SAME:
                    lost.append(number)
        if lost:
            yield Problem(
                "vectors", True,
                f"{len(lost)} of {len(self._samples)} chunks are not found by their own vectors, "
                f"{lost[0]} among them",
            )  # fmt: skip


def _by_article(rows: Sequence[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(int(row["seq"]), []).append(row)
    return found


def _differ(row: Row, right: Row, field: str) -> bool:
    found, wanted = row[field], right[field]
    # Arrays come in a container of the client's own.
    return bool(list(found) != wanted if isinstance(wanted, list) else found != wanted)


def _problem(kind: ProblemKind, text: str) -> Problem:
    return Problem(kind, False, text)
