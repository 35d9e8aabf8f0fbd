"""What retrieval needs of an index, and what commands need: the folder index and the one in Milvus have both.

`tests/rag/index/conformance.py` is a suite that any implementation can be put through.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from types import TracebackType
from typing import Protocol, Self

from embeddings import Encoder, Vectors
from rag.index.batch import PreparedChunks
from rag.index.catalog import BuiltWith, CollectionCounts
from rag.index.writer import Progress
from rag.types import AddReport, Article, Chunk, Filters, Position, Reprint, Skipped, Version


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
        """Return how many articles without a date pass the filters by name."""


class SearchIndex(Protocol):
    """An index that can be searched; safe from many threads."""

    @property
    def revision(self) -> int:
        """A number that grows with every commit."""

    @property
    def catalog_identity(self) -> Hashable:
        """Tells an index from another one that is put in its place, which may have the same revision."""

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


class ArticleIndex(SearchIndex, Protocol):
    """An index that commands and the chat work with: searched, listed, written and closed.

    What a method raises stands at the folder index's (`rag.index.Index`).
    """

    @property
    def place(self) -> str:
        """The name by which the index is opened."""

    @property
    def built_with(self) -> BuiltWith:
        """Model, chunk budget and token encoding."""

    @property
    def encoder(self) -> Encoder:
        """The embedding model, checked against the one the index was built with."""

    @property
    def vector_stats(self) -> Mapping[str, object]:
        """How vectors are searched, as `info` tells it."""

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order they were added."""

    def list_articles(
        self, filters: Filters | None = None, *, offset: int = 0, limit: int = 50, title: str = ""
    ) -> Sequence[Article]:
        """Return a page of the articles that pass filters: newest first, those without a date last."""

    def count_articles(self, filters: Filters | None = None, *, title: str = "") -> int:
        """Return how many articles pass filters and have the words of ``title`` in theirs."""

    def collection_counts(self, filters: Filters | None = None) -> CollectionCounts:
        """Return how many articles pass filters, in all and by outlet, language and month."""

    def months_of_outlets(self) -> Sequence[tuple[str | None, str | None, int]]:
        """Return ``(outlet, month, articles)`` by month; None where articles have none."""

    def counts(self) -> dict[str, int]:
        """Return how many articles, chunks, sources and outlets there are."""

    def boilerplate(self) -> dict[str, int]:
        """Return how many paragraphs outlets print under many stories, and articles without some."""

    def resolve(self, reference: str, *, stems: bool = True) -> list[str]:
        """Return the ids of the articles meant by an id, a URL or a path."""

    def copies(self, article_id: str) -> list[str]:
        """Return the ids of an article's near-duplicates, itself among them."""

    def contents(self) -> Iterator[tuple[str, str]]:
        """Yield the id and the content hash of every article, in no order."""

    def positions(self) -> dict[str, Position]:
        """Return how far files were read in which an ``add`` was broken off."""

    def add(
        self,
        items: Iterable[Article | Skipped],
        *,
        progress: Progress | None = None,
        positions: MutableMapping[str, Position] | None = None,
        prepared: Mapping[str, PreparedChunks] | None = None,
    ) -> AddReport:
        """Add articles, each whole or not at all, in batches as they come."""

    def remove(self, article_ids: Iterable[str]) -> int:
        """Remove articles, all of them or none; returns how many."""

    def close(self) -> None:
        """Close every connection; the index cannot be used afterwards."""

    def __enter__(self) -> Self:
        """Return the index."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
