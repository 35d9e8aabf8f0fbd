"""What rounding the embedder to bytes costs: nDCG at 10 with it and with its weights in float32."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings import Encoder, find_encoder
from eval.bench.figures import Figure, Findings
from eval.bench.inference import float32_encoder
from eval.datasets import Question
from eval.judging import judge_passages
from eval.tune.corpora import Corpus, sample
from rag.dialogue import standalone
from rag.index import Index
from rag.ingest.article import make_article
from rag.retriever import Retriever

_INVENTED = 700
"""Questions about invented news, evenly from all."""


def quality(*, say: Callable[[str], None]) -> Findings:
    """Search the sample's development questions and invented news with both embedders."""
    found = Findings()
    for corpus in (sample(), _newsrooms()):
        say(f"quality: {corpus.name}")
        rounded = _ndcg(corpus, find_encoder())
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
    with (
        tempfile.TemporaryDirectory() as place,
        Index.open(Path(place) / "index", create=True, encoder=encoder) as index,
    ):
        index.add(corpus.articles)
        retriever = Retriever(index)
        for question in corpus.questions:
            alone = standalone(question.question, question.history) or question.question
            judged = judge_passages(question, retriever.search(alone, 10), question.articles, 1)
            if judged is not None:
                worth.append(judged.ndcg)
    return worth


def _newsrooms() -> Corpus:
    from rag.reader.train.written import newsrooms

    articles, questions = [], []
    for story in newsrooms():
        own = [
            make_article(text=told.text, title=told.title, source=f"{story.group}#{n}")
            for n, told in enumerate(story.articles)
        ]
        articles += own
        questions += [
            Question(
                id=f"{story.group}-{n}",
                question=asked.question,
                answers=tuple(story.articles[a].text[s:e] for a, s, e in asked.places),
                articles=tuple(own[a].id for a, *_ in asked.places),
            )
            for n, asked in enumerate(story.asked)
            if asked.places
        ]
    return Corpus(
        "invented news", tuple(articles), tuple(questions[:: len(questions) // _INVENTED])
    )
