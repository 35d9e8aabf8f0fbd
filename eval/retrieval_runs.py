"""Runs that search only: the queries of a BEIR folder against its qrels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.datasets import RetrievalSet, question_word
from eval.metrics import mrr_at_k, ndcg_at_k, ranked, recall_at_k
from eval.protocols import Progress, Searcher
from eval.question_loop import each, refusals, silent, timed_or
from eval.result import RECALL_DEPTHS, Record, Result, Retrieval
from rag.types import Article, Passage

_BEIR_PASSAGES = 50
"""Passages searched for ten documents: several of the best passages may be one document's."""


def run_queries(
    dataset: RetrievalSet,
    searcher: Searcher,
    articles: Mapping[str, Article],
    *,
    limit: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Search every query and compare the documents found with its qrels; no question is answered.

    A document's score is its best passage's. A query that is none finds nothing, which a note tells.
    """
    refused: dict[str, str] = {}
    nothing: Sequence[Passage] = ()
    documents: dict[str, list[str]] = {}
    for name, article in articles.items():
        documents.setdefault(article.id, []).append(name)

    def search(number: int) -> Record:
        query = dataset.queries[number]
        passages, latency = timed_or(
            nothing,
            query.id,
            lambda: searcher.search(query.question, k=_BEIR_PASSAGES),
            refused,
        )
        best: dict[str, float] = {}
        for passage in passages:
            for name in documents.get(passage.article.id, ()):
                if name != query.itself:
                    best[name] = max(passage.score, best.get(name, passage.score))
        run = ranked(best)
        found = Retrieval(
            tuple(recall_at_k(run, query.qrels, k) for k in range(1, RECALL_DEPTHS + 1)),
            mrr_at_k(run, query.qrels, RECALL_DEPTHS),
            ndcg_at_k(run, query.qrels, RECALL_DEPTHS),
        )
        return Record(query.id, query.question, question_word(query.question), latency, found, None)

    records, interrupted = each(range(len(dataset.queries[:limit])), search, progress or silent)
    return Result(dataset.name, records, refusals(refused, "finding nothing"), interrupted)
