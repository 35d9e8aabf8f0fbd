"""Sets the answers to one question against each other: folds the same, puts the newest of a change first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from embeddings import Vectors
from rag.answering.agreement import compared, relations, same_value
from rag.answering.statements import Statement
from rag.text.answer_types import classify_question
from rag.text.temporal import time_frame
from rag.types import Candidate, Citation, Relation

_CONFLICTS = ("different", "changed")
# A later report of what changed leads from this share of the best answer's confidence on.
_LEADS = 0.35


def related(
    question: str,
    candidates: Sequence[Candidate],
    answerable: Mapping[str, float],
    encode: Callable[[Sequence[str]], Vectors],
    as_of: date,
) -> tuple[Candidate, ...]:
    """Return candidates with how each stands to the first, which may be another one than before.

    What says the same as the answer is folded into its citations. Of what changed over time the newest
    report leads, as sure as the surest of those that tell of it.

    Parameters
    ----------
    candidates
        The answer, then the others.
    answerable
        The reader's null score difference of each, by its text.
    encode
        Texts to unit vectors.
    as_of
        The day the question is asked.
    """
    first, others = candidates[0], list(candidates[1:])
    confidence = first.confidence
    frame = time_frame(question, as_of)
    may_lead = frame is None or not frame.bounded
    rivals: set[str] = set()
    while True:
        own = _statement(first, answerable)
        statements = [_statement(other, answerable) for other in others]
        found = relations(question, own, statements, encode, as_of)
        for n, other in enumerate(others):
            # An article does not contradict itself: what it tells besides is about something else.
            if found[n] in _CONFLICTS and _articles_of(other) & _articles_of(first):
                found[n] = "also"
        asked = classify_question(question)
        for n, other in enumerate(others):
            if found[n] == "also" and other.text in rivals:
                # It answers what a former first one did, so that their values alone are compared.
                found[n] = compared(question, asked, own, statements[n], as_of)
        rivals |= {o.text for o, r in zip(others, found, strict=True) if r in _CONFLICTS}
        later = [
            other
            for other, relation in zip(others, found, strict=True)
            if relation == "changed" and _is_later(other, first)
        ]
        leading = [o for o in later if o.confidence >= _LEADS * confidence]
        if not leading or not may_lead:
            break
        lead = max(leading, key=newest_first)
        others = [first, *(other for other in others if other is not lead)]
        rivals.add(first.text)
        first = lead
    first, rest = _folded(question, first, list(zip(others, found, strict=True)), answerable, as_of)
    if first.text != candidates[0].text:
        rest.sort(key=lambda pair: newest_first(pair[0]), reverse=True)
    first = replace(first, confidence=confidence)
    return (first, *(replace(other, relation=relation) for other, relation in rest))


def newest_first(candidate: Candidate) -> tuple[date, float]:
    """Return what candidates are ordered by, falling: the newest report's day, then the confidence."""
    return (candidate.reported or date.min, candidate.confidence)


def _articles_of(candidate: Candidate) -> frozenset[str]:
    return frozenset(cited.article.id for cited in candidate.citations)


def _is_later(other: Candidate, best: Candidate) -> bool:
    """Whether another answer was reported after the best; a dated report leads one without a date."""
    return other.reported is not None and other.reported > (best.reported or date.min)


def _statement(candidate: Candidate, answerable: Mapping[str, float]) -> Statement:
    return Statement.of(candidate.citations[0], answerable.get(candidate.text, 0.0))


def _folded(
    question: str,
    answer: Candidate,
    others: Sequence[tuple[Candidate, Relation]],
    answerable: Mapping[str, float],
    as_of: date,
) -> tuple[Candidate, list[tuple[Candidate, Relation]]]:
    """Return an answer with the citations of those that tell the same value, and the other answers."""
    own = _statement(answer, answerable)
    more: list[Citation] = []
    rest = []
    for other, relation in others:
        if relation == "same" and same_value(question, own, _statement(other, answerable), as_of):
            more += other.citations
        else:
            rest.append((other, relation))
    return replace(answer, citations=(*answer.citations, *more)) if more else answer, rest
