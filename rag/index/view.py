"""One revision of an index: dense and lexical search, and the catalog, under the same filters."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from embeddings import Vectors
from rag.index import catalog
from rag.index.catalog import ChunkFeatures, StoredArticle
from rag.index.connections import Identity
from rag.index.dense import DenseIndex
from rag.index.lexical import LexicalIndex
from rag.types import Chunk, Filters, Reprint

# Up to this many chunks under a filter, each is compared exactly.
EXACT_UNDER_FILTER = 4096
# Filters whose ids are cached: a batch mostly asks with one.
_CACHED_FILTERS = 4


@dataclass(frozen=True, slots=True)
class LoadedRevision:
    """The derived files of one revision, shared by all threads."""

    at: tuple[Identity, int]
    """Which catalog, and its revision."""
    dense: DenseIndex
    lexical: LexicalIndex
    newest: str = ""
    """The newest publication date, in ISO form; "" where no article has one."""
    filter_ids: dict[Filters, NDArray[np.int64]] = field(default_factory=dict)
    """Cached ids of the chunks that some filters let through."""


@dataclass(frozen=True, slots=True)
class View:
    """One revision of a folder index, for the length of a question; an `IndexView`."""

    connection: sqlite3.Connection
    state: LoadedRevision
    dimension: int

    def search_dense(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, cosine)``, best first, ties by id, inside the filters."""
        filters = self._effective(filters)
        if filters.empty:
            return self.state.dense.search(vector, k, None)
        ids = self._filter_ids(filters)
        if len(ids) <= EXACT_UNDER_FILTER:
            return self._exact(ids, vector, k)
        return self.state.dense.search(vector, k, ids)

    def search_lexical(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)``, best first, ties by id, inside the filters."""
        names = catalog.filter_names(self.connection, filters)
        return self.state.lexical.search(question, k, self._effective(filters), names)

    def features(self, ids: Sequence[int]) -> dict[int, ChunkFeatures]:
        """Return vector, date and near-duplicate group of those of the chunks that exist."""
        return catalog.chunk_features(self.connection, ids, self.dimension)

    def chunks(self, ids: Sequence[int]) -> dict[int, tuple[Chunk, StoredArticle, Vectors]]:
        """Return those of the chunks that exist, with their articles and unit vectors."""
        return catalog.chunks(self.connection, ids)

    def reprints(self, groups: Sequence[int], as_of: date | None) -> dict[int, list[Reprint]]:
        """Return the articles of near-duplicate groups that were published by a day, first added first."""
        return catalog.reprints(self.connection, groups, as_of)

    def undated(self, filters: Filters) -> int:
        """Return how many articles without a date the other filters let through."""
        return catalog.undated(self.connection, filters)

    def _filter_ids(self, filters: Filters) -> NDArray[np.int64]:
        cache = self.state.filter_ids
        if filters not in cache:
            found = catalog.filter_ids(self.connection, filters)
            if len(cache) >= _CACHED_FILTERS:
                cache.clear()
            cache[filters] = found
            return found
        return cache[filters]

    def _exact(self, ids: NDArray[np.int64], vector: Vectors, k: int) -> list[tuple[int, float]]:
        found, vectors = catalog.vectors_of(self.connection, ids.tolist(), self.dimension)
        pairs = zip(found.tolist(), (vectors @ vector).tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]

    def _effective(self, filters: Filters) -> Filters:
        """Return filters without an as-of day that excludes nothing: unfiltered search is faster."""
        if filters.as_of and filters.as_of.isoformat() >= self.state.newest:
            return replace(filters, as_of=None)
        return filters
