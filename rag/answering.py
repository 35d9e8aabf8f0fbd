"""Spans to an answer: what says the same is one answer, what differs stands beside it, or neither."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag.agreement import same_answer
from rag.dialogue import standalone
from rag.errors import QueryError
from rag.filters import day_asked
from rag.index import Index
from rag.links import quote_link
from rag.patterns import lazily
from rag.reader.find import find_reader
from rag.reader.protocol import Reader
from rag.retriever import MAX_K, Retriever, checked_question
from rag.temporal import time_frame, time_gap
from rag.types import Answer, Candidate, Citation, Passage, Span, TimeGap, Turn

# python -m eval.tune passages, the network asked of all of them: with 8 the right quote comes first as often
# as with 20 on the sample (0.88), Wikipedia (0.94), SelQA (0.83) and written news (0.94); on hard questions
# about raw articles in 0.66 with 8, 0.68 with 10 and 0.70 from 12 on, and 12 tell answerable from not a bit
# better (0.919, with 8 0.916). The reader asks the network of fewer (`rag.reader.neural.READ_CLOSELY`).
READ = 12
"""How many of the best passages the reader is given."""
_MAX_CITATIONS = 25
_MAX_ANSWERS = 4
# How far another span may lie below the best, as a share of the best one's lead over weak spans,
# and still support or contradict it.
_NEAR = 0.4
_YEAR = lazily(r"(?<!\d)\d{4}(?!\d)")
# Under so many spans none can be called weak: all count.
_FEW = 4


@dataclass(frozen=True, slots=True)
class Group:
    """Spans that say the same, best first, with the evidence for what they say."""

    spans: tuple[Span, ...]
    signals: Mapping[str, float]


class Answerer:
    """Answers questions from one index; many threads may share it."""

    def __init__(
        self,
        index: Index,
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
        self.reader: Reader = reader or find_reader(encode=index.encode)

    def warm_up(self) -> None:
        """Load the models now, so that the first question is as quick as the next."""
        # Reading loads what reading needs, and lets it choose its kernels for a usual length.
        passages = self.retriever.search("Who said what, where and when?", READ)
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
            max(k, READ),
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
        spans = self.reader.read(alone or question, passages[:READ], as_of=day)
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
        """Return answers: the best first, then its rivals, newest first, if sure enough of them."""
        calibration = self.reader.calibration
        made = [
            Candidate(
                group.spans[0].text,
                round(calibration.confidence(group.signals), 4),
                tuple(_citation(span) for span in group.spans[:_MAX_CITATIONS]),
            )
            for group in group_spans(spans)
        ]
        rivals = [c for c in made[1:] if c.confidence >= calibration.threshold]
        return (*made[:1], *sorted(rivals, key=_newest, reverse=True))


def group_spans(spans: Sequence[Span]) -> list[Group]:
    """Group a reader's spans, best first, by what they say; near copies of a story count once.

    Only spans that come near the best one support it or stand against it. To every group's
    signals are added ``agreement`` (independent sources beyond the first, at most 2) and
    ``margin`` (how far its score lies above the next group's; 0 for the last).
    """
    if not spans:
        return []
    floor = _floor([span.score for span in spans])
    groups: list[list[Span]] = []
    following, beyond = spans[0].score, False
    for span in spans:
        home = next((g for g in groups if same_answer(g[0].text, span.text)), None)
        if home is None and len(groups) < _MAX_ANSWERS and (not groups or span.score >= floor):
            groups.append([span])
        elif home is None:
            # The first that no group takes ends the last one's lead; what follows may still support another.
            following = max(following, span.score) if beyond else span.score
            beyond = True
            if span.score < floor:
                break
        elif span.score >= floor and not any(_overlap(span, other) for other in home):
            home.append(span)
    if not beyond:
        following = spans[-1].score
    scores = [*(group[0].score for group in groups), following]
    return [
        Group(
            tuple(group),
            {
                **group[0].signals,
                "agreement": float(min(3, _independent(group)) - 1),
                "margin": max(0.0, scores[n] - scores[n + 1]),
            },
        )
        for n, group in enumerate(groups)
    ]


def _floor(scores: Sequence[float]) -> float:
    """Return the score under which a span neither supports nor contradicts the best one.

    It is measured from the weaker half of the spans, so that it holds for readers whose scores
    have other scales and other zeros.
    """
    if len(scores) < _FEW:
        return scores[-1]
    weak = scores[len(scores) // 2 :]
    return scores[0] - _NEAR * (scores[0] - sum(weak) / len(weak))


def _overlap(one: Span, other: Span) -> bool:
    """Whether two spans are quoted by sentences that share words of one article."""
    return (
        one.passage.article.id == other.passage.article.id
        and one.quote_start < other.quote_end
        and other.quote_start < one.quote_end
    )


def _independent(group: Sequence[Span]) -> int:
    """Return how many sources say it; near copies of one story count once."""
    return len({s.passage.signals.get("copy_group", s.passage.article.id) for s in group})


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
