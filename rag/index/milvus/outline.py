"""The short columns of all articles of a revision, to list and count them."""

from __future__ import annotations

import threading

from rag.index import catalog
from rag.index.catalog import CollectionCounts
from rag.index.catalog.rows import COLUMNS, ArticleRows, put_rows
from rag.index.milvus.working_set import WorkingSet
from rag.types import Filters

_REQUIRED = {"text": "", "authors": "[]"}
"""Columns that a catalog requires and an outline has not."""


class Outline:
    """A catalog of titles, outlets, days and languages; safe from many threads."""

    def __init__(self, work: WorkingSet) -> None:
        self.identity = work.head.identity
        self._guard = threading.Lock()
        self._connection = catalog.in_memory()
        with catalog.transaction(self._connection):
            for found in work.outlines():
                put_rows(
                    self._connection,
                    (
                        ArticleRows(
                            tuple((_REQUIRED | {"sum": 0} | one).get(name) for name in COLUMNS),
                            [], [], [], [], [],
                        )
                        for one in found
                    ),
                )  # fmt: skip

    def rows(self, filters: Filters, offset: int, limit: int, title: str) -> list[int]:
        """Return the rows of a page of articles, as `Index.list_articles`."""
        with self._guard:
            return catalog.listed_rows(self._connection, filters, offset, limit, title)

    def count(self, filters: Filters, title: str) -> int:
        """Return how many articles pass filters and have the words of ``title``."""
        with self._guard:
            return catalog.count_articles(self._connection, filters, title)

    def collection_counts(self, filters: Filters) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""
        with self._guard:
            return catalog.collection_counts(self._connection, filters)

    def months_of_outlets(self) -> list[tuple[str | None, str | None, int]]:
        """Return ``(outlet, month, articles)`` by month."""
        with self._guard:
            return catalog.months_of_outlets(self._connection)

    def outlets(self) -> int:
        """Return how many outlets there are."""
        with self._guard:
            return catalog.counts(self._connection)["outlets"]
