"""One revision of an index in Milvus, for the length of a question."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from embeddings import Vectors
from rag.errors import IndexDamagedError, IndexStoreError
from rag.index import catalog
from rag.index.catalog import ChunkFeatures, StoredArticle
from rag.index.catalog import rows as catalog_rows
from rag.index.catalog.copies import MAX_REPRINTS
from rag.index.checksums import chunk_checksum
from rag.index.milvus.rows import filter_key, stored_chunk
from rag.index.milvus.schema import visible
from rag.index.milvus.server import Row
from rag.index.milvus.words import FIELDS, Bm25, Vocabulary, encoded
from rag.index.milvus.working_set import WorkingSet
from rag.index.milvus.writer import VIEW_SECONDS
from rag.index.search_terms import search_terms
from rag.text.analyser import analyse
from rag.text.keys import language_key, outlet_key
from rag.types import Chunk, Filters, Reprint

_MAX_K = 16_384
"""Hits that Milvus returns at most."""
_MORE = 50
# How many more candidates than asked for are scored again.
_EXPLORED = 4
_MIN_EF = 256
_CHUNK_FIELDS = (
    "chunk", "vector", "seq", "start", "stop", "sum", "born", "died", "copy_group", "day"
)  # fmt: skip


class MilvusView:
    """One revision; an `IndexView`.

    Raises
    ------
    IndexStoreError
        From any call once it is held for longer than rows that only it sees are kept.
    """

    def __init__(self, work: WorkingSet) -> None:
        self._work = work
        self._server = work.server
        self._names = work.names
        self._revision = work.head.revision
        self._began = time.monotonic()
        self._words = Vocabulary(self._server, self._names, self._revision)
        self._chunks: dict[int, Row] = {}

    def search_dense(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, cosine)``, best first, ties by id, inside the filters."""
        self._check_age()
        many = min(_MAX_K, k + _MORE)
        ef = min(2 * _MAX_K, max(_MIN_EF, _EXPLORED * many))
        found = self._server.search(
            self._names.chunks, "vector", np.asarray(vector, np.float32).tolist(), many,
            self._where(filters), {"ef": ef},
        )  # fmt: skip
        return sorted(((one, score) for one, score, _ in found), key=_best_first)[:k]

    def search_lexical(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)``, best first, ties by id, inside the filters."""
        self._check_age()
        # All words at once: one by one each would be a request of its own.
        self._words.look_up(analyse(question))
        terms = search_terms(question, self._words)
        if not terms:
            return []
        asked = " ".join(encoded(term.text) for term in terms)
        many = min(_MAX_K, _EXPLORED * k + _MORE)
        candidates: dict[int, Row] = {}
        for field in FIELDS:
            found = self._server.search(
                self._names.chunks, f"{field}_bm25", asked, many, self._where(filters), {}, FIELDS
            )
            candidates.update((number, fields) for number, _, fields in found)
        self._words.look_up(term.text for term in terms)
        bm25 = Bm25(terms, self._words.counts, self._work.head.totals)
        scored = ((number, bm25.score(fields)) for number, fields in candidates.items())
        return sorted(scored, key=_best_first)[:k]

    def features(self, ids: Sequence[int]) -> dict[int, ChunkFeatures]:
        """Return vector, date and near-duplicate group of those of the chunks that exist."""
        found = {}
        for row in self._chunk_rows(ids):
            number, start, stop, vector, recorded = stored_chunk(row)
            seq, day = int(row["seq"]), int(row["day"])
            if chunk_checksum(seq, start, stop, vector) != recorded:
                raise IndexDamagedError(
                    f"chunk {number}: its row is not as it was written; "
                    f"copy the index again, or remove its article and add it again"
                )
            found[number] = ChunkFeatures(
                np.frombuffer(vector, "<f4"),
                date.fromordinal(day) if day else None,
                int(row["copy_group"]),
                seq,
            )
        return dict(sorted(found.items()))

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, StoredArticle, Vectors]]:
        """Return those of the chunks that exist, with their articles and unit vectors."""
        rows = self._chunk_rows(ids)
        self._work.fetch(int(row["seq"]) for row in rows)
        connection = self._work.connection
        with catalog.transaction(connection):
            catalog_rows.put_chunks(
                connection, ((int(row["seq"]), stored_chunk(row)) for row in rows)
            )
        return catalog.chunks(connection, [int(row["chunk"]) for row in rows])

    def reprints(self, groups: Sequence[int], as_of: date | None) -> dict[int, list[Reprint]]:
        """Return the articles of near-duplicate groups that were published by a day, first added first."""
        self._check_age()
        where = f"copy_group in {list(groups)}"
        if as_of:
            where += f" and day <= {as_of.toordinal()}"
        known: dict[int, list[Reprint]] = {group: [] for group in groups}
        for one in sorted(self._work.outlines_of(where), key=lambda one: one["seq"]):
            own = known[one["copy_group"]]
            if len(own) < MAX_REPRINTS:
                own.append(Reprint(one["id"], one["outlet"]))
        return known

    def undated(self, filters: Filters) -> int:
        """Return how many articles without a date the other filters let through."""
        self._check_age()
        named = replace(filters, since=None, until=None, as_of=None)
        where = f"{self._where(named)} and piece == 0 and day == 0"
        return self._server.count(self._names.articles, where)

    def _chunk_rows(self, ids: Sequence[int]) -> list[Row]:
        """Return the rows of chunks; those that were asked for before are not fetched again."""
        self._check_age()
        missing = [number for number in ids if number not in self._chunks]
        for row in self._server.query_in(self._names.chunks, "chunk", missing, _CHUNK_FIELDS):
            if row["born"] <= self._revision < row["died"]:
                self._chunks[int(row["chunk"])] = row
        return [self._chunks[one] for one in dict.fromkeys(ids) if one in self._chunks]

    def _where(self, filters: Filters) -> str:
        return " and ".join([visible(self._revision), *conditions(filters)])

    def _check_age(self) -> None:
        if time.monotonic() - self._began > VIEW_SECONDS:
            raise IndexStoreError(
                f"{self._server.address}: a view was held for more than {VIEW_SECONDS:.0f} seconds; "
                f"ask again"
            )


def conditions(filters: Filters) -> list[str]:
    """Return filters as conditions on the fields of chunks and articles.

    An article without a date (day 0) matches no ``since`` or ``until``, and every ``as_of``.
    """
    parts = []
    if filters.since or filters.until:
        parts.append(f"day >= {(filters.since or date.min).toordinal()}")
    days = [day.toordinal() for day in (filters.until, filters.as_of) if day]
    if days:
        parts.append(f"day <= {min(days)}")
    for field, name in (
        ("outlet", filters.outlet and outlet_key(filters.outlet)),
        ("language", filters.language and language_key(filters.language)),
        ("collection", filters.collection and outlet_key(filters.collection)),
    ):
        if name is not None:
            # A name that is empty in its normal form is nobody's.
            parts.append(f"{field} == '{filter_key(name) or '-'}'")
    return parts


def _best_first(pair: tuple[int, float]) -> Any:
    return -pair[1], pair[0]
