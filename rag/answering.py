"""Spans to an answer: what says the same is one answer, what differs stands beside it, or neither."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

import regex

from rag.dialogue import standalone
from rag.index import Index
from rag.index.lexical import analyse
from rag.links import quote_link
from rag.reader.evidence import EvidenceReader
from rag.reader.protocol import Reader
from rag.retriever import Retriever, checked_question
from rag.types import Answer, Candidate, Citation, Passage, Span, Turn

_READ = 10
_MAX_CITATIONS = 25
_MAX_ANSWERS = 4
# How much weaker than the best span another may be and still support or contradict it.
_NEAR = 0.12
_NUMBER = regex.compile(r"\d[\d,]*(?:\.\d+)?")
_SMALL = {
    word: str(number)
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": "30", "forty": "40", "fifty": "50"}


class Answerer:
    """Answers questions from one index; many threads may share it."""

    def __init__(
        self, index: Index, *, reader: Reader | None = None, retriever: Retriever | None = None
    ) -> None:
        self.index = index
        self.retriever = retriever or Retriever(index)
        self.reader: Reader = reader or EvidenceReader(index.encode)

    def warm_up(self) -> None:
        """Load the models now, so that the first question is as quick as the next."""
        self.index.encode(["Who?"])

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
        id: str | None = None,
    ) -> Answer:
        """Answer from the articles that the filters let through, or abstain.

        Parameters
        ----------
        history
            The earlier turns of the conversation, oldest first.
        k
            How many passages to return beside the answer, 1 to 1,000.

        Raises
        ------
        QueryError, IndexStoreError, ModelError
        """
        started = time.perf_counter()
        question = checked_question(question)
        alone = standalone(question, history)
        passages = self.retriever.search(
            alone or question,
            max(k, _READ),
            since=since,
            until=until,
            outlet=outlet,
            language=language,
        )
        retrieved = time.perf_counter()
        answer = self._answer(question, alone, passages, k, id)
        done = time.perf_counter()
        timings = {
            "retrieve": _ms(retrieved - started),
            "read": _ms(done - retrieved),
            "total": _ms(done - started),
        }
        return _timed(answer, timings)

    def answer_from(
        self, question: str, passages: Sequence[Passage], *, id: str | None = None
    ) -> Answer:
        """Answer from passages given, without searching (an evaluation's oracle)."""
        started = time.perf_counter()
        answer = self._answer(checked_question(question), None, passages, len(passages), id)
        spent = _ms(time.perf_counter() - started)
        return _timed(answer, {"retrieve": 0.0, "read": spent, "total": spent})

    def _answer(
        self,
        question: str,
        alone: str | None,
        passages: Sequence[Passage],
        k: int,
        id: str | None,
    ) -> Answer:
        spans = self.reader.read(alone or question, passages[:_READ])
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
        )

    def _candidates(self, spans: Sequence[Span]) -> tuple[Candidate, ...]:
        """Return answers, best first; the ones after it newest first."""
        if not spans:
            return ()
        floor = spans[0].score * (1 - _NEAR)
        groups: list[list[Span]] = []
        for span in spans:
            home = next((g for g in groups if same_answer(g[0].text, span.text)), None)
            if home is not None:
                if span.score >= floor * 0.8:
                    home.append(span)
            elif span.score >= floor and len(groups) < _MAX_ANSWERS:
                groups.append([span])
        made = []
        for group in groups:
            signals = dict(group[0].signals)
            signals["agreement"] = min(3, _independent(group)) - 1
            confidence = self.reader.calibration.confidence(signals)
            citations = tuple(_citation(span) for span in group[:_MAX_CITATIONS])
            made.append(Candidate(group[0].text, round(confidence, 4), citations))
        first, rest = made[0], made[1:]
        rest.sort(key=_newest, reverse=True)
        return (first, *rest)


def same_answer(one: str, other: str) -> bool:
    """Whether two answers say the same: equal figures, or the words of one inside the other."""
    figures, other_figures = _figures(one), _figures(other)
    if (figures or other_figures) and figures != other_figures:
        return False
    a, b = _key(one), _key(other)
    if not a or not b:
        return one.strip().lower() == other.strip().lower()
    small, large = sorted((a, b), key=len)
    return small <= large and (len(large) <= 2 * len(small) + 2)


def _figures(text: str) -> frozenset[str]:
    digits = {m.group().replace(",", "").rstrip(".") for m in _NUMBER.finditer(text)}
    words = {_SMALL[w] for w in regex.findall(r"\p{L}+", text.lower()) if w in _SMALL}
    return frozenset(digits | words)


def _key(text: str) -> frozenset[str]:
    return frozenset(analyse(regex.sub(r"\b(?:the|a|an|of|in|on)\b", " ", text, flags=regex.I)))


def _independent(group: Sequence[Span]) -> int:
    """Return how many sources say it; near copies of one story count once."""
    return len({s.passage.signals.get("copy_group", s.passage.article.id) for s in group})


def _citation(span: Span) -> Citation:
    article = span.passage.article
    quote = article.text[span.quote_start : span.quote_end]
    return Citation(
        article,
        quote,
        span.quote_start,
        span.quote_end,
        span.start,
        span.end,
        quote_link(article.url, quote),
    )


def _newest(candidate: Candidate) -> tuple[date, float]:
    dates = [c.article.published for c in candidate.citations if c.article.published]
    return (max(dates, default=date.min), candidate.confidence)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _timed(answer: Answer, timings: dict[str, float]) -> Answer:
    from dataclasses import replace

    return replace(answer, timings_ms=timings)
