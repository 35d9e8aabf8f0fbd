"""What one ranking and one answer are worth, against what the question's author accepts."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from eval.datasets import Question
from eval.losses import Loss, loss_of
from eval.metrics import (
    citation_accuracy,
    exact_match,
    holds_answer,
    mrr_at_k,
    ndcg_at_k,
    quote_hit,
    success_at_k,
    token_f1,
)
from eval.result import RECALL_DEPTHS, Quoted, Reply, Retrieval
from rag.types import Answer, Candidate, Passage


def judge_passages(
    question: Question, passages: Sequence[Passage], listed: Sequence[str], holding: int
) -> Retrieval | None:
    """Say what a ranking of passages is worth; None for a question without an answer.

    Parameters
    ----------
    question
        What was asked.
    passages
        What was found, best first.
    listed
        Ids of the articles the question lists; where it lists none, any article will do.
    holding
        How many of these hold an accepted answer anywhere, at least 1: the ideal of nDCG.
    """
    if not question.answerable:
        return None
    run: list[str] = []
    for rank, passage in enumerate(passages):
        name = passage.article.id
        # Anything irrelevant, or a second passage of the same article, only takes up its rank.
        new = name not in run and relevant(question, passage, listed)
        run.append(name if new else f"\0{rank}")
    found = [name for name in run if not name.startswith("\0")]
    qrels = dict.fromkeys(found, 1)
    for spare in range(holding - len(found)):
        qrels[f"\1{spare}"] = 1
    return Retrieval(
        tuple(success_at_k(run, qrels, k) for k in range(1, RECALL_DEPTHS + 1)),
        mrr_at_k(run, qrels, RECALL_DEPTHS),
        ndcg_at_k(run, qrels, RECALL_DEPTHS),
    )


def relevant(question: Question, passage: Passage, listed: Sequence[str]) -> bool:
    """Say whether a passage is of a listed article (any where none is) and holds an accepted answer."""
    allowed = passage.article.id in listed or not question.articles
    return allowed and holds_answer(passage.text, question.answers)


def judge_loss(
    question: Question,
    reply: Reply,
    passages: Sequence[Passage],
    listed: Sequence[str],
    *,
    read: AbstractSet[int],
) -> Loss | None:
    """Say where a right answer was lost on its way; None for a question without one.

    ``passages`` are all that were retrieved, ``read`` the ids of the chunks that the reader took sentences
    from.
    """
    if not question.answerable:
        return None
    right = {passage.chunk.id for passage in passages if relevant(question, passage, listed)}
    return loss_of(
        retrieved=bool(right),
        read=not right.isdisjoint(read),
        quoted=reply.correct,
        worded=reply.worded,
        abstained=reply.abstained,
    )


def judge_answer(question: Question, answer: Answer, listed: Sequence[str] | None) -> Reply:
    """Say what the best answer is worth, also where it was kept back.

    ``listed`` are the ids of the articles the question lists, or None where the reader was handed
    its paragraph and citing it is no merit.
    """
    best: Candidate | None = answer.candidates[0] if answer.candidates else None
    said = best.text if best else None
    quoted = _quoted(best) if best and best.citations else None
    quote = quoted.quote if quoted else None
    cited = quoted.article_id if quoted else None
    return Reply(
        accepted=question.answers,
        answer=said,
        quoted=quoted,
        confidence=answer.confidence,
        abstained=answer.abstained,
        em=exact_match(said, question.answers),
        f1=token_f1(said, question.answers),
        quote_hit=quote_hit(quote, question.answers),
        citation=None
        if listed is None
        else citation_accuracy(cited, quote, listed, question.answers),
        span_holds=holds_answer(said, question.answers),
    )


def _quoted(candidate: Candidate) -> Quoted:
    first = candidate.citations[0]
    article = first.article
    return Quoted(
        article_id=article.id,
        title=article.title,
        outlet=article.outlet,
        published=article.published.isoformat() if article.published else None,
        link=first.link,
        quote=first.quote,
        answer_start=first.answer_start - first.start,
        answer_end=first.answer_end - first.start,
    )
