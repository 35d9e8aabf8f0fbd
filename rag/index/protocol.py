"""What retrieval needs of an index: the folder index is one, an engine for larger archives may be another.

`tests/rag/index/conformance.py` is a suite that any implementation can be put through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from typing import Protocol

from embeddings import Vectors
from rag.types import Article, Chunk, Filters, Reprint, Version


class ChunkFeatures(Protocol):
    """What ranking needs of a chunk: no text."""

    @property
    def vector(self) -> Vectors:
        """Unit vector, shape (dimension,), exactly as it was embedded."""

    @property
    def published(self) -> date | None:
        """The day of its article."""

    @property
    def copy_group(self) -> int:
        """A number that near-duplicates of one article share."""

    @property
    def article(self) -> int:
        """A number that the chunks of one article share."""


class StoredArticle(Protocol):
    """An article in an index."""

    @property
    def article(self) -> Article:
        """The article as it was added."""

    @property
    def copy_group(self) -> int:
        """A number that near-duplicates of one article share."""


class IndexView(Protocol):
    """One revision of an index: whatever is written meanwhile, all calls see the same."""

    def search_dense(self, vector: Vectors, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, cosine)``, best first, ties by id, inside the filters.

        Scores may be approximate; `features` gives the exact vectors to order by.

        Parameters
        ----------
        vector
            Unit vector, shape (dimension,).
        """

    def search_lexical(self, question: str, k: int, filters: Filters) -> list[tuple[int, float]]:
        """Return up to k ``(chunk id, BM25)``, best first, ties by id, inside the filters.

        Chunks that share no term with the question are left out.
        """

    def features(self, ids: Sequence[int]) -> Mapping[int, ChunkFeatures]:
        """Return what ranking needs of those of the chunks that exist, without reading any text."""

    def chunks(self, ids: Sequence[int]) -> Mapping[int, tuple[Chunk, StoredArticle, Vectors]]:
        """Return those of the chunks that exist, with their articles and unit vectors."""

    def reprints(
        self, groups: Sequence[int], as_of: date | None
    ) -> Mapping[int, Sequence[Reprint]]:
        """Return the articles of near-duplicate groups that were published by a day, first added first.

        Those without a date are among them; of very large groups the first ones will do.
        """

    def undated(self, filters: Filters) -> int:
        """Return how many articles without a date pass the filters by outlet and language."""


class SearchIndex(Protocol):
    """An index that can be searched; safe from many threads."""

    @property
    def revision(self) -> int:
        """A number that grows with every commit."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (texts, dimension), of the model that the index was built with."""

    def view(self) -> AbstractContextManager[IndexView]:
        """Hold one revision for the length of a question."""

    def article(self, article_id: str) -> Article:
        """Return the article of an id.

        Raises
        ------
        KeyError
            Where there is none.
        """

    def versions(self, article_id: str) -> Sequence[Version]:
        """Return the versions that newer ones of an article replaced, oldest first; none where not kept.

        Raises
        ------
        KeyError
            Where there is no such article.
        """

    def successor(self, article_id: str) -> str | None:
        """Return the id of the article that replaced the one of an id; None where none did."""
