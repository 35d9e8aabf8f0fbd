"""Spans to an answer: what says the same is one answer, what differs stands beside it, or neither."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.answering.answer_equivalence import same_answer
from rag.dialogue.rewrite import standalone
from rag.errors import QueryError
from rag.features import SpanFeatures
from rag.index.protocol import SearchIndex
from rag.reader.loading import load_reader
from rag.reader.protocol import Reader
from rag.retrieval.filters import day_asked
from rag.retrieval.retriever import MAX_K, Retriever, checked_question
from rag.text.links import quote_link
from rag.text.patterns import lazily
from rag.text.temporal import time_frame, time_gap
from rag.types import Answer, Candidate, Citation, Passage, Span, TimeGap, Turn

READER_DEPTH = 12
"""Passages the reader is given, after retrieval."""
_MAX_CITATIONS = 25
_MAX_ANSWERS = 4
# How far below the best a span may score and still support what a better one says: the words agree, so
# little is asked of the network.
_SUPPORTING = 0.8
# An independent source that says the same adds this times the logarithm of their number to a score.
_AGREEMENT = 0.2
# An alternative is shown from this share of the answer's confidence on.
_WORTH_SHOWING = 0.2
_YEAR = lazily(r"(?<!\d)\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class Group:
    """Spans that say the same, best first, with the evidence for what they say."""

    spans: tuple[Span, ...]
    score: float
    features: SpanFeatures


class Answerer:
    """Answers questions from one index; many threads may share it."""

    def __init__(
        self,
        index: SearchIndex,
        *,
        reader: Reader | None = None,
        retriever: Retriever | None = None,
        as_of: date | None = None,
    ) -> None:
        """Ask one index.

        Parameters
        ----------
        as_of
            The day of questions that are asked without one; None for today.
        """
        self.index = index
        self.as_of = as_of
        self.retriever = retriever or Retriever(index)
        self.reader: Reader = reader or load_reader(encode=index.encode)

    def warm_up(self) -> None:
        """Load the models now, so that the first question is as quick as the next."""
        # Reading loads what reading needs, and lets it choose its kernels for a usual length.
        passages = self.retriever.search("Who said what, where and when?", READER_DEPTH)
        self.reader.read("Who said what, where and when?", passages)

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        k: int = 10,
        since: date | str | None = None,
        until: date | str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: date | str | None = None,
        id: str | None = None,
    ) -> Answer:
        """Answer from the articles that the filters let through, or abstain.

        Parameters
        ----------
        history
            The earlier turns of the conversation, oldest first.
        k
            How many passages to return beside the answer, 1 to 1,000.
        as_of
            The day the question is asked, default today: nothing published later is used.

        Raises
        ------
        QueryError, IndexStoreError, ModelError
        """
        started = time.perf_counter()
        question = checked_question(question)
        if not 1 <= k <= MAX_K:
            raise QueryError(f"k is {k}; ask for 1 to {MAX_K} passages")
        day = day_asked(as_of or self.as_of)
        alone = standalone(question, history)
        passages = self.retriever.search(
            alone or question,
            max(k, READER_DEPTH),
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=day,
        )
        retrieved = time.perf_counter()
        answer = self._answer(question, alone, passages, k, day, id)
        answer = replace(answer, time_gap=_gap(answer, passages, day))
        done = time.perf_counter()
        timings = {
            "retrieve": _ms(retrieved - started),
            "read": _ms(done - retrieved),
            "total": _ms(done - started),
        }
        return _timed(answer, timings)

    def answer_from(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        as_of: date | str | None = None,
        id: str | None = None,
    ) -> Answer:
        """Answer from passages given, without searching (an evaluation's oracle).

        Passages published after ``as_of`` (default today) are left out.

        Raises
        ------
        QueryError, ModelError
        """
        started = time.perf_counter()
        question, day = checked_question(question), day_asked(as_of or self.as_of)
        known = [p for p in passages if p.article.published is None or p.article.published <= day]
        answer = self._answer(question, None, known, len(known), day, id)
        answer = replace(answer, time_gap=_gap(answer, known, day))
        spent = _ms(time.perf_counter() - started)
        return _timed(answer, {"retrieve": 0.0, "read": spent, "total": spent})

    def _answer(
        self,
        question: str,
        alone: str | None,
        passages: Sequence[Passage],
        k: int,
        day: date,
        id: str | None,
    ) -> Answer:
        spans = self.reader.read(alone or question, passages[:READER_DEPTH], as_of=day)
        candidates = self._candidates(spans)
        sure = bool(candidates) and (candidates[0].confidence >= self.reader.calibration.threshold)
        return Answer(
            question=question,
            standalone_question=alone,
            candidates=candidates,
            abstained=not sure,
            passages=tuple(passages[:k]),
            timings_ms={},
            id=id,
            as_of=day,
        )

    def _candidates(self, spans: Sequence[Span]) -> tuple[Candidate, ...]:
        """Return answers: the best first, then the alternatives worth showing, newest first."""
        calibration = self.reader.calibration
        made: list[Candidate] = []
        for group in group_spans(spans):
            confidence = round(calibration.confidence(group.features), 4)
            # The date orders more than it makes sure: what it put first stays the surest.
            if made:
                confidence = min(confidence, made[0].confidence)
            citations = tuple(_citation(span) for span in group.spans[:_MAX_CITATIONS])
            made.append(Candidate(group.spans[0].text, confidence, citations))
        floor = _WORTH_SHOWING * made[0].confidence if made else 0.0
        others = [c for c in made[1:] if c.confidence >= floor]
        return (*made[:1], *sorted(others, key=_newest, reverse=True))


def group_spans(spans: Sequence[Span]) -> list[Group]:
    """Group a reader's spans by what they say, best group first; near copies of a story count once.

    A group's score is its best span's, and more where independent sources agree. To its features are
    added ``score`` and ``margin``: how far it lies above the best other group, or below it (negative).
    Both fall from group to group, so a confidence that rises with them never puts an alternative above
    the answer.
    """
    groups: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: -s.score):
        home = next((g for g in groups if same_answer(g[0].text, span.text)), None)
        if home is None:
            if len(groups) < _MAX_ANSWERS:
                groups.append([span])
        elif span.score >= home[0].score - _SUPPORTING and not any(
            _overlap(span, other) for other in home
        ):
            home.append(span)
    scored = sorted(
        ((group[0].score + _AGREEMENT * math.log(_independent(group)), group) for group in groups),
        key=lambda pair: -pair[0],
    )
    found = []
    for number, (score, group) in enumerate(scored):
        rival = scored[0][0] if number else scored[1][0] if len(scored) > 1 else score - 1.0
        features = replace(group[0].features, score=score, margin=score - rival)
        found.append(Group(tuple(group), score, features))
    return found


def _overlap(one: Span, other: Span) -> bool:
    """Whether two spans are quoted by sentences that share words of one article."""
    return (
        one.passage.article.id == other.passage.article.id
        and one.quote_start < other.quote_end
        and other.quote_start < one.quote_end
    )


def _independent(group: Sequence[Span]) -> int:
    """Return how many sources say it; near copies of one story count once."""
    groups = {s.passage.copy_group for s in group if s.passage.copy_group is not None}
    alone = {s.passage.article.id for s in group if s.passage.copy_group is None}
    return len(groups) + len(alone)


def _citation(span: Span) -> Citation:
    article = span.passage.article
    quote = span.quote
    return Citation(
        article,
        quote,
        span.quote_start,
        span.quote_end,
        span.start,
        span.end,
        quote_link(article.url, quote),
    )


def _gap(answer: Answer, passages: Sequence[Passage], day: date) -> TimeGap | None:
    """Return the time asked about, where nothing found was published in it.

    A quote that names the year asked about tells of it, whenever it was printed.
    """
    question = answer.standalone_question or answer.question
    quoted = answer.citations[0].quote if answer.citations else ""
    if set(_YEAR.findall(question)) & set(_YEAR.findall(quoted)):
        return None
    return time_gap(time_frame(question, day), (p.article.published for p in passages), day)


def _newest(candidate: Candidate) -> tuple[date, float]:
    dates = [c.article.published for c in candidate.citations if c.article.published]
    return (max(dates, default=date.min), candidate.confidence)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _timed(answer: Answer, timings: dict[str, float]) -> Answer:
    return replace(answer, timings_ms=timings)
