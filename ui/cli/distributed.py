"""``presscite add --ray``: where the articles come from, and what else the index is given then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from embeddings import Encoder
    from rag.index import ArticleIndex
    from rag.index.batch import PreparedChunks
    from rag.ingest import ReadOptions
    from rag.types import Article, Skipped


@dataclass(frozen=True, slots=True)
class Incoming:
    """Articles on their way into an index."""

    items: Iterator[Article | Skipped]
    encoder: Encoder | None
    """Of a new index, or that of the one there is; None: the index's own."""
    prepared: Mapping[str, PreparedChunks] | None = None
    """Chunks that were made elsewhere, by content hash."""


@contextmanager
def from_cluster(
    address: str,
    workers: int | None,
    sources: Sequence[str],
    options: ReadOptions,
    opened: ArticleIndex | None,
    model: str | None,
    encoder: Encoder | None,
) -> Iterator[Incoming]:
    """Yield articles that a cluster's workers read and prepare for an index.

    Parameters
    ----------
    opened
        The index; None where there is none yet.
    model, encoder
        The name and the model that the user chose; None: that of the index, or the default.

    Raises
    ------
    QueryError, ClusterError, IndexMismatchError, ModelError
    """
    from embeddings import DEFAULT_MODEL
    from rag.distributed import ClusterArticles, Plan, cluster_items, content_keys
    from rag.index import ChunkBudget, index_encoder
    from rag.ingest import isolated, labelled

    budget, contents = ChunkBudget(), content_keys(())
    if opened is not None:
        budget, contents = opened.built_with.budget, content_keys(opened.contents())
        model = model or opened.built_with.model
        encoder = opened.encoder
    encoder = encoder or index_encoder()
    plan = Plan(
        model or DEFAULT_MODEL,
        encoder.identity,
        budget,
        options.date_order,
        options.fields,
        isolated.DEFAULT_LIMITS,
        options.collection,
    )
    positions = options.positions if options.positions is not None else {}
    articles = ClusterArticles(plan, encoder, options.on_note, positions)
    with cluster_items(
        address, sources, articles, plan, known=contents, positions=positions, workers=workers
    ) as items:
        yield Incoming(labelled(items, options.collection), articles.encoder, articles.chunks)
