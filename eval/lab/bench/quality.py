"""Cost of int8 quantisation of the embedder: nDCG@10 against float32."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from embeddings import Encoder, load_encoder
from eval.lab.bench.figures import Figure, Findings
from eval.lab.export.encoder import float32_encoder
from eval.lab.train.synthetic import newsrooms
from eval.lab.tune.corpora import Corpus, indexed, of_stories, sample
from eval.scoring import judge_passages
from rag.dialogue.rewrite import rewrite_query
from rag.retrieval.retriever import Retriever

_INVENTED = 700
"""Questions about invented news, sampled evenly from all stories."""


def quality(*, say: Callable[[str], None]) -> Findings:
    """Search the sample's development questions and invented news with both embedders."""
    found = Findings()
    news = of_stories("invented news", list(newsrooms()), limit=_INVENTED, answerable=True)
    for corpus in (sample(), news):
        say(f"quality: {corpus.name}")
        rounded = _ndcg(corpus, load_encoder())
        exact = _ndcg(corpus, float32_encoder())
        loss = 100 * (1 - statistics.fmean(rounded) / statistics.fmean(exact))
        found.figures.append(
            Figure(
                "embedding",
                f"nDCG at 10, {corpus.name}",
                statistics.fmean(rounded),
                "",
                "within 0.5 % of float32",
                "the same weights in float32",
                statistics.fmean(exact),
                note=f"{loss:+.2f} % lost, {len(rounded)} questions",
            )
        )
    return found


def _ndcg(corpus: Corpus, encoder: Encoder) -> Sequence[float]:
    worth = []
    with indexed(corpus, encoder) as index:
        retriever = Retriever(index)
        for question in corpus.questions:
            alone = rewrite_query(question.question, question.history) or question.question
            judged = judge_passages(question, retriever.search(alone, 10), question.articles, 1)
            if judged is not None:
                worth.append(judged.ndcg)
    return worth
