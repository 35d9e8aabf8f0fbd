"""Spans to an answer: group equivalent spans into candidates, or abstain."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from rag.answering.asking import Asking, asking
from rag.answering.grouping import Group, group_spans
from rag.answering.overview import DEPTH as OVERVIEW_DEPTH
from rag.answering.overview import overview
from rag.answering.repeated_question import without_repeated
from rag.answering.speakers import prefer_speaker, spoken_by
from rag.answering.spelling import KnowsWords, respelt
from rag.answering.standing import newest_first, related
from rag.answering.time_asked import unreported_time
from rag.dialogue.rewrite import rewrite_query
from rag.errors import QueryError
from rag.index.protocol import SearchIndex
from rag.reader.loading import load_reader
from rag.reader.protocol import Reader
from rag.retrieval.query import as_query
from rag.retrieval.retriever import Retriever
from rag.text.keys import outlet_key
from rag.text.links import quote_link
from rag.types import (
    Answer,
    Article,
    Candidate,
    Citation,
    Filters,
    Passage,
    Query,
    Reprint,
    Span,
    Turn,
    page_of,
)

READER_DEPTH = 12
"""Passages the reader is given, after retrieval."""
_MAX_CITATIONS = 25
MAX_COPIES = 3
"""Articles of one near-duplicate group that a question is answered from: a flood of them is one story."""
# Passages of an earlier turn that are candidates again: short answers stand in many.
_AGAIN = 4
# An alternative is shown from this share of the answer's confidence on.
_WORTH_SHOWING = 0.2


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
        self._known_outlets: tuple[tuple[Hashable, int] | None, tuple[str, ...]] = (None, ())

    def warm_up(self) -> None:
        """Load the models now, so that the first question is as quick as the next."""
        # Reading loads what reading needs, and lets it choose its kernels for a usual length.
        passages = self.retriever.search("Who said what, where and when?", READER_DEPTH)
        self.reader.read("Who said what, where and when?", passages)

    def ask(
        self,
        question: str | Query,
        *,
        history: Sequence[Turn] = (),
        k: int = 10,
        since: date | str | None = None,
        until: date | str | None = None,
        outlet: str | None = None,
        language: str | None = None,
        as_of: date | str | None = None,
        collection: str | None = None,
        id: str | None = None,
        on_passages: Callable[[Sequence[Passage]], None] | None = None,
    ) -> Answer:
        """Answer from the articles that the filters let through, or abstain.

        Parameters
        ----------
        question
            A question with its options as keywords, or a `Query`, which has its own.
        history
            The earlier turns of the conversation, oldest first.
        k
            How many passages to return beside the answer, 1 to 1,000.
        as_of
            The day the question is asked, default today: nothing published later is used.
        on_passages
            Called once with the passages that were found, nearest first, before they are read; what it
            raises, this raises.

        Raises
        ------
        QueryError, IndexStoreError, ModelError
        """
        started = time.perf_counter()
        query = as_query(
            question,
            history=history,
            k=k,
            since=since,
            until=until,
            outlet=outlet,
            language=language,
            as_of=as_of,
            collection=collection,
            id=id,
        )
        day = query.filters.as_of or self.as_of or date.today()
        filters = replace(query.filters, as_of=day)
        alone = rewrite_query(query.question, query.history)
        wanted = asking(alone or query.question, self._outlets())
        if wanted is not None and wanted.outlet is not None:
            if _differ(wanted.outlet, filters.outlet):
                raise QueryError(
                    f"the question asks what {wanted.outlet} says, and only {filters.outlet} is searched; "
                    f"choose {wanted.outlet} or every outlet"
                )
            filters = replace(filters, outlet=filters.outlet or wanted.outlet)
        if wanted is not None and wanted.speaker is None and wanted.topic is not None:
            answer, passages, retrieved = self._overview(
                query, alone, filters, wanted.topic, on_passages
            )
        else:
            passages = self.retriever.search(
                Query(alone or query.question, k=max(query.k, READER_DEPTH), filters=filters),
                max_copies=MAX_COPIES,
                again=() if alone is None else self._answered_before(query.history, filters),
            )
            retrieved = time.perf_counter()
            if on_passages is not None:
                on_passages(passages)
            answer = self._answer(query, alone, passages, day, wanted=wanted)
        answer = replace(
            answer,
            time_gap=unreported_time(answer, passages, day),
            undated_left_out=self.retriever.undated_left_out(filters) if filters.dated else 0,
            outlet=wanted.outlet if wanted is not None else None,
        )
        answer = self._with_reprints(answer, day)
        done = time.perf_counter()
        timings = {
            "retrieve": _ms(retrieved - started),
            "read": _ms(done - retrieved),
            "total": _ms(done - started),
        }
        return _timed(answer, timings)

    def answer_from(
        self,
        question: str | Query,
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
        query = as_query(question, as_of=as_of, id=id)
        day = query.filters.as_of or self.as_of or date.today()
        known = [p for p in passages if p.article.published is None or p.article.published <= day]
        answer = self._answer(query, None, known, day, every=True, wanted=asking(query.question))
        answer = replace(answer, time_gap=unreported_time(answer, known, day))
        spent = _ms(time.perf_counter() - started)
        return _timed(answer, {"retrieve": 0.0, "read": spent, "total": spent})

    def _answer(
        self,
        query: Query,
        alone: str | None,
        passages: Sequence[Passage],
        day: date,
        *,
        every: bool = False,
        wanted: Asking | None = None,
    ) -> Answer:
        asked = alone or query.question
        if isinstance(self.reader, KnowsWords):
            asked = respelt(asked, passages[:READER_DEPTH], self.reader.knows)
        spans = self.reader.read(asked, passages[:READER_DEPTH], as_of=day)
        read = tuple(sorted({span.passage.chunk.id for span in spans}))
        spans = without_repeated(asked, spans)
        if wanted is not None and wanted.speaker is not None:
            spans = prefer_speaker(spans, wanted.speaker)
        groups = group_spans(spans)
        candidates = self._candidates(groups)
        sure = bool(candidates) and (candidates[0].confidence >= self.reader.calibration.threshold)
        if sure and len(candidates) > 1:
            answerable = {g.spans[0].text: g.features.null_score_diff for g in groups}
            candidates = related(asked, candidates, answerable, self.index.encode, day)
        return Answer(
            question=query.question,
            standalone_question=alone,
            candidates=candidates,
            abstained=not sure,
            passages=tuple(passages if every else passages[: query.k]),
            timings_ms={},
            id=query.id,
            as_of=day,
            threshold=self.reader.calibration.threshold,
            overview=self._words_of(wanted, passages) if not sure else (),
            speaker=wanted.speaker if wanted is not None else None,
            topic=wanted.topic if wanted is not None else None,
            read=read,
        )

    def _answered_before(self, history: Sequence[Turn], filters: Filters) -> list[int]:
        """Return the chunks whose words answered the last turn that got an answer."""
        for number in range(len(history) - 1, -1, -1):
            turn = history[number]
            said = _in_one_case(turn.answer or "")
            if not said:
                continue
            asked = rewrite_query(turn.question, history[:number]) or turn.question
            try:
                before = Query(asked, k=READER_DEPTH, filters=filters)
            except QueryError:
                return []  # An earlier question that cannot be searched is no fault of this one.
            passages = self.retriever.search(before, max_copies=MAX_COPIES)
            return [p.chunk.id for p in passages if said in _in_one_case(p.text)][:_AGAIN]
        return []

    def _words_of(self, wanted: Asking | None, passages: Sequence[Passage]) -> tuple[Citation, ...]:
        """Return what the person asked about says, where no single quote answers."""
        if wanted is None or wanted.speaker is None:
            return ()
        topic = wanted.topic or wanted.speaker
        return overview(topic, passages, self.index.encode, speaker=wanted.speaker)

    def _overview(
        self,
        query: Query,
        alone: str | None,
        filters: Filters,
        topic: str,
        on_passages: Callable[[Sequence[Passage]], None] | None,
    ) -> tuple[Answer, list[Passage], float]:
        """Return what is said about a topic, the passages found, and when they had been found."""
        passages = self.retriever.search(
            Query(topic, k=max(query.k, OVERVIEW_DEPTH), filters=filters), max_copies=1
        )
        retrieved = time.perf_counter()
        if on_passages is not None:
            on_passages(passages)
        answer = Answer(
            question=query.question,
            standalone_question=alone,
            candidates=(),
            abstained=True,
            passages=tuple(passages[: query.k]),
            timings_ms={},
            id=query.id,
            as_of=filters.as_of,
            overview=overview(topic, passages, self.index.encode),
            topic=topic,
        )
        return answer, passages, retrieved

    def _outlets(self) -> tuple[str, ...]:
        """Return the outlets of the collection, read once a revision; none where the index counts none."""
        counted = getattr(self.index, "months_of_outlets", None)
        if counted is None:
            return ()
        # A catalog put in the place of another, as by a restore, may have the same revision.
        state = (self.index.catalog_identity, self.index.revision)
        known = self._known_outlets
        if known[0] != state:
            names = {outlet: None for outlet, _, _ in counted() if outlet}
            known = self._known_outlets = (state, tuple(names))
        return known[1]

    def _candidates(self, groups: Sequence[Group]) -> tuple[Candidate, ...]:
        """Return answers: the best first, then the alternatives worth showing, newest first."""
        calibration = self.reader.calibration
        made: list[Candidate] = []
        for group in groups:
            confidence = round(calibration.confidence(group.features), 4)
            # The date orders more than it makes sure: what it put first stays the surest.
            if made:
                confidence = min(confidence, made[0].confidence)
            citations = tuple(_citation(span) for span in group.spans[:_MAX_CITATIONS])
            made.append(Candidate(group.spans[0].text, confidence, citations))
        floor = _WORTH_SHOWING * made[0].confidence if made else 0.0
        others = [c for c in made[1:] if c.confidence >= floor]
        return (*made[:1], *sorted(others, key=newest_first, reverse=True))

    def _with_reprints(self, answer: Answer, day: date) -> Answer:
        """Return an answer whose citations name the other articles that print their stories."""
        cited = [one for candidate in answer.candidates for one in candidate.citations]
        found = {one.copy_group for one in (*cited, *answer.overview)}
        groups = sorted(group for group in found if group is not None)
        if not groups:
            return answer
        with self.index.view() as view:
            reprints = view.reprints(groups, day)
        return replace(
            answer,
            candidates=tuple(
                replace(candidate, citations=_reprinted(candidate.citations, reprints))
                for candidate in answer.candidates
            ),
            overview=_reprinted(answer.overview, reprints),
        )


def _in_one_case(text: str) -> str:
    return " ".join(text.casefold().split())


def _differ(outlet: str, other: str | None) -> bool:
    return other is not None and outlet_key(outlet) != outlet_key(other)


def _reprinted(
    quoted: Sequence[Citation], reprints: Mapping[int, Sequence[Reprint]]
) -> tuple[Citation, ...]:
    citations = []
    for cited in quoted:
        group = () if cited.copy_group is None else reprints.get(cited.copy_group, ())
        others = tuple(one for one in group if one.article_id != cited.article.id)
        citations.append(replace(cited, reprints=others) if others else cited)
    return tuple(citations)


def _citation(span: Span) -> Citation:
    article = span.passage.article
    quote = span.quote
    said = spoken_by(span)
    return Citation(
        article,
        quote,
        span.quote_start,
        span.quote_end,
        span.start,
        span.end,
        quote_link(_address(article, span.quote_start), quote, article.text, span.quote_start),
        span.passage.copy_group,
        speaker=said.speaker if said else None,
        in_quotes=said.in_quotes if said else False,
    )


def _address(article: Article, offset: int) -> str | None:
    """Return an article's address, of a PDF at the page of an offset: viewers open it there."""
    page = page_of(article, offset)
    pdf = article.url is not None and article.url.lower().endswith(".pdf")
    return f"{article.url}#page={page}" if page and pdf else article.url


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _timed(answer: Answer, timings: dict[str, float]) -> Answer:
    return replace(answer, timings_ms=timings)
