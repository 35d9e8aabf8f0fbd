"""The weight of dense against lexical scores, and reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from embeddings import Encoder
from eval.lab.tune.corpora import Corpus, indexed
from eval.result import RECALL_DEPTHS, Retrieval
from eval.scoring import judge_passages
from rag.dialogue.rewrite import rewrite_query
from rag.index import Index
from rag.index.chunking import ChunkBudget
from rag.retrieval.retriever import Retriever
from rag.types import Filters, Passage

WEIGHTS = tuple(n / 10 for n in range(11))
_DEPTH = 100
_RRF = 60

Search = Callable[[str], Sequence[Passage]]


@dataclass(frozen=True, slots=True)
class Found:
    """Retrieval figures of one configuration on one corpus; means over its answerable questions."""

    corpus: str
    way: str
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr: float


def compare_fusions(corpora: Sequence[Corpus], encoder: Encoder) -> list[Found]:
    """Measure every weight of the convex combination, and reciprocal rank fusion."""
    rows = []
    for corpus in corpora:
        with indexed(corpus, encoder) as index:
            for weight in WEIGHTS:
                rows.append(measured(corpus, index, f"dense {weight:.1f}", dense_weight=weight))
            rows.append(_mean(corpus, "reciprocal rank", lambda q: _by_rank(index, q)))
    return rows


def compare_budgets(
    corpora: Sequence[Corpus], encoder: Encoder, budgets: Sequence[ChunkBudget]
) -> list[Found]:
    """Measure chunk budgets, each on its own index."""
    rows = []
    for corpus in corpora:
        for budget in budgets:
            with indexed(corpus, encoder, budget) as index:
                title = "title" if budget.title_in_vector else "no title"
                way = f"{budget.tokens} tokens, {budget.overlap_sentences} shared, {title}"
                rows.append(measured(corpus, index, way))
    return rows


def measured(corpus: Corpus, index: Index, way: str, *, dense_weight: float | None = None) -> Found:
    """Search every answerable question with the default retriever, or with another weight."""
    retriever = (
        Retriever(index) if dense_weight is None else Retriever(index, dense_weight=dense_weight)
    )
    return _mean(corpus, way, lambda question: retriever.search(question, RECALL_DEPTHS))


def _mean(corpus: Corpus, way: str, search: Search) -> Found:
    worth: list[Retrieval] = []
    for question in corpus.questions:
        alone = rewrite_query(question.question, question.history) or question.question
        found = judge_passages(question, search(alone), question.articles, 1)
        if found is not None:
            worth.append(found)
    count = len(worth) or 1
    return Found(
        corpus.name,
        way,
        sum(w.recall[0] for w in worth) / count,
        sum(w.recall[4] for w in worth) / count,
        sum(w.recall[9] for w in worth) / count,
        sum(w.reciprocal_rank for w in worth) / count,
    )


def _by_rank(index: Index, question: str) -> list[Passage]:
    """Reciprocal rank fusion: Cormack, Clarke and Büttcher 2009, doi:10.1145/1571941.1572114."""
    vector = index.encode([question])[0]
    scores: dict[int, float] = {}
    with index.view() as view:
        for ranking in (
            view.search_dense(vector, _DEPTH, Filters()),
            view.search_lexical(question, _DEPTH, Filters()),
        ):
            for rank, (number, _) in enumerate(ranking, start=1):
                scores[number] = scores.get(number, 0.0) + 1 / (_RRF + rank)
        best = sorted(scores, key=lambda n: (-scores[n], n))[:RECALL_DEPTHS]
        found = view.chunks(best)
    return [Passage(found[n][0], found[n][1].article, scores[n]) for n in best if n in found]
